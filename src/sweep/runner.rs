//! Runs the cells of a suite one after the other on this machine.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tch::Device;

use super::attempts;
use super::cell::{self, Bench};
use super::machine::Machine;
use super::plan::{self, Cell, Corpora, Settings};
use super::workbench::Workbench;
use super::{Error, Suite};
use crate::record::RunDir;
use crate::train::{self, native};
use crate::ui::Progress;

/// Where a sweep reads and writes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of prepared data sets.
    pub data: PathBuf,
    /// Folder of run directories.
    pub runs: PathBuf,
    pub device: Device,
    pub machine: Machine,
    /// The command line that repeats what failed; done cells are kept by it.
    pub command: String,
}

/// What became of a sweep's cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Trained and evaluated now.
    pub ran: usize,
    /// Done before.
    pub kept: usize,
    pub failed: usize,
}

/// Train and evaluate what is not done yet. A failing cell is reported and the rest goes on; an
/// interrupt ends the sweep, and the same call goes on from there.
pub fn run(
    suite: &Suite,
    options: &Options,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<Summary, Error> {
    let settings = Settings::of(suite)?;
    if options.device.is_cuda() {
        native::deterministic(!options.machine.nondeterministic)?;
    }
    let corpora = plan::open_corpora(suite, &options.data)?;
    let cells = plan::cells(suite, &settings, &corpora)?;
    std::fs::create_dir_all(&options.runs).map_err(|e| Error::io(&options.runs, e))?;
    let mut summary = Summary::default();
    for dataset in &suite.datasets {
        let cells = cells.iter().filter(|cell| cell.dataset == *dataset);
        let (done, waiting): (Vec<&Cell>, Vec<&Cell>) =
            cells.partition(|cell| RunDir::open(options.runs.join(&cell.id)).is_done());
        summary.kept += done.len();
        if waiting.is_empty() {
            continue;
        }
        let (ran, failed) = run_dataset(
            &waiting, dataset, &corpora, &settings, options, interrupt, progress,
        )?;
        summary.ran += ran;
        summary.failed += failed;
    }
    Ok(summary)
}

/// The waiting cells of one data set, which is loaded once for all of them.
fn run_dataset(
    cells: &[&Cell],
    dataset: &str,
    corpora: &Corpora,
    settings: &Settings,
    options: &Options,
    interrupt: &AtomicBool,
    progress: &Progress,
) -> Result<(usize, usize), Error> {
    let (corpus, encoder) = &corpora[dataset];
    let cache = options.data.join("encodings");
    let bench = Workbench::open(corpus, encoder, &cache, options.device, progress)?;
    let (mut ran, mut failed) = (0, 0);
    for cell in cells {
        let label = format!("{dataset} {} {}", cell.choice.name(), cell.seed);
        let bar = progress.bar(label.clone(), u64::from(cell.recipe.epochs), "epochs");
        let dir = RunDir::create(&options.runs, &cell.id)?;
        let desk = Bench {
            settings,
            interrupt,
            bar: &bar,
            machine: &options.machine,
        };
        let work = || cell::run(cell, &bench, &desk, &dir);
        let result = attempts::recorded(&dir, &options.command, work);
        bar.finish();
        match result {
            Ok(()) => ran += 1,
            Err(
                stop @ Error::Train(
                    train::Error::Interrupted { .. } | train::Error::InterruptedEvaluation,
                ),
            ) => return Err(stop),
            Err(error) => {
                failed += 1;
                tracing::error!("{label} (run {}) failed: {error}", cell.id);
            }
        }
    }
    Ok((ran, failed))
}
