//! Finds the valid steps of every sample, also where texts or whole modalities are absent.

use crate::data::dataset::error::Result;
use crate::data::dataset::read::columns::Columns;
use crate::data::dataset::read::features::Features;
use crate::data::dataset::read::lengths::{Lengths, Sources};
use crate::data::dataset::read::padding::{self, Padding};

/// Valid steps of text, audio and vision in the file; of text none where it is absent.
///
/// `aligned`: all modalities of a sample have the same steps. A sample of zeros in one modality then has the
/// steps of the others.
///
/// # Errors
/// As [`Lengths::read`].
pub fn read(sources: &Sources<'_, '_>, aligned: bool) -> Result<[Vec<i32>; 3]> {
    let has_text = sources.text_bert.is_some() || sources.text.is_some();
    let sources = Sources {
        // Without a text there is nothing that the steps could be those of.
        padding: match sources.padding {
            None if !has_text => Some(Padding::Right),
            own => own,
        },
        ..*sources
    };
    let lengths = Lengths::read(&sources)?;
    let mut all = [lengths.text, lengths.audio, lengths.vision];
    if aligned {
        align(&sources, &mut all)?;
    }
    Ok(all)
}

/// Gives samples with steps in some modality the same in those that have none and no lengths of their own.
fn align(sources: &Sources<'_, '_>, all: &mut [Vec<i32>; 3]) -> Result<()> {
    let rows = sources.ids.len();
    let longest = |all: &[Vec<i32>; 3], row: usize| {
        let steps = all.iter().filter_map(|lengths| lengths.get(row));
        steps.copied().max().unwrap_or(0)
    };
    // Audio and vision took the steps of a text that is not there.
    let lost: Vec<usize> = (0..rows).filter(|row| longest(all, *row) == 0).collect();
    if !lost.is_empty() {
        for (which, name, features) in [(1, "audio", sources.audio), (2, "vision", sources.vision)]
        {
            if has_own(sources.columns, name) || features.is_absent() {
                continue;
            }
            let end = sources.padding.unwrap_or(Padding::Right);
            let counted = count(sources.columns, name, features, end)?;
            for row in &lost {
                all[which][*row] = counted[*row];
            }
        }
    }
    for row in 0..rows {
        let steps = longest(all, row);
        for (which, name, features) in [(1, "audio", sources.audio), (2, "vision", sources.vision)]
        {
            if all[which][row] == 0 && !has_own(sources.columns, name) {
                all[which][row] = steps.min(features.steps as i32);
            }
        }
    }
    Ok(())
}

fn count(
    columns: &Columns<'_>,
    name: &str,
    features: &Features<'_>,
    end: Padding,
) -> Result<Vec<i32>> {
    padding::lengths(columns, name, features, end)
}

/// Whether the file gives the steps of a modality.
pub fn has_own(columns: &Columns<'_>, name: &str) -> bool {
    ["lengths", "mask"]
        .iter()
        .any(|end| columns.get(&format!("{name}_{end}")).is_some())
}
