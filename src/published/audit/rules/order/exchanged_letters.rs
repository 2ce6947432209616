//! Finds two sets of missing modalities whose rows or columns are exchanged: what is missing more is far better in the whole table,
//! and not once both are exchanged.

use std::collections::{BTreeMap, BTreeSet};

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::curves::{better, missing_sets, tables};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Sets of a column, and columns of a table.
const SETS: usize = 4;
const COLUMNS: usize = 4;

/// Part of a column's range by which a set must be better than one that it contains.
const FAR: f64 = 0.3;

/// Part of the columns that have such a step, and the part of them that still has one once two sets are exchanged. Of the
/// carried tables with sets 0.2 of the columns have one at most.
const AGREE: f64 = 0.7;
const LEFT: f64 = 0.2;

/// Cells of a column by the letters of what is missing.
type Sets<'a> = BTreeMap<&'a str, &'a ParsedCell>;

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let tables = tables(arranged, |column| {
        let sets: Sets<'_> = missing_sets(column).into_iter().collect();
        (sets.len() >= SETS).then_some(sets)
    });
    tables.iter().filter_map(|table| finding(table)).collect()
}

/// The sets of a column by how good they are, once two are exchanged.
fn values<'a>(sets: &Sets<'a>, exchanged: Option<[&str; 2]>) -> BTreeMap<&'a str, f64> {
    let value = |letters: &str| {
        let at = match exchanged {
            Some([a, b]) if a == letters => b,
            Some([a, b]) if b == letters => a,
            _ => letters,
        };
        sets.get(at).map_or(0.0, |cell| better(cell))
    };
    let letters = sets.keys().copied();
    letters.map(|letters| (letters, value(letters))).collect()
}

/// The first two sets of which one contains the other and is far better.
fn far<'a>(values: &BTreeMap<&'a str, f64>) -> Option<[&'a str; 2]> {
    let low = values.values().copied().fold(f64::INFINITY, f64::min);
    let high = values.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut pairs = (values.iter()).flat_map(|few| values.iter().map(move |many| (few, many)));
    let found = pairs.find(|((few, worse), (many, best))| {
        let contains = many.len() > few.len() && few.chars().all(|letter| many.contains(letter));
        contains && **best - **worse > FAR * (high - low)
    });
    found.map(|((few, _), (many, _))| [*few, *many])
}

/// How much better sets with language are than those without.
fn language(values: &BTreeMap<&str, f64>) -> f64 {
    let mean = |missing: bool| {
        let with = values.iter().filter(|(l, _)| l.contains('L') == missing);
        let with: Vec<f64> = with.map(|(_, value)| *value).collect();
        with.iter().sum::<f64>() / with.len().max(1) as f64
    };
    mean(false) - mean(true)
}

fn finding(table: &[(&ScoreColumn<'_>, Sets<'_>)]) -> Option<Finding> {
    let with_steps = |exchanged| {
        let some = |(_, sets): &&(_, Sets<'_>)| far(&values(sets, exchanged)).is_some();
        table.iter().filter(some).count() as f64
    };
    let all = table.len() as f64;
    let as_printed = with_steps(None);
    if table.len() < COLUMNS || as_printed < AGREE * all {
        return None;
    }
    let names = table.iter().flat_map(|(_, sets)| sets.keys().copied());
    let names = Vec::from_iter(names.collect::<BTreeSet<&str>>());
    let pairs = (0..names.len()).flat_map(|i| (i + 1..names.len()).map(move |j| (i, j)));
    let pairs = pairs.map(|(i, j)| [names[i], names[j]]);
    let fit = pairs.filter(|pair| with_steps(Some(*pair)) <= LEFT * as_printed);
    // Where language and another modality could have changed parts, language is the one that counts.
    let counts = |pair: &[&str; 2]| -> f64 {
        let each = table
            .iter()
            .map(|(_, sets)| language(&values(sets, Some(*pair))));
        each.sum()
    };
    let pair = fit.max_by(|a, b| counts(a).total_cmp(&counts(b)))?;
    let left = with_steps(Some(pair));
    let mut columns = table.iter();
    let (first, sets, step) =
        columns.find_map(|(c, sets)| Some((c, sets, far(&values(sets, None))?)))?;
    let [few, many] = step.map(|letters| sets[letters]);
    let condition = |letters: &str| {
        let cells = table.iter().find_map(|(_, sets)| sets.get(letters));
        cells.map_or(String::new(), |cell| cell.condition.to_string())
    };
    let pair = pair.map(condition);
    let why = format!(
        "{as_printed:.0} of {} columns are far better at a set that lacks more, as {} of {} with {} at {} and {} at {}; with the scores of \
         {} and {} exchanged {left:.0} are",
        table.len(),
        first.metric.title,
        first.method,
        many.number.text(),
        many.condition,
        few.number.text(),
        few.condition,
        pair[0],
        pair[1],
    );
    let part = describe::sub_table_of(first.method);
    let about = describe::about(&[first.dataset, &part, &describe::list(&pair)]);
    let cells = table.iter().flat_map(|(column, sets)| {
        let cells = sets
            .values()
            .filter(|cell| pair.contains(&cell.condition.to_string()));
        cells.map(|cell| column.seen(cell))
    });
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing::found;
    use crate::published::audit::{Finding, Strength};

    /// Findings of four methods at six sets of missing modalities, given what is left at each of the sets.
    fn table(sets: [&str; 6]) -> Vec<Finding> {
        let mut text = "missing,method,mosi_acc7,mosi_acc2_n,mosi_mae\n".to_string();
        for (i, set) in sets.iter().enumerate() {
            for method in 0..4 {
                let left =
                    [0.97, 0.99, 0.95, 0.3, 0.25, 0.21][i] - 0.01 * f64::from(method * 3 % 4);
                text += &format!(
                    "{set},M{method},{:.2},{:.2},{:.3}\n",
                    16.0 + 26.0 * left,
                    57.0 + 24.0 * left,
                    1.41 - 0.6 * left
                );
            }
        }
        let all = found("exchanged-rates", &text).into_iter();
        all.filter(|f| f.why.contains("lacks more")).collect()
    }

    #[test]
    fn exchanged_sets_are_found() {
        let all = table(["L", "A", "AV", "V", "LA", "LV"]);
        assert_eq!((all.len(), all[0].strength), (1, Strength::Odd), "{all:?}");
        let why = "with the scores of L missing and V missing exchanged 0 are";
        assert!(all[0].why.ends_with(why), "{}", all[0].why);
        assert_eq!(all[0].cells.len(), 24);
        assert_eq!(table(["V", "A", "LA", "L", "AV", "LV"]).len(), 1);
    }

    #[test]
    fn sound_sets_are_not() {
        assert!(table(["V", "A", "AV", "L", "LA", "LV"]).is_empty());
        // Audio and video say as much.
        assert!(table(["A", "V", "AV", "L", "LA", "LV"]).is_empty());
    }
}
