//! `slurm/jobs.jsonl` of a sweep: what was submitted when; and what of it Slurm still knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::array::cells_of;
use super::client::{self, Row};
use super::error::{Error, Result};
use crate::record::SweepDir;

/// An array, or the report behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Slurm's number.
    pub job: String,
    /// Seconds since 1970.
    pub time: u64,
    /// The script's file name; older versions wrote none for a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The number of the task whose index in the array is 0.
    #[serde(default)]
    pub offset: usize,
    #[serde(default)]
    pub cells_per_task: usize,
    /// Whether it makes the report and no cells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub report: bool,
}

impl Job {
    fn is_report(&self) -> bool {
        self.report || self.script.is_none()
    }
}

/// Where a task of an array writes what it says: the name that its script gives.
pub fn log(dir: &SweepDir, array_job: &str, task: &str) -> PathBuf {
    dir.slurm().join(format!("{array_job}_{task}.log"))
}

/// The jobs of a sweep, oldest first; none where nothing was submitted.
pub fn read(dir: &SweepDir) -> Vec<Job> {
    let text = std::fs::read_to_string(dir.slurm().join("jobs.jsonl")).unwrap_or_default();
    let jobs = text.lines().map(serde_json::from_str);
    // The line of a submission that was killed at the wrong moment is not whole.
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
        .map_err(|reason| Error::Io { path, reason })
}

/// What of a sweep is queued or runs, as Slurm sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Cells of tasks that Slurm knows, each with the state of its task.
    pub cells: BTreeMap<usize, String>,
    /// Arrays with such tasks.
    pub arrays: BTreeSet<String>,
    /// Jobs that will make a report.
    pub reports: BTreeSet<String>,
}

impl Queue {
    /// Asks Slurm, once, for all jobs of a sweep; asks nothing where none was submitted.
    ///
    /// # Errors
    /// Where squeue is not there or does not answer.
    pub fn of(dir: &SweepDir) -> Result<Self> {
        let jobs = read(dir);
        if jobs.is_empty() {
            Ok(Self::default())
        } else {
            Ok(Self::from_rows(&jobs, &client::squeue()?))
        }
    }

    fn from_rows(jobs: &[Job], rows: &[Row]) -> Self {
        let mut queue = Self::default();
        for row in rows {
            for job in jobs.iter().filter(|job| job.job == row.job) {
                match row.index {
                    _ if job.is_report() => {
                        queue.reports.insert(row.job.clone());
                    }
                    Some(index) => {
                        queue.arrays.insert(row.job.clone());
                        for cell in cells_of(job.offset + index, job.cells_per_task.max(1)) {
                            queue.cells.insert(cell, row.state.clone());
                        }
                    }
                    None => {}
                }
            }
        }
        queue
    }

    /// How many cells there are of each state, in Slurm's words in small letters.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for state in self.cells.values() {
            *counts.entry(state.to_lowercase()).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_queue_become_cells() {
        let job = |job: &str, offset, script: Option<&str>| Job {
            job: job.into(),
            time: 0,
            script: script.map(str::to_owned),
            offset,
            cells_per_task: 2,
            report: job == "14",
        };
        let jobs = [
            job("12", 5, Some("a")),
            job("13", 0, None),
            job("14", 0, Some("r")),
        ];
        let row = |job: &str, index, state: &str| Row {
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
        let queue = Queue::from_rows(&jobs, &rows);
        assert_eq!(queue.cells.keys().copied().collect::<Vec<_>>(), [12, 13]);
        assert_eq!(queue.reports, ["13", "14"].map(String::from).into());
        assert_eq!(queue.counts(), BTreeMap::from([("running".to_owned(), 2)]));
    }
}
