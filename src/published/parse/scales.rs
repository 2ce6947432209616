//! Tells by line whether MAE and Corr are printed times 100, where a column mixes both.

use std::collections::BTreeMap;

use super::entry::Entry;

/// How a line prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Own,
    Hundredfold,
}

/// Corr from which on one that is at most 1 is no correlation times 100: few models have 0.005 or less.
const CORRELATION: f64 = 0.5;

/// Lines of either scale that a column must have where they hold one of both metrics: a single number may have lost
/// its point.
const LINES: usize = 2;

/// Settles the columns that mix both scales: the columns, and the numbers that are times 100. `width` gives the MAE
/// that no sound number of an entry's data set reaches.
pub(super) fn mixed(
    entries: &[Entry],
    groups: &[&Vec<usize>],
    width: impl Fn(&Entry) -> f64,
) -> (Vec<usize>, Vec<usize>) {
    let lines = lines(entries, groups, width);
    let scale = |at: usize| {
        let cell = &entries[at].cell;
        lines.get(&(cell.line, cell.dataset.as_str())).copied()
    };
    let is_mixed = |group: &[usize]| {
        [Scale::Own, Scale::Hundredfold].into_iter().all(|wanted| {
            let of = group.iter().filter_map(|at| scale(*at));
            let of: Vec<bool> = of.filter(|s| s.0 == wanted).map(|s| s.1).collect();
            of.len() >= LINES || of.contains(&true)
        })
    };
    let (mut columns, mut places) = (Vec::new(), Vec::new());
    for (column, group) in groups.iter().enumerate() {
        if is_mixed(group) {
            columns.push(column);
            let hundredfold =
                |at: &&usize| scale(**at).is_some_and(|(scale, _)| scale == Scale::Hundredfold);
            places.extend(group.iter().filter(hundredfold));
        }
    }
    (columns, places)
}

/// The scale of every line by data set, and whether both metrics agree on it.
fn lines<'e>(
    entries: &'e [Entry],
    groups: &[&Vec<usize>],
    width: impl Fn(&Entry) -> f64,
) -> BTreeMap<(u64, &'e str), (Scale, bool)> {
    let mut lines: BTreeMap<(u64, &str), [Option<&Entry>; 2]> = BTreeMap::new();
    for entry in groups.iter().flat_map(|g| g.iter()).map(|at| &entries[*at]) {
        let slot = match entry.cell.metric.name {
            "mae" => 0,
            "corr" => 1,
            _ => continue,
        };
        let key = (entry.cell.line, entry.cell.dataset.as_str());
        lines.entry(key).or_default()[slot] = Some(entry);
    }
    let scale = |[mae, corr]: &[Option<&Entry>; 2]| {
        let of_mae = mae.map(|e| {
            if e.cell.number.value > width(e) {
                Scale::Hundredfold
            } else {
                Scale::Own
            }
        });
        let of_corr = corr.and_then(|e| match e.cell.number.value.abs() {
            size if size > 100.0 => None,
            size if size > 1.0 => Some(Scale::Hundredfold),
            // Of a model that has lost everything a correlation is near 0 in both scales.
            size if size >= CORRELATION => Some(Scale::Own),
            _ => None,
        });
        match (of_mae, of_corr) {
            (Some(a), Some(b)) => (a == b).then_some((a, true)),
            (Some(one), None) if corr.is_some() => Some((one, false)),
            (None, None) => None,
            (one, other) => Some((one.or(other)?, false)),
        }
    };
    let settled = lines
        .iter()
        .filter_map(|(key, cells)| Some((*key, scale(cells)?)));
    settled.collect()
}
