//! Takes references, years and marks off the names of methods.

use std::collections::HashMap;

use super::grid::Field;
use super::header::Column;
use super::heading::Role;
use super::layout::{Layout, Line};
use super::names;

/// Takes references and marks off the names of methods where they stay different without.
pub(super) fn take_off(layouts: &mut [Layout]) -> Option<String> {
    let mut raw: Vec<String> = Vec::new();
    for layout in layouts.iter() {
        for (at, _) in methods(&layout.columns) {
            for row in layout.rows() {
                if !raw.iter().any(|r| r == row.text(at)) {
                    raw.push(row.text(at).to_string());
                }
            }
        }
    }
    let clean: Vec<String> = raw.iter().map(|r| without_reference(r)).collect();
    let unique = |name: &str| clean.iter().filter(|c| names::same(c, name)).count() == 1;
    let renamed: HashMap<&str, &str> = raw
        .iter()
        .zip(&clean)
        .filter(|(r, c)| r != c && unique(c))
        .map(|(r, c)| (r.as_str(), c.as_str()))
        .collect();
    let first = raw
        .iter()
        .find_map(|r| Some((r.clone(), (*renamed.get(r.as_str())?).to_string())));
    each_method(layouts, |cell| {
        if let Some(name) = renamed.get(cell.text.as_str()) {
            cell.text = (*name).to_string();
        }
    });
    let (from, to) = first?;
    Some(format!(
        "references and marks are taken off the names of methods: `{from}` is {to}"
    ))
}

/// Changes the cell of every row that names a method.
fn each_method(layouts: &mut [Layout], mut change: impl FnMut(&mut Field)) {
    for layout in layouts {
        let places: Vec<usize> = methods(&layout.columns).map(|(at, _)| at).collect();
        for line in &mut layout.lines {
            let Line::Scores(row) = line else {
                continue;
            };
            for at in &places {
                if let Some(cell) = row.cells.get_mut(*at) {
                    change(cell);
                }
            }
        }
    }
}

/// Gives names that differ in marks alone, which were taken off, their marks back; a note where there are such.
pub(super) fn put_back(layouts: &mut [Layout]) -> Option<String> {
    let mut spellings: HashMap<String, Vec<Option<String>>> = HashMap::new();
    let mut first = None;
    for layout in layouts.iter() {
        for (at, _) in methods(&layout.columns) {
            for cell in layout.rows().filter_map(|row| row.cells.get(at)) {
                let known = spellings.entry(cell.text.clone()).or_default();
                if !known.contains(&cell.marked) {
                    known.push(cell.marked.clone());
                }
            }
        }
    }
    each_method(layouts, |cell| {
        if spellings.get(&cell.text).is_some_and(|all| all.len() > 1)
            && let Some(marked) = cell.marked.take()
        {
            first.get_or_insert_with(|| (marked.clone(), cell.text.clone()));
            cell.text = marked;
        }
    });
    let (marked, name) = first?;
    Some(format!(
        "marks of names set rows apart: `{marked}` is another row than `{name}`"
    ))
}

fn methods(columns: &[Column]) -> impl Iterator<Item = (usize, &Column)> {
    columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind.is_role(&Role::Method))
}

/// The name of a method without marks, references and years: `CENET [20]`, `CENET (2022)`, `MISA†`.
fn without_reference(text: &str) -> String {
    let mut name = text.trim();
    loop {
        let marks = [
            '*', '\u{2020}', '\u{2021}', '\u{a7}', '\u{b6}', '\u{2666}', '\u{2663}', '\u{25e6}',
            '\u{22c4}',
        ];
        let raised = [
            '\u{b9}', '\u{b2}', '\u{b3}', '\u{2070}', '\u{2074}', '\u{2075}',
        ];
        let mut next = name
            .trim_end_matches(marks)
            .trim_end_matches(raised)
            .trim_end();
        if let Some(open) = next.ends_with(']').then(|| next.rfind('[')).flatten() {
            let inner = &next[open + 1..next.len() - 1];
            if is_reference(inner)
                || inner
                    .chars()
                    .all(|c| c.is_ascii_digit() || " ,;-\u{2013}".contains(c))
            {
                next = next[..open].trim_end();
            }
        } else if let Some(open) = next.ends_with(')').then(|| next.rfind('(')).flatten() {
            let inner = &next[open + 1..next.len() - 1];
            if is_reference(inner) {
                next = next[..open].trim_end();
            }
        } else if let Some((before, year)) = next.rsplit_once([' ', ',', '_', '\u{2019}', '\'']) {
            let before = before.trim_end_matches([',', ' ']);
            if is_year(year) && before.chars().any(char::is_alphabetic) {
                next = before;
            }
        }
        // A name of marks alone stays.
        if next.is_empty() || next == name {
            return name.to_string();
        }
        name = next;
    }
}

/// Whether a text in brackets is a source: `Wang et al., 2022`, `2022`, `TMM'22`, `ours`.
fn is_reference(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let year = words.iter().any(|w| is_year(w));
    let short = lower
        .split_once(['\'', '\u{2019}'])
        .is_some_and(|(_, y)| y.len() == 2 && y.chars().all(|c| c.is_ascii_digit()));
    year || short || lower.contains("et al") || ["ours", "our"].contains(&lower.trim())
}

fn is_year(text: &str) -> bool {
    let digits = text.len() == 4 && text.chars().all(|c| c.is_ascii_digit());
    digits && (text.starts_with("19") || text.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_no_part_of_a_name() {
        for text in [
            "CENET",
            "CENET [20]",
            "CENET[20, 21]",
            "CENET 2022",
            "CENET (2022)",
            "CENET (Wang et al., 2022)",
            "CENET*",
            "CENET\u{2020}",
            "CENET (TMM'22)",
            "CENET (Ours)",
            "CENET, 2022",
            "CENET \u{2020} [20]",
        ] {
            assert_eq!(without_reference(text), "CENET", "{text}");
        }
        for text in [
            "Qwen2.5-Omni-7B (prediction)",
            "w/o L_rec",
            "ALMT (paper)",
            "2022",
            "*",
            "MMIM (k=3)",
            "A (table 4)",
        ] {
            assert_eq!(without_reference(text), text, "{text}");
        }
    }
}
