//! Settles what the headings of a table leave open by its lines: columns without a role, merged cells, units of rates.

use std::collections::BTreeMap;

use super::condition::ConditionText;
use super::context::Context;
use super::grid::Row;
use super::header::{Column, Kind};
use super::heading::{Role, Word, word};
use super::headings::Block;
use super::metric::plain;
use super::{moved_rows, names, number};

/// A table whose columns have roles and whose merged cells are filled.
#[derive(Debug)]
pub(super) struct Layout {
    pub captions: Vec<String>,
    pub columns: Vec<Column>,
    pub lines: Vec<Line>,
    /// Whether numbers on the axis of rates are percent: in the lines, in the headings, in section lines.
    pub percent: Percent,
    /// Fractions and percent on one axis.
    pub mixed: Option<Mixed>,
    pub notes: Vec<String>,
}

/// Where rates are printed in percent without a sign.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Percent {
    pub lines: bool,
    pub headings: bool,
    pub sections: bool,
}

/// A line below the headings.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// One cell that holds for the lines below it.
    Section {
        line: u64,
        text: String,
    },
    Scores(Row),
}

impl Layout {
    pub fn new(block: Block) -> Self {
        let mut layout = Self {
            captions: block.captions,
            columns: block.columns,
            lines: Vec::new(),
            percent: Percent::default(),
            mixed: None,
            notes: block.notes,
        };
        let wide = layout.columns.len() > 2;
        for row in block.rows {
            let filled: Vec<&str> = row.filled().map(|c| &*c.text).collect();
            let section = match filled.as_slice() {
                [one] if !number::is_number(one) && !number::is_absent(one) => {
                    wide || is_context(one)
                }
                _ => false,
            };
            let line = row.line;
            if is_spreads(&filled)
                && let Some(Line::Scores(above)) = layout.lines.last_mut()
            {
                for (cell, spread) in above
                    .cells
                    .iter_mut()
                    .zip(&row.cells)
                    .filter(|(_, s)| !s.text.is_empty())
                {
                    cell.text = format!("{} {}", cell.text, spread.text);
                }
                continue;
            }
            if section {
                let text = filled.concat();
                layout.lines.push(Line::Section { line, text });
            } else {
                layout.lines.push(Line::Scores(row));
            }
        }
        layout.name_methods();
        layout.prefer_dataset();
        layout.fill_down();
        layout.drop_constant();
        layout.settle_rates();
        let moved = moved_rows::note(&layout);
        layout.notes.extend(moved);
        layout
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.lines.iter().filter_map(|l| match l {
            Line::Scores(row) => Some(row),
            Line::Section { .. } => None,
        })
    }

    /// Takes a column of known data sets for that of the data sets, and the first other column of text for that
    /// of the methods where no heading names it.
    fn name_methods(&mut self) {
        // A column of numbers without a heading is an index that pandas wrote.
        for at in 0..self.columns.len() {
            let heading = plain(&self.columns[at].heading);
            let unnamed = heading.is_empty() || heading.starts_with("unnamed");
            if unnamed && self.columns[at].kind == Kind::Unknown {
                let numbers = self
                    .rows()
                    .all(|r| r.text(at).chars().all(|c| c.is_ascii_digit()));
                if numbers {
                    self.columns[at].kind = Kind::Aside;
                }
            }
        }
        let datasets = |layout: &Self, at: usize| {
            let mut texts = layout.rows().map(|r| r.text(at)).filter(|t| !t.is_empty());
            texts.next().is_some_and(names::known) && texts.all(names::known)
        };
        for at in 0..self.columns.len() {
            if self.columns[at].kind == Kind::Unknown && datasets(self, at) {
                self.columns[at].kind = Kind::Key(Role::Dataset);
            }
        }
        if self.columns.iter().any(|c| c.kind.is_role(&Role::Method)) {
            return;
        }
        let text = |at: usize| {
            self.rows().any(|r| !r.text(at).is_empty())
                && self
                    .rows()
                    .all(|r| !number::is_number(r.text(at)) || r.text(at).is_empty())
        };
        let first =
            (0..self.columns.len()).find(|at| self.columns[*at].kind == Kind::Unknown && text(*at));
        let Some(first) = first else {
            return;
        };
        if !self.columns[first].heading.is_empty() {
            self.notes.push(format!(
                "column `{}` is taken for the names of methods",
                self.columns[first].heading
            ));
        }
        self.columns[first].kind = Kind::Key(Role::Method);
    }

