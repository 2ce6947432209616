//! What a site wants of its jobs: the table `[slurm]` of a suite, or the flags of `run`.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};

/// How a sweep becomes jobs. No part of it decides a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Options of sbatch for the cells, like `--partition=gpu`.
    pub sbatch: Vec<String>,
    /// Options of sbatch for the report, which needs neither a GPU nor much memory.
    pub report_sbatch: Vec<String>,
    /// Lines of shell before the program, like `module load cuda`.
    pub setup: Vec<String>,
    /// Tasks at a time.
    pub max_parallel: Option<usize>,
    /// Cells that one task does after another.
    pub cells_per_task: usize,
    /// How often a task that reached its time limit may be queued again.
    pub max_requeues: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sbatch: Vec::new(),
            report_sbatch: Vec::new(),
            setup: Vec::new(),
            max_parallel: None,
            cells_per_task: 1,
            max_requeues: 10,
        }
    }
}

/// What the program sets itself, and why.
const OWNED: [(&str, &str); 11] = [
    ("--array", "it knows which cells wait"),
    ("-a", "it knows which cells wait"),
    ("--output", "`runs status` looks for the logs there"),
    ("-o", "`runs status` looks for the logs there"),
    ("--error", "errors belong into the log of the task"),
    ("-e", "errors belong into the log of the task"),
    (
        "--open-mode",
        "a task that is queued again must not wipe its log",
    ),
    ("--signal", "cells store their state when it comes"),
    ("--dependency", "it chains arrays and the report"),
    ("-d", "it chains arrays and the report"),
    ("--wrap", "it writes the script"),
];

impl Options {
    /// Refuses what the program sets itself, and what is no option.
    ///
    /// # Errors
    /// [`Error::Owned`], [`Error::Option`].
    pub fn check(&self) -> Result<()> {
        for option in self.sbatch.iter().chain(&self.report_sbatch) {
            let spelt = option.starts_with('-') && !option.contains(['\n', '\r']);
            if !spelt {
                return Err(Error::Option {
                    option: option.clone(),
                });
            }
            let name = option.split(['=', ' ']).next().unwrap_or_default();
            // Short options may have their value behind them: -a0-3.
            let names = |own: &str| {
                name == own || own.len() == 2 && !name.starts_with("--") && name.starts_with(own)
            };
            if let Some((name, reason)) = OWNED.iter().find(|(own, _)| names(own)) {
                return Err(Error::Owned {
                    option: option.clone(),
                    name,
                    reason,
                });
            }
        }
        match self.setup.iter().find(|line| line.contains(['\n', '\r'])) {
            Some(line) => Err(Error::Option {
                option: line.clone(),
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(option: &str) -> Result<()> {
        Options {
            sbatch: vec![option.to_owned()],
            ..Options::default()
        }
        .check()
    }

    #[test]
    fn site_options_pass_and_the_program_s_own_do_not() {
        for option in [
            "--partition=gpu",
            "-p gpu",
            "--gres=gpu:1",
            "--time=2:00:00",
            "--array-bounds",
        ] {
            with(option).unwrap();
        }
        for option in [
            "--array=0-3",
            "-a0-3",
            "--output=x",
            "--wrap=ls",
            "--signal=USR2",
            "-d afterok:1",
        ] {
            let message = with(option).unwrap_err().to_string();
            assert!(
                message.contains("sets") && message.contains("because"),
                "{message}"
            );
        }
        for option in ["partition=gpu", "--a\n#SBATCH --b"] {
            assert!(
                matches!(with(option), Err(Error::Option { .. })),
                "{option}"
            );
        }
    }
}
