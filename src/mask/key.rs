//! Keys: derive each sample's stream of random numbers.
//!
//! A sample's stream is ChaCha8 seeded with the blake3 hash of (purpose, mask protocol, key version, data
//! set, split, modality, seed, phase, sample id), every text preceded by its length. Nothing
//! else enters: no row index, no thread, no other sample. Raw generator words are turned into
//! numbers here, so no library's idea of a uniform distribution can change a mask.

use rand_chacha::rand_core::block::Generator;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::{ChaCha8Core, ChaCha8Rng};

use super::MaskProtocol;
use crate::data::dataset::{Modality, SplitName};

/// Separates these keys from every other use of blake3; the number is the encoding's version.
const CONTEXT: &str = "lnln-bench mask key 1";

/// When a mask is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// For validation and test.
    Evaluation,
    /// For a training epoch, by the draw's number (see [`super::Noise::draw`]).
    Epoch(u32),
}

/// Everything that decides a mask, except the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// Name of the data set in `datasets.toml`.
    pub dataset: &'a str,
    pub split: SplitName,
    pub modality: Modality,
    pub seed: u64,
    pub phase: Phase,
}

/// What random numbers are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The draws that decide which positions are masked.
    Draws,
    /// The missing rate of a training sample.
    Rate,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            // Part of every stored mask's key, so it cannot be renamed.
            Self::Draws => "field",
            Self::Rate => "rate",
        }
    }
}

/// A key that lacks only the sample id.
#[derive(Clone)]
pub struct Key(blake3::Hasher);

impl Key {
    /// The key of one purpose of a mask protocol in a scope.
    pub(super) fn new<F>(purpose: Purpose, mask_protocol: &F, scope: &Scope) -> Self
    where
        F: MaskProtocol + ?Sized,
    {
        Self::of(purpose, mask_protocol, scope, scope.modality.as_str())
    }

    /// A key that is the same for all modalities of a scope.
    pub(super) fn shared<F>(purpose: Purpose, mask_protocol: &F, scope: &Scope) -> Self
    where
        F: MaskProtocol + ?Sized,
    {
        Self::of(purpose, mask_protocol, scope, "all")
    }

    fn of<F>(purpose: Purpose, mask_protocol: &F, scope: &Scope, modality: &str) -> Self
    where
        F: MaskProtocol + ?Sized,
    {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        for text in [
            purpose.as_str(),
            mask_protocol.name(),
            scope.dataset,
            scope.split.as_str(),
            modality,
        ] {
            update_text(&mut hasher, text);
        }
        let (tag, epoch) = match scope.phase {
            Phase::Evaluation => (0u32, 0),
            Phase::Epoch(epoch) => (1, epoch),
        };
        hasher.update(&scope.seed.to_le_bytes());
        for number in [mask_protocol.key_version(), tag, epoch] {
            hasher.update(&number.to_le_bytes());
        }
        Self(hasher)
    }

    /// The stream of one sample.
    pub(super) fn stream(&self, id: &str) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.seed(id))
    }

    /// Fills a row with what as many calls of [`uniform`] on the sample's stream would give,
    /// straight from the generator's blocks.
    pub(super) fn fill(&self, id: &str, row: &mut [f64]) {
        let mut generator = ChaCha8Core::from_seed(self.seed(id));
        let mut block = [0; 64];
        for numbers in row.chunks_mut(block.len() / 2) {
            generator.generate(&mut block);
            let (words, _) = block.as_chunks::<2>();
            for (number, [low, high]) in numbers.iter_mut().zip(words) {
                *number = middle(u64::from(*high) << 32 | u64::from(*low));
            }
        }
    }

    fn seed(&self, id: &str) -> [u8; 32] {
        let mut hasher = self.0.clone();
        update_text(&mut hasher, id);
        *hasher.finalize().as_bytes()
    }
}

/// Adds a text preceded by its length, so that no two lists of texts encode alike.
pub(super) fn update_text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// One number of the open interval (0, 1): the middle of one of 2^52 equal cells.
///
/// The cell is the upper 52 bits of two raw words, low word first. Neither 0 nor 1 can occur, so
/// rate 0 keeps every position and rate 1 none.
pub(super) fn uniform(stream: &mut ChaCha8Rng) -> f64 {
    let (low, high) = (u64::from(stream.next_u32()), u64::from(stream.next_u32()));
    middle((high << 32) | low)
}

