//! Recognizes the columns of a table by their headings.

use super::metric::{self, Metric, plain};
use super::{ParsedCondition, names};

/// The role of one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Column {
    Method,
    /// Part of what sets a row apart from others of the same method: `alpha`, `table`.
    Configuration(String),
    Dataset,
    Rate,
    Missing,
    /// Names the metric of a line (long form).
    Metric,
    /// Holds the number of a line (long form).
    Value,
    /// The spread of the line's number (long form).
    Spread,
    /// Numbers of one metric, of one data set where the heading names it.
    Score(Option<String>, &'static Metric),
    /// Numbers at one condition.
    At(ParsedCondition),
    Ignored,
}

const METHOD: &[&str] = &[
    "method", "methods", "model", "models", "variant", "name", "approach", "row",
];
const DATASET: &[&str] = &["dataset", "datasets", "data", "corpus"];
const RATE: &[&str] = &["rate", "missingrate", "mr", "r", "reading"];
const MISSING: &[&str] = &[
    "case",
    "missing",
    "missingmodality",
    "missingmodalities",
    "condition",
];
const CONFIGURATION: &[&str] = &[
    "table",
    "variant",
    "config",
    "configuration",
    "setting",
    "encoder",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "lambda",
    "mask_protocol",
    "masks",
    "seed",
];

/// The role of a column by its heading; `keys` are headings the user calls configuration.
pub(super) fn column(heading: &str, keys: &[String]) -> Column {
    let word = plain(heading);
    let is = |list: &[&str]| list.contains(&&*word);
    if keys.iter().any(|key| plain(key) == word) {
        return Column::Configuration(heading.trim().to_string());
    }
    match () {
        () if is(METHOD) => Column::Method,
        () if is(DATASET) => Column::Dataset,
        () if is(RATE) => Column::Rate,
        () if is(MISSING) => Column::Missing,
        () if is(CONFIGURATION) => Column::Configuration(heading.trim().to_string()),
        () if is(&["metric", "metrics"]) => Column::Metric,
        () if is(&["value", "score"]) => Column::Value,
        () if is(&["sd", "std", "stdev", "stddev"]) => Column::Spread,
        () => score(heading),
    }
}

/// Settles what only the other columns tell: `mean` is a condition in a table with rates, and the value of a
/// line that names its metric.
pub(super) fn settle(columns: &mut [Column]) {
    let long = columns.contains(&Column::Metric) && !columns.contains(&Column::Value);
    let conditions = |c: &&Column| matches!(c, Column::At(_));
    let alone = columns.iter().filter(conditions).count() == 1;
    for column in columns.iter_mut() {
        if long && alone && *column == Column::At(ParsedCondition::MeanOverRates) {
            *column = Column::Value;
        }
    }
}

fn score(heading: &str) -> Column {
    if let Some(condition) = ParsedCondition::parse_rate(heading) {
        return Column::At(condition);
    }
    match metric::split(heading) {
        Some((before, metric)) => {
            let dataset = (!before.is_empty()).then(|| names::dataset(&before));
            Column::Score(dataset, metric)
        }
        None => Column::Ignored,
    }
}
