//! Tests of the properties that every registered mask protocol must have.

use proptest::prelude::*;

use super::mask_protocol::SHARE;
use super::testing::{EVALUATION, features, ids, rows, rows_of, shape};
use super::{
    Condition, DropIndices, MASK_PROTOCOLS, MaskProtocol, Phase, Scope, SplitShape, Variants,
    parse_list, rates,
};
use crate::data::dataset::{Modality, SpecialTokens, SplitName};

/// blake3 over the draws of 50 samples of 40 steps with lengths 1 to 40, or all 40 for the protocols
/// that draw nothing for padding.
fn hash(mask_protocol: &dyn MaskProtocol, scope: &Scope) -> String {
    let (ids, mut lengths): (_, Vec<u32>) = (ids(50), (0..50).map(|i| 1 + i % 40).collect());
    if ["random", "mixed"].contains(&mask_protocol.name()) {
        lengths.fill(40);
    }
    let draws = mask_protocol
        .draws(scope, rows_of(scope.modality, &ids, &lengths, 40))
        .unwrap();
    let bytes: Vec<u8> = draws.iter().flat_map(|u| u.to_le_bytes()).collect();
    blake3::hash(&bytes).to_hex()[..16].to_owned()
}

/// Hashes of the masks of 50 such samples at one condition, of texts with CLS and SEP and of texts
/// without token ids.
fn mask_hashes(mask_protocol: &dyn MaskProtocol) -> [String; 2] {
    let (ids, lengths): (_, Vec<u32>) = (ids(50), (0..50).map(|i| 1 + i % 40).collect());
    let condition = condition_of(mask_protocol);
    [shape, features].map(|split| {
        let split = split(&ids, [&lengths; 3], [40; 3]);
        let masks = Variants::build(mask_protocol, "toy", &[split], 7, &[condition]).unwrap();
        masks.hash(split.name, condition).unwrap()
    })
}

/// A condition that the mask protocol takes.
fn condition_of(mask_protocol: &dyn MaskProtocol) -> Condition {
    let conditions =
        ["0.5", "LA", "l=0.2,a=0.7,v=0.4"].map(|name| name.parse::<Condition>().unwrap());
    let takes = |condition: &Condition| mask_protocol.kinds().contains(&condition.kind());
    conditions.into_iter().find(takes).unwrap()
}

