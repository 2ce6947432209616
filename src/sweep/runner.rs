//! Runs cells of a sweep one after the other in this process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Error;
use super::cell::{self, Bench};
use super::outcome::{End, Failed, Summary};
use super::plan::Cell;
use super::planned::{Options, Sweep};
use super::workbench::Workbench;
use crate::record::{Claim, Outcome, Work};
use crate::train::{self, native};
use crate::ui::Progress;

/// Folder of TensorBoard's event files within a folder of runs, beside the sealed ones.
const TENSORBOARD: &str = "tensorboard";

/// Pause between two looks at a cell that another process works on.
const LOOK: Duration = Duration::from_millis(500);

impl Sweep {
    /// Trains and evaluates what is not done yet. A failing cell is reported and the rest goes on; an
    /// interrupt ends the sweep, and the same call goes on from there. Cells that another process
    /// of this machine works on come last, when they are done or that process is gone.
    ///
    /// # Errors
    /// [`train::Error::Interrupted`] and its like; what ends all cells, like an unreadable data set.
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
                let (corpus, encoder) = &self.corpora[dataset];
                let cache = options.data.join("encodings");
                let device = options.device;
                let data = Workbench::open(corpus, encoder, &cache, device, interrupt, progress)?;
                let run = Run {
                    sweep: self,
                    data: &data,
                    options,
                    interrupt,
                    progress,
                };
                run.cells(cells, &mut summary)?;
            }
        }
        Ok(summary)
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
        loop {
            let mut elsewhere = Vec::new();
            for cell in cells.iter().copied() {
                match self.cell(cell)? {
                    Some(end) => summary.count(end),
                    None => elsewhere.push(cell),
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

    /// Runs one cell; `None` where another process works on it.
    fn cell(&self, cell: &Cell) -> Result<Option<End>, Error> {
        let work = match Work::claim(&self.options.runs, &cell.id)? {
            Claim::Done => return Ok(Some(End::Kept)),
            Claim::Elsewhere(_) => return Ok(None),
            Claim::Mine(work) => work,
        };
        let label = cell.label();
        let bar = self
            .progress
            .bar(label.clone(), u64::from(cell.recipe.epochs), "epochs");
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
            Ok(()) => Ok(Some(match work.publish()? {
                Outcome::Done => End::Ran,
                _ => End::Kept,
            })),
            // Whatever it was that failed, the folder it would have been written to is another's now.
            Err(_) if work.is_lost() => {
                tracing::warn!("{label}: another process went on with run {}", cell.id);
                Ok(None)
            }
            Err(stop) if stop.is_stop() => {
                work.stop()?;
                Err(stop)
            }
            Err(error) => self.failed(cell, work, &error).map(Some),
        }
    }

    fn failed(&self, cell: &Cell, work: Work, error: &Error) -> Result<End, Error> {
        let failed = Failed {
            run: cell.id.clone(),
            label: cell.label(),
            error: error.to_string(),
            log: self.options.log.clone(),
            command: self.sweep.command(cell, &self.options.flags),
        };
        tracing::error!("{failed}");
        work.fail(
            chain(error),
            self.options.log.clone(),
            failed.command.clone(),
        )?;
        Ok(End::Failed(failed))
    }
}

/// An error and its causes, without those it has already quoted.
fn chain(error: &Error) -> Vec<String> {
    let mut words = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
        cause = error.source();
    }
    words
}
