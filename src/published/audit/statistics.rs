//! Holds the class counts of test sets, and what constant predictors score on them.

use std::collections::BTreeMap;

use crate::data::dataset;
use crate::metric::{Undefined, protocol};
use crate::published::parse::{Metric, Number, metric};
use crate::published::test_sets::{Constant, Population, TestSet, test_sets};

/// The most runs whose constants are mixed.
const MIXED: u32 = 5;

/// Usual sizes of batches.
const BATCHES: [u64; 8] = [8, 16, 24, 32, 48, 64, 128, 256];

/// Statistics of test sets, by data set.
#[derive(Clone, Debug)]
pub struct TestSetStatistics {
    sets: BTreeMap<String, TestSet>,
}

impl TestSetStatistics {
    /// The class counts of the published test sets.
    pub fn published() -> Self {
        let sets = test_sets().iter().map(|s| (s.dataset.clone(), s.clone()));
        Self {
            sets: sets.collect(),
        }
    }

    /// Counts the classes of a test set from its labels; `protocol` is the name of its metrics.
    ///
    /// # Errors
    /// [`crate::metric::UnknownProtocol`].
    pub fn add_labels(
        &mut self,
        dataset: &str,
        protocol_name: &str,
        range: [f32; 2],
        labels: &[f32],
    ) -> Result<(), crate::metric::UnknownProtocol> {
        let protocol = protocol(protocol_name)?;
        let count = |keep: &dyn Fn(f32) -> bool| labels.iter().filter(|l| keep(**l)).count() as u64;
        let low = count(&|l| l < 0.0);
        let populations = if protocol.metric("acc2_non0").is_some() {
            vec![
                cut("non0", low, count(&|l| l > 0.0)),
                cut("has0", low, count(&|l| l >= 0.0)),
            ]
        } else {
            vec![cut("", count(&|l| l <= 0.0), count(&|l| l > 0.0))]
        };
        let steps = 12u8;
        let values = (0..=steps).map(|i| {
            let share = f32::from(i) / f32::from(steps);
            range[0] + share * (range[1] - range[0])
        });
        let constants = values
            .flat_map(|c| constants(protocol, c, labels))
            .collect();
        let set = TestSet {
            dataset: dataset.to_string(),
            samples: labels.len() as u64,
            populations,
            deviation: deviation(labels),
            constants,
        };
        self.sets.insert(dataset.to_string(), set);
        Ok(())
    }

    /// Standard deviation of the labels of a test set, where it is known.
    pub fn deviation(&self, dataset: &str) -> Option<f64> {
        self.sets.get(dataset)?.deviation
    }

