//! Reads and extends `slurm/jobs.jsonl`, the submitted jobs of a sweep, and finds them in Slurm's queue.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::array::runs_of;
use super::client::{self, QueuedJob};
use super::error::{Error, Result};
use crate::record::SweepDir;

/// An array, or the job that makes the report after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Slurm's number.
    pub job: String,
    /// Seconds since 1970.
    pub time: u64,
    /// The script's file name.
    pub script: String,
    /// Number of the task whose index in the array is 0.
    pub offset: usize,
    pub runs_per_task: usize,
    /// Whether it makes the report instead of runs.
    pub report: bool,
}

/// Log of a task of an array, by the name that its script gives.
pub fn log(dir: &SweepDir, array_job: &str, task: &str) -> PathBuf {
    dir.slurm().join(format!("{array_job}_{task}.log"))
}

/// The jobs of a sweep, oldest first; none where nothing was submitted.
pub fn read(dir: &SweepDir) -> Vec<Job> {
    let text = std::fs::read_to_string(dir.slurm().join("jobs.jsonl")).unwrap_or_default();
    let jobs = text.lines().map(serde_json::from_str);
    // The last line is torn where a submission was killed while it wrote.
    jobs.filter_map(std::result::Result::ok).collect()
}

/// Adds a job.
///
/// # Errors
/// [`Error::Io`].
pub fn append(dir: &SweepDir, job: &Job) -> Result<()> {
    let path = dir.slurm().join("jobs.jsonl");
    let mut line = serde_json::to_vec(job).unwrap_or_default();
    line.push(b'\n');
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path);
    file.and_then(|mut file| file.write_all(&line))
        .map_err(|source| Error::Io { path, source })
}

/// Part of a sweep that is queued or runs in Slurm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Indices of runs in queued or running tasks, each with the state of its task.
    pub runs: BTreeMap<usize, String>,
    /// Arrays with such tasks.
    pub arrays: BTreeSet<String>,
    /// Jobs that will make a report.
    pub reports: BTreeSet<String>,
}

impl Queue {
    /// Reads Slurm's queue once for all jobs of a sweep; not where none was submitted.
    ///
    /// # Errors
    /// Where squeue is missing or fails.
    pub fn of(dir: &SweepDir) -> Result<Self> {
        let jobs = read(dir);
        if jobs.is_empty() {
            Ok(Self::default())
        } else {
            Ok(Self::match_jobs(&jobs, &client::squeue()?))
        }
    }

    fn match_jobs(jobs: &[Job], queued: &[QueuedJob]) -> Self {
        let mut queue = Self::default();
        for row in queued {
            for job in jobs.iter().filter(|job| job.job == row.job) {
                match row.index {
                    _ if job.report => {
                        queue.reports.insert(row.job.clone());
                    }
                    Some(index) => {
                        queue.arrays.insert(row.job.clone());
                        for run in runs_of(job.offset + index, job.runs_per_task.max(1)) {
                            queue.runs.insert(run, row.state.clone());
                        }
                    }
                    None => {}
                }
            }
        }
        queue
    }

    /// Number of runs of each of Slurm's states, in lower case.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for state in self.runs.values() {
            *counts.entry(state.to_lowercase()).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_queue_become_runs() {
        let job = |job: &str, offset| Job {
            job: job.into(),
            time: 0,
            script: "a".into(),
            offset,
            runs_per_task: 2,
            report: job != "12",
        };
        let jobs = [job("12", 5), job("13", 0), job("14", 0)];
        let row = |job: &str, index, state: &str| QueuedJob {
            job: job.to_owned(),
            index,
            state: state.to_owned(),
        };
        let rows = [
            row("12", Some(1), "RUNNING"),
            row("13", None, "PENDING"),
            row("14", None, "PENDING"),
            row("9", Some(0), "RUNNING"),
        ];
        let queue = Queue::match_jobs(&jobs, &rows);
        assert_eq!(queue.runs.keys().copied().collect::<Vec<_>>(), [12, 13]);
        assert_eq!(queue.reports, ["13", "14"].map(String::from).into());
        assert_eq!(queue.counts(), BTreeMap::from([("running".to_owned(), 2)]));
    }
}
