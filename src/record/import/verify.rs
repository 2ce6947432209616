//! Compares hashes of masks in a file with those of the masks that this program draws.

use std::collections::BTreeMap;

use super::Options;
use super::error::{Error, Result};
use super::input_row::InputRow;
use super::join::MaskKey;
use crate::data::dataset::{Corpus, SplitName};
use crate::mask::{self, Condition, SplitShape, Variants};
use crate::record::masks::VariantMetadata;

/// Masks that a file's hashes prove, by mask protocol, mask seed and condition.
pub(super) type Verified = BTreeMap<MaskKey, VariantMetadata>;

/// A hash, and the first row with it.
type Stated<'a> = (&'a str, u64);

/// Draws the masks that the rows give hashes of, and checks that the hashes are theirs. Rows without a hash
/// prove nothing.
///
/// # Errors
/// [`Error::MaskHash`] for the first hash that is another; [`Error::UnverifiedMasks`] for hashes of a mask
/// protocol that this program does not have.
pub(super) fn check(
    file: &str,
    rows: &[InputRow],
    corpus: &Corpus,
    options: &Options,
) -> Result<Verified> {
    let mut stated: BTreeMap<(String, u64), BTreeMap<Condition, Stated<'_>>> = BTreeMap::new();
    for row in rows {
        let Some(hash) = row.mask_hash.as_deref() else {
            continue;
        };
        let (mask_protocol, mask_seed, condition) = options.masks(row);
        let known = stated.entry((mask_protocol, mask_seed)).or_default();
        let (first, _) = known.entry(condition).or_insert((hash, row.number));
        if *first != hash {
            return Err(Error::MaskHash {
                file: file.to_string(),
                row: row.number,
                condition: condition.to_string(),
                expected: (*first).to_string(),
                found: hash.to_string(),
                of: "of an earlier row",
            });
        }
    }
    let mut verified = Verified::new();
    if stated.is_empty() {
        return Ok(verified);
    }
    let outline = corpus.outline(SplitName::Test)?;
    let shape = SplitShape::from(&outline);
    for ((mask_protocol, mask_seed), hashes) in stated {
        let known = mask::find(&mask_protocol).map_err(|_| Error::UnverifiedMasks {
            file: file.to_string(),
            mask_protocol: mask_protocol.clone(),
        })?;
        let conditions: Vec<Condition> = hashes.keys().copied().collect();
        let shapes = std::slice::from_ref(&shape);
        let drawn = Variants::build(known, corpus.name(), shapes, mask_seed, &conditions)?;
        for (condition, (found, row)) in hashes {
            let hash = drawn.hash(SplitName::Test, condition)?;
            if hash != found {
                return Err(Error::MaskHash {
                    file: file.to_string(),
                    row,
                    condition: condition.to_string(),
                    expected: hash,
                    found: found.to_string(),
                    of: "of the masks that `prepare` draws",
                });
            }
            let realized = drawn.realized(SplitName::Test, condition)?.into();
            let variant = VariantMetadata {
                mask_seed,
                condition,
                hash,
                realized,
            };
            verified.insert((mask_protocol.clone(), mask_seed, condition), variant);
        }
    }
    Ok(verified)
}
