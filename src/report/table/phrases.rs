//! Phrases that legends and notes share: the marks of the baseline, the number of seeds, published epochs.

use std::collections::{BTreeMap, BTreeSet};

use super::{BASELINE_MARK, Table};
use crate::report::rows::baseline::BEST;
use crate::report::rows::row::ModelRow;
use crate::support::words::span;

/// The meaning of the mark of the baseline, by the names of a table's baselines.
pub fn at_baseline(table: &Table) -> String {
    let names = table.rows.iter().filter(|r| r.baseline).map(|r| &*r.label);
    let names: Vec<&str> = names.map(short).collect();
    let best = match names.len() {
        0 | 1 => "",
        2 => "the better of ",
        _ => "the best of ",
    };
    format!(
        "{BASELINE_MARK}: mean no better than {best}{} (not tested)",
        all(&names)
    )
}

/// What the baselines among these rows predict.
pub fn baselines<'a>(rows: impl Iterator<Item = &'a ModelRow>) -> Vec<String> {
    let rows = rows.filter(|row| row.baseline);
    let what = rows.map(|row| {
        let name = short(&row.label);
        if row.model == BEST {
            format!(
                "{name}: per metric, the label that scores best on the training split, predicted for every sample"
            )
        } else {
            format!("{name}: the median training label, predicted for every sample")
        }
    });
    what.collect()
}

/// The label of a baseline without the remark that it is one.
fn short(label: &str) -> &str {
    label.trim_end_matches(" (baseline)")
}

/// The number of seeds behind the numbers of these rows, which may show their spread; models with
/// another number than most are named. A baseline needs no seeds.
pub fn seeds<'a>(rows: impl Iterator<Item = &'a ModelRow>, spread: bool) -> String {
    let mut counts: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let (baselines, models): (Vec<&ModelRow>, Vec<&ModelRow>) = rows.partition(|r| r.baseline);
    let rows = if models.is_empty() { baselines } else { models };
    for row in rows {
        counts.entry(row.runs.len()).or_default().push(&row.label);
    }
    let most = counts.iter().max_by_key(|(_, labels)| labels.len());
    let usual = most.map_or(0, |(count, _)| *count);
    let labels_of_most = counts.remove(&usual).unwrap_or_default();
    if usual == 1 && counts.is_empty() {
        return "One seed per model, so numbers have no spread".to_string();
    }
    let what = if spread {
        "Mean ± standard deviation (n-1)"
    } else {
        "Mean"
    };
    if counts.is_empty() {
        return format!("{what} over {usual} seeds");
    }
    let others = counts.iter().rev();
    let others: Vec<String> = others
        .map(|(n, labels)| format!("{n} for {}", all(labels)))
        .collect();
    let rest = match labels_of_most.as_slice() {
        [only] => (*only).to_string(),
        _ => "the other models".to_string(),
    };
    format!(
        "{what} over seeds: {}, {usual} for {rest}",
        others.join(", ")
    )
}

