//! Checks that a run's predictions are those that its manifest lists.

use std::collections::{BTreeSet, HashSet};

use crate::mask::Condition;
use crate::record::{Group, Manifest};

use crate::report::error::{Error, Result};

/// Checks that the predictions are those that the manifest lists, no more and no fewer.
pub fn groups(manifest: &Manifest, groups: &[Group]) -> Result<()> {
    for group in groups {
        check_group(manifest, group)?;
    }
    let (epochs, expected): (BTreeSet<u32>, _) = (
        groups.iter().map(|group| group.epoch).collect(),
        manifest.evaluated_epochs(),
    );
    if groups.is_empty() && !expected.is_empty() {
        return Err(Error::NoEvaluation {
            run: manifest.id.clone(),
        });
    }
    if epochs != expected {
        return Err(Error::Predictions {
            run: manifest.id.clone(),
            expected: format!("by the weights of epochs {expected:?}"),
            found: format!("{epochs:?}"),
        });
    }
    epochs.into_iter().try_for_each(|epoch| {
        let own = groups.iter().filter(|group| group.epoch == epoch);
        let conditions = own.map(|group| &group.key);
        let found: BTreeSet<_> = conditions
            .map(|c| (c.mask_protocol.as_str(), c.mask_seed, c.condition))
            .collect();
        grid(manifest, &found)
    })
}

/// Whether these (mask protocol, mask seed, condition) are the manifest's.
pub fn grid(manifest: &Manifest, found: &BTreeSet<(&str, u64, Condition)>) -> Result<()> {
    let mut expected = BTreeSet::new();
    for mask in &manifest.masks {
        for seed in &mask.seeds {
            let grid = |condition: &Condition| (mask.mask_protocol.as_str(), *seed, *condition);
            expected.extend(mask.conditions.iter().map(grid));
        }
    }
    if *found != expected || found.is_empty() {
        return Err(Error::Predictions {
            run: manifest.id.clone(),
            expected: format!("under (masks/seed/condition) {}", show_grid(&expected)),
            found: show_grid(found),
        });
    }
    Ok(())
}

fn show_grid(found: &BTreeSet<(&str, u64, Condition)>) -> String {
    let cells: Vec<_> = found
        .iter()
        .map(|(f, s, l)| format!("{f}/{s}/{l}"))
        .collect();
    if cells.is_empty() {
        "none".to_string()
    } else {
        cells.join(", ")
    }
}

fn check_group(manifest: &Manifest, group: &Group) -> Result<()> {
    let c = &group.key;
    let expected = (&*manifest.dataset.name, "test");
    let found = (&*c.dataset, &*c.split);
    let wrong = |expected, found| Error::Predictions {
        run: manifest.id.clone(),
        expected,
        found,
    };
    if found != expected {
        let show = |(d, s): (&str, &str)| format!("of {d}/{s}");
        return Err(wrong(show(expected), show(found)));
    }
    let samples: HashSet<&String> = group.ids.iter().collect();
    let (n, unique) = (manifest.dataset.counts[2], samples.len());
    if group.ids.len() != n || unique != n {
        let expected = format!("for {n} test samples, each once");
        let rows = group.ids.len();
        let found = format!(
            "{rows} for {unique} samples at condition {} of {} masks, seed {}",
            c.condition, c.mask_protocol, c.mask_seed
        );
        return Err(wrong(expected, found));
    }
    Ok(())
}
