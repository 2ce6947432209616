//! Looks for numbers that stand in the place of others: rates, methods, modalities and metrics in another order.

pub mod broken_trend;
pub mod exchanged_errors;
mod exchanged_letters;
pub mod exchanged_rates;
mod fixed_order;
mod lone_order;
mod mixed_methods;
pub mod moved_column;
mod nested_rates;
pub mod reversed_row;
mod rising_letters;
pub mod rising_scores;
mod text_order;
mod typed_names;
