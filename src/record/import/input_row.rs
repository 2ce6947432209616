//! Parses the predictions of a file, row by row.

use std::collections::BTreeSet;

use super::Text;
use super::columns::Columns;
use super::error::{Error, Result};
use super::half;
use super::roles::Role;
use super::table::Table;
use crate::mask::Condition;

/// One prediction as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputRow {
    /// Line of a CSV file, or row of a Parquet file; from 1.
    pub number: u64,
    /// Empty where the file has no ids.
    pub id: String,
    pub condition: Condition,
    pub seed: u64,
    pub prediction: f32,
    pub model: Option<String>,
    pub mask_protocol: Option<String>,
    pub mask_seed: Option<u64>,
    /// Hash of the masks of its condition.
    pub mask_hash: Option<String>,
}

/// A parsed column and its heading.
struct Column<T> {
    heading: String,
    values: Vec<T>,
}

/// Reads and parses columns of one table.
struct Parser<'a> {
    file: &'a str,
    table: &'a Table,
    /// Columns whose decimal commas were read as points.
    commas: Vec<String>,
}

/// The rows of a table, in order, and what was assumed.
pub(super) fn rows(
    file: &str,
    table: &Table,
    columns: &Columns,
) -> Result<(Vec<InputRow>, Vec<String>)> {
    let mut parser = Parser {
        file,
        table,
        commas: Vec::new(),
    };
    let ids = match columns.id {
        Some(index) => Some(parser.ids(index)?),
        None => None,
    };
    let conditions = parser.conditions(columns.condition)?;
    check_apart(file, &conditions.values)?;
    if let Some(index) = columns.same_condition {
        let second = parser.conditions(index)?;
        parser.same(&conditions, &second)?;
    }
    let seeds = parser.seeds(columns.seed)?;
    let predictions = parser.required(columns.prediction, "a number", |text| {
        text.parse::<f32>().ok()
    })?;
    let models = parser.optional(columns.model, "a name", a_name)?;
    let protocols = parser.optional(columns.mask_protocol, "a name", a_name)?;
    let mask_seeds = parser.optional(columns.mask_seed, WHOLE, whole)?;
    for index in [Some(columns.seed), columns.mask_seed]
        .into_iter()
        .flatten()
    {
        parser.check_thousands(index)?;
    }
    for (index, gaps) in [
        (columns.model, gaps(&models)),
        (columns.mask_protocol, gaps(&protocols)),
        (columns.mask_seed, gaps(&mask_seeds)),
    ] {
        // Nothing is masked in complete samples: the condition as a whole may have no mask protocol or mask seed.
        let masks = index != columns.model;
        let is_complete = |row: &usize| masks && conditions.values[*row].rates() == [0.0; 3];
        let complete = (0..conditions.values.len()).filter(is_complete).count();
        let all = complete == gaps.iter().filter(|row| is_complete(row)).count();
        let gap = gaps.into_iter().find(|row| !(all && is_complete(row)));
        if let (Some(index), Some(row)) = (index, gap) {
            let of = ids.as_ref().map(|ids| &ids.values[row]);
            let sample = of.map_or(String::new(), |id| format!(", sample `{id}`"));
            return Err(parser.cell(&table.headings()[index], row, (FILLED, ""), sample));
        }
    }
    let mask_hashes =
        parser.optional(columns.mask_hash, "a hash", |text| Some(text.to_string()))?;
    let rows = (0..predictions.values.len()).map(|row| InputRow {
        number: table.row_number(row),
        id: ids
            .as_ref()
            .map_or(String::new(), |ids| ids.values[row].clone()),
        condition: conditions.values[row],
        seed: seeds.values[row],
        prediction: predictions.values[row],
        model: models[row].clone(),
        mask_protocol: protocols[row].clone(),
        mask_seed: mask_seeds[row],
        mask_hash: mask_hashes[row].clone(),
    });
    let rows = rows.collect();
    let rates = table.numbers(columns.condition)?.0;
    let mut notes = Vec::from_iter(half::note(&conditions.heading, &rates));
    if !parser.commas.is_empty() {
        let commas = parser.commas.join(", ");
        notes.push(format!("decimal commas in {commas} are read as points"));
    }
    Ok((rows, notes))
}

/// Checks that no two conditions of a file are one that was computed in two ways.
fn check_apart(file: &str, conditions: &[Condition]) -> Result<()> {
    let all: BTreeSet<Condition> = conditions.iter().copied().collect();
    let all: Vec<Condition> = all.into_iter().collect();
    match Condition::too_near(&all) {
        None => Ok(()),
        Some([near, got]) => Err(Error::NearConditions {
            file: file.to_string(),
            near: near.to_string(),
            got: got.to_string(),
        }),
    }
}

