//! Gives ids to the rows of a file that counts samples instead of naming them.

use std::collections::{BTreeMap, HashSet};

use super::Options;
use super::Text;
use super::error::{Error, Result};
use super::found_ids;
use super::input_row::InputRow;
use super::join::MaskKey;
use super::source::{Source, Values};

/// The indices of the rows of one model, seed and mask, in the file's order.
pub(super) type Passes = BTreeMap<(Option<String>, u64, MaskKey), Vec<usize>>;

/// Names the sample of every row where the file has no ids: by an index of pandas or R that holds ids, by
/// numbers that count the test samples, else by the order of the rows. An assumption is noted.
pub(super) fn resolve(
    file: &str,
    source: &mut Source,
    ids: &[String],
    options: &Options,
) -> Result<()> {
    let known: HashSet<&str> = ids.iter().map(String::as_str).collect();
    if !source.has_ids {
        found_ids::take(source, &known);
    }
    let mut order: Option<(String, Vec<usize>)> = None;
    if !source.has_ids
        && let Some(index) = source.index.take()
    {
        let named = |text: &Text| text.as_ref().is_some_and(|t| known.contains(&**t));
        let Values { heading, values } = index;
        let number = |text: &Text| {
            let text = text.as_ref()?;
            text.strip_suffix(".0").unwrap_or(text).parse().ok()
        };
        let numbers = values.iter().map(number);
        match numbers.collect::<Option<Vec<usize>>>() {
            Some(numbers) if !values.iter().any(named) => order = Some((heading, numbers)),
            _ => {
                for (row, id) in source.rows.iter_mut().zip(values) {
                    row.id = id.unwrap_or_default();
                }
                source.has_ids = true;
                let index = match heading.trim() {
                    "" => "the index".to_string(),
                    heading => format!("column `{heading}`"),
                };
                source.notes.push(format!("{index} is read as id"));
            }
        }
    }
    let unknown = source.rows.iter().all(|row| !known.contains(&*row.id));
    if source.has_ids && !unknown {
        return Ok(());
    }
    let mut passes = passes(&source.rows, options);
    if !source.has_ids {
        let by = order.filter(|(_, order)| sort(&mut passes, order));
        return by_order(file, source, ids, &passes, by.map(|(heading, _)| heading));
    }
    if let Some(first) = counted_from(&source.rows, &passes, ids.len()) {
        for row in &mut source.rows {
            let number: usize = row.id.parse().unwrap_or(first);
            row.id = ids[number - first].clone();
        }
        source.notes.push(format!(
            "ids are numbers from {first}, read as positions in the test split of the prepared file"
        ));
    }
    Ok(())
}

/// Brings rows into the order before the file was sorted. Numbers that come twice in a pass, as where the tables of batches were
/// put together, are no order of it.
fn sort(passes: &mut Passes, order: &[usize]) -> bool {
    let differ = |rows: &Vec<usize>| {
        let numbers: HashSet<usize> = rows.iter().map(|row| order[*row]).collect();
        numbers.len() == rows.len()
    };
    let is_order = passes.values().all(differ);
    let rows = passes.values_mut().filter(|_| is_order);
    rows.for_each(|rows| rows.sort_by_key(|row| order[*row]));
    is_order
}

fn by_order(
    file: &str,
    source: &mut Source,
    ids: &[String],
    passes: &Passes,
    column: Option<String>,
) -> Result<()> {
    let uneven = passes.iter().find(|(_, rows)| rows.len() != ids.len());
    if let Some(((_, seed, (_, _, condition)), rows)) = uneven {
        return Err(Error::NoIds {
            file: file.to_string(),
            what: format!("seed {seed}, condition {condition}"),
            rows: rows.len(),
            samples: ids.len(),
        });
    }
    for rows in passes.values() {
        for (row, id) in rows.iter().zip(ids) {
            source.rows[*row].id.clone_from(id);
        }
    }
    let order = match column.as_deref().map(str::trim) {
        None => "its rows are taken to be in the order".to_string(),
        Some("") => "its first column, without a heading, is taken for the order".to_string(),
        Some(heading) => format!("column `{heading}` is taken for the order"),
    };
    source.notes.push(format!(
        "the file has no ids: {order} of the test split of the prepared file"
    ));
    Ok(())
}

/// The rows of every pass.
pub(super) fn passes(rows: &[InputRow], options: &Options) -> Passes {
    let mut passes = Passes::new();
    for (index, row) in rows.iter().enumerate() {
        let key = (row.model.clone(), row.seed, options.masks(row));
        passes.entry(key).or_default().push(index);
    }
    passes
}

/// Where every pass counts the samples, the first number: 0 or 1.
fn counted_from(rows: &[InputRow], passes: &Passes, samples: usize) -> Option<usize> {
    let counts = |first: usize, pass: &Vec<usize>| {
        let mut numbers: Vec<usize> = pass
            .iter()
            .filter_map(|i| rows[*i].id.parse().ok())
            .collect();
        numbers.sort_unstable();
        pass.len() == samples && numbers.into_iter().eq(first..first + samples)
    };
    [0, 1]
        .into_iter()
        .find(|first| passes.values().all(|pass| counts(*first, pass)))
}
