//! Compares the features of a file with those that the model of a run reads.

use super::{Expected, Input};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::modality::Modality;
use crate::data::dataset::read::columns::Columns;
use crate::data::dataset::read::features::Features;

/// A column of features, if the model reads it and the file has it.
pub fn features<'a>(
    columns: &Columns<'a>,
    modality: Modality,
    expected: &Expected,
    ids: &[String],
) -> Result<Features<'a>> {
    let name = modality.as_str();
    let reads = expected.widths[modality as usize].is_some() && !expected.absent[modality as usize];
    let given = ["lengths", "mask"].map(|end| format!("{name}_{end}"));
    let given = given.iter().find(|given| columns.get(given).is_some());
    // The steps of a text may be those of its tokens.
    let is_lost = reads && columns.get(name).is_none() && modality != Modality::Text;
    if let Some(given) = given.filter(|_| is_lost) {
        return Err(columns.missing(format!("column {name}, of which {given} tells the steps,")));
    }
    // Of tokens the text features may give the lengths; they are read where the model reads them.
    if reads && columns.get(name).is_some() {
        Features::read(columns, name, ids)
    } else {
        Ok(Features::absent(ids.len()))
    }
}

/// Refuses features of other widths than the model's, with the first one that differs.
pub fn check(
    columns: &Columns<'_>,
    expected: &Expected,
    features: &[Features<'_>; 3],
    has_tokens: bool,
    file: &str,
) -> Result<()> {
    let differs = |place: &str, problem: String| {
        Err(Error::Contradiction {
            place: place.to_owned(),
            problem,
        })
    };
    let has = |name: &str| columns.get(name).is_some();
    match expected.widths[0] {
        None if !has_tokens && (has("text") || has("raw_text")) => {
            return differs(
                "text",
                format!(
                    "the run reads token ids, {file} has {} alone; add text_bert or token_ids \
                     (docs/own-data.md)",
                    if has("text") {
                        "features"
                    } else {
                        "transcripts"
                    }
                ),
            );
        }
        Some(width) if !has("text") && (has_tokens || has("raw_text")) => {
            return differs(
                "text",
                format!(
                    "the run was trained on {width} features per token, {file} has {} alone",
                    if has_tokens {
                        "token ids"
                    } else {
                        "transcripts"
                    }
                ),
            );
        }
        _ => {}
    }
    let other = |which: usize, width: usize| {
        let exchanged = which > 0
            && expected.widths[3 - which] == Some(width)
            && expected.widths[which] == Some(features[3 - which].width);
        if exchanged {
            "; audio and vision are exchanged"
        } else {
            ""
        }
    };
    for modality in Modality::ALL {
        let (which, own) = (modality as usize, &features[modality as usize]);
        if let Some(width) = expected.widths[which].filter(|width| *width != own.width)
            && !own.is_absent()
        {
            let unit = if modality == Modality::Text {
                "token"
            } else {
                "frame"
            };
            let hint = other(which, own.width);
            return differs(
                modality.as_str(),
                format!(
                    "the run was trained on {width} features per {unit}, {file} has {}{hint}",
                    own.width
                ),
            );
        }
    }
    Ok(())
}

/// Finds modalities of one step per sample where the run was trained with more.
pub fn single_steps(features: &[Features<'_>; 3], expected: &Expected) -> Vec<String> {
    let warning = |modality: Modality| {
        let (own, trained) = (
            &features[modality as usize],
            expected.steps[modality as usize],
        );
        (!own.is_absent() && own.steps == 1 && trained > 1)
            .then(|| format!("{modality}: one step per sample, the run was trained with {trained}"))
    };
    Modality::ALL.into_iter().filter_map(warning).collect()
}

/// Whether a file is standardized as the run's data were.
pub fn standardized(input: &Input, expected: &Expected) -> Result<bool> {
    let mut is = false;
    for modality in [Modality::Audio, Modality::Vision] {
        let own = input.moments(modality.as_str())?;
        if own.is_some() && own != expected.moments[modality as usize] {
            return Err(Error::Contradiction {
                place: modality.to_string(),
                problem: format!(
                    "{} was standardized by another training split than the run's; give the source that it was \
                     prepared from",
                    input.name()
                ),
            });
        }
        is |= own.is_some();
    }
    Ok(is)
}
