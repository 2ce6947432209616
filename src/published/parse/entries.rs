//! Reads the numbers of a table, line by line.

use super::cell::{LeftOut, ParsedCell};
use super::cell_numbers::{Found, Place, numbers, short};
use super::condition::ConditionText;
use super::context::Context;
use super::entry::Entry;
use super::error::{Error, Result};
use super::header::{Column, Kind};
use super::heading::{Role, Scores, Word, word};
use super::layout::{Layout, Line, lines};
use super::line_keys::{LineKeys, Unusable};
use super::metric;
use super::modalities::ModalitySet;
use super::number;
use super::{Options, ParsedCondition};

/// What every table of a file shares.
#[derive(Clone, Debug)]
pub(super) struct Defaults<'a> {
    pub table: &'a str,
    pub options: &'a Options,
    /// Metric of numbers for which the table names none.
    pub metric: Option<Scores>,
    /// Data set of numbers for which the table names none, with whether the file's name gave it.
    pub dataset: Option<(String, bool)>,
    /// Section lines that are not understood set rows apart.
    pub groups: bool,
}

/// The numbers of a file, and what was assumed or left out on the way.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub entries: Vec<Entry>,
    pub notes: Vec<String>,
    pub left_out: LeftOut,
    /// Section lines that name neither a data set nor a condition.
    pub groups: Vec<(u64, String)>,
    /// The file's name gave the data set of some number.
    pub guessed: bool,
    /// The first line that was left out because of its metric.
    pub unknown_metric: Option<Error>,
}

impl Entries {
    /// Adds a note once.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// A condition with the modalities it names.
type Condition = (ParsedCondition, Option<ModalitySet>);

/// Reads one table of a file.
pub(super) struct Reader<'a> {
    defaults: &'a Defaults<'a>,
    layout: &'a Layout,
    /// Number of the table in its file, which keeps columns apart.
    block: usize,
    /// Whether pieces of headings that are not understood differ from column to column.
    extras: bool,
    /// The table has conditions of missing modalities.
    modalities: bool,
    left_out_lines: Vec<(String, Vec<u64>, bool)>,
}

impl<'a> Reader<'a> {
    pub fn new(defaults: &'a Defaults<'a>, layout: &'a Layout, block: usize) -> Self {
        let mut extras: Vec<&str> = Vec::new();
        for column in &layout.columns {
            if let Kind::Scores { extra, .. } = &column.kind {
                extras.push(extra);
            }
        }
        extras.dedup();
        let named = |c: &Column| {
            matches!(c.kind, Kind::Key(Role::Modalities(_)))
                || c.kind
                    .scores()
                    .is_some_and(|s| matches!(s.condition, Some(ConditionText::Modalities(_))))
        };
        let sections = layout.lines.iter().any(|l| match l {
            Line::Section { text, .. } => matches!(
                word(text, &[]),
                Word::Condition(ConditionText::Modalities(_))
            ),
            Line::Scores(_) => false,
        });
        let conditions = layout.columns.iter().enumerate().any(|(at, c)| {
            c.kind.is_role(&Role::Condition)
                && layout
                    .rows()
                    .any(|r| ModalitySet::parse(r.text(at)).is_some())
        });
        let titled = layout.captions.iter().any(|c| {
            let lower = c.to_lowercase();
            lower.contains("missing modalities") && !lower.contains("rate")
        });
        Self {
            defaults,
            layout,
            block,
            extras: extras.len() > 1,
            modalities: sections || conditions || titled || layout.columns.iter().any(named),
            left_out_lines: Vec::new(),
        }
    }

    /// Adds the numbers of the table.
    ///
    /// # Errors
    /// [`Error::Cell`] for a cell that is no number.
    pub fn read(mut self, into: &mut Entries) -> Result<()> {
        let captions = Context::of_captions(&self.layout.captions);
        if captions.dataset.is_some() || captions.condition.is_some() {
            let texts: Vec<String> = self
                .layout
                .captions
                .iter()
                .map(|c| format!("`{}`", short(c)))
                .collect();
            into.note(format!(
                "data set or condition from the title {}",
                texts.join(", ")
            ));
        }
        let mut context = captions;
        for line in &self.layout.lines {
            match line {
                Line::Section { line, text } => {
                    context.enter(text);
                    if let Some(group) = &context.group {
                        into.groups.push((*line, group.clone()));
                    }
                }
                Line::Scores(row) => {
                    let keys = LineKeys::new(&self.layout.columns, row);
                    self.line(row.line, &keys, row, &context, into)?;
                }
            }
        }
        for (reason, numbers, counted) in &self.left_out_lines {
            into.note(format!("{} left out: {reason}", lines(numbers)));
            if *counted {
                into.left_out.lines += numbers.len();
            }
        }
        self.columns_left_out(into);
        Ok(())
    }

