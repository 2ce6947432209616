//! Runs a sweep in worker processes, several at a time: a crash costs one run.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::error::Error;
use super::plan::PlannedRun;
use super::planned::{Options, Sweep, counted};
use super::summary::{FailedRun, RunEnd, Summary};
use crate::record::work::{record_crash, unfinished};
use crate::support::{Bar, Progress};
use crate::train;

/// Pause between two checks of the processes.
const CHECK: Duration = Duration::from_millis(100);

/// Pause between two reads of a run's log of epochs.
const READ: Duration = Duration::from_secs(2);

/// A share of this machine for one process at a time.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Flags of `run-one` for this worker: its device, its threads.
    pub flags: Vec<String>,
}

/// The workers that share the runs of a sweep.
#[derive(Clone, Debug)]
pub struct WorkerPool {
    pub workers: Vec<Worker>,
    /// Exit code of a process that stored its state and can resume.
    pub resumable: i32,
}

impl WorkerPool {
    /// Runs what is not done yet, each run in a process of this very program.
    ///
    /// # Errors
    /// [`train::Error::InterruptedEvaluation`] where `interrupt` was raised, and [`Error::Io`] where a
    /// process cannot be started: either when all processes have stored their state and ended.
    pub fn run(
        &self,
        sweep: &Sweep,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<Summary, Error> {
        let (waiting, kept) = sweep.waiting(&options.runs);
        options
            .events
            .sweep_started(&sweep.manifest.id, waiting.len(), kept);
        let progress = &progress.of_sweep(counted(&waiting, kept, self.workers.len()));
        let mut pool = Pool {
            sweep,
            options,
            interrupt,
            progress,
            resumable: self.resumable,
            waiting: VecDeque::from(waiting),
            free: self.workers.clone(),
            running: Vec::new(),
            asked_to_stop: false,
            has_stopped: false,
            broken: None,
            summary: Summary {
                kept,
                ..Summary::default()
            },
        };
        loop {
            pool.stop_or_start();
            if pool.running.is_empty() {
                return pool.finish();
            }
            std::thread::sleep(CHECK);
            pool.check();
        }
    }
}

/// A worker pool under way.
struct Pool<'a> {
    sweep: &'a Sweep,
    options: &'a Options,
    interrupt: &'a AtomicBool,
    progress: &'a Progress,
    resumable: i32,
    waiting: VecDeque<&'a PlannedRun>,
    free: Vec<Worker>,
    running: Vec<Running<'a>>,
    /// Whether the processes were asked to stop.
    asked_to_stop: bool,
    /// Whether one of them did.
    has_stopped: bool,
    /// The error that keeps further processes from being started.
    broken: Option<Error>,
    summary: Summary,
}

/// A run under way in a process of its own.
struct Running<'a> {
    run: &'a PlannedRun,
    worker: Worker,
    child: Child,
    log: PathBuf,
    bar: Bar,
    read: Instant,
}

impl<'a> Pool<'a> {
    fn is_ending(&self) -> bool {
        self.broken.is_some() || self.interrupt.load(Ordering::Relaxed)
    }

    /// Asks all processes to stop where that is due, else starts runs on free workers.
    fn stop_or_start(&mut self) {
        while !self.is_ending() && !self.free.is_empty() {
            let (Some(run), Some(worker)) = (self.waiting.pop_front(), self.free.pop()) else {
                break;
            };
            match self.start(run, worker) {
                Ok(process) => self.running.push(process),
                Err(error) => self.broken = Some(error),
            }
        }
        if self.is_ending() && !self.asked_to_stop {
            self.running.iter().for_each(Running::ask_to_stop);
            self.asked_to_stop = true;
        }
    }

