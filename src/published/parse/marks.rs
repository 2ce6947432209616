//! Reads columns of check marks, one for each modality, as the sets of modalities that the lines are about.

use super::condition::ConditionText;
use super::grid::Row;
use super::header::{Column, Kind};
use super::heading::Role;
use super::modalities::{ModalitySet, Naming};

const YES: &[&str] = &[
    "\u{2713}",
    "\u{2714}",
    "\u{2611}",
    "\u{221a}",
    "\u{25cf}",
    "\u{2022}",
    "\u{2714}\u{fe0f}",
    "\u{2705}",
    "yes",
    "y",
    "true",
    "1",
    "+",
    "on",
];
const NO: &[&str] = &[
    "", "\u{2717}", "\u{2718}", "\u{2716}", "\u{d7}", "x", "\u{274c}", "no", "n", "false", "0",
    "-", "--", "\u{2013}", "\u{2014}", "off", "\u{2610}",
];
/// Yes, unless a filled circle is beside it.
const CIRCLES: &[&str] = &["\u{25cb}", "o", "\u{25ef}", "\u{25e6}"];

/// Puts the marks of such columns into the first of them; the note says so.
pub(super) fn join(columns: &mut [Column], rows: &mut [Row]) -> Option<String> {
    let mut places: Vec<(usize, ModalitySet)> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let Some(set) = modality(column) else {
            continue;
        };
        // A modality that is there twice is of another table.
        if places.iter().any(|(_, other)| other.same(set)) {
            return None;
        }
        places.push((at, set));
    }
    let texts: Vec<String> = rows
        .iter()
        .filter(|row| row.filled().count() > 1)
        .flat_map(|row| places.iter().map(|(at, _)| row.text(*at).to_lowercase()))
        .collect();
    let filled = texts
        .iter()
        .any(|t| ["\u{25cf}", "\u{2022}"].contains(&&**t));
    let is_yes = |text: &str| {
        let text = text.trim().to_lowercase();
        YES.contains(&&*text) || (!filled && CIRCLES.contains(&&*text))
    };
    let is_no = |text: &str| {
        let text = text.trim().to_lowercase();
        NO.contains(&&*text) || (filled && CIRCLES.contains(&&*text))
    };
    // A line of one text is a section.
    let sections = |row: &&mut Row| row.filled().count() > 1;
    let marked = texts.iter().filter(|t| is_yes(t)).count();
    let all = texts.iter().all(|t| is_yes(t) || is_no(t));
    if places.len() < 2 || marked == 0 || !all {
        return None;
    }
    let first = places[0].0;
    let naming = places.iter().find_map(|(_, set)| set.naming);
    for row in rows.iter_mut().filter(sections) {
        let named: Vec<char> = places
            .iter()
            .filter(|(at, _)| is_yes(row.text(*at)))
            .filter_map(|(_, set)| set.letter())
            .collect();
        let text = match (named.is_empty(), naming) {
            (true, Some(Naming::Missing)) => "none".to_string(),
            (true, _) => "no modality".to_string(),
            (false, _) => named.into_iter().collect(),
        };
        for (at, _) in &places {
            if let Some(cell) = row.cells.get_mut(*at) {
                cell.text.clear();
            }
        }
        if let Some(cell) = row.cells.get_mut(first) {
            cell.text = text;
        }
    }
    let headings: Vec<String> = places
        .iter()
        .map(|(at, _)| format!("`{}`", columns[*at].heading))
        .collect();
    for (at, _) in &places {
        columns[*at].kind = if *at == first {
            Kind::Key(Role::Modalities(naming))
        } else {
            // Without a heading it is named by no note.
            columns[*at].heading.clear();
            Kind::Aside
        };
    }
    Some(format!(
        "marks below {} are read as sets of modalities",
        headings.join(", ")
    ))
}

/// The modality that a column without numbers is about.
fn modality(column: &Column) -> Option<ModalitySet> {
    let by_kind = column
        .kind
        .scores()
        .filter(|s| s.metrics.is_empty() && s.dataset.is_none())
        .and_then(|s| match s.condition {
            Some(ConditionText::Modalities(set)) => Some(set),
            _ => None,
        });
    let open = column.kind == Kind::Unknown;
    let set = by_kind.or_else(|| open.then(|| ModalitySet::parse(&column.heading)).flatten())?;
    set.letter()?;
    let heading = column.heading.to_lowercase();
    let naming = if heading.contains("missing") {
        Some(Naming::Missing)
    } else if ["available", "present", "observed"]
        .iter()
        .any(|w| heading.contains(w))
    {
        Some(Naming::Present)
    } else {
        set.naming
    };
    let mut set = set;
    set.naming = naming;
    Some(set)
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, parse};

    fn conditions(head: &str, yes: &str, no: &str) -> Vec<String> {
        let mut text = format!("| {head} | Acc-7 | MAE |\n|---|---|---|---|---|\n");
        for (marks, acc7, mae) in [
            ([1, 0, 0], "28.43", "1.096"),
            ([0, 1, 0], "18.51", "1.421"),
            ([1, 1, 0], "33.24", "1.012"),
            ([1, 1, 1], "33.53", "0.939"),
        ] {
            let marks = marks.map(|m| if m == 1 { yes } else { no });
            text += &format!("| {} | {acc7} | {mae} |\n", marks.join(" | "));
        }
        let table = parse("mosi.md", text.as_bytes(), &Options::default()).unwrap();
        assert!(
            table.notes.iter().any(|n| n.starts_with("marks below")),
            "{:?}",
            table.notes
        );
        let acc7 = table.cells.iter().filter(|c| c.metric.name == "acc7");
        acc7.map(|c| c.condition.to_string()).collect()
    }

    #[test]
    fn marks_are_sets_of_modalities() {
        let wanted = ["AV missing", "LV missing", "V missing", "none missing"];
        for (yes, no) in [
            ("\u{2713}", "\u{2717}"),
            ("\u{2713}", ""),
            ("\\checkmark", ""),
            ("\\cmark", "\\xmark"),
            ("\\ding{51}", "\\ding{55}"),
            ("1", "0"),
            ("Yes", "no"),
            ("\u{25cf}", "\u{25cb}"),
            ("\u{25cb}", "-"),
        ] {
            assert_eq!(conditions("T | A | V", yes, no), wanted, "{yes} {no}");
            assert_eq!(conditions("Text | Audio | Video", yes, no), wanted);
        }
        let missing = conditions("Missing T | Missing A | Missing V", "", "\u{2713}");
        assert_eq!(missing, wanted);
    }
}
