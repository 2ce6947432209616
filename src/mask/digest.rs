//! The hash that identifies a mask.

use super::key::update_text;
use super::{Condition, Keep, packing};
use crate::data::dataset::SplitName;

/// Separates this hash from every other use of blake3; the number is the encoding's version.
const CONTEXT: &str = "lnln-bench mask 2";

/// Name of the masks of one split at one condition; the hash covers it and the bits.
#[derive(Clone, Copy, Debug)]
pub struct MaskName<'a> {
    pub mask_protocol: &'a str,
    pub version: u32,
    pub dataset: &'a str,
    pub split: SplitName,
    pub seed: u64,
    pub condition: Condition,
}

/// Hash of the masks of text, audio and vision: 32 hexadecimal digits of blake3 over their name and
/// every kept position. Equal hashes mean equal masks.
pub fn digest(name: &MaskName, keeps: &[Keep; 3]) -> String {
    digest_bits(name, keeps.each_ref().map(packed))
}

/// Rows, steps, and one bit per position.
fn packed(keep: &Keep) -> (usize, usize, Vec<u8>) {
    let kept: Vec<u8> = keep.bits.iter().map(|bit| u8::from(*bit)).collect();
    (keep.rows, keep.steps, packing::above(&kept, 0))
}

/// Adds the mask of one modality: samples, padded positions, bits.
pub(super) fn update_keep(hasher: &mut blake3::Hasher, keep: &Keep) {
    update_bits(hasher, packed(keep));
}

fn update_bits(hasher: &mut blake3::Hasher, (rows, steps, bits): (usize, usize, Vec<u8>)) {
    hasher.update(&(rows as u64).to_le_bytes());
    hasher.update(&(steps as u64).to_le_bytes());
    hasher.update(&bits);
}

/// [`digest`] of packed masks: rows, steps, and one bit per position as in [`packing::above`].
pub(super) fn digest_bits(name: &MaskName, masks: [(usize, usize, Vec<u8>); 3]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    let condition = name.condition.to_string();
    for text in [
        name.mask_protocol,
        name.dataset,
        name.split.as_str(),
        &condition,
    ] {
        update_text(&mut hasher, text);
    }
    hasher.update(&name.version.to_le_bytes());
    hasher.update(&name.seed.to_le_bytes());
    for mask in masks {
        update_bits(&mut hasher, mask);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_shape_and_bits_matter() {
        let name = MaskName {
            mask_protocol: "random",
            version: 1,
            dataset: "toy",
            split: SplitName::Test,
            seed: 1,
            condition: Condition::SUBSETS[0],
        };
        let keep = |rows, steps, kept| Keep {
            rows,
            steps,
            bits: vec![kept; rows * steps],
        };
        let three = |first: Keep| [first, keep(1, 1, true), keep(1, 1, true)];
        let hashes = [
            digest(&name, &three(keep(2, 3, true))),
            digest(&name, &three(keep(3, 2, true))),
            digest(&name, &three(keep(2, 3, false))),
            digest(&MaskName { seed: 2, ..name }, &three(keep(2, 3, true))),
            digest(&MaskName { version: 2, ..name }, &three(keep(2, 3, true))),
            digest(
                &MaskName {
                    condition: Condition::SUBSETS[1],
                    ..name
                },
                &three(keep(2, 3, true)),
            ),
            digest(
                &MaskName {
                    dataset: "mosi",
                    ..name
                },
                &three(keep(2, 3, true)),
            ),
        ];
        for (i, hash) in hashes.iter().enumerate() {
            assert!(hash.len() == 32 && !hashes[..i].contains(hash), "{i}");
        }
    }
}
