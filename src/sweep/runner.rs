//! Runs cells of a sweep one after the other in this process.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Error;
use super::cell::{self, Bench};
use super::outcome::{End, Failed, Summary};
use super::plan::Cell;
use super::planned::{Options, Sweep};
use super::unbegun::Unbegun;
use super::workbench::Workbench;
use crate::record::{Acquired, Attempt, Outcome, RunLease};
use crate::support::Progress;
use crate::train::{self, native};

/// Folder of TensorBoard's event files within a folder of runs, beside the sealed ones.
const TENSORBOARD: &str = "tensorboard";

/// Pause between two looks at a cell that another process works on.
const LOOK: Duration = Duration::from_millis(500);

impl Sweep {
    /// Trains and evaluates what is not done yet. A failing cell is reported and the rest goes on; an
    /// interrupt ends the sweep, and the same call goes on from there. A data set that cannot be loaded
    /// fails its cells, and the other data sets go on. Cells that another process works on come last,
    /// when they are done or that process is gone.
    ///
    /// # Errors
    /// [`train::Error::Interrupted`] and its like; a machine that cannot compute as it is told.
    pub fn run(
        &self,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<Summary, Error> {
        if options.device.is_cuda() {
            native::deterministic(!options.machine.nondeterministic)?;
        }
        let (waiting, kept) = self.waiting(&options.runs);
        let mut summary = Summary {
            kept,
            ..Summary::default()
        };
        for dataset in self.corpora.keys() {
            let cells: Vec<&Cell> = waiting
                .iter()
                .filter(|cell| cell.dataset == *dataset)
                .copied()
                .collect();
            if !cells.is_empty() {
                self.run_dataset(dataset, cells, options, (interrupt, progress), &mut summary)?;
            }
        }
        Ok(summary)
    }

    fn run_dataset(
        &self,
        dataset: &str,
        cells: Vec<&Cell>,
        options: &Options,
        (interrupt, progress): (&AtomicBool, &Progress),
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let (corpus, encoder) = &self.corpora[dataset];
        let cache = options.data.join("encodings");
        let device = options.device;
        match Workbench::open(corpus, encoder, &cache, device, interrupt, progress) {
            Ok(data) => {
                let run = Run {
                    sweep: self,
                    data: &data,
                    options,
                    interrupt,
                    progress,
                };
                run.cells(cells, summary)
            }
            Err(stop) if stop.is_stop() => Err(stop),
            Err(error) => {
                for cell in cells {
                    summary.count(self.unbegun(cell, options, &error));
                }
                Ok(())
            }
        }
    }

    /// A cell that failed before it had a folder to say so.
    fn unbegun(&self, cell: &Cell, options: &Options, error: &Error) -> End {
        let Some(entry) = self.entry(&cell.id) else {
            return End::Failed(self.failed(cell, options, error));
        };
        let unbegun = Unbegun {
            dir: &self.dir,
            runs: &options.runs,
            cell: entry,
            log: options.log.as_ref(),
            flags: &options.flags,
        };
        unbegun.fail(chain(error)).map_or(End::Kept, End::Failed)
    }

    fn failed(&self, cell: &Cell, options: &Options, error: &Error) -> Failed {
        Failed {
            run: cell.id.clone(),
            label: cell.label(),
            error: error.to_string(),
            log: options.log.clone(),
            command: self.command(cell, &options.flags),
        }
    }
}

/// The cells of one data set, which is loaded once for all of them.
struct Run<'a> {
    sweep: &'a Sweep,
    data: &'a Workbench<'a>,
    options: &'a Options,
    interrupt: &'a AtomicBool,
    progress: &'a Progress,
}

impl Run<'_> {
    fn cells(&self, mut cells: Vec<&Cell>, summary: &mut Summary) -> Result<(), Error> {
        let mut named = BTreeSet::new();
        loop {
            let mut elsewhere = Vec::new();
            for cell in cells.iter().copied() {
                match self.cell(cell) {
                    Ok(After::Ended(end)) => summary.count(end),
                    Ok(After::Elsewhere(by)) => {
                        if named.insert((&cell.id, by.name())) {
                            say_elsewhere(cell, &by);
                        }
                        elsewhere.push(cell);
                    }
                    Ok(After::Lost) => elsewhere.push(cell),
                    Err(stop) if stop.is_stop() => return Err(stop),
                    Err(error) => summary.count(self.sweep.unbegun(cell, self.options, &error)),
                }
            }
            if elsewhere.is_empty() {
                return Ok(());
            }
            if elsewhere.len() == cells.len() {
                if self.interrupt.load(Ordering::Relaxed) {
                    return Err(train::Error::InterruptedEvaluation.into());
                }
                std::thread::sleep(LOOK);
            }
            cells = elsewhere;
        }
    }

    /// Runs one cell, if it is this process's to run.
    fn cell(&self, cell: &Cell) -> Result<After, Error> {
        let work = match RunLease::acquire(&self.options.runs, &cell.id)? {
            Acquired::Done => return Ok(After::Ended(End::Kept)),
            Acquired::Held(by) => return Ok(After::Elsewhere(by)),
            Acquired::Mine(work) => work,
        };
        let bar = self
            .progress
            .bar(cell.label(), u64::from(cell.recipe.epochs), "epochs");
        let result = cell::run(
            cell,
            self.data,
            &Bench {
                interrupt: self.interrupt,
                bar: &bar,
                machine: &self.options.machine,
                events: self.options.machine.tensorboard.then(|| {
                    let board = self.options.runs.join(TENSORBOARD);
                    board.join(&cell.id)
                }),
            },
            work.dir(),
        );
        bar.finish();
        match result {
            Ok(()) => Ok(match work.publish()? {
                Some(Outcome::Done) => After::Ended(End::Ran),
                Some(_) => After::Ended(End::Kept),
                None => lost(cell),
            }),
            // Whatever it was that failed, the folder it would have been written to is another's now.
            Err(_) if work.is_lost() => Ok(lost(cell)),
            Err(stop) if stop.is_stop() => {
                work.stop()?;
                Err(stop)
            }
            Err(error) => {
                let failed = self.sweep.failed(cell, self.options, &error);
                tracing::error!("{failed}");
                work.fail(chain(&error), failed.log.clone(), failed.command.clone())?;
                Ok(After::Ended(End::Failed(failed)))
            }
        }
    }
}

/// How it stands with a cell after a try.
enum After {
    Ended(End),
    /// Another process works on it.
    Elsewhere(Attempt),
    /// Another process took it over.
    Lost,
}

fn lost(cell: &Cell) -> After {
    let (label, run) = (cell.label(), &cell.id);
    tracing::warn!("{label}: another process went on with run {run}");
    After::Lost
}

fn say_elsewhere(cell: &Cell, by: &Attempt) {
    tracing::info!(
        "{}: process {} on {} works on run {}; waiting until it is done, or gives no sign of life",
        cell.label(),
        by.pid,
        by.host,
        cell.id
    );
}

/// The messages of an error and of its causes.
fn chain(error: &Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        messages.push(error.to_string());
        cause = error.source();
    }
    messages
}
