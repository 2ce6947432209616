//! Results go to stdout, and only results.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};

/// Width of wrapped tables where no terminal says its own.
const WIDTH: u16 = 100;

/// Write text to stdout; a closed pipe comes back as an error the caller may ignore.
pub fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()?;
    Ok(())
}

/// A table without rules, columns as wide as their contents.
pub fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// A table whose cells wrap to the width of the terminal.
pub fn wrapped_table() -> Table {
    let mut table = table();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    table
}
