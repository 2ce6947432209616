//! `scores.csv`: every metric of a run's data set on its stored predictions, computed once when the
//! run is finished, so that a report over thousands of runs need not decode their predictions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::error::Result;
use super::manifest::SelectionMetadata;
use super::predictions::{Group, PredictionKey, Predictions};
use crate::mask::Condition;
use crate::metric::{self, Metric, Protocol, Undefined};

/// Version of the metrics' definitions. Raise it when a metric's value changes: older files are
/// then passed over, and scores are computed from the predictions again.
const DEFINITIONS: u32 = 1;

const COLUMNS: &str = "mask_protocol,mask_seed,condition,metric,value,undefined";

/// A score as a fraction or in label units, or why there is none.
pub type Score = std::result::Result<f64, String>;

/// One metric under one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub mask_protocol: Arc<str>,
    pub mask_seed: u64,
    pub condition: Condition,
    pub metric: Arc<str>,
    pub score: Score,
}

/// Every metric under every condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    pub lines: Vec<Line>,
}

impl Scores {
    /// Scores predictions by every metric of the protocol called so, extras included. No lines
    /// where it is unknown: a report says so.
    ///
    /// # Errors
    /// If the predictions cannot be grouped.
    pub fn of(
        protocol: &str,
        selection: &SelectionMetadata,
        predictions: &Predictions,
    ) -> Result<Self> {
        match metric::protocol(protocol) {
            Ok(protocol) => Ok(Self::by(protocol, selection, &predictions.groups())),
            Err(_) => Ok(Self { lines: Vec::new() }),
        }
    }

    /// Scores predictions by every metric of a protocol, extras included: each on those by the
    /// weights it chose, where metrics chose different ones.
    pub fn by(protocol: &Protocol, selection: &SelectionMetadata, groups: &[Group]) -> Self {
        let scored = groups.par_iter().flat_map_iter(|group| {
            let own = |m: &&Metric| selection.weights_for(m.name) == group.epoch;
            protocol.all().filter(own).map(|metric| {
                let score = (metric.compute)(&group.prediction, &group.truth);
                line(&group.key, metric.name, score.map_err(reason))
            })
        });
        let lines = scored.collect();
        Self { lines }
    }

    /// Whether every metric of the protocol is there under so many conditions.
    pub fn covers(&self, protocol: &Protocol, conditions: usize) -> bool {
        let named = |m: &Metric| self.lines.iter().any(|line| *line.metric == *m.name);
        self.lines.len() >= conditions * protocol.all().count() && protocol.all().all(named)
    }

    /// Whether some score is another one in `other`, to the last bit; metrics that only one of both
    /// has do not count.
    pub fn contradicts(&self, other: &Self) -> bool {
        let place = |line: &Line| {
            let names = (Arc::clone(&line.mask_protocol), Arc::clone(&line.metric));
            (names, line.mask_seed, line.condition)
        };
        let known: BTreeMap<_, &Score> = other.lines.iter().map(|l| (place(l), &l.score)).collect();
        let differs = |line: &Line| known.get(&place(line)).is_some_and(|s| **s != line.score);
        self.lines.iter().any(differs)
    }

    /// As the text of a CSV file under a line with the version.
    pub fn to_csv(&self) -> String {
        let mut out = format!("# definitions {DEFINITIONS}\n{COLUMNS}\n");
        for line in &self.lines {
            let (value, undefined) = match &line.score {
                // The shortest form that reads back as the same number.
                Ok(value) => (value.to_string(), ""),
                Err(reason) => (String::new(), reason.as_str()),
            };
            out += &format!(
                "{},{},\"{}\",{},{value},\"{undefined}\"\n",
                line.mask_protocol, line.mask_seed, line.condition, line.metric
            );
        }
        out
    }
}

fn line(key: &PredictionKey, metric: &str, score: Score) -> Line {
    Line {
        mask_protocol: key.mask_protocol.as_str().into(),
        mask_seed: key.mask_seed,
        condition: key.condition,
        metric: metric.into(),
        score,
    }
}

/// The reason without the sample's number, so that one footnote serves every cell.
fn reason(undefined: Undefined) -> String {
    match undefined {
        Undefined::NonFinitePrediction { .. } => "some predictions are not finite".to_string(),
        other => other.to_string(),
    }
}

/// What [`Scores::to_csv`] wrote; `None` for another version or anything else.
pub(super) fn parse(bytes: &[u8]) -> Option<Scores> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix(&format!("# definitions {DEFINITIONS}\n{COLUMNS}\n"))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(rest.as_bytes());
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut names = Names::default();
    while reader.read_record(&mut record).ok()? {
        lines.push(Line {
            mask_protocol: names.shared(record.get(0)?),
            mask_seed: record.get(1)?.parse().ok()?,
            condition: condition(record.get(2)?)?,
            metric: names.shared(record.get(3)?),
            score: match record.get(4)? {
                "" => Err(record.get(5)?.to_string()),
                value => Ok(value.parse().ok()?),
            },
        });
    }
    Some(Scores { lines })
}

/// Names that come again and again, each stored once.
#[derive(Default)]
struct Names(Vec<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        let known = self.0.iter().find(|known| ***known == *name).cloned();
        known.unwrap_or_else(|| {
            let new: Arc<str> = name.into();
            self.0.push(Arc::clone(&new));
            new
        })
    }
}

/// A condition by its name; most are numbers, which need no grammar.
fn condition(name: &str) -> Option<Condition> {
    match name.parse::<f64>() {
        Ok(rate) => Condition::uniform(rate),
        Err(_) => name.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{manifest, predictions};

    #[test]
    fn scores_survive_a_round_trip_to_the_last_bit() {
        let m = manifest("flat", 11, &[0.0, 0.3, 1.0]);
        let scores = Scores::of("mosi", &m.selection, &predictions(&m)).unwrap();
        assert_eq!(
            scores.lines.len(),
            2 * 3 * metric::protocol("mosi").unwrap().all().count()
        );
        assert!(scores.lines.iter().any(|line| line.score.is_err()));
        assert_eq!(parse(scores.to_csv().as_bytes()), Some(scores.clone()));
        let other = scores.to_csv().replace("definitions 1", "definitions 0");
        assert_eq!(parse(other.as_bytes()), None);
        assert_eq!(parse(b"anything"), None);
    }
}
