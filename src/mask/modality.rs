//! The mask protocol `modality`: whole modalities.

use super::condition::ConditionKind;
use super::key::{Key, Purpose, uniform};
use super::mask_protocol::by_row;
use super::{Error, MaskProtocol, Rows, Scope};

/// One draw per sample and modality, at all of its positions.
///
/// For evaluation the conditions are the six incomplete subsets, which name the missing modalities: a
/// named modality is missing in every sample, the others are complete, and no rate or seed enters. As
/// training noise the modality's rate is the probability that a sample lacks it.
#[derive(Clone, Copy, Debug)]
pub struct WholeModality;

impl MaskProtocol for WholeModality {
    fn name(&self) -> &'static str {
        "modality"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "whole modalities missing: L, A, V, LA, LV, AV (rate-free)"
    }

    fn kinds(&self) -> &'static [ConditionKind] {
        &[ConditionKind::Subset]
    }

    /// A subset is missing in every sample, for any draw.
    fn is_seed_invariant(&self) -> bool {
        true
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        let key = Key::new(Purpose::Draws, self, scope);
        by_row(rows, draws, |id, _, row| {
            row.fill(uniform(&mut key.stream(id)));
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::testing::{EVALUATION, ids, rows};
    use crate::mask::{Condition, MASK_PROTOCOLS, Variants};

    #[test]
    fn a_named_modality_is_missing_everywhere_and_the_others_are_complete() {
        let (ids, lengths) = (ids(30), vec![7; 30]);
        let split = crate::mask::testing::shape(&ids, [&lengths, &lengths, &lengths], [8; 3]);
        let drawn =
            Variants::build(&WholeModality, "toy", &[split], 5, &Condition::SUBSETS).unwrap();
        for condition in Condition::SUBSETS {
            for modality in Modality::ALL {
                let kept = drawn.keep(split.name, modality, condition).unwrap();
                let missing = kept.missing_rate(&lengths).unwrap();
                // Text keeps CLS and SEP, two of seven.
                let all = if modality == Modality::Text {
                    5.0 / 7.0
                } else {
                    1.0
                };
                assert_eq!(
                    missing,
                    condition.of(modality) * all,
                    "{modality} at {condition}"
                );
            }
        }
    }

    /// The premise of drawing one seed only: every other mask protocol's masks differ by seed.
    #[test]
    fn no_seed_enters_evaluation() {
        let (ids, lengths) = (ids(30), vec![7; 30]);
        let split = crate::mask::testing::shape(&ids, [&lengths; 3], [8; 3]);
        for mask_protocol in MASK_PROTOCOLS {
            let conditions = if mask_protocol.is_seed_invariant() {
                Condition::SUBSETS.to_vec()
            } else {
                vec!["l=0.2,a=0.7,v=0.4".parse().unwrap()]
            };
            let draw =
                |seed| Variants::build(*mask_protocol, "toy", &[split], seed, &conditions).unwrap();
            let same = draw(5).splits == draw(6).splits;
            assert_eq!(
                same,
                mask_protocol.is_seed_invariant(),
                "{}",
                mask_protocol.name()
            );
        }
    }

    #[test]
    fn as_noise_a_modality_is_missing_with_the_probability_of_its_rate() {
        let ids = ids(4000);
        let draws = WholeModality
            .draws(&EVALUATION, rows(&ids, &[3; 4000], 3))
            .unwrap();
        let missing = draws.chunks(3).filter(|row| row[0] <= 0.3).count() as f64;
        assert!(
            draws
                .chunks(3)
                .all(|row| row[0] == row[1] && row[1] == row[2])
        );
        // Binomial, within 4 standard deviations.
        assert!(
            (missing - 1200.0).abs() < 4.0 * (4000.0f64 * 0.3 * 0.7).sqrt(),
            "{missing}"
        );
    }
}
