//! Brings numbers to the units of this program: accuracies and F1 in percent, MAE and Corr on their own scales.

use std::collections::BTreeMap;

use super::cell::ParsedCell;
use super::entry::Entry;
use super::heading::Unit;
use super::scales;
use super::spread_units;
use crate::data::dataset;

/// Median size of a correlation above which it is printed times 100.
const CORRELATION: f64 = 5.0;

/// Twice the width of the labels of a data set that is not known: no mean absolute error is above it.
const WIDTH: f64 = 12.0;

/// Entries of one unit, by index.
type Groups = BTreeMap<String, Vec<usize>>;

/// Settles the units of all numbers; the notes say what was assumed.
pub(super) fn settle(entries: &mut [Entry]) -> Vec<String> {
    let mut groups: Groups = BTreeMap::new();
    let mut notes = signed_fractions(entries);
    for (at, entry) in entries.iter_mut().enumerate() {
        if entry.percent {
            // The sign states the unit of this number alone.
            if !entry.cell.metric.share {
                entry.cell.number = entry.cell.number.clone().by_100();
            }
            continue;
        }
        groups.entry(entry.group.clone()).or_default().push(at);
    }
    notes.extend(trailing_zeros(entries, &groups));
    notes.extend(shares(entries, &groups));
    notes.extend(hundredfold(entries, &groups));
    notes
}

/// Brings columns to percent in which every percent sign is behind a fraction, as `f"{accuracy:.4f}%"` prints them: no
/// model has accuracies of less than one percent throughout.
fn signed_fractions(entries: &mut [Entry]) -> Vec<String> {
    let mut groups: Groups = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if entry.cell.metric.share {
            groups.entry(entry.group.clone()).or_default().push(at);
        }
    }
    let fractions = |group: &&Vec<usize>| {
        let of = || group.iter().map(|at| &entries[*at]);
        let mut values = of().map(|e| e.cell.number.value);
        let within = values.clone().all(|v| (0.0..=1.0).contains(&v));
        within && of().all(|e| e.percent) && values.any(|v| v > 0.0 && v < 1.0)
    };
    let all: Vec<&Vec<usize>> = groups.values().filter(fractions).collect();
    let Some(first) = all.iter().map(|group| group[0]).min() else {
        return Vec::new();
    };
    let titles = titles(entries, &all);
    let printed = entries[first].cell.number.text();
    for at in all.into_iter().flatten() {
        entries[*at].cell.number = entries[*at].cell.number.clone().times_100();
    }
    vec![format!(
        "{titles} printed as fractions with percent signs: {printed}% is read as {}%",
        entries[first].cell.number.text()
    )]
}

/// Fewest numbers of a column that do not all end in zero by chance.
const ENDING_IN_ZERO: usize = 6;

fn ends_in_zero(entry: &Entry) -> bool {
    let number = &entry.cell.number;
    number.decimals > 0 && number.units() % 10 == 0
}

/// Takes zeros away that a format of cells put behind the digits of every number of a column: they state no precision.
fn trailing_zeros(entries: &mut [Entry], groups: &Groups) -> Vec<String> {
    let all: Vec<&Vec<usize>> = groups
        .values()
        .filter(|group| {
            group.len() >= ENDING_IN_ZERO && group.iter().all(|at| ends_in_zero(&entries[*at]))
        })
        .collect();
    let Some(first) = all.first().map(|group| group[0]) else {
        return Vec::new();
    };
    let printed = entries[first].cell.number.text();
    for group in &all {
        while group.iter().all(|at| ends_in_zero(&entries[*at])) {
            for at in group.iter() {
                entries[*at].cell.number.decimals -= 1;
            }
        }
    }
    vec![format!(
        "{} printed with a zero behind every number: {printed} is read as {}",
        titles(entries, &all),
        entries[first].cell.number.text()
    )]
}

