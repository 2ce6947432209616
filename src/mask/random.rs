//! `random`: every position of every modality on its own, independent of everything else.

use rayon::prelude::*;

use super::key::{Key, uniform};
use super::{Error, Family, Scope};

/// Independent keyed streams: one per (data set, split, modality, seed, moment, sample).
///
/// Fields of different samples, modalities, splits and seeds are independent; a sample's row is
/// the same in any order, subset or number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl Family for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "each token or frame on its own; independent across samples, modalities, splits and seeds"
    }

    fn field(&self, scope: &Scope, ids: &[String], steps: usize) -> Result<Vec<f64>, Error> {
        let mut field = vec![0.0; ids.len() * steps];
        if field.is_empty() {
            return Ok(field);
        }
        let key = Key::new("field", self.name(), self.version(), scope);
        field.par_chunks_mut(steps).zip(ids).for_each(|(row, id)| {
            let mut stream = key.stream(id);
            row.fill_with(|| uniform(&mut stream));
        });
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Modality, SplitName};
    use crate::mask::{Moment, keep};
    use proptest::prelude::*;

    const SCOPE: Scope = Scope {
        dataset: "mosi",
        split: SplitName::Test,
        modality: Modality::Text,
        seed: 1111,
        moment: Moment::Evaluation,
    };

    fn ids(n: usize) -> Vec<String> {
        (0..n)
            .map(|i| format!("video{}$_${}", i / 7, i % 7))
            .collect()
    }

    fn hash(scope: &Scope) -> String {
        let field = Random.field(scope, &ids(50), 40).unwrap();
        let bytes: Vec<u8> = field.iter().flat_map(|u| u.to_le_bytes()).collect();
        blake3::hash(&bytes).to_hex()[..16].to_owned()
    }

    /// A changed hash here means changed masks for every user: raise the family's version.
    #[test]
    fn version_1_is_frozen() {
        let train = Scope {
            dataset: "sims",
            split: SplitName::Train,
            modality: Modality::Vision,
            seed: 7,
            moment: Moment::Epoch(3),
        };
        assert_eq!(Random.version(), 1);
        assert_eq!(
            [hash(&SCOPE), hash(&train)],
            ["5a9e325da8195749", "cd9a0f2a19d4935c"]
        );
    }

    #[test]
    fn modalities_splits_and_seeds_are_independent() {
        let field = |scope: Scope| Random.field(&scope, &ids(200), 50).unwrap();
        let others = [
            Scope {
                modality: Modality::Audio,
                ..SCOPE
            },
            Scope {
                modality: Modality::Vision,
                ..SCOPE
            },
            Scope {
                split: SplitName::Valid,
                ..SCOPE
            },
            Scope {
                seed: 1112,
                ..SCOPE
            },
            Scope {
                dataset: "mosei",
                ..SCOPE
            },
            Scope {
                moment: Moment::Epoch(0),
                ..SCOPE
            },
        ];
        let base = field(SCOPE);
        for other in others.map(field) {
            // Both erased at rate 1/2: a quarter of the positions, within 4 standard deviations.
            let both = base
                .iter()
                .zip(&other)
                .filter(|(a, b)| **a < 0.5 && **b < 0.5)
                .count();
            let deviation = (10_000.0f64 * 0.25 * 0.75).sqrt();
            assert!(
                (both as f64 - 2_500.0).abs() < 4.0 * deviation,
                "{both} of 10000"
            );
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_field() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| Random.field(&SCOPE, &ids(123), 17).unwrap())
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn realised_rates_are_nominal_within_binomial_bounds() {
        let lengths: Vec<u32> = (0..200).map(|i| i % 51).collect();
        let valid: f64 = lengths.iter().map(|&length| f64::from(length)).sum();
        let field = Random.field(&SCOPE, &ids(200), 50).unwrap();
        for rate in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let kept = keep(&field, &[rate; 200], &lengths, 50, Modality::Audio).unwrap();
            let deviation = (rate * (1.0 - rate) / valid).sqrt();
            let realised = kept.missing_rate(&lengths).unwrap();
            assert!(
                (realised - rate).abs() <= 4.0 * deviation,
                "{realised} at {rate}"
            );
        }
    }

    proptest! {
        #[test]
        fn rows_do_not_depend_on_order_or_company(
            picks in proptest::collection::vec(0usize..30, 1..20), seed: u64,
        ) {
            let (scope, all) = (Scope { seed, ..SCOPE }, ids(30));
            let whole = Random.field(&scope, &all, 9).unwrap();
            let some: Vec<String> = picks.iter().map(|&i| all[i].clone()).collect();
            let part = Random.field(&scope, &some, 9).unwrap();
            for (row, &i) in picks.iter().enumerate() {
                prop_assert_eq!(&part[row * 9..][..9], &whole[i * 9..][..9]);
            }
        }

        #[test]
        fn fewer_steps_are_a_prefix(steps in 1usize..20) {
            let (long, short) = (Random.field(&SCOPE, &ids(1), 20), Random.field(&SCOPE, &ids(1), steps));
            prop_assert_eq!(&long.unwrap()[..steps], &short.unwrap()[..]);
        }
    }
}
