//! `DONE`: checksums of the files a report rests on, in the format of `b3sum`, so that
//! `b3sum --check DONE` in the run directory checks them without this tool.

use std::path::Path;

use super::error::{Error, Result, io};

/// The blake3 of some bytes, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The text of `DONE` for files as (name, bytes).
pub(super) fn render(files: &[(&str, &[u8])]) -> String {
    let line = |(name, bytes): &(&str, &[u8])| format!("{}  {name}\n", hash(bytes));
    files.iter().map(line).collect()
}

/// The lines of the `DONE` at `path`, as (hash, file name).
pub(super) fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).map_err(io("read", path))?;
    text.lines().map(|line| parse(path, line)).collect()
}

fn parse(path: &Path, line: &str) -> Result<(String, String)> {
    match line.split_once("  ") {
        Some((hash, name)) if blake3::Hash::from_hex(hash).is_ok() && !name.is_empty() => {
            Ok((hash.to_string(), name.to_string()))
        }
        _ => Err(Error::Seal {
            path: path.to_path_buf(),
            found: line.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_b3sum() {
        assert_eq!(
            render(&[("a", b"")]),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262  a\n"
        );
    }

    #[test]
    fn a_damaged_line_is_shown() {
        let error = parse(Path::new("r/DONE"), "af13  a")
            .unwrap_err()
            .to_string();
        assert!(error.contains("r/DONE is damaged") && error.contains("\"af13  a\""));
    }
}
