//! Reads the lines of a table by the roles of its columns.

use super::cell::{ParsedCell, ParsedTable};
use super::error::{Error, Result};
use super::header::{self, Column};
use super::metric::{self, Metric};
use super::number::{self, Number};
use super::{Options, line_keys, names};

/// What every column is, and what the table leaves unsaid.
pub(super) struct Layout<'a> {
    table: &'a str,
    headings: Vec<String>,
    columns: Vec<Column>,
    /// Data set of cells that name none.
    dataset: Option<String>,
    /// Metric of cells that name none.
    metric: Option<&'static Metric>,
    pair: [String; 2],
    guessed: bool,
}

impl<'a> Layout<'a> {
    pub fn new(
        table: &'a str,
        headings: Vec<String>,
        records: &[csv::StringRecord],
        options: &Options,
    ) -> Result<Self> {
        let mut columns: Vec<_> = headings
            .iter()
            .map(|h| header::column(h, &options.keys))
            .collect();
        header::settle(&mut columns);
        line_keys::drop_constant(&mut columns, records);
        let metric = given_metric(table, options)?;
        check(table, &columns, &headings, metric)?;
        let given = options.dataset.as_deref().map(names::dataset);
        let guess = if given.is_none() && !columns.contains(&Column::Dataset) {
            names::dataset_in(table.rsplit_once('.').map_or(table, |(stem, _)| stem))
        } else {
            None
        };
        let bare = |c: &Column| holds_numbers(c) && !matches!(c, Column::Score(Some(_), _));
        Ok(Self {
            table,
            guessed: guess.is_some() && columns.iter().any(bare),
            dataset: given.or(guess),
            metric,
            pair: options
                .pair
                .clone()
                .unwrap_or_else(|| ["non0", "has0"].map(str::to_string)),
            headings,
            columns,
        })
    }

    pub fn notes(&self) -> Vec<String> {
        let ignored: Vec<_> = self
            .columns
            .iter()
            .zip(&self.headings)
            .filter(|(c, _)| **c == Column::Ignored)
            .map(|(_, h)| h.as_str())
            .collect();
        let mut notes = Vec::new();
        if !ignored.is_empty() {
            notes.push(format!(
                "columns left out: {} (--key NAME makes one part of a row's name)",
                ignored.join(", ")
            ));
        }
        if let (true, Some(dataset)) = (self.guessed, &self.dataset) {
            notes.push(format!("data set {dataset}, from the file's name"));
        }
        notes
    }

    /// The cells of one line.
    pub fn record(&self, record: &csv::StringRecord, table: &mut ParsedTable) -> Result<()> {
        let line = record.position().map_or(0, csv::Position::line);
        let row = line_keys::LineKeys::new(&self.columns, record);
        let Some(condition) = row.condition.clone() else {
            let condition = row.condition_text.clone().unwrap_or_default();
            table.notes.push(format!(
                "line {line} left out: `{condition}` is no rate and no mean"
            ));
            return Ok(());
        };
        for (at, (column, text)) in self.columns.iter().zip(record).enumerate() {
            let (dataset, metric, condition) = match column {
                Column::Score(dataset, metric) => (dataset.clone(), *metric, condition.clone()),
                Column::At(own) => (None, self.metric_of(&row, line, at)?, own.clone()),
                Column::Value => (None, self.metric_of(&row, line, at)?, condition.clone()),
                _ => continue,
            };
            let dataset = dataset
                .or_else(|| row.dataset.clone())
                .or_else(|| self.dataset.clone());
            let spread = row.spread.as_deref().filter(|_| *column == Column::Value);
            for (metric, number) in self.numbers(metric, text, spread, line, at)? {
                table.cells.push(ParsedCell {
                    dataset: dataset.clone().unwrap_or_default(),
                    method: row.method.clone(),
                    condition: condition.clone(),
                    metric,
                    number,
                    line,
                    column: at + 1,
                });
            }
        }
        Ok(())
    }

