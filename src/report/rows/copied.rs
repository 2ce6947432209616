//! Finds runs that have the predictions of another model, or of another seed, by scores that agree: to the last bit at some
//! condition, or to four decimals at all.

use std::collections::{BTreeMap, BTreeSet};

use super::row::ModelRow;
use super::scores::ScoredRun;
use super::section::Section;
use crate::mask::Condition;

/// Differences of scores that predictions written with four decimals, or in half precision, leave; and the metrics that change
/// by as little. Of 300 runs on ICT-MMMO and 33 on CMU-MOSI no two of different models or seeds are as near.
const NEAR: f64 = 2e-4;
const SMOOTH: [&str; 2] = ["mae", "corr"];

/// Fewest conditions at which scores must be near.
const CONDITIONS: usize = 3;

/// Scores by condition and metric.
type Scores = BTreeMap<Condition, BTreeMap<&'static str, f64>>;

/// A run, or the part of one that a fold or a condition has, with its row.
struct Part<'a> {
    row: &'a ModelRow,
    run: &'a ScoredRun,
    scores: Scores,
}

/// How two runs agree, at so many conditions.
enum Agreement {
    Exact(usize),
    Near(usize),
}

/// A sentence about the first run whose scores are those of another run.
pub fn copied(section: &Section) -> Option<String> {
    let parts: Vec<Part<'_>> = section
        .own_rows()
        .filter(|row| !row.baseline)
        .flat_map(|row| row.runs.iter().flat_map(move |run| parts(row, run)))
        .collect();
    let pairs = neighbors(&parts).into_iter();
    let pairs = pairs.map(|(i, j)| (&parts[j], &parts[i]));
    let found = pairs.filter_map(|(a, b)| Some((a, b, agreement(a, b)?)));
    let mut found: Vec<_> = found.collect();
    // The copy is named first: a model that was trained here is the likelier source.
    for (a, b, _) in &mut found {
        if a.run.manifest.external.is_none() && b.run.manifest.external.is_some() {
            std::mem::swap(a, b);
        }
    }
    let (a, b, how) = found.first()?;
    let (how, same) = match how {
        Agreement::Exact(same) => ("exactly", same),
        Agreement::Near(same) => ("to four decimals", same),
    };
    let more = match found.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more such pairs)"),
    };
    let of = a.scores.len();
    Some(format!(
        "{}: {} has {how} the scores of {} at {same} of {of} condition{}{more}: were predictions, or a folder of evaluations, copied, \
         or is one file scored under two names? They count twice here; remove one of the runs",
        section.title,
        a.name(),
        b.name(),
        if of == 1 { "" } else { "s" },
    ))
}

impl Part<'_> {
    fn name(&self) -> String {
        let manifest = &self.run.manifest;
        let fold = manifest.dataset.fold;
        let fold = fold.map_or(String::new(), |fold| format!(", fold {fold}"));
        format!("{}, seed {}{fold}", self.row.label, manifest.seed)
    }
}

/// The trainings that a run is made of.
fn parts<'a>(row: &'a ModelRow, run: &'a ScoredRun) -> Vec<Part<'a>> {
    let several = run.folds().iter().chain(run.parts());
    let several: Vec<&ScoredRun> = several.collect();
    let runs = if several.is_empty() {
        vec![run]
    } else {
        several
    };
    let part = |run: &'a ScoredRun| Part {
        row,
        run,
        scores: scores(run),
    };
    runs.into_iter().map(part).collect()
}

