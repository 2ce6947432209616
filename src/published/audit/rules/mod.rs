//! Registers the rules: one file each in the room of its subject, and a line here.

mod copies;
mod curves;
mod describe;
mod means;
mod order;
mod ranks;
mod scores;
mod sources;
#[cfg(test)]
mod testing;

use super::{Arranged, Finding};

/// A check of printed tables.
#[derive(Debug)]
pub struct Rule {
    /// On the command line and in findings.
    pub name: &'static str,
    /// What it looks for, in one sentence.
    pub definition: &'static str,
    /// How strong its findings are, and when.
    pub strength: &'static str,
    /// What it finds, given the findings of the rules before it.
    pub check: fn(&Arranged<'_>, &[Finding]) -> Vec<Finding>,
}

/// Every rule, in the order in which they are applied.
pub const RULES: &[&Rule] = &[
    &scores::out_of_range::RULE,
    &scores::wrong_spread::RULE,
    &scores::impossible_count::RULE,
    &scores::run_count::RULE,
    &scores::other_samples::RULE,
    &scores::swapped_f1::RULE,
    &scores::impossible_f1::RULE,
    &means::overall_mean::RULE,
    &copies::copied_column::RULE,
    &copies::copied_metric::RULE,
    &copies::copied_condition::RULE,
    &copies::moved_run::RULE,
    &copies::duplicate_rows::RULE,
    &order::broken_trend::RULE,
    &copies::exact_line::RULE,
    &means::wrong_parts::RULE,
    &means::wrong_difference::RULE,
    &scores::nested_accuracy::RULE,
    &order::exchanged_errors::RULE,
    &order::rising_scores::RULE,
    &order::exchanged_rates::RULE,
    &order::reversed_row::RULE,
    &order::moved_column::RULE,
    &scores::narrow_error::RULE,
    &scores::squared_error::RULE,
    &scores::tied_accuracy::RULE,
    &scores::equal_pair::RULE,
    &scores::bold_number::RULE,
    &scores::placeholder::RULE,
    &scores::extra_digit::RULE,
    &sources::other_rate::RULE,
    &sources::two_rows::RULE,
    &sources::misquote::RULE,
    &sources::partly_quoted::RULE,
    &scores::constant_predictor::RULE,
    &copies::same_prediction::RULE,
    &sources::known_error::RULE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_rule_is_described() {
        let mut names: Vec<_> = RULES.iter().map(|r| r.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
        assert!(
            RULES
                .iter()
                .all(|r| !r.definition.is_empty() && !r.strength.is_empty())
        );
    }
}
