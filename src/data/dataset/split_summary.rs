//! Summarizes the labels of a split, with its first sample: numbers that the maker of a file knows.

use serde::Serialize;

use crate::data::dataset::read::labels;
use crate::data::dataset::read::plan::Plan;

/// Characters of a transcript that are shown.
const SHOWN: usize = 40;

/// The main labels of a split of one of the three, and its first sample.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SplitSummary {
    pub split: String,
    pub least: f64,
    pub most: f64,
    pub mean: f64,
    pub negative: usize,
    pub zero: usize,
    pub positive: usize,
    pub first: FirstSample,
}

/// What belongs together in the first sample.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FirstSample {
    pub id: String,
    pub label: f64,
    /// Its transcript, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl SplitSummary {
    /// `None` where a split has no labels.
    pub fn of(plan: &Plan<'_>) -> Option<Self> {
        plan.official()?;
        let (_, values) = plan.labels.iter().find(|(name, _)| name == labels::MAIN)?;
        let count = |is: fn(f64) -> bool| values.iter().filter(|v| is(**v)).count();
        let text = plan.raw_text.first().filter(|text| !text.trim().is_empty());
        Some(Self {
            split: plan.split().to_owned(),
            least: values.iter().copied().reduce(f64::min)?,
            most: values.iter().copied().reduce(f64::max)?,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            negative: count(|v| v < 0.0),
            zero: count(|v| v == 0.0),
            positive: count(|v| v > 0.0),
            first: FirstSample {
                id: plan.ids.first()?.clone(),
                label: *values.first()?,
                text: text.cloned(),
            },
        })
    }

    /// `-3 to 3, mean 0.13 (552 below 0, 74 at 0, 658 above)`
    pub fn labels(&self) -> String {
        format!(
            "{} to {}, mean {:.2} ({} below 0, {} at 0, {} above)",
            shown(self.least),
            shown(self.most),
            self.mean,
            self.negative,
            self.zero,
            self.positive
        )
    }

    /// `03bSnISJMiM$_$11 has -2.2: "A LOT OF SAD PARTS"`
    pub fn first(&self) -> String {
        let FirstSample { id, label, text } = &self.first;
        let text = text.as_ref().map_or(String::new(), |text| {
            let start: String = text.chars().take(SHOWN).collect();
            let more = if text.chars().count() > SHOWN {
                "..."
            } else {
                ""
            };
            format!(": {start:?}{more}")
        });
        format!("{id} has {}{text}", shown(*label))
    }
}

/// Without the digits that float32 adds.
fn shown(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}
