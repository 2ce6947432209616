//! A table without a format, which exporters render as Markdown, LaTeX, HTML and text.

pub mod ablation;
pub mod above;
pub mod build;
pub mod efficiency;
pub mod headline;
pub mod mark;
pub mod notes;
pub mod paper;
mod paper_cells;
pub mod phrases;
pub mod primary;
pub mod provenance;
mod searched;
#[cfg(test)]
mod section_tests;
pub mod selection_gap;
mod tested;
pub mod train_rate;
pub mod versions;

use super::origin::{Origin, RunSet};
use super::stats::comparison::{Family, Test};
use super::stats::holm::ALPHA;
use crate::metric::{Metric, fixed};

/// Folder of the files of one table each.
pub const TABLES: &str = "tables";

/// Mark of a cell that differs from the reference by more than chance.
pub const STAR: char = '*';

/// Mark of a cell that is no better than the baseline.
pub const BASELINE_MARK: char = '†';

/// Between numbers that share a cell.
pub const BETWEEN: &str = " / ";

/// A titled table with notes.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Unique within a report; fit for anchors and labels.
    pub id: String,
    pub title: String,
    /// Header of the first column.
    pub stub: String,
    pub columns: Vec<Column>,
    /// Baseline rows come last.
    pub rows: Vec<TableRow>,
    /// Mask protocol and version of the masks, `iid v1`.
    pub masks: String,
    /// The runs that marks and p-values are against, where anything was tested.
    pub reference: Option<RunSet>,
    /// Sentences that cells refer to by position: why a cell is undefined, where it is from.
    pub reasons: Vec<String>,
    /// What marks and numbers mean, alike in every table of a section's rows: pages print it once a section.
    /// Without full stops.
    pub legend: Vec<String>,
    /// Sentences on this table alone.
    pub notes: Vec<String>,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Header above this and the neighbors that share it; may be empty.
    pub group: String,
    pub title: String,
    /// Name in machine-readable files.
    pub name: String,
    /// Names of the metrics its cells show; empty for costs.
    pub metrics: Vec<&'static str>,
    pub higher_is_better: bool,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// Heading of this row and its neighbors, `missing rate 0.5`; mostly empty.
    pub block: String,
    pub label: String,
    pub baseline: bool,
    /// One per column.
    pub cells: Vec<Cell>,
}

/// A cell and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    pub content: Content,
    /// The best of its column, baselines aside.
    pub best: bool,
    /// The second best of its column.
    pub second: bool,
    /// Whether it differs from the reference by more than chance.
    pub significant: bool,
    /// No better than the baseline.
    pub at_baseline: bool,
    /// Distance to the baseline in display units; negative for worse.
    pub above_baseline: Option<f64>,
    /// 95 percent interval of the number over samples and seeds, in display units.
    pub interval: Option<[f64; 2]>,
    /// Against the reference row.
    pub versus: Option<Versus>,
    pub origin: Origin,
}

impl Cell {
    /// A cell without marks.
    pub fn new(content: Content, origin: Origin) -> Self {
        Self {
            content,
            best: false,
            second: false,
            significant: false,
            at_baseline: false,
            above_baseline: None,
            interval: None,
            versus: None,
            origin,
        }
    }

    /// Its numbers, each with its own marks: those that share it, or itself.
    pub fn numbers(&self) -> &[Self] {
        match &self.content {
            Content::Several(cells) => cells,
            _ => std::slice::from_ref(self),
        }
    }

    /// The interval as text with this many decimals.
    pub fn range(&self) -> Option<String> {
        let decimals = match self.content {
            Content::Number { decimals, .. } => decimals,
            _ => return None,
        };
        let [low, high] = self.interval?;
        Some(format!(
            "{} to {}",
            fixed(low, decimals),
            fixed(high, decimals)
        ))
    }
}

/// A cell against that of the reference row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Versus {
    /// This less the reference's, in display units.
    pub difference: f64,
    /// 95 percent interval of the difference over samples and seeds; `None` for one seed.
    pub interval: Option<[f64; 2]>,
    /// Of the models, corrected for the other tests of the report but for primary ones.
    pub p: Option<f64>,
    pub primary: bool,
    /// Of these trainings, by permutation of samples; not corrected.
    pub p_permutation: Option<f64>,
}

