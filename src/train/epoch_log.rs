//! `metrics.jsonl`: one line per epoch, and the words behind the progress bar.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::Error;
use crate::model::Losses;

/// One line of `metrics.jsonl`.
#[derive(Debug, Serialize)]
pub struct EpochLine {
    pub epoch: u32,
    pub learning_rate: f64,
    /// Sample-weighted means over the epoch, unweighted terms and their weighted total.
    pub losses: Vec<(String, f64)>,
    pub valid_metric: &'static str,
    pub valid: Option<f64>,
    pub selected: bool,
    pub samples_per_second: f64,
}

impl EpochLine {
    /// The words behind the progress bar; `best` is the selected epoch so far.
    pub fn summary(&self, best: u32) -> String {
        let total = self.losses.last().map_or(f64::NAN, |(_, value)| *value);
        let valid = self
            .valid
            .map_or("n/a".to_owned(), |value| format!("{value:.3}"));
        format!(
            "loss {total:.3}  valid {} {valid}  best epoch {best}  {:.0}/s",
            self.valid_metric, self.samples_per_second
        )
    }
}

/// Sample-weighted means of the loss terms of an epoch.
#[derive(Debug, Default)]
pub struct Means {
    sums: Vec<(String, f64)>,
    samples: usize,
}

impl Means {
    /// Count a batch.
    pub fn add(&mut self, losses: &Losses, samples: usize) {
        let terms = losses.terms.iter().map(|term| (term.name, &term.value));
        let all = terms.chain([("total", &losses.total)]);
        for (i, (name, value)) in all.enumerate() {
            let value = value.double_value(&[]) * samples as f64;
            match self.sums.get_mut(i) {
                Some((_, sum)) => *sum += value,
                None => self.sums.push((name.to_owned(), value)),
            }
        }
        self.samples += samples;
    }

    /// The means, in the order of the terms, the total last.
    pub fn finish(self) -> Vec<(String, f64)> {
        let samples = self.samples.max(1) as f64;
        self.sums
            .into_iter()
            .map(|(name, sum)| (name, sum / samples))
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