/// Brings accuracies and F1 that are printed as fractions to percent.
fn shares(entries: &mut [Entry], groups: &Groups) -> Vec<String> {
    let values = |entries: &[Entry], group: &[usize]| -> Vec<f64> {
        group
            .iter()
            .map(|at| entries[*at].cell.number.value)
            .collect()
    };
    let share = |group: &&Vec<usize>| entries[group[0]].cell.metric.share;
    let all: Vec<&Vec<usize>> = groups.values().filter(share).collect();
    let stated = |group: &[usize]| {
        group
            .iter()
            .any(|at| entries[*at].unit == Some(Unit::Percent))
    };
    let at_most_one =
        |group: &[usize]| !stated(group) && values(entries, group).iter().all(|v| v.abs() <= 1.0);
    // A share of less than one percent in every line is no score.
    let fractions = |group: &[usize]| {
        at_most_one(group) && values(entries, group).iter().any(|v| *v > 0.0 && *v < 1.0)
    };
    let any = all.iter().any(|group| fractions(group));
    // Zeros and ones alone follow the other columns.
    let (convert, keep): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|g| fractions(g) || (any && at_most_one(g)));
    let titles = titles(entries, &convert);
    let mut notes = Vec::new();
    if !convert.is_empty() {
        notes.push(if keep.is_empty() {
            "accuracies and F1 are fractions there, percent here".to_string()
        } else {
            format!(
                "{titles} in fractions there, percent here; the other accuracies and F1 are percent"
            )
        });
    }
    let lines = fraction_lines(entries, &keep);
    if !lines.is_empty() {
        let numbers: Vec<u64> = lines.iter().map(|(line, _)| *line).collect();
        notes.push(format!(
            "accuracies and F1 are fractions in {}, unlike the lines beside",
            super::layout::lines(&numbers)
        ));
    }
    let alone: Vec<usize> = keep.iter().flat_map(|g| g.iter().copied()).collect();
    let of_lines: Vec<usize> = lines.into_iter().flat_map(|(_, at)| at).collect();
    let odd = alone
        .iter()
        .filter(|at| !of_lines.contains(at) && is_fraction(&entries[**at]));
    let odd: Vec<&ParsedCell> = odd.map(|at| &entries[*at].cell).collect();
    notes.extend(read_as_printed(&odd));
    let places: Vec<usize> = convert
        .into_iter()
        .flatten()
        .copied()
        .chain(of_lines)
        .collect();
    notes.extend(spread_units::settle(entries, &places));
    for at in places {
        entries[at].cell.number = entries[at].cell.number.clone().times_100();
    }
    notes
}

