//! What a mask family is, and how one is found by name.

use super::{Error, FAMILIES, Scope, noise};

/// A way of deciding which positions are missing.
pub trait Family: Sync {
    /// Key in flags and files.
    fn name(&self) -> &'static str;

    /// Raised whenever the same key would give another field.
    fn version(&self) -> u32;

    /// One line for help texts.
    fn summary(&self) -> &'static str;

    /// The uniform field of the samples `ids`, shape (N, `steps`), row-major.
    ///
    /// Families that depend on the row order (their summary says so) need the ids of a whole
    /// split in file order; for the others any subset in any order gives the same rows.
    ///
    /// # Errors
    /// [`Error`] where the family cannot use the scope's seed.
    fn field(&self, scope: &Scope, ids: &[String], steps: usize) -> Result<Vec<f64>, Error>;

    /// Seed of the field under which a run trains, given the run's own seed and the mask seed of
    /// evaluation. Runs of different seeds lose different positions.
    fn training_seed(&self, run: u64, _evaluation: u64) -> u64 {
        run
    }

    /// Missing rates of training samples in one modality, shape (N): exactly half of the samples
    /// (rounded down) complete, the rest uniform in [0, 1).
    ///
    /// `ids` must be the whole split: which half is complete depends on all of them, though not
    /// on their order unless the family's field does too.
    ///
    /// # Errors
    /// [`Error`] where the family cannot use the scope's seed.
    fn rates(&self, scope: &Scope, ids: &[String]) -> Result<Vec<f64>, Error> {
        Ok(noise::half_complete(
            self.name(),
            self.version(),
            scope,
            ids,
        ))
    }
}

/// The family called `name`.
///
/// # Errors
/// [`Error::UnknownFamily`], which lists the known ones.
pub fn find(name: &str) -> Result<&'static dyn Family, Error> {
    FAMILIES
        .iter()
        .copied()
        .find(|family| family.name() == name)
        .ok_or_else(|| {
            let known: Vec<_> = FAMILIES.iter().map(|family| family.name()).collect();
            Error::UnknownFamily {
                asked: name.to_owned(),
                known: known.join(", "),
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Modality, SplitName};
    use crate::mask::Moment;

    const SCOPE: Scope = Scope {
        dataset: "mosi",
        split: SplitName::Train,
        modality: Modality::Audio,
        seed: 1111,
        moment: Moment::Epoch(0),
    };

    #[test]
    fn names_are_unique_and_found() {
        for family in FAMILIES {
            assert_eq!(find(family.name()).unwrap().summary(), family.summary());
            assert_eq!(
                FAMILIES
                    .iter()
                    .filter(|f| f.name() == family.name())
                    .count(),
                1
            );
        }
        let message = find("block").err().unwrap().to_string();
        assert_eq!(
            message,
            "unknown mask family `block`: expected one of random, reference"
        );
    }

    #[test]
    fn every_family_is_pure_and_uniform() {
        let ids: Vec<String> = (0..200).map(|i| format!("v$_${i}")).collect();
        for family in FAMILIES {
            let field = family.field(&SCOPE, &ids, 50).unwrap();
            assert_eq!(field.len(), 10_000);
            assert_eq!(field, family.field(&SCOPE, &ids, 50).unwrap());
            assert!(field.iter().all(|u| (0.0..1.0).contains(u)));
            for rate in [0.1, 0.5, 0.9] {
                let above = field.iter().filter(|u| **u > rate).count() as f64;
                let deviation = (10_000.0 * rate * (1.0 - rate)).sqrt();
                assert!((above - 10_000.0 * (1.0 - rate)).abs() < 4.0 * deviation);
            }
            assert!(family.field(&SCOPE, &ids, 0).unwrap().is_empty());
            assert!(family.field(&SCOPE, &[], 50).unwrap().is_empty());
        }
    }

    #[test]
    fn every_family_leaves_half_of_the_training_samples_complete() {
        for (family, n) in FAMILIES
            .iter()
            .flat_map(|f| [(f, 0), (f, 1), (f, 41), (f, 400)])
        {
            let ids: Vec<String> = (0..n).map(|i| format!("v$_${i}")).collect();
            let rates = family.rates(&SCOPE, &ids).unwrap();
            assert_eq!(rates.len(), n);
            assert_eq!(rates.iter().filter(|rate| **rate == 0.0).count(), n / 2);
            assert!(rates.iter().all(|rate| (0.0..1.0).contains(rate)));
        }
    }
}
