//! Joins predictions with the test split: brings them into its order, refuses incomplete ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::{Error, Result};
use super::input_row::InputRow;
use super::{Options, nearest};
use crate::data::dataset::{Corpus, SplitName};
use crate::mask::{self, Condition, ConditionKind};
use crate::support::words::plain_name;

/// Samples a message names before it counts the rest.
const NAMED: usize = 3;

/// Mask protocol, mask seed and condition of a pass.
pub(super) type MaskKey = (String, u64, Condition);

/// The predictions of one model and seed.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub model: String,
    pub seed: u64,
    /// By mask protocol, mask seed and condition: one prediction per test sample, in the split's order.
    pub passes: BTreeMap<MaskKey, Vec<f32>>,
}

/// A pass being filled: the prediction and its row number, per test sample.
type Pass = Vec<Option<(f32, u64)>>;

/// The passes of one model and seed.
type Passes = BTreeMap<MaskKey, Pass>;

/// Every model and seed of the rows, each complete. `name` is the file's, `default` that of a model without
/// one.
pub(super) fn join(
    name: &str,
    default: &str,
    rows: &[InputRow],
    samples: &Samples<'_>,
    options: &Options,
) -> Result<Vec<Joined>> {
    let Samples { ids, indices } = samples;
    let mut runs: BTreeMap<(String, u64), Passes> = BTreeMap::new();
    for row in rows {
        let model = checked_name(row.model.as_deref().unwrap_or(default))?;
        let key = options.masks(row);
        check_condition(name, row, &key.0)?;
        let passes = runs.entry((model.clone(), row.seed)).or_default();
        let pass = passes
            .entry(key.clone())
            .or_insert_with(|| vec![None; ids.len()]);
        let slot = &mut pass[indices[&*row.id]];
        if let Some((_, first)) = *slot {
            return Err(Error::Duplicate {
                file: name.to_string(),
                row: row.number,
                first,
                what: describe(&model, row.seed, &key),
                id: row.id.clone(),
                hint: repeated(rows, options),
            });
        }
        *slot = Some((row.prediction, row.number));
    }
    let each = runs.into_iter();
    let joined: Result<Vec<Joined>> = each
        .map(|((model, seed), passes)| complete(name, ids, model, seed, passes))
        .collect();
    let joined = joined?;
    same_masks(name, &joined)?;
    Ok(joined)
}

/// The test split.
pub(super) struct Samples<'a> {
    pub ids: &'a [String],
    /// The index of each id.
    pub indices: &'a HashMap<&'a str, usize>,
}

/// What rows that occur several times have in common, for a message.
fn repeated(rows: &[InputRow], options: &Options) -> String {
    let mut counts: HashMap<_, usize> = HashMap::new();
    for row in rows {
        let key = (&row.id, &row.model, row.seed, options.masks(row));
        *counts.entry(key).or_default() += 1;
    }
    let least = counts.values().min().copied().unwrap_or(1);
    if least > 1 {
        format!(
            "; every sample occurs at least {least} times: a column that tells them apart (seed, condition, \
             mask_seed or model) is missing or has another name"
        )
    } else {
        let several = counts.values().filter(|count| **count > 1).count();
        format!("; {several} such predictions in all")
    }
}

/// Checks that every seed of a model has the same masks and conditions, since a mean over seeds would
/// otherwise be one over different seeds at each condition.
fn same_masks(file: &str, runs: &[Joined]) -> Result<()> {
    for run in runs {
        let others = runs.iter().filter(|other| other.model == run.model);
        for other in others {
            if let Some(key) = other.passes.keys().find(|k| !run.passes.contains_key(*k)) {
                return Err(Error::Uneven {
                    file: file.to_string(),
                    what: describe(&run.model, run.seed, key),
                    other: other.seed,
                });
            }
        }
    }
    Ok(())
}

/// Models whose names differ in case and separators alone, and that share no seed and condition: one model, named in
/// two ways.
pub(super) fn split_names(runs: &[Joined]) -> Option<String> {
    let plain = |run: &Joined| plain_name(&run.model);
    let shared = |a: &str, b: &str| {
        let of = |model: &str| {
            let runs = runs.iter().filter(|run| run.model == model);
            let keys = runs.flat_map(|run| run.passes.keys().map(|key| (run.seed, key)));
            keys.collect::<BTreeSet<_>>()
        };
        !of(a).is_disjoint(&of(b))
    };
    let mut pairs = runs.iter().flat_map(|a| runs.iter().map(move |b| (a, b)));
    let (a, b) = pairs
        .find(|(a, b)| a.model < b.model && plain(a) == plain(b) && !shared(&a.model, &b.model))?;
    Some(format!(
        "`{}` and `{}` are two models: their names differ in case or separators, and they have no seed and condition \
         in common; give one model one name",
        a.model, b.model
    ))
}

