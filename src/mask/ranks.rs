//! A mask at many rates in one small number per position.
//!
//! Masks nest, so a position is kept at the lowest of some ascending rates and erased from some
//! rate on. Its RANK is the number of rates at which it is kept: 0 on padding, all of them for CLS
//! and SEP. It is kept at rate number i exactly if its rank is above i.

use rayon::prelude::*;

use super::family::SHARE;
use super::keep::droppable;
use super::{Error, Family, Keep, Rows, Scope, rates};
use crate::dataset::Modality;

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
    /// As [`Family::fill`]; [`Error::Shape`] or [`Error::Length`] where ids, lengths and steps do
    /// not belong together; [`Error::RateList`] where `rates` is not as in [`Ranks`].
    pub fn draw(
        family: &dyn Family,
        scope: &Scope,
        rows: Rows,
        rates: &[f64],
    ) -> Result<Self, Error> {
        check_list(rates)?;
        rows.check(scope.modality)?;
        let (scale, mut data) = (Scale::new(rates), vec![0; rows.size()]);
        // A family that counts on the rows before needs them all; blocks serve the others.
        let block = match family.row_ordered() {
            true => rows.ids.len(),
            false => SHARE / rows.steps.max(1),
        }
        .max(1);
        if !data.is_empty() {
            let blocks: Vec<Rows> = rows.blocks(block).collect();
            let parts = data.par_chunks_mut(block * rows.steps).zip(blocks);
            parts.try_for_each_init(Vec::new, |field, (ranks, rows)| {
                // Whatever the last block left is written over.
                field.resize(rows.size(), 0.0);
                family.fill(scope, rows, field)?;
                rank(field, &scale, rows, scope.modality, ranks);
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

    /// Realised missing rate at every rate: erased valid positions / valid positions; `None` where
    /// no position is valid. `lengths` are those the ranks were drawn for.
    pub fn missing_rates(&self, lengths: &[u32]) -> Vec<Option<f64>> {
        // As many as a byte can count, so that a processor compares many ranks at once.
        const TURN: usize = u8::MAX as usize;
        let none = || vec![0; self.rates.len()];
        let count = |mut kept: Vec<u64>, row: usize| {
            let ranks = &self.data[row * self.steps..][..lengths[row] as usize];
            for turn in ranks.chunks(TURN) {
                for (rate, kept) in (0..=u8::MAX).zip(&mut kept) {
                    let above: u8 = turn.iter().map(|rank| u8::from(*rank > rate)).sum();
                    *kept += u64::from(above);
                }
            }
            kept
        };
        let rows = (0..lengths.len()).into_par_iter().with_min_len(1024);
        let add = |a: Vec<u64>, b: Vec<u64>| a.iter().zip(b).map(|(a, b)| a + b).collect();
        let kept = rows.fold(none, count).reduce(none, add);
        let valid: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
        let missing = |kept: &u64| (valid > 0).then(|| (valid - kept) as f64 / valid as f64);
        kept.iter().map(missing).collect()
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

fn rank(field: &[f64], scale: &Scale, rows: Rows, modality: Modality, ranks: &mut [u8]) {
    let samples = ranks.chunks_mut(rows.steps).zip(field.chunks(rows.steps));
    for ((ranks, field), &length) in samples.zip(rows.lengths) {
        let valid = length as usize;
        for (rank, u) in ranks[..valid].iter_mut().zip(field) {
            *rank = scale.rank(*u);
        }
        let protected = |t: &usize| droppable(modality, *t, length) == Some(false);
        for t in [0, valid.saturating_sub(1)].into_iter().filter(protected) {
            ranks[t] = scale.rates.len() as u8;
        }
    }
}

/// Ascending rates with a table that answers for most numbers how many of them lie below.
struct Scale<'a> {
    rates: &'a [f64],
    /// The answer for the numbers nearest to each multiple of 1 / [`CELLS`], or [`AMBIGUOUS`].
    table: [u16; TABLE],
}

const CELLS: usize = 1024;
const TABLE: usize = 2 * CELLS;
/// Numbers around a rate, which have to be compared.
const AMBIGUOUS: u16 = u16::MAX;

impl<'a> Scale<'a> {
    fn new(rates: &'a [f64]) -> Self {
        let answer = |cell: usize| {
            // With its borders, so that it does not matter which way a tie is rounded.
            let [start, end] = [-0.5, 0.5].map(|half| (cell as f64 + half) / CELLS as f64);
            match rates.iter().any(|rate| (start..=end).contains(rate)) {
                true => AMBIGUOUS,
                false => rates.partition_point(|rate| *rate < start) as u16,
            }
        };
        Self {
            rates,
            table: std::array::from_fn(answer),
        }
    }

    /// How many rates lie below `u`, a number of [0, 1).
    #[inline]
    fn rank(&self, u: f64) -> u8 {
        // From here on a float's last bit counts one: the sum is rounded to a whole number, which
        // its lower bits spell. Cheaper than a conversion, of which this needs 45 million.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let cell = (u * CELLS as f64 + WHOLE).to_bits() as usize % TABLE;
        match self.table[cell] {
            AMBIGUOUS => self.rates.partition_point(|rate| u > *rate) as u8,
            answer => answer as u8,
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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn the_table_answers_as_comparing_does(u in 0.0f64..1.0, tenths: bool) {
            let text = if tenths { "0:1:0.1" } else { "0:0.98828125:0.00390625" };
            let list = rates::parse_list(text).unwrap();
            let scale = Scale::new(&list);
            for u in list.iter().copied().filter(|rate| *rate < 1.0).chain([u]) {
                let compared = list.iter().filter(|rate| u > **rate).count();
                prop_assert_eq!(usize::from(scale.rank(u)), compared);
            }
        }
    }

    #[test]
    fn ranks_hold_the_mask_of_every_rate_of_every_family() {
        let list = rates::parse_list("0:1:0.1").unwrap();
        // More samples than a block, of all lengths.
        let (ids, lengths): (_, Vec<u32>) = (ids(400), (0..400).map(|i| i % 13).collect());
        for (family, modality) in FAMILIES.iter().flat_map(|f| Modality::ALL.map(|m| (*f, m))) {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let rows = rows(&ids, &lengths, 12);
            let field = family.field(&scope, rows).unwrap();
            let ranks = Ranks::draw(family, &scope, rows, &list).unwrap();
            for rate in &list {
                let direct = keep(&field, &[*rate; 400], &lengths, 12, modality).unwrap();
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
