//! Estimates the cost of a run from the cost of finished ones.

use schemars::JsonSchema;
use serde::Serialize;

use super::measured::Measured;
use super::stored_run::StoredRun;

/// A run whose cost is to be estimated.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub dataset: &'a str,
    pub content_hash: &'a str,
    pub counts: [usize; 3],
    /// Padded steps of text, audio and vision together.
    pub steps: usize,
    pub model: &'a str,
    pub encoder: &'a str,
    pub epochs: u32,
    pub batch_size: usize,
    /// Conditions of evaluation, each under every mask seed and mask protocol.
    pub conditions: usize,
    /// Conditions of validation, each after every epoch.
    pub validation: usize,
    /// `cpu` or `cuda:N`.
    pub device: &'a str,
    pub threads: usize,
}

/// An estimate and its basis.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Estimate {
    /// Of training and evaluation together; `None` where nothing is known.
    pub seconds: Option<f64>,
    /// Peak memory of runs on the same data in the same batches on the same kind of device, in bytes;
    /// `None` where there is none.
    pub memory: Option<u64>,
    /// Bytes on the disk when it is done.
    pub disk: Option<u64>,
    /// Source of the time, as text.
    pub basis: String,
}

/// Steps of a data set's samples by its name, where its prepared file is at hand.
pub type Steps<'a> = &'a dyn Fn(&str) -> Option<usize>;

/// Estimates from runs of the same model and encoder: on the same data, else on other data, scaled
/// by samples and steps. The time of training is scaled by epochs, the rest by the samples that are
/// evaluated. Runs on the
/// same kind of device are preferred, among them those with the same batch and threads; where there are
/// none, the basis names the difference.
pub fn estimate(question: &Question<'_>, known: &[Measured], steps: Steps<'_>) -> Estimate {
    let model =
        |m: &&Measured| m.model == question.model && kind(&m.encoder) == question.encoder_kind();
    let data = |m: &&Measured| m.content_hash == question.content_hash;
    let same: Vec<&Measured> = known.iter().filter(model).collect();
    let (own, other): (Vec<&Measured>, Vec<&Measured>) = same.into_iter().partition(data);
    let own = alike(question, own);
    if let Some(first) = own.first() {
        let seconds = mean(&own, |m| question.seconds(m));
        return Estimate {
            seconds,
            memory: question.memory(&own),
            disk: own.iter().map(|m| m.bytes).max(),
            basis: question.describe(&own, first, None),
        };
    }
    let other = nearest(alike(question, other));
    let Some(first) = other.first() else {
        return Estimate {
            seconds: None,
            memory: None,
            disk: None,
            basis: "unknown: no finished run of this model".to_owned(),
        };
    };
    let lengths = steps(&first.dataset).filter(|s| *s > 0);
    let lengths = lengths.map(|theirs| question.steps as f64 / theirs as f64);
    let scale = |m: &Measured| question.sample_ratio(m) * lengths.unwrap_or(1.0);
    Estimate {
        seconds: mean(&other, |m| question.seconds(m) * scale(m)),
        memory: None,
        disk: other.iter().map(|m| m.bytes).max(),
        basis: question.describe(&other, first, Some(lengths)),
    }
}

/// The estimate of an unfinished run by its own last epoch; `None` before the first.
pub fn from_last_epoch(run: &StoredRun) -> Option<Estimate> {
    let progress = run.progress.as_ref()?;
    Some(Estimate {
        seconds: Some(progress.seconds * f64::from(run.epochs)),
        memory: Some(progress.peak_memory).filter(|bytes| *bytes > 0),
        disk: None,
        basis: "by its own last epoch, training alone".to_owned(),
    })
}

