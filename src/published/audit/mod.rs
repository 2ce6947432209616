//! Finds what is wrong with a published table: cells that are impossible, copied or without information.
//!
//! ```text
//! parsed tables + test-set statistics -> arranged tables -> rules -> findings
//! ```
//!
//! A rule is a file in `rules/` and a line in [`RULES`]. Rules use printed digits only; where
//! a test set's class counts are known ([`statistics`]) they also use the possible values of its metrics.

mod arranged;
pub mod finding;
mod overview;
pub mod render;
pub mod rules;
pub mod statistics;

use crate::published::parse::ParsedTable;

pub use arranged::Arranged;
pub use finding::{CellLocation, Finding, Strength};
pub use rules::{RULES, Rule};
pub use statistics::TestSetStatistics;

/// What the user knows of how the numbers came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditSettings {
    /// Runs behind every number.
    pub seeds: Option<u32>,
    /// Where the runs' scores were rounded.
    pub rounding: Option<Rounding>,
}

/// Where digits were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Every run's score to four decimals of a fraction, then the printed mean.
    EveryRun,
    /// The printed mean only.
    Mean,
}

/// Everything the rules find, strongest first; within a strength in the order of [`RULES`].
pub fn audit(
    tables: &[ParsedTable],
    statistics: &TestSetStatistics,
    settings: AuditSettings,
) -> Vec<Finding> {
    let arranged = Arranged::new(tables, statistics, settings);
    let mut findings: Vec<Finding> = Vec::new();
    for rule in RULES {
        let found = (rule.check)(&arranged, &findings);
        findings.extend(found.into_iter().map(|f| f.named(rule.name)));
    }
    let explained = |finding: &Finding| findings.iter().any(|other| other.explains(finding));
    let explained: Vec<bool> = findings.iter().map(explained).collect();
    let mut explained = explained.into_iter();
    findings.retain(|_| !explained.next().unwrap_or(false));
    findings.sort_by_key(|f| f.strength);
    findings
}
