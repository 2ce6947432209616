//! The mask protocol `reference`: the published masks of LNLN and MMSA, bit for bit.

use super::numpy_rng::Mt19937;
use super::python_random::PythonRandom;
use super::{Error, Loader, MaskProtocol, Phase, Rows, Scope, Training};
use crate::data::dataset::Modality;

/// One stream of NumPy's legacy generator, started again from the seed for every modality and
/// split and laid out row-major over all positions, padding included.
///
/// This repeats reference bugs: the three modalities, the three splits and all epochs share their
/// first numbers, and the draws of a sample depend on how many samples precede it.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

impl MaskProtocol for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "the published NumPy masks bit for bit: one stream for all modalities, splits and epochs; \
         depends on the row order"
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
        Mt19937::from_seed(numpy_seed(scope.seed)?).fill(draws);
        Ok(())
    }

    fn sequence(&self, scope: &Scope) -> Result<Option<Box<Mt19937>>, Error> {
        let seed = numpy_seed(scope.seed)?;
        Ok(Some(Box::new(Mt19937::from_seed(seed))))
    }

    /// The published loader draws positions from one fixed seed; the run's seed decides rates only.
    fn training_seed(&self, _run: u64, evaluation: u64) -> u64 {
        evaluation
    }

    /// The published loader's rates at construction (draw 0), and after as many refreshes as the
    /// draw's number.
    fn rates(&self, scope: &Scope, training: &Training) -> Result<Vec<f64>, Error> {
        let (n, steps) = (training.ids.len(), training.vision_steps);
        let (mut loader, mut drawn) =
            Loader::new(scope.seed, training.mask_seed, (n, steps), training.test)?;
        if let Phase::Epoch(refreshes) = scope.phase {
            for _ in 0..refreshes {
                drawn = loader.refresh()?;
            }
        }
        let [text, audio, vision] = drawn.rates;
        Ok(match scope.modality {
            Modality::Text => text,
            Modality::Audio => audio,
            Modality::Vision => vision,
        })
    }
}

/// Training rates of the reference, each array in the order text, audio, vision.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceRates {
    /// Uniform draws before any sample is made complete, shape (N) each.
    pub uniform: [Vec<f64>; 3],
    /// Samples made complete, in drawn order, N / 2 (rounded down) each.
    pub zeroed: [Vec<usize>; 3],
    /// `uniform` with 0 at `zeroed`, shape (N) each.
    pub rates: [Vec<f64>; 3],
}

/// The rates the reference gives `n` training samples in a run of seed `seed`: three vectors of
/// `n` draws from NumPy's generator, then three samples of `n / 2` indices from Python's.
///
/// # Errors
/// [`Error::SeedTooLarge`] for a seed NumPy refuses.
pub fn reference_rates(seed: u64, n: usize) -> Result<ReferenceRates, Error> {
    RateGenerator::from_seed(seed)?.draw(n)
}

/// The two global generators the reference draws rates from.
#[derive(Clone)]
pub(super) struct RateGenerator {
    pub(super) numpy: Mt19937,
    python: PythonRandom,
}

impl RateGenerator {
    pub(super) fn from_seed(seed: u64) -> Result<Self, Error> {
        let numpy = Mt19937::from_seed(numpy_seed(seed)?);
        Ok(Self {
            numpy,
            python: PythonRandom::from_seed(seed),
        })
    }

    /// Rates of `n` samples, all uniform draws before the first choice of samples.
    pub(super) fn draw(&mut self, n: usize) -> Result<ReferenceRates, Error> {
        let count = u32::try_from(n).map_err(|_| Error::Shape {
            what: "training samples at most",
            expected: u32::MAX as usize,
            found: n,
        })?;
        let uniform = [(); 3].map(|()| self.numpy.doubles(n));
        let mut choose = || {
            self.python
                .sample(count, count / 2)
                .iter()
                .map(|&i| i as usize)
                .collect()
        };
        let zeroed: [Vec<usize>; 3] = [choose(), choose(), choose()];
        let mut rates = uniform.clone();
        for (rates, zeroed) in rates.iter_mut().zip(&zeroed) {
            zeroed.iter().for_each(|&sample| rates[sample] = 0.0);
        }
        Ok(ReferenceRates {
            uniform,
            zeroed,
            rates,
        })
    }
}

/// The seed as NumPy's legacy generator takes it.
pub(super) fn numpy_seed(seed: u64) -> Result<u32, Error> {
    u32::try_from(seed).map_err(|_| Error::SeedTooLarge { seed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{EVALUATION, ids, rows, training};

    /// How many of the 686 x 50 text positions of CMU-MOSI's test split are above each rate.
    #[test]
    fn mosi_test_text_counts_match_the_published_draws() {
        let ids = ids(686);
        let draws = Reference
            .draws(&EVALUATION, rows(&ids, &[50; 686], 50))
            .unwrap();
        let counts = [
            34300, 30864, 27460, 24076, 20554, 17055, 13724, 10312, 6852, 3377,
        ];
        for (rate, expected) in crate::mask::rates::parse_list("0:0.9:0.1")
            .unwrap()
            .iter()
            .zip(counts)
        {
            assert_eq!(
                draws.iter().filter(|u| *u > rate).count(),
                expected,
                "rate {rate}"
            );
        }
    }

    #[test]
    fn mosi_train_rates_match_the_published_loader() {
        let expect = |seed, rates: [f64; 4], zeroed: [usize; 5]| {
            let drawn = reference_rates(seed, 1284).unwrap();
            assert_eq!(drawn.rates[0][..4], rates, "seed {seed}");
            assert_eq!(drawn.zeroed[0][..5], zeroed, "seed {seed}");
        };
        expect(
            1111,
            [0.0, 0.0, 0.34357342320721895, 0.3104769418698441],
            [445, 404, 705, 290, 745],
        );
        expect(
            1112,
            [0.07914042648863162, 0.0, 0.0, 0.8796796360376511],
            [576, 148, 521, 1077, 64],
        );
        expect(
            1113,
            [0.0, 0.0, 0.6458936137686927, 0.4236880136379704],
            [56, 124, 417, 140, 237],
        );
    }

    #[test]
    fn later_draws_are_the_loaders_refreshes() {
        let ids = ids(40);
        let training = training(&ids);
        let at = |phase| {
            Reference
                .rates(
                    &Scope {
                        phase,
                        ..EVALUATION
                    },
                    &training,
                )
                .unwrap()
        };
        assert_eq!(
            at(Phase::Evaluation),
            reference_rates(1111, 40).unwrap().rates[0]
        );
        assert_eq!(at(Phase::Epoch(0)), at(Phase::Evaluation));
        let (mut loader, _) = Loader::new(1111, 1111, (40, 5), (3, 4)).unwrap();
        let refreshed = [(); 3].map(|()| loader.refresh().unwrap().rates[0].clone());
        assert_eq!([1, 2, 3].map(|epoch| at(Phase::Epoch(epoch))), refreshed);
    }

    #[test]
    fn a_seed_numpy_refuses_is_an_error() {
        let scope = Scope {
            seed: 1 << 32,
            ..EVALUATION
        };
        let message = Reference
            .draws(&scope, rows(&[], &[], 3))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("seeds from 0 to 4294967295; got seed 4294967296"),
            "{message}"
        );
    }
}