impl Question<'_> {
    fn encoder_kind(&self) -> &str {
        kind(self.encoder)
    }

    /// The highest peak of those of these runs that were trained in the same batches and on the same
    /// kind of device.
    fn memory(&self, of: &[&Measured]) -> Option<u64> {
        let peaks = of
            .iter()
            .filter(|m| m.batch_size == self.batch_size && kind(&m.device) == kind(self.device))
            .map(|m| m.peak_memory);
        peaks.max().filter(|bytes| *bytes > 0)
    }

    /// What a run on the same data would have taken with these epochs and conditions.
    fn seconds(&self, of: &Measured) -> f64 {
        let evaluation = of.seconds - of.step_seconds;
        of.step_seconds * self.epoch_ratio(of) + evaluation * self.evaluation_ratio(of)
    }

    /// Of samples predicted on the same data: the validation split after every epoch, the test split once.
    fn evaluation_ratio(&self, of: &Measured) -> f64 {
        let [_, valid, test] = of.counts;
        let samples = |epochs: u32, validation: usize, conditions: usize| {
            (epochs as usize * validation * valid + conditions * test) as f64
        };
        let theirs = samples(of.epochs, of.validation, of.conditions);
        if theirs > 0.0 {
            samples(self.epochs, self.validation, self.conditions) / theirs
        } else {
            1.0
        }
    }

    fn epoch_ratio(&self, of: &Measured) -> f64 {
        match (self.epochs, of.epochs) {
            (0, _) | (_, 0) => 1.0,
            (own, theirs) => f64::from(own) / f64::from(theirs),
        }
    }

    /// Samples that pass through the model.
    fn sample_ratio(&self, of: &Measured) -> f64 {
        let all = |counts: [usize; 3]| counts.iter().sum::<usize>().max(1) as f64;
        all(self.counts) / all(of.counts)
    }

    /// `scaled` is `None` for runs on the same data, else the ratio of steps where it is known.
    fn describe(&self, by: &[&Measured], first: &Measured, scaled: Option<Option<f64>>) -> String {
        let runs = match by.len() {
            1 => format!("run {}", first.id),
            n => format!("{n} runs like {}", first.id),
        };
        let mut basis = match scaled {
            None => format!("measured: {runs}"),
            Some(_) => format!("scaled: {runs} on {}", first.dataset),
        };
        if kind(&first.device) != kind(self.device) {
            basis += &format!(", measured on {}", first.device);
        }
        if first.batch_size != self.batch_size {
            basis += &format!(", in batches of {}", first.batch_size);
        }
        if first.threads != self.threads && kind(&first.device) == "cpu" {
            basis += &format!(", with {} threads", first.threads);
        }
        match scaled {
            Some(Some(steps)) => {
                let samples = self.sample_ratio(first);
                basis += &format!(", x {samples:.2} for samples, x {steps:.2} for steps");
            }
            Some(None) => {
                let samples = self.sample_ratio(first);
                basis += &format!(", x {samples:.2} for samples (steps unknown)");
            }
            None => {}
        }
        let ratios = [
            (self.evaluation_ratio(first), "samples evaluated"),
            (self.epoch_ratio(first), "epochs"),
        ];
        for (ratio, of) in ratios.iter().filter(|(ratio, _)| *ratio != 1.0) {
            basis += &format!(", x {ratio:.2} for {of}");
        }
        basis
    }
}

/// `bert`, `frozen`, `tiny` or `features`, `cpu` or `cuda`: what decides the cost, whatever the weights
/// or the number of the card.
fn kind(encoder: &str) -> &str {
    encoder.split_once(':').map_or(encoder, |(kind, _)| kind)
}

/// Runs on the same kind of device, with the same batch and threads: each criterion narrows the choice
/// where any run meets it.
fn alike<'a>(question: &Question<'_>, all: Vec<&'a Measured>) -> Vec<&'a Measured> {
    let device = |m: &Measured| kind(&m.device) == kind(question.device);
    let batch = |m: &Measured| m.batch_size == question.batch_size;
    let threads = |m: &Measured| kind(&m.device) != "cpu" || m.threads == question.threads;
    let narrow = |all: Vec<&'a Measured>, same: &dyn Fn(&Measured) -> bool| {
        let there: Vec<&Measured> = all.iter().copied().filter(|m| same(m)).collect();
        if there.is_empty() { all } else { there }
    };
    narrow(narrow(narrow(all, &device), &batch), &threads)
}

/// Runs of one data set and device: a mean over several could not be described simply.
fn nearest(mut all: Vec<&Measured>) -> Vec<&Measured> {
    let first = all.iter().max_by_key(|m| m.counts[0]);
    if let Some((data, device)) = first.map(|m| (m.content_hash.clone(), m.device.clone())) {
        all.retain(|m| m.content_hash == data && m.device == device);
    }
    all
}

