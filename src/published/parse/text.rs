//! Decodes the bytes of a file that should hold a table.

use std::path::Path;

use super::error::{Error, Result};
use super::foreign;
use crate::support::file_kind::{FileKind, Target};

/// Refuses what is no file with content: a folder, a link without a target.
///
/// # Errors
/// [`Error::Kind`].
pub(super) fn check_path(path: &Path) -> Result<()> {
    match FileKind::of(path) {
        Ok(
            kind @ (FileKind::Folder
            | FileKind::Zarr
            | FileKind::Datasets
            | FileKind::DanglingLink
            | FileKind::AnnexLink),
        ) => Err(other(&path.display().to_string(), kind)),
        Ok(FileKind::Pipe) if path == Path::new("-") => Err(named(
            "-",
            ("no name of a file", "standard input is /dev/stdin"),
        )),
        // Reading it tells what is wrong. A pipe is read once, which is enough.
        _ => Ok(()),
    }
}

/// The text of a file; `name` is its path, for messages.
///
/// # Errors
/// [`Error::Kind`] for a file of another kind, [`Error::Csv`] where it is not UTF-8.
pub(super) fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    match FileKind::of_bytes(bytes) {
        FileKind::Csv | FileKind::Text => {}
        kind => return Err(other(name, kind)),
    }
    let text = utf8(name, bytes)?;
    foreign::of_text(text).map_or(Ok(text), |of| Err(named(name, of)))
}

/// The error for a file that is named with a way to a table.
fn named(name: &str, (kind, help): (&str, &str)) -> Error {
    Error::Kind {
        table: name.to_string(),
        kind: kind.to_string(),
        help: help.replace("FILE", name),
    }
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let separators = before[start..].iter().filter(|b| b",;\t".contains(b));
        Error::Csv {
            table: name.to_string(),
            reason: format!(
                "line {line}, column {}: expected text in UTF-8 (of Western European Windows: iconv -f WINDOWS-1252 \
                 -t UTF-8 {name} > NEW.csv)",
                separators.count() + 1
            ),
        }
    })
}

/// The error for a file of another kind, with the command that leads to a table.
fn other(name: &str, kind: FileKind) -> Error {
    let frame = |read: &str| {
        format!("write it as CSV in Python: pandas.{read}.to_csv('NEW.csv', index=False)")
    };
    let help = match kind {
        FileKind::Parquet => frame("read_parquet('FILE')"),
        FileKind::Html => frame("read_html('FILE')[0]"),
        FileKind::Pdf => {
            "copy the table out of it: pdftotext -layout FILE -, as CSV with a line of headings"
                .to_string()
        }
        FileKind::Docx => {
            "copy the table into a spreadsheet and save it as CSV in UTF-8".to_string()
        }
        FileKind::Media => "type its numbers as CSV with a line of headings".to_string(),
        FileKind::Folder => "name the tables in it: FILE/*.csv".to_string(),
        _ => kind.remedy(Target::Table),
    };
    named(name, (kind.name(), &help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        decode("t.csv", bytes).unwrap_err().to_string()
    }

    #[test]
    fn other_files_are_named_with_a_command() {
        let cases: [(&[u8], &str, &str); 7] = [
            (b"{\"a\": [1, 2]}", "a JSON file", "read_json('t.csv')"),
            (b"%PDF-1.5 ...", "a PDF file", "pdftotext -layout t.csv"),
            (
                b"<!DOCTYPE html><table></table>",
                "a web page",
                "read_html('t.csv')",
            ),
            (
                b"\xff\xfem\0,\0a\0\n\0",
                "text in UTF-16",
                "iconv -f UTF-16 -t UTF-8 t.csv",
            ),
            (b"\x1f\x8b\x08\0rest", "a gzip file", "gzip -dc t.csv"),
            (b"PAR1....PAR1", "a Parquet file", "read_parquet('t.csv')"),
            (b"", "an empty file", "again"),
        ];
        for (bytes, kind, help) in cases {
            let message = message(bytes);
            assert!(
                message.contains(kind) && message.contains(help),
                "{message}"
            );
            assert!(message.len() < 250, "{message}");
        }
    }

    #[test]
    fn text_of_another_code_page_is_refused_with_its_place() {
        let message = message(b"method,mae\nA,1.0\nB,\xff\n");
        assert!(
            message.starts_with("t.csv: line 3, column 2: expected text in UTF-8"),
            "{message}"
        );
        assert!(message.contains("iconv"), "{message}");
        assert_eq!(
            decode("t.csv", b"\xef\xbb\xbfmethod,mae\n").unwrap(),
            "method,mae\n"
        );
    }

    #[test]
    fn a_folder_is_refused_as_one() {
        let folder = std::env::temp_dir();
        let message = check_path(&folder).unwrap_err().to_string();
        assert!(message.contains("a folder"), "{message}");
        assert!(check_path(&folder.join("no such file")).is_ok());
    }
}