    /// Names the columns that are no part of the table.
    fn columns_left_out(&self, into: &mut Entries) {
        let (mut aside, mut unknown) = (Vec::new(), Vec::new());
        for (at, column) in self.layout.columns.iter().enumerate() {
            let numbers = self.layout.rows().any(|r| number::is_number(r.text(at)));
            let name = if column.heading.is_empty() {
                "(no heading)"
            } else {
                &column.heading
            };
            match column.kind {
                Kind::Aside if !column.heading.is_empty() => aside.push(name),
                Kind::Unknown if numbers => unknown.push(name),
                Kind::Unknown if !column.heading.is_empty() => aside.push(name),
                _ => {}
            }
        }
        if !aside.is_empty() {
            into.note(format!(
                "columns without rules: {} (--key NAME makes one part of a row's name)",
                aside.join(", ")
            ));
        }
        if !unknown.is_empty() {
            into.left_out.columns += unknown.len();
            into.note(format!(
                "columns left out, whose headings name no metric, rate or set of modalities: {} (--key NAME makes one \
                 part of a row's name)",
                unknown.join(", ")
            ));
        }
    }

    fn leave_out(&mut self, line: u64, reason: String, counted: bool) {
        match self.left_out_lines.iter_mut().find(|(r, ..)| *r == reason) {
            Some((_, lines, _)) => lines.push(line),
            None => self.left_out_lines.push((reason, vec![line], counted)),
        }
    }

    fn line(
        &mut self,
        line: u64,
        keys: &LineKeys,
        row: &super::grid::Row,
        context: &Context,
        into: &mut Entries,
    ) -> Result<()> {
        match &keys.unusable {
            Some(Unusable::Condition(text)) => {
                self.leave_out(
                    line,
                    format!("`{text}` is no rate, no set of modalities and no mean"),
                    true,
                );
                return Ok(());
            }
            Some(Unusable::Statistic(text)) => {
                self.leave_out(line, format!("`{text}` is no mean and no spread"), true);
                return Ok(());
            }
            Some(Unusable::Aside(text)) => {
                self.leave_out(line, format!("no rule is about `{text}`"), false);
                return Ok(());
            }
            None => {}
        }
        for (at, column) in self.layout.columns.iter().enumerate() {
            let Some(cell) = row.cells.get(at) else {
                continue;
            };
            let (scores, spread) = match &column.kind {
                Kind::Scores { scores, .. } => (scores.clone(), None),
                Kind::Key(Role::Value) => (Scores::default(), keys.spread.as_deref()),
                _ => continue,
            };
            let text = cell.text.as_str();
            if matches!(number::parse(text), Ok(None)) {
                continue;
            }
            let found = if scores.metrics.is_empty() {
                self.metrics_of(keys, context, line, cell.column, column)
            } else {
                Ok(scores.clone())
            };
            let found = match found {
                Ok(found) => found,
                Err(Outcome::Aside(name)) => {
                    self.leave_out(line, format!("no rule is about the metric `{name}`"), false);
                    continue;
                }
                Err(Outcome::Unknown(name, error)) => {
                    self.leave_out(line, format!("`{name}` is no metric that is known"), true);
                    into.unknown_metric.get_or_insert(*error);
                    continue;
                }
                Err(Outcome::Wrong(error)) => return Err(*error),
            };
            let place = Place {
                line,
                column: cell.column,
                heading: &column.heading,
            };
            let long = scores.metrics.is_empty();
            let scores = Scores {
                metrics: found.metrics,
                order: scores.order.or(found.order),
                dataset: scores.dataset.clone().or(found.dataset),
                ..scores
            };
            let numbers = numbers(self.defaults.table, &scores, text, spread, &place)?;
            let source = Source {
                place,
                // Of two numbers either may be.
                bold: cell.bold && numbers.len() == 1,
                keys,
                context,
                column,
                group: if long {
                    format!(
                        "{} {}",
                        self.block,
                        scores.dataset.as_deref().unwrap_or_default()
                    )
                } else {
                    format!("{} {at}", self.block)
                },
                scores,
            };
            for found in numbers {
                self.add(found, &source, into);
            }
        }
        Ok(())
    }

