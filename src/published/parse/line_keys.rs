//! Reads what a line states about its numbers: method, data set, condition, metric.

use super::condition::{ConditionText, is_mean};
use super::grid::Row;
use super::header::{Column, Kind};
use super::heading::Role;
use super::metric::plain;
use super::modalities::{ModalitySet, Naming};
use super::{names, number};

/// The keys of one line.
#[derive(Clone, Debug, Default)]
pub(super) struct LineKeys {
    /// As printed, without references.
    pub method: String,
    /// Settings that set the line apart from others of its method.
    pub configuration: Vec<String>,
    pub dataset: Option<String>,
    pub condition: Option<ConditionText>,
    /// The heading tells whether missing or present modalities are named.
    pub naming: Option<Naming>,
    pub metric: Option<String>,
    pub spread: Option<String>,
    /// The numbers are means of other lines.
    pub averaged: bool,
    /// The numbers are spreads of those of another line.
    pub is_spread: bool,
    /// Why no number of the line can be used.
    pub unusable: Option<Unusable>,
}

/// Why a line is left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unusable {
    /// What its condition is instead of a rate or a set of modalities.
    Condition(String),
    /// A statistic that no rule is about.
    Statistic(String),
    /// An aggregate that the program writes itself.
    Aside(String),
}

/// Aggregates over rates that no rule is about.
const AREAS: &[&str] = &["auc", "auc01", "area", "auilc"];

/// Beginnings of the names of other aggregates: `contribution_text`, `change_0.2`, `block_rise_text_1_of_5`.
const AGGREGATES: &[&str] = &[
    "contribution",
    "change",
    "blockrise",
    "blocktext",
    "blockaudio",
    "blockvision",
];

/// Settings that number the runs of a method.
pub(in crate::published) const RUNS: &[&str] = &["seed", "seeds", "run", "runs", "fold", "trial"];

/// Beginnings of the names of lines that hold differences or tests.
const DIFFERENCES: &[&str] = &[
    "improvement",
    "improv",
    "gain",
    "difference",
    "pvalue",
    "ttest",
];

const SPREADS: &[&str] = &[
    "std",
    "sd",
    "stdev",
    "stddev",
    "standarddeviation",
    "\u{b1}",
    "\u{b1}std",
    "\u{3c3}",
];

impl LineKeys {
    /// The keys of a line whose merged cells are filled.
    pub fn new(columns: &[Column], row: &Row) -> Self {
        let mut keys = Self::default();
        let has_rate = columns.iter().zip(&row.cells).any(|(column, cell)| {
            matches!(column.kind, Kind::Key(Role::Rate { .. } | Role::Condition))
                && ConditionText::parse_rate(&cell.text).is_some()
        });
        for (column, cell) in columns.iter().zip(&row.cells) {
            let text = cell.text.as_str();
            let Kind::Key(role) = &column.kind else {
                continue;
            };
            if text.is_empty() {
                continue;
            }
            match role {
                Role::Method => keys.add_method(text),
                Role::Configuration(name) => keys.add_configuration(name, text),
                Role::Dataset => keys.dataset = Some(names::dataset(text)),
                Role::Rate { .. } => keys.add_condition(ConditionText::parse_rate(text), text),
                Role::Condition => keys.add_condition(ConditionText::parse(text), text),
                Role::Modalities(naming) => {
                    keys.naming = *naming;
                    let mean = is_mean(text).then_some(ConditionText::Mean);
                    let set = ModalitySet::parse(text).map(ConditionText::Modalities);
                    match mean.or(set) {
                        // A word such as `random` beside a rate is the protocol.
                        None if has_rate => keys.add_configuration(&column.heading, text),
                        condition => keys.add_condition(condition, text),
                    }
                }
                Role::Metric => keys.metric = Some(text.to_string()),
                Role::Spread => keys.spread = Some(text.to_string()),
                Role::Statistic => keys.add_statistic(text),
                Role::Value => {}
            }
        }
        keys
    }

    fn add_method(&mut self, text: &str) {
        let word = plain(text);
        let begins = |b: &&str| word.starts_with(b);
        if text.starts_with(['\u{394}', '\u{2206}']) || DIFFERENCES.iter().any(begins) {
            self.unusable = Some(Unusable::Aside(text.to_string()));
        }
        if self.method.is_empty() && is_mean(text) {
            self.averaged = true;
        } else if self.method.is_empty() && (SPREADS.contains(&&*word) || text == "\u{b1}") {
            self.is_spread = true;
        }
        self.method = if self.method.is_empty() {
            text.to_string()
        } else {
            format!("{} {text}", self.method)
        };
    }

    fn add_configuration(&mut self, name: &str, text: &str) {
        if name.is_empty() {
            return;
        }
        if RUNS.contains(&&*plain(name)) {
            let words: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_lowercase)
                .collect();
            if words.iter().any(|w| is_mean(w)) {
                self.averaged = true;
                return;
            }
            if SPREADS.contains(&&*plain(text)) || text == "\u{b1}" {
                self.is_spread = true;
                return;
            }
        }
        self.configuration.push(format!("{name} {text}"));
    }

    fn add_statistic(&mut self, text: &str) {
        if is_mean(text) || ["value", "score"].contains(&&*plain(text)) {
            return;
        }
        if SPREADS.contains(&&*plain(text)) {
            self.is_spread = true;
        } else {
            self.unusable = Some(Unusable::Statistic(text.to_string()));
        }
    }

    fn add_condition(&mut self, condition: Option<ConditionText>, text: &str) {
        let word = plain(text);
        match condition {
            // Modalities and rates together: the rate sets the line apart.
            Some(next) => match (&self.condition, &next) {
                (
                    Some(ConditionText::Modalities(_)),
                    ConditionText::Number(_) | ConditionText::Rate(_),
                ) => {
                    self.configuration.push(format!("rate {text}"));
                }
                (Some(ConditionText::Number(rate)), ConditionText::Modalities(_)) => {
                    self.configuration.push(format!("rate {rate}"));
                    self.condition = Some(next);
                }
                (Some(ConditionText::Rate(rate)), ConditionText::Modalities(_)) => {
                    self.configuration.push(format!("rate {}%", rate * 100.0));
                    self.condition = Some(next);
                }
                _ => self.condition = Some(next),
            },
            None if AREAS.contains(&&*word) || AGGREGATES.iter().any(|a| word.starts_with(a)) => {
                self.unusable = Some(Unusable::Aside(text.to_string()))
            }
            None if SPREADS.contains(&&*word) => {
                self.is_spread = true;
                self.condition = Some(ConditionText::Mean);
            }
            None if number::is_absent(text) => {}
            None => self.unusable = Some(Unusable::Condition(text.to_string())),
        }
    }
}
