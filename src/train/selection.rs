//! Selects the epoch whose weights are evaluated.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Error;
use crate::data::dataset::SplitName;
use crate::metric::{Metric, Protocol};
use crate::record::SelectionRule;

/// A rule as written on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The best value of a metric on the validation split, averaged over the validation rates;
    /// `None`: the metric that the data set's protocol selects by.
    Validation(Option<String>),
    /// The last epoch.
    Last,
    /// LNLN's published way: for each metric the epoch with its best value on the *test* split.
    Paper,
}

impl Default for Selection {
    fn default() -> Self {
        Self::Validation(None)
    }
}

impl FromStr for Selection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "valid" | "validation" => Ok(Self::Validation(None)),
            "last" => Ok(Self::Last),
            "paper" => Ok(Self::Paper),
            _ => match text.strip_prefix("valid:") {
                Some(metric) if !metric.is_empty() => Ok(Self::Validation(Some(metric.to_owned()))),
                _ => Err(Error::SelectionName {
                    found: text.to_owned(),
                }),
            },
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validation(None) => f.write_str("valid"),
            Self::Validation(Some(metric)) => write!(f, "valid:{metric}"),
            Self::Last => f.write_str("last"),
            Self::Paper => f.write_str("paper"),
        }
    }
}

/// The rules of one training as written on the command line, `valid:mae,paper`: never empty.
#[derive(Clone, Debug, PartialEq, Eq, schemars::JsonSchema)]
#[schemars(with = "String")]
pub struct Selections {
    /// The one that reports show.
    pub first: Selection,
    pub others: Vec<Selection>,
}

impl Default for Selections {
    fn default() -> Self {
        Selection::default().into()
    }
}

impl From<Selection> for Selections {
    fn from(first: Selection) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }
}

impl FromStr for Selections {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut all = text.split(',');
        Ok(Self {
            first: all.next().unwrap_or_default().parse()?,
            others: all.map(str::parse).collect::<Result<_, Error>>()?,
        })
    }
}

impl fmt::Display for Selections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        self.others.iter().try_for_each(|one| write!(f, ",{one}"))
    }
}

impl Serialize for Selections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Selections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Selections {
    /// The rules under a data set's protocol, each once.
    ///
    /// # Errors
    /// As [`Selection::resolve`].
    pub fn resolve(&self, protocol: &'static Protocol) -> Result<Rules, Error> {
        let mut rules = Rules::from(self.first.resolve(protocol)?);
        for selection in &self.others {
            let rule = selection.resolve(protocol)?;
            if !rules.iter().any(|known| known.is_same(&rule)) {
                rules.others.push(rule);
            }
        }
        Ok(rules)
    }
}

/// A rule for one data set: what is monitored, and what each monitored metric decides.
#[derive(Clone, Debug)]
pub struct Rule {
    pub selection: Selection,
    /// Each picks an epoch of its own.
    pub monitored: Vec<&'static Metric>,
    metrics: &'static [Metric],
}

/// The rules of one training for one data set.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The one that reports show.
    pub first: Rule,
    pub others: Vec<Rule>,
}

impl From<Rule> for Rules {
    fn from(first: Rule) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }
}

impl Rules {
    /// All of them, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether the weights of one epoch are all that is kept.
    pub fn is_single(&self) -> bool {
        self.others.is_empty() && self.first.is_single()
    }

    /// The splits that are monitored, that of the first rule first, none twice.
    pub fn splits(&self) -> Vec<SplitName> {
        let mut splits = Vec::new();
        for rule in self.iter() {
            if !splits.contains(&rule.split()) {
                splits.push(rule.split());
            }
        }
        splits
    }
}

/// Metrics that the published code reads at another metric's epoch.
const READ_ALONG: [(&str, &str); 4] = [
    ("f1_has0", "acc2_has0"),
    ("f1_non0", "acc2_non0"),
    ("f1", "acc2"),
    ("corr", "mae"),
];

impl Selection {
    /// The rule under a data set's protocol.
    ///
    /// # Errors
    /// [`Error::SelectionMetric`] where the protocol has no such metric.
    pub fn resolve(&self, protocol: &'static Protocol) -> Result<Rule, Error> {
        let monitored = match self {
            Self::Validation(Some(name)) => vec![protocol.metric(name).ok_or_else(|| {
                let known: Vec<_> = protocol.metrics.iter().map(|m| m.name).collect();
                Error::SelectionMetric {
                    found: name.clone(),
                    protocol: protocol.name,
                    known: known.join(", "),
                }
            })?],
            Self::Validation(None) | Self::Last => vec![protocol.selection_metric()],
            Self::Paper => {
                let own = |m: &&Metric| READ_ALONG.iter().all(|(along, _)| *along != m.name);
                protocol.metrics.iter().filter(own).collect()
            }
        };
        Ok(Rule {
            selection: self.clone(),
            monitored,
            metrics: protocol.metrics,
        })
    }
}

