//! All rates of a mask in one byte per position.
//!
//! Masks nest, so a position is kept at the lowest rates of an ascending list and erased from some
//! rate on. Its LEVEL is the number of listed rates at which it is kept: 0 on padding, the full
//! length of the list for CLS and SEP. It is kept at rate number i exactly if level > i.

use rayon::prelude::*;

use super::keep::{check, droppable};
use super::{Error, Keep, rates};
use crate::dataset::Modality;

/// Levels of one modality of one split, shape (`rows`, `steps`), row-major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    pub rows: usize,
    pub steps: usize,
    pub data: Vec<u8>,
}

impl Levels {
    /// Levels of a field under an ascending list of 1 to 255 rates.
    ///
    /// # Errors
    /// As [`super::keep`], and [`Error::RateList`] for an unusable list.
    pub fn new(
        field: &[f64],
        list: &[f64],
        lengths: &[u32],
        steps: usize,
        modality: Modality,
    ) -> Result<Self, Error> {
        check_list(list)?;
        check(field, lengths, steps, modality)?;
        let full = list.len() as u8;
        let mut data = vec![0; field.len()];
        if !data.is_empty() {
            let rows = data
                .par_chunks_mut(steps)
                .zip(field.par_chunks(steps))
                .zip(lengths);
            rows.for_each(|((levels, uniforms), &length)| {
                for (t, (level, u)) in levels.iter_mut().zip(uniforms).enumerate() {
                    *level = match droppable(modality, t, length) {
                        Some(true) => list.partition_point(|rate| u > rate) as u8,
                        Some(false) => full,
                        None => 0,
                    };
                }
            });
        }
        Ok(Self {
            rows: lengths.len(),
            steps,
            data,
        })
    }

    /// The mask at the rate with this index in the list.
    pub fn keep(&self, index: usize) -> Keep {
        let bits = self
            .data
            .iter()
            .map(|level| usize::from(*level) > index)
            .collect();
        Keep {
            rows: self.rows,
            steps: self.steps,
            bits,
        }
    }
}

/// Checks that a list is strictly ascending in [0, 1] and fits a byte.
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
pub(super) fn spell(list: &[f64]) -> String {
    let shown: Vec<_> = list.iter().take(12).map(f64::to_string).collect();
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
    use crate::mask::keep;
    use proptest::prelude::*;

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
            let refused = Levels::new(&[], list, &[], 4, Modality::Text);
            assert!(matches!(refused, Err(Error::RateList { .. })), "{list:?}");
        }
        assert_eq!(
            spell(&[0.0; 14]),
            "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 and 2 more]"
        );
    }

    proptest! {
        #[test]
        fn levels_hold_the_mask_of_every_rate(
            field in proptest::collection::vec(0.0f64..1.0, 15),
            lengths in proptest::collection::vec(0u32..=5, 3),
        ) {
            let list = rates::parse_list("0:1:0.1").unwrap();
            for modality in Modality::ALL {
                let levels = Levels::new(&field, &list, &lengths, 5, modality).unwrap();
                for (index, &rate) in list.iter().enumerate() {
                    let direct = keep(&field, &[rate; 3], &lengths, 5, modality).unwrap();
                    prop_assert_eq!(levels.keep(index), direct);
                }
            }
        }
    }
}
