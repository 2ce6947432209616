//! Takes what `longtable` prints again on every page out of a table: its repeated headings and its foot.

use super::first_of;

/// Ends of the parts that a table of several pages begins with.
const ENDS: [&str; 4] = ["\\endfirsthead", "\\endhead", "\\endfoot", "\\endlastfoot"];

/// The body with the headings of its first page alone, line by line as before; a foot with cells of its own is kept.
pub fn first_page(body: &str) -> String {
    let two_heads = body.contains(ENDS[0]);
    let (mut kept, mut rest) = (String::new(), body);
    while let Some((at, end)) = first_of(rest, &ENDS) {
        let part = &rest[..at];
        let again = match end {
            "\\endhead" => two_heads,
            "\\endfirsthead" => false,
            _ => !part.replace("\\&", "").contains('&'),
        };
        if again {
            kept.extend(part.chars().filter(|c| *c == '\n'));
        } else {
            kept += part;
            kept.push(' ');
        }
        rest = &rest[at + end.len()..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::super::latex::split;

    #[test]
    fn headings_of_later_pages_are_no_lines_of_the_table() {
        let head = "Method & MAE \\\\\n";
        let again = "\\multicolumn{2}{c}{continued} \\\\\nMethod & MAE \\\\\n\\endhead\n";
        let foot =
            "\\multicolumn{2}{r}{on the next page} \\\\\n\\endfoot\n\\hline\n\\endlastfoot\n";
        let rows = "A & 0.9 \\\\\nB & 0.8 \\\\\n";
        let table = |body: &str| {
            let text = format!("\\begin{{longtable}}{{lc}}\n{body}\\end{{longtable}}\n");
            let grids = split("t.tex", &text).unwrap();
            let rows = grids[0].rows.iter();
            rows.map(|row| (row.line, row.text(0).to_string()))
                .collect::<Vec<_>>()
        };
        let read = table(&format!("{head}\\endfirsthead\n{again}{foot}{rows}"));
        let names: Vec<&str> = read.iter().map(|(_, name)| &**name).collect();
        assert_eq!(names, ["Method", "A", "B"]);
        assert_eq!(read[1].0, 11);
        assert_eq!(table(&format!("{head}\\endhead\n{rows}")).len(), 3);
    }
}
