//! Writes commands that end a row of a LaTeX table, as LyX and R's Hmisc use them, as `\\`.

/// Commands that end a row as `\\` does.
const ENDS: [&str; 2] = ["tabularnewline", "cr"];

/// The text with `\\` at the end of every row.
pub fn as_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out += &rest[..at];
        let behind = &rest[at + 1..];
        if let Some(after) = behind_end(behind) {
            out += "\\\\";
            rest = after;
        } else {
            // What follows two backslashes is no name of a command.
            let pair = usize::from(behind.starts_with('\\'));
            out += &rest[at..=at + pair];
            rest = &behind[pair..];
        }
    }
    out + rest
}

/// What follows a command that ends a row, where the text begins with the name of one.
fn behind_end(text: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '@';
    let mut after = ENDS.iter().filter_map(|end| text.strip_prefix(end));
    after.find(|after| !after.starts_with(is_letter))
}

#[cfg(test)]
mod tests {
    use super::super::latex::{is_latex, split};
    use super::*;

    #[test]
    fn other_commands_stay() {
        for text in [
            "\\crcr \\create",
            "a \\\\cr",
            "\\tabularnewlines",
            "\\cr@x",
            "0.7 \\\\[2pt]",
            "\\",
        ] {
            assert_eq!(as_backslashes(text), text);
        }
        assert_eq!(as_backslashes("0.7\\cr\\hline"), "0.7\\\\\\hline");
    }

    #[test]
    fn rows_end_with_each_of_the_commands() {
        for end in ["\\tabularnewline", "\\cr", "\\tabularnewline[2pt]"] {
            let rows = ["Method & MAE", "A & 0.7", "B & 0.8"];
            let lines = rows.map(|row| format!("{row} {end}\n")).concat();
            assert!(is_latex(&lines), "{end}");
            let table = format!("\\begin{{tabular}}{{lc}}\n{lines}\\hline\n\\end{{tabular}}\n");
            for (text, first) in [(&lines, 1), (&table, 2)] {
                let grids = split("t.tex", text).unwrap();
                let read = grids[0].rows.iter();
                let read: Vec<_> = read.map(|row| (row.line, row.text(1))).collect();
                let expected = [(first, "MAE"), (first + 1, "0.7"), (first + 2, "0.8")];
                assert_eq!(read, expected, "{end}");
            }
        }
    }
}
