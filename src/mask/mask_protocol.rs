//! The trait that every mask protocol implements, and the look-up by name.

use rayon::prelude::*;

use super::condition::ConditionKind;
use super::half_complete::half_complete;
use super::numpy_rng::Mt19937;
use super::{Error, MASK_PROTOCOLS, Phase, Protected, Rows, Scope};
use crate::data::dataset::{Modality, SpecialTokens, SplitName};

/// A named way to draw masks.
pub trait MaskProtocol: Sync {
    /// Key in flags and files.
    fn name(&self) -> &'static str;

    /// Version of the masks: raised whenever the same data, seed and condition would give other ones.
    /// It is part of their name and hash, not of the key of their draws.
    fn version(&self) -> u32;

    /// Part of the key of its draws: raised whenever the same key would give other numbers.
    fn key_version(&self) -> u32 {
        1
    }

    /// One line for help texts.
    fn summary(&self) -> &'static str;

    /// The kinds of condition it is evaluated at.
    fn kinds(&self) -> &'static [ConditionKind] {
        &[ConditionKind::Rate]
    }

    /// Whether the draws of a sample depend on the samples before it, so that all samples of a split
    /// are needed, in file order.
    fn row_ordered(&self) -> bool {
        false
    }

    /// Whether texts with token ids keep their first and last valid position at every rate, whatever the
    /// ids, as in the published code. If not, they keep CLS and SEP where the ids show them. Data without
    /// token ids keep nothing under any protocol.
    fn protects_ends(&self) -> bool {
        false
    }

    /// Overwrites `draws`, shape (N, `steps`), row-major, with a uniform number of [0, 1) for every
    /// valid position, or with one above 1 where no rate masks it. At missing rate r a position is kept if
    /// its draw is strictly above r. Padding
    /// may be left as it was.
    ///
    /// Any subset of samples in any order gets the same draws, except where
    /// [`MaskProtocol::row_ordered`] is true.
    ///
    /// # Errors
    /// [`Error`] where the mask protocol cannot use the scope's seed.
    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error>;

    /// The generator of protocols whose draws are one sequence over all positions of all samples,
    /// padding included; their draws then need not be in memory together.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`].
    fn sequence(&self, _: &Scope) -> Result<Option<Box<Mt19937>>, Error> {
        Ok(None)
    }

    /// Whether a sample keeps one of its modalities at every rate, 1 included.
    fn leaves_one_modality(&self) -> bool {
        false
    }

    /// Whether evaluation masks are the same under every seed.
    fn is_seed_invariant(&self) -> bool {
        false
    }

    /// Whether draws are the same in every [`Phase`], because a generator starts again from its seed.
    /// Training data at one rate then have one noisy copy, however often they are drawn.
    fn is_draw_invariant(&self) -> bool {
        false
    }

    /// Checks that masks can be drawn under a seed.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`].
    fn check_seed(&self, seed: u64) -> Result<(), Error> {
        let scope = Scope {
            dataset: "",
            split: SplitName::Test,
            modality: Modality::Text,
            seed,
            phase: Phase::Evaluation,
        };
        let none = Rows {
            ids: &[],
            lengths: &[],
            steps: 0,
            protected: Protected::Nothing,
        };
        self.fill(&scope, none, &mut [])
    }

    /// The draws of [`MaskProtocol::fill`]; 0 on padding that it leaves.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`].
    fn draws(&self, scope: &Scope, rows: Rows) -> Result<Vec<f64>, Error> {
        let mut draws = vec![0.0; rows.size()];
        self.fill(scope, rows, &mut draws)?;
        Ok(draws)
    }

    /// Seed of the draws under which a run trains, given the run's own seed and the mask seed of
    /// evaluation. By default runs of different seeds have different masks.
    fn training_seed(&self, run: u64, _evaluation: u64) -> u64 {
        run
    }

    /// Missing rates of training samples in one modality, shape (N): exactly half of the samples
    /// (rounded down) complete, the rest uniform in [0, 1).
    ///
    /// Which half is complete depends on all samples of the split, and on their order only if
    /// [`MaskProtocol::row_ordered`] is true.
    ///
    /// # Errors
    /// [`Error`] where the mask protocol cannot use the scope's seed; [`Error::OneRate`] where it has no
    /// such training.
    fn rates(&self, scope: &Scope, training: &Training) -> Result<Vec<f64>, Error> {
        Ok(half_complete(self, scope, training.ids))
    }
}

