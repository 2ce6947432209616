//! Runs a sweep in this process, one run after the other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::error::Error;
use super::plan::PlannedRun;
use super::planned::{Options, Sweep, counted};
use super::run::{self, RunContext};
use super::summary::{FailedRun, FailedToStart, RunEnd, Summary};
use crate::data::dataset::Corpus;
use crate::record::manifest::data_key;
use crate::record::{Acquired, Attempt, Outcome, RunDir, RunLease};
use crate::support::Progress;
use crate::train::data::{DataOptions, TrainData};
use crate::train::other_data::OtherData;
use crate::train::{self, native};

/// Folder of TensorBoard's event files within a folder of runs, next to the finished ones.
const TENSORBOARD: &str = "tensorboard";

/// Pause between two checks of a run that another process works on.
const CHECK: Duration = Duration::from_millis(500);

impl Sweep {
    /// Trains and evaluates what is not done yet.
    ///
    /// A failing run is reported and the next one starts; an interrupt ends the sweep, and the same call
    /// resumes it. Where a data set cannot be loaded its runs fail, and the other data sets follow. Runs
    /// that another process works on come last, when they are done or that process is gone.
    ///
    /// # Errors
    /// [`train::Error::Interrupted`] and its like; a device that cannot compute as asked.
    pub fn run(
        &self,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<Summary, Error> {
        if options.device.is_cuda() {
            native::deterministic(!options.nondeterministic)?;
        }
        let (waiting, kept) = self.waiting(&options.runs);
        for run in &waiting {
            run.config.precision.warn_if_slow(options.device);
        }
        options
            .events
            .sweep_started(&self.manifest.id, waiting.len(), kept);
        let progress = &progress.of_sweep(counted(&waiting, kept, 1));
        let mut sequence = Sequence {
            sweep: self,
            options,
            interrupt,
            progress,
            summary: Summary {
                kept,
                ..Summary::default()
            },
        };
        for dataset in self.corpora.keys() {
            let runs: Vec<&PlannedRun> = waiting
                .iter()
                .filter(|run| run.dataset == *dataset)
                .copied()
                .collect();
            if !runs.is_empty() {
                sequence.dataset(dataset, runs)?;
            }
        }
        options.events.sweep_finished(&sequence.summary);
        Ok(sequence.summary)
    }
}

/// A sweep under way in this process.
struct Sequence<'a> {
    sweep: &'a Sweep,
    options: &'a Options,
    interrupt: &'a AtomicBool,
    progress: &'a Progress,
    summary: Summary,
}

/// State of a run after this process tried it.
enum After {
    Ended(RunEnd),
    /// Another process works on it.
    Elsewhere(Attempt),
    /// Another process took it over.
    Lost,
}

impl<'a> Sequence<'a> {
    /// The runs of one data set, which is loaded once for all of them.
    fn dataset(&mut self, dataset: &str, runs: Vec<&PlannedRun>) -> Result<(), Error> {
        let (corpus, encoder) = &self.sweep.corpora[dataset];
        let options = DataOptions {
            encoder,
            cache: &self.options.encodings(),
            device: self.options.device,
            any_vocabulary: self.options.any_vocabulary,
            progress: self.progress,
        };
        let opened = TrainData::open(corpus, &options, self.interrupt).map_err(Error::from);
        match opened.and_then(|data| Ok((self.others(&data, &runs)?, data))) {
            Ok((others, data)) => self.runs(&data, &others, runs),
            Err(stop) if stop.is_stop() => Err(stop),
            Err(error) => {
                for run in runs {
                    let end = self.failed_to_start(run, &error);
                    self.count(run, end);
                }
                Ok(())
            }
        }
    }