    /// Takes a column `data` beside one `dataset` for what the data set was read from: this program's CSV has its hash
    /// there. It sets rows apart only where a data set has several.
    fn prefer_dataset(&mut self) {
        let is_dataset = |c: &Column| c.kind.is_role(&Role::Dataset);
        let is_data = |c: &Column| is_dataset(c) && plain(&c.heading) == "data";
        let Some(at) = self.columns.iter().position(is_data) else {
            return;
        };
        let named = |c: &Column| is_dataset(c) && !is_data(c);
        let Some(dataset) = self.columns.iter().position(named) else {
            return;
        };
        let mut data: BTreeMap<&str, &str> = BTreeMap::new();
        let one = self
            .rows()
            .all(|r| *data.entry(r.text(dataset)).or_insert(r.text(at)) == r.text(at));
        self.columns[at].kind = if one {
            Kind::Aside
        } else {
            Kind::Key(Role::Configuration("data".to_string()))
        };
    }

    /// Fills merged cells of key columns: empty ones below one with text.
    fn fill_down(&mut self) {
        for at in 0..self.columns.len() {
            if !self.is_merged(at) {
                continue;
            }
            let mut open = String::new();
            let mut filled = Vec::new();
            for line in &mut self.lines {
                let Line::Scores(row) = line else {
                    continue;
                };
                match row.cells.get_mut(at) {
                    Some(cell) if cell.text.is_empty() => {
                        cell.text.clone_from(&open);
                        filled.push(row.line);
                    }
                    Some(cell) => open.clone_from(&cell.text),
                    None => {}
                }
            }
            self.notes.push(format!(
                "empty cells of `{}` are taken as the one above them ({})",
                self.columns[at].heading,
                lines(&filled)
            ));
        }
    }

    /// Whether a key column prints a value once for several lines.
    fn is_merged(&self, at: usize) -> bool {
        let key = match &self.columns[at].kind {
            Kind::Key(
                Role::Method
                | Role::Dataset
                | Role::Rate { .. }
                | Role::Condition
                | Role::Modalities(_)
                | Role::Metric,
            ) => true,
            // Numbers of a setting that is not used are left empty, too.
            Kind::Key(Role::Configuration(_)) => {
                self.rows().all(|r| !number::is_number(r.text(at)))
            }
            _ => false,
        };
        let texts: Vec<&str> = self.rows().map(|r| r.text(at)).collect();
        let begins = texts.first().is_some_and(|t| !t.is_empty());
        let repeats = texts.windows(2).any(|w| !w[0].is_empty() && w[0] == w[1]);
        key && begins && !repeats && texts.iter().any(|t| t.is_empty())
    }

    /// Takes settings with the same value on every line out of the rows' names.
    fn drop_constant(&mut self) {
        for at in 0..self.columns.len() {
            let values: Vec<&str> = self.rows().map(|r| r.text(at)).collect();
            let constant = values.windows(2).all(|w| w[0] == w[1]);
            let several = values.len() > 1;
            if let Kind::Key(Role::Configuration(name)) = &mut self.columns[at].kind
                && constant
                && several
            {
                name.clear();
            }
        }
    }

    /// Decides whether rates without a sign are percent: where one is above 1.
    fn settle_rates(&mut self) {
        let number = |condition: Option<ConditionText>| match condition {
            Some(ConditionText::Number(n)) => Some(n),
            _ => None,
        };
        let (mut in_lines, mut stated) = (Vec::new(), false);
        for (at, column) in self.columns.iter().enumerate() {
            if let Kind::Key(role @ (Role::Rate { .. } | Role::Condition)) = &column.kind {
                stated |= matches!(role, Role::Rate { percent: true });
                let rate = |r: &Row| {
                    let rate = number(ConditionText::parse_rate(r.text(at)))?;
                    Some((Some(r.line), rate))
                };
                in_lines.extend(self.rows().filter_map(rate));
            }
        }
        let in_headings: Vec<Rate> = self
            .columns
            .iter()
            .filter_map(|c| Some((None, number(c.kind.scores()?.condition.clone())?)))
            .collect();
        let mut context = Context::of_captions(&self.captions);
        let in_captions = number(context.condition.clone()).map(|n| (None, n));
        let mut in_sections: Vec<Rate> = in_captions.into_iter().collect();
        for line in &self.lines {
            if let Line::Section { line, text } = line {
                context.enter(text);
                in_sections.extend(number(context.condition.clone()).map(|n| (Some(*line), n)));
            }
        }
        self.percent = Percent {
            lines: self.is_percent(&in_lines, stated),
            headings: self.is_percent(&in_headings, false),
            sections: self.is_percent(&in_sections, false),
        };
    }

