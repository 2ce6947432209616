//! Checks that the runs of a section were tested under the same masks.

use std::collections::HashMap;

use super::scores::ScoredRun;
use crate::mask::Condition;
use crate::record::masks::VariantMetadata;
use crate::report::error::{Error, Result};

/// Checks that runs of one section, of one mask protocol and version, recorded the same hash for each seed
/// and condition: a difference between two models must not be one between their masks. External
/// predictions have no hashes, and pass.
///
/// # Errors
/// [`Error::OtherMasks`] for the first pair of runs that disagree.
pub fn check(runs: &[ScoredRun]) -> Result<()> {
    let mut known: HashMap<(u64, Condition), (&str, &ScoredRun)> = HashMap::new();
    for run in runs {
        for variant in &run.mask.variants {
            let VariantMetadata {
                mask_seed,
                condition,
                hash,
                ..
            } = variant;
            let key = (*mask_seed, *condition);
            let (first, of) = known.entry(key).or_insert((hash, run));
            if *first != hash {
                return Err(Error::OtherMasks {
                    first: of.manifest.id.clone(),
                    second: run.manifest.id.clone(),
                    masks: format!(
                        "{} v{}, seed {mask_seed}, condition {condition}",
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
    use crate::report::rows::sort::sections;

    #[test]
    fn other_masks_under_the_same_name_are_refused() {
        let with = |model: &str, hash: Option<&str>| {
            let mut metadata = manifest(model, 11, &[0.0, 0.5]);
            if let Some(hash) = hash {
                let half = "0.5".parse().unwrap();
                let mut variants = metadata.masks[0].variants.iter_mut();
                let found = variants.find(|v| v.mask_seed == 1 && v.condition == half);
                hash.clone_into(&mut found.unwrap().hash);
            }
            scored(metadata)
        };
        let two = |hash| sections(vec![with("lnln", None), with("flat", hash)]);
        let mut external = manifest("flat", 11, &[0.0, 0.5]);
        external.masks[0].variants.clear();
        assert!(two(None).is_ok());
        assert!(sections(vec![with("lnln", None), scored(external)]).is_ok());
        let message = two(Some("facade")).unwrap_err().to_string();
        for part in [
            "lnln-11",
            "flat-11",
            "iid v1, seed 1, condition 0.5",
            "facade",
            "h-1-0.5",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
}