/// Names the numbers that are read as percents and could be fractions.
fn read_as_printed(cells: &[&ParsedCell]) -> Option<String> {
    let first = cells.first()?;
    let text = first.number.text();
    if cells.len() == 1 {
        return Some(format!(
            "{text} in line {}, column {} is read as printed, though it could be a fraction among percents",
            first.line, first.column
        ));
    }
    let mut numbers: Vec<u64> = cells.iter().map(|c| c.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    Some(format!(
        "{} numbers in {} ({text} first) are read as printed, though they could be fractions among percents",
        cells.len(),
        super::layout::lines(&numbers)
    ))
}

/// Whether a number of a column in percent looks like a fraction.
fn is_fraction(entry: &Entry) -> bool {
    let number = &entry.cell.number;
    number.value > 0.0 && number.value < 1.0 && number.decimals >= 2 && entry.unit.is_none()
}

/// Lines all of whose accuracies and F1 are fractions, two at least, in columns of percents.
fn fraction_lines(entries: &[Entry], groups: &[&Vec<usize>]) -> Vec<(u64, Vec<usize>)> {
    let mut lines: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for at in groups.iter().flat_map(|g| g.iter().copied()) {
        lines.entry(entries[at].cell.line).or_default().push(at);
    }
    let all = |places: &Vec<usize>| {
        places.len() > 1 && places.iter().all(|at| is_fraction(&entries[*at]))
    };
    lines
        .into_iter()
        .filter(|(_, places)| all(places))
        .collect()
}

/// Brings MAE and Corr that are printed times 100 to their own scale.
fn hundredfold(entries: &mut [Entry], groups: &Groups) -> Vec<String> {
    let unstated = |group: &&Vec<usize>| {
        let metric = entries[group[0]].cell.metric.name;
        ["mae", "corr"].contains(&metric) && group.iter().all(|at| entries[*at].unit.is_none())
    };
    let open: Vec<&Vec<usize>> = groups.values().filter(unstated).collect();
    let (mixed, places) = scales::mixed(entries, &open, impossible_error);
    let mixed: Vec<&Vec<usize>> = mixed.into_iter().map(|at| open[at]).collect();
    let convert: Vec<&Vec<usize>> = groups
        .values()
        .filter(|group| !mixed.contains(group) && is_hundredfold(entries, group))
        .collect();
    let (thousand, convert): (Vec<_>, Vec<_>) = convert
        .into_iter()
        .chain(open.iter().copied().filter(|g| is_thousandfold(entries, g)))
        .partition(|group| is_thousandfold(entries, group));
    let mut notes = mixed_note(entries, &mixed, &places);
    notes.extend(thousandfold(entries, thousand));
    for at in places {
        entries[at].cell.number = entries[at].cell.number.clone().by_100();
    }
    let titles = titles(entries, &convert);
    if let Some(first) = convert.first().map(|g| &entries[g[0]].cell) {
        let scaled = first.number.clone().by_100();
        notes.push(format!(
            "{titles} printed times 100: {} {} is read as {}",
            first.metric.title,
            first.number.text(),
            scaled.text()
        ));
    }
    for at in convert.into_iter().flatten() {
        let cell = &mut entries[*at].cell;
        if cell.number.value.abs() <= 1.0 && cell.number.decimals > 2 {
            notes.push(format!(
                "{} in line {}, column {} is divided by 100 like its column, though it may not be times 100",
                cell.number.text(),
                cell.line,
                cell.column
            ));
        }
        cell.number = cell.number.clone().by_100();
    }
    notes
}

/// Names the lines whose MAE and Corr are times 100, unlike those beside.
fn mixed_note(entries: &[Entry], mixed: &[&Vec<usize>], places: &[usize]) -> Vec<String> {
    let Some(first) = places.first().map(|at| &entries[*at].cell) else {
        return Vec::new();
    };
    let mut numbers: Vec<u64> = places.iter().map(|at| entries[*at].cell.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    vec![format!(
        "{} printed times 100 in {}, unlike the lines beside: {} {} is read as {}",
        titles(entries, mixed),
        super::layout::lines(&numbers),
        first.metric.title,
        first.number.text(),
        first.number.clone().by_100().text()
    )]
}

/// The MAE that no predictions on an entry's data set have.
fn impossible_error(entry: &Entry) -> f64 {
    let range = dataset::find(&entry.cell.dataset).map(|spec| spec.label_range);
    range.map_or(WIDTH, |[low, high]| 2.0 * f64::from(high - low))
}

/// Whether a column of MAE or Corr is printed times 100.
fn is_hundredfold(entries: &[Entry], group: &[usize]) -> bool {
    let first = &entries[group[0]];
    let mut sizes: Vec<f64> = group
        .iter()
        .map(|at| entries[*at].cell.number.value.abs())
        .collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes[sizes.len() / 2];
    let most = sizes[sizes.len() - 1];
    let stated = group.iter().any(|at| entries[*at].unit.is_some());
    match first.cell.metric.name {
        "corr" => most <= 100.0 && (median > CORRELATION || (stated && most > 1.0)),
        "mae" => {
            let width = impossible_error(first);
            median > width || (stated && median > width / 4.0)
        }
        _ => false,
    }
}

/// Whether every number of a column of MAE or Corr has lost its point and three digits behind it: 939 for 0.939.
fn is_thousandfold(entries: &[Entry], group: &[usize]) -> bool {
    let values = || group.iter().map(|at| entries[*at].cell.number.value.abs());
    let whole = group
        .iter()
        .all(|at| entries[*at].cell.number.decimals == 0);
    let mut sizes: Vec<f64> = values().collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes[sizes.len() / 2];
    let most = sizes[sizes.len() - 1];
    match entries[group[0]].cell.metric.name {
        "corr" => whole && median > 100.0 && most <= 1000.0,
        // A hundredth of it would be above half the width of the labels.
        "mae" => {
            let half = impossible_error(&entries[group[0]]) / 4.0;
            whole && median > 100.0 * half.min(2.0) && most <= 1000.0 * half
        }
        _ => false,
    }
}

/// Brings such columns to their own scale.
fn thousandfold(entries: &mut [Entry], mut groups: Vec<&Vec<usize>>) -> Option<String> {
    groups.sort();
    groups.dedup();
    let first = groups.first()?[0];
    let titles = titles(entries, &groups);
    let printed = entries[first].cell.number.text();
    for at in groups.into_iter().flatten() {
        entries[*at].cell.number = entries[*at].cell.number.clone().by_1000();
    }
    Some(format!(
        "{titles} printed without points, times 1000: {} {printed} is read as {}",
        entries[first].cell.metric.title,
        entries[first].cell.number.text()
    ))
}

/// The titles of the metrics of groups, each once.
fn titles(entries: &[Entry], groups: &[&Vec<usize>]) -> String {
    let mut titles: Vec<&str> = Vec::new();
    for group in groups {
        let title = entries[group[0]].cell.metric.title;
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    match titles.as_slice() {
        [] => String::new(),
        [one] => format!("{one} is"),
        [most @ .., last] => format!("{} and {last} are", most.join(", ")),
    }
}
