//! Describes the searches of settings behind the rows of a section.

use std::collections::BTreeMap;

use crate::record::search::SearchMetadata;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;

/// The search of a run: its budget, what it was chosen by, and the chosen settings. Of pooled folds, each searched
/// for itself, the budget alone.
pub fn describe(run: &ScoredRun) -> Option<String> {
    let search = run.manifest.search.as_ref()?;
    let SearchMetadata {
        trials,
        total_epochs,
        training_seed,
        trial,
        ..
    } = search;
    let budget = format!(
        "{trials} trials, {total_epochs} epochs in all, chosen on validation {} (seed {training_seed})",
        metric(run)
    );
    Some(if run.folds().is_empty() {
        format!("{budget}: trial {trial}, {}", search.describe_settings())
    } else {
        format!("{budget}, for each fold")
    })
}

/// Title of the metric that chose.
fn metric(run: &ScoredRun) -> &str {
    let name = run.manifest.selection.metric.as_deref();
    // The last epoch is scored by the metric that the data set's protocol selects by.
    let name = name.unwrap_or(run.protocol.selection);
    run.protocol
        .metric(name)
        .map_or(name, |metric| metric.title)
}

/// Which rows were searched, and whether all were alike; none where no row was.
pub fn note(section: &Section) -> Option<String> {
    let mut by_budget: BTreeMap<Option<(u32, u32)>, Vec<&str>> = BTreeMap::new();
    for row in section.own_rows().filter(|row| !row.baseline) {
        let search = search(row);
        let budget = search.map(|search| (search.trials, search.total_epochs));
        by_budget.entry(budget).or_default().push(&row.label);
    }
    let others = by_budget.remove(&None);
    if by_budget.is_empty() {
        return None;
    }
    let is_equal = others.is_none() && by_budget.len() == 1;
    let budgets = by_budget.into_iter().filter_map(|(budget, labels)| {
        let (trials, epochs) = budget?;
        let whose = if is_equal {
            "all models".to_owned()
        } else {
            labels.join(", ")
        };
        Some(format!(
            "of {whose}: {trials} trials and {epochs} epochs each"
        ))
    });
    let budgets: Vec<String> = budgets.collect();
    let mut note = format!(
        "settings searched on the validation split, {}; the test split was predicted by the chosen settings alone",
        budgets.join("; ")
    );
    if !is_equal {
        note += "; rows with other budgets, or without a search, differ in more than the model";
    }
    Some(note)
}

fn search(row: &ModelRow) -> Option<&SearchMetadata> {
    row.runs.first()?.manifest.search.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::search::SearchMetadata;
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::sort::sections;
    use crate::report::table::provenance;

    fn searched(model: &str, trial: u32, trials: u32) -> ScoredRun {
        let mut manifest = manifest(model, 11, &[0.0]);
        let settings = [("learning_rate".to_owned(), 2e-3.into())];
        manifest.id = format!("{model}-{trial}-{trials}");
        manifest.search = Some(SearchMetadata {
            trials,
            total_epochs: 64,
            seed: 1,
            training_seed: 11,
            trial,
            settings: settings.into_iter().filter(|_| trial > 0).collect(),
        });
        scored(manifest)
    }

    fn of(runs: Vec<ScoredRun>) -> Section {
        sections(runs).unwrap().swap_remove(0)
    }

    #[test]
    fn rows_and_their_provenance_name_the_search() {
        let section = of(vec![searched("lnln", 7, 12), searched("almt", 0, 12)]);
        let labels: Vec<&str> = section.rows.iter().map(|row| &*row.label).collect();
        assert_eq!(labels, ["ALMT (searched)", "LNLN (searched)"]);
        let table = provenance::table(&section).unwrap();
        let cell = |row: usize| table.rows[row].cells.last().unwrap().content.text();
        let budget = "12 trials, 64 epochs in all, chosen on validation MAE (seed 11): trial";
        assert_eq!(cell(0), format!("{budget} 0, the published settings"));
        assert_eq!(cell(1), format!("{budget} 7, learning rate 0.002"));
        let note = note(&section).unwrap();
        assert!(
            note.contains("of all models: 12 trials and 64 epochs each"),
            "{note}"
        );
    }

    #[test]
    fn unequal_budgets_are_named_and_no_search_says_nothing() {
        let plain = || scored(manifest("lnln", 11, &[0.0]));
        let section = of(vec![
            plain(),
            searched("lnln", 7, 12),
            searched("lnln", 3, 6),
        ]);
        let labels: Vec<&str> = section.rows.iter().map(|row| &*row.label).collect();
        assert_eq!(
            labels,
            [
                "LNLN",
                "LNLN (12 trials, searched)",
                "LNLN (6 trials, searched)"
            ]
        );
        let sentence = note(&section).unwrap();
        assert!(
            sentence.contains("LNLN (6 trials, searched): 6 trials"),
            "{sentence}"
        );
        assert!(
            sentence.ends_with("differ in more than the model"),
            "{sentence}"
        );
        assert_eq!(note(&of(vec![plain()])), None);
    }

    #[test]
    fn a_row_that_kept_weights_of_further_rules_is_told_apart_by_the_search() {
        let mut plain = manifest("lnln", 11, &[0.0]);
        plain.other_selections = vec![plain.selection.clone()];
        let section = of(vec![scored(plain), searched("lnln", 7, 12)]);
        let labels: Vec<&str> = section.rows.iter().map(|row| &*row.label).collect();
        assert_eq!(labels, ["LNLN", "LNLN (searched)"]);
    }

    /// Chosen settings differ between conditions and folds, and belong to one row.
    #[test]
    fn seeds_of_a_search_are_one_row_apart_from_runs_with_the_same_settings() {
        let mut other = searched("lnln", 7, 12);
        let mut second = (*other.manifest).clone();
        (second.seed, second.id) = (12, "lnln-12".into());
        other = scored(second);
        let section = of(vec![searched("lnln", 7, 12), other]);
        assert_eq!(section.rows.len(), 1);
        assert_eq!(section.rows[0].runs.len(), 2);
    }
}
