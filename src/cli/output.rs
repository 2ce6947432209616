//! Writes results to stdout; everything else goes to stderr.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Columns of wrapped tables off a terminal.
const WIDTH: u16 = 100;

/// Writes text to stdout. A closed pipe is an error that the caller may ignore.
pub fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()?;
    Ok(())
}

/// Writes a record as indented JSON.
pub fn json(record: &impl Serialize) -> anyhow::Result<()> {
    write(&serde_json::to_string_pretty(record)?)
}

/// Writes a record as one line of JSON, for commands that write several.
pub fn json_line(record: &impl Serialize) -> anyhow::Result<()> {
    write(&serde_json::to_string(record)?)
}

/// A table without rules; columns are as wide as their contents.
pub fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// Rows under a heading. Columns in which all rows are equal are left out, but those of `kept`; a line below
/// has their values, where they have some.
pub fn listing(head: &[&str], rows: Vec<Vec<String>>, kept: &[&str]) -> String {
    let equal = |index: &usize| {
        let mut values = rows.iter().map(|row| &row[*index]);
        let first = values.next();
        rows.len() > 1 && !kept.contains(&head[*index]) && values.all(|value| Some(value) == first)
    };
    let (equal, others): (Vec<usize>, Vec<usize>) = (0..head.len()).partition(equal);
    let mut table = table();
    table.set_header(others.iter().map(|index| head[*index]));
    table.add_rows(
        rows.iter()
            .map(|row| others.iter().map(|index| row[*index].clone())),
    );
    let values = equal
        .iter()
        .map(|index| (head[*index], rows[0][*index].as_str()));
    let values: Vec<String> = values
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if values.is_empty() {
        format!("{table}\n")
    } else {
        format!("{table}\nall: {}\n", values.join(", "))
    }
}

/// A table whose cells wrap at the width of the terminal.
pub fn wrapped_table() -> Table {
    let mut table = table();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_one_value_are_a_line() {
        let row = |id: &str, state: &str| [id, "demo", state, ""].map(String::from).to_vec();
        let head = ["run", "data set", "state", "note"];
        let text = listing(&head, vec![row("a", "done"), row("b", "done")], &["run"]);
        assert!(text.ends_with("all: data set demo, state done\n"), "{text}");
        assert!(!text.contains("note"), "{text}");
        let text = listing(
            &head,
            vec![row("a", "done"), row("b", "failed")],
            &["run", "data set"],
        );
        assert!(
            text.contains("data set") && !text.contains("all:"),
            "{text}"
        );
        let text = listing(&head, vec![row("a", "done")], &[]);
        assert!(
            text.contains("state") && !text.contains("all:"),
            "one row has nothing in common: {text}"
        );
    }
}
