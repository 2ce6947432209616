//! The masks of one modality at many rates, as one small number per position.
//!
//! Masks nest: a position is kept at the lowest of some ascending rates and dropped from some rate on.
//! Its DROP INDEX is the index of the first rate at which it is dropped, which is also the number of
//! rates at which it is kept: 0 on padding, all of them for CLS and SEP.

use rayon::prelude::*;

use super::keep::droppable;
use super::mask_protocol::SHARE;
use super::{Error, Keep, MaskProtocol, Rows, Scope, packing, rates};

/// Drop indices of one modality of one split, shape (`rows`, `steps`), row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct DropIndices {
    pub rows: usize,
    pub steps: usize,
    /// Strictly ascending, 1 to 255 of them.
    pub rates: Vec<f64>,
    pub data: Vec<u8>,
}

impl DropIndices {
    /// Draws the drop indices of a split in blocks of samples, on all threads.
    ///
    /// # Errors
    /// As [`MaskProtocol::fill`]; [`Error::Shape`] or [`Error::Length`] where ids, lengths and steps do
    /// not belong together; [`Error::RateList`] where `rates` is not as in [`DropIndices`].
    pub fn draw(
        mask_protocol: &dyn MaskProtocol,
        scope: &Scope,
        rows: Rows,
        rates: &[f64],
    ) -> Result<Self, Error> {
        check_list(rates)?;
        rows.check(scope.modality)?;
        let mut data = vec![0; rows.size()];
        if !data.is_empty() {
            fill(mask_protocol, scope, rows, rates, &mut data)?;
        }
        let (rows, steps) = (rows.ids.len(), rows.steps);
        Ok(Self {
            rows,
            steps,
            rates: rates.to_vec(),
            data,
        })
    }

    /// Adds the drop indices of the same draws at other rates, none of which is among these.
    ///
    /// The number of rates at which a position is kept is the sum of the two.
    ///
    /// # Errors
    /// [`Error::Shape`] where the shapes differ; [`Error::RateList`] where a rate is in both lists, or
    /// where there are more than 255 together.
    pub fn merge(&mut self, others: &Self) -> Result<(), Error> {
        Error::shape("samples", self.rows, others.rows)?;
        Error::shape("steps", self.steps, others.steps)?;
        let mut all = [&self.rates[..], &others.rates].concat();
        all.sort_by(f64::total_cmp);
        check_list(&all)?;
        self.rates = all;
        for (index, other) in self.data.iter_mut().zip(&others.data) {
            *index += other;
        }
        Ok(())
    }

    /// Kept positions at every rate.
    pub fn kept(&self) -> Vec<u64> {
        let count = |mut counts: [u64; 256], part: &[u8]| {
            part.iter()
                .for_each(|index| counts[usize::from(*index)] += 1);
            counts
        };
        let add = |mut a: [u64; 256], b: [u64; 256]| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        };
        let parts = self.data.par_chunks(256 * 1024);
        let counts = parts.fold(|| [0; 256], count).reduce(|| [0; 256], add);
        let above = |rate: usize| counts[rate + 1..].iter().sum();
        (0..self.rates.len()).map(above).collect()
    }

    /// Realized missing rate at every rate, of `valid` positions that are not padding: masked valid
    /// positions / valid positions; `None` where no position is valid.
    pub fn missing_rates(&self, valid: u64) -> Vec<Option<f64>> {
        let missing =
            |kept: u64| (valid > 0).then(|| valid.saturating_sub(kept) as f64 / valid as f64);
        self.kept().into_iter().map(missing).collect()
    }

    /// The mask at one of the rates, one bit per position (see [`packing::above`]).
    pub(super) fn bits(&self, rate: f64) -> Option<Vec<u8>> {
        Some(packing::above(&self.data, self.index(rate)?))
    }

    /// The mask at one of the rates.
    pub fn keep(&self, rate: f64) -> Option<Keep> {
        let index = self.index(rate)?;
        Some(Keep {
            rows: self.rows,
            steps: self.steps,
            bits: self.data.iter().map(|dropped| *dropped > index).collect(),
        })
    }

    /// The index of a rate in the list.
    fn index(&self, rate: f64) -> Option<u8> {
        let index = self.rates.iter().position(|known| *known == rate)?;
        u8::try_from(index).ok()
    }
}