/// Checks that a mask protocol of this program has masks at the row's condition.
fn check_condition(file: &str, row: &InputRow, mask_protocol: &str) -> Result<()> {
    match mask::find(mask_protocol) {
        Ok(known) if !known.kinds().contains(&row.condition.kind()) => Err(Error::Condition {
            file: file.to_string(),
            row: row.number,
            mask_protocol: mask_protocol.to_string(),
            condition: row.condition.to_string(),
            expected: match row.condition.kind() {
                ConditionKind::Subset => format!(
                    "{}; missing modalities are of mask protocol `modality`: --mask-protocol modality, or a column mask_protocol",
                    mask::describe(known.kinds())
                ),
                _ => mask::describe(known.kinds()),
            },
        }),
        _ => Ok(()),
    }
}

/// Checks that every row is about a test sample.
pub(super) fn known_samples(
    file: &str,
    rows: &[InputRow],
    corpus: &Corpus,
    indices: &HashMap<&str, usize>,
) -> Result<()> {
    let unknown = || rows.iter().filter(|r| !indices.contains_key(&*r.id));
    let Some(first) = unknown().next() else {
        return Ok(());
    };
    let within = |split| -> Result<bool> { Ok(corpus.outline(split)?.ids.contains(&first.id)) };
    let hint = match (within(SplitName::Train)?, within(SplitName::Valid)?) {
        (true, _) => " (it is a training sample)".to_string(),
        (_, true) => " (it is a validation sample)".to_string(),
        _ => nearest::hint(&first.id, &corpus.outline(SplitName::Test)?.ids),
    };
    Err(Error::UnknownSample {
        file: file.to_string(),
        row: first.number,
        id: first.id.chars().take(80).collect(),
        dataset: corpus.name().to_string(),
        hint,
        total: unknown().count(),
    })
}

/// Checks that every prediction is a finite number.
pub(super) fn finite(file: &str, rows: &[InputRow]) -> Result<()> {
    let wrong = || rows.iter().filter(|r| !r.prediction.is_finite());
    match wrong().next() {
        None => Ok(()),
        Some(row) => Err(Error::NotFinite {
            file: file.to_string(),
            row: row.number,
            id: row.id.clone(),
            found: row.prediction,
            total: wrong().count(),
        }),
    }
}

/// A name that fits files and flags, and is not the baseline's.
fn checked_name(name: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(plain) && !["constant", "best_constant"].contains(&name)
    {
        Ok(name.to_string())
    } else {
        Err(Error::ModelName {
            name: name.to_string(),
        })
    }
}

fn describe(model: &str, seed: u64, (mask_protocol, mask_seed, condition): &MaskKey) -> String {
    format!("{model}, seed {seed}, condition {condition} ({mask_protocol} masks, seed {mask_seed})")
}

/// A run whose passes hold every sample, and whose mask seeds have the same conditions.
fn complete(
    file: &str,
    ids: &[String],
    model: String,
    seed: u64,
    passes: Passes,
) -> Result<Joined> {
    even(file, &model, seed, passes.keys())?;
    let mut filled = BTreeMap::new();
    for (key, pass) in passes {
        let found: Vec<f32> = pass.iter().flatten().map(|(p, _)| *p).collect();
        if found.len() < ids.len() {
            let absent = pass.iter().zip(ids).filter(|(p, _)| p.is_none());
            let mut names: Vec<_> = absent.map(|(_, id)| id.as_str()).take(NAMED).collect();
            if ids.len() - found.len() > NAMED {
                names.push("...");
            }
            return Err(Error::Missing {
                file: file.to_string(),
                what: describe(&model, seed, &key),
                missing: ids.len() - found.len(),
                samples: ids.len(),
                names: names.join(", "),
            });
        }
        filled.insert(key, found);
    }
    Ok(Joined {
        model,
        seed,
        passes: filled,
    })
}

/// Checks that every mask seed of a mask protocol has the same conditions.
fn even<'a>(
    file: &str,
    model: &str,
    seed: u64,
    keys: impl Iterator<Item = &'a MaskKey>,
) -> Result<()> {
    let mut mask_protocols: BTreeMap<&str, BTreeMap<u64, BTreeSet<Condition>>> = BTreeMap::new();
    for (mask_protocol, mask_seed, condition) in keys {
        let seeds = mask_protocols.entry(mask_protocol).or_default();
        seeds.entry(*mask_seed).or_default().insert(*condition);
    }
    for (mask_protocol, seeds) in mask_protocols {
        let all: BTreeSet<Condition> = seeds.values().flatten().copied().collect();
        for (mask_seed, conditions) in &seeds {
            if let Some(condition) = all.difference(conditions).next() {
                return Err(Error::Ragged {
                    file: file.to_string(),
                    what: format!("{model}, seed {seed}, {mask_protocol} masks"),
                    condition: condition.to_string(),
                    seed: *mask_seed,
                });
            }
        }
    }
    Ok(())
}
