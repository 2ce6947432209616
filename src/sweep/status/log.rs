//! Reads the end of `metrics.jsonl`: last epoch and selected epoch of a run, without parsing all lines.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::record::RunDir;

/// Progress of a training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingProgress {
    /// Finished epochs.
    pub epoch: u32,
    /// Of the last epoch: seconds of training and its scores.
    pub seconds: f64,
    /// Training samples per second in the last epoch.
    pub samples_per_second: f64,
    /// Most memory held so far, in bytes.
    pub peak_memory: u64,
    pub last: Option<Score>,
    /// The best so far, by the run's own rule.
    pub selected: Option<Score>,
}

/// A value of the monitored metric.
#[derive(Clone, Debug, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Score {
    /// Counted from 1.
    pub epoch: u32,
    pub metric: String,
    pub value: f64,
}

/// Fields that are read of a line.
#[derive(Deserialize)]
struct Line {
    epoch: u32,
    #[serde(default)]
    scores: BTreeMap<String, Option<f64>>,
    #[serde(default)]
    selected: Vec<String>,
    #[serde(default)]
    seconds: f64,
    #[serde(default)]
    samples_per_second: f64,
    #[serde(default)]
    peak_memory: u64,
}

impl Line {
    /// The metric that a listing shows: the only one that is monitored, or MAE where all are.
    fn metric(&self) -> Option<&str> {
        match self.scores.len() {
            1 => self.scores.keys().next().map(String::as_str),
            _ => self.scores.contains_key("mae").then_some("mae"),
        }
    }

    fn score(&self, metric: &str) -> Option<Score> {
        Some(Score {
            epoch: self.epoch,
            metric: metric.to_owned(),
            value: (*self.scores.get(metric)?)?,
        })
    }
}

/// The progress of a run; `None` where it has not finished an epoch.
pub fn progress(dir: &RunDir) -> Option<TrainingProgress> {
    parse(&std::fs::read(dir.metrics()).ok()?)
}

fn parse(log: &[u8]) -> Option<TrainingProgress> {
    // A line that is being written is torn; it is skipped.
    let lines = || log.rsplit(|byte| *byte == b'\n').filter(|l| !l.is_empty());
    let parse_line = |line: &[u8]| serde_json::from_slice::<Line>(line).ok();
    let last = lines().find_map(parse_line)?;
    let metric = last.metric();
    // Most epochs select nothing and need not be parsed.
    let may_select = |line: &&[u8]| {
        std::str::from_utf8(line).is_ok_and(|line| !line.contains(r#""selected":[]"#))
    };
    let selected = metric.and_then(|metric| {
        let mut chosen = lines().filter(may_select).filter_map(parse_line);
        let line = chosen.find(|line| line.selected.iter().any(|name| name == metric))?;
        line.score(metric)
    });
    Some(TrainingProgress {
        epoch: last.epoch,
        seconds: last.seconds,
        samples_per_second: last.samples_per_second,
        peak_memory: last.peak_memory,
        last: metric.and_then(|metric| last.score(metric)),
        selected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(epoch: u32, mae: &str, selected: &str) -> String {
        format!(
            r#"{{"epoch":{epoch},"losses":{{"total":1.5}},"scores":{{"mae":{mae}}},"selected":[{selected}],"samples_per_second":50.0,"seconds":2.5,"peak_memory":7}}"#
        )
    }

    #[test]
    fn the_last_whole_line_and_the_last_pick_count() {
        let log = [
            line(1, "1.5", "\"mae\""),
            line(2, "1.25", "\"mae\""),
            line(3, "1.75", ""),
            "{\"epoch\":4,".to_owned(),
        ];
        let progress = parse(log.join("\n").as_bytes()).unwrap();
        assert_eq!((progress.epoch, progress.seconds), (3, 2.5));
        assert_eq!(progress.last.unwrap().value, 1.75);
        let selected = progress.selected.unwrap();
        assert_eq!((selected.epoch, selected.value), (2, 1.25));
    }

    #[test]
    fn an_undefined_score_is_none_and_an_empty_log_no_progress() {
        let progress = parse(line(1, "null", "\"mae\"").as_bytes()).unwrap();
        assert_eq!((progress.last, progress.selected), (None, None));
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn where_every_metric_is_monitored_mae_is_shown() {
        let log = br#"{"epoch":2,"scores":{"acc7":0.4,"mae":1.0},"selected":["acc7"]}
{"epoch":3,"scores":{"acc7":0.3,"mae":0.9},"selected":["mae"]}
{"epoch":4,"scores":{"acc7":0.5,"mae":1.1},"selected":["acc7"]}"#;
        let progress = parse(log).unwrap();
        assert_eq!(progress.selected.unwrap().epoch, 3);
        assert_eq!(progress.last.unwrap().value, 1.1);
    }
}
