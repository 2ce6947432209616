//! Finds predictions that were scored as those of another model, or of another seed, by scores that agree to the last bit.

use std::collections::BTreeMap;

use super::row::ModelRow;
use super::scores::ScoredRun;
use super::section::Section;
use crate::mask::Condition;

/// The run of a row.
type Run<'a> = (&'a ModelRow, &'a ScoredRun);

/// A sentence about the first external run whose scores are those of another run at some conditions.
pub fn copied(section: &Section) -> Option<String> {
    let rows = section.own_rows().filter(|row| !row.baseline);
    let runs = rows.flat_map(|row| row.runs.iter().map(move |run| (row, run)));
    let runs: Vec<(Run<'_>, BTreeMap<Condition, Vec<u64>>)> =
        runs.map(|(row, run)| ((row, run), scores(run))).collect();
    let is_external = |run: &ScoredRun| run.manifest.external.is_some();
    let found = runs.iter().enumerate().flat_map(|(i, a)| {
        let others = runs[..i].iter();
        others.filter_map(move |b| {
            let either = is_external(a.0.1) || is_external(b.0.1);
            let equal = |(condition, scores): &(&Condition, &Vec<u64>)| {
                b.1.get(condition).is_some_and(|other| other == *scores)
            };
            let same = a.1.iter().filter(equal).count();
            (either && same > 0).then_some((a, b, same))
        })
    });
    let mut found: Vec<_> = found.collect();
    // The copy is named first.
    for (a, b, _) in &mut found {
        if !is_external(a.0.1) {
            std::mem::swap(a, b);
        }
    }
    let (a, b, same) = found.first()?;
    let name = |(row, run): &Run<'_>| format!("{}, seed {}", row.label, run.manifest.seed);
    let more = match found.len() - 1 {
        0 => String::new(),
        more => format!(" (and {} more such pairs)", more),
    };
    Some(format!(
        "{}: {} has exactly the scores of {} at {same} of {} condition{}{more}: were its predictions copied, or is one file scored under two \
         names? They count twice here; remove one of the runs",
        section.title,
        name(&a.0),
        name(&b.0),
        a.1.len(),
        if a.1.len() == 1 { "" } else { "s" },
    ))
}

/// The bits of all scores at each condition at which something is left and predictions vary.
fn scores(run: &ScoredRun) -> BTreeMap<Condition, Vec<u64>> {
    let mut out: BTreeMap<Condition, Option<Vec<u64>>> = BTreeMap::new();
    for (condition, value) in run.conditions.values().flatten() {
        if condition.rate() == Some(1.0) {
            continue;
        }
        // A constant has no correlation.
        let all = out.entry(*condition).or_insert_with(|| Some(Vec::new()));
        match (all.as_mut(), value) {
            (Some(scores), Ok(score)) => scores.push(score.to_bits()),
            _ => *all = None,
        }
    }
    let known = out.into_iter();
    known
        .filter_map(|(condition, scores)| Some((condition, scores?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::manifest::ExternalMetadata;
    use crate::report::fixture::TOY;
    use crate::report::fixture::{manifest, record};
    use crate::report::rows::scores::score_by;
    use crate::report::rows::sort::sections;

    /// What is found in two models, of which `mine` has predictions of its own or, at two rates, those of the other.
    fn found(is_copy: bool, is_external: bool) -> Option<String> {
        let rates = [0.0, 0.5, 1.0];
        let runs = ["lnln", "mine"].map(|model| {
            let mut metadata = manifest(model, 11, &rates);
            metadata.external = (is_external && model == "mine").then(|| ExternalMetadata {
                file: "p.csv".to_string(),
                blake3: String::new(),
                rows: 1,
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
        assert_eq!(found(true, false), None, "both were trained here");
    }
}
