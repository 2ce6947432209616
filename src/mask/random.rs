//! `random`: every position of every modality on its own, independent of everything else.

use super::key::{Key, Purpose};
use super::mask_protocol::{Numbers, by_row};
use super::{Error, MaskProtocol, Rows, Scope};

/// Independent keyed streams: one per (data set, split, modality, seed, phase, sample).
///
/// Fields of different samples, modalities, splits and seeds are independent; a sample's row is
/// the same in any order, subset or number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl MaskProtocol for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "each token or frame on its own; independent across samples, modalities, splits and seeds"
    }

    fn fill(&self, scope: &Scope, rows: Rows, field: &mut [f64]) -> Result<(), Error> {
        independent(self, scope, rows, field);
        Ok(())
    }

    fn numbers(&self, scope: &Scope) -> Result<Numbers, Error> {
        let key = Key::new(Purpose::Field, self, scope);
        Ok(Numbers::Stream(Box::new(key)))
    }
}

/// Every valid position a number of its own, under the mask protocol's key; none is drawn for padding.
pub(super) fn independent(
    mask_protocol: &dyn MaskProtocol,
    scope: &Scope,
    rows: Rows,
    field: &mut [f64],
) {
    let key = Key::new(Purpose::Field, mask_protocol, scope);
    by_row(rows, field, |id, length, row| {
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
    fn realised_rates_are_nominal_within_binomial_bounds() {
        let (ids, lengths): (_, Vec<u32>) = (ids(200), (0..200).map(|i| i % 51).collect());
        let valid: f64 = lengths.iter().map(|&length| f64::from(length)).sum();
        let field = Random.field(&EVALUATION, rows(&ids, &lengths, 50)).unwrap();
        for rate in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let kept = keep(&field, &[rate; 200], &lengths, 50, Modality::Audio).unwrap();
            let deviation = (rate * (1.0 - rate) / valid).sqrt();
            let realised = kept.missing_rate(&lengths).unwrap();
            let off = (realised - rate).abs();
            assert!(off <= 4.0 * deviation, "{realised} at {rate}");
        }
    }

    #[test]
    fn fewer_steps_are_a_prefix_and_padding_is_not_drawn() {
        let ids = ids(1);
        let field = |length, steps| {
            Random
                .field(&EVALUATION, rows(&ids, &[length], steps))
                .unwrap()
        };
        let whole = field(20, 20);
        for length in 0..20 {
            let valid = length as usize;
            assert_eq!(field(length, valid), whole[..valid]);
            let padded = field(length, 20);
            assert_eq!(padded[..valid], whole[..valid]);
            assert!(padded[valid..].iter().all(|u| *u == 0.0));
        }
    }
}