    /// Adds one number with what the table states about it.
    fn add(&self, found: Found, source: &Source<'_>, into: &mut Entries) {
        let (scores, keys, context) = (&source.scores, source.keys, source.context);
        let stated = scores
            .dataset
            .clone()
            .or_else(|| keys.dataset.clone())
            .or_else(|| context.dataset.clone());
        let dataset = stated.unwrap_or_else(|| {
            let (name, guessed) = self.defaults.dataset.clone().unwrap_or_default();
            into.guessed |= guessed;
            name
        });
        let (condition, modalities) = self.condition(scores, keys, context);
        if scores.assumed {
            let title = found.metric.title;
            into.note(format!(
                "`{}` is read as {title}, the accuracy of two classes",
                source.place.heading
            ));
        }
        if found.printed.comma {
            into.note("decimals are behind a comma".to_string());
        }
        into.entries.push(Entry {
            group: format!("{} {dataset} {}", source.group, found.metric.name),
            cell: ParsedCell {
                dataset,
                method: self.method(source),
                condition,
                metric: found.metric,
                number: found.printed.number,
                averaged: keys.averaged,
                bold: source.bold,
                line: source.place.line,
                column: source.place.column,
            },
            slot: found.slot,
            modalities,
            spread: scores.spread == Some(true) || keys.is_spread,
            unit: scores.unit,
            percent: found.printed.percent,
            bracketed: found.printed.bracketed,
        });
    }

    /// The method of a number with its configuration.
    fn method(&self, source: &Source<'_>) -> String {
        let keys = source.keys;
        let mut configuration = keys.configuration.clone();
        if let (true, Kind::Scores { extra, .. }) = (self.extras, &source.column.kind) {
            configuration.extend((!extra.is_empty()).then(|| extra.clone()));
        }
        if let (true, Some(group)) = (self.defaults.groups, &source.context.group) {
            configuration.push(group.clone());
        }
        let configuration = configuration.join(", ");
        match (keys.method.is_empty(), configuration.is_empty()) {
            (true, _) => configuration,
            (false, true) => keys.method.clone(),
            (false, false) => format!("{} ({configuration})", keys.method),
        }
    }

    /// The condition of a number: that of its heading, its line, its section or the title.
    fn condition(&self, scores: &Scores, keys: &LineKeys, context: &Context) -> Condition {
        let percent = self.layout.percent;
        let stated = [
            (&scores.condition, percent.headings),
            (&keys.condition, percent.lines),
            (&context.condition, percent.sections),
        ];
        let Some((condition, percent)) =
            stated.into_iter().find_map(|(c, p)| Some((c.clone()?, p)))
        else {
            return (ParsedCondition::Whole, None);
        };
        match condition {
            ConditionText::Rate(rate) => (
                ParsedCondition::rate(rate).unwrap_or(ParsedCondition::Whole),
                None,
            ),
            ConditionText::Number(number) => {
                let rate = if percent { number / 100.0 } else { number };
                (
                    ParsedCondition::rate(rate).unwrap_or(ParsedCondition::Whole),
                    None,
                )
            }
            ConditionText::Mean if self.modalities => (ParsedCondition::MeanOverMissing, None),
            ConditionText::Mean => (ParsedCondition::MeanOverRates, None),
            ConditionText::Modalities(mut set) => {
                set.by_heading = set.naming.is_none() && keys.naming.is_some();
                set.naming = set.naming.or(keys.naming);
                (ParsedCondition::Whole, Some(set))
            }
        }
    }

    /// The metric of a line in long form.
    fn metrics_of(
        &self,
        keys: &LineKeys,
        context: &Context,
        line: u64,
        column: usize,
        of: &Column,
    ) -> std::result::Result<Scores, Outcome> {
        let cut = of.kind.scores().and_then(|s| s.cut);
        let with_cut = |mut scores: Scores| {
            if let Some(cut) = cut {
                scores
                    .metrics
                    .iter_mut()
                    .for_each(|m| *m = metric::of_cut(m, cut));
            }
            scores
        };
        let wrong = |expected, found: &str| {
            Box::new(Error::Cell {
                table: self.defaults.table.to_string(),
                line,
                column,
                header: of.heading.clone(),
                expected,
                found: found.to_string(),
            })
        };
        let Some(text) = &keys.metric else {
            // The headings were refused unless there is one or the other.
            let stated = context
                .metric
                .clone()
                .or_else(|| self.defaults.metric.clone());
            return stated
                .map(with_cut)
                .ok_or_else(|| Outcome::Wrong(wrong("a metric", "")));
        };
        match word(text, &[]) {
            Word::Scores(scores) => Ok(with_cut(scores)),
            Word::Aside => Err(Outcome::Aside(text.clone())),
            _ => Err(Outcome::Unknown(
                text.clone(),
                wrong("a metric such as acc7, f1_non0 or mae", text),
            )),
        }
    }
}

/// What a table states about the numbers of a cell.
struct Source<'a> {
    place: Place<'a>,
    bold: bool,
    keys: &'a LineKeys,
    context: &'a Context,
    column: &'a Column,
    scores: Scores,
    /// Numbers of one group are printed in one unit.
    group: String,
}

/// Why a line in long form has no metric.
enum Outcome {
    Aside(String),
    Unknown(String, Box<Error>),
    Wrong(Box<Error>),
}
