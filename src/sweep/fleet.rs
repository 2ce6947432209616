//! Cells in processes of their own, several at a time: a crash costs one cell.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Error;
use super::outcome::{End, Failed, Summary};
use super::plan::Cell;
use super::planned::{Options, Sweep};
use crate::record::attempt::Failure;
use crate::record::work::{record_crash, unfinished};
use crate::support::{Bar, Progress, host};
use crate::train;

/// Pause between two looks at the processes.
const LOOK: Duration = Duration::from_millis(100);

/// Pause between two looks at their logs of epochs.
const READ: Duration = Duration::from_secs(2);

/// A place for one process at a time.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Flags of `run-cell` for this place: its device, its threads.
    pub flags: Vec<String>,
}

/// How the cells of a sweep are dealt to processes.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub slots: Vec<Slot>,
    /// Exit code of a process that stored its state and can go on.
    pub resumable: i32,
}

/// A cell under way.
struct Running<'a> {
    cell: &'a Cell,
    slot: Slot,
    child: Child,
    log: PathBuf,
    bar: Bar,
    read: Instant,
}

impl Fleet {
    /// Runs what is not done yet, each cell in a process of this very program.
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
        let mut work = Work {
            fleet: self,
            sweep,
            options,
            interrupt,
            waiting: VecDeque::from(waiting),
            free: self.slots.clone(),
            running: Vec::new(),
            told: false,
            stopped: false,
            broken: None,
            summary: Summary {
                kept,
                ..Summary::default()
            },
        };
        loop {
            work.stop_or_start(progress);
            if work.running.is_empty() {
                return work.outcome();
            }
            std::thread::sleep(LOOK);
            work.look();
        }
    }
}

/// A fleet under way.
struct Work<'a> {
    fleet: &'a Fleet,
    sweep: &'a Sweep,
    options: &'a Options,
    interrupt: &'a AtomicBool,
    waiting: VecDeque<&'a Cell>,
    free: Vec<Slot>,
    running: Vec<Running<'a>>,
    /// Whether the processes were asked to stop.
    told: bool,
    /// Whether one of them did.
    stopped: bool,
    /// What keeps further processes from being started.
    broken: Option<Error>,
    summary: Summary,
}

impl Work<'_> {
    fn is_ending(&self) -> bool {
        self.broken.is_some() || self.interrupt.load(Ordering::Relaxed)
    }

    /// Asks all to stop where that is due, else fills free places.
    fn stop_or_start(&mut self, progress: &Progress) {
        while !self.is_ending() && !self.free.is_empty() {
            let (Some(cell), Some(slot)) = (self.waiting.pop_front(), self.free.pop()) else {
                break;
            };
            match Running::start(self.sweep, cell, slot, self.options, progress) {
                Ok(process) => self.running.push(process),
                Err(error) => self.broken = Some(error),
            }
        }
        if self.is_ending() && !self.told {
            self.running.iter().for_each(Running::ask_to_stop);
            self.told = true;
        }
    }

    /// Counts the processes that have ended.
    fn look(&mut self) {
        for mut process in std::mem::take(&mut self.running) {
            process.show(&self.options.runs);
            match process.child.try_wait() {
                Ok(None) => self.running.push(process),
                Ok(Some(status)) => self.ended(&process, status),
                // It cannot be waited for any more, so nobody knows what became of it.
                Err(error) => self.broken = Some(Error::io(&process.log, error)),
            }
        }
    }

    fn ended(&mut self, process: &Running<'_>, status: ExitStatus) {
        process.bar.finish();
        self.free.push(process.slot.clone());
        if status.success() {
            self.summary.count(End::Ran);
        } else if status.code() == Some(self.fleet.resumable) && self.is_ending() {
            self.stopped = true;
        } else {
            let failed = process.failed(self.sweep, self.options, status, self.fleet.resumable);
            self.summary.count(End::Failed(failed));
        }
    }

    fn outcome(self) -> Result<Summary, Error> {
        match self.broken {
            Some(error) => Err(error),
            None if self.stopped || self.interrupt.load(Ordering::Relaxed) => {
                Err(train::Error::InterruptedEvaluation.into())
            }
            None => Ok(self.summary),
        }
    }
}

impl<'a> Running<'a> {
    fn start(
        sweep: &Sweep,
        cell: &'a Cell,
        slot: Slot,
        options: &Options,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let log = sweep.dir.logs().join(format!("{}.log", cell.id));
        let words = File::options().create(true).append(true).open(&log);
        let words = words.map_err(|e| Error::io(&log, e))?;
        let program =
            std::env::current_exe().map_err(|e| Error::io(Path::new("/proc/self/exe"), e))?;
        let index = sweep.entry(&cell.id).map_or(0, |entry| entry.index);
        let child = Command::new(&program)
            .arg("run-cell")
            .arg("--manifest")
            .arg(sweep.dir.manifest())
            .args(["--index", &index.to_string()])
            .args(&slot.flags)
            .args(&options.flags)
            .arg("--log")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(words)
            .spawn()
            .map_err(|e| Error::io(&program, e))?;
        let bar = progress.bar(cell.label(), u64::from(cell.recipe.epochs), "epochs");
        Ok(Self {
            cell,
            slot,
            child,
            log,
            bar,
            read: Instant::now(),
        })
    }

    /// SIGTERM: it finishes the step under way, stores everything and ends.
    fn ask_to_stop(&self) {
        // Its number is its own until this process has waited for it. One that has ended needs no signal.
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM);
    }

    /// Its finished epochs on the bar.
    fn show(&mut self, runs: &Path) {
        if self.read.elapsed() < READ {
            return;
        }
        self.read = Instant::now();
        let logs = unfinished(runs, &self.cell.id).into_iter();
        let lines = logs.filter_map(|dir| fs::read(dir.metrics()).ok());
        let epochs = lines.map(|text| text.iter().filter(|byte| **byte == b'\n').count());
        self.bar.set(epochs.max().unwrap_or(0) as u64);
    }

    /// The cell's failure, said and kept.
    fn failed(
        &self,
        sweep: &Sweep,
        options: &Options,
        status: ExitStatus,
        resumable: i32,
    ) -> Failed {
        let mut flags = self.slot.flags.clone();
        flags.extend(options.flags.iter().cloned());
        let error = if status.code() == Some(resumable) {
            // A signal to this worker alone; otherwise the others would be ending as well.
            "its process was stopped by a signal; the same command goes on with it".into()
        } else {
            self.error(&options.runs, status)
        };
        let failed = Failed {
            run: self.cell.id.clone(),
            label: self.cell.label(),
            error,
            log: Some(self.log.clone()),
            command: sweep.command(self.cell, &flags),
        };
        tracing::error!("{failed}");
        let mut failure = Failure {
            attempt: String::new(),
            time: host::now(),
            error: vec![failed.error.clone()],
            log: failed.log.clone(),
            command: failed.command.clone(),
        };
        if let Err(error) = record_crash(&options.runs, &failed.run, self.child.id(), &mut failure)
        {
            tracing::warn!("the failure of run {} is not kept: {error}", failed.run);
        }
        failed
    }

    /// Its own words where it left some, else how it ended.
    fn error(&self, runs: &Path, status: ExitStatus) -> String {
        let attempts = unfinished(runs, &self.cell.id);
        let mut own = attempts.iter().filter_map(|dir| dir.read_failure());
        let mine = |failure: &Failure| failure.attempt.ends_with(&format!("-{}", self.child.id()));
        match own.find(mine) {
            Some(failure) => failure.error.join(": "),
            None => format!("its process ended with {status}"),
        }
    }
}