    /// The other data that some of these runs are tested on.
    fn others(
        &self,
        data: &TrainData<'_>,
        runs: &[&PlannedRun],
    ) -> Result<Vec<OtherData<'a>>, Error> {
        let tested = |corpus: &&Corpus| {
            let key = data_key(corpus.name(), &corpus.content_hash);
            let on = |run: &&PlannedRun| !run.masks_on(Some(&key)).is_empty();
            runs.iter().any(on)
        };
        let sweep = self.sweep;
        let corpora = sweep.corpora.values().map(|(corpus, _)| corpus);
        let others = corpora.filter(tested);
        others
            .map(|corpus| Ok(OtherData::open(data, corpus)?))
            .collect()
    }

    fn runs(
        &mut self,
        data: &TrainData<'_>,
        others: &[OtherData<'_>],
        mut runs: Vec<&PlannedRun>,
    ) -> Result<(), Error> {
        let mut logged = BTreeSet::new();
        loop {
            let mut elsewhere = Vec::new();
            for run in runs.iter().copied() {
                match self.run(run, data, others) {
                    Ok(After::Ended(end)) => self.count(run, end),
                    Ok(After::Elsewhere(by)) => {
                        if logged.insert((&run.id, by.name())) {
                            log_elsewhere(run, &by);
                        }
                        elsewhere.push(run);
                    }
                    Ok(After::Lost) => elsewhere.push(run),
                    Err(stop) if stop.is_stop() => return Err(stop),
                    Err(error) => {
                        let end = self.failed_to_start(run, &error);
                        self.count(run, end);
                    }
                }
            }
            if elsewhere.is_empty() {
                return Ok(());
            }
            if elsewhere.len() == runs.len() {
                if self.interrupt.load(Ordering::Relaxed) {
                    return Err(train::Error::InterruptedEvaluation.into());
                }
                std::thread::sleep(CHECK);
            }
            runs = elsewhere;
        }
    }

    fn count(&mut self, run: &PlannedRun, end: RunEnd) {
        self.options.events.run_ended(&run.id, &end);
        self.summary.count(end);
    }

    /// Trains and evaluates one run, unless another process works on it or has finished it.
    fn run(
        &self,
        run: &PlannedRun,
        data: &TrainData<'_>,
        others: &[OtherData<'_>],
    ) -> Result<After, Error> {
        let options = self.options;
        let work = match RunLease::acquire(&options.runs, &run.id)? {
            Acquired::Done => return self.evaluate(run, data, others).map(After::Ended),
            Acquired::Held(by) => return Ok(After::Elsewhere(by)),
            Acquired::Mine(work) => work,
        };
        let epochs = u64::from(run.recipe.epochs);
        let mut bar = self.progress.run_bar(run.label(), &run.kind(), epochs);
        bar.watch(options.events.run_started(run, &options.runs));
        let events = options.runs.join(TENSORBOARD).join(&run.id);
        let context = RunContext {
            interrupt: self.interrupt,
            bar: &bar,
            compute: options.compute,
            events: options.tensorboard.then_some(events),
            profile: options.profile,
        };
        let result = run::run(run, data, &context, work.dir());
        bar.finish();
        match result {
            Ok(()) => Ok(match work.publish()? {
                Some(Outcome::Done) => match self.evaluate(run, data, others)? {
                    failed @ RunEnd::Failed(_) => After::Ended(failed),
                    _ => After::Ended(RunEnd::Ran),
                },
                Some(_) => After::Ended(RunEnd::Kept),
                None => lost(run),
            }),
            // The folder that the error would be written to belongs to another process now.
            Err(_) if work.is_lost() => Ok(lost(run)),
            Err(stop) if stop.is_stop() => {
                work.stop()?;
                Err(stop)
            }
            Err(error) => {
                let failed = self.failed(run, &error);
                tracing::error!("{failed}");
                work.fail(failed.to_store(chain(&error), error.is_divergence()))?;
                Ok(After::Ended(RunEnd::Failed(failed)))
            }
        }
    }

    /// Evaluates a trained run under the masks that it lacks, on its own and on other data.
    fn evaluate(
        &self,
        run: &PlannedRun,
        data: &TrainData<'_>,
        others: &[OtherData<'_>],
    ) -> Result<RunEnd, Error> {
        let options = self.options;
        let dir = RunDir::open(options.runs.join(&run.id));
        if dir.is_done_under(&run.masks) {
            return Ok(RunEnd::Kept);
        }
        let mut bar = self.progress.run_bar(run.label(), &run.kind(), 0);
        bar.watch(options.events.run_started(run, &options.runs));
        let context = RunContext {
            interrupt: self.interrupt,
            bar: &bar,
            compute: options.compute,
            events: None,
            profile: false,
        };
        let result = run::evaluate_stored(run, data, others, &context, &dir);
        bar.finish();
        match result {
            Ok(()) => Ok(RunEnd::Ran),
            Err(stop) if stop.is_stop() => Err(stop),
            Err(error) => {
                let failed = self.failed(run, &error);
                tracing::error!("{failed}");
                Ok(RunEnd::Failed(failed))
            }
        }
    }

    /// Records a run that failed before it had a folder for its error.
    fn failed_to_start(&self, run: &PlannedRun, error: &Error) -> RunEnd {
        let Some(entry) = self.sweep.entry(&run.id) else {
            return RunEnd::Failed(self.failed(run, error));
        };
        let failed = FailedToStart {
            dir: &self.sweep.dir,
            runs: &self.options.runs,
            run: entry,
            log: self.options.log.as_ref(),
            flags: &self.options.flags,
        };
        failed
            .record(chain(error))
            .map_or(RunEnd::Kept, RunEnd::Failed)
    }

    fn failed(&self, run: &PlannedRun, error: &Error) -> FailedRun {
        FailedRun {
            id: run.id.clone(),
            label: run.label(),
            error: error.to_string(),
            log: self.options.log.clone(),
            command: self.sweep.command(run, &self.options.flags),
        }
    }
}

fn lost(run: &PlannedRun) -> After {
    tracing::warn!("{}: another process took over run {}", run.label(), run.id);
    After::Lost
}

fn log_elsewhere(run: &PlannedRun, by: &Attempt) {
    tracing::info!(
        "{}: process {} on {} works on run {}; waiting until it is done or its heartbeat is old",
        run.label(),
        by.pid,
        by.host,
        run.id
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
