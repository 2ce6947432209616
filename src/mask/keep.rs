//! Compares draws with missing rates: which positions are kept.

use super::{Error, Rows};
use crate::data::dataset::{Modality, SpecialTokens};

/// Which positions are kept, shape (`rows`, `steps`), row-major; padding never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    pub rows: usize,
    pub steps: usize,
    pub bits: Vec<bool>,
}

/// Keeps a valid position if its draw is above the sample's rate, and [protected](super::Protected) ones
/// at every rate.
///
/// - `draws`: shape (N, `steps`), row-major, in [0, 1), or above 1 where no rate masks.
/// - `rates`: missing rate of each sample, shape (N), in [0, 1].
///
/// # Errors
/// [`Error::Shape`], [`Error::Length`] or [`Error::Rate`] where an argument is not as above.
pub fn keep(draws: &[f64], rates: &[f64], rows: Rows, modality: Modality) -> Result<Keep, Error> {
    Error::shape("draws", rows.size(), draws.len())?;
    rows.check(modality)?;
    Error::shape("missing rates", rows.ids.len(), rates.len())?;
    if let Some(row) = rates.iter().position(|rate| !(0.0..=1.0).contains(rate)) {
        return Err(Error::Rate {
            row,
            rate: rates[row],
        });
    }
    let mut bits = Vec::with_capacity(draws.len());
    for (row, &length) in rows.lengths.iter().enumerate() {
        let special = rows.special(row);
        let uniforms = draws[row * rows.steps..].iter().take(rows.steps);
        bits.extend(
            (uniforms.enumerate()).map(|(t, &u)| match droppable(special, t, length) {
                Some(true) => u > rates[row],
                Some(false) => true,
                None => false,
            }),
        );
    }
    Ok(Keep {
        rows: rows.ids.len(),
        steps: rows.steps,
        bits,
    })
}

/// Whether a rate can mask position `t`; `None` on padding.
pub(super) fn droppable(special: SpecialTokens, t: usize, length: u32) -> Option<bool> {
    let length = length as usize;
    let protected = special.cls && t == 0 || special.sep && t + 1 == length;
    (t < length).then_some(!protected)
}

/// Checks that no sample is longer than its padded steps.
pub(super) fn check_lengths(
    lengths: &[u32],
    steps: usize,
    modality: Modality,
) -> Result<(), Error> {
    match lengths.iter().position(|&length| length as usize > steps) {
        None => Ok(()),
        Some(row) => {
            let (modality, length) = (modality.as_str(), lengths[row]);
            Err(Error::Length {
                modality,
                row,
                length,
                steps,
            })
        }
    }
}

impl Keep {
    /// The `steps` bits of one sample.
    pub fn row(&self, row: usize) -> &[bool] {
        &self.bits[row * self.steps..(row + 1) * self.steps]
    }

    /// The rows of a batch, in the batch's order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let bits = rows
            .iter()
            .flat_map(|&row| self.row(row))
            .copied()
            .collect();
        Self {
            rows: rows.len(),
            steps: self.steps,
            bits,
        }
    }

    /// Realized missing rate of every sample: masked valid positions / valid positions, CLS and
    /// SEP counted among the valid ones; `None` where a sample has no valid position.
    pub fn missing_rates(&self, lengths: &[u32]) -> Vec<Option<f64>> {
        let rows = lengths.iter().enumerate();
        rows.map(|(row, &length)| share(self.masked(row, length), length.into()))
            .collect()
    }

    /// Realized missing rate of all samples together: masked valid positions / valid positions.
    pub fn missing_rate(&self, lengths: &[u32]) -> Option<f64> {
        let rows = lengths.iter().enumerate();
        let masked = rows.map(|(row, &length)| self.masked(row, length)).sum();
        share(
            masked,
            lengths.iter().map(|&length| u64::from(length)).sum(),
        )
    }

    fn masked(&self, row: usize, length: u32) -> u64 {
        self.row(row)
            .iter()
            .take(length as usize)
            .filter(|bit| !**bit)
            .count() as u64
    }
}

