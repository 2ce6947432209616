//! A mask at many rates in one small number per position.
//!
//! Masks nest, so a position is kept at the lowest of some ascending rates and erased from some
//! rate on. Its RANK is the number of rates at which it is kept: 0 on padding, all of them for CLS
//! and SEP. It is kept at rate number i exactly if its rank is above i.

use rayon::prelude::*;

use super::compare::{BLOCK, count_above};
use super::keep::droppable;
use super::mask_protocol::{self, Numbers, SHARE};
use super::scale::Scale;
use super::{Error, Keep, MaskProtocol, Planes, Rows, Scope, packing, rates};
use crate::data::dataset::Modality;

/// Ranks of one modality of one split, shape (`rows`, `steps`), row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    pub rows: usize,
    pub steps: usize,
    /// Strictly ascending, 1 to 255 of them.
    pub rates: Vec<f64>,
    pub data: Vec<u8>,
}

impl Ranks {
    /// Draws the ranks of a whole split in blocks of samples, on all threads.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`]; [`Error::Shape`] or [`Error::Length`] where ids, lengths and steps do
    /// not belong together; [`Error::RateList`] where `rates` is not as in [`Ranks`].
    pub fn draw(
        mask_protocol: &dyn MaskProtocol,
        scope: &Scope,
        rows: Rows,
        rates: &[f64],
    ) -> Result<Self, Error> {
        check_list(rates)?;
        rows.check(scope.modality)?;
        let (scale, mut data) = (Scale::new(rates), vec![0; rows.size()]);
        if !data.is_empty() {
            fill(mask_protocol, scope, rows, &scale, &mut data)?;
        }
        let (rows, steps) = (rows.ids.len(), rows.steps);
        Ok(Self {
            rows,
            steps,
            rates: rates.to_vec(),
            data,
        })
    }

    /// Kept positions at every rate.
    pub fn kept(&self) -> Vec<u64> {
        let none = || vec![0; self.rates.len()];
        let count = |mut kept: Vec<u64>, turn: &[u8]| {
            for (rate, kept) in (0..=u8::MAX).zip(&mut kept) {
                *kept += count_above(turn, rate);
            }
            kept
        };
        let add = |a: Vec<u64>, b: Vec<u64>| a.iter().zip(b).map(|(a, b)| a + b).collect();
        let turns = self.data.par_chunks(BLOCK).with_min_len(16);
        turns.fold(none, count).reduce(none, add)
    }

    /// Realised missing rate at every rate, of `valid` positions that are no padding: erased valid
    /// positions / valid positions; `None` where no position is valid.
    pub fn missing_rates(&self, valid: u64) -> Vec<Option<f64>> {
        let missing =
            |kept: u64| (valid > 0).then(|| valid.saturating_sub(kept) as f64 / valid as f64);
        self.kept().into_iter().map(missing).collect()
    }

    /// The mask at every rate, a bit a position.
    pub fn bits(&self) -> Planes {
        Planes::above_each(&self.data, self.rates.len())
    }

    /// The mask at one of the rates, packed as in [`Planes`].
    pub fn bits_at(&self, rate: f64) -> Option<Vec<u8>> {
        Some(packing::above(&self.data, self.place(rate)?))
    }

    /// The mask at one of the rates.
    pub fn keep(&self, rate: f64) -> Option<Keep> {
        let place = self.place(rate)?;
        Some(Keep {
            rows: self.rows,
            steps: self.steps,
            bits: self.data.iter().map(|rank| *rank > place).collect(),
        })
    }

    /// The number of a rate in the list, counted from 0.
    fn place(&self, rate: f64) -> Option<u8> {
        let place = self.rates.iter().position(|known| *known == rate)?;
        u8::try_from(place).ok()
    }
}

/// Draws the ranks of all rows, which are not empty.
fn fill(
    mask_protocol: &dyn MaskProtocol,
    scope: &Scope,
    rows: Rows,
    scale: &Scale,
    data: &mut [u8],
) -> Result<(), Error> {
    let (modality, share) = (scope.modality, (SHARE / rows.steps).max(1));
    match mask_protocol.numbers(scope)? {
        Numbers::Stream(key) => {
            mask_protocol::by_row(rows, data, |id, length, ranks| {
                key.ranks(id, scale, &mut ranks[..length as usize]);
                protect(scale, modality, length, ranks);
            });
        }
        Numbers::Sequence(mut generator) => {
            let mut field = vec![0.0; share * rows.steps];
            for (ranks, rows) in data.chunks_mut(share * rows.steps).zip(rows.blocks(share)) {
                let field = &mut field[..rows.size()];
                generator.fill(field);
                rank(field, scale, rows, modality, ranks);
            }
        }
        Numbers::Field => {
            // A mask protocol that counts on the rows before needs them all; blocks serve the others.
            let block = if mask_protocol.row_ordered() {
                rows.ids.len()
            } else {
                share
            };
            let blocks: Vec<Rows> = rows.blocks(block).collect();
            let parts = data.par_chunks_mut(block * rows.steps).zip(blocks);
            parts.try_for_each_init(Vec::new, |field, (ranks, rows)| {
                // What the last block left is written over wherever it is read.
                field.resize(rows.size(), 0.0);
                mask_protocol.fill(scope, rows, field)?;
                rank(field, scale, rows, modality, ranks);
                Ok::<_, Error>(())
            })?;
        }
    }
    Ok(())
}

