//! Submits a sweep's unfinished runs as arrays, and a report after them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::array::{Chunk, chunks};
use super::client;
use super::error::{Error, Result};
use super::jobs::{self, Job, Queue};
use super::options::Options;
use super::script::Task;
use crate::record::{SweepDir, SweepManifest};
use crate::support::fs::write_atomic;
use crate::support::host::now;

/// Bound of an array's indices for scripts that are only shown.
const SHOWN_ARRAY_SIZE: usize = 1001;

/// A sweep to be submitted.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub dir: &'a SweepDir,
    pub manifest: &'a SweepManifest,
    /// Folder of runs, absolute.
    pub runs: &'a Path,
    pub task: Task,
    pub options: &'a Options,
    /// Submit even if Slurm's queue cannot be read.
    pub anyway: bool,
}

/// Jobs and scripts that were submitted, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submission {
    /// Scripts with their text, in the order of submission.
    pub scripts: Vec<(PathBuf, String)>,
    /// Numbers of the arrays.
    pub jobs: Vec<String>,
    /// Number of the report's job.
    pub report: Option<String>,
    /// Number of runs done, queued already, and submitted now.
    pub done: usize,
    pub queued: usize,
    pub runs: usize,
}

/// The scripts for runs that are not done; calls no command of Slurm and changes nothing.
///
/// # Errors
/// [`Error::Owned`], [`Error::Option`], [`Error::Path`].
pub fn show(request: &Request<'_>) -> Result<Submission> {
    request.options.check()?;
    let mut submission = Submission::default();
    let waiting = request.waiting(&Queue::default(), &mut submission);
    for (path, _, text) in request.scripts(&waiting, SHOWN_ARRAY_SIZE)? {
        submission.scripts.push((path, text));
    }
    if !submission.scripts.is_empty() {
        let number = jobs::read(request.dir).len() + submission.scripts.len();
        submission.scripts.push(request.report_script(number)?);
    }
    Ok(submission)
}

/// Submits the runs that are neither done nor queued.
///
/// # Errors
/// [`Error`]; arrays that were submitted before are recorded.
pub fn submit(request: &Request<'_>) -> Result<Submission> {
    request.options.check()?;
    let limit = client::max_array_size()?;
    let queue = match Queue::of(request.dir) {
        Err(absent @ Error::Absent { .. }) => return Err(absent),
        Err(error) if !request.anyway => {
            return Err(Error::Unknown {
                reason: error.to_string(),
            });
        }
        queue => queue.unwrap_or_default(),
    };
    let mut submission = Submission::default();
    let waiting = request.waiting(&queue, &mut submission);
    let folder = request.dir.slurm();
    std::fs::create_dir_all(&folder).map_err(|reason| Error::Io {
        path: folder.clone(),
        reason,
    })?;
    for (path, chunk, text) in request.scripts(&waiting, limit)? {
        write_atomic(&path, text.as_bytes())?;
        let job = request.array(&path, &chunk, submission.jobs.last())?;
        submission.jobs.push(job);
        submission.scripts.push((path, text));
    }
    // The report after earlier arrays may have been lost, or never submitted.
    let orphans = !queue.arrays.is_empty() && queue.reports.is_empty();
    if !submission.jobs.is_empty() || orphans {
        let before = queue.arrays.iter().chain(&submission.jobs);
        let before: Vec<String> = before.cloned().collect();
        let (path, text) = request.report_script(jobs::read(request.dir).len())?;
        write_atomic(&path, text.as_bytes())?;
        submission.report = Some(request.report(&path, &before)?);
        submission.scripts.push((path, text));
    }
    Ok(submission)
}

impl Request<'_> {
    /// Runs that are neither done nor queued.
    fn waiting(&self, queue: &Queue, submission: &mut Submission) -> BTreeSet<usize> {
        let mut waiting = BTreeSet::new();
        for run in &self.manifest.runs {
            if run.is_done(self.runs) {
                submission.done += 1;
            } else if queue.runs.contains_key(&run.index) {
                submission.queued += 1;
            } else {
                waiting.insert(run.index);
            }
        }
        submission.runs = waiting.len();
        waiting
    }

    /// A script per array, named by the number of the submission and that of the array.
    fn scripts(
        &self,
        waiting: &BTreeSet<usize>,
        limit: usize,
    ) -> Result<Vec<(PathBuf, Chunk, String)>> {
        let earlier = jobs::read(self.dir).len();
        let all = chunks(waiting, self.options.runs_per_task.get(), limit).into_iter();
        let script = |(number, chunk): (usize, Chunk)| {
            let name = format!("runs-{}.sbatch", earlier + number);
            let text = self.task.script(&chunk, self.options)?;
            Ok((self.dir.slurm().join(name), chunk, text))
        };
        all.enumerate().map(script).collect()
    }

    /// Submits one array, after the one before where the number of parallel tasks is limited.
    fn array(&self, path: &Path, chunk: &Chunk, before: Option<&String>) -> Result<String> {
        let mut arguments = Vec::new();
        if let (Some(before), Some(_)) = (before, self.options.max_parallel) {
            arguments.push(format!("--dependency=afterany:{before}"));
        }
        arguments.push(path.display().to_string());
        let job = client::sbatch(&arguments)?;
        self.record(&job, path, chunk.offset, false)?;
        Ok(job)
    }

    /// The script of the report, named by the number of its submission.
    fn report_script(&self, number: usize) -> Result<(PathBuf, String)> {
        let path = self.dir.slurm().join(format!("report-{number}.sbatch"));
        Ok((path, self.task.report_script(self.options)?))
    }

    /// Submits the report after all arrays, whether or not they succeed.
    fn report(&self, path: &Path, arrays: &[String]) -> Result<String> {
        let job = client::sbatch(&[
            format!("--dependency=afterany:{}", arrays.join(":")),
            path.display().to_string(),
        ])?;
        self.record(&job, path, 0, true)?;
        Ok(job)
    }

    fn record(&self, job: &str, script: &Path, offset: usize, report: bool) -> Result<()> {
        let name = script.file_name();
        let job = Job {
            job: job.to_owned(),
            time: now(),
            script: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            offset,
            runs_per_task: self.options.runs_per_task.get(),
            report,
        };
        jobs::append(self.dir, &job)
    }
}
