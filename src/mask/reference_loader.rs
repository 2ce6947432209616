//! Repeats the published training loader without worker processes: rates at construction and at
//! every "refresh" (fetching sample 0).
//!
//! Its masks come from the same global NumPy generator as its rates, seeded anew for every
//! modality, so each refresh draws rates from wherever the last mask left that generator: at the
//! first refresh the end of the test split's vision draws, later the end of the training split's.
//! From the second refresh on the uniform draws therefore repeat, and only the choice of complete
//! samples (Python's generator) changes.

use super::Error;
use super::numpy_rng::Mt19937;
use super::reference::{RateGenerator, ReferenceRates, numpy_seed};

/// State of the two generators between refreshes.
pub struct Loader {
    generator: RateGenerator,
    train_rows: usize,
    /// NumPy's generator after the training split's masks, where every refresh but the first starts.
    after_train: Mt19937,
}

impl Loader {
    /// Builds train, valid and test data as the reference does, with run seed `seed` and mask
    /// seed `mask_seed`, and returns the training rates too.
    ///
    /// `train` and `test` are (samples, vision steps); nothing else decides the generators' state.
    ///
    /// # Errors
    /// [`Error::SeedTooLarge`] for a seed NumPy refuses.
    pub fn new(
        seed: u64,
        mask_seed: u64,
        train: (usize, usize),
        test: (usize, usize),
    ) -> Result<(Self, ReferenceRates), Error> {
        let mut generator = RateGenerator::from_seed(seed)?;
        let (train_rows, train_vision_steps) = train;
        let initial = generator.draw(train_rows)?;
        let mask_seed = numpy_seed(mask_seed)?;
        generator.numpy = after_draws(mask_seed, test.0 * test.1);
        Ok((
            Self {
                generator,
                train_rows,
                after_train: after_draws(mask_seed, train_rows * train_vision_steps),
            },
            initial,
        ))
    }

    /// The training rates after fetching sample 0 once more; the draws of the masks never change.
    ///
    /// # Errors
    /// As [`Loader::new`].
    pub fn refresh(&mut self) -> Result<ReferenceRates, Error> {
        let rates = self.generator.draw(self.train_rows)?;
        self.generator.numpy.clone_from(&self.after_train);
        Ok(rates)
    }
}

/// NumPy's generator after `drawn` numbers.
fn after_draws(mask_seed: u32, drawn: usize) -> Mt19937 {
    let mut numpy = Mt19937::from_seed(mask_seed);
    (0..drawn).for_each(|_| {
        numpy.double();
    });
    numpy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_draws_repeat_from_the_second_refresh_on() {
        let (mut loader, initial) = Loader::new(1111, 1111, (12, 6), (6, 6)).unwrap();
        let [first, second, third] = [(); 3].map(|()| loader.refresh().unwrap());
        assert_ne!(initial.uniform, first.uniform);
        assert_ne!(first.uniform, second.uniform);
        assert_eq!(second.uniform, third.uniform);
        assert_ne!(second.zeroed, third.zeroed);
    }
}
