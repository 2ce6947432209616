//! Writes and reads `scores.csv`: every metric of a run's data set on its stored predictions, computed
//! once when the run is finished, so that a report over thousands of runs need not decode predictions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::error::Result;
use super::masks::MaskKey;
use super::predictions::{Group, Predictions};
use super::selection::SelectionMetadata;
use crate::mask::Condition;
use crate::metric::{self, Metric, Protocol, Undefined};
use crate::support::csv_field::csv_field;

/// Version of the metrics' definitions. Raise it when a metric's value changes: older files are
/// then passed over, and scores are computed from the predictions again.
const DEFINITIONS: u32 = 1;

const COLUMNS: &str =
    "mask_protocol,mask_seed,condition,rate_text,rate_audio,rate_vision,metric,value,undefined";

/// A score as a fraction or in label units, or why there is none.
pub type Score = std::result::Result<f64, String>;

/// One metric under one condition.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreEntry {
    pub mask_protocol: Arc<str>,
    pub mask_seed: u64,
    pub condition: Condition,
    pub metric: Arc<str>,
    pub score: Score,
}

impl ScoreEntry {
    /// The score of predictions by a metric, under a mask seed and a condition.
    pub fn of(
        metric: &Metric,
        mask_protocol: &str,
        (mask_seed, condition): (u64, Condition),
        prediction: &[f32],
        truth: &[f32],
    ) -> Self {
        let score = (metric.compute)(prediction, truth);
        Self {
            mask_protocol: mask_protocol.into(),
            mask_seed,
            condition,
            metric: metric.name.into(),
            score: score.map_err(reason),
        }
    }

    /// The pass it is of.
    pub(super) fn key(&self) -> MaskKey {
        (
            self.mask_protocol.to_string(),
            self.mask_seed,
            self.condition,
        )
    }
}

/// Every metric under every condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    pub entries: Vec<ScoreEntry>,
}

impl Scores {
    /// Scores predictions by every metric of the protocol of this name, extras included. Empty
    /// where it is unknown, which a report refuses.
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
            Err(_) => Ok(Self {
                entries: Vec::new(),
            }),
        }
    }

    /// Scores predictions by every metric of a protocol, extras included: each on those by the
    /// weights it chose, where metrics chose different ones.
    pub fn by(protocol: &Protocol, selection: &SelectionMetadata, groups: &[Group]) -> Self {
        let entries = groups.par_iter().flat_map_iter(|group| {
            let chosen = |m: &&Metric| selection.weights_for(m.name) == group.epoch;
            let key = &group.key;
            let (pass, masks) = ((key.mask_seed, key.condition), &*key.mask_protocol);
            protocol.all().filter(chosen).map(move |metric| {
                ScoreEntry::of(metric, masks, pass, &group.prediction, &group.truth)
            })
        });
        Self {
            entries: entries.collect(),
        }
    }

    /// Whether every metric of the protocol is there under so many conditions.
    pub fn covers(&self, protocol: &Protocol, conditions: usize) -> bool {
        let named = |m: &Metric| self.entries.iter().any(|entry| *entry.metric == *m.name);
        self.entries.len() >= conditions * protocol.all().count() && protocol.all().all(named)
    }

    /// Whether some score differs from that in `other` in any bit; metrics that only one of both
    /// has do not count.
    pub fn contradicts(&self, other: &Self) -> bool {
        let key = |entry: &ScoreEntry| {
            let names = (Arc::clone(&entry.mask_protocol), Arc::clone(&entry.metric));
            (names, entry.mask_seed, entry.condition)
        };
        let known: BTreeMap<_, &Score> =
            (other.entries.iter().map(|e| (key(e), &e.score))).collect();
        let differs = |e: &ScoreEntry| known.get(&key(e)).is_some_and(|s| **s != e.score);
        self.entries.iter().any(differs)
    }

    /// As the text of a CSV file under a line with the version.
    pub fn to_csv(&self) -> String {
        let mut out = format!("# definitions {DEFINITIONS}\n{COLUMNS}\n");
        for entry in &self.entries {
            let (value, undefined) = match &entry.score {
                // The shortest form that reads back as the same number.
                Ok(value) => (value.to_string(), ""),
                Err(reason) => (String::new(), reason.as_str()),
            };
            let [text, audio, vision] = entry.condition.rates();
            out += &format!(
                "{},{},\"{}\",{text},{audio},{vision},{},{value},\"{undefined}\"\n",
                csv_field(&entry.mask_protocol),
                entry.mask_seed,
                entry.condition,
                csv_field(&entry.metric)
            );
        }
        out
    }
}