/// Draws the drop indices of all rows, which are not empty.
fn fill(
    mask_protocol: &dyn MaskProtocol,
    scope: &Scope,
    rows: Rows,
    rates: &[f64],
    data: &mut [u8],
) -> Result<(), Error> {
    let counter = RateCounter::new(rates);
    let share = (SHARE / rows.steps).max(1);
    if let Some(mut generator) = mask_protocol.sequence(scope)? {
        let mut draws = vec![0.0; share * rows.steps];
        for (indices, rows) in data.chunks_mut(share * rows.steps).zip(rows.blocks(share)) {
            let draws = &mut draws[..rows.size()];
            generator.fill(draws);
            count_below(draws, &counter, rows, indices);
        }
        return Ok(());
    }
    // A protocol whose rows depend on the rows before needs them all.
    let block = if mask_protocol.row_ordered() {
        rows.ids.len()
    } else {
        share
    };
    let blocks: Vec<Rows> = rows.blocks(block).collect();
    let parts = data.par_chunks_mut(block * rows.steps).zip(blocks);
    parts.try_for_each_init(Vec::new, |draws, (indices, rows)| {
        // Draws that the last block left are written over wherever they are read.
        draws.resize(rows.size(), 0.0);
        mask_protocol.fill(scope, rows, draws)?;
        count_below(draws, &counter, rows, indices);
        Ok(())
    })
}

/// Counts the rates below a draw. A table has the answer for all draws that are not close to a rate,
/// which makes this about three times as fast as a binary search.
struct RateCounter<'a> {
    rates: &'a [f64],
    /// The answer for the draws from i / [`CELLS`] to (i + 1) / [`CELLS`], or [`SEARCH`]; the last is that
    /// of draws above 1.
    table: [u8; CELLS + 1],
}

const CELLS: usize = 1024;

/// Marks cells that contain a rate. It may also be the answer above all of 255 rates.
const SEARCH: u8 = u8::MAX;

impl<'a> RateCounter<'a> {
    fn new(rates: &'a [f64]) -> Self {
        let below = |cell: usize| {
            let start = cell as f64 / CELLS as f64;
            rates.partition_point(|rate| *rate < start)
        };
        let answer = |cell: usize| match (below(cell), below(cell + 1)) {
            _ if cell == CELLS => rates.len() as u8,
            (start, end) if start == end => start as u8,
            _ => SEARCH,
        };
        Self {
            rates,
            table: std::array::from_fn(answer),
        }
    }

    /// How many rates are below `u`, a number of [0, 1) or above 1.
    fn below(&self, u: f64) -> u8 {
        // The product is exact; processors convert to i32 in one instruction.
        let cell = (u * CELLS as f64) as i32 as usize;
        let cell = cell.min(CELLS);
        match self.table[cell] {
            SEARCH => self.rates.partition_point(|rate| *rate < u) as u8,
            answer => answer,
        }
    }
}

