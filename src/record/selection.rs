//! Describes which epoch's weights were evaluated, and by which rule they were chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::dataset::SplitName;
use crate::mask::Condition;

/// How the evaluated epoch is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelectionRule {
    /// The best epoch on the validation split.
    Validation,
    /// The last epoch.
    Last,
    /// For each metric the best epoch on the test split, as in the LNLN paper.
    Paper,
}

impl SelectionRule {
    /// The rule with the metric that decides, as on the command line.
    pub fn name(self, metric: Option<&str>) -> String {
        match (self, metric) {
            (Self::Validation, Some(metric)) => format!("valid:{metric}"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for SelectionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Validation => "validation",
            Self::Last => "last",
            Self::Paper => "paper",
        })
    }
}

/// Which epoch's weights were evaluated, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectionMetadata {
    /// `None` for external predictions.
    pub rule: Option<SelectionRule>,
    /// The metric that decides for all; `None` where each metric chooses an epoch of its own, and
    /// for external predictions.
    pub metric: Option<String>,
    /// The split it is computed on; `None` for external predictions.
    pub split: Option<SplitName>,
    /// Conditions it is averaged over.
    pub conditions: Vec<Condition>,
    /// Selected epoch, counted from 1; 0 where nothing is trained.
    pub epoch: u32,
    /// Epoch by metric, where the weights of several epochs were kept: by metrics that choose one each, or
    /// by several rules. Else empty.
    pub chosen: BTreeMap<String, u32>,
    /// The masks of that split; empty where nothing is trained.
    pub masks: Vec<MonitoredMask>,
}

/// A mask under which the split of the selection was evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonitoredMask {
    pub mask_protocol: String,
    pub version: u32,
    pub mask_seed: u64,
    pub condition: Condition,
    /// blake3 of the masks, hexadecimal.
    pub hash: String,
}

impl SelectionMetadata {
    /// Of predictions whose training is not known.
    pub fn unknown() -> Self {
        Self {
            rule: None,
            metric: None,
            split: None,
            conditions: Vec::new(),
            epoch: 0,
            chosen: BTreeMap::new(),
            masks: Vec::new(),
        }
    }

    /// The rule as on the command line, `valid:mae`; empty for external predictions.
    pub fn name(&self) -> String {
        self.rule
            .map_or(String::new(), |rule| rule.name(self.metric.as_deref()))
    }

    /// The epoch in `predictions.parquet` whose predictions a metric is read from: 0 where one set
    /// of weights serves all. Metrics that chose none are read at MAE's, as the paper reads Corr.
    pub fn weights_for(&self, metric: &str) -> u32 {
        let chosen = self.chosen.get(metric).or_else(|| self.chosen.get("mae"));
        chosen.copied().unwrap_or(0)
    }

    /// [`Self::weights_for`] a metric that a user names: `None` where other metrics chose and this
    /// one did not, as under a name that is misspelled.
    pub fn chosen_by(&self, metric: &str) -> Option<u32> {
        if self.chosen.is_empty() {
            Some(0)
        } else {
            self.chosen.get(metric).copied()
        }
    }

    /// All epochs in `predictions.parquet`.
    pub fn weights(&self) -> BTreeSet<u32> {
        if self.chosen.is_empty() {
            BTreeSet::from([0])
        } else {
            self.chosen.values().copied().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture;

    #[test]
    fn a_misspelled_metric_chose_no_weights() {
        let mut selection = fixture::manifest("lnln", 1, &[0.0]).selection;
        assert_eq!(selection.chosen_by("acc_7"), Some(0), "one set serves all");
        selection.chosen = BTreeMap::from([("acc7".to_owned(), 3), ("mae".to_owned(), 5)]);
        let by = ["acc7", "mae", "acc_7"].map(|name| selection.chosen_by(name));
        assert_eq!(by, [Some(3), Some(5), None]);
        // A metric that is scored and did not choose is still read at MAE's.
        assert_eq!(selection.weights_for("corr"), 5);
    }
}