/// The ranks of a field; those of padding stay 0.
fn rank(field: &[f64], scale: &Scale, rows: Rows, modality: Modality, ranks: &mut [u8]) {
    let samples = ranks.chunks_mut(rows.steps).zip(field.chunks(rows.steps));
    for ((ranks, field), &length) in samples.zip(rows.lengths) {
        for (rank, u) in ranks[..length as usize].iter_mut().zip(field) {
            *rank = scale.rank(*u);
        }
        protect(scale, modality, length, ranks);
    }
}

/// Gives CLS and SEP the rank of what no rate erases.
fn protect(scale: &Scale, modality: Modality, length: u32, ranks: &mut [u8]) {
    let last = (length as usize).saturating_sub(1);
    let protected = |t: &usize| droppable(modality, *t, length) == Some(false);
    for t in [0, last].into_iter().filter(protected) {
        ranks[t] = scale.top();
    }
}

/// Checks that a list is strictly ascending in [0, 1] and its length fits a byte.
pub(super) fn check_list(list: &[f64]) -> Result<(), Error> {
    let inside = list.iter().all(|rate| (0.0..=1.0).contains(rate));
    let ascending = list.windows(2).all(|pair| pair[0] < pair[1]);
    if inside && ascending && (1..=rates::LIMIT).contains(&list.len()) {
        Ok(())
    } else {
        Err(Error::RateList { got: spell(list) })
    }
}

/// A list for messages, cut where it grows long.
pub(super) fn spell<T: ToString>(list: &[T]) -> String {
    let shown: Vec<_> = list.iter().take(12).map(T::to_string).collect();
    let rest = list.len() - shown.len();
    let tail = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("[{}{tail}]", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{EVALUATION, ids, rows};
    use crate::mask::{MASK_PROTOCOLS, Random, keep};

    #[test]
    fn unusable_lists_are_refused() {
        for list in [
            &[][..],
            &[0.5, 0.5],
            &[0.5, 0.1],
            &[1.5],
            &[f64::NAN],
            &[0.1; 300],
        ] {
            let refused = Ranks::draw(&Random, &EVALUATION, rows(&[], &[], 4), list);
            assert!(matches!(refused, Err(Error::RateList { .. })), "{list:?}");
        }
        assert_eq!(
            spell(&[0.0; 14]),
            "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and 2 more]"
        );
    }

    #[test]
    fn ranks_hold_the_mask_of_every_rate_of_every_mask_protocol() {
        let list = rates::parse_list("0:1:0.1").unwrap();
        // More samples than a block, of all lengths.
        let (ids, lengths): (_, Vec<u32>) = (ids(400), (0..400).map(|i| i % 13).collect());
        for (mask_protocol, modality) in MASK_PROTOCOLS
            .iter()
            .flat_map(|f| Modality::ALL.map(|m| (*f, m)))
        {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let rows = rows(&ids, &lengths, 12);
            let field = mask_protocol.field(&scope, rows).unwrap();
            let ranks = Ranks::draw(mask_protocol, &scope, rows, &list).unwrap();
            for rate in &list {
                let direct = keep(&field, &[*rate; 400], &lengths, 12, modality).unwrap();
                let packed = ranks.bits_at(*rate).unwrap();
                let bit = |k: usize| packed[k / 8] >> (k % 8) & 1 == 1;
                let bits: Vec<bool> = (0..direct.bits.len()).map(bit).collect();
                assert_eq!(bits, direct.bits);
                assert_eq!(
                    ranks.keep(*rate),
                    Some(direct),
                    "{} {modality}",
                    mask_protocol.name()
                );
            }
            assert_eq!(ranks.keep(0.55), None);
            let one_by_one = list.iter().map(|rate| ranks.bits_at(*rate).unwrap());
            assert!(ranks.bits().iter().eq(one_by_one));
            let valid = lengths.iter().map(|length| u64::from(*length)).sum();
            let realised = list.iter().map(|rate| {
                let keep = ranks.keep(*rate).unwrap();
                keep.missing_rate(&lengths)
            });
            assert_eq!(ranks.missing_rates(valid), realised.collect::<Vec<_>>());
        }
    }
}
