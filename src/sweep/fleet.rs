//! Cells in processes of their own, several at a time: a crash costs one cell.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sysinfo::{Pid, ProcessesToUpdate, Signal, System};

use super::Error;
use super::outcome::{End, Failed, Summary};
use super::plan::Cell;
use super::planned::{Options, Sweep};
use crate::record::attempt::{Failure, now};
use crate::record::work::{bury, unfinished};
use crate::train;
use crate::ui::{Bar, Progress};

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
    /// [`train::Error::InterruptedEvaluation`] where `interrupt` was raised, when all processes have
    /// stored their state and ended; [`Error::Io`] where none can be started.
    pub fn run(
        &self,
        sweep: &Sweep,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<Summary, Error> {
        let (waiting, kept) = sweep.waiting(&options.runs);
        let mut summary = Summary {
            kept,
            ..Summary::default()
        };
        let (mut waiting, mut free) = (VecDeque::from(waiting), self.slots.clone());
        let (mut running, mut stopped, mut told) = (Vec::new(), false, false);
        loop {
            let asked = interrupt.load(Ordering::Relaxed);
            if asked && !told {
                running.iter().for_each(Running::ask_to_stop);
                told = true;
            }
            while !asked && !stopped && !free.is_empty() && !waiting.is_empty() {
                if let (Some(slot), Some(cell)) = (free.pop(), waiting.pop_front()) {
                    running.push(Running::start(sweep, cell, slot, options, progress)?);
                }
            }
            if running.is_empty() {
                break;
            }
            std::thread::sleep(LOOK);
            let mut still = Vec::new();
            for mut process in running {
                process.show(&options.runs);
                let path = &process.log;
                match process.child.try_wait().map_err(|e| Error::io(path, e))? {
                    None => still.push(process),
                    Some(status) => {
                        process.bar.finish();
                        free.push(process.slot.clone());
                        match process.end(sweep, options, status, self.resumable)? {
                            Some(end) => summary.count(end),
                            None => stopped = true,
                        }
                    }
                }
            }
            running = still;
        }
        match stopped || interrupt.load(Ordering::Relaxed) {
            true => Err(train::Error::InterruptedEvaluation.into()),
            false => Ok(summary),
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
        let pid = Pid::from_u32(self.child.id());
        if let Ok(mut system) = System::new() {
            system.refresh_processes(ProcessesToUpdate::Some(&[pid]), true);
            // A process that has ended meanwhile needs no telling.
            let _ = system
                .process(pid)
                .and_then(|process| process.kill_with(Signal::Term));
        }
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

    /// What became of the cell; `None` where it was stopped and can go on.
    fn end(
        &self,
        sweep: &Sweep,
        options: &Options,
        status: ExitStatus,
        resumable: i32,
    ) -> Result<Option<End>, Error> {
        if status.success() {
            return Ok(Some(End::Ran));
        }
        if status.code() == Some(resumable) {
            return Ok(None);
        }
        let mut flags = self.slot.flags.clone();
        flags.extend(options.flags.iter().cloned());
        let failed = Failed {
            run: self.cell.id.clone(),
            label: self.cell.label(),
            error: self.error(&options.runs, status),
            log: Some(self.log.clone()),
            command: sweep.command(self.cell, &flags),
        };
        tracing::error!("{failed}");
        let mut failure = Failure {
            attempt: String::new(),
            time: now(),
            error: vec![failed.error.clone()],
            log: failed.log.clone(),
            command: failed.command.clone(),
        };
        bury(&options.runs, &failed.run, self.child.id(), &mut failure)?;
        Ok(Some(End::Failed(failed)))
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