/// Rows without a value, where other rows have one.
fn gaps<T>(values: &[Option<T>]) -> Vec<usize> {
    let empty: Vec<usize> = (0..values.len())
        .filter(|row| values[*row].is_none())
        .collect();
    if empty.len() == values.len() {
        Vec::new()
    } else {
        empty
    }
}

impl Parser<'_> {
    fn texts(&mut self, index: usize) -> Result<Column<Text>> {
        let (values, commas) = self.table.numbers(index)?;
        let heading = self.table.headings()[index].clone();
        if commas {
            self.commas.push(format!("`{heading}`"));
        }
        Ok(Column { heading, values })
    }

    /// A column of ids, one in every row.
    fn ids(&self, index: usize) -> Result<Column<String>> {
        let heading = self.table.headings()[index].clone();
        let values = self.table.column(index)?;
        let id = |(row, text): (usize, Text)| match text {
            Some(id) if !id.is_empty() => Ok(id),
            _ => Err(self.wrong(&heading, row, "a sample id", "")),
        };
        let values: Result<Vec<String>> = values.into_iter().enumerate().map(id).collect();
        Ok(Column {
            values: values?,
            heading,
        })
    }

    /// A column with a value in every row.
    fn required<T>(
        &mut self,
        index: usize,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Column<T>> {
        let column = self.texts(index)?;
        let value = |(row, text): (usize, &Text)| {
            let text = text.as_deref().unwrap_or_default();
            let found = (!text.is_empty()).then(|| parse(text)).flatten();
            found.ok_or_else(|| self.wrong(&column.heading, row, expected, text))
        };
        let values: Result<Vec<T>> = column.values.iter().enumerate().map(value).collect();
        Ok(Column {
            values: values?,
            heading: column.heading,
        })
    }

    /// A column of whole numbers in every row. No comma is a decimal point here before [`whole`] has looked
    /// at it: `1,000` would become 1.
    fn seeds(&self, index: usize) -> Result<Column<u64>> {
        let heading = self.table.headings()[index].clone();
        let values = self.table.column(index)?;
        let value = |(row, text): (usize, Text)| {
            let text = text.unwrap_or_default();
            whole(&text).ok_or_else(|| self.wrong(&heading, row, WHOLE, &text))
        };
        let values: Result<Vec<u64>> = values.into_iter().enumerate().map(value).collect();
        Ok(Column {
            values: values?,
            heading,
        })
    }

    /// Refuses `1.000` beside decimal commas, where a point separates thousands.
    fn check_thousands(&self, index: usize) -> Result<()> {
        if self.commas.is_empty() {
            return Ok(());
        }
        let heading = &self.table.headings()[index];
        let values = self.table.column(index)?;
        let grouped = |text: &Text| text.as_deref().is_some_and(|text| is_grouped(text, '.'));
        match values.iter().position(grouped) {
            None => Ok(()),
            Some(row) => {
                let text = values[row].as_deref().unwrap_or_default();
                Err(self.wrong(heading, row, WHOLE, text))
            }
        }
    }

    /// A column that may be absent or have gaps.
    fn optional<T>(
        &mut self,
        index: Option<usize>,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<Option<T>>> {
        let Some(index) = index else {
            return Ok((0..self.table.rows()).map(|_| None).collect());
        };
        let heading = self.table.headings()[index].clone();
        let value = |(row, text): (usize, Text)| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.wrong(&heading, row, expected, text)),
            },
        };
        self.table
            .column(index)?
            .into_iter()
            .enumerate()
            .map(value)
            .collect()
    }

    fn conditions(&mut self, index: usize) -> Result<Column<Condition>> {
        self.required(index, CONDITION, parse_condition)
    }

    /// Checks that two columns of conditions agree.
    fn same(&self, first: &Column<Condition>, second: &Column<Condition>) -> Result<()> {
        let pairs = first.values.iter().zip(&second.values);
        match pairs.enumerate().find(|(_, (a, b))| a != b) {
            None => Ok(()),
            Some((row, (a, b))) => Err(Error::TwoConditions {
                file: self.file.to_string(),
                row: self.table.row_number(row),
                first: format!("`{}` is {a}", first.heading),
                second: format!("`{}` is {b}", second.heading),
                role: Role::Condition.name(),
            }),
        }
    }

    fn wrong(&self, heading: &str, row: usize, expected: &'static str, found: &str) -> Error {
        let percent = |text: &str| {
            let number = text.trim_end_matches(['%', ' ']).parse::<f64>();
            number.is_ok_and(|rate| rate <= 100.0 && (rate > 1.0 || text.ends_with('%')))
        };
        let hint = if expected == WHOLE && (is_grouped(found, ',') || is_grouped(found, '.')) {
            "; write it without a sign between thousands"
        } else if expected == CONDITION && COMPLETE.contains(&&*found.to_lowercase()) {
            "; complete samples are 0"
        } else if expected == CONDITION
            && found.to_lowercase().bytes().all(|c| b"tavlw".contains(&c))
        {
            "; sets of missing modalities are letters: L (language), A (audio), V (vision), as in LA"
        } else if expected == CONDITION
            && let Some((name, rate)) = found.split_once('=')
            && parse_condition(rate.trim()).is_some()
        {
            return self.cell(
                heading,
                row,
                (expected, found),
                format!("; write {} without `{name}=`", rate.trim()),
            );
        } else if expected == CONDITION && percent(found) {
            "; a rate is a fraction: 0.5 where half is missing"
        } else if expected == "a number" && is_accounting(found) {
            "; a spreadsheet's format of accounts writes -0.5 as (0.5): format the column as numbers"
        } else if expected == "a number" && found.contains(['[', '(']) {
            "; write plain numbers, as of tensor.item() or array.ravel()"
        } else {
            ""
        };
        let hint = foreign_sign(found)
            .filter(|_| [WHOLE, CONDITION, "a number"].contains(&expected))
            .unwrap_or_else(|| hint.to_string());
        self.cell(heading, row, (expected, found), hint)
    }

    /// An error about a cell.
    fn cell(
        &self,
        heading: &str,
        row: usize,
        (expected, found): (&'static str, &str),
        hint: String,
    ) -> Error {
        let mut found = found.to_string();
        if found.chars().count() > 40 {
            found = found.chars().take(40).chain("...".chars()).collect();
        }
        Error::Cell {
            file: self.file.to_string(),
            row: self.table.row_number(row),
            column: heading.to_string(),
            expected,
            found,
            hint,
        }
    }
}