/// The drop indices of draws: how many rates are below each; 0 on padding.
fn count_below(draws: &[f64], counter: &RateCounter, rows: Rows, indices: &mut [u8]) {
    // `check_list` keeps the list within a byte.
    let top = counter.rates.len() as u8;
    let samples = indices.chunks_mut(rows.steps).zip(draws.chunks(rows.steps));
    for (row, ((indices, draws), &length)) in samples.zip(rows.lengths).enumerate() {
        let valid = &mut indices[..length as usize];
        for (index, u) in valid.iter_mut().zip(draws) {
            *index = counter.below(*u);
        }
        let special = rows.special(row);
        for t in [0, (length as usize).saturating_sub(1)] {
            if droppable(special, t, length) == Some(false) {
                indices[t] = top;
            }
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
        Err(Error::RateList {
            got: describe_list(list),
        })
    }
}

/// A list for messages, cut after twelve entries.
pub(super) fn describe_list<T: ToString>(list: &[T]) -> String {
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
    use crate::data::dataset::Modality;
    use crate::mask::testing::{EVALUATION, ids, rows_of};
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
            let refused = DropIndices::draw(
                &Random,
                &EVALUATION,
                rows_of(Modality::Text, &[], &[], 4),
                list,
            );
            assert!(matches!(refused, Err(Error::RateList { .. })), "{list:?}");
        }
        assert_eq!(
            describe_list(&[0.0; 14]),
            "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and 2 more]"
        );
    }

    #[test]
    fn drop_indices_hold_the_mask_of_every_rate_of_every_mask_protocol() {
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
            let rows = rows_of(modality, &ids, &lengths, 12);
            let draws = mask_protocol.draws(&scope, rows).unwrap();
            let indices = DropIndices::draw(mask_protocol, &scope, rows, &list).unwrap();
            for rate in &list {
                let direct = keep(&draws, &[*rate; 400], rows, modality).unwrap();
                let packed = indices.bits(*rate).unwrap();
                let bit = |k: usize| packed[k / 8] >> (k % 8) & 1 == 1;
                let bits: Vec<bool> = (0..direct.bits.len()).map(bit).collect();
                assert_eq!(bits, direct.bits);
                assert_eq!(
                    indices.keep(*rate),
                    Some(direct),
                    "{} {modality}",
                    mask_protocol.name()
                );
            }
            assert_eq!(indices.keep(0.55), None);
            let valid = lengths.iter().map(|length| u64::from(*length)).sum();
            let realized = list.iter().map(|rate| {
                let keep = indices.keep(*rate).unwrap();
                keep.missing_rate(&lengths)
            });
            assert_eq!(indices.missing_rates(valid), realized.collect::<Vec<_>>());
        }
    }

    /// At every rate, at borders of cells, and at the neighboring floats of both.
    #[test]
    fn the_table_counts_as_comparing_does() {
        for list in [
            "0:1:0.1",
            "0:0.9921875:0.00390625",
            "0.5",
            "0.001:0.255:0.001",
        ] {
            let list = rates::parse_list(list).unwrap();
            let counter = RateCounter::new(&list);
            let borders = (0..=2 * CELLS).map(|half| half as f64 / (2 * CELLS) as f64);
            let numbers = list.iter().copied().chain(borders);
            let around = numbers.flat_map(|u| [u, u.next_up(), u.next_down()]);
            for u in around.filter(|u| (0.0..1.0).contains(u)) {
                let compared = list.iter().filter(|rate| **rate < u).count();
                assert_eq!(usize::from(counter.below(u)), compared, "{u}");
            }
        }
    }

    #[test]
    fn merged_rates_are_those_drawn_together() {
        let (ids, lengths): (_, Vec<u32>) = (ids(40), (0..40).map(|i| i % 13).collect());
        let draw = |list: &str| {
            let list = rates::parse_list(list).unwrap();
            let rows = rows_of(Modality::Text, &ids, &lengths, 12);
            DropIndices::draw(&Random, &EVALUATION, rows, &list).unwrap()
        };
        let mut merged = draw("0,0.5,1");
        merged.merge(&draw("0.2,0.7")).unwrap();
        assert_eq!(merged, draw("0,0.2,0.5,0.7,1"));
        let twice = merged.merge(&draw("0.7"));
        assert!(matches!(twice, Err(Error::RateList { .. })));
        let many = draw("0.001:0.251:0.001");
        let refused = merged.merge(&many);
        assert!(matches!(refused, Err(Error::RateList { .. })));
        assert_eq!(merged, draw("0,0.2,0.5,0.7,1"));
    }
}
