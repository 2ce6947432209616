//! Audits texts for the tests of rules.

use crate::published::audit::{AuditSettings, Finding, TestSetStatistics, audit};
use crate::published::parse::{Options, ParsedTable, parse};

/// What a rule finds in a table.
pub fn found(rule: &str, text: &str) -> Vec<Finding> {
    found_in(rule, &[("t.csv", text)], AuditSettings::default())
}

/// What all rules find in a table.
pub fn found_all(text: &str) -> Vec<Finding> {
    let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
    audit(
        &[table],
        &TestSetStatistics::published(),
        AuditSettings::default(),
    )
}

/// What a rule finds in several tables, by name.
pub fn found_in(rule: &str, tables: &[(&str, &str)], settings: AuditSettings) -> Vec<Finding> {
    let read =
        |(name, text): &(&str, &str)| parse(name, text.as_bytes(), &Options::default()).unwrap();
    let tables: Vec<ParsedTable> = tables.iter().map(read).collect();
    let all = audit(&tables, &TestSetStatistics::published(), settings);
    all.into_iter().filter(|f| f.rule == rule).collect()
}