fn share(part: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| part as f64 / total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Protected;
    use crate::mask::testing::{ids, rows, rows_of};
    use proptest::prelude::*;

    const FIELD: [f64; 8] = [0.1, 0.9, 0.5, 0.2, 0.3, 0.3, 0.8, 0.6];

    fn kept(rates: &[f64], lengths: &[u32], modality: Modality) -> Result<Keep, Error> {
        let ids = ids(lengths.len());
        keep(&FIELD, rates, rows_of(modality, &ids, lengths, 4), modality)
    }

    fn bits(rates: &[f64], lengths: &[u32], modality: Modality) -> Vec<u8> {
        let kept = kept(rates, lengths, modality).unwrap();
        kept.bits.iter().map(|&bit| u8::from(bit)).collect()
    }

    #[test]
    fn keeps_strictly_above_the_rate_and_never_padding() {
        assert_eq!(
            bits(&[0.5, 0.3], &[4, 3], Modality::Audio),
            [0, 1, 0, 0, 0, 0, 1, 0]
        );
        assert_eq!(
            bits(&[0.0, 0.0], &[4, 0], Modality::Vision),
            [1, 1, 1, 1, 0, 0, 0, 0]
        );
        assert_eq!(bits(&[1.0, 1.0], &[4, 3], Modality::Audio), [0; 8]);
    }

    #[test]
    fn cls_and_sep_are_kept_where_token_ids_show_them() {
        assert_eq!(
            bits(&[1.0, 1.0], &[4, 3], Modality::Text),
            [1, 0, 0, 1, 1, 0, 1, 0]
        );
        assert_eq!(
            bits(&[1.0, 1.0], &[1, 0], Modality::Text),
            [1, 0, 0, 0, 0, 0, 0, 0]
        );
        let ids = ids(2);
        let under = |protected| {
            let rows = Rows {
                protected,
                ..rows(&ids, &[4, 3], 4)
            };
            let kept = keep(&FIELD, &[1.0, 1.0], rows, Modality::Text).unwrap();
            kept.bits
                .iter()
                .map(|&bit| u8::from(bit))
                .collect::<Vec<_>>()
        };
        let special = [(true, false), (false, true)].map(|(cls, sep)| SpecialTokens { cls, sep });
        assert_eq!(
            under(Protected::Special(&special)),
            [1, 0, 0, 0, 0, 0, 1, 0]
        );
        assert_eq!(under(Protected::Ends), [1, 0, 0, 1, 1, 0, 1, 0]);
        assert_eq!(under(Protected::Nothing), [0; 8]);
    }

    #[test]
    fn realized_rates_count_valid_positions() {
        let lengths = [4, 3];
        let text = kept(&[1.0, 1.0], &lengths, Modality::Text).unwrap();
        assert_eq!(text.missing_rates(&lengths), [Some(0.5), Some(1.0 / 3.0)]);
        assert_eq!(text.missing_rate(&lengths), Some(3.0 / 7.0));
        let empty = kept(&[1.0, 1.0], &[0, 0], Modality::Audio).unwrap();
        assert_eq!(
            (empty.missing_rates(&[0, 0]), empty.missing_rate(&[0, 0])),
            (vec![None; 2], None)
        );
        assert_eq!(
            text.select(&[1, 1]).bits,
            [text.row(1), text.row(1)].concat()
        );
    }

    #[test]
    fn refusals_name_what_was_expected() {
        let ids = ids(2);
        let message = |rates: &[f64], lengths: &[u32], steps| {
            let rows = rows_of(Modality::Text, &ids, lengths, steps);
            let refused = keep(&FIELD, rates, rows, Modality::Text);
            refused.unwrap_err().to_string()
        };
        assert_eq!(message(&[0.5; 2], &[4, 4], 3), "expected 6 draws, found 8");
        assert_eq!(
            message(&[0.5], &[4, 4], 4),
            "expected 2 missing rates, found 1"
        );
        let long = "text of sample 1 is 5 steps long, but the data hold 4";
        assert_eq!(message(&[0.5; 2], &[4, 5], 4), long);
        let nan = "expected a missing rate from 0 to 1 for sample 1, got NaN";
        assert_eq!(message(&[0.5, f64::NAN], &[4, 4], 4), nan);
        let other = Rows {
            protected: Protected::Special(&[]),
            ..rows(&ids, &[4, 4], 4)
        };
        let refused = keep(&FIELD, &[0.5; 2], other, Modality::Text).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "expected 2 texts with token ids, found 0"
        );
    }

    proptest! {
        #[test]
        fn masks_nest_across_rates(
            draws in proptest::collection::vec(0.0f64..1.0, 12), low in 0.0f64..=1.0,
            high in 0.0f64..=1.0, lengths in proptest::collection::vec(0u32..=4, 3),
        ) {
            let (low, high) = (low.min(high), low.max(high));
            for modality in Modality::ALL {
                let ids = ids(3);
                let rows = rows_of(modality, &ids, &lengths, 4);
                let at = |rate| keep(&draws, &[rate; 3], rows, modality).unwrap().bits;
                prop_assert!(at(low).iter().zip(at(high)).all(|(more, less)| *more || !less));
            }
        }
    }
}