impl Rule {
    /// The split that is monitored.
    pub fn split(&self) -> SplitName {
        match self.selection {
            Selection::Paper => SplitName::Test,
            _ => SplitName::Valid,
        }
    }

    /// Whether one epoch serves every metric.
    pub fn is_single(&self) -> bool {
        self.selection != Selection::Paper
    }

    /// Whether both choose the same epochs of any training.
    fn is_same(&self, other: &Self) -> bool {
        let name = |rule: &Self| rule.metric().map(|metric| metric.name);
        let decides = |rule: &Self| match rule.selection {
            Selection::Last => None,
            _ => name(rule),
        };
        self.kind() == other.kind() && decides(self) == decides(other)
    }

    /// The rule as manifests and configurations store it.
    pub fn kind(&self) -> SelectionRule {
        match self.selection {
            Selection::Validation(_) => SelectionRule::Validation,
            Selection::Last => SelectionRule::Last,
            Selection::Paper => SelectionRule::Paper,
        }
    }

    /// The metric that decides for all; `None` where each decides for itself.
    pub fn metric(&self) -> Option<&'static Metric> {
        self.monitored.first().copied().filter(|_| self.is_single())
    }

    /// Metric by metric the epoch its score is read at, given the monitored metrics' epochs.
    pub fn chosen(&self, picks: &BTreeMap<String, u32>) -> BTreeMap<String, u32> {
        let epoch = |metric: &Metric| {
            let along = READ_ALONG.iter().find(|(along, _)| *along == metric.name);
            let decider = match self.selection {
                Selection::Paper => along.map_or(metric.name, |(_, decider)| decider),
                _ => self.monitored[0].name,
            };
            Some((metric.name.to_owned(), *picks.get(decider)?))
        };
        self.metrics.iter().filter_map(epoch).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{PROTOCOLS, protocol};

    #[test]
    fn names_round_trip() {
        for name in ["valid", "valid:corr", "last", "paper"] {
            assert_eq!(name.parse::<Selection>().unwrap().to_string(), name);
        }
        for name in ["", "test", "valid:", "best"] {
            assert!(name.parse::<Selection>().is_err(), "{name} was accepted");
        }
    }

    #[test]
    fn an_unknown_metric_is_named_with_the_known_ones() {
        let selection = Selection::Validation(Some("acc9".to_owned()));
        let error = selection
            .resolve(protocol("mosi").unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`acc9`") && error.contains("acc7"),
            "{error}"
        );
    }

    #[test]
    fn the_paper_reads_f1_and_correlation_at_other_metrics_epochs() {
        for protocol in PROTOCOLS {
            let rule = Selection::Paper.resolve(protocol).unwrap();
            let picks = (3..).zip(&rule.monitored);
            let picks: BTreeMap<String, u32> =
                picks.map(|(epoch, m)| (m.name.to_owned(), epoch)).collect();
            let chosen = rule.chosen(&picks);
            assert_eq!(chosen.len(), protocol.metrics.len(), "{}", protocol.name);
            assert_eq!(chosen["corr"], picks["mae"]);
            for (metric, epoch) in &chosen {
                if let Some(kind) = metric.strip_prefix("f1") {
                    assert_eq!(*epoch, picks[&format!("acc2{kind}")]);
                }
            }
            assert_eq!(rule.split(), SplitName::Test);
            assert!(rule.metric().is_none());
        }
    }

    #[test]
    fn several_rules_are_resolved_each_once() {
        let names = "valid:mae,paper,last";
        let several: Selections = names.parse().unwrap();
        assert_eq!(several.to_string(), names);
        let rules = several.resolve(protocol("mosi").unwrap()).unwrap();
        assert_eq!(rules.splits(), [SplitName::Valid, SplitName::Test]);
        assert!(!rules.is_single());
        let twice: Selections = "valid,valid:mae,last,valid:corr".parse().unwrap();
        let rules = twice.resolve(protocol("mosi").unwrap()).unwrap();
        assert_eq!(rules.iter().count(), 3, "valid selects by MAE");
        for wrong in ["", "valid,", ",paper", "valid,best"] {
            assert!(wrong.parse::<Selections>().is_err(), "{wrong} was accepted");
        }
        let one: Selections = "last".parse().unwrap();
        assert!(one.resolve(protocol("mosi").unwrap()).unwrap().is_single());
    }

    #[test]
    fn one_epoch_serves_all_metrics_otherwise() {
        let rule = Selection::default()
            .resolve(protocol("mosi").unwrap())
            .unwrap();
        assert_eq!(rule.metric().map(|metric| metric.name), Some("mae"));
        assert_eq!(rule.kind(), SelectionRule::Validation);
        let picks = BTreeMap::from([("mae".to_owned(), 7)]);
        let chosen = rule.chosen(&picks);
        assert!(chosen.values().all(|epoch| *epoch == 7));
        assert!(rule.is_single() && rule.split() == SplitName::Valid);
    }
}