impl Versus {
    /// Whether it is more than chance.
    pub fn significant(&self) -> bool {
        self.p.is_some_and(|p| p < ALPHA)
    }

    /// A test in the units that tables show.
    fn of(test: &Test, metric: &Metric) -> Self {
        Self {
            difference: test.difference * metric.scale(),
            interval: test
                .models
                .map(|models| models.interval.map(|v| v * metric.scale())),
            p: test.p_corrected,
            primary: test.family == Family::Primary,
            p_permutation: test.p_permutation,
        }
    }
}

impl TableRow {
    /// Label and block, for formats without headings between rows.
    pub fn full_label(&self) -> String {
        if self.block.is_empty() {
            self.label.clone()
        } else {
            format!("{}, {}", self.label, self.block)
        }
    }
}

/// The content of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// In display units (percentages times 100).
    Number {
        value: f64,
        /// Standard deviation over seeds; `None` for one seed.
        sd: Option<f64>,
        decimals: usize,
    },
    /// A text as given, with the footnote at this position of [`Table::reasons`].
    Text { text: String, note: Option<usize> },
    /// Undefined for the reason at this position of [`Table::reasons`].
    Undefined { reason: usize },
    /// Numbers that share a column, each with its own marks: ours as Non0 / Has0.
    Several(Vec<Cell>),
    /// Not evaluated.
    Missing,
}

impl Content {
    /// The number alone, `n/a` or a dash; several with slashes between.
    pub fn text(&self) -> String {
        match self {
            Self::Number {
                value, decimals: 0, ..
            } => thousands(&fixed(*value, 0)),
            Self::Number {
                value, decimals, ..
            } => fixed(*value, *decimals),
            Self::Text { text, .. } => text.clone(),
            Self::Undefined { .. } => "n/a".to_string(),
            Self::Several(cells) => {
                let texts = cells.iter().map(|c| c.content.text());
                texts.collect::<Vec<_>>().join(BETWEEN)
            }
            Self::Missing => "-".to_string(),
        }
    }

    /// The spread alone.
    pub fn sd(&self) -> Option<String> {
        match self {
            Self::Number { sd, decimals, .. } => sd.map(|sd| match decimals {
                0 => thousands(&fixed(sd, 0)),
                _ => fixed(sd, *decimals),
            }),
            _ => None,
        }
    }

    /// The number with its spread, if it has one.
    pub fn full_text(&self) -> String {
        match self {
            Self::Several(cells) => {
                let texts = cells.iter().map(|c| c.content.full_text());
                texts.collect::<Vec<_>>().join(BETWEEN)
            }
            _ => self.text() + &self.sd().map(|sd| format!(" ± {sd}")).unwrap_or_default(),
        }
    }

    /// Replaces positions of sentences by their places in `order`, where new ones go last.
    fn renumber(&mut self, order: &mut Vec<usize>) {
        let mut place = |old: &mut usize| {
            let known = order.iter().position(|one| one == old);
            *old = known.unwrap_or_else(|| {
                order.push(*old);
                order.len() - 1
            });
        };
        match self {
            Self::Undefined { reason } => place(reason),
            Self::Text {
                note: Some(note), ..
            } => place(note),
            Self::Several(cells) => {
                cells.iter_mut().for_each(|c| c.content.renumber(order));
            }
            _ => {}
        }
    }

    /// Whether it shows a spread.
    pub fn has_spread(&self) -> bool {
        match self {
            Self::Several(cells) => cells.iter().any(|c| c.content.has_spread()),
            _ => self.sd().is_some(),
        }
    }

    /// The value in units of its last decimal: what a reader of the table compares.
    pub fn rounded(&self) -> Option<i128> {
        match self {
            // From the text itself: halves must not be rounded in two ways.
            Self::Number { .. } => self.text().replace(['.', ','], "").parse().ok(),
            _ => None,
        }
    }

    /// Letters of the footnotes of all its numbers.
    pub fn letters(&self) -> Vec<String> {
        match self {
            Self::Several(cells) => cells.iter().flat_map(|c| c.content.letters()).collect(),
            _ => self.letter().into_iter().collect(),
        }
    }

    /// Letter of the footnote, for single numbers that have one.
    pub fn letter(&self) -> Option<String> {
        match self {
            Self::Undefined { reason } => Some(letter(*reason)),
            Self::Text { note, .. } => note.map(letter),
            _ => None,
        }
    }
}

