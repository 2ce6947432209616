//! Repeats the published training loader with worker processes: which samples of an epoch get new rates.
//!
//! The published loader draws new rates when it fetches sample 0. With worker processes this happens in
//! the one process that serves sample 0, on its own copy of the data set: that sample, what follows it in
//! its batch, and the later batches of that process see the new rates. The process ends with the epoch,
//! and the next epoch begins with the first rates again. Batch b, counted from 0, is served by process
//! b mod W of W.

use super::half_complete::half_complete;
use super::{Error, MaskProtocol, Phase, Scope, Training};

/// Whether a sample sees new rates in an epoch that reads the samples in `order` (indices) in batches of
/// `batch_size`: shape (N), by index.
pub(super) fn redrawn(order: &[i64], batch_size: usize, processes: usize) -> Vec<bool> {
    let mut redrawn = vec![false; order.len()];
    let Some(first) = order.iter().position(|&sample| sample == 0) else {
        return redrawn;
    };
    let batch = |position: usize| position / batch_size.max(1);
    let process = |position: usize| batch(position) % processes.max(1);
    for (position, &sample) in order.iter().enumerate().skip(first) {
        if process(position) == process(first)
            && let Some(redrawn) = redrawn.get_mut(sample as usize)
        {
            *redrawn = true;
        }
    }
    redrawn
}

