//! Looks at the numbers of one row, which the metrics, the samples and the runs allow or do not allow.

pub mod bold_number;
pub mod constant_predictor;
mod count_rows;
pub mod equal_pair;
mod exchanged_headings;
pub mod extra_digit;
mod f1_readings;
mod high_classes;
pub mod impossible_count;
pub mod impossible_f1;
mod kept_correlation;
mod lone_constant;
mod lost_error;
mod low_classes;
mod low_correlation;
pub mod narrow_error;
pub mod nested_accuracy;
pub mod other_samples;
pub mod out_of_range;
pub mod placeholder;
pub mod run_count;
mod runs;
pub mod squared_error;
pub mod swapped_f1;
pub mod tied_accuracy;
pub mod wrong_spread;
mod zero_spreads;
