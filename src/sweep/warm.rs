//! What several processes would otherwise each make for themselves: encodings of a frozen text encoder.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::plan::Cell;
use super::planned::{Options, Sweep};
use super::settings::Settings;
use super::workbench::Workbench;
use super::{Error, cell};
use crate::data::dataset::SplitName;
use crate::mask::Noise;
use crate::support::Progress;
use crate::train::{self, EncoderSpec};

impl Sweep {
    /// Whether waiting cells share encodings of a frozen text encoder.
    pub fn shares_encodings(&self, runs: &Path) -> bool {
        let (waiting, _) = self.waiting(runs);
        self.corpora.iter().any(|(name, (_, encoder))| {
            let cells = waiting.iter().filter(|cell| cell.dataset == *name);
            matches!(encoder, EncoderSpec::Frozen(_)) && cells.count() > 1
        })
    }

    /// Makes the encodings that the waiting cells share, once; those there are cost a look.
    ///
    /// # Errors
    /// Those of reading data and encoder; [`train::Error::InterruptedEvaluation`].
    pub fn warm(
        &self,
        options: &Options,
        interrupt: &AtomicBool,
        progress: &Progress,
    ) -> Result<(), Error> {
        let (waiting, _) = self.waiting(&options.runs);
        for (name, (corpus, encoder)) in &self.corpora {
            let cells: Vec<&Cell> = waiting
                .iter()
                .filter(|cell| cell.dataset == *name)
                .copied()
                .collect();
            if cells.len() > 1 && matches!(encoder, EncoderSpec::Frozen(_)) {
                let cache = options.data.join("encodings");
                let data =
                    Workbench::open(corpus, encoder, &cache, options.device, interrupt, progress)?;
                // Cells that are trained and tested alike share their settings.
                let mut left = cells;
                while let Some(first) = left.first() {
                    let settings = Rc::clone(&first.settings);
                    let alike = |cell: &&Cell| Rc::ptr_eq(&cell.settings, &settings);
                    let (these, others): (Vec<&Cell>, _) = left.into_iter().partition(alike);
                    warm(&these, &data, &settings, interrupt)?;
                    left = others;
                }
            }
        }
        Ok(())
    }
}

fn warm(
    cells: &[&Cell],
    data: &Workbench<'_>,
    settings: &Settings,
    interrupt: &AtomicBool,
) -> Result<(), Error> {
    let go_on = || {
        if interrupt.load(Ordering::Relaxed) {
            Err(Error::from(train::Error::InterruptedEvaluation))
        } else {
            Ok(())
        }
    };
    let masks = cell::test_masks(data, settings)?;
    for (evaluation, masks) in settings.evaluation.iter().zip(&masks) {
        for (masks, &condition) in masks.iter().flat_map(|masks| {
            evaluation
                .conditions
                .iter()
                .map(move |condition| (masks, condition))
        }) {
            go_on()?;
            data.under(
                SplitName::Test,
                &masks.keeps(SplitName::Test, condition)?,
                condition,
            )?;
        }
    }
    let trained = cells.iter().filter(|cell| cell.choice.entry.trained);
    let most = trained.clone().map(|cell| cell.recipe.epochs).max();
    let Some(epochs) = most else {
        return Ok(());
    };
    go_on()?;
    data.complete()?;
    for split in trained
        .clone()
        .flat_map(|cell| cell::monitored_splits(cell))
        .collect::<BTreeSet<_>>()
    {
        cell::monitored_views(data, settings, split)?;
    }
    if matches!(settings.noise, Noise::Fresh | Noise::ReferenceRefresh) {
        return Ok(());
    }
    let draws: BTreeSet<u32> = (0..epochs)
        .filter_map(|epoch| settings.noise.draw(epoch))
        .collect();
    for seed in trained.map(|cell| cell.seed).collect::<BTreeSet<_>>() {
        for &draw in &draws {
            go_on()?;
            data.noisy(settings, seed, draw)?;
        }
    }
    Ok(())
}