/// Missing rates of the training samples in one modality, shape (N): those of the first copy, new ones
/// where `redrawn` is set. The new rates are [`half_complete`] ones of the scope's phase, drawn from the
/// key of the mask protocol.
///
/// # Errors
/// As [`MaskProtocol::rates`].
pub(super) fn rates_where_redrawn(
    mask_protocol: &dyn MaskProtocol,
    scope: &Scope,
    training: &Training,
    redrawn: &[bool],
) -> Result<Vec<f64>, Error> {
    let first_copy = Scope {
        phase: Phase::Epoch(0),
        ..*scope
    };
    let mut rates = mask_protocol.rates(&first_copy, training)?;
    Error::shape("redrawn samples", rates.len(), redrawn.len())?;
    let new = half_complete(mask_protocol, scope, training.ids);
    for ((rate, new), redrawn) in rates.iter_mut().zip(new).zip(redrawn) {
        if *redrawn {
            *rate = new;
        }
    }
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::testing::{EVALUATION, ids, training};
    use crate::mask::{Reference, reference_rates};

    /// A loader process: its copy of the data set, which a fetch of sample 0 changes.
    #[derive(Clone, Default)]
    struct Process {
        has_new_rates: bool,
    }

    impl Process {
        /// Whether the sample comes with new rates.
        fn fetch(&mut self, sample: i64) -> bool {
            if sample == 0 {
                self.has_new_rates = true;
            }
            self.has_new_rates
        }
    }

    /// An epoch of a loader whose processes take batches in turn, sample by sample.
    fn simulated(order: &[i64], batch_size: usize, processes: usize) -> Vec<bool> {
        let mut processes = vec![Process::default(); processes];
        let mut turns = (0..processes.len()).cycle();
        let mut found = vec![false; order.len()];
        for batch in order.chunks(batch_size) {
            let turn = turns.next().unwrap();
            for &sample in batch {
                found[sample as usize] = processes[turn].fetch(sample);
            }
        }
        found
    }

    /// An order of samples, shuffled by sorting random words.
    fn shuffled(random: &mut ChaCha8Rng, samples: usize) -> Vec<i64> {
        let mut keyed: Vec<(u64, i64)> = (0..samples as i64)
            .map(|i| (random.next_u64(), i))
            .collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, sample)| sample).collect()
    }

    #[test]
    fn samples_with_new_rates_are_those_of_a_simulated_loader() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for samples in [0, 1, 7, 64, 65, 200] {
            for (batch, processes) in [(1, 1), (16, 1), (16, 2), (16, 8), (7, 3), (300, 2)] {
                for _ in 0..20 {
                    let order = shuffled(&mut random, samples);
                    let expected = simulated(&order, batch, processes);
                    assert_eq!(
                        redrawn(&order, batch, processes),
                        expected,
                        "{samples} {batch} {processes}"
                    );
                    assert_eq!(expected.first(), (samples > 0).then_some(&true));
                }
            }
        }
    }

    /// Share of samples with new rates among many epochs, and how often it is below 2, 5 and 10 %.
    #[cfg(feature = "torch")]
    fn shares(epochs: usize, share: impl Fn(usize) -> f64) -> (f64, [f64; 3]) {
        let shares: Vec<f64> = (0..epochs).map(share).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / epochs as f64;
        let below = |limit: f64| {
            let is_below = |share: &f64| f64::from(u8::from(*share < limit));
            mean(&mut shares.iter().map(is_below))
        };
        (
            mean(&mut shares.iter().copied()),
            [0.02, 0.05, 0.1].map(below),
        )
    }

    /// The orders of training against a simulation with orders of its own.
    #[cfg(feature = "torch")]
    #[test]
    fn the_share_of_samples_with_new_rates_follows_the_published_law() {
        const EPOCHS: usize = 4000;
        // CMU-MOSI's training split under the published settings.
        const SAMPLES: usize = 1284;
        const BATCH: usize = 64;
        const PROCESSES: usize = 8;
        let share = |redrawn: &[bool]| {
            redrawn.iter().filter(|redrawn| **redrawn).count() as f64 / SAMPLES as f64
        };
        let (ours, quantiles) = shares(EPOCHS, |epoch| {
            let order = crate::train::order::shuffled(SAMPLES, 1111, epoch as u32 + 1);
            share(&redrawn(&order, BATCH, PROCESSES))
        });
        let random = std::cell::RefCell::new(ChaCha8Rng::seed_from_u64(9));
        let (theirs, their_quantiles) = shares(EPOCHS, |_| {
            let order = shuffled(&mut random.borrow_mut(), SAMPLES);
            share(&simulated(&order, BATCH, PROCESSES))
        });
        // A share has the standard deviation 0.04; the difference of two means is within 4 deviations.
        let bound = 4.0 * 0.04 * (2.0 / EPOCHS as f64).sqrt();
        assert!((ours - theirs).abs() < bound, "{ours} {theirs}");
        for (ours, theirs) in quantiles.iter().zip(their_quantiles) {
            let deviation = (theirs * (1.0 - theirs) * 2.0 / EPOCHS as f64).sqrt();
            assert!((ours - theirs).abs() < 4.0 * deviation, "{ours} {theirs}");
        }
        // The position of sample 0 decides, so that the mean over positions is the exact one.
        let at = |position: usize| {
            let mut order: Vec<i64> = (1..SAMPLES as i64).collect();
            order.insert(position, 0);
            share(&simulated(&order, BATCH, PROCESSES))
        };
        let (exact, _) = shares(SAMPLES, at);
        assert!((exact - 0.0653).abs() < 1e-4, "{exact}");
        assert!(
            (ours - exact).abs() < 4.0 * 0.04 / (EPOCHS as f64).sqrt(),
            "{ours} {exact}"
        );
    }

    #[test]
    fn new_rates_are_drawn_anew_in_each_epoch_and_the_others_stay() {
        let ids = ids(40);
        let training = training(&ids);
        let first = reference_rates(1111, 40).unwrap().rates[1].clone();
        let redrawn: Vec<bool> = (0..40).map(|row| row % 3 == 0).collect();
        let rates = |epoch| {
            let scope = Scope {
                modality: Modality::Audio,
                phase: Phase::Epoch(epoch),
                ..EVALUATION
            };
            let rates = rates_where_redrawn(&Reference, &scope, &training, &redrawn).unwrap();
            let new = half_complete(&Reference, &scope, &ids);
            for row in 0..40 {
                let expected = if redrawn[row] { new[row] } else { first[row] };
                assert_eq!(rates[row], expected, "{row}");
            }
            rates
        };
        assert_ne!(rates(0), rates(1));
        assert_eq!(rates(2), rates(2));
        let none = rates_where_redrawn(&Reference, &EVALUATION, &training, &[false; 3]);
        let message = none.unwrap_err().to_string();
        assert_eq!(message, "expected 40 redrawn samples, found 3");
    }
}