/// A name, unless it is what other programs write for a value that is missing.
fn a_name(text: &str) -> Option<String> {
    const MISSING: [&str; 6] = ["nan", "none", "null", "na", "n/a", "<na>"];
    let missing = MISSING.contains(&&*text.to_lowercase());
    (!missing).then(|| text.to_string())
}

/// What a column without gaps holds, for messages. Samples of which nothing is missing need no masks.
const FILLED: &str = "a value, as in other rows (or an empty column in every row)";

/// What a column of seeds holds, for messages.
const WHOLE: &str = "a whole number";

/// What other programs call complete samples.
const COMPLETE: [&str; 8] = [
    "full", "clean", "none", "complete", "all", "no", "original", "tav",
];

/// What a column of conditions holds, for messages.
const CONDITION: &str = "a condition such as 0.5 or LA";

/// A condition by name, or a rate as other tools compute it (`0.30000000000000004`, or `0.3` as a narrower float).
pub(super) fn parse_condition(text: &str) -> Option<Condition> {
    match text.parse::<f64>() {
        Ok(rate) => Condition::of_number(half::widened(rate).unwrap_or(rate)),
        Err(_) => text.parse().ok(),
    }
}

/// Whether a sign is followed by three digits, as between thousands.
fn is_grouped(text: &str, sign: char) -> bool {
    let mut groups = text.split(sign);
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let mut others = groups.peekable();
    let some = others.peek().is_some() && (1..=3).contains(&first.len()) && digits(first);
    some && others.all(|group| group.len() == 3 && digits(group))
}

/// A whole number, also in the form of a float column (`1111.0`, `1111,0`, `1.111e+03`).
fn whole(text: &str) -> Option<u64> {
    if is_grouped(text, ',') {
        return None;
    }
    let text = &text.replace(',', ".");
    // Larger floats skip whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || {
        let number: f64 = text.parse().ok()?;
        (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64)
    };
    text.parse().ok().or_else(float)
}

/// Longest number that is written out in a message, in bytes.
const LONGEST: usize = 40;

/// What to do about a number in which a sign looks like one of numbers, or cannot be seen: a text without its foreign
/// signs that is a number.
fn foreign_sign(text: &str) -> Option<String> {
    let plain = |c: char| match c {
        '\u{2212}' | '\u{2010}'..='\u{2015}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        c if c.is_ascii() => Some(c),
        _ => None,
    };
    let sign = text.chars().find(|c| !c.is_ascii());
    let sign = sign.filter(|_| text.len() <= LONGEST)?;
    let number: String = text.chars().filter_map(plain).collect();
    let number = number.trim();
    number.parse::<f64>().ok()?;
    let kind = match (plain(sign), sign) {
        (Some(_), _) => ", a minus or dash of print,",
        (None, '\u{a0}' | '\u{202f}') => ", a no-break space,",
        _ => "",
    };
    Some(format!(
        "; it holds the sign U+{:04X}{kind} that no number has: write {number}",
        u32::from(sign)
    ))
}
/// Whether a number is in brackets alone.
fn is_accounting(text: &str) -> bool {
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    inner.is_some_and(|number| number.trim().parse::<f64>().is_ok())
}
