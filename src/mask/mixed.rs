//! The mask protocol `mixed`: every position independently, at a rate per modality.

use super::condition::ConditionKind;
use super::{Error, MaskProtocol, Rows, Scope, random};

/// Every position independently, as in [`super::Random`], at conditions like `l=0.2,a=0.7,v=0.7`.
#[derive(Clone, Copy, Debug)]
pub struct Mixed;

impl MaskProtocol for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "each token or frame independently, at a rate per modality: l=0.2,a=0.7,v=0.7"
    }

    fn kinds(&self) -> &'static [ConditionKind] {
        &[ConditionKind::Mixed]
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        random::independent(self, scope, rows, draws);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::Variants;
    use crate::mask::testing::{ids, shape};

    #[test]
    fn every_modality_is_masked_at_its_own_rate() {
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
