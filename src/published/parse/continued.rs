//! Joins a table that a page break has cut: one whose title says that it is continued goes on with the one before.

use std::collections::BTreeSet;

use super::cell::{ParsedCell, ParsedTable};
use super::grid::Grid;

/// What titles of such tables say.
const WORDS: [&str; 3] = ["continued", "(cont.)", "(cont'd)"];

/// Adds a table to the one before where it goes on with it; gives it back where it does not.
pub(super) fn append(
    grid: &Grid,
    before: Option<&mut ParsedTable>,
    mut table: ParsedTable,
) -> Option<ParsedTable> {
    let Some(before) = before.filter(|before| is_continued(grid) && goes_on(before, &table)) else {
        return Some(table);
    };
    before.cells.append(&mut table.cells);
    table.notes.retain(|note| !before.notes.contains(note));
    before.notes.append(&mut table.notes);
    before.left_out += table.left_out;
    None
}

fn is_continued(grid: &Grid) -> bool {
    let title = grid.captions.last().map(|title| title.to_lowercase());
    title.is_some_and(|title| WORDS.iter().any(|word| title.contains(word)))
}

/// Whether a table has other cells than the one before, of the same masks and training data.
fn goes_on(before: &ParsedTable, table: &ParsedTable) -> bool {
    let key = |cell: &ParsedCell| {
        let condition = cell.condition.clone();
        let (dataset, method) = (cell.dataset.clone(), cell.method.clone());
        (dataset, method, cell.metric.name, condition)
    };
    let known: BTreeSet<_> = before.cells.iter().map(key).collect();
    before.scope == table.scope && !table.cells.iter().any(|cell| known.contains(&key(cell)))
}

#[cfg(test)]
mod tests {
    use super::super::{Options, parse_all};

    /// The number of cells in each table of a Markdown file with two tables.
    fn cells(title: &str, rate: &str) -> Vec<usize> {
        let table = |title: &str, rate: &str| {
            format!(
                "{title}\n\n| method | rate | mosi_mae |\n|---|---|---|\n| A | {rate} | 0.91 |\n| B | {rate} | 0.93 |\n\n"
            )
        };
        let text = table("Table 2: missing rates", "0.1") + &table(title, rate);
        let tables = parse_all("t.md", text.as_bytes(), &Options::default()).unwrap();
        tables.iter().map(|table| table.cells.len()).collect()
    }

    #[test]
    fn a_continued_table_is_one_with_the_table_before() {
        assert_eq!(cells("Table 2: missing rates (continued)", "0.2"), [4]);
        assert_eq!(cells("Table 3: missing rates", "0.2"), [2, 2]);
        // The same cells twice.
        assert_eq!(cells("Table 2 (continued)", "0.1"), [2, 2]);
    }
}