/// The reason without the sample's number, so that one footnote serves every cell.
fn reason(undefined: Undefined) -> String {
    match undefined {
        Undefined::NonFinitePrediction { .. } => "some predictions are not finite".to_string(),
        other => other.to_string(),
    }
}

/// Reads the output of [`Scores::to_csv`]; `None` for another version or anything else.
pub(super) fn parse(bytes: &[u8]) -> Option<Scores> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix(&format!("# definitions {DEFINITIONS}\n{COLUMNS}\n"))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(rest.as_bytes());
    let mut entries = Vec::new();
    let mut record = csv::StringRecord::new();
    let mut names = Names::default();
    while reader.read_record(&mut record).ok()? {
        let rate = |column| record.get(column)?.parse::<f64>().ok();
        let condition = Condition::new([rate(3)?, rate(4)?, rate(5)?])?;
        if !condition.is_called(record.get(2)?) {
            return None;
        }
        entries.push(ScoreEntry {
            mask_protocol: names.shared(record.get(0)?),
            mask_seed: record.get(1)?.parse().ok()?,
            condition,
            metric: names.shared(record.get(6)?),
            score: match record.get(7)? {
                "" => Err(record.get(8)?.to_string()),
                value => Ok(value.parse().ok()?),
            },
        });
    }
    Some(Scores { entries })
}

/// Names that repeat, each stored once.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{manifest, predictions};

    #[test]
    fn scores_survive_a_round_trip_to_the_last_bit() {
        let m = manifest("flat", 11, &[0.0, 0.3, 1.0]);
        let scores = Scores::of("mosi", &m.selection, &predictions(&m)).unwrap();
        assert_eq!(
            scores.entries.len(),
            2 * 3 * metric::protocol("mosi").unwrap().all().count()
        );
        assert!(scores.entries.iter().any(|entry| entry.score.is_err()));
        assert_eq!(parse(scores.to_csv().as_bytes()), Some(scores.clone()));
        let other = scores.to_csv().replace("definitions 1", "definitions 0");
        assert_eq!(parse(other.as_bytes()), None);
        assert_eq!(parse(b"anything"), None);
    }

    #[test]
    fn rates_are_columns_of_numbers_and_contradict_no_name() {
        let entry = |condition: &str| ScoreEntry {
            mask_protocol: "random".into(),
            mask_seed: 1,
            condition: condition.parse().unwrap(),
            metric: "mae".into(),
            score: Ok(0.5),
        };
        let entries = ["0.3", "LA", "l=0.2,a=0.7,v=1"].map(entry).to_vec();
        let csv = Scores { entries }.to_csv();
        let rows: Vec<&str> = csv.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                r#"random,1,"0.3",0.3,0.3,0.3,mae,0.5,"""#,
                r#"random,1,"LA",1,1,0,mae,0.5,"""#,
                r#"random,1,"l=0.2,a=0.7,v=1",0.2,0.7,1,mae,0.5,"""#,
            ]
        );
        assert!(parse(csv.as_bytes()).is_some());
        let contradicting = csv.replace("0.3,0.3,0.3", "0.4,0.4,0.4");
        assert_eq!(parse(contradicting.as_bytes()), None);
    }
}
