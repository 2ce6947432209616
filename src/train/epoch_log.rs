//! Writes `metrics.jsonl`, one line per epoch, and the line that a terminal shows of it.

use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};

use super::{Error, exact_float, memory};
use crate::support::fs::write_atomic;
use crate::support::words::duration;

/// One line of `metrics.jsonl`.
#[derive(Debug, Serialize)]
pub struct EpochLine {
    pub epoch: u32,
    pub learning_rate: f64,
    /// Sample-weighted means over the epoch, unweighted terms and their weighted total.
    #[serde(serialize_with = "as_map")]
    pub losses: Vec<(String, f64)>,
    /// The split whose scores decide: `valid`, or `test` by the paper's protocol.
    pub split: &'static str,
    /// Monitored metrics, averaged over the monitored rates; null where undefined.
    #[serde(serialize_with = "as_map")]
    pub scores: Vec<(String, Option<f64>)>,
    /// Monitored metrics whose pick this epoch is.
    pub selected: Vec<String>,
    /// The same by the other rules, where there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_rules: Vec<RuleScores>,
    pub samples_per_second: f64,
    pub seconds: f64,
    /// Most memory held so far, in bytes: of the process, or of its tensors on a CUDA device.
    pub peak_memory: u64,
    /// Samples per pass.
    pub micro_batch: usize,
}

/// An epoch by one rule of several.
#[derive(Debug, Serialize)]
pub struct RuleScores {
    /// As on the command line: `paper`.
    pub rule: String,
    pub split: &'static str,
    /// Metrics that it monitors; null where undefined.
    #[serde(serialize_with = "as_map")]
    pub scores: Vec<(String, Option<f64>)>,
    /// Those whose pick this epoch is.
    pub picked: Vec<String>,
}

