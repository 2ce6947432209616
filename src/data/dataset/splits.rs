//! Reads all splits of a pickle and checks that their shapes agree.

use std::path::Path;

use super::columns::Columns;
use super::detect::Traits;
use super::error::Result;
use super::padding::Padding;
use super::plan::Plan;
use super::split::SplitName;
use crate::data::pickle::Value;

/// The three splits and any other split, such as SIMSv2's `train_mix`; and the names of entries that
/// are not splits.
///
/// # Errors
/// As [`Plan::new`]; [`super::Error::Layout`] where shapes differ between splits.
pub fn read<'a>(
    input: &'a Path,
    root: Value<'a>,
    padding: Option<Padding>,
) -> Result<(Vec<Plan<'a>>, Vec<String>)> {
    let mut names: Vec<&'a str> = SplitName::ALL.map(SplitName::as_str).into();
    let mut ignored = Vec::new();
    for (key, value) in root.entries() {
        let Some(key) = key.as_str().filter(|key| !names.contains(key)) else {
            continue;
        };
        let split = value.get("id").is_some() && value.get("audio").is_some();
        if split && !key.contains('/') {
            names.push(key)
        } else {
            ignored.push(format!("{key} ({})", value.kind()))
        }
    }
    let plan = |name| Plan::new(Columns::of(input, root, name)?, padding);
    let plans = names.into_iter().map(plan).collect::<Result<Vec<_>>>()?;
    check_shapes(&plans)?;
    Ok((plans, ignored))
}

/// Checks that widths agree between splits, and steps, since they decide the size of models.
fn check_shapes(plans: &[Plan<'_>]) -> Result<()> {
    let shape = |plan: &Plan<'_>| {
        let tokens = plan.text_bert.as_ref().map_or(0, |block| block.width);
        (
            plan.audio.shape()[1..].to_vec(),
            plan.vision.shape()[1..].to_vec(),
            tokens,
        )
    };
    let first = shape(&plans[0]);
    for plan in &plans[1..] {
        let other = shape(plan);
        if other != first {
            let words = |(audio, vision, tokens)| {
                format!("audio {audio:?}, vision {vision:?}, {tokens} tokens")
            };
            let expected = format!("the shapes of train: {}", words(first));
            return Err(plan.columns.layout("", expected, words(other)));
        }
    }
    Ok(())
}

/// The properties that detection uses.
pub fn traits(plans: &[Plan<'_>]) -> Traits {
    let count = |index: usize| plans.get(index).map_or(0, Plan::rows);
    Traits {
        audio: plans[0].audio.shape()[2],
        vision: plans[0].vision.shape()[2],
        counts: [count(0), count(1), count(2)],
    }
}

/// Aligned files have the text's steps in every modality and no frame counts.
pub fn layout(plans: &[Plan<'_>]) -> &'static str {
    let aligned = |plan: &Plan<'_>| {
        plan.columns.get("audio_lengths").is_none()
            && plan.audio.shape()[1] == plan.vision.shape()[1]
    };
    if plans.iter().all(aligned) {
        "aligned"
    } else {
        "unaligned"
    }
}
