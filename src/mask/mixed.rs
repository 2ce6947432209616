//! `mixed`: a missing rate of its own for every modality.

use super::condition::Kind;
use super::key::{Key, Purpose};
use super::mask_protocol::Numbers;
use super::{Error, MaskProtocol, Rows, Scope, random};

/// Every position on its own, as in [`super::Random`], at conditions like `l=0.2,a=0.7,v=0.7`.
#[derive(Clone, Copy, Debug)]
pub struct Mixed;

impl MaskProtocol for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "each token or frame on its own, at a rate per modality: l=0.2,a=0.7,v=0.7"
    }

    fn kinds(&self) -> &'static [Kind] {
        &[Kind::Mixed]
    }

    fn fill(&self, scope: &Scope, rows: Rows, field: &mut [f64]) -> Result<(), Error> {
        random::independent(self, scope, rows, field);
        Ok(())
    }

    fn numbers(&self, scope: &Scope) -> Result<Numbers, Error> {
        let key = Key::new(Purpose::Field, self, scope);
        Ok(Numbers::Stream(Box::new(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::Variants;
    use crate::mask::testing::{ids, shape};

    #[test]
    fn every_modality_loses_its_own_rate() {
        let (ids, lengths) = (ids(200), vec![50; 200]);
        let split = shape(&ids, [&lengths, &lengths, &lengths], [50; 3]);
        let condition = "l=0.2,a=0.7,v=0.4".parse().unwrap();
        let drawn = Variants::build(&Mixed, "toy", &[split], 5, &[condition]).unwrap();
        for (modality, inner) in Modality::ALL.into_iter().zip([48.0 / 50.0, 1.0, 1.0]) {
            let missing = drawn.keep(split.name, modality, condition).unwrap();
            let (missing, rate) = (
                missing.missing_rate(&lengths).unwrap(),
                condition.of(modality),
            );
            let deviation = (rate * (1.0 - rate) / 10_000.0).sqrt();
            assert!(
                (missing - rate * inner).abs() < 4.0 * deviation,
                "{modality}: {missing}"
            );
        }
    }
}
