//! The mask protocol `random`: every position of every modality independently.

use super::key::{Key, Purpose};
use super::mask_protocol::by_row;
use super::{Error, MaskProtocol, Rows, Scope};

/// Independent keyed streams: one per (data set, split, modality, seed, phase, sample).
///
/// A sample's draws are the same in any order, in any subset and on any number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl MaskProtocol for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "each token or frame independently; also independent across samples, modalities, splits, seeds"
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        independent(self, scope, rows, draws);
        Ok(())
    }
}

/// Draws a number for every valid position, under the mask protocol's key; none for padding.
pub(super) fn independent(
    mask_protocol: &dyn MaskProtocol,
    scope: &Scope,
    rows: Rows,
    draws: &mut [f64],
) {
    let key = Key::new(Purpose::Draws, mask_protocol, scope);
    by_row(rows, draws, |id, (length, _), row| {
        key.fill(id, &mut row[..length as usize]);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::keep;
    use crate::mask::testing::{EVALUATION, ids, rows};

    #[test]
    fn realized_rates_are_nominal_within_binomial_bounds() {
        let (ids, lengths): (_, Vec<u32>) = (ids(200), (0..200).map(|i| i % 51).collect());
        let valid: f64 = lengths.iter().map(|&length| f64::from(length)).sum();
        let rows = rows(&ids, &lengths, 50);
        let draws = Random.draws(&EVALUATION, rows).unwrap();
        for rate in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let kept = keep(&draws, &[rate; 200], rows, Modality::Audio).unwrap();
            let deviation = (rate * (1.0 - rate) / valid).sqrt();
            let realized = kept.missing_rate(&lengths).unwrap();
            let off = (realized - rate).abs();
            assert!(off <= 4.0 * deviation, "{realized} at {rate}");
        }
    }

    #[test]
    fn fewer_steps_are_a_prefix_and_padding_is_not_drawn() {
        let ids = ids(1);
        let draws = |length, steps| {
            Random
                .draws(&EVALUATION, rows(&ids, &[length], steps))
                .unwrap()
        };
        let complete = draws(20, 20);
        for length in 0..20 {
            let valid = length as usize;
            assert_eq!(draws(length, valid), complete[..valid]);
            let padded = draws(length, 20);
            assert_eq!(padded[..valid], complete[..valid]);
            assert!(padded[valid..].iter().all(|u| *u == 0.0));
        }
    }
}
