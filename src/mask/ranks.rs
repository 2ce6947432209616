//! A mask at many rates in one small number per position.
//!
//! Masks nest, so a position is kept at the lowest of some ascending rates and erased from some
//! rate on. Its RANK is the number of rates at which it is kept: 0 on padding, all of them for CLS
//! and SEP. It is kept at rate number i exactly if its rank is above i.

use rayon::prelude::*;

use super::keep::droppable;
use super::{Error, Family, Keep, Rows, Scope, rates};
use crate::dataset::Modality;

/// Samples whose field is held in memory at once, per thread.
const BLOCK: usize = 64;

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
    /// As [`Family::field`]; [`Error::Shape`] or [`Error::Length`] where ids, lengths and steps do
    /// not belong together; [`Error::RateList`] where `rates` is not as in [`Ranks`].
    pub fn draw(
        family: &dyn Family,
        scope: &Scope,
        rows: Rows,
        rates: &[f64],
    ) -> Result<Self, Error> {
        check_list(rates)?;
        rows.check(scope.modality)?;
        let mut data = vec![0; rows.size()];
        // A family that counts on the rows before needs them all; blocks serve the others.
        let block = match family.row_ordered() {
            true => rows.ids.len(),
            false => BLOCK,
        }
        .max(1);
        if !data.is_empty() {
            let blocks: Vec<Rows> = rows.blocks(block).collect();
            let parts = data.par_chunks_mut(block * rows.steps).zip(blocks);
            parts.try_for_each(|(ranks, rows)| {
                let field = family.field(scope, rows)?;
                rank(&field, rates, rows, scope.modality, ranks);
                Ok::<_, Error>(())
            })?;
        }
        let (rows, steps) = (rows.ids.len(), rows.steps);
        Ok(Self {
            rows,
            steps,
            rates: rates.to_vec(),
            data,
        })
    }

    /// Realised missing rate at one of the rates: erased valid positions / valid positions; `None`
    /// at another rate, or where no position is valid.
    pub fn missing_rate(&self, rate: f64, lengths: &[u32]) -> Option<f64> {
        let index = self.rates.iter().position(|known| *known == rate)?;
        let (mut erased, mut valid) = (0u64, 0u64);
        for (row, &length) in lengths.iter().enumerate() {
            let ranks = &self.data[row * self.steps..][..length as usize];
            erased += ranks
                .iter()
                .filter(|rank| usize::from(**rank) <= index)
                .count() as u64;
            valid += u64::from(length);
        }
        (valid > 0).then(|| erased as f64 / valid as f64)
    }

    /// The mask at one of the rates.
    pub fn keep(&self, rate: f64) -> Option<Keep> {
        let index = self.rates.iter().position(|known| *known == rate)?;
        let bits = self
            .data
            .iter()
            .map(|rank| usize::from(*rank) > index)
            .collect();
        Some(Keep {
            rows: self.rows,
            steps: self.steps,
            bits,
        })
    }
}

fn rank(field: &[f64], rates: &[f64], rows: Rows, modality: Modality, ranks: &mut [u8]) {
    let samples = ranks.chunks_mut(rows.steps).zip(field.chunks(rows.steps));
    for ((ranks, field), &length) in samples.zip(rows.lengths) {
        let valid = length as usize;
        for (rank, u) in ranks[..valid].iter_mut().zip(field) {
            // As many additions as rates, but no branch: a few times faster than a search.
            *rank = rates.iter().map(|rate| u8::from(u > rate)).sum();
        }
        let protected = |t: &usize| droppable(modality, *t, length) == Some(false);
        for t in [0, valid.saturating_sub(1)].into_iter().filter(protected) {
            ranks[t] = rates.len() as u8;
        }
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
    use crate::mask::{FAMILIES, Random, keep};

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
    fn ranks_hold_the_mask_of_every_rate_of_every_family() {
        let list = rates::parse_list("0:1:0.1").unwrap();
        // More samples than a block, of all lengths.
        let (ids, lengths): (_, Vec<u32>) = (ids(150), (0..150).map(|i| i % 13).collect());
        for (family, modality) in FAMILIES.iter().flat_map(|f| Modality::ALL.map(|m| (*f, m))) {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let rows = rows(&ids, &lengths, 12);
            let field = family.field(&scope, rows).unwrap();
            let ranks = Ranks::draw(family, &scope, rows, &list).unwrap();
            for rate in &list {
                let direct = keep(&field, &[*rate; 150], &lengths, 12, modality).unwrap();
                assert_eq!(
                    ranks.keep(*rate),
                    Some(direct),
                    "{} {modality}",
                    family.name()
                );
            }
            assert_eq!(ranks.keep(0.55), None);
        }
    }
}
