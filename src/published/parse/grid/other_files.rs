//! Finds what LaTeX reads from other files: rows of a table (`\input`), and whole tables (`\csvautotabular`, `\pgfplotstabletypeset`).

use super::first_of;

/// Commands that put a file's text in their place, and those that make a table of a file of numbers; a word may go on
/// (`\csvautobooktabular`).
const ROWS: [&str; 3] = ["\\@@input", "\\input", "\\include"];
const TABLES: [&str; 5] = [
    "\\csvauto",
    "\\csvreader",
    "\\csvloop",
    "\\pgfplotstabletypeset",
    "\\pgfplotstableread",
];

/// The body of a table without commands that read rows, and the files that these name.
pub fn rows(body: &str) -> (String, Vec<String>) {
    let (mut kept, mut files) = (String::new(), Vec::new());
    let mut rest = body;
    while let Some((at, name)) = first_of(rest, &ROWS) {
        let behind = &rest[at + name.len()..];
        kept += &rest[..at];
        let read = match argument(behind) {
            Some((file, end)) => Some((file, end)),
            // As plain TeX has it: `\input rows.tex`.
            None if behind.starts_with(' ') => {
                let word = behind.trim_start_matches(' ');
                let file = word.split_whitespace().next();
                file.map(|file| (file, behind.len() - word.len() + file.len()))
            }
            None => None,
        };
        let end = match read {
            Some((file, end)) => {
                files.push(file.to_string());
                end
            }
            None => {
                kept += name;
                0
            }
        };
        rest = &behind[end..];
    }
    (kept + rest, files)
}

/// The files of numbers of which a text makes tables.
pub fn tables(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut rest = text;
    while let Some((at, name)) = first_of(rest, &TABLES) {
        let behind = rest[at + name.len()..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let file = argument(behind.trim_start_matches('*')).map(|(file, _)| file);
        let is_file = |file: &&str| file.contains('.') && !file.contains(['\n', '\\', '#']);
        files.extend(file.filter(is_file).map(str::to_string));
        rest = behind;
    }
    files
}

/// The text in the first braces, behind options in brackets, and where it ends.
fn argument(text: &str) -> Option<(&str, usize)> {
    let mut at = text.len() - text.trim_start().len();
    if text[at..].starts_with('[') {
        at += text[at..].find(']')? + 1;
        at += text[at..].len() - text[at..].trim_start().len();
    }
    let inner = text[at..].strip_prefix('{')?;
    let end = inner.find('}')?;
    Some((inner[..end].trim(), at + end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::parse::{Options, parse};

    #[test]
    fn files_are_named_however_they_are_read() {
        let (kept, files) =
            rows("A & 1 \\\\\n\\input{rest}\n\\input more.tex\nB & 2 \\\\ \\inputs\n");
        assert_eq!(files, ["rest", "more.tex"]);
        assert_eq!(kept, "A & 1 \\\\\n\n\nB & 2 \\\\ \\inputs\n");
        let text = "\\csvautobooktabular[separator=tab]{a.csv} \\pgfplotstabletypeset[col sep=comma]{b.dat}\n\
                    \\pgfplotstabletypeset{\\data} \\csvreader*[x={1}]{c.csv}{}{}";
        assert_eq!(tables(text), ["a.csv", "b.dat", "c.csv"]);
    }

    #[test]
    fn rows_of_another_file_are_counted_and_its_table_is_named() {
        let table = |rows: &str| {
            format!(
                "\\begin{{tabular}}{{lcc}}\nMethod & mosi MAE & mosi Corr \\\\\n{rows}\\end{{tabular}}\n"
            )
        };
        let read = |text: &str| parse("t.tex", text.as_bytes(), &Options::default());
        let half = table("A & 0.9 & 0.6 \\\\\nB & 0.8 & 0.7 \\\\\n\\input{rest.tex}\n");
        let half = read(&half).unwrap();
        assert_eq!((half.cells.len(), half.left_out.lines), (4, 1));
        assert!(half.notes.iter().any(|note| note.contains("`rest.tex`")));
        for text in [
            table("\\input{results.csv}\n"),
            "\\begin{table}\\caption{CMU-MOSI}\\csvautotabular{results.csv}\\end{table}\n"
                .to_string(),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains("audit results.csv"), "{error}");
        }
    }
}
