//! Compares the construction and the refreshes of a whole loader.

use super::super::Error;
use super::check::{Check, Inputs, draws};
use crate::data::dataset::Modality;
use crate::mask::{Loader, ReferenceRates};

/// Mask seed and evaluation rate of every published loader.
const LOADER_MASK_SEED: u64 = 1111;
const LOADER_EVALUATION_RATE: f64 = 0.5;

impl Check {
    /// `loader_seed_S`: construction of all splits, then the refreshes that are stored.
    pub fn loader(&mut self, seed: u64) -> Result<(), Error> {
        let train = self.inputs("in.train.")?;
        let test = self.inputs("in.test.")?;
        let sizes = ((train.rows, train.steps[2]), (test.rows, test.steps[2]));
        let (mut loader, initial) = Loader::new(seed, LOADER_MASK_SEED, sizes.0, sizes.1)?;
        self.draw(&train, "out.train.initial.", &initial, true)?;
        for (split, inputs) in [("valid", self.inputs("in.valid.")?), ("test", test)] {
            let rates = [(); 3].map(|()| vec![LOADER_EVALUATION_RATE; inputs.rows]);
            let evaluation = ReferenceRates {
                uniform: rates.clone(),
                zeroed: Default::default(),
                rates,
            };
            self.draw(&inputs, &format!("out.{split}.initial."), &evaluation, true)?;
        }
        let refreshes = self.suffixes("out.train.refresh", ".rate_l").len();
        for number in 1..=refreshes {
            let refreshed = loader.refresh()?;
            self.draw(
                &train,
                &format!("out.train.refresh{number}."),
                &refreshed,
                false,
            )?;
        }
        Ok(())
    }

    /// Rates of one state of the loader, and the masks they give.
    fn draw(
        &mut self,
        inputs: &Inputs,
        prefix: &str,
        drawn: &ReferenceRates,
        whole: bool,
    ) -> Result<(), Error> {
        self.rates(prefix, drawn)?;
        for (which, modality) in Modality::ALL.into_iter().enumerate() {
            let draws = draws(LOADER_MASK_SEED, modality, inputs.rows, inputs.steps[which])?;
            let mask = inputs.keep(which, &draws, &drawn.rates[which])?;
            if whole || modality == Modality::Text {
                self.masked(inputs, modality, &mask, &format!("{prefix}{modality}_m"))?;
            } else {
                self.bits(&format!("{prefix}{modality}_keep"), &mask)?;
            }
        }
        Ok(())
    }
}
