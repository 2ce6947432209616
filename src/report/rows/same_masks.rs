//! Whether runs that stand side by side were tested under the very same masks.

use std::collections::HashMap;

use super::scores::ScoredRun;
use crate::report::error::{Error, Result};

/// Checks that runs of one section, of one mask protocol and version, recorded the same hash for each seed
/// and condition: a difference between two models must not be one between their masks. Predictions from
/// elsewhere have no hashes, and pass.
///
/// # Errors
/// [`Error::OtherMasks`] for the first pair of runs that disagree.
pub fn check(runs: &[ScoredRun]) -> Result<()> {
    let mut known: HashMap<&str, (&str, &ScoredRun)> = HashMap::new();
    for run in runs {
        for (place, hash) in run.mask.hashes.iter().filter(|(_, hash)| !hash.is_empty()) {
            let (first, of) = known.entry(place).or_insert((hash, run));
            if *first != hash {
                return Err(Error::OtherMasks {
                    first: of.manifest.id.clone(),
                    second: run.manifest.id.clone(),
                    masks: format!(
                        "{} v{} at {place}",
                        run.mask.mask_protocol, run.mask.version
                    ),
                    hashes: [(*first).to_owned(), hash.clone()],
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::section::sections;

    #[test]
    fn other_masks_under_the_same_name_are_refused() {
        let with = |model: &str, hash: Option<&str>| {
            let mut facts = manifest(model, 11, &[0.0, 0.5]);
            if let Some(hash) = hash {
                let found = facts.masks[0].hashes.get_mut("1/0.5").unwrap();
                hash.clone_into(found);
            }
            scored(facts)
        };
        let two = |hash| sections(vec![with("lnln", None), with("flat", hash)]);
        assert!(two(None).is_ok() && two(Some("")).is_ok());
        let message = two(Some("facade")).unwrap_err().to_string();
        for part in ["lnln-11", "flat-11", "iid v1 at 1/0.5", "facade", "h-1-0.5"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
