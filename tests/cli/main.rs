//! The command line as a user sees it: one file per subject.
#![allow(clippy::print_stdout, reason = "a test says what it met")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod audit;
mod changed_data;
mod color;
#[path = "../data/mod.rs"]
mod data;
#[cfg(feature = "torch")]
mod dry_run;
mod environment;
#[cfg(feature = "torch")]
mod evaluations;
mod export;
mod help;
mod json_schema;
mod kill;
#[cfg(feature = "torch")]
mod launch;
#[cfg(feature = "torch")]
mod limit;
#[cfg(feature = "torch")]
mod loss_terms;
mod mask;
mod memory;
mod own_checks;
mod own_data;
#[cfg(feature = "torch")]
mod own_page;
#[cfg(feature = "torch")]
mod predict;
mod predict_new;
mod prepare;
mod prepare_many;
#[path = "../prepared/mod.rs"]
mod prepared;
#[cfg(feature = "torch")]
mod print_config;
mod program;
#[cfg(feature = "torch")]
mod progress;
#[path = "../python/mod.rs"]
mod python;
mod python_package;
#[cfg(feature = "torch")]
mod questions;
mod report;
#[cfg(feature = "torch")]
mod run;
#[cfg(feature = "torch")]
mod run_failures;
#[cfg(feature = "torch")]
mod run_lnln;
#[cfg(feature = "torch")]
mod run_one;
#[cfg(feature = "torch")]
mod run_refused;
#[cfg(feature = "torch")]
mod run_state;
#[cfg(feature = "torch")]
mod run_stopped;
mod runs;
#[cfg(feature = "torch")]
mod runs_live;
#[cfg(feature = "torch")]
mod same_bits;
mod schemas;
mod score;
mod score_between;
mod score_checks;
mod score_data;
mod score_stated;
#[cfg(feature = "torch")]
mod search;
#[cfg(feature = "torch")]
mod select;
#[cfg(feature = "torch")]
mod selftest;
#[cfg(feature = "torch")]
mod shared_encodings;
#[cfg(feature = "torch")]
mod suites;
#[cfg(feature = "torch")]
mod train_on;
#[cfg(feature = "torch")]
mod trainer_options;
mod variants;
