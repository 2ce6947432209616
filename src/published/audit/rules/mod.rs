//! Registers the rules: one file each, and a line here.

mod bold_number;
mod broken_trend;
mod carried;
mod constant_predictor;
mod copied_column;
mod copied_condition;
mod copied_metric;
mod copied_spreads;
mod count_rows;
mod describe;
mod duplicate_rows;
mod equal_pair;
mod exact_line;
mod exchanged_errors;
mod exchanged_headings;
mod exchanged_letters;
mod exchanged_rates;
mod extra_digit;
mod f1_readings;
mod filled;
mod fixed_order;
mod impossible_count;
mod impossible_f1;
mod interpolated;
mod known_error;
mod lone_constant;
mod lone_order;
mod low_classes;
mod low_correlation;
mod method_means;
mod misquote;
mod mixed_means;
mod moved_column;
mod moved_run;
mod narrow_error;
mod nested_accuracy;
mod nested_rates;
mod other_rate;
mod other_samples;
mod out_of_range;
mod overall_mean;
mod partly_quoted;
mod parts;
mod pasted_pair;
mod placeholder;
mod ranks;
mod reversed_row;
mod rising_letters;
mod rising_scores;
mod run_count;
mod run_means;
mod runs;
mod same_prediction;
mod swapped_f1;
#[cfg(test)]
mod testing;
mod text_order;
mod tied_accuracy;
mod two_rows;
mod typed_names;
mod unmasked;
mod wrong_difference;
mod wrong_parts;
mod wrong_spread;
mod zero_spreads;

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
    &out_of_range::RULE,
    &wrong_spread::RULE,
    &impossible_count::RULE,
    &run_count::RULE,
    &other_samples::RULE,
    &swapped_f1::RULE,
    &impossible_f1::RULE,
    &overall_mean::RULE,
    &copied_column::RULE,
    &copied_metric::RULE,
    &copied_condition::RULE,
    &moved_run::RULE,
    &duplicate_rows::RULE,
    &broken_trend::RULE,
    &exact_line::RULE,
    &wrong_parts::RULE,
    &wrong_difference::RULE,
    &nested_accuracy::RULE,
    &exchanged_errors::RULE,
    &rising_scores::RULE,
    &exchanged_rates::RULE,
    &reversed_row::RULE,
    &moved_column::RULE,
    &narrow_error::RULE,
    &tied_accuracy::RULE,
    &equal_pair::RULE,
    &bold_number::RULE,
    &placeholder::RULE,
    &extra_digit::RULE,
    &other_rate::RULE,
    &two_rows::RULE,
    &misquote::RULE,
    &partly_quoted::RULE,
    &constant_predictor::RULE,
    &same_prediction::RULE,
    &known_error::RULE,
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
