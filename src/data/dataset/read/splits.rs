//! Reads all splits of a pickle and checks that their shapes agree.

use std::path::Path;

use super::columns::Columns;
use super::detect::Traits;
use super::features::Features;
use super::labels;
use super::layouts;
use super::plan::{Plan, Reading};
use super::tokens;
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::shapes::Shapes;
use crate::data::dataset::split_name::SplitName;
use crate::data::pickle::Value;

/// The splits of a pickle.
pub struct Splits<'a> {
    /// Train, valid, test, and any other split, such as SIMSv2's `train_mix`.
    pub plans: Vec<Plan<'a>>,
    /// Entries that are not splits.
    pub ignored: Vec<String>,
    /// What was assumed about the layout.
    pub assumptions: Vec<String>,
}

/// Reads every split.
///
/// # Errors
/// As [`Plan::new`]; [`crate::data::dataset::Error::Layout`] where shapes differ between splits.
pub fn read<'a>(input: &'a Path, root: Value<'a>, reading: &Reading<'_>) -> Result<Splits<'a>> {
    if !root.is_dict()
        && let Some((found, remedy)) = layouts::other_kind(input)
    {
        return Err(Error::Layout {
            place: input.display().to_string(),
            expected: "a dict with keys train, valid and test".into(),
            found: format!("{found}; {remedy}"),
        });
    }
    let mut assumptions = Vec::new();
    let mut names: Vec<(&'a str, &'a str)> = Vec::new();
    for split in SplitName::ALL {
        let key = layouts::key(root, split);
        if key != split.as_str() {
            assumptions.push(format!("the split {key} is {split}"));
        }
        names.push((split.as_str(), key));
    }
    if reading.is_arrays {
        check_arrays(input, root, &names)?;
    }
    let mut ignored = Vec::new();
    for (key, value) in root.entries() {
        if key.is_bytes() && assumptions.iter().all(|known| known != BYTES) {
            assumptions.push(BYTES.to_owned());
        }
        let Some(text) = key.text() else { continue };
        if names.iter().any(|(_, known)| *known == text) {
            continue;
        }
        let split =
            value.get("id").is_some() && value.get(labels::MAIN).or(value.get("audio")).is_some();
        match key.as_str() {
            Some(key) if split && !key.contains('/') => names.push((key, key)),
            _ => ignored.push(format!("{text} ({})", value.kind())),
        }
    }
    let columns = |(name, key)| {
        let columns = Columns::of(input, root, name, key);
        columns.map(|columns| columns.named_as_arrays(reading.is_arrays))
    };
    let tokens = |columns: Columns<'_>| tokens::steps(&columns);
    let known = names
        .iter()
        .filter_map(|name| columns(*name).ok().and_then(tokens));
    let reading = Reading {
        longest: known.max().filter(|_| reading.tokenizer.is_none()),
        ..*reading
    };
    let plan = |name| Plan::new(columns(name)?, &reading);
    let mut plans = names.into_iter().map(plan).collect::<Result<Vec<_>>>()?;
    assumptions.extend(pad_tokens(&mut plans));
    for column in ["text", "audio", "vision"] {
        assumptions.extend(pad(&mut plans, column)?);
    }
    check_shapes(&plans)?;
    check_text_steps(&plans)?;
    for plan in &plans {
        let new = |text: &&String| !assumptions.contains(text);
        let own: Vec<String> = plan.assumptions.iter().filter(new).cloned().collect();
        assumptions.extend(own);
    }
    Ok(Splits {
        plans,
        ignored,
        assumptions,
    })
}

/// Checks that the arrays of a file are those of three splits.
fn check_arrays(input: &Path, root: Value<'_>, names: &[(&str, &str)]) -> Result<()> {
    let missing = names.iter().filter(|(_, key)| root.get(key).is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let has_splits = |value: Value<'_>| {
        let mut keys = value.entries().filter_map(|(key, _)| key.text());
        keys.any(|key| layouts::official(&key).is_some())
    };
    let underscored = |(key, value): (Value<'_>, Value<'_>)| {
        let name = key.text()?.into_owned();
        if value.is_dict() && has_splits(value) {
            return Some(format!("; write train/{name} for {name}/train"));
        }
        let first = name.split_once('_');
        let both = [
            first,
            name.rsplit_once('_').map(|(column, split)| (split, column)),
        ];
        let mut both = both.into_iter().flatten();
        let (split, column) = both.find(|(split, _)| layouts::official(split).is_some())?;
        Some(format!("; write {split}/{column} for {name}"))
    };
    let advice = root.entries().find_map(underscored).unwrap_or_default();
    Err(Error::Layout {
        place: input.display().to_string(),
        expected: "arrays train/..., valid/... and test/..., or an array split".to_owned(),
        found: format!(
            "none of {}, but {}{advice}",
            missing.join(", "),
            layouts::keys(root)
        ),
    })
}

const BYTES: &str = "keys are bytes, as Python 2 writes text; read as UTF-8";

