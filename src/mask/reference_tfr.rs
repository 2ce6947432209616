//! The mask protocol `reference-tfr`: the masks under which MMSA trains and tests TFR-Net, bit for bit.

use super::condition::ConditionKind;
use super::numpy_rng::Mt19937;
use super::reference::numpy_seed;
use super::{Error, MaskProtocol, Rows, Scope, Training};

/// MMSA has a seed and a rate per modality. With one seed for all three (its default, 1111) the masks
/// are those of [`super::Reference`]. Three different seeds are one mask seed here, with six decimal
/// digits per modality: 111, 1111 and 11111 for text, audio and vision are `111001111011111`, whose
/// last twelve digits are 001111 and 011111. Training data are masked once, under the seed of
/// evaluation, at one rate for all samples (`--noise fixed --noise-rate`).
#[derive(Clone, Copy, Debug)]
pub struct ReferenceTfr;

/// One more than the largest seed of audio and vision among three; a text seed of 1 is written as
/// this squared, which is more than any seed NumPy takes.
const BASE: u64 = 1_000_000;

/// MMSA's seeds of text, audio and vision.
fn seeds(seed: u64) -> Result<[u32; 3], Error> {
    if let Ok(one) = numpy_seed(seed) {
        return Ok([one; 3]);
    }
    let three = [seed / BASE / BASE, seed / BASE % BASE, seed % BASE];
    let equal = three[0] == three[1] && three[1] == three[2];
    match three.map(|seed| u32::try_from(seed).unwrap_or(u32::MAX)) {
        // The same masks under two names would not be recognized as the same.
        [text, ..] if equal => Err(Error::EqualSeeds { seed, text }),
        [text, audio, vision] if (1..BASE).contains(&u64::from(text)) => Ok([text, audio, vision]),
        _ => Err(Error::ThreeSeeds { seed }),
    }
}

fn generator(scope: &Scope) -> Result<Mt19937, Error> {
    let seeds = seeds(scope.seed)?;
    Ok(Mt19937::from_seed(seeds[scope.modality as usize]))
}

impl MaskProtocol for ReferenceTfr {
    fn name(&self) -> &'static str {
        "reference-tfr"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "MMSA's masks for TFR-Net bit for bit: NumPy started from a seed in every modality (seed \
         111001111011111: 111, 1111, 11111), one rate for all or one per modality; depends on the \
         row order"
    }

    fn kinds(&self) -> &'static [ConditionKind] {
        &[ConditionKind::Rate, ConditionKind::Mixed]
    }

    fn row_ordered(&self) -> bool {
        true
    }

    fn protects_ends(&self) -> bool {
        true
    }

    fn is_draw_invariant(&self) -> bool {
        true
    }

    fn fill(&self, scope: &Scope, _: Rows, draws: &mut [f64]) -> Result<(), Error> {
        generator(scope)?.fill(draws);
        Ok(())
    }

    fn sequence(&self, scope: &Scope) -> Result<Option<Box<Mt19937>>, Error> {
        Ok(Some(Box::new(generator(scope)?)))
    }

    /// MMSA trains under the masks it tests under; the run's seed does not enter.
    fn training_seed(&self, _run: u64, evaluation: u64) -> u64 {
        evaluation
    }

    /// MMSA trains at one rate for all samples.
    fn rates(&self, _: &Scope, _: &Training) -> Result<Vec<f64>, Error> {
        Err(Error::OneRate {
            mask_protocol: self.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::testing::{EVALUATION, ids, rows, rows_of};
    use crate::mask::{DropIndices, RateDistribution, Reference};

    fn first(seed: u64, modality: Modality) -> Result<Vec<f64>, Error> {
        let scope = Scope {
            seed,
            modality,
            ..EVALUATION
        };
        ReferenceTfr.draws(&scope, rows(&ids(2), &[3, 3], 3))
    }

    /// What `numpy.random.seed(S); numpy.random.uniform(size=(2, 3))` gives, elements 0, 1 and 5.
    #[test]
    fn three_seeds_are_numpys() {
        let expected = [
            [0.6121701756176187, 0.16906975434563642, 0.1491629571394898],
            [0.09554919920876204, 0.9250037018616327, 0.23559472439157547],
            [0.8388883611371006, 0.47893191825555526, 0.4484848755584706],
        ];
        for (modality, expected) in Modality::ALL.into_iter().zip(expected) {
            let draws = first(111_001_111_011_111, modality).unwrap();
            assert_eq!([draws[0], draws[1], draws[5]], expected, "{modality}");
            let scope = Scope {
                seed: 111_001_111_011_111,
                modality,
                ..EVALUATION
            };
            let ids = ids(2);
            let rows = rows_of(modality, &ids, &[3, 3], 3);
            let indices = DropIndices::draw(&ReferenceTfr, &scope, rows, &[0.4]);
            let kept = indices.unwrap().keep(0.4).unwrap().bits;
            assert!((0..6).all(|k| kept[k]
                == (draws[k] > 0.4 || modality == Modality::Text && [0, 2, 3, 5].contains(&k))));
        }
    }

    #[test]
    fn one_seed_stands_for_three() {
        for modality in Modality::ALL {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let published = Reference.draws(&scope, rows(&ids(2), &[3, 3], 3)).unwrap();
            assert_eq!(first(1111, modality).unwrap(), published);
        }
        assert_eq!(seeds(u64::from(u32::MAX)).unwrap(), [u32::MAX; 3]);
    }

    #[test]
    fn three_seeds_have_one_spelling() {
        let message = |seed| seeds(seed).unwrap_err().to_string();
        assert!(message(1_111_001_111_001_111).contains("write 1111"));
        for other in [1 << 32, 999_999_999_999, BASE * BASE * BASE, u64::MAX] {
            assert!(message(other).contains("111001111011111"), "{other}");
        }
        assert_eq!(seeds(BASE * BASE).unwrap(), [1, 0, 0]);
        let largest = BASE * BASE * BASE - 2;
        assert_eq!(seeds(largest).unwrap(), [999_999, 999_999, 999_998]);
    }

    #[test]
    fn there_is_no_half_complete_training() {
        let message = RateDistribution::HalfComplete
            .check(&ReferenceTfr, 1, 1)
            .unwrap_err();
        assert!(message.to_string().contains("--noise-rate"), "{message}");
        assert!(
            RateDistribution::HalfComplete
                .check(&Reference, 1, 1)
                .is_ok()
        );
        let condition = "0.5".parse().unwrap();
        assert!(
            RateDistribution::At(condition)
                .check(&ReferenceTfr, 1, 1)
                .is_ok()
        );
    }
}