/// Trainings that have nearly one score at some condition, of thousands of runs the only ones that can agree.
fn neighbors(parts: &[Part<'_>]) -> BTreeSet<(usize, usize)> {
    let mut at: BTreeMap<Condition, Vec<(f64, usize)>> = BTreeMap::new();
    for (i, part) in parts.iter().enumerate() {
        for (condition, scores) in &part.scores {
            let score = scores.get(SMOOTH[0]).or_else(|| scores.values().next());
            at.entry(*condition)
                .or_default()
                .extend(score.map(|score| (*score, i)));
        }
    }
    let mut pairs = BTreeSet::new();
    for mut scores in at.into_values() {
        scores.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (at, (score, i)) in scores.iter().enumerate() {
            let near = scores[at + 1..]
                .iter()
                .take_while(|other| other.0 - score <= NEAR);
            pairs.extend(near.map(|(_, j)| (*i.min(j), *i.max(j))));
        }
    }
    pairs
}

/// All scores at each condition at which something is left and predictions vary.
fn scores(run: &ScoredRun) -> Scores {
    let mut out = Scores::new();
    let mut constant = Vec::new();
    for (metric, by_condition) in &run.conditions {
        for (condition, value) in by_condition {
            match value {
                Ok(score) => {
                    let of = out.entry(*condition).or_default();
                    of.insert(*metric, *score);
                }
                // A constant has no correlation.
                Err(_) => constant.push(*condition),
            }
        }
    }
    out.retain(|condition, _| condition.rate() != Some(1.0) && !constant.contains(condition));
    out
}

/// How two trainings agree that should not: those of another model or seed on the same samples.
fn agreement(a: &Part<'_>, b: &Part<'_>) -> Option<Agreement> {
    let of = |part: &Part<'_>| {
        let manifest = &part.run.manifest;
        (manifest.model.name.clone(), manifest.seed)
    };
    if of(a) == of(b) || a.run.manifest.dataset.name != b.run.manifest.dataset.name {
        return None;
    }
    let both = a.scores.iter();
    let both = both.filter_map(|(condition, own)| Some((own, b.scores.get(condition)?)));
    let both: Vec<_> = both.collect();
    let bits = |scores: &BTreeMap<&'static str, f64>| -> Vec<u64> {
        scores.values().map(|score| score.to_bits()).collect()
    };
    let same = both.iter().filter(|(a, b)| bits(a) == bits(b)).count();
    if same > 0 {
        return Some(Agreement::Exact(same));
    }
    let near = |metric: &&str, a: &BTreeMap<&str, f64>, b: &BTreeMap<&str, f64>| {
        let pair = a.get(metric).zip(b.get(metric));
        pair.is_some_and(|(a, b)| (a - b).abs() <= NEAR)
    };
    let mut all = both.iter();
    let is_near = all.all(|(a, b)| SMOOTH.iter().all(|metric| near(metric, a, b)));
    (is_near && both.len() >= CONDITIONS).then_some(Agreement::Near(both.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::manifest::ExternalMetadata;
    use crate::report::fixture::TOY;
    use crate::report::fixture::{manifest, record};
    use crate::report::rows::scores::score_by;
    use crate::report::rows::sort::sections;

    /// What is found in two models, of which `mine` has predictions of its own or those of the other.
    fn found(is_copy: bool, is_external: bool) -> Option<String> {
        let rates = [0.0, 0.5, 1.0];
        let runs = ["lnln", "mine"].map(|model| {
            let mut metadata = manifest(model, 11, &rates);
            metadata.external = (is_external && model == "mine").then(|| ExternalMetadata {
                file: "p.csv".to_string(),
                blake3: String::new(),
                rows: 1,
                doubts: Vec::new(),
                allowed: Vec::new(),
            });
            let mut made = record(metadata);
            if is_copy {
                made.predictions = record(manifest("lnln", 11, &rates)).predictions;
            }
            score_by(&TOY, made).unwrap().swap_remove(0)
        });
        copied(&sections(runs.to_vec()).unwrap().swap_remove(0))
    }

    #[test]
    fn predictions_of_another_model_are_found() {
        let text = found(true, true).unwrap();
        let words = [
            "MINE, seed 11 has exactly the scores of LNLN, seed 11",
            "at 2 of 2 conditions",
        ];
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert_eq!(found(false, true), None);
        assert!(found(true, false).is_some(), "a folder of evaluations");
    }
}