fn mean(of: &[&Measured], value: impl Fn(&Measured) -> f64) -> Option<f64> {
    let sum: f64 = of.iter().map(|m| value(m)).sum();
    (!of.is_empty()).then(|| sum / of.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(dataset: &str, model: &str, seconds: f64) -> Measured {
        Measured {
            id: format!("{dataset}-{model}"),
            dataset: dataset.to_owned(),
            content_hash: format!("hash of {dataset}"),
            counts: [80, 10, 10],
            model: model.to_owned(),
            encoder: "bert:12ab".to_owned(),
            epochs: 10,
            batch_size: 64,
            conditions: 11,
            validation: 0,
            device: "cpu".to_owned(),
            threads: 2,
            seconds,
            step_seconds: seconds,
            peak_memory: 7,
            bytes: 9,
        }
    }

    fn question<'a>() -> Question<'a> {
        Question {
            dataset: "mosei",
            content_hash: "hash of mosei",
            counts: [160, 20, 20],
            steps: 300,
            model: "lnln",
            encoder: "bert:99ff",
            epochs: 20,
            batch_size: 64,
            conditions: 11,
            validation: 0,
            device: "cpu",
            threads: 2,
        }
    }

    #[test]
    fn the_same_data_comes_first_and_epochs_scale() {
        let known = [
            measured("mosei", "lnln", 50.0),
            measured("mosei", "lnln", 70.0),
            measured("mosi", "lnln", 1.0),
            measured("mosei", "almt", 1.0),
        ];
        let estimate = estimate(&question(), &known, &|_| None);
        assert_eq!(estimate.seconds, Some(120.0));
        assert_eq!((estimate.memory, estimate.disk), (Some(7), Some(9)));
        let words = "measured: 2 runs like mosei-lnln, x 2.00 for epochs";
        assert_eq!(estimate.basis, words);
    }

    #[test]
    fn a_run_tested_at_one_condition_is_not_given_the_time_of_eleven() {
        let mut known = measured("mosei", "lnln", 50.0);
        known.step_seconds = 17.0;
        let one = Question {
            conditions: 1,
            epochs: 10,
            ..question()
        };
        let estimate = estimate(&one, &[known], &|_| None);
        assert_eq!(estimate.seconds, Some(17.0 + 33.0 / 11.0));
        assert!(estimate.basis.ends_with("x 0.09 for samples evaluated"));
    }

    #[test]
    fn runs_with_the_same_batch_and_threads_come_first_and_others_are_named() {
        let with = |batch_size, threads, seconds| Measured {
            batch_size,
            threads,
            epochs: 20,
            ..measured("mosei", "lnln", seconds)
        };
        let all = [with(8, 2, 1.0), with(64, 1, 2.0), with(64, 2, 4.0)];
        let estimate_of = |known: &[Measured]| estimate(&question(), known, &|_| None);
        assert_eq!(estimate_of(&all).seconds, Some(4.0));
        let batch = estimate_of(&all[..2]);
        assert_eq!((batch.seconds, batch.memory), (Some(2.0), Some(7)));
        assert!(batch.basis.ends_with(", with 1 threads"), "{}", batch.basis);
        let other = estimate_of(&all[..1]);
        assert!(other.basis.ends_with(", in batches of 8"), "{other:?}");
        // The memory of a batch of 64 is not known from one of 8.
        assert_eq!(other.memory, None);
    }

    #[test]
    fn other_data_is_scaled_by_samples_and_steps() {
        let known = [measured("mosi", "lnln", 10.0)];
        let with = estimate(&question(), &known, &|name| (name == "mosi").then_some(150));
        assert_eq!((with.seconds, with.memory), (Some(80.0), None));
        let words = "scaled: run mosi-lnln on mosi, x 2.00 for samples, x 2.00 for steps, x 2.00 for epochs";
        assert_eq!(with.basis, words);
        let without = estimate(&question(), &known, &|_| None);
        assert_eq!(without.seconds, Some(40.0));
        assert!(without.basis.contains("steps unknown"), "{}", without.basis);
    }

    #[test]
    fn another_device_is_named_and_nothing_is_unknown() {
        let mut cuda = measured("mosei", "lnln", 5.0);
        cuda.device = "cuda:1".to_owned();
        let estimate_of = |known: &[Measured]| estimate(&question(), known, &|_| None);
        assert!(
            estimate_of(&[cuda.clone()])
                .basis
                .contains("measured on cuda:1")
        );
        let both = [cuda, measured("mosei", "lnln", 50.0)];
        assert_eq!(estimate_of(&both).seconds, Some(100.0));
        assert_eq!(estimate_of(&[]).seconds, None);
        let mut other = measured("mosei", "lnln", 5.0);
        other.encoder = "tiny".to_owned();
        assert_eq!(estimate_of(&[other]).seconds, None);
    }
}