/// Every name.
pub fn all(labels: &[&str]) -> String {
    match labels {
        [] => String::new(),
        [only] => (*only).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Up to four names; of more their number.
pub fn named(labels: &[&str]) -> String {
    if labels.len() <= 4 {
        all(labels)
    } else {
        format!("{} models", labels.len())
    }
}

/// A sentence as a phrase.
pub fn phrase(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// Whether a number is 0 as printed.
pub fn is_zero(printed: &str) -> bool {
    printed.chars().all(|c| c == '0' || c == '.')
}

/// A phrase as a sentence.
pub fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// How long these models were trained, where that is not as long as their authors publish:
/// `trained for 3 of 200 published epochs`.
pub fn epochs<'a>(rows: impl Iterator<Item = &'a ModelRow>) -> Option<String> {
    let mut all: BTreeMap<(u32, u32), Vec<&str>> = BTreeMap::new();
    let (mut models, mut at_most) = (0, "");
    for row in rows.filter(|row| !row.baseline) {
        models += 1;
        let trainings = row.trainings().filter_map(|run| {
            let training = &run.manifest.training;
            if training.trainer_options.early_stop.is_some() {
                at_most = "at most ";
            }
            Some((training.epochs, training.published_epochs?))
        });
        let distinct: BTreeSet<(u32, u32)> = trainings.filter(|(own, all)| own != all).collect();
        for key in distinct {
            all.entry(key).or_default().push(&row.label);
        }
    }
    let total: usize = all.values().map(Vec::len).sum();
    let (first, last) = (all.first_key_value()?, all.last_key_value()?);
    let published = || all.keys().map(|(_, published)| *published);
    Some(if all.len() == 1 {
        let ((own, published), labels) = first;
        let who = if labels.len() == models {
            String::new()
        } else {
            format!("{} ", named(labels))
        };
        format!("{who}trained for {at_most}{own} of {published} published epochs")
    } else if total <= MOST {
        let each = all.iter().map(|((own, published), labels)| {
            format!("{} {at_most}{own} of {published}", named(labels))
        });
        format!(
            "trained for {} epochs than published: {}",
            compared(&all),
            each.collect::<Vec<_>>().join(", ")
        )
    } else {
        let (least, most) = (published().min()?, published().max()?);
        let who = if total == models {
            "all models".to_string()
        } else {
            format!("{total} of {models} models")
        };
        format!(
            "{who} trained for {} epochs than published ({at_most}{}, not {})",
            compared(&all),
            span(first.0.0, last.0.0),
            span(least, most)
        )
    })
}

/// Whether trainings are shorter than their authors' or longer.
fn compared(all: &BTreeMap<(u32, u32), Vec<&str>>) -> &'static str {
    if all.keys().all(|(own, published)| own < published) {
        "fewer"
    } else if all.keys().all(|(own, published)| own > published) {
        "more"
    } else {
        "more or fewer"
    }
}

/// Rows whose epochs are named one by one.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::section::Section;
    use crate::report::rows::sort::sections;

    /// A model per entry: name, seeds, epochs and published epochs.
    fn section(models: &[(&str, u64, u32, Option<u32>)]) -> Section {
        let runs = models.iter().flat_map(|(name, seeds, epochs, published)| {
            (1..=*seeds).map(|seed| {
                let mut m = manifest(name, seed, &[0.0]);
                m.training.epochs = *epochs;
                m.training.published_epochs = *published;
                scored(m)
            })
        });
        sections(runs.collect()).unwrap().swap_remove(0)
    }

    #[test]
    fn models_with_other_numbers_of_seeds_are_named_once() {
        let of = |models: &[(&str, u64, u32, Option<u32>)]| seeds(section(models).own_rows(), true);
        let usual = ["a", "b", "c"].map(|name| (name, 3, 1, None));
        let text = of(&[
            &usual[..],
            &[
                ("d", 2, 1, None),
                ("e", 2, 1, None),
                ("constant", 1, 0, None),
            ],
        ]
        .concat());
        assert_eq!(
            text,
            "Mean ± standard deviation (n-1) over seeds: 2 for D and E, 3 for the other models"
        );
        assert_eq!(
            of(&[("a", 1, 1, None), ("constant", 1, 0, None)]),
            "One seed per model, so numbers have no spread"
        );
    }

    #[test]
    fn epochs_are_told_where_they_are_not_the_published_ones() {
        let of = |models: &[(&str, u64, u32, Option<u32>)]| epochs(section(models).own_rows());
        assert_eq!(of(&[("a", 1, 200, Some(200)), ("b", 1, 3, None)]), None);
        let text = of(&[("a", 1, 3, Some(200)), ("b", 1, 3, Some(200))]).unwrap();
        assert_eq!(text, "trained for 3 of 200 published epochs");
        let text = of(&[("a", 1, 3, Some(200)), ("b", 1, 200, Some(200))]).unwrap();
        assert_eq!(text, "A trained for 3 of 200 published epochs");
        let text = of(&[("a", 1, 3, Some(200)), ("b", 1, 5, Some(100))]).unwrap();
        assert_eq!(
            text,
            "trained for fewer epochs than published: A 3 of 200, B 5 of 100"
        );
        let many = ["a", "b", "c", "d", "e"];
        let many: Vec<_> = many
            .iter()
            .zip(20..)
            .map(|(name, all)| (*name, 1, 1, Some(all)))
            .collect();
        let text = of(&many).unwrap();
        assert_eq!(
            text,
            "all models trained for fewer epochs than published (1, not 20 to 24)"
        );
    }

    #[test]
    fn more_than_four_names_are_a_number() {
        assert_eq!(named(&["A", "B", "C"]), "A, B and C");
        assert_eq!(named(&["A", "B", "C", "D", "E"]), "5 models");
    }
}