    fn start(&self, run: &'a PlannedRun, worker: Worker) -> Result<Running<'a>, Error> {
        let sweep = self.sweep;
        let log = sweep.dir.logs().join(format!("{}.log", run.id));
        let stderr = File::options().create(true).append(true).open(&log);
        let stderr = stderr.map_err(|e| Error::io(&log, e))?;
        let program =
            std::env::current_exe().map_err(|e| Error::io(Path::new("/proc/self/exe"), e))?;
        let index = sweep.entry(&run.id).map_or(0, |entry| entry.index);
        let child = Command::new(&program)
            .arg("run-one")
            .arg("--manifest")
            .arg(sweep.dir.manifest())
            .args(["--index", &index.to_string()])
            .args(&worker.flags)
            .args(&self.options.flags)
            .arg("--log")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(|e| Error::io(&program, e))?;
        let epochs = u64::from(run.recipe.epochs);
        let mut bar = self.progress.run_bar(run.label(), &run.kind(), epochs);
        let options = self.options;
        bar.watch(options.events.run_started(run, &options.runs));
        Ok(Running {
            run,
            worker,
            child,
            log,
            bar,
            read: Instant::now(),
        })
    }

    /// Shows the progress of the processes and counts those that have ended.
    fn check(&mut self) {
        for mut process in std::mem::take(&mut self.running) {
            process.show(&self.options.runs);
            match process.child.try_wait() {
                Ok(None) => self.running.push(process),
                Ok(Some(status)) => self.ended(&process, status),
                // It cannot be waited for any more: its outcome is unknown.
                Err(error) => self.broken = Some(Error::io(&process.log, error)),
            }
        }
    }

    fn ended(&mut self, process: &Running<'_>, status: ExitStatus) {
        process.bar.finish();
        self.free.push(process.worker.clone());
        if status.success() {
            self.count(process.run, RunEnd::Ran);
        } else if status.code() == Some(self.resumable) && self.is_ending() {
            self.has_stopped = true;
        } else {
            let failed = self.failed(process, status);
            self.count(process.run, RunEnd::Failed(failed));
        }
    }

    fn count(&mut self, run: &PlannedRun, end: RunEnd) {
        self.options.events.run_ended(&run.id, &end);
        self.summary.count(end);
    }

    /// Logs and stores the failure of a run.
    fn failed(&self, process: &Running<'_>, status: ExitStatus) -> FailedRun {
        let (run, options) = (process.run, self.options);
        let flags = [&process.worker.flags[..], &options.flags[..]].concat();
        let error = if status.code() == Some(self.resumable) {
            // A signal to this worker alone; otherwise the others would be ending as well.
            "its process was stopped by a signal; the same command resumes it".into()
        } else {
            process.error(&options.runs, status)
        };
        let failed = FailedRun {
            id: run.id.clone(),
            label: run.label(),
            error,
            log: Some(process.log.clone()),
            command: self.sweep.command(run, &flags),
        };
        tracing::error!("{failed}");
        let mut failure = failed.to_store(vec![failed.error.clone()], false);
        let pid = process.child.id();
        if let Err(error) = record_crash(&options.runs, &failed.id, pid, &mut failure) {
            tracing::warn!("the failure of run {} is not stored: {error}", failed.id);
        }
        failed
    }

    fn finish(self) -> Result<Summary, Error> {
        match self.broken {
            Some(error) => Err(error),
            None if self.has_stopped || self.interrupt.load(Ordering::Relaxed) => {
                Err(train::Error::InterruptedEvaluation.into())
            }
            None => {
                self.options.events.sweep_finished(&self.summary);
                Ok(self.summary)
            }
        }
    }
}

impl Running<'_> {
    /// SIGTERM: the process finishes the step under way, stores everything and ends.
    fn ask_to_stop(&self) {
        // Its number is not reused before this process has waited for it. One that has ended needs no signal.
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM);
    }

    /// Shows its finished epochs on the bar.
    fn show(&mut self, runs: &Path) {
        if self.read.elapsed() < READ {
            return;
        }
        self.read = Instant::now();
        let logs = unfinished(runs, &self.run.id).into_iter();
        let lines = logs.filter_map(|dir| fs::read(dir.metrics()).ok());
        let epochs = lines.map(|text| text.iter().filter(|byte| **byte == b'\n').count());
        self.bar.set(epochs.max().unwrap_or(0) as u64);
    }

    /// The error that the process stored where it did, else its exit status.
    fn error(&self, runs: &Path, status: ExitStatus) -> String {
        let attempts = unfinished(runs, &self.run.id);
        let mut failures = attempts.iter().filter_map(|dir| dir.read_failure());
        let suffix = format!("-{}", self.child.id());
        match failures.find(|failure| failure.attempt.ends_with(&suffix)) {
            Some(failure) => failure.error.join(": "),
            None => format!("its process ended with {status}"),
        }
    }
}
