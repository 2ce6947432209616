//! Reads `metrics.jsonl`, the log of a run's epochs.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use super::run_dir::RunDir;

/// One epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    pub number: f64,
    /// Weighted total of the training loss.
    pub loss: Option<f64>,
    /// Its terms by name, unweighted, in the order of the names.
    pub terms: Vec<(String, f64)>,
    /// The selecting metric on the split that selects.
    pub monitored: Option<f64>,
}

/// The epochs of a run, in order, with the values of the metric of this name; none where it
/// trained nothing or the log is gone.
pub fn read(dir: &RunDir, metric: &str) -> Vec<Epoch> {
    parse(&fs::read(dir.metrics()).unwrap_or_default(), metric)
}

/// The epochs in the bytes of a log, as [`read`] gives them.
pub fn parse(log: &[u8], metric: &str) -> Vec<Epoch> {
    let text = String::from_utf8_lossy(log);
    text.lines()
        .filter_map(|line| epoch(line, metric))
        .collect()
}

/// Seconds of training in all epochs so far.
pub fn trained_seconds(dir: &RunDir) -> f64 {
    #[derive(Deserialize)]
    struct Line {
        seconds: f64,
    }
    let log = fs::read(dir.metrics()).unwrap_or_default();
    let lines = log.split(|byte| *byte == b'\n');
    let seconds = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    seconds.map(|line| line.seconds).sum()
}

/// How fast a run trained and what it held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Training samples per second: the median over epochs.
    pub samples_per_second: Option<f64>,
    /// Most memory held in any epoch, in bytes.
    pub peak_memory: Option<f64>,
}

impl Pace {
    /// Of the bytes of a log.
    pub fn of(log: &[u8]) -> Self {
        /// The fields that are read; the rest of a line is skipped.
        #[derive(Deserialize)]
        struct Line {
            samples_per_second: Option<f64>,
            peak_memory: Option<f64>,
        }
        let lines = log.split(|byte| *byte == b'\n');
        let lines: Vec<Line> = lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let speeds = lines.iter().filter_map(|line| line.samples_per_second);
        let mut speeds: Vec<f64> = speeds.filter(|speed| *speed > 0.0).collect();
        speeds.sort_by(f64::total_cmp);
        let peaks = lines.iter().filter_map(|line| line.peak_memory);
        let peak = peaks.fold(0.0, f64::max);
        Self {
            samples_per_second: speeds.get(speeds.len() / 2).copied(),
            peak_memory: (peak > 0.0).then_some(peak),
        }
    }
}

fn epoch(line: &str, metric: &str) -> Option<Epoch> {
    let value: Value = serde_json::from_str(line).ok()?;
    Some(Epoch {
        number: value.get("epoch")?.as_f64()?,
        loss: value
            .get("losses")
            .and_then(|losses| number(losses, "total")),
        terms: value.get("losses").map(terms).unwrap_or_default(),
        monitored: value
            .get("scores")
            .and_then(|scores| number(scores, metric)),
    })
}

/// All losses but their total.
fn terms(losses: &Value) -> Vec<(String, f64)> {
    let Some(losses) = losses.as_object() else {
        return Vec::new();
    };
    let terms: BTreeMap<&String, &Value> = losses.iter().collect();
    let terms = terms.into_iter().filter(|(name, _)| *name != "total");
    terms
        .filter_map(|(name, value)| Some((name.clone(), value.as_f64()?)))
        .collect()
}

/// A number by its name.
fn number(of: &Value, name: &str) -> Option<f64> {
    of.get(name)?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_the_monitored_metric_are_read() {
        let line = r#"{"epoch":2,"losses":{"mse":1.5,"l_sp":0.5,"total":2.5},"scores":{"corr":0.1,"mae":0.8},"peak_memory":7}"#;
        let read = epoch(line, "mae").unwrap();
        assert_eq!((read.loss, read.monitored), (Some(2.5), Some(0.8)));
        assert_eq!(
            read.terms,
            [("l_sp".to_owned(), 0.5), ("mse".to_owned(), 1.5)]
        );
        assert_eq!(epoch("torn", "mae"), None);
    }

    #[test]
    fn the_pace_is_the_median_speed_and_the_highest_peak() {
        let log = b"{\"epoch\":1,\"samples_per_second\":9.0,\"peak_memory\":5}\n\
                    {\"epoch\":2,\"samples_per_second\":7.0,\"peak_memory\":8}\n\
                    {\"epoch\":3,\"samples_per_second\":8.0,\"peak_memory\":8}\n{\"epo";
        let pace = Pace::of(log);
        assert_eq!(pace.samples_per_second, Some(8.0));
        assert_eq!(pace.peak_memory, Some(8.0));
        assert_eq!(Pace::of(b""), Pace::default());
    }
}
