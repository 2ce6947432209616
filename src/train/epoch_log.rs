//! `metrics.jsonl`: one line per epoch, and the words behind the progress bar.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize, Serializer};

use super::{Error, exact, memory};
use crate::ui::words::duration;

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
    /// Watched metrics, averaged over the watched rates; null where undefined.
    #[serde(serialize_with = "as_map")]
    pub scores: Vec<(String, Option<f64>)>,
    /// Watched metrics whose pick this epoch is.
    pub selected: Vec<String>,
    pub samples_per_second: f64,
    pub seconds: f64,
    /// Most memory held so far, in bytes: of the process, or of its tensors on a CUDA device.
    pub peak_memory: u64,
    /// Clips per pass.
    pub micro_batch: usize,
}

fn as_map<S: Serializer, T: Serialize>(pairs: &[(String, T)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

impl EpochLine {
    /// The words behind the progress bar; `best` is the selected epoch so far, `left` the epochs
    /// to go.
    pub fn summary(&self, best: u32, left: u32) -> String {
        let number = |value: &f64| format!("{value:.3}");
        let losses = self.losses.iter();
        let losses: Vec<String> = losses
            .map(|(name, value)| format!("{name} {}", number(value)))
            .collect();
        let scores = self.scores.iter();
        let scores: Vec<String> = scores
            .map(|(name, value)| {
                let value = value.as_ref().map_or("n/a".to_owned(), number);
                format!("{name} {value}")
            })
            .collect();
        format!(
            "loss: {}  {}: {}  best epoch {best}  {:.0}/s  {}  {} left",
            losses.join(" "),
            self.split,
            scores.join(" "),
            self.samples_per_second,
            memory::show(self.peak_memory),
            duration(self.seconds * f64::from(left)),
        )
    }
}

/// Sample-weighted sums of the loss terms of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Means {
    #[serde(with = "exact::named")]
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

/// Add a line to a log.
pub fn append(path: &Path, line: &EpochLine) -> Result<(), Error> {
    let text = serde_json::to_string(line).map_err(|e| Error::Unexpected(e.to_string()))?;
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| writeln!(file, "{text}"))
        .map_err(|e| Error::io(path, e))
}

/// Keep the first `lines` lines of a log.
pub fn truncate(path: &Path, lines: usize) -> Result<(), Error> {
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(());
    };
    let kept: String = text
        .lines()
        .take(lines)
        .flat_map(|line| [line, "\n"])
        .collect();
    std::fs::write(path, kept).map_err(|e| Error::io(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

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
