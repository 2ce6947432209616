//! How many of some rates lie below a number, for millions of numbers.

/// Ascending rates with a table that answers for most numbers how many of them lie below.
pub struct Scale<'a> {
    rates: &'a [f64],
    /// The answer for the numbers nearest to each multiple of 1 / [`CELLS`], or [`AMBIGUOUS`].
    table: [u8; TABLE],
}

const CELL_BITS: u32 = 11;
const CELLS: usize = 1 << CELL_BITS;
const TABLE: usize = 2 * CELLS;
/// Numbers around a rate, which have to be compared; so are those above all of 255 rates, whose
/// rank this is.
const AMBIGUOUS: u8 = u8::MAX;

impl<'a> Scale<'a> {
    /// The scale of strictly ascending rates, at most 255 of them.
    pub(super) fn new(rates: &'a [f64]) -> Self {
        let answer = |cell: usize| {
            // With its borders, so that it does not matter which way a tie is rounded.
            let [start, end] = [-0.5, 0.5].map(|half| (cell as f64 + half) / CELLS as f64);
            if rates.iter().any(|rate| (start..=end).contains(rate)) {
                AMBIGUOUS
            } else {
                rates.partition_point(|rate| *rate < start) as u8
            }
        };
        Self {
            rates,
            table: std::array::from_fn(answer),
        }
    }

    /// How many rates there are, the rank of what no rate erases.
    pub(super) fn top(&self) -> u8 {
        self.rates.len() as u8
    }

    /// How many rates lie below `u`, a number of [0, 1).
    #[inline]
    pub(super) fn rank(&self, u: f64) -> u8 {
        // From here on a float's last bit counts one: the sum is rounded to a whole number, which
        // its lower bits spell. Cheaper than a conversion, of which this needs tens of millions.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let cell = (u * CELLS as f64 + WHOLE).to_bits() as usize % TABLE;
        match self.table[cell] {
            AMBIGUOUS => self.compare(u),
            answer => answer,
        }
    }

    /// How many rates lie below the number that two raw words of a keyed stream give.
    #[inline]
    pub(super) fn rank_of_words(&self, low: u32, high: u32) -> u8 {
        // The high word alone tells the nearest cell: the low one is less than its last bit.
        let cell = (u64::from(high) + (1 << (31 - CELL_BITS))) >> (32 - CELL_BITS);
        match self.table[cell as usize] {
            AMBIGUOUS => self.compare(middle(u64::from(high) << 32 | u64::from(low))),
            answer => answer,
        }
    }

    /// Seldom needed, and out of the way of the loops around [`Scale::rank`].
    #[cold]
    #[inline(never)]
    fn compare(&self, u: f64) -> u8 {
        self.rates.partition_point(|rate| u > *rate) as u8
    }
}

/// (k + 1/2) / 2^52 for the upper 52 bits k: the number of [1, 2) with mantissa k, shifted. Both
/// steps are exact, and any processor does several numbers at once.
pub(super) fn middle(bits: u64) -> f64 {
    const ONE: u64 = 1.0f64.to_bits();
    const SHIFT: f64 = 1.0 - f64::EPSILON / 2.0;
    f64::from_bits(ONE | (bits >> 12)) - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::rates;
    use proptest::prelude::*;

    /// The words whose number is nearest to `u`, and their neighbours.
    fn words_around(u: f64) -> impl Iterator<Item = u64> {
        let nearest = ((u * (1u64 << 52) as f64) as u64) << 12;
        [0, 1 << 12, 1 << 13]
            .into_iter()
            .map(move |step: u64| nearest.saturating_add(step).saturating_sub(1 << 12))
    }

    /// The table's answers are those of comparing, at the number, and at words around it.
    fn check(list: &[f64], scale: &Scale, u: f64) {
        let compared = |u: f64| list.iter().filter(|rate| u > **rate).count();
        assert_eq!(usize::from(scale.rank(u)), compared(u), "{u}");
        for bits in words_around(u) {
            let number = middle(bits);
            let rank = scale.rank_of_words(bits as u32, (bits >> 32) as u32);
            assert_eq!(usize::from(rank), compared(number), "{number}");
        }
    }

    const LISTS: [&str; 3] = ["0:1:0.1", "0:0.9921875:0.00390625", "0.5"];

    #[test]
    fn borders_of_cells_and_rates_are_no_exceptions() {
        for list in LISTS {
            let list = rates::parse_list(list).unwrap();
            let scale = Scale::new(&list);
            let borders = (0..2 * CELLS).map(|half| half as f64 / (2 * CELLS) as f64);
            let below_one = list.iter().copied().filter(|rate| *rate < 1.0);
            below_one
                .chain(borders)
                .for_each(|u| check(&list, &scale, u));
        }
    }

    proptest! {
        #[test]
        fn the_table_answers_as_comparing_does(u in 0.0f64..1.0, list in 0usize..3) {
            let list = rates::parse_list(LISTS[list]).unwrap();
            check(&list, &Scale::new(&list), u);
        }
    }
}