fn as_map<S: Serializer, T: Serialize>(pairs: &[(String, T)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Columns of a terminal.
const WIDTH: usize = 80;

impl EpochLine {
    /// The line for the terminal, in 80 columns: the total loss, all loss terms if there is room for
    /// all, scores as far as there is room, a star where the epoch is selected. `left` is the time
    /// left for the run, in seconds.
    pub fn describe(&self, epochs: u32, left: f64) -> String {
        let mut terms = self.losses.iter();
        // The total is stored last and printed first.
        let total = terms.next_back().map_or(f64::NAN, |(_, value)| *value);
        let head = format!("{:>3}/{epochs} loss {total:.3}", self.epoch);
        let tail = format!(
            " {:.0} samples/s {} {} left",
            self.samples_per_second,
            memory::show(self.peak_memory),
            duration(left),
        );
        let room = WIDTH.saturating_sub(head.len() + tail.len());
        let (split, scores) = (format!(" {}", self.split), self.scores.iter());
        let scores = scores.map(|(name, value)| {
            let star = if self.selected.contains(name) {
                "*"
            } else {
                ""
            };
            let value = value.map_or("n/a".to_owned(), |value| format!("{value:.3}"));
            format!(" {name} {value}{star}")
        });
        let scores = fitting(scores, room.saturating_sub(split.len()));
        let room = room.saturating_sub(split.len() + scores.len());
        let mut terms: String = terms
            .map(|(name, value)| format!(" {name} {value:.3}"))
            .collect();
        if terms.len() > room {
            terms.clear();
        }
        format!("{head}{terms}{split}{scores}{tail}")
    }

    /// The text behind a progress bar; `best` is the selected epoch so far.
    pub fn best(&self, best: u32) -> String {
        let score = self.scores.first().and_then(|(name, value)| {
            let value = value.as_ref()?;
            Some(format!("{name} {value:.3} "))
        });
        format!("{}best epoch {best}", score.unwrap_or_default())
    }
}

/// As many of these parts as there is room for.
fn fitting(parts: impl Iterator<Item = String>, room: usize) -> String {
    let mut all = String::new();
    for word in parts {
        if all.len() + word.len() > room {
            break;
        }
        all.push_str(&word);
    }
    all
}

/// Sample-weighted sums of the loss terms of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Means {
    #[serde(with = "exact_float::named")]
    sums: Vec<(String, f64)>,
    samples: usize,
}

impl Means {
    /// Count a batch or a part of one, given the means of its terms.
    pub fn add(&mut self, values: &[(&'static str, f64)], samples: usize) {
        for (i, (name, value)) in values.iter().enumerate() {
            let value = value * samples as f64;
            match self.sums.get_mut(i) {
                Some((_, sum)) => *sum += value,
                None => self.sums.push(((*name).to_owned(), value)),
            }
        }
        self.samples += samples;
    }

    /// The means, in the order of the terms, the total last.
    pub fn finish(&self) -> Vec<(String, f64)> {
        let samples = self.samples.max(1) as f64;
        let sums = self.sums.iter();
        sums.map(|(name, sum)| (name.clone(), sum / samples))
            .collect()
    }
}

/// Adds a line to a log, so that a reader sees the log before or after, also after a power cut.
pub fn append(path: &Path, line: &EpochLine) -> Result<(), Error> {
    let line = serde_json::to_string(line).map_err(|e| Error::Unexpected(e.to_string()))?;
    let known = read(path)?;
    Ok(write_atomic(path, format!("{known}{line}\n").as_bytes())?)
}

/// Keeps the first `lines` lines of a log.
pub fn truncate(path: &Path, lines: usize) -> Result<(), Error> {
    let known = read(path)?;
    let kept: String = known
        .lines()
        .take(lines)
        .flat_map(|line| [line, "\n"])
        .collect();
    if kept == known {
        Ok(())
    } else {
        Ok(write_atomic(path, kept.as_bytes())?)
    }
}

/// The text of a log; none where there is no file yet.
fn read(path: &Path) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Error::io(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(epoch: u32) -> EpochLine {
        let losses = ["l_sp", "l_cc", "l_adv", "l_rec", "total"];
        EpochLine {
            epoch,
            learning_rate: 1e-4,
            losses: losses.map(|name| (name.to_owned(), 1.2345)).into(),
            split: "valid",
            scores: vec![("mae".to_owned(), Some(0.9876))],
            selected: vec!["mae".to_owned()],
            other_rules: Vec::new(),
            samples_per_second: 52.3,
            seconds: 24.0,
            peak_memory: 1 << 30,
            micro_batch: 64,
        }
    }

    #[test]
    fn a_line_fits_a_terminal_and_says_what_matters_most() {
        let text = line(12).describe(200, 4321.0);
        assert_eq!(
            text,
            " 12/200 loss 1.234 valid mae 0.988* 52 samples/s 1.0 GiB 1h12m left"
        );
        let mut one_term = line(12);
        one_term.losses = [("l1", 1.5), ("total", 1.5)]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        assert_eq!(
            one_term.describe(200, 4321.0),
            " 12/200 loss 1.500 l1 1.500 valid mae 0.988* 52 samples/s 1.0 GiB 1h12m left"
        );
        let mut paper = line(7);
        let scores = ["acc2_has0", "acc2_non0", "acc3", "acc5", "acc7", "mae"];
        paper.scores = scores.map(|name| (name.to_owned(), None)).into();
        paper.selected.clear();
        for line in [line(1), line(12), paper] {
            let text = line.describe(2000, 86_400.0 * 30.0);
            assert!(text.len() <= WIDTH, "{text}");
            assert!(text.ends_with("left"), "{text}");
        }
    }

    #[test]
    fn a_log_grows_by_whole_lines_and_is_cut_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        truncate(&path, 0).unwrap();
        assert!(!path.exists(), "nothing to cut");
        for epoch in 1..=3 {
            append(&path, &line(epoch)).unwrap();
        }
        let epochs = || -> Vec<u64> {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.ends_with('\n'));
            let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
            lines
                .map(|line| line.unwrap()["epoch"].as_u64().unwrap())
                .collect()
        };
        assert_eq!(epochs(), [1, 2, 3]);
        truncate(&path, 2).unwrap();
        assert_eq!(epochs(), [1, 2]);
        // A process that has the file open keeps the old one: it is replaced, not written over.
        let open = std::fs::File::open(&path).unwrap();
        append(&path, &line(3)).unwrap();
        let old = std::io::read_to_string(open).unwrap();
        assert_eq!((old.lines().count(), epochs()), (2, vec![1, 2, 3]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn sums_come_back_bit_for_bit() {
        let mut means = Means::default();
        means.add(&[("mse", 0.1 + 0.2), ("total", 1.0 / 3.0)], 7);
        let text = serde_json::to_string(&means).unwrap();
        assert_eq!(serde_json::from_str::<Means>(&text).unwrap(), means);
        means.add(&[("mse", 1.0), ("total", 2.0)], 1);
        let total = means.finish().pop().unwrap();
        assert!((total.1 - (7.0 / 3.0 + 2.0) / 8.0).abs() < 1e-15);
    }
}
