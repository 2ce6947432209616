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

/// A table whose cells wrap at the width of the terminal.
pub fn wrapped_table() -> Table {
    let mut table = table();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table
}
