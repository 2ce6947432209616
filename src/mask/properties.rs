//! Tests of the properties that every registered mask protocol must have.

use proptest::prelude::*;

use super::mask_protocol::SHARE;
use super::testing::{EVALUATION, ids, rows, shape};
use super::{MASK_PROTOCOLS, MaskProtocol, Phase, Scope, Variants, parse_list};
use crate::data::dataset::{Modality, SplitName};

/// blake3 over the draws of 50 samples of 40 steps with lengths 1 to 40, or all 40 for the protocols
/// that draw nothing for padding.
fn hash(mask_protocol: &dyn MaskProtocol, scope: &Scope) -> String {
    let (ids, mut lengths): (_, Vec<u32>) = (ids(50), (0..50).map(|i| 1 + i % 40).collect());
    if ["random", "mixed"].contains(&mask_protocol.name()) {
        lengths.fill(40);
    }
    let draws = mask_protocol
        .draws(scope, rows(&ids, &lengths, 40))
        .unwrap();
    let bytes: Vec<u8> = draws.iter().flat_map(|u| u.to_le_bytes()).collect();
    blake3::hash(&bytes).to_hex()[..16].to_owned()
}

/// Mask protocol, version, hash for evaluation on text, hash for an epoch of training on vision.
///
/// A changed hash here means changed masks for every user: raise the mask protocol's version, and put the
/// new version and hashes here.
const FROZEN: &[(&str, u32, [&str; 2])] = &[
    ("random", 1, ["5a9e325da8195749", "cd9a0f2a19d4935c"]),
    ("temporal", 1, ["b87971af3101f025", "24ee1d53782ec4d1"]),
    ("block", 1, ["32fe91904549b7d9", "cb1a546da7c5f7f1"]),
    ("modality", 1, ["38cc79b66183094a", "239f13d56a58ae07"]),
    ("mixed", 1, ["a35e118d41c67744", "4aee4602794de7e4"]),
    ("reference", 1, ["6955014bf2ad5a67", "1dcb1034106eca53"]),
    ("reference-tfr", 1, ["6955014bf2ad5a67", "1dcb1034106eca53"]),
];

#[test]
fn every_version_of_every_mask_protocol_is_frozen() {
    let training = Scope {
        dataset: "sims",
        split: SplitName::Train,
        modality: Modality::Vision,
        seed: 7,
        phase: Phase::Epoch(3),
    };
    let now: Vec<_> = MASK_PROTOCOLS
        .iter()
        .map(|mask_protocol| {
            let hashes = [
                hash(*mask_protocol, &EVALUATION),
                hash(*mask_protocol, &training),
            ];
            (mask_protocol.name(), mask_protocol.version(), hashes)
        })
        .collect();
    let frozen: Vec<_> = FROZEN
        .iter()
        .map(|(n, v, h)| (*n, *v, h.map(str::to_owned)))
        .collect();
    assert_eq!(now, frozen);
}

#[test]
fn draws_are_pure_and_below_one() {
    let (ids, lengths) = (ids(60), [50; 60]);
    for mask_protocol in MASK_PROTOCOLS {
        let draw = |ids: &[String], steps| {
            mask_protocol
                .draws(&EVALUATION, rows(ids, &lengths[..ids.len()], steps))
                .unwrap()
        };
        let draws = draw(&ids, 50);
        assert_eq!(draws.len(), 3000, "{}", mask_protocol.name());
        assert_eq!(draws, draw(&ids, 50));
        assert!(draws.iter().all(|u| (0.0..1.0).contains(u)));
        assert!(draw(&ids, 0).is_empty() && draw(&[], 50).is_empty());
    }
}

/// Enough rows of different lengths for several shares of work.
#[test]
fn any_number_of_threads_gives_the_same_masks() {
    let (ids, lengths): (_, Vec<u32>) = (ids(1500), (0..1500).map(|i| i % 18).collect());
    assert!(ids.len() * 17 > 8 * SHARE, "too few for threads to divide");
    let split = shape(&ids, [&lengths; 3], [17; 3]);
    let conditions = parse_list("0:1:0.1,L,LA,l=0.2,a=0.7,v=0.4").unwrap();
    for mask_protocol in MASK_PROTOCOLS {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let draws = mask_protocol
                    .draws(&EVALUATION, rows(&ids, &lengths, 17))
                    .unwrap();
                let masks =
                    Variants::build(*mask_protocol, "toy", &[split], 3, &conditions).unwrap();
                (draws, masks.hashes(split.name).unwrap(), masks)
            })
        };
        let one = with(1);
        assert!(
            [2, 16].iter().all(|n| with(*n) == one),
            "{}",
            mask_protocol.name()
        );
    }
}

