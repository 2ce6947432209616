//! Tells whether `All` beside missing rates is the mean over them, as pandas' `margins=True` writes it.

use std::collections::BTreeMap;

use super::ParsedCondition;
use super::entry::Entry;
use super::modalities::ModalitySet;

/// Fewest means that tell, most of which must be those of the numbers beside them.
const MEANS: usize = 2;

/// What pandas calls a column or row of means.
const NAME: &str = "All";

/// Makes numbers at `All` means where they are; the notes say so.
pub(super) fn settle(entries: &mut [Entry]) -> Vec<String> {
    let columns = columns(entries);
    for at in &columns {
        entries[*at].modalities = None;
        entries[*at].cell.condition = ParsedCondition::MeanOverRates;
    }
    let rows = rows(entries);
    for at in &rows {
        entries[*at].cell.averaged = true;
    }
    let notes = [(columns, "the missing rates"), (rows, "the rows beside it")];
    let note = |(found, of): &(Vec<usize>, &str)| {
        let some = !found.is_empty();
        some.then(|| format!("`{NAME}` is the mean over {of}, as pandas' margins=True writes it"))
    };
    notes.iter().filter_map(note).collect()
}

/// Numbers of complete data that are means over the rates beside them.
fn columns(entries: &[Entry]) -> Vec<usize> {
    let named = |e: &Entry| e.modalities.is_some_and(ModalitySet::is_complete);
    if !entries.iter().any(named) || entries.iter().any(|e| e.modalities.is_some() && !named(e)) {
        return Vec::new();
    }
    let of_method = |e: &Entry| (e.cell.method.clone(), String::new());
    let rate = |e: &Entry| matches!(e.cell.condition, ParsedCondition::Rate(_));
    means(entries, named, rate, of_method)
}

/// Numbers of a method `All` that are means over the other methods.
fn rows(entries: &[Entry]) -> Vec<usize> {
    let named = |e: &Entry| e.cell.method.split(" (").next() == Some(NAME);
    let of_condition = |e: &Entry| {
        let settings = e.cell.method.split_once(" (").map_or("", |(_, s)| s);
        (settings.to_string(), format!("{}", e.cell.condition))
    };
    means(entries, named, |_| true, of_condition)
}

/// The entries with a name that are the means of the parts that share a place with them, where most are.
fn means(
    entries: &[Entry],
    named: impl Fn(&Entry) -> bool,
    part: impl Fn(&Entry) -> bool,
    place: impl Fn(&Entry) -> (String, String),
) -> Vec<usize> {
    let places: Vec<_> = entries.iter().map(place).collect();
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, e)| !e.spread) {
        let cell = &entry.cell;
        let key = (&places[at], &cell.dataset, cell.metric.name, entry.slot);
        groups.entry(key).or_default().push(at);
    }
    let (mut all, mut fitting) = (Vec::new(), 0);
    for group in groups.values() {
        let (means, parts): (Vec<usize>, Vec<usize>) =
            group.iter().partition(|at| named(&entries[**at]));
        let parts: Vec<&Entry> = parts.into_iter().map(|at| &entries[at]).collect();
        let parts: Vec<&Entry> = parts.into_iter().filter(|e| part(e)).collect();
        if parts.len() > 1 {
            fitting += means
                .iter()
                .filter(|at| agrees(&entries[**at], &parts))
                .count();
            all.extend(means);
        }
    }
    if fitting >= MEANS && 2 * fitting > all.len() {
        all
    } else {
        Vec::new()
    }
}

/// Whether a number is the mean of others, within the rounding of both.
fn agrees(mean: &Entry, parts: &[&Entry]) -> bool {
    let of =
        |value: fn(&Entry) -> f64| parts.iter().map(|e| value(e)).sum::<f64>() / parts.len() as f64;
    let slack = of(|e| 0.5 * e.cell.number.ulp()) + 0.5 * mean.cell.number.ulp() + 1e-9;
    (of(|e| e.cell.number.value) - mean.cell.number.value).abs() <= slack
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, ParsedCondition, ParsedTable, parse};

    /// A table of MAE by rate with a column and a row `All`, as pandas writes them.
    fn table(all: [&str; 4]) -> ParsedTable {
        let text = format!(
            "method,0.0,0.5,1.0,All\nA,0.90,1.10,1.42,{}\nB,0.95,1.20,1.45,{}\nC,1.00,1.18,1.44,{}\n{}\n",
            all[0], all[1], all[2], all[3]
        );
        let options = Options {
            dataset: Some("mosi".to_string()),
            metric: Some("mae".to_string()),
            ..Options::default()
        };
        parse("t.csv", text.as_bytes(), &options).unwrap()
    }

    fn means(table: &ParsedTable) -> (usize, usize) {
        let cells = || table.cells.iter();
        let columns = cells().filter(|c| c.condition == ParsedCondition::MeanOverRates);
        (columns.count(), cells().filter(|c| c.averaged).count())
    }

    #[test]
    fn margins_of_pandas_are_means() {
        let sound = table(["1.14", "1.20", "1.21", "All,0.95,1.16,1.44,1.18"]);
        assert_eq!(means(&sound), (4, 4));
        let notes = sound
            .notes
            .iter()
            .filter(|n| n.starts_with("`All` is the mean"));
        assert_eq!(notes.count(), 2);
        // One that is no mean is left to the rules.
        let stale = table(["1.14", "1.20", "1.31", "All,0.95,1.16,1.44,1.18"]);
        assert_eq!(means(&stale), (4, 4));
    }

    #[test]
    fn a_column_of_means_beside_methods_is_none_of_them() {
        let text = "rate,A,B,All\n0,0.90,0.96,0.93\n0.5,1.10,1.20,1.15\n1,1.42,1.46,1.44\n";
        let options = Options {
            metric: Some("mae".to_string()),
            ..Options::default()
        };
        let table = parse("t.csv", text.as_bytes(), &options).unwrap();
        assert_eq!(means(&table), (0, 3));
    }

    #[test]
    fn complete_data_and_a_method_with_everything_are_none() {
        let sound = table(["0.90", "0.95", "1.00", "All,0.85,1.00,1.40,0.85"]);
        assert_eq!(means(&sound), (0, 0));
    }
}
