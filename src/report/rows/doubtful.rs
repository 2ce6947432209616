//! Warns of rows that stand side by side but may not be what a reader takes them for: one model under two
//! spellings of its name, models tested under different masks, and copies.

use std::collections::{BTreeMap, BTreeSet};

use super::config::join;
use super::copied::copied;
use super::row::ModelRow;
use super::section::Section;
use crate::support::words::plain_name;

/// Rows that a warning names.
const NAMED: usize = 4;

/// A sentence for each doubt about the rows that a section shows.
pub fn warnings(section: &Section) -> Vec<String> {
    let doubts = [
        spellings(section),
        titles(section),
        other_masks(section),
        copied(section),
    ];
    doubts.into_iter().flatten().collect()
}

/// Models whose names are the same but for case, spaces, dashes and underscores.
fn spellings(section: &Section) -> Option<String> {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for row in models(section) {
        names
            .entry(plain_name(&row.model))
            .or_default()
            .insert(&row.model);
    }
    names.retain(|_, spellings| spellings.len() > 1);
    let several = names.values().map(|spellings| {
        let quoted = spellings.iter().map(|name| format!("`{name}`"));
        quoted.collect::<Vec<_>>().join(" and ")
    });
    let several: Vec<String> = several.collect();
    (!several.is_empty()).then(|| {
        format!(
            "{}: the names of {} differ only in case, spaces, dashes or underscores, and each has a row of its own; \
             if they are one model, score its files again with --model NAME and the same NAME, into a new folder; \
             if not, give them names that readers can tell apart",
            section.title,
            several.join(", and of ")
        )
    })
}

/// Seeds of one model of others in several rows, since it was scored under several titles or citations.
fn titles(section: &Section) -> Option<String> {
    let mut rows: BTreeMap<&str, Vec<&ModelRow>> = BTreeMap::new();
    let external = |row: &&ModelRow| row.runs.iter().all(|run| run.manifest.external.is_some());
    for row in models(section).filter(external) {
        rows.entry(&row.model).or_default().push(row);
    }
    let described = |row: &ModelRow| {
        let model = row.runs.first().map(|run| &run.manifest.model);
        model.map(|model| {
            (
                model.title.clone(),
                model.citation.clone(),
                model.parameters,
            )
        })
    };
    let found = rows
        .into_iter()
        .find(|(_, rows)| rows.iter().any(|row| described(row) != described(rows[0])));
    found.map(|(model, rows)| {
        let labels: Vec<&str> = rows.iter().map(|row| &*row.label).collect();
        format!(
            "{}: model `{model}` has {} rows ({}), since its files were scored with other --title, --citation or --parameters; if \
             they are seeds of one model, remove its runs and score all its files with the same ones",
            section.title,
            rows.len(),
            labels.join(", ")
        )
    })
}

/// Models tested under different mask seeds: their samples lack different parts.
fn other_masks(section: &Section) -> Option<String> {
    let mut seeds: BTreeMap<&[u64], Vec<&str>> = BTreeMap::new();
    for row in models(section) {
        seeds.entry(mask_seeds(row)).or_default().push(&row.label);
    }
    let each = seeds.iter().map(|(seeds, labels)| {
        let mut named = labels.iter().take(NAMED).copied().collect::<Vec<_>>();
        let more = labels.len() - named.len();
        let rest = format!("{more} more");
        if more > 0 {
            named.push(&rest);
        }
        format!("{} under {}", named.join(", "), join(seeds, " and "))
    });
    let each: Vec<String> = each.collect();
    (each.len() > 1).then(|| {
        format!(
            "{}: models were tested under different mask seeds ({}), so that other parts of the samples are missing: \
             differences between such rows are also those between masks; test all models under the same mask seeds",
            section.title,
            each.join("; ")
        )
    })
}

/// The seeds of the masks that a row was tested under, which all its runs share.
pub fn mask_seeds(row: &ModelRow) -> &[u64] {
    row.runs.first().map_or(&[], |run| &run.mask.seeds)
}

/// Rows whose predictions depend on masks: all but the baselines.
fn models(section: &Section) -> impl Iterator<Item = &ModelRow> {
    section.own_rows().filter(|row| !row.baseline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::manifest::ExternalMetadata;
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::provenance::tested_on;
    use crate::report::rows::sort::sections;

    /// A section of these models, each with its mask seeds.
    fn section(models: &[(&str, &[u64])]) -> Section {
        let runs = models.iter().enumerate().map(|(i, (model, seeds))| {
            let mut metadata = manifest(model, 11 + i as u64, &[0.0, 0.5]);
            metadata.masks[0].seeds = seeds.to_vec();
            metadata.masks[0].variants.clear();
            scored(metadata)
        });
        sections(runs.collect()).unwrap().swap_remove(0)
    }

    #[test]
    fn seeds_of_one_model_under_two_titles_are_found() {
        let found = |titles: [&str; 2], is_external: bool| {
            let runs = titles.iter().zip([11, 12]).map(|(title, seed)| {
                let mut metadata = manifest("mine", seed, &[0.0, 0.5]);
                metadata.model.title = (*title).to_string();
                metadata.external = is_external.then(|| ExternalMetadata {
                    file: "p.csv".to_string(),
                    blake3: String::new(),
                    rows: 1,
                    doubts: Vec::new(),
                    allowed: Vec::new(),
                });
                scored(metadata)
            });
            warnings(&sections(runs.collect()).unwrap().swap_remove(0)).join("\n")
        };
        assert!(found(["Ours", "mine"], true).contains("model `mine` has 2 rows"));
        assert_eq!(found(["Ours", "Ours"], true), "");
    }

    #[test]
    fn spellings_of_one_name_are_found() {
        for (a, b) in [
            ("mine", "Mine"),
            ("my-model", "my_model"),
            ("My Model", "my_model"),
            ("mine", "mine "),
        ] {
            let found = warnings(&section(&[(a, &[1]), (b, &[1])]));
            let text = found.join("\n");
            assert!(
                text.contains(&format!("`{a}`")) && text.contains(&format!("`{b}`")),
                "{text}"
            );
            assert!(text.contains("--model NAME"), "{text}");
        }
        for (a, b) in [
            ("LNLN", "LNLN+"),
            ("net-1.5", "net-15"),
            ("mine", "mine2"),
            ("a*", "a"),
        ] {
            assert_eq!(
                warnings(&section(&[(a, &[1]), (b, &[1])])),
                [""; 0],
                "{a} {b}"
            );
        }
    }

    #[test]
    fn different_mask_seeds_are_named() {
        let same = section(&[("lnln", &[1]), ("flat", &[1]), ("constant", &[2])]);
        assert_eq!(warnings(&same), [""; 0]);
        assert!(
            tested_on(&same).contains(", 1 mask seed, "),
            "{}",
            tested_on(&same)
        );
        let other = section(&[("lnln", &[1]), ("flat", &[2])]);
        let text = warnings(&other).join("\n");
        assert!(
            text.contains("under 1; ") && text.contains("under 2)"),
            "{text}"
        );
        let line = tested_on(&other);
        assert!(
            line.contains(", 1 mask seed for each model, 2 different ones in all, "),
            "{line}"
        );
        let more = tested_on(&section(&[("lnln", &[1]), ("flat", &[1, 2])]));
        assert!(
            more.contains(", 1 to 2 mask seeds for each model, 2 different ones in all, "),
            "{more}"
        );
    }
}
