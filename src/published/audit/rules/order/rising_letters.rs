//! Finds tables whose scores rise with the modalities that are missing: their letters name the present ones.

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::curves::{better, missing_sets, tables};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Columns that rise, and how many times as many they are as those that do not, at least.
const COLUMNS: usize = 4;
const TIMES: usize = 10;

/// A cell whose condition names missing modalities, and their letters.
type Part<'a> = (&'a str, &'a ParsedCell);

/// Finds tables and data sets whose columns nearly all rise.
pub fn check(arranged: &Arranged<'_>) -> Vec<Finding> {
    let tables = tables(arranged, |column| rises(&missing_sets(column)));
    let found = tables.iter().filter_map(|table| {
        let rising = table.iter().filter(|(_, rises)| *rises);
        let rising: Vec<&ScoreColumn<'_>> = rising.map(|(column, _)| *column).collect();
        let others = table.len() - rising.len();
        let most = rising.len() >= COLUMNS && rising.len() >= TIMES * others;
        most.then(|| finding(&rising, table.len())).flatten()
    });
    found.collect()
}

/// Whether scores are better without language, and the more is missing. `None` where language is never or always
/// missing: what audio and vision add is less than what chance does.
fn rises(parts: &[Part<'_>]) -> Option<bool> {
    let mean = |missing: bool| {
        let with = parts.iter().filter(|(l, _)| l.contains('L') == missing);
        let values: Vec<f64> = with.map(|(_, cell)| better(cell)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let language = mean(true)? - mean(false)?;
    let mut steps = 0.0;
    for (few, with_few) in parts {
        let more = |(l, _): &&Part<'_>| l.len() > few.len() && few.chars().all(|c| l.contains(c));
        let gains = parts.iter().filter(more);
        steps += gains
            .map(|(_, cell)| better(cell) - better(with_few))
            .sum::<f64>();
    }
    (language != 0.0).then_some(language > 0.0 && steps >= 0.0)
}

fn finding(rising: &[&ScoreColumn<'_>], all: usize) -> Option<Finding> {
    let first = rising.first()?;
    let parts = missing_sets(first);
    let order = |a: &&Part<'_>, b: &&Part<'_>| better(a.1).total_cmp(&better(b.1));
    let with_language = parts
        .iter()
        .filter(|(l, _)| !l.contains('L'))
        .max_by(order)?;
    let without = parts
        .iter()
        .filter(|(l, _)| l.contains('L'))
        .max_by(order)?;
    let why = format!(
        "{} of {all} columns are better without language and with more missing, as {} of {} with {} at {} and {} at {}: \
         by the scores the letters name the other modalities than the heading or --modalities says (missing for present, \
         or the reverse)",
        rising.len(),
        first.metric.title,
        first.method,
        without.1.number.text(),
        without.1.condition,
        with_language.1.number.text(),
        with_language.1.condition,
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part]);
    let cells = rising.iter();
    let cells = cells.flat_map(|column| column.parts.iter().map(|cell| column.seen(cell)));
    Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of two methods at five sets of present modalities, in the order of what is left of the score.
    fn of(heading: &str, sets: [&str; 5], metrics: usize) -> Vec<Finding> {
        let heads = ["mosi_acc7", "mosi_acc2_n", "mosi_mae"][..metrics].join(",");
        let mut text = format!("{heading},method,{heads}\n");
        for (i, set) in sets.iter().enumerate() {
            for method in 0..2 {
                let loss = [0.0, 0.4, 1.1, 22.3, 24.9][i] + 0.3 * f64::from(method);
                let cells = [
                    format!("{:.2}", 44.1 - 0.9 * loss),
                    format!("{:.2}", 82.3 - loss),
                    format!("{:.3}", 0.74 + 0.02 * loss),
                ];
                let method = ["A", "B"][method as usize];
                text += &format!("{set},{method},{}\n", cells[..metrics].join(","));
            }
        }
        found("rising-scores", &text)
    }

    const PRESENT: [&str; 5] = ["LA", "LV", "L", "AV", "A"];
    const MISSING: [&str; 5] = ["V", "A", "AV", "L", "LV"];

    #[test]
    fn letters_that_contradict_their_heading_are_found() {
        for (heading, sets) in [
            ("Missing modalities", PRESENT),
            ("Available modalities", MISSING),
        ] {
            let all = of(heading, sets, 3);
            assert_eq!((all.len(), all[0].strength), (1, Strength::VeryUnlikely));
            let why = &all[0].why;
            assert!(
                why.contains("6 of 6 columns are better without language"),
                "{why}"
            );
        }
    }

    #[test]
    fn letters_that_fit_and_few_columns_are_not() {
        assert!(of("Available modalities", PRESENT, 3).is_empty());
        assert!(of("Missing modalities", MISSING, 3).is_empty());
        assert!(of("Modalities", PRESENT, 3).is_empty());
        assert!(of("Missing modalities", PRESENT, 1).is_empty());
        // Without language nothing tells.
        let text = "Missing modalities,method,mosi_acc7,mosi_acc2_n,mosi_mae,mosi_corr\n\
                    A,M,41.10,80.10,0.812,0.701\nV,M,41.20,80.20,0.811,0.702\nAV,M,41.40,80.40,0.809,0.704\n";
        assert!(found("rising-scores", text).is_empty());
    }
}
