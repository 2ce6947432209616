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
    job_number(&output).ok_or_else(|| Error::JobId {
        output: tail(output.trim()),
    })
}

/// The job's number in what sbatch printed: the last line that is one, `12`, or `12;cluster` on a
/// federation. Sites print notices before and after it, and wrappers drop `--parsable`.
fn job_number(output: &str) -> Option<String> {
    let number = |line: &str| {
        let line = line.trim();
        let line = line.strip_prefix("Submitted batch job ").unwrap_or(line);
        let (id, rest) = line.split_at(line.find([';', ' ']).unwrap_or(line.len()));
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_alone = rest.is_empty()
            || rest.starts_with(" on cluster ")
            || (rest.starts_with(';') && !rest.contains(' '));
        (is_number && is_alone).then(|| id.to_owned())
    };
    output.lines().rev().find_map(number)
}

/// The last part of a long output.
fn tail(output: &str) -> String {
    const LONGEST: usize = 600;
    let start = output.len().saturating_sub(LONGEST);
    let start = (start..=output.len()).find(|&at| output.is_char_boundary(at));
    let kept = &output[start.unwrap_or(0)..];
    if kept.len() < output.len() {
        format!("... {kept}")
    } else {
        kept.to_owned()
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
        Err(reason) => {
            return Err(Error::Io {
                path: program.into(),
                reason,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_among_notices() {
        for output in [
            "12\n",
            "12;cluster\n",
            "Your project has 100 hours left.\n12\n",
            "12;big\nsbatch: 3 nodes are down, 2026-11-28\n",
            "\u{1b}[33mNOTICE\u{1b}[0m quota 80 %\n  12  \n\n",
            "5 warnings\nSubmitted batch job 12\n",
            "Submitted batch job 12 on cluster big\n",
            "7\n12",
        ] {
            assert_eq!(job_number(output).as_deref(), Some("12"), "{output:?}");
        }
        for output in [
            "",
            "\n",
            "submitted",
            "job 12",
            "12 jobs",
            "-12",
            "12.5",
            ";12",
        ] {
            assert_eq!(job_number(output), None, "{output:?}");
        }
    }

    #[test]
    fn a_long_output_is_cut_at_its_start() {
        assert_eq!(tail("short"), "short");
        let long = tail(&"\u{4f60}".repeat(1000));
        assert!(
            long.starts_with("... \u{4f60}") && long.len() < 610,
            "{long}"
        );
    }
}
