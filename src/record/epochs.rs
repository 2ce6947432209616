//! `metrics.jsonl`: what a run said of its epochs.

use std::collections::BTreeSet;
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
    let text = fs::read_to_string(dir.metrics()).unwrap_or_default();
    text.lines()
        .filter_map(|line| epoch(line, metric))
        .collect()
}

/// Seconds of training in all epochs so far.
pub fn trained_seconds(dir: &RunDir) -> f64 {
    #[derive(Deserialize)]
    struct Line {
        #[serde(default)]
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
        /// All that is looked at; the rest of a line is passed over unread.
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
    let scores = value.get("scores").map(|scores| pair(scores, metric));
    Some(Epoch {
        number: value.get("epoch")?.as_f64()?,
        loss: value.get("losses").and_then(|losses| pair(losses, "total")),
        terms: value.get("losses").map(terms).unwrap_or_default(),
        monitored: scores.unwrap_or_else(|| value.get("valid")?.as_f64()),
    })
}

/// All losses but their total.
fn terms(losses: &Value) -> Vec<(String, f64)> {
    let names: BTreeSet<&str> = match losses {
        Value::Array(pairs) => pairs.iter().filter_map(|p| p.get(0)?.as_str()).collect(),
        other => other
            .as_object()
            .into_iter()
            .flat_map(|o| o.keys().map(String::as_str))
            .collect(),
    };
    let terms = names.into_iter().filter(|name| *name != "total");
    terms
        .filter_map(|name| Some((name.to_owned(), pair(losses, name)?)))
        .collect()
}

/// A number by its name, in an object or in a list of pairs.
fn pair(of: &Value, name: &str) -> Option<f64> {
    match of {
        Value::Array(pairs) => {
            let named = |pair: &&Value| pair.get(0).and_then(Value::as_str) == Some(name);
            pairs.iter().find(named)?.get(1)?.as_f64()
        }
        other => other.get(name)?.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_log_are_read() {
        let old = r#"{"epoch":2,"losses":[["mse",1.5],["total",2.5]],"valid":0.8,"samples_per_second":52.0}"#;
        let new = r#"{"epoch":2,"losses":{"mse":1.5,"total":2.5},"scores":{"corr":0.1,"mae":0.8},"peak_memory":7}"#;
        let (old, new) = (epoch(old, "mae").unwrap(), epoch(new, "mae").unwrap());
        assert_eq!((old.loss, old.monitored), (Some(2.5), Some(0.8)));
        assert_eq!((new.loss, new.monitored), (Some(2.5), Some(0.8)));
        assert_eq!(old.terms, [("mse".to_owned(), 1.5)]);
        assert_eq!(new.terms, old.terms);
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
