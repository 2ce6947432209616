//! The command line as a user sees it: one file per subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod help;
mod prepare;
mod program;
#[cfg(feature = "torch")]
mod run;
