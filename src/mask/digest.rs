//! The hash by which a mask is known.

use super::key::update_text;
use super::{Keep, Level};
use crate::dataset::SplitName;

/// Separates this hash from every other use of blake3; the number is the encoding's version.
const CONTEXT: &str = "lnln-bench mask 2";

/// What names the masks of one split at one level, beside their bits.
#[derive(Clone, Copy, Debug)]
pub struct MaskName<'a> {
    pub family: &'a str,
    pub version: u32,
    pub dataset: &'a str,
    pub split: SplitName,
    pub seed: u64,
    pub level: Level,
}

/// Hash of the masks of text, audio and vision: 32 hexadecimal digits of blake3 over their name and
/// every kept position. Equal hashes mean equal masks, wherever they come from.
pub fn digest(name: &MaskName, keeps: &[Keep; 3]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    let level = name.level.to_string();
    for text in [name.family, name.dataset, name.split.as_str(), &level] {
        update_text(&mut hasher, text);
    }
    hasher.update(&name.version.to_le_bytes());
    hasher.update(&name.seed.to_le_bytes());
    for keep in keeps {
        hasher.update(&(keep.rows as u64).to_le_bytes());
        hasher.update(&(keep.steps as u64).to_le_bytes());
        hasher.update(&pack(&keep.bits));
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Eight positions a byte, the first one lowest.
fn pack(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| (bits.iter().rev()).fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_the_first_position_lowest() {
        let bits = [true, false, false, true, false, false, false, false, true];
        assert_eq!(pack(&bits), [9, 1]);
    }

    #[test]
    fn name_shape_and_bits_matter() {
        let name = MaskName {
            family: "random",
            version: 1,
            dataset: "toy",
            split: SplitName::Test,
            seed: 1,
            level: Level::SUBSETS[0],
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
                    level: Level::SUBSETS[1],
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