/// A mask protocol, its versions of masks and key, and hashes.
struct Frozen {
    name: &'static str,
    versions: [u32; 2],
    /// Draws for evaluation on text, and for an epoch of training on vision.
    draws: [&'static str; 2],
    /// Masks with token ids and without.
    masks: [&'static str; 2],
}

/// A changed hash here means changed masks for every user: raise the mask protocol's version, and its
/// key's where draws changed, and put the new versions and hashes here.
const FROZEN: &[Frozen] = &[
    Frozen {
        name: "random",
        versions: [2, 1],
        draws: ["5a9e325da8195749", "cd9a0f2a19d4935c"],
        masks: [
            "aa298900ea12a7c64c043bae0e70aa49",
            "0c31d04b18bc1ad06f8fcda9c01f9e5e",
        ],
    },
    Frozen {
        name: "temporal",
        versions: [2, 1],
        draws: ["b87971af3101f025", "24ee1d53782ec4d1"],
        masks: [
            "6e92d9bcf89247440b509c7a1b52f52a",
            "0724443d5de4d254bf912a9acd22cd43",
        ],
    },
    Frozen {
        name: "block",
        versions: [2, 1],
        draws: ["32fe91904549b7d9", "cb1a546da7c5f7f1"],
        masks: [
            "a22ed8fd25bccd509a41851fc93be594",
            "49d3af8b027f94403bdae4dedff2b5b2",
        ],
    },
    Frozen {
        name: "modality",
        versions: [2, 1],
        draws: ["38cc79b66183094a", "239f13d56a58ae07"],
        masks: [
            "9b347058c217e0caa5e60cf6f66b897b",
            "a2e15f795bd08d750fddf16992732f9b",
        ],
    },
    Frozen {
        name: "modality-random",
        versions: [1, 1],
        draws: ["4e7a27ba0970bb68", "1f8f2ae5054ca314"],
        masks: [
            "42b4e2e16c66ce0c04bce8a849c6b87e",
            "93b33d1d9d5d398f145b2f14c1b2fec1",
        ],
    },
    Frozen {
        name: "mixed",
        versions: [2, 1],
        draws: ["a35e118d41c67744", "4aee4602794de7e4"],
        masks: [
            "2bf141053f8198829bca74ea865584cf",
            "684b17f506df0af0a884ee8699c55032",
        ],
    },
    Frozen {
        name: "reference",
        versions: [2, 1],
        draws: ["6955014bf2ad5a67", "1dcb1034106eca53"],
        masks: [
            "a05d91c9fc4b81b6954d6085f14c72c3",
            "3e6bbf87a7ade1b79b81ee1700ccbe4a",
        ],
    },
    Frozen {
        name: "reference-tfr",
        versions: [2, 1],
        draws: ["6955014bf2ad5a67", "1dcb1034106eca53"],
        masks: [
            "67f2e5d3ccae1ebd9d6611611d96f9e6",
            "e570fefa473422e1485ae3371f1c1422",
        ],
    },
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
    let now = MASK_PROTOCOLS.iter().map(|mask_protocol| {
        let draws = [
            hash(*mask_protocol, &EVALUATION),
            hash(*mask_protocol, &training),
        ];
        let versions = [mask_protocol.version(), mask_protocol.key_version()];
        let name = mask_protocol.name();
        format!(
            "{name} {versions:?} {draws:?} {:?}",
            mask_hashes(*mask_protocol)
        )
    });
    let frozen = FROZEN.iter().map(|known| {
        let Frozen {
            name,
            versions,
            draws,
            masks,
        } = known;
        format!("{name} {versions:?} {draws:?} {masks:?}")
    });
    assert_eq!(now.collect::<Vec<_>>(), frozen.collect::<Vec<_>>());
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
        let stays = |u: &f64| mask_protocol.leaves_one_modality() && *u > 1.0;
        assert!(draws.iter().all(|u| (0.0..1.0).contains(u) || stays(u)));
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

/// Rate 1 leaves CLS and SEP of texts with token ids and nothing else: no word, no frame, no padding, in
/// samples of any length.
#[test]
fn nothing_but_special_tokens_survives_rate_one() {
    let (ids, lengths): (_, Vec<u32>) = (ids(300), (0..300).map(|i| i % 13).collect());
    let all = "1,L,A,V,LA,LV,AV,l=1,a=0.5,v=1,l=0.5,a=1,v=0";
    let special: Vec<SpecialTokens> = (0..300)
        .map(|i| SpecialTokens {
            cls: i % 2 == 0,
            sep: i % 3 == 0,
        })
        .collect();
    // What is left of a sample that keeps a modality is tested beside the protocol.
    for mask_protocol in MASK_PROTOCOLS
        .iter()
        .filter(|one| !one.leaves_one_modality())
    {
        let conditions = parse_list(all).unwrap();
        let takes = |condition: &Condition| mask_protocol.kinds().contains(&condition.kind());
        let conditions: Vec<Condition> = conditions.into_iter().filter(takes).collect();
        assert!(!conditions.is_empty(), "{}", mask_protocol.name());
        for special in [None, Some(special.as_slice())] {
            let split = SplitShape {
                special,
                ..features(&ids, [&lengths; 3], [12; 3])
            };
            let masks = Variants::build(*mask_protocol, "toy", &[split], 7, &conditions).unwrap();
            for (condition, modality) in conditions
                .iter()
                .flat_map(|c| Modality::ALL.map(|m| (*c, m)))
            {
                if condition.of(modality) < 1.0 {
                    continue;
                }
                let keep = masks.keep(split.name, modality, condition).unwrap();
                for (row, &length) in lengths.iter().enumerate() {
                    let of_row = special.filter(|_| modality == Modality::Text);
                    let SpecialTokens { cls, sep } = match of_row {
                        // The published code takes every text to begin with CLS and to end with SEP.
                        Some(_) if mask_protocol.protects_ends() => SpecialTokens {
                            cls: true,
                            sep: true,
                        },
                        Some(special) => special[row],
                        None => SpecialTokens::default(),
                    };
                    let expected =
                        (0..12).map(|t| t < length && (cls && t == 0 || sep && t + 1 == length));
                    assert_eq!(
                        keep.row(row),
                        expected.collect::<Vec<_>>(),
                        "{} {modality} at {condition}, length {length}",
                        mask_protocol.name()
                    );
                }
            }
        }
    }
}

/// Probability that the span of `block` covers time `x`: that of a point u in (0, 1) with
/// u (1 - r) <= x <= u + r (1 - u).
fn in_span(x: f64, rate: f64) -> f64 {
    if rate == 1.0 {
        return 1.0;
    }
    (x / (1.0 - rate)).min(1.0) - ((x - rate) / (1.0 - rate)).max(0.0)
}

/// At every rate every word of a text without token ids is masked alike, the first and the last included.
#[test]
fn texts_without_token_ids_are_masked_at_their_nominal_rate() {
    let list = rates::parse_list("0:1:0.1").unwrap();
    for (mask_protocol, length) in MASK_PROTOCOLS
        .iter()
        .filter(|one| !one.leaves_one_modality())
        .flat_map(|p| [1, 2, 3, 20].map(|n| (p, n)))
    {
        let (ids, lengths, steps) = (ids(SAMPLES), [length; SAMPLES], length as usize);
        let split = features(&ids, [&lengths; 3], [steps; 3]);
        let rows = split.rows(Modality::Text, *mask_protocol);
        let indices = DropIndices::draw(*mask_protocol, &EVALUATION, rows, &list).unwrap();
        for rate in &list {
            let keep = indices.keep(*rate).unwrap();
            let share = |t: usize| {
                let masked = keep.bits.chunks(steps).filter(|row| !row[t]).count();
                masked as f64 / SAMPLES as f64
            };
            let name = format!("{} at {rate}, {length} words", mask_protocol.name());
            let is_block = mask_protocol.name() == "block";
            if is_block {
                let masked = |row: &[bool]| row.iter().filter(|kept| !**kept).count() as f64;
                let near = |row: &[bool]| (masked(row) - rate * f64::from(length)).abs() <= 1.0;
                assert!(keep.bits.chunks(steps).all(near), "{name}");
                let mean = (0..steps).map(share).sum::<f64>() / steps as f64;
                assert!(length < 20 || (mean - rate).abs() < 0.01, "{name}: {mean}");
            }
            for t in 0..steps {
                // A span covers the middle of a text more often than its ends.
                let expected = if is_block {
                    in_span((t as f64 + 0.5) / steps as f64, *rate)
                } else {
                    *rate
                };
                let deviation = (expected * (1.0 - expected) / SAMPLES as f64).sqrt();
                let off = (share(t) - expected).abs();
                assert!(off <= 4.5 * deviation, "{name}: {} at {t}", share(t));
            }
        }
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
            .draws(scope, rows_of(scope.modality, &ids, &lengths, steps))
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
        let shared = ["temporal", "modality-random"].contains(&mask_protocol.name());
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
