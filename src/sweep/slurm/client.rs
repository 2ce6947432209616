//! Calls the four commands of Slurm that are used.

use std::process::{Command, Stdio};

use super::error::{Error, Result};

/// The bound of an array's indices where Slurm's configuration cannot be read: its default.
const MAX_ARRAY_SIZE: usize = 1001;

/// Submits with these arguments and returns the job's number.
///
/// # Errors
/// [`Error::Absent`], [`Error::Refused`], [`Error::JobId`].
pub fn sbatch(arguments: &[String]) -> Result<String> {
    let mut all = vec!["--parsable".to_owned()];
    all.extend_from_slice(arguments);
    let output = call("sbatch", &all)?;
    // On federations the cluster's name follows.
    let id = output.trim().split(';').next().unwrap_or_default();
    if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) {
        Ok(id.to_owned())
    } else {
        Err(Error::JobId {
            output: output.trim().to_owned(),
        })
    }
}

/// One more than the largest index of an array.
///
/// # Errors
/// [`Error::Absent`].
pub fn max_array_size() -> Result<usize> {
    let output = match call("scontrol", &["show".to_owned(), "config".to_owned()]) {
        Err(absent @ Error::Absent { .. }) => return Err(absent),
        output => output.unwrap_or_default(),
    };
    let line = output
        .lines()
        .find_map(|line| line.trim().strip_prefix("MaxArraySize"));
    let size = line.and_then(|rest| rest.trim_start_matches([' ', '=']).trim().parse().ok());
    Ok(size.unwrap_or(MAX_ARRAY_SIZE))
}

/// A job that is queued or runs, or a task of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedJob {
    /// The job's number, for a task that of its array.
    pub job: String,
    /// Its index, for a task.
    pub index: Option<usize>,
    pub state: String,
}

/// Jobs that are queued or run, of every user: several users may work on a folder of runs.
///
/// # Errors
/// [`Error::Absent`], [`Error::Refused`].
pub fn squeue() -> Result<Vec<QueuedJob>> {
    let arguments = ["-h", "-r", "-o", "%F %K %T"].map(str::to_owned);
    let output = call("squeue", &arguments)?;
    let job = |line: &str| {
        let mut words = line.split_whitespace();
        Some(QueuedJob {
            job: words.next()?.to_owned(),
            // `N/A` where it is not an array.
            index: words.next()?.parse().ok(),
            state: words.next()?.to_owned(),
        })
    };
    Ok(output.lines().filter_map(job).collect())
}

/// Puts a task of an array back into the queue.
///
/// # Errors
/// [`Error::Absent`], [`Error::Refused`].
pub fn requeue(array_job: &str, index: &str) -> Result<()> {
    // Not by SLURM_JOB_ID: that of one task equals the array's, and the whole array would be queued again.
    let task = format!("{array_job}_{index}");
    call("scontrol", &["requeue".to_owned(), task]).map(drop)
}

fn call(program: &'static str, arguments: &[String]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    // Variables of an outer job would silently become options of the inner one.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let inherited = name.starts_with("SLURM_") || name.starts_with("SBATCH_");
        if inherited && name != "SLURM_CONF" {
            command.env_remove(&*name);
        }
    }
    let output = match command.output() {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Absent { program });
        }
        Err(source) => {
            return Err(Error::Io {
                path: program.into(),
                source,
            });
        }
        Ok(output) => output,
    };
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Refused {
            command: format!("{program} {}", arguments.join(" ")),
            status: output.status.to_string(),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}
