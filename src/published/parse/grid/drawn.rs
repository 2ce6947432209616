//! Brings tables that are drawn with lines (polars, rich, psql's `linestyle unicode`) to bars and dashes.

use std::borrow::Cow;

/// Lines between columns, lines between rows, and where both meet.
const UPRIGHT: &str = "\u{2502}\u{2503}\u{2506}\u{2507}\u{250a}\u{250b}\u{2551}";
const LEVEL: &str = "\u{2500}\u{2501}\u{2504}\u{2505}\u{2508}\u{2509}\u{254c}\u{254d}\u{2550}";

/// The text with bars and dashes for drawn lines, line by line as before; the types that polars prints below its
/// headings are left out.
pub fn with_bars(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| UPRIGHT.contains(c)) {
        return Cow::Borrowed(text);
    }
    let plain = |c: char| match c {
        c if UPRIGHT.contains(c) => '|',
        c if LEVEL.contains(c) => '-',
        // Corners and crossings.
        '\u{2500}'..='\u{257f}' => '+',
        c => c,
    };
    let lines: Vec<String> = text
        .lines()
        .map(|l| l.chars().map(plain).collect())
        .collect();
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|').split('|');
        inner.map(|t| t.trim().to_string()).collect()
    };
    let is_dashes = |line: &String| {
        let line = line.trim();
        line.starts_with('|') && cells(line).iter().all(|t| t == "---")
    };
    let dashes = lines.iter().position(is_dashes);
    let shape = |line: &str| line.starts_with("shape: (");
    let kept = lines.iter().enumerate().map(|(i, line)| {
        let types = dashes.is_some_and(|at| i == at || i == at + 1);
        match () {
            () if types => "|---|",
            () if shape(line) => "",
            () => line,
        }
    });
    Cow::Owned(kept.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::split;

    #[test]
    fn frames_of_polars_are_read_without_their_types() {
        let text = "shape: (2, 2)\n┌────────┬──────────┐\n│ method ┆ mosi_mae │\n│ ---    ┆ ---      │\n\
                    │ str    ┆ f64      │\n╞════════╪══════════╡\n│ LNLN   ┆ 0.789    │\n│ MISA   ┆ 0.799    │\n\
                    └────────┴──────────┘\n";
        let grids = split("t.txt", text).unwrap();
        let rows: Vec<Vec<&str>> = grids[0]
            .rows
            .iter()
            .map(|r| r.cells.iter().map(|c| &*c.text).collect())
            .collect();
        assert_eq!(
            rows,
            [["method", "mosi_mae"], ["LNLN", "0.789"], ["MISA", "0.799"]]
        );
        assert_eq!(grids[0].rows[1].line, 7);
    }
}
