//! Names tables in the marks of wikis and Typst.

/// What a file is, and the way to a table in text. `FILE` is the file.
type Named = (&'static str, &'static str);

/// A table in the marks of another program, by lines that no CSV, Markdown or LaTeX has.
pub(super) fn of_text(text: &str) -> Option<Named> {
    let lines = || text.lines().map(str::trim);
    let has = |test: &dyn Fn(&str) -> bool| lines().any(test);
    let heading = |line: &str| line.len() > 4 && line.starts_with("||") && line.ends_with("||");
    let row = |line: &str| line.len() > 2 && line.starts_with('|') && line.ends_with('|');
    let first_row = || lines().find(|line| line.starts_with('|'));
    if has(&|line| line.starts_with("{|"))
        && has(&|line| line == "|}")
        && has(&|l| l.starts_with("|-"))
    {
        Some((
            "a table of MediaWiki",
            "convert it: pandoc -f mediawiki -t gfm FILE -o NEW.md",
        ))
    } else if first_row().is_some_and(heading)
        && lines().filter(|l| row(l) && !heading(l)).count() > 0
    {
        Some((
            "a table of Jira or Confluence",
            "convert it: pandoc -f jira -t gfm FILE -o NEW.md",
        ))
    } else if has(&|line| line.starts_with('#') && line.contains("table("))
        && text.contains("columns:")
    {
        Some((
            "a table of Typst",
            "convert it: pandoc -f typst -t gfm FILE -o NEW.md",
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, parse};

    fn message(bytes: &[u8]) -> String {
        let read = parse("t.txt", bytes, &Options::default());
        read.map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn tables_of_other_programs_are_named_with_a_command() {
        let cases: [(&[u8], &str, &str); 6] = [
            (b"<table border=\"1\"><tr><td>1</td></tr></table>", "a table in HTML", "read_html('t.txt')"),
            (b"{\"url\": \"https://docs.google.com/x\", \"doc_id\": \"1\"}", "Google Drive", "Download"),
            (b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\0\0\0Index/Document.iwa", "Apple Numbers", "CSV"),
            (b"{| class=\"wikitable\"\n|-\n! method !! mae\n|-\n| A || 0.9\n|}\n", "MediaWiki", "pandoc -f mediawiki"),
            (b"|| method || mae ||\n| A | 0.9 |\n", "Jira", "pandoc -f jira"),
            (b"#table(columns: 2,\n[method], [mae],\n[A], [0.9])\n", "Typst", "pandoc -f typst"),
        ];
        for (bytes, kind, help) in cases {
            let message = message(bytes);
            assert!(
                message.contains(kind) && message.contains(help),
                "{message}"
            );
        }
    }

    #[test]
    fn markdown_and_latex_are_read() {
        for text in [
            "| method | mosi_mae |\n|---|---|\n| A | 0.9 |\n",
            "|| method | mosi_mae |\n||---|---|\n|| A | 0.9 |\n",
            "\\begin{tabular}\n{|l|r|}\nmethod & mosi\\_mae \\\\\n|- & 0.9 \\\\\n\\end{tabular}\n",
        ] {
            assert_eq!(message(text.as_bytes()), "", "{text}");
        }
    }
}
