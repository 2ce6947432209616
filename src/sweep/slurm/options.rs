//! Options of Slurm jobs: the table `[slurm]` of a suite, or the flags of `run`.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::option::directive;

/// How a sweep becomes jobs. No part of it decides a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Options of sbatch for the runs, like `--partition=gpu`.
    pub sbatch: Vec<String>,
    /// Options of sbatch for the report, which needs neither a GPU nor much memory.
    pub report_sbatch: Vec<String>,
    /// Lines of shell before the program, like `module load cuda`.
    pub setup: Vec<String>,
    /// Largest number of tasks at a time.
    pub max_parallel: Option<NonZeroUsize>,
    /// Runs of one task, one after the other.
    pub runs_per_task: NonZeroUsize,
    /// Largest number of times that a task is queued again at its time limit.
    pub max_requeues: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sbatch: Vec::new(),
            report_sbatch: Vec::new(),
            setup: Vec::new(),
            max_parallel: None,
            runs_per_task: NonZeroUsize::MIN,
            max_requeues: 10,
        }
    }
}

impl Options {
    /// Refuses options that the program sets itself, and text that is not an option.
    ///
    /// # Errors
    /// [`Error::Owned`](super::Error::Owned), [`Error::Option`](super::Error::Option), [`Error::Setup`].
    pub fn check(&self) -> Result<()> {
        for option in self.sbatch.iter().chain(&self.report_sbatch) {
            directive(option)?;
        }
        match self.setup.iter().find(|line| line.contains(['\n', '\r'])) {
            Some(line) => Err(Error::Setup { line: line.clone() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_checked_and_none_of_anything_is_no_number() {
        let lists: [fn(&mut Options, &str); 3] = [
            |options, word| options.sbatch.push(word.into()),
            |options, word| options.report_sbatch.push(word.into()),
            |options, word| options.setup.push(word.into()),
        ];
        for (list, word) in lists.into_iter().zip(["--arr=0", "--wait", "a\nb"]) {
            let mut options = Options::default();
            list(&mut options, word);
            options.check().unwrap_err();
        }
        for zero in ["max_parallel = 0", "runs_per_task = 0"] {
            assert!(toml::from_str::<Options>(zero).is_err(), "{zero}");
        }
    }
}