    /// The metric of a line in long form.
    fn metric_of(
        &self,
        row: &line_keys::LineKeys,
        line: u64,
        at: usize,
    ) -> Result<&'static Metric> {
        let Some(text) = &row.metric else {
            // The heading was refused unless there is one or the other.
            return self
                .metric
                .ok_or_else(|| self.cell(line, at, "a metric", ""));
        };
        match metric::split(text) {
            Some((_, metric)) => Ok(metric),
            None => Err(self.cell(line, at, "a metric such as acc7, f1_non0 or mae", text)),
        }
    }

    /// The number of a cell, the two of `81.2/83.4`, or none.
    fn numbers(
        &self,
        metric: &'static Metric,
        text: &str,
        spread: Option<&str>,
        line: u64,
        at: usize,
    ) -> Result<Vec<(&'static Metric, Number)>> {
        let wrong = || self.cell(line, at, "a number, or - for none", text);
        let halves: Vec<_> = text.split('/').collect();
        let pair = match halves.as_slice() {
            [_, _] => self
                .pair
                .each_ref()
                .map(|end| metric::find(&format!("{}_{end}", metric.name))),
            _ => [None, None],
        };
        if let ([first, second], [Some(a), Some(b)]) = (halves.as_slice(), pair) {
            let parts = [(a, *first), (b, *second)];
            let parts = parts.map(|(m, t)| number::parse(t).map(|n| n.map(|n| (m, n))));
            let parts: std::result::Result<Vec<_>, ()> = parts.into_iter().collect();
            return Ok(parts.map_err(|()| wrong())?.into_iter().flatten().collect());
        }
        let number = number::parse(text).map_err(|()| wrong())?;
        let sd = spread
            .and_then(|t| number::parse(t).ok().flatten())
            .map(|n| n.value);
        Ok(number
            .map(|n| {
                (
                    metric,
                    Number {
                        sd: n.sd.or(sd),
                        ..n
                    },
                )
            })
            .into_iter()
            .collect())
    }

    fn cell(&self, line: u64, at: usize, expected: &'static str, found: &str) -> Error {
        Error::Cell {
            table: self.table.to_string(),
            line,
            column: at + 1,
            header: self.headings[at].clone(),
            expected,
            found: found.to_string(),
        }
    }
}

/// Whether a column's cells are numbers.
fn holds_numbers(column: &Column) -> bool {
    matches!(column, Column::Score(..) | Column::At(_) | Column::Value)
}

/// The metric that the user gives for the numbers.
fn given_metric(table: &str, options: &Options) -> Result<Option<&'static Metric>> {
    let Some(name) = &options.metric else {
        return Ok(None);
    };
    let known = || metric::METRICS.iter().map(|m| m.name).collect::<Vec<_>>();
    let found = metric::find(name).or_else(|| metric::split(name).map(|(_, m)| m));
    let unknown = || Error::Header {
        table: table.to_string(),
        reason: format!(
            "unknown metric `{name}`: expected one of {}",
            known().join(", ")
        ),
    };
    found.map(Some).ok_or_else(unknown)
}

/// Whether the headings make a table of scores at all.
fn check(
    table: &str,
    columns: &[Column],
    headings: &[String],
    metric: Option<&Metric>,
) -> Result<()> {
    let wrong = |reason: String| Error::Header {
        table: table.to_string(),
        reason,
    };
    if !columns.iter().any(holds_numbers) {
        return Err(wrong(format!(
            "no column holds numbers: expected headings such as mosi_acc7, mae, 0.5 or value, \
             found {}",
            headings.join(", ")
        )));
    }
    let unsaid = columns
        .iter()
        .any(|c| matches!(c, Column::At(_) | Column::Value));
    if unsaid && metric.is_none() && !columns.contains(&Column::Metric) {
        return Err(wrong(
            "the numbers are of no metric: add a column `metric`, or use --metric NAME".to_string(),
        ));
    }
    Ok(())
}
