//! Tells titles of tables whose numbers are differences and no scores.

use super::grid::Grid;

/// Phrases that say so by themselves.
const SURE: &[&str] = &[
    "gain over",
    "gains over",
    "improvement over",
    "relative improvement",
    "change against",
    "change from",
    "difference",
    "p-value",
    "shapley",
    "selection gap",
    "rise of the",
    "\u{394}",
];

/// Words that say so where a number below the title has a sign. The contribution of a part to a model is often
/// shown by the scores without it.
const PERHAPS: &[&str] = &[
    "change",
    "changes",
    "contribution",
    "contributions",
    "decrease",
    "degradation",
    "drop",
    "drops",
    "gain",
    "gains",
    "improvement",
    "improvements",
    "increase",
    "reduction",
    "rise",
];

/// The line of text that says that the numbers below it are differences.
pub(super) fn title(grid: &Grid) -> Option<&str> {
    let ends = [grid.captions.first(), grid.captions.last()];
    let mut titles = ends.into_iter().flatten().map(String::as_str);
    titles.find(|title| {
        let lower = title.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric());
        SURE.iter().any(|phrase| lower.contains(phrase))
            || (words.any(|w| PERHAPS.contains(&w)) && has_signs(grid))
    })
}

/// Whether a number has a sign that no score of this column has; correlations may be below 0.
fn has_signs(grid: &Grid) -> bool {
    let Some((headings, rows)) = grid.rows.split_first() else {
        return false;
    };
    let correlation = |at: usize| {
        let heading = headings.text(at).to_lowercase();
        ["corr", "pearson"].iter().any(|c| heading.contains(c)) || heading.trim() == "r"
    };
    let signed = |text: &str| {
        let rest = text.strip_prefix(['+', '-', '\u{2212}']);
        rest.is_some_and(|t| {
            t.trim_start()
                .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        })
    };
    rows.iter().any(|row| {
        let cells = row.cells.iter().enumerate();
        cells
            .into_iter()
            .any(|(at, cell)| signed(cell.text.trim()) && !correlation(at))
    })
}

#[cfg(test)]
mod tests {
    use crate::published::parse::{Options, parse_all};

    fn cells(title: &str, number: &str) -> usize {
        let text = format!(
            "## MOSI\n\n| model | MAE |\n|---|---|\n| A | 0.8 |\n\n## {title}\n\n| model | MAE | Corr |\n|---|---|---|\n\
             | text | {number} | -0.1 |\n| audio | 0.2 | 0.3 |\n"
        );
        let tables = parse_all("t.md", text.as_bytes(), &Options::default()).unwrap();
        tables.iter().map(|t| t.cells.len()).sum()
    }

    #[test]
    fn titles_of_differences_are_told_from_those_of_scores() {
        for (title, number, read) in [
            ("MOSI: contribution of each modality", "-0.31", 1),
            ("MOSI: contribution of each modality", "+0.31", 1),
            ("Contribution of each module on MOSI", "0.81", 5),
            ("MOSI: Shapley value of each modality", "0.31", 1),
            (
                "Trained on MOSEI, tested on MOSI: change against MOSEI",
                "0.01",
                1,
            ),
            (
                "MOSI: mean over missing rates, gain over the baseline",
                "0.01",
                1,
            ),
            ("MOSI: errors", "0.81", 5),
        ] {
            assert_eq!(cells(title, number), read, "{title} {number}");
        }
    }
}