impl Table {
    /// The numbers of all cells.
    pub fn numbers(&self) -> impl Iterator<Item = &Cell> {
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        cells.flat_map(Cell::numbers)
    }

    /// Neighboring columns of one group, as (title, number of columns).
    pub fn groups(&self) -> Vec<(&str, usize)> {
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for column in &self.columns {
            match groups.last_mut() {
                Some((title, n)) if *title == column.group => *n += 1,
                _ => groups.push((&column.group, 1)),
            }
        }
        groups
    }

    /// Whether some group of columns has a title.
    pub fn has_groups(&self) -> bool {
        self.columns.iter().any(|c| !c.group.is_empty())
    }

    /// Whether a column holds words, which are read from the left.
    pub fn is_text(&self, column: usize) -> bool {
        let mut contents = self.rows.iter().map(|row| &row.cells[column].content);
        let text = |c: &Content| matches!(c, Content::Text { note: None, .. } | Content::Missing);
        contents.clone().all(text) && contents.any(|c| *c != Content::Missing)
    }

    /// Header of the first column, for formats without headers over several columns.
    pub fn full_stub(&self) -> String {
        let groups = self.groups().into_iter().map(|(title, _)| title);
        let parts = std::iter::once(self.stub.as_str()).chain(groups.filter(|g| !g.is_empty()));
        parts.collect::<Vec<_>>().join(" / ")
    }

    /// Puts the sentences that cells refer to in the order in which a reader comes to them.
    pub fn order_reasons(&mut self) {
        let mut order: Vec<usize> = Vec::new();
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells) {
            cell.content.renumber(&mut order);
        }
        let sentences = std::mem::take(&mut self.reasons);
        self.reasons = order.iter().map(|old| sentences[*old].clone()).collect();
    }

    /// The legend as sentences; empty where there is none.
    pub fn legend_sentences(&self) -> String {
        let sentences: Vec<String> = self.legend.iter().map(|p| phrases::sentence(p)).collect();
        sentences.join(" ")
    }

    /// Footnotes of cells, as (letter, sentence).
    pub fn footnotes(&self) -> impl Iterator<Item = (String, &str)> {
        self.reasons
            .iter()
            .enumerate()
            .map(|(i, r)| (letter(i), r.as_str()))
    }
}

/// A whole number with commas between thousands.
fn thousands(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let mut out = sign.to_string();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Position of a sentence among those that cells refer to; a new one goes last.
pub fn reason(reasons: &mut Vec<String>, sentence: String) -> usize {
    let known = reasons.iter().position(|r| *r == sentence);
    known.unwrap_or_else(|| {
        reasons.push(sentence);
        reasons.len() - 1
    })
}

/// a, b, ... z, aa, ab, ...
pub fn letter(i: usize) -> String {
    let last = char::from(b'a' + (i % 26) as u8);
    match i / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        let shown = ["7", "999", "1000", "-7269444"].map(thousands);
        assert_eq!(shown, ["7", "999", "1,000", "-7,269,444"]);
    }

    #[test]
    fn footnotes_are_lettered_in_reading_order() {
        let cell = |reason| Cell::new(Content::Undefined { reason }, Origin::Nothing);
        let mut table = Table {
            id: String::new(),
            title: String::new(),
            stub: String::new(),
            columns: Vec::new(),
            rows: vec![TableRow {
                block: String::new(),
                label: String::new(),
                baseline: false,
                cells: vec![cell(2), cell(0), cell(2)],
            }],
            masks: String::new(),
            reference: None,
            reasons: ["zero", "one", "two"].map(String::from).to_vec(),
            legend: Vec::new(),
            notes: Vec::new(),
        };
        table.order_reasons();
        assert_eq!(table.reasons, ["two", "zero"]);
        let letters: Vec<_> = table.rows[0]
            .cells
            .iter()
            .flat_map(|c| c.content.letters())
            .collect();
        assert_eq!(letters, ["a", "b", "a"]);
    }

    #[test]
    fn letters_do_not_run_out() {
        assert_eq!(
            [0, 25, 26, 27, 52].map(letter),
            ["a", "z", "aa", "ab", "ba"]
        );
    }
}
