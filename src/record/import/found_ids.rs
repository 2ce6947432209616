//! Finds ids in a column under a heading that is not known, by its values.

use std::collections::HashSet;

use super::source::{Source, Values};

/// Part of the rows that must hold ids of the data: a few may be misspelt, which is named later.
const MOST: f64 = 0.9;

/// Ends what a program puts in front of a line, and so in front of its first value: `grep` its file, `cat -n` a number,
/// mail `> `.
const FRONT: [char; 4] = [':', '\t', ' ', '>'];

/// Takes the ids from a column that holds them, and says which it was.
pub(super) fn take(source: &mut Source, known: &HashSet<&str>) {
    let columns = std::mem::take(&mut source.unnamed);
    let mut columns = columns.into_iter().filter(|column| holds(column, known));
    let Some(Values { heading, values }) = columns.next() else {
        return;
    };
    let other = columns.find(|column| column.values != values);
    let rival = other.map_or(String::new(), |column| {
        let heading = column.heading.trim();
        format!("; so does `{heading}`, of other samples: --column id=NAME chooses")
    });
    let mut behind = None;
    for (row, value) in source.rows.iter_mut().zip(values) {
        let value = value.unwrap_or_default();
        let id = id_in(&value, known).unwrap_or(value.trim());
        if id.len() < value.trim().len() {
            behind = Some(value.trim()[..value.trim().len() - id.len()].to_string());
        }
        row.id = id.to_string();
    }
    source.has_ids = true;
    source.index = None;
    let behind = behind.map_or(String::new(), |front| format!(" behind `{front}`"));
    source.notes.push(format!(
        "column `{}` holds ids of the data{behind}, and is read as id{rival}",
        heading.trim()
    ));
}

fn holds(column: &Values, known: &HashSet<&str>) -> bool {
    let is_id = |text: &&Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        id_in(text, known).is_some()
    };
    let count = column.values.iter().filter(is_id).count();
    count > 0 && count as f64 >= MOST * column.values.len() as f64
}

/// The id that a value is, or that it ends with.
fn id_in<'v>(value: &'v str, known: &HashSet<&str>) -> Option<&'v str> {
    let whole = value.trim();
    let end = || whole.rsplit(FRONT).next().unwrap_or_default();
    [whole, end()].into_iter().find(|id| known.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_behind_what_programs_put_in_front() {
        let known = HashSet::from(["a$_$1", "b c$_$2"]);
        for (value, id) in [
            ("a$_$1", Some("a$_$1")),
            (" b c$_$2 ", Some("b c$_$2")),
            ("runs/s1.csv:a$_$1", Some("a$_$1")),
            ("    17\ta$_$1", Some("a$_$1")),
            ("> a$_$1", Some("a$_$1")),
            ("a$_$2", None),
            ("", None),
        ] {
            assert_eq!(id_in(value, &known), id, "{value}");
        }
    }
}
