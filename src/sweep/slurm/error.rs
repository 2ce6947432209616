//! Errors of submitting to Slurm.

use std::path::PathBuf;

use crate::support::{Classify, ErrorClass, fs};

/// Why a sweep was not submitted to Slurm.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error(
        "`{program}` is not on this machine's PATH: run this on a login node of the cluster; \
         --dry-run prints the scripts without Slurm, --jobs N runs the runs here"
    )]
    Absent { program: &'static str },
    #[error("`{command}` failed ({status}): {message}")]
    Refused {
        command: String,
        status: String,
        message: String,
    },
    #[error(
        "sbatch took the job, but no line of its output is a job's number like `12` or `12;cluster`; it printed \
         `{output}`. The job is not recorded: find it with `squeue --me` and cancel it with scancel before \
         submitting again"
    )]
    JobId { output: String },
    #[error(
        "the queue of Slurm cannot be read ({reason}), and runs might be submitted twice; try again, or \
         use --submit-anyway: a run that is done twice costs time and harms no result"
    )]
    Unknown { reason: String },
    #[error("--sbatch {option}: the program sets {name} itself, because {reason}")]
    Owned {
        option: String,
        name: &'static str,
        reason: &'static str,
    },
    #[error(
        "--sbatch `{option}`: expected one option of sbatch like --partition=gpu, on one line and without \
         quotes; give --sbatch again for the next"
    )]
    Option { option: String },
    #[error("--setup `{line}`: expected one line of shell; give --setup again for the next")]
    Setup { line: String },
    #[error("{flag} is for {what}: give it {expected}")]
    Flag {
        flag: &'static str,
        what: &'static str,
        expected: &'static str,
    },
    #[error(
        "Slurm cannot be given the path {}: it has a `%`, a quote or a line end, which scripts and \
         log names read as something else; use another folder", path.display()
    )]
    Path { path: PathBuf },
    #[error("cannot read or write {}: {reason}", path.display())]
    Io {
        path: PathBuf,
        reason: std::io::Error,
    },
    #[error(transparent)]
    Record(#[from] crate::record::Error),
    #[error(transparent)]
    Write(#[from] fs::Error),
}

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Absent { .. } | Self::Refused { .. } | Self::JobId { .. } => {
                ErrorClass::Unavailable
            }
            Self::Io { .. } => ErrorClass::Io,
            Self::Record(error) => error.class(),
            Self::Write(error) => error.class(),
            Self::Unknown { .. }
            | Self::Owned { .. }
            | Self::Option { .. }
            | Self::Setup { .. }
            | Self::Flag { .. }
            | Self::Path { .. } => ErrorClass::Usage,
        }
    }
}
