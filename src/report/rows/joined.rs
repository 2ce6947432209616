//! Joins runs of one row that were tested at other conditions than each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::config::{BASELINE, join};
use super::matched;
use super::row::ModelRow;
use super::scores::{ScoredRun, Value};
use crate::mask::Condition;

/// Conditions at which a row has no numbers although some of its runs, or other rows, were tested there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Title of the section.
    pub section: String,
    /// The row's label.
    pub row: String,
    /// As text.
    pub conditions: Vec<String>,
    /// Whether some of its seeds were tested there; else none was.
    pub some_seeds: bool,
}

/// What could not be joined in all sections, a sentence each: rows with seeds that lack conditions, and
/// rows that lack conditions of others.
pub fn describe(all: &[LeftOut]) -> Vec<String> {
    let sentence = |some_seeds: bool, start: &str, end: &str| {
        let rows = all.iter().filter(|one| one.some_seeds == some_seeds);
        let rows: Vec<String> = rows
            .map(|one| format!("{} on {} at {}", one.row, one.section, few(&one.conditions)))
            .collect();
        (!rows.is_empty()).then(|| format!("{start}: {}; {end}", few(&rows)))
    };
    let seeds = sentence(
        true,
        "left out, since not all seeds were tested there",
        "run the sweep at these conditions with all seeds to fill them in",
    );
    let rows = sentence(
        false,
        "not tested, so that means over all conditions are missing",
        "run the sweep at these conditions to fill them in; all conditions of a model of your own are scored from one file",
    );
    seeds.into_iter().chain(rows).collect()
}

/// The first few of a list, and how many more there are.
fn few(all: &[String]) -> String {
    const MOST: usize = 4;
    let more = all.len().saturating_sub(MOST);
    let mut shown = all[..all.len() - more].to_vec();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// Runs that make a row.
pub struct Joined {
    pub runs: Vec<ScoredRun>,
    /// What tells the row from others of the same settings; mostly empty.
    pub remark: String,
    /// Conditions that only some of the runs were tested at, which are left out.
    pub cut: Vec<Condition>,
}

/// Joins runs of a model under one configuration at the conditions that all of them were tested at; where there
/// is none, runs of the same conditions.
pub fn runs(model: &str, runs: Vec<ScoredRun>) -> Vec<Joined> {
    let row = |runs, remark| Joined {
        runs,
        remark,
        cut: Vec::new(),
    };
    if model == BASELINE {
        return vec![row(baseline(runs), String::new())];
    }
    let all = runs.iter().flat_map(|run| &run.mask.conditions).copied();
    let all: BTreeSet<Condition> = all.collect();
    let everywhere = |condition: &Condition| {
        runs.iter()
            .all(|run| run.mask.conditions.contains(condition))
    };
    let (shared, cut): (Vec<Condition>, Vec<Condition>) = all.into_iter().partition(everywhere);
    if shared.is_empty() {
        let mut apart: BTreeMap<Vec<Condition>, Vec<ScoredRun>> = BTreeMap::new();
        for run in runs {
            let conditions = run.mask.conditions.clone();
            apart.entry(conditions).or_default().push(run);
        }
        let rows = apart.into_iter();
        let rows =
            rows.map(|(conditions, runs)| row(runs, format!("at {}", join(&conditions, " "))));
        return rows.collect();
    }
    let mut runs = runs;
    if !cut.is_empty() {
        runs.iter_mut().for_each(|run| run.restrict(&shared));
    }
    vec![Joined {
        cut,
        ..row(runs, String::new())
    }]
}

/// The runs of an untrained baseline: one per seed, at all conditions that some run of the seed was tested
/// at, of seeds that have the most. Its predictions are the same whatever is masked and whatever settings
/// of training are beside it. Runs with other scores are kept, so that they are not lost unseen.
fn baseline(mut runs: Vec<ScoredRun>) -> Vec<ScoredRun> {
    runs.sort_by_key(|run| (Reverse(run.mask.conditions.len()), run.manifest.id.clone()));
    let mut seeds: BTreeMap<u64, Vec<ScoredRun>> = BTreeMap::new();
    let mut others = Vec::new();
    for mut run in runs {
        let parts = seeds.entry(run.manifest.seed).or_default();
        if !parts.iter().all(|part| agree(part, &run)) {
            others.push(run);
            continue;
        }
        let known = |c: &Condition| parts.iter().any(|part| part.mask.conditions.contains(c));
        let (_, new): (Vec<Condition>, Vec<Condition>) =
            run.mask.conditions.iter().partition(|c| known(c));
        if !new.is_empty() {
            run.restrict(&new);
            parts.push(run);
        }
    }
    let joined = seeds.into_values().map(|mut parts| {
        if parts.len() == 1 {
            parts.swap_remove(0)
        } else {
            matched::curve(parts)
        }
    });
    let mut joined: Vec<ScoredRun> = joined.collect();
    let most = joined.iter().map(|run| run.mask.conditions.len()).max();
    joined.retain(|run| Some(run.mask.conditions.len()) == most);
    joined.extend(others);
    joined
}

/// Whether two runs have the same scores at the conditions that both have, but for rounding as published.
fn agree(a: &ScoredRun, b: &ScoredRun) -> bool {
    let equal = |a: &Value, b: &Value| match (a, b) {
        (Ok(a), Ok(b)) => (a - b).abs() < 1e-4,
        (Err(_), Err(_)) => true,
        _ => false,
    };
    let pairs = a.conditions.iter().flat_map(|(metric, curve)| {
        let other = b.conditions.get(metric);
        let pair = move |(condition, value)| Some((value, other?.get(condition)?));
        curve.iter().filter_map(pair)
    });
    pairs.into_iter().all(|(a, b)| equal(a, b))
}

/// The conditions of a section at which rows of models lack numbers.
pub fn left_out(section: &str, rows: &[ModelRow], conditions: &[Condition]) -> Vec<LeftOut> {
    let mut all = Vec::new();
    for row in rows.iter().filter(|row| !row.baseline) {
        let has = |c: &Condition| row.runs.iter().all(|run| run.mask.conditions.contains(c));
        let lacks = conditions
            .iter()
            .filter(|c| !has(c) && !row.cut.contains(c));
        let lacks: Vec<Condition> = lacks.copied().collect();
        let parts = [(&row.cut, true), (&lacks, false)].into_iter();
        let parts = parts.filter(|(conditions, _)| !conditions.is_empty());
        all.extend(parts.map(|(conditions, some_seeds)| LeftOut {
            section: section.to_string(),
            row: row.label.clone(),
            conditions: conditions.iter().map(Condition::to_string).collect(),
            some_seeds,
        }));
    }
    all
}
