//! Results go to stdout, and only results.

use std::io::Write;

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