/// What training rates may depend on, in addition to their scope.
#[derive(Clone, Copy, Debug)]
pub struct Training<'a> {
    /// Ids of the training split, in file order.
    pub ids: &'a [String],
    /// Padded vision steps of the training split.
    pub vision_steps: usize,
    /// Samples and padded vision steps of the test split.
    pub test: (usize, usize),
    /// Mask seed of evaluation.
    pub mask_seed: u64,
}

/// The mask protocol called `name`.
///
/// # Errors
/// [`Error::UnknownMaskProtocol`], which lists the known ones.
pub fn find(name: &str) -> Result<&'static dyn MaskProtocol, Error> {
    MASK_PROTOCOLS
        .iter()
        .copied()
        .find(|mask_protocol| mask_protocol.name() == name)
        .ok_or_else(|| {
            let known: Vec<_> = MASK_PROTOCOLS
                .iter()
                .map(|mask_protocol| mask_protocol.name())
                .collect();
            Error::UnknownMaskProtocol {
                asked: name.to_owned(),
                known: known.join(", "),
            }
        })
}

/// Draws that one thread makes at a time; they fit a core's first cache.
pub(super) const SHARE: usize = 2048;

/// Fills a matrix row by row, on all threads. `fill` gets a sample's id, valid steps with special
/// tokens, and row.
pub(super) fn by_row<T: Send>(
    rows: Rows,
    matrix: &mut [T],
    fill: impl Fn(&str, (u32, SpecialTokens), &mut [T]) + Sync,
) {
    if !matrix.is_empty() {
        let samples = rows.ids.par_iter().zip(rows.lengths).enumerate();
        let filled = matrix.par_chunks_mut(rows.steps).zip(samples);
        filled
            .with_min_len(SHARE.div_ceil(rows.steps))
            .for_each(|(row, (i, (id, &length)))| fill(id, (length, rows.special(i)), row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{EVALUATION, ids, training};

    #[test]
    fn names_are_unique_and_found() {
        for mask_protocol in MASK_PROTOCOLS {
            assert_eq!(
                find(mask_protocol.name()).unwrap().summary(),
                mask_protocol.summary()
            );
            let same = MASK_PROTOCOLS
                .iter()
                .filter(|f| f.name() == mask_protocol.name());
            assert_eq!(same.count(), 1);
        }
        let message = find("blokc").err().unwrap().to_string();
        let known = "expected one of random, temporal, block, modality, modality-random, mixed, \
                     reference, reference-tfr";
        assert_eq!(
            message,
            format!("unknown mask protocol `blokc` (did you mean `block`?): {known}")
        );
    }

    #[test]
    fn every_mask_protocol_but_mmsas_leaves_half_of_the_training_samples_complete() {
        for (mask_protocol, n) in MASK_PROTOCOLS
            .iter()
            .flat_map(|f| [(f, 0), (f, 1), (f, 41), (f, 400)])
        {
            let ids = ids(n);
            let rates = mask_protocol.rates(&EVALUATION, &training(&ids));
            if mask_protocol.name() == "reference-tfr" {
                assert!(matches!(rates, Err(Error::OneRate { .. })));
                continue;
            }
            let rates = rates.unwrap();
            assert_eq!(rates.len(), n);
            assert_eq!(rates.iter().filter(|rate| **rate == 0.0).count(), n / 2);
            assert!(rates.iter().all(|rate| (0.0..1.0).contains(rate)));
        }
    }
}