/// (k + 1/2) / 2^52 for the upper 52 bits k: the number of [1, 2) with mantissa k, shifted. Both
/// steps are exact, and the compiler vectorizes them.
fn middle(bits: u64) -> f64 {
    const ONE: u64 = 1.0f64.to_bits();
    const SHIFT: f64 = 1.0 - f64::EPSILON / 2.0;
    f64::from_bits(ONE | (bits >> 12)) - SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::EVALUATION;
    use crate::mask::{Error, Rows};

    /// A mask protocol of this name and key version that draws nothing.
    struct Named(&'static str, u32);

    impl MaskProtocol for Named {
        fn name(&self) -> &'static str {
            self.0
        }

        fn version(&self) -> u32 {
            self.1
        }

        fn key_version(&self) -> u32 {
            self.1
        }

        fn summary(&self) -> &'static str {
            "for tests"
        }

        fn fill(&self, _: &Scope, _: Rows, _: &mut [f64]) -> Result<(), Error> {
            Ok(())
        }
    }

    fn first(
        purpose: Purpose,
        mask_protocol: &'static str,
        version: u32,
        scope: Scope,
        id: &str,
    ) -> f64 {
        let mask_protocol = Named(mask_protocol, version);
        uniform(&mut Key::new(purpose, &mask_protocol, &scope).stream(id))
    }

    fn drawn(scope: Scope) -> f64 {
        first(Purpose::Draws, "random", 1, scope, "a")
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let scope = EVALUATION;
        let (valid, vision) = (SplitName::Valid, Modality::Vision);
        let epoch = Phase::Epoch;
        let draws = [
            drawn(scope),
            first(Purpose::Rate, "random", 1, scope, "a"),
            first(Purpose::Draws, "other", 1, scope, "a"),
            first(Purpose::Draws, "random", 2, scope, "a"),
            first(Purpose::Draws, "random", 1, scope, "b"),
            drawn(Scope {
                dataset: "mosei",
                ..scope
            }),
            drawn(Scope {
                split: valid,
                ..scope
            }),
            drawn(Scope {
                modality: vision,
                ..scope
            }),
            drawn(Scope { seed: 2, ..scope }),
            drawn(Scope {
                seed: 1 << 32,
                ..scope
            }),
            drawn(Scope {
                phase: epoch(0),
                ..scope
            }),
            drawn(Scope {
                phase: epoch(1),
                ..scope
            }),
            uniform(&mut Key::shared(Purpose::Draws, &Named("random", 1), &scope).stream("a")),
        ];
        for (i, a) in draws.iter().enumerate() {
            let new = draws[..i].iter().all(|b| a != b);
            assert!(new, "draw {i} repeats an earlier one");
        }
    }

    #[test]
    fn lengths_separate_adjacent_texts() {
        let first_of = |mask_protocol, dataset| {
            first(
                Purpose::Draws,
                mask_protocol,
                1,
                Scope {
                    dataset,
                    ..EVALUATION
                },
                "x",
            )
        };
        assert_ne!(first_of("ab", "c"), first_of("a", "bc"));
    }

    #[test]
    fn rows_are_filled_with_single_draws() {
        let key = Key::new(Purpose::Draws, &Named("random", 1), &EVALUATION);
        for n in [0, 1, 63, 64, 65, 500] {
            let (mut filled, mut stream) = (vec![0.0; n], key.stream("a"));
            key.fill("a", &mut filled);
            assert!(filled.iter().all(|u| *u == uniform(&mut stream)), "{n}");
        }
    }

    #[test]
    fn a_number_is_the_middle_of_its_cell() {
        let cell = 1.0 / (1u64 << 52) as f64;
        for bits in [0, 1 << 12, 0x0123_4567_89ab_cdef, 1 << 63, u64::MAX] {
            assert_eq!(middle(bits), ((bits >> 12) as f64 + 0.5) * cell);
        }
    }

    #[test]
    fn uniform_stays_inside_the_open_interval() {
        let key = Key::new(Purpose::Draws, &Named("random", 1), &EVALUATION);
        let mut stream = key.stream("a");
        let draws: Vec<f64> = (0..10_000).map(|_| uniform(&mut stream)).collect();
        assert!(draws.iter().all(|u| *u > 0.0 && *u < 1.0));
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.5).abs() < 4.0 * (1.0 / 12.0f64 / 10_000.0).sqrt());
    }
}
