//! The mask protocol `block`: one contiguous span per modality.

use super::key::{Key, Purpose, uniform};
use super::mask_protocol::by_row;
use super::timeline::relative_time;
use super::{Error, MaskProtocol, Rows, Scope};

/// A sample draws one point u of its time per modality. At rate r everything from `u (1 - r)` to
/// `u + r (1 - u)` is masked: a span of r of the sample that contains u and grows with r. So masks
/// nest, and every sample is masked at its nominal rate to within one position.
///
/// It follows that a position at time x is kept at every rate below `(u - x) / u` if x < u, and below
/// `(x - u) / (1 - u)` if x > u; this number is its draw.
#[derive(Clone, Copy, Debug)]
pub struct Block;

impl Block {
    /// The point u of a sample's time, in [0, 1): at rate r the span begins at u (1 - r), so that of what is
    /// kept the share u comes before the span, at every rate.
    pub fn point(scope: &Scope, id: &str) -> f64 {
        Self::drawn(&Key::new(Purpose::Draws, &Self, scope), id)
    }

    fn drawn(key: &Key, id: &str) -> f64 {
        uniform(&mut key.stream(id))
    }
}

impl MaskProtocol for Block {
    fn name(&self) -> &'static str {
        "block"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "one contiguous span per sample and modality, of a length given by the rate, nested across rates"
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        let key = Key::new(Purpose::Draws, self, scope);
        by_row(rows, draws, |id, (length, special), row| {
            let seed = Self::drawn(&key, id);
            for (t, u) in row.iter_mut().enumerate() {
                let time = relative_time(special, t, length).unwrap_or(seed);
                let distance = if time < seed {
                    (seed - time) / seed
                } else {
                    (time - seed) / (1.0 - seed)
                };
                // A position exactly at the point would be masked at rate 0.
                *u = distance.max(f64::MIN_POSITIVE);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::keep;
    use crate::mask::testing::{EVALUATION, ids, rows, rows_of};

    #[test]
    fn the_masked_positions_are_one_span_of_the_nominal_length() {
        let (ids, lengths): (_, Vec<u32>) = (ids(120), (0..120).map(|i| i % 41).collect());
        for modality in Modality::ALL {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let rows = rows_of(modality, &ids, &lengths, 40);
            let draws = Block.draws(&scope, rows).unwrap();
            for rate in [0.0, 0.1, 0.5, 0.9, 1.0] {
                let kept = keep(&draws, &[rate; 120], rows, modality).unwrap();
                for (row, &length) in lengths.iter().enumerate() {
                    let valid = &kept.row(row)[..length as usize];
                    let masked: Vec<usize> = (0..valid.len()).filter(|t| !valid[*t]).collect();
                    assert!(
                        masked.windows(2).all(|pair| pair[0] + 1 == pair[1]),
                        "{masked:?}"
                    );
                    let words = match modality {
                        Modality::Text => length.saturating_sub(2),
                        _ => length,
                    };
                    let nominal = rate * f64::from(words);
                    assert!(
                        (masked.len() as f64 - nominal).abs() <= 1.0,
                        "{masked:?} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_point_tells_where_the_span_begins_at_every_rate() {
        let (ids, lengths) = (ids(50), [200; 50]);
        let scope = Scope {
            modality: Modality::Vision,
            ..EVALUATION
        };
        let rows = rows(&ids, &lengths, 200);
        let draws = Block.draws(&scope, rows).unwrap();
        for rate in [0.1, 0.5, 0.9] {
            let kept = keep(&draws, &[rate; 50], rows, Modality::Vision).unwrap();
            for (row, id) in ids.iter().enumerate() {
                let first = kept.row(row).iter().position(|kept| !kept).unwrap();
                let begin = Block::point(&scope, id) * (1.0 - rate) * 200.0;
                assert!(
                    (first as f64 - begin).abs() <= 1.0,
                    "{id} {rate}: {first} {begin}"
                );
            }
        }
    }

    #[test]
    fn spans_of_different_samples_differ() {
        let ids = ids(1000);
        let scope = Scope {
            modality: Modality::Audio,
            ..EVALUATION
        };
        let draws = Block.draws(&scope, rows(&ids, &[100; 1000], 100)).unwrap();
        // The span's middle at a small rate is the drawn point, which is uniform.
        let middle = |row: &[f64]| {
            row.iter()
                .enumerate()
                .min_by(|a, b| a.1.total_cmp(b.1))
                .map_or(0, |(t, _)| t)
        };
        let mean = draws.chunks(100).map(middle).sum::<usize>() as f64 / 1000.0;
        // Uniform on 0..100: mean 49.5, standard deviation 28.9 / sqrt(1000).
        assert!((mean - 49.5).abs() < 4.0 * 28.9 / 1000f64.sqrt(), "{mean}");
    }
}
