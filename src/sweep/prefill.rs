//! Prefills the cache of encodings that several processes would otherwise each make for themselves.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::Error;
use super::plan::PlannedRun;
use super::planned::{Options, Sweep};
use super::run::{noise_spec, validation_masks};
use super::settings::Settings;
use crate::mask::NoiseDraw;
use crate::support::Progress;
use crate::train::data::{DataOptions, TrainData};
use crate::train::test_masks::TestMasks;
use crate::train::training::monitored_splits;
use crate::train::{self, EncoderSpec};

impl Sweep {
    /// Whether waiting runs share encodings of a frozen text encoder.
    pub fn shares_encodings(&self, runs: &Path) -> bool {
        let (waiting, _) = self.waiting(runs);
        self.corpora.iter().any(|(name, (_, encoder))| {
            let runs = waiting.iter().filter(|run| run.dataset == *name);
            matches!(encoder, EncoderSpec::Frozen(_)) && runs.count() > 1
        })
    }

    /// Makes the encodings that the waiting runs share, each once; those in the cache are left alone.
    ///
    /// # Errors
    /// Those of reading data and encoder; [`train::Error::InterruptedEvaluation`].
    pub fn prefill(
        &self,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<(), Error> {
        let (waiting, _) = self.waiting(&options.runs);
        for (name, (corpus, encoder)) in &self.corpora {
            let mut left: Vec<&PlannedRun> = waiting
                .iter()
                .filter(|run| run.dataset == *name)
                .copied()
                .collect();
            if left.len() < 2 || !matches!(encoder, EncoderSpec::Frozen(_)) {
                continue;
            }
            let loading = DataOptions {
                encoder,
                cache: &options.encodings(),
                device: options.device,
                any_vocabulary: options.any_vocabulary,
                progress,
            };
            let data = TrainData::open(corpus, &loading, interrupt)?;
            // Runs that are trained and tested alike share their settings.
            while let Some(first) = left.first() {
                let settings = Rc::clone(&first.settings);
                let alike = |run: &&PlannedRun| Rc::ptr_eq(&run.settings, &settings);
                let (these, others): (Vec<&PlannedRun>, _) = left.into_iter().partition(alike);
                prefill(&these, &data, &settings, interrupt)?;
                left = others;
            }
        }
        Ok(())
    }
}

/// Makes every view of runs with these settings.
fn prefill(
    runs: &[&PlannedRun],
    data: &TrainData<'_>,
    settings: &Settings,
    interrupt: &AtomicBool,
) -> Result<(), Error> {
    let test = data.test_split();
    TestMasks::draw(&test, &settings.masks())?.prefill(&test, interrupt)?;
    let trained: Vec<&PlannedRun> = runs
        .iter()
        .filter(|run| run.choice.entry.trained)
        .copied()
        .collect();
    let Some(epochs) = trained.iter().map(|run| run.recipe.epochs).max() else {
        return Ok(());
    };
    stop_if_raised(interrupt)?;
    data.complete()?;
    let validation = validation_masks(settings);
    let monitored: BTreeSet<_> = trained
        .iter()
        .flat_map(|run| monitored_splits(&run.rules, &run.recipe))
        .collect();
    for split in monitored {
        data.monitored(split, &validation)?;
    }
    let noise = noise_spec(settings);
    if !noise.repeats() {
        return Ok(());
    }
    let draws: BTreeSet<u32> = (0..epochs)
        .filter_map(|epoch| noise.kind.draw(epoch))
        .collect();
    for seed in trained.iter().map(|run| run.seed).collect::<BTreeSet<_>>() {
        for &draw in &draws {
            stop_if_raised(interrupt)?;
            data.noisy(
                &noise,
                NoiseDraw {
                    seed,
                    number: draw,
                    redrawn: Vec::new(),
                },
            )?;
        }
    }
    Ok(())
}

fn stop_if_raised(interrupt: &AtomicBool) -> Result<(), Error> {
    if interrupt.load(Ordering::Relaxed) {
        Err(train::Error::InterruptedEvaluation.into())
    } else {
        Ok(())
    }
}
