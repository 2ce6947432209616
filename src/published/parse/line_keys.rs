//! Reads what a line states about its numbers: method, data set, condition, metric.

use super::ParsedCondition;
use super::header::Column;
use super::names;

/// The keys of one line.
#[derive(Debug, Default)]
pub(super) struct LineKeys {
    pub method: String,
    pub dataset: Option<String>,
    /// `None` where the line has an axis but names no condition on it.
    pub condition: Option<ParsedCondition>,
    pub condition_text: Option<String>,
    pub metric: Option<String>,
    pub spread: Option<String>,
}

impl LineKeys {
    pub fn new(columns: &[Column], record: &csv::StringRecord) -> Self {
        let mut row = Self {
            condition: Some(ParsedCondition::Whole),
            ..Self::default()
        };
        let mut configuration = Vec::new();
        for (column, text) in columns.iter().zip(record) {
            match column {
                Column::Method => row.method = join(&row.method, text),
                Column::Configuration(name) if !text.is_empty() && !name.is_empty() => {
                    configuration.push(format!("{name} {text}"));
                }
                Column::Dataset if !text.is_empty() => row.dataset = Some(names::dataset(text)),
                Column::Rate => row.set_condition(ParsedCondition::parse_rate(text), text),
                Column::Missing => row.set_condition(ParsedCondition::parse_missing(text), text),
                Column::Metric => row.metric = Some(text.to_string()),
                Column::Spread => row.spread = Some(text.to_string()),
                _ => {}
            }
        }
        let configuration = configuration.join(", ");
        row.method = match (row.method.is_empty(), configuration.is_empty()) {
            (true, _) => configuration,
            (false, true) => row.method,
            (false, false) => format!("{} ({configuration})", row.method),
        };
        row
    }

    fn set_condition(&mut self, condition: Option<ParsedCondition>, text: &str) {
        self.condition = condition;
        self.condition_text = Some(text.to_string());
    }
}

fn join(a: &str, b: &str) -> String {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.to_string(),
        (_, true) => a.to_string(),
        _ => format!("{a} {b}"),
    }
}

/// Takes configuration columns with the same value on every line out of the rows' names.
pub(super) fn drop_constant(columns: &mut [Column], records: &[csv::StringRecord]) {
    for (at, column) in columns.iter_mut().enumerate() {
        let mut values = records.iter().map(|r| r.get(at));
        let first = values.next();
        let constant = values.all(|value| Some(value) == first);
        if matches!(column, Column::Configuration(_)) && constant && records.len() > 1 {
            *column = Column::Configuration(String::new());
        }
    }
}