    /// Samples of the test set behind a share, where they are known.
    pub fn samples(&self, dataset: &str, metric: &Metric) -> Option<u64> {
        let set = self.sets.get(dataset)?;
        match metric.name {
            "acc7" | "acc5" | "acc3" => Some(set.samples),
            "acc2_non0" | "acc2_has0" | "acc2" => {
                match self.populations(dataset, metric).as_slice() {
                    [one] => Some(one.samples()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Other samples that a share under this heading may be of, in words and their number: the other cut into two
    /// classes, and the same metric on other test sets.
    pub fn other_samples(&self, dataset: &str, metric: &Metric, own: u64) -> Vec<(String, u64)> {
        let mut all: Vec<(String, u64)> = Vec::new();
        if metric.name.starts_with("acc2") {
            let cuts = self
                .sets
                .get(dataset)
                .map_or(&[][..], |set| &set.populations);
            let cuts = cuts.iter().filter_map(|cut| {
                let named = metric::find(&format!("acc2_{}", cut.name))?;
                Some((named.title.to_string(), cut.samples()))
            });
            all.extend(cuts);
        }
        let others = self.sets.keys().filter(|name| *name != dataset);
        all.extend(others.filter_map(|name| Some((name.clone(), self.samples(name, metric)?))));
        all.retain(|(_, samples)| *samples != own);
        all
    }

    /// Samples that may be scored in place of a whole test set, in words and their number: those that a loader with
    /// `drop_last` keeps, and those of the other splits.
    pub fn partial_samples(&self, dataset: &str) -> Vec<(String, u64)> {
        let Some(set) = self.sets.get(dataset) else {
            return Vec::new();
        };
        let mut kept: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for batch in BATCHES {
            let whole = set.samples / batch * batch;
            kept.entry(whole).or_default().push(batch.to_string());
        }
        let mut all: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for (samples, batches) in kept {
            let batches = batches.join("/");
            let what = format!("a loader that drops the last batch (of {batches})");
            all.entry(samples).or_default().push(what);
        }
        let counts = dataset::find(dataset).ok().and_then(|spec| spec.counts);
        if let Some([train, valid, test]) = counts
            && test as u64 == set.samples
        {
            for (samples, name) in [(train, "training"), (valid, "validation")] {
                let what = format!("the {name} split");
                all.entry(samples as u64).or_default().push(what);
            }
        }
        all.retain(|samples, _| *samples != 0 && *samples != set.samples);
        let named = all
            .into_iter()
            .map(|(samples, what)| (what.join(" or "), samples));
        named.collect()
    }

    /// Samples whose label is not 0, where they are known and fewer than all.
    pub fn nonzero_samples(&self, dataset: &str) -> Option<u64> {
        let set = self.sets.get(dataset)?;
        let cut = set.populations.iter().find(|cut| cut.name == "non0")?;
        Some(cut.samples()).filter(|samples| *samples < set.samples)
    }

    /// Samples of a whole test set, where they are known.
    pub fn all_samples(&self, dataset: &str) -> Option<u64> {
        self.sets.get(dataset).map(|set| set.samples)
    }

    /// The cuts into two classes a two-class metric may be about: one, or where its name does not
    /// say which, all.
    pub fn populations(&self, dataset: &str, metric: &Metric) -> Vec<&Population> {
        let Some(set) = self.sets.get(dataset) else {
            return Vec::new();
        };
        let suffix = metric.name.split_once('_').map_or("", |(_, suffix)| suffix);
        let exact: Vec<_> = set
            .populations
            .iter()
            .filter(|p| p.name == suffix)
            .collect();
        if exact.is_empty() && suffix.is_empty() {
            set.populations.iter().collect()
        } else {
            exact
        }
    }

    /// Share of the larger class in each cut into two classes that a metric may be about, in percent.
    pub fn larger_classes(&self, dataset: &str, metric: &Metric) -> Vec<f64> {
        let cuts = self.populations(dataset, metric).into_iter();
        cuts.map(|cut| 100.0 * cut.low.max(cut.high) as f64 / cut.samples() as f64)
            .collect()
    }

    /// Scores of constant predictors by a metric: (predicted value, percent or the metric's scale).
    pub fn baselines(&self, dataset: &str, metric: &Metric) -> Vec<(String, f64)> {
        let two = ["acc2", "f1"].iter().any(|m| metric.name.starts_with(m));
        if two {
            let each = self.populations(dataset, metric).into_iter();
            return each.flat_map(|p| two_class(p, metric)).collect();
        }
        let listed = self
            .sets
            .get(dataset)
            .into_iter()
            .flat_map(|s| &s.constants);
        listed
            .filter(|c| c.metric == metric.name)
            .map(|c| (c.prediction.clone(), c.value))
            .collect()
    }

    /// Whether a number is that of a constant predictor, or the mean of up to [`MIXED`] runs that each
    /// predict one constant or another.
    pub fn is_lost(&self, dataset: &str, metric: &Metric, number: &Number) -> bool {
        let exchanged = |prediction: &String| prediction.ends_with("exchanged");
        let (swapped, sound): (Vec<_>, Vec<_>) = self
            .baselines(dataset, metric)
            .into_iter()
            .partition(|(prediction, _)| exchanged(prediction));
        let mixed = |a: f64, b: f64| {
            (1..=MIXED).any(|runs| {
                let mut first = 0..=runs;
                first.any(|n| {
                    let share = f64::from(n) / f64::from(runs);
                    // Half a ten-thousandth for every run's rounding.
                    let off = (share * a + (1.0 - share) * b - number.value).abs();
                    off <= 0.5 * number.ulp() + 0.005 + 1e-9
                })
            })
        };
        let any = |all: &[(String, f64)]| {
            let pairs = all.iter().flat_map(|a| all.iter().map(move |b| (a.1, b.1)));
            pairs.into_iter().any(|(a, b)| mixed(a, b))
        };
        any(&sound) || any(&swapped)
    }

    /// Whether a number is the score of a constant predictor.
    pub fn is_baseline(&self, dataset: &str, metric: &Metric, number: &Number) -> bool {
        let baselines = self.baselines(dataset, metric);
        baselines
            .iter()
            .any(|(_, value)| number.rounds_from(*value))
    }
}

fn deviation(labels: &[f32]) -> Option<f64> {
    let n = labels.len() as f64;
    let mean = labels.iter().map(|y| f64::from(*y)).sum::<f64>() / n;
    let squares = labels.iter().map(|y| (f64::from(*y) - mean).powi(2));
    let deviation = (squares.sum::<f64>() / n).sqrt();
    (deviation > 0.0).then_some(deviation)
}

fn cut(name: &str, low: u64, high: u64) -> Population {
    let name = name.to_string();
    Population { name, low, high }
}

/// What a predictor that always predicts `prediction` scores by every metric but the two-class ones.
fn constants(
    protocol: &crate::metric::Protocol,
    prediction: f32,
    labels: &[f32],
) -> impl Iterator<Item = Constant> {
    let scores = protocol.score(&vec![prediction; labels.len()], labels);
    let known = protocol.metrics.iter().zip(scores);
    known
        .filter_map(move |(m, score): (_, Result<f64, Undefined>)| {
            let listed = metric::find(m.name)?;
            let two = ["acc2", "f1"].iter().any(|s| m.name.starts_with(s));
            let scale = if listed.share { 100.0 } else { 1.0 };
            (!two).then_some(Constant {
                metric: m.name.to_string(),
                prediction: format!("{prediction}"),
                value: scale * score.ok()?,
            })
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// A constant predictor of one class with accuracy p: weighted F1 is 2p^2 / (1 + p), and with the
/// arguments exchanged 2p / (1 + p).
fn two_class(population: &Population, metric: &Metric) -> Vec<(String, f64)> {
    let total = population.samples() as f64;
    let each = [("negative", population.low), ("positive", population.high)];
    each.into_iter()
        .flat_map(|(prediction, n)| {
            let p = n as f64 / total;
            if metric.name.starts_with("acc") {
                vec![(prediction.to_string(), 100.0 * p)]
            } else {
                vec![
                    (prediction.to_string(), 200.0 * p * p / (1.0 + p)),
                    (format!("{prediction}, exchanged"), 200.0 * p / (1.0 + p)),
                ]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baselines_are_those_of_the_published_test_sets() {
        let statistics = TestSetStatistics::published();
        let has = |dataset: &str, name: &str, value: f64| {
            let baselines = statistics.baselines(dataset, metric::find(name).unwrap());
            assert!(
                baselines.iter().any(|(_, v)| (v - value).abs() < 0.005),
                "{name} {baselines:?}"
            );
        };
        for (dataset, name, value) in [
            ("mosi", "acc2_non0", 57.77),
            ("mosi", "f1_has0", 39.32),
            ("mosei", "f1_non0", 77.19),
            ("mosei", "acc7", 41.36),
            ("sims", "f1", 81.91),
        ] {
            has(dataset, name, value);
        }
        assert!(
            statistics
                .baselines("iemocap", metric::find("acc7").unwrap())
                .is_empty()
        );
    }

    #[test]
    fn labels_give_counts_and_constants() {
        let mut statistics = TestSetStatistics::published();
        let labels = [-2.0, -1.0, 0.0, 1.0, 1.2];
        statistics
            .add_labels("toy", "mosi", [-3.0, 3.0], &labels)
            .unwrap();
        let acc7 = metric::find("acc7").unwrap();
        assert_eq!(statistics.samples("toy", acc7), Some(5));
        assert_eq!(
            statistics.samples("toy", metric::find("acc2_non0").unwrap()),
            Some(4)
        );
        assert!(
            statistics
                .baselines("toy", acc7)
                .contains(&("1".to_string(), 40.0))
        );
    }
}
