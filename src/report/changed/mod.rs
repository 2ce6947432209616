//! The samples whose prediction changes most between complete data and a high missing rate, with their words.

mod csv;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use super::error::Result;
use super::figure::choice::Choice;
use super::rows::condition;
use super::rows::row::ModelRow;
use super::rows::samples::Samples;
use super::rows::section::Section;
use crate::mask::Condition;
use words::Words;

pub use csv::file;
pub use table::table;

/// Samples of each model.
const SHOWN: usize = 10;

/// The samples of a section's models that change most.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Complete data and the highest missing rate at which something is left.
    conditions: [Condition; 2],
    words: Words,
    rows: Vec<ChangedRow>,
}

/// The samples of one model.
#[derive(Clone, Debug)]
struct ChangedRow {
    /// Position of the row in its section.
    row: usize,
    /// The largest change first; of equal ones the first by id.
    changes: Vec<Change>,
}

/// A sample and its predictions, means over seeds and mask seeds.
#[derive(Clone, Debug)]
struct Change {
    id: String,
    truth: f32,
    from: f64,
    to: f64,
}

impl Changed {
    /// Those of the models that figures of curves show in color, with the words that the prepared data in this
    /// folder have; `None` without a folder, and where no model was tested on complete data and at a missing rate.
    ///
    /// # Errors
    /// If predictions or data cannot be read, or the data are not those that were tested.
    pub fn of(section: &Section, data: Option<&Path>, choice: &Choice) -> Result<Option<Self>> {
        let (Some(data), Some(conditions)) = (data, conditions(section)) else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        for (row, own) in section.rows.iter().enumerate() {
            if own.baseline || own.derived || choice.styles[row].is_faint() {
                continue;
            }
            if let Some(changes) = changes(own, conditions)? {
                rows.push(ChangedRow { row, changes });
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            conditions,
            words: Words::of(section, data)?,
            rows,
        }))
    }
}

/// Complete data and the highest rate below 1, else 1.
fn conditions(section: &Section) -> Option<[Condition; 2]> {
    let rates = condition::rates(&section.conditions);
    let last = |inside: fn(f64) -> bool| {
        let mut rates = rates.iter().rev();
        rates.find(|one| one.rate().is_some_and(inside)).copied()
    };
    let high = last(|rate| rate > 0.0 && rate < 1.0).or_else(|| last(|rate| rate > 0.0));
    Some([last(|rate| rate == 0.0)?, high?])
}

/// The largest changes of a row. `None` where its runs have not both conditions or not the same samples.
fn changes(row: &ModelRow, conditions: [Condition; 2]) -> Result<Option<Vec<Change>>> {
    let has = |c: &Condition| row.runs.iter().all(|run| run.mask.conditions.contains(c));
    if !conditions.iter().all(has) {
        return Ok(None);
    }
    let samples: Result<Vec<Samples>> = row.runs.iter().map(|run| run.samples()).collect();
    let samples = samples?;
    let paired = samples.windows(2).all(|pair| pair[0].pairs_with(&pair[1]));
    let Some(first) = samples.first().filter(|_| paired) else {
        return Ok(None);
    };
    let [from, to] = conditions.map(|condition| means(&samples, condition));
    let all = first.ids.iter().zip(&first.truth).zip(from.iter().zip(&to));
    let mut all: Vec<Change> = all
        .map(|((id, truth), (from, to))| Change {
            id: id.clone(),
            truth: *truth,
            from: *from,
            to: *to,
        })
        .collect();
    all.sort_by(|a, b| {
        let by_size = b.change().abs().total_cmp(&a.change().abs());
        by_size.then_with(|| a.id.cmp(&b.id))
    });
    all.truncate(SHOWN);
    Ok(Some(all))
}

/// The mean prediction of each sample at a condition.
fn means(samples: &[Samples], condition: Condition) -> Vec<f64> {
    let passes: Vec<&[f32]> = samples.iter().flat_map(|one| one.at(condition)).collect();
    let count = samples.first().map_or(0, |one| one.ids.len());
    let mean = |i: usize| {
        let sum: f64 = passes.iter().map(|pass| f64::from(pass[i])).sum();
        sum / passes.len() as f64
    };
    (0..count).map(mean).collect()
}

impl Change {
    fn change(&self) -> f64 {
        self.to - self.from
    }
}