/// Pads tokens to those of the longest sample of all splits: a tokenizer pads to that of each batch. Returns what that assumes.
fn pad_tokens(plans: &mut [Plan<'_>]) -> Option<String> {
    let blocks = plans.iter_mut().filter_map(|plan| plan.text_bert.as_mut());
    let mut blocks: Vec<_> = blocks.collect();
    let longest = blocks.iter().map(|block| block.width).max()?;
    if blocks.iter().all(|block| block.width == longest) {
        return None;
    }
    blocks.iter_mut().for_each(|block| block.widen(longest));
    Some(format!(
        "text_bert has other tokens in each split: padded with zeros at the end to {longest}"
    ))
}

/// Pads samples that are stored one by one to the same steps in every split: those of the text if every
/// sample is as long as its text, as in aligned files, else those of the longest sample. Returns what
/// that assumes.
fn pad(plans: &mut [Plan<'_>], column: &str) -> Result<Option<String>> {
    let of = |plan: &Plan<'_>| {
        plan.features_of(column)
            .map(|f| (f.own_steps().is_some(), f.steps))
    };
    let all: Vec<(bool, usize)> = plans.iter().filter_map(of).collect();
    if !all.iter().any(|(own, _)| *own) {
        return Ok(None);
    }
    let longest = all.iter().map(|(_, steps)| *steps).max().unwrap_or(0);
    let tokens = plans[0].text_bert.as_ref().map(|block| block.width);
    let aligned = |plan: &Plan<'_>| {
        let own = plan.features_of(column).and_then(Features::own_steps);
        plan.text_bert.is_some() && own.is_some_and(|steps| steps == plan.lengths.text)
    };
    let steps = match tokens {
        Some(tokens) if tokens >= longest && plans.iter().all(aligned) => tokens,
        _ => longest,
    };
    for plan in plans {
        plan.pad(column, steps)?;
    }
    Ok(Some(format!(
        "{column} holds one array per sample: padded with zeros at the end to {steps} steps, lengths are \
         those of the arrays"
    )))
}

/// Checks that text features have as many steps as there are tokens: masks of one are not masks of the other.
/// One vector per sample has no steps.
fn check_text_steps(plans: &[Plan<'_>]) -> Result<()> {
    for plan in plans {
        let (Some(text), Some(tokens)) = (&plan.text, &plan.text_bert) else {
            continue;
        };
        if text.is_absent() || text.steps <= 1 || text.steps == tokens.width {
            continue;
        }
        let advice = if text.width == tokens.width {
            "the axes are exchanged; write numpy.swapaxes(text, 1, 2)"
        } else {
            "features of other words than the tokens; leave one of both out, or pad to the same steps"
        };
        let expected = format!("{} steps, as many as tokens", tokens.width);
        let found = format!("{} steps of {} features: {advice}", text.steps, text.width);
        return Err(plan.columns.layout("text", expected, found));
    }
    Ok(())
}

/// Checks that widths agree between splits, and steps, since they decide the size of models.
fn check_shapes(plans: &[Plan<'_>]) -> Result<()> {
    let shape = |plan: &Plan<'_>| {
        let tokens = plan.text_bert.as_ref().map_or(0, |block| block.width);
        let text = plan.text.as_ref().map_or([0, 0], |f| [f.steps, f.width]);
        let (audio, vision) = (&plan.audio, &plan.vision);
        (
            [audio.steps, audio.width],
            [vision.steps, vision.width],
            text,
            tokens,
        )
    };
    let first = shape(&plans[0]);
    for plan in &plans[1..] {
        for column in ["text", "audio", "vision"] {
            let there = |plan: &Plan<'_>| plan.features_of(column).is_some_and(|f| !f.is_absent());
            if there(&plans[0]) != there(plan) {
                let words = |there: bool| {
                    if there {
                        column.to_owned()
                    } else {
                        format!("no {column}")
                    }
                };
                let expected = format!("the columns of train: {}", words(there(&plans[0])));
                return Err(plan.columns.layout("", expected, words(there(plan))));
            }
        }
        let other = shape(plan);
        if other != first {
            let words = |(audio, vision, text, tokens)| {
                format!("audio {audio:?}, vision {vision:?}, text {text:?}, {tokens} tokens")
            };
            let expected = format!("the shapes of train: {}", words(first));
            return Err(plan.columns.layout("", expected, words(other)));
        }
    }
    Ok(())
}

/// Steps and features per step; those of all splits are equal.
pub fn shapes(plans: &[Plan<'_>]) -> Shapes {
    let shape = |column| {
        let features = plans[0]
            .features_of(column)
            .filter(|features| !features.is_absent());
        features.map(|features| [features.steps, features.width])
    };
    Shapes {
        tokens: plans[0].text_bert.as_ref().map(|block| block.width),
        text: shape("text"),
        audio: shape("audio"),
        vision: shape("vision"),
    }
}

/// The properties that detection uses.
pub fn traits(plans: &[Plan<'_>]) -> Traits {
    let count = |index: usize| plans.get(index).map_or(0, Plan::rows);
    Traits {
        audio: plans[0].audio.width,
        vision: plans[0].vision.width,
        absent: [plans[0].audio.is_absent(), plans[0].vision.is_absent()],
        steps: [plans[0].audio.steps, plans[0].vision.steps],
        text_steps: match (&plans[0].text_bert, &plans[0].text) {
            (Some(tokens), _) => tokens.width,
            (None, text) => text.as_ref().map_or(0, |text| text.steps),
        },
        counts: [count(0), count(1), count(2)],
    }
}

/// Aligned files have the text's steps in every modality and no frame counts.
pub fn layout(plans: &[Plan<'_>]) -> &'static str {
    let aligned = |plan: &Plan<'_>| {
        ["audio_lengths", "audio_mask"].map(|name| plan.columns.get(name).is_none()) == [true; 2]
            && (plan.audio.steps == plan.vision.steps
                || plan.audio.is_absent()
                || plan.vision.is_absent())
            && (plan.audio.own_steps().is_none() || plan.lengths.audio == plan.lengths.text)
    };
    if plans.iter().all(aligned) {
        "aligned"
    } else {
        "unaligned"
    }
}
