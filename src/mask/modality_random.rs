//! The mask protocol `modality-random`: whole modalities of single samples.

use super::key::{Key, Purpose, uniform};
use super::mask_protocol::by_row;
use super::{Error, MaskProtocol, Rows, Scope};

/// The draw of a modality that stays: above every rate.
pub(super) const STAYS: f64 = 2.0;

/// At rate r a sample loses each of its modalities with probability r, independently, but never all
/// three: the modality with the largest of the sample's three draws stays. So a modality is missing in a
/// share of r - r^3 / 3 of the samples, and at rate 1 each sample has exactly one left.
///
/// Instance-level missing modalities, as in GCNet (Lian et al., TPAMI 2023) and IMDer (Wang et al.,
/// NeurIPS 2023), which draw until one modality is left; here masks nest across rates.
#[derive(Clone, Copy, Debug)]
pub struct ModalityRandom;

impl MaskProtocol for ModalityRandom {
    fn name(&self) -> &'static str {
        "modality-random"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "whole modalities of single samples, each with probability r; at least one of three stays"
    }

    fn leaves_one_modality(&self) -> bool {
        true
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        let key = Key::shared(Purpose::Draws, self, scope);
        let own = scope.modality as usize;
        by_row(rows, draws, |id, _, row| {
            let mut stream = key.stream(id);
            let numbers: [f64; 3] = std::array::from_fn(|_| uniform(&mut stream));
            // Of equal ones, which 2^52 values make all but impossible, all stay.
            let stays = numbers.iter().all(|other| *other <= numbers[own]);
            row.fill(if stays { STAYS } else { numbers[own] });
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::Variants;
    use crate::mask::condition::parse_list;
    use crate::mask::testing::{features, ids};

    const SAMPLES: usize = 6000;

    /// Which modalities each sample has left, by condition.
    fn left(list: &str) -> Vec<(f64, Vec<[bool; 3]>)> {
        let (ids, lengths) = (ids(SAMPLES), vec![3; SAMPLES]);
        let split = features(&ids, [&lengths; 3], [3; 3]);
        let conditions = parse_list(list).unwrap();
        let drawn = Variants::build(&ModalityRandom, "toy", &[split], 5, &conditions).unwrap();
        let at = |condition: &crate::mask::Condition| {
            let keeps = Modality::ALL.map(|m| drawn.keep(split.name, m, *condition).unwrap());
            let row = |row: usize| {
                [0, 1, 2].map(|m: usize| {
                    let bits = keeps[m].row(row);
                    assert!(
                        bits.iter().all(|bit| *bit == bits[0]),
                        "a part of a modality"
                    );
                    bits[0]
                })
            };
            (condition.rates()[0], (0..SAMPLES).map(row).collect())
        };
        conditions.iter().map(at).collect()
    }

    #[test]
    fn a_modality_is_missing_at_its_rate_less_what_must_stay() {
        for (rate, samples) in left("0:1:0.1") {
            let expected = rate - rate.powi(3) / 3.0;
            let deviation = (expected * (1.0 - expected) / SAMPLES as f64).sqrt();
            for modality in 0..3 {
                let missing = samples.iter().filter(|sample| !sample[modality]).count();
                let share = missing as f64 / SAMPLES as f64;
                assert!(
                    (share - expected).abs() <= 4.0 * deviation,
                    "{share} at {rate}"
                );
            }
        }
    }

    #[test]
    fn every_sample_has_a_modality_left_and_loses_more_at_higher_rates() {
        let all = left("0:1:0.1");
        for pair in all.windows(2) {
            for (lower, higher) in pair[0].1.iter().zip(&pair[1].1) {
                assert!(higher.contains(&true));
                assert!(
                    lower
                        .iter()
                        .zip(higher)
                        .all(|(lower, higher)| lower >= higher)
                );
            }
        }
        assert!(all[0].1.iter().all(|sample| *sample == [true; 3]));
        let one = |sample: &[bool; 3]| sample.iter().filter(|left| **left).count() == 1;
        assert!(all[10].1.iter().all(one));
    }

    /// Where one stays for sure, two are independent of each other: both are missing with r^2 - 2 r^3 / 3.
    #[test]
    fn modalities_are_lost_independently() {
        let [(_, samples)] = &left("0.4")[..] else {
            panic!("one condition")
        };
        let expected = 0.4f64.powi(2) - 2.0 * 0.4f64.powi(3) / 3.0;
        let deviation = (expected * (1.0 - expected) / SAMPLES as f64).sqrt();
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let both = samples
                .iter()
                .filter(|sample| !sample[a] && !sample[b])
                .count();
            let share = both as f64 / SAMPLES as f64;
            assert!((share - expected).abs() <= 4.0 * deviation, "{share}");
        }
    }
}
