//! Writes the parts of a finding's text.

use crate::published::audit::arranged::sub_table;
use crate::published::parse::{ParsedCell, ParsedCondition};

/// `method, data set, what`, parts that are not there left out.
pub fn about(parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().filter(|p| !p.is_empty()).copied().collect();
    parts.join(", ")
}

/// `table 3` for the name of a method that says which of several tables in one file it is from; else nothing.
pub fn sub_table_of(method: &str) -> String {
    sub_table(method).map_or(String::new(), |t| format!("table {t}"))
}

/// `rate 0.1, 0.3 and mean`; at most a few, then how many more.
pub fn conditions<'a>(conditions: impl IntoIterator<Item = &'a ParsedCondition>) -> String {
    let mut names: Vec<String> = conditions.into_iter().map(ToString::to_string).collect();
    names.dedup();
    for i in (1..names.len()).rev() {
        if names[0].starts_with("rate ") && names[i].starts_with("rate ") {
            names[i] = names[i]["rate ".len()..].to_string();
        }
    }
    list(&names)
}

/// `a, b and c`.
pub fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `1 cell`, `3 cells`.
pub fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// `1 accuracy`, `3 accuracies`.
pub fn count_as(n: usize, one: &str, several: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{n} {several}"),
    }
}

/// The titles of the cells' metrics, each once.
pub fn metrics<'a>(cells: impl IntoIterator<Item = &'a ParsedCell>) -> String {
    let mut titles: Vec<String> = Vec::new();
    for cell in cells {
        if !titles.iter().any(|t| t == cell.metric.title) {
            titles.push(cell.metric.title.to_string());
        }
    }
    list(&titles)
}

/// Whether a row is by its name a predictor that says the same of every sample.
pub fn is_constant(method: &str) -> bool {
    let lower = method.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.any(|w| ["constant", "constants", "majority"].contains(&w))
}

/// Whether a number has so few digits that sound numbers of a table meet often: whole percents, errors and
/// correlations with two decimals.
pub fn is_coarse(cell: &ParsedCell) -> bool {
    let decimals = if cell.metric.share { 1 } else { 3 };
    cell.number.decimals < decimals
}

/// `LNLN, rate 0.3` or `LNLN`.
pub fn row(method: &str, condition: &ParsedCondition) -> String {
    about(&[method, &condition.to_string()])
}
