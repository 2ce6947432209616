//! What is wrong with a published table: cells that cannot be, were copied, or say nothing.
//!
//! ```text
//! printed tables + test-set facts -> evidence -> rules -> findings
//! ```
//!
//! A rule is a file in `rules/` and a line in [`RULES`]. Rules look at printed digits only; where
//! a test set's class counts are known ([`facts`]) they also know what its metrics can be.

mod evidence;
pub mod facts;
pub mod finding;
pub mod render;
pub mod rules;

use crate::published::parse::Table;

pub use evidence::Evidence;
pub use facts::Facts;
pub use finding::{Finding, Place, Strength};
pub use rules::{RULES, Rule};

/// What the user knows of how the numbers came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protocol {
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
pub fn audit(tables: &[Table], facts: &Facts, protocol: Protocol) -> Vec<Finding> {
    let evidence = Evidence::new(tables, facts, protocol);
    let mut findings: Vec<Finding> = Vec::new();
    for rule in RULES {
        let found = (rule.check)(&evidence, &findings);
        findings.extend(found.into_iter().map(|f| f.named(rule.name)));
    }
    findings.sort_by_key(|f| f.strength);
    findings
}
