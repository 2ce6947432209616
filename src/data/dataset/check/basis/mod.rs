//! What checks of several subjects count with: correlations with their error, words, labels, numbers of steps.

pub mod chance;
pub mod drift;
pub mod letters;
pub mod main_labels;
pub mod relation;
pub mod said;
pub mod sample_steps;
pub mod spoken;