    fn is_percent(&mut self, rates: &[Rate], stated: bool) -> bool {
        let most = rates.iter().map(|r| r.1).fold(0.0, f64::max);
        let is_fraction = |r: &&Rate| r.1 > 0.0 && r.1 < 1.0;
        let fraction = rates.iter().any(|r| is_fraction(&r));
        if most > 1.0 && (fraction || has_whole(rates)) && !stated {
            self.mixed = self.mixed.take().or_else(|| Mixed::new(rates));
        }
        if most > 1.0 {
            let note = format!(
                "missing rates are printed in percent: {most} is read as {}",
                most / 100.0
            );
            self.notes.push(note);
            return true;
        }
        if stated && fraction {
            self.notes.push("the heading of the missing rates states percent, but their values are fractions: read as fractions".to_string());
        }
        stated && !fraction
    }
}

/// Steps of percent that a rate of 1 is none of.
const STEPS: f64 = 10.0;

/// Whether a rate of 1 stands among tens of percent where 100 is lacking: it may be everything.
fn has_whole(rates: &[Rate]) -> bool {
    let values = || rates.iter().map(|rate| rate.1);
    let tens = |rate: f64| rate == 0.0 || rate == 1.0 || (STEPS..100.0).contains(&rate);
    values().any(|rate| rate == 1.0) && values().all(tens)
}

/// A rate as printed, with its line if it is not in the headings.
type Rate = (Option<u64>, f64);

/// Rates below 1 beside rates above 1, of which nothing states that they are percent.
#[derive(Clone, Debug)]
pub(super) struct Mixed {
    /// The first line of the fewer ones.
    pub line: Option<u64>,
    pub reason: String,
}

impl Mixed {
    fn new(rates: &[Rate]) -> Option<Self> {
        let some = |wanted: fn(f64) -> bool| -> Vec<Rate> {
            rates.iter().filter(|r| wanted(r.1)).copied().collect()
        };
        let mut fractions = some(|n| n > 0.0 && n < 1.0);
        if fractions.is_empty() {
            fractions = some(|n| n == 1.0);
        }
        let percents = some(|n| n > 1.0);
        let place = |rates: &[Rate]| {
            let mut values: Vec<String> = rates.iter().map(|r| r.1.to_string()).collect();
            values.sort_unstable();
            values.dedup();
            let numbers: Vec<u64> = rates.iter().filter_map(|r| r.0).collect();
            let at = if numbers.is_empty() {
                "the headings".to_string()
            } else {
                lines(&numbers)
            };
            format!("{} in {at}", values.join(", "))
        };
        let fewer = if percents.len() <= fractions.len() {
            &percents
        } else {
            &fractions
        };
        let reason = format!(
            "missing rates mix fractions and percent: {} beside {}; write all of them in one unit (`rate (%)` above \
             them, or a percent sign, states percent)",
            place(&fractions),
            place(&percents)
        );
        let line = fewer.first()?.0;
        Some(Self { line, reason })
    }
}

/// Whether every cell of a line is a spread of the number above it: `± 0.3`, `(0.3)`.
fn is_spreads(cells: &[&str]) -> bool {
    let spread = |cell: &&str| {
        let inner = cell.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
        let inner = inner
            .or_else(|| cell.strip_prefix('\u{b1}'))
            .map(|t| t.trim().trim_start_matches('\u{b1}'));
        inner.is_some_and(|t| number::is_number(t) || number::is_absent(t))
    };
    !cells.is_empty() && cells.iter().all(spread)
}

/// Whether a line of one cell states a data set or a condition, where it could be a method as well.
fn is_context(text: &str) -> bool {
    match word(text, &[]) {
        Word::Dataset(_) => true,
        Word::Condition(ConditionText::Modalities(set)) => set.naming.is_some(),
        Word::Condition(_) => true,
        _ => false,
    }
}

/// `line 4`, `lines 4, 5 and 12 more`.
pub(super) fn lines(numbers: &[u64]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = numbers
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    let what = if numbers.len() == 1 { "line" } else { "lines" };
    match numbers.len().saturating_sub(SHOWN) {
        0 => format!("{what} {}", shown.join(", ")),
        more => format!("{what} {} and {more} more", shown.join(", ")),
    }
}