/// Share of samples of which one position is masked at rate 1/2 under both of two scopes. One position
/// per sample, so that protocols with long spans draw as many independent numbers as others.
fn both_masked(mask_protocol: &dyn MaskProtocol, a: &Scope, b: &Scope) -> f64 {
    let ids = ids(SAMPLES);
    let masked = |scope: &Scope| -> Vec<bool> {
        // The first of four words, after CLS, or the first of four frames.
        let (steps, index) = match scope.modality {
            Modality::Text => (6, 1),
            _ => (4, 0),
        };
        let lengths = [steps as u32; SAMPLES];
        let draws = mask_protocol
            .draws(scope, rows(&ids, &lengths, steps))
            .unwrap();
        draws.chunks(steps).map(|row| row[index] <= 0.5).collect()
    };
    let both = masked(a)
        .iter()
        .zip(masked(b))
        .filter(|(a, b)| **a && *b)
        .count();
    both as f64 / SAMPLES as f64
}

const SAMPLES: usize = 10_000;

/// Two events are independent if the share of both is the product of their shares p and q. The
/// difference, with shares of the same samples, then has the standard deviation
/// sqrt(p (1 - p) q (1 - q) / N); it must be within 4 of these.
fn near_product(p: f64, q: f64, both: f64) -> bool {
    let deviation = (p * (1.0 - p) * q * (1.0 - q) / SAMPLES as f64).sqrt();
    (both - p * q).abs() < 4.0 * deviation
}

/// One hundredth more or less than the product is too much among 10 000 samples.
#[test]
fn a_small_dependence_is_seen() {
    assert!(near_product(0.5, 0.5, 0.2599));
    assert!(!near_product(0.5, 0.5, 0.2601) && !near_product(0.5, 0.5, 0.2399));
}

/// Whether a mask protocol masks a position under one scope independently of the other.
fn independent(mask_protocol: &dyn MaskProtocol, a: &Scope, b: &Scope) -> bool {
    let (one, other) = (
        both_masked(mask_protocol, a, a),
        both_masked(mask_protocol, b, b),
    );
    assert!(
        (0.2..0.6).contains(&one),
        "{} of {}",
        one,
        mask_protocol.name()
    );
    near_product(one, other, both_masked(mask_protocol, a, b))
}

/// Under a draw-invariant protocol `fresh` noise at one rate is the same as `fixed`.
#[test]
fn only_draw_invariant_mask_protocols_repeat_their_draws() {
    let (ids, lengths) = (ids(20), [9; 20]);
    for mask_protocol in MASK_PROTOCOLS {
        let at = |phase| {
            let scope = Scope {
                phase,
                ..EVALUATION
            };
            mask_protocol
                .draws(&scope, rows(&ids, &lengths, 9))
                .unwrap()
        };
        let same = at(Phase::Epoch(0)) == at(Phase::Epoch(1));
        assert_eq!(
            same,
            mask_protocol.is_draw_invariant(),
            "{}",
            mask_protocol.name()
        );
    }
}

#[test]
fn modalities_splits_seeds_and_phases_are_independent() {
    let (split, phase) = (SplitName::Valid, Phase::Epoch(0));
    let modality = |modality| Scope {
        modality,
        ..EVALUATION
    };
    for mask_protocol in MASK_PROTOCOLS
        .iter()
        .filter(|mask_protocol| !mask_protocol.row_ordered())
    {
        let others = [
            Scope {
                split,
                ..EVALUATION
            },
            Scope {
                seed: 1112,
                ..EVALUATION
            },
            Scope {
                dataset: "mosei",
                ..EVALUATION
            },
            Scope {
                phase,
                ..EVALUATION
            },
        ];
        for other in others {
            assert!(
                independent(*mask_protocol, &EVALUATION, &other),
                "{}: {other:?}",
                mask_protocol.name()
            );
        }
        let shared = mask_protocol.name() == "temporal";
        for (a, b) in [
            (Modality::Text, Modality::Audio),
            (Modality::Text, Modality::Vision),
            (Modality::Audio, Modality::Vision),
        ] {
            let separate = independent(*mask_protocol, &modality(a), &modality(b));
            assert_eq!(separate, !shared, "{}: {a} and {b}", mask_protocol.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_do_not_depend_on_order_or_other_rows(
        picks in proptest::collection::vec(0usize..30, 1..20), seed: u64,
    ) {
        let (all, lengths): (_, Vec<u32>) = (ids(30), (0..30).map(|i| i % 10).collect());
        let scope = Scope { seed, ..EVALUATION };
        for mask_protocol in MASK_PROTOCOLS.iter().filter(|mask_protocol| !mask_protocol.row_ordered()) {
            let complete = mask_protocol.draws(&scope, rows(&all, &lengths, 9)).unwrap();
            let some: Vec<String> = picks.iter().map(|&i| all[i].clone()).collect();
            let some_lengths: Vec<u32> = picks.iter().map(|&i| lengths[i]).collect();
            let part = mask_protocol.draws(&scope, rows(&some, &some_lengths, 9)).unwrap();
            for (row, &i) in picks.iter().enumerate() {
                prop_assert_eq!(&part[row * 9..][..9], &complete[i * 9..][..9]);
            }
        }
    }
}
