//! Compares columns that describe the sample of a row with its id: its position, video and clip, and the word that MMSA
//! has for the sign of its label.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::error::{Error, Result};
use super::input_row::InputRow;
use super::positions::Passes;
use super::roles::{POSITIONS, key};
use super::source::Values;
use super::truth::Labels;
use crate::data::dataset::video_of;

/// Samples a message names.
const NAMED: usize = 3;

/// Samples up to which a column may contradict ids: a few may be named in another way.
const FEW: usize = 3;

/// Part of the rows from which words that agree with labels are theirs: models reach nine of ten.
const SAME_WORDS: f64 = 0.95;

/// Headings of positions that may also number the rows of another table: where few rows contradict the ids, these do.
const NUMBERS: [&str; 8] = [
    "",
    "unnamed:_0",
    "__index_level_0__",
    "level_0",
    "row",
    "no",
    "#",
    "order",
];
const VIDEOS: [&str; 4] = ["video_id", "video", "vid", "video_name"];
const CLIPS: [&str; 4] = ["clip_id", "clip", "segment_id", "segment"];
const WORDS: [&str; 2] = ["annotation", "annotations"];

/// Whether a heading is that of a column that may describe samples.
pub(super) fn is_described(heading: &str) -> bool {
    let heading = key(heading);
    let known = [&POSITIONS[..], &NUMBERS, &VIDEOS, &CLIPS, &WORDS];
    known.iter().any(|names| names.contains(&&*heading))
}

/// Whether a heading is that of words for labels, which a choice of labels leaves out.
pub(super) fn is_of_labels(heading: &str) -> bool {
    WORDS.contains(&&*key(heading))
}

/// A file whose rows are all of test samples.
pub(super) struct Described<'a> {
    pub file: &'a str,
    pub rows: &'a [InputRow],
    pub passes: &'a Passes,
    pub ids: &'a [String],
    pub labels: &'a Labels<'a>,
}

/// Rows that contradict a column, with what it says of them.
type Contradictions<'a> = Vec<(&'a InputRow, String)>;

impl Described<'_> {
    /// Checks a column. A column that may mean something else is no error; what is odd about it is returned.
    ///
    /// # Errors
    /// [`Error::OtherSample`] and [`Error::Truth`] for a column that contradicts ids or labels.
    pub fn check(&self, column: &Values) -> Result<Option<String>> {
        let heading = key(&column.heading);
        let is = |names: &[&str]| names.contains(&&*heading);
        if is(&WORDS) {
            return self.words(column).map(|()| None);
        }
        if is(&POSITIONS) {
            return self.positions(column);
        }
        if is(&NUMBERS) {
            return self.positions(column).map(|_| None);
        }
        let found = if is(&VIDEOS) {
            self.parts(column, &video_of, false)
        } else {
            self.parts(column, &clip_of, true)
        };
        found.map_or(Ok(None), |found| self.refuse(column, &found).map(|()| None))
    }

    fn refuse(&self, column: &Values, found: &[(&InputRow, String)]) -> Result<()> {
        let samples: BTreeSet<&str> = found.iter().map(|(row, _)| &*row.id).collect();
        if samples.len() <= FEW {
            return Ok(());
        }
        let shown =
            |(row, text): &(&InputRow, String)| format!("row {}, `{}`: {text}", row.number, row.id);
        Err(Error::OtherSample {
            file: self.file.to_string(),
            column: match column.heading.trim() {
                "" => "without a heading".to_string(),
                heading => heading.to_string(),
            },
            count: found.len(),
            total: self.rows.len(),
            examples: first(found.iter().map(shown)),
        })
    }

    /// Positions in the test split, from any number on. Row numbers, which ascend with the rows of a file, and ranks of
    /// predictions say nothing of ids.
    fn positions(&self, column: &Values) -> Result<Option<String>> {
        let number = |text: &Option<String>| {
            let text = text.as_deref()?;
            text.strip_suffix(".0").unwrap_or(text).parse::<i64>().ok()
        };
        let numbers: Option<Vec<i64>> = column.values.iter().map(number).collect();
        let Some(numbers) = numbers else {
            return Ok(None);
        };
        let position = |row: usize| self.labels.indices.get(&*self.rows[row].id).copied();
        let (mut agree, mut found) = (0, Contradictions::new());
        // By sample, what the column says; none where a pass does not count its samples.
        let mut said: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
        let mut all_count = true;
        for rows in self.passes.values() {
            let first = rows.iter().map(|row| numbers[*row]).min().unwrap_or(0);
            let of_rows: Vec<i64> = rows.iter().map(|row| numbers[*row] - first).collect();
            let mut sorted = of_rows.clone();
            sorted.sort_unstable();
            all_count &=
                sorted.into_iter().eq(0..rows.len() as i64) && !self.is_counter(rows, &of_rows);
            for (row, number) in rows.iter().zip(&of_rows) {
                said.entry(&self.rows[*row].id).or_default().insert(*number);
                let Some(expected) = position(*row) else {
                    continue;
                };
                if expected as i64 == *number {
                    agree += 1;
                } else if !self.is_counter(rows, &of_rows) {
                    let text = format!(
                        "{}, position {expected} of the test split from 0",
                        numbers[*row]
                    );
                    found.push((&self.rows[*row], text));
                }
            }
        }
        if 2 * agree > self.rows.len() {
            return self.refuse(column, &found).map(|()| None);
        }
        let mut several = said.iter().filter(|(_, numbers)| numbers.len() > 1);
        let other = several
            .next()
            .filter(|_| all_count && several.count() >= FEW);
        Ok(other.map(|(id, numbers)| {
            let mut numbers = numbers.iter();
            let [a, b] = [(); 2].map(|()| numbers.next().copied().unwrap_or_default());
            format!(
                "column `{}` counts the samples of every seed and condition, but in other orders: `{id}` is number {a} and \
                 number {b}, from 0; if these are positions in the test split, ids or predictions were taken in another \
                 order than the column; else rename or remove it",
                column.heading
            )
        }))
    }

    /// Whether numbers ascend with the rows of a pass, or with their predictions.
    fn is_counter(&self, rows: &[usize], numbers: &[i64]) -> bool {
        let mut by_prediction: Vec<(f32, i64)> = (rows.iter().zip(numbers))
            .map(|(row, number)| (self.rows[*row].prediction, *number))
            .collect();
        by_prediction.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let ranks: Vec<i64> = by_prediction
            .into_iter()
            .map(|(_, number)| number)
            .collect();
        numbers.is_sorted() || ranks.is_sorted() || ranks.is_sorted_by(|a, b| a >= b)
    }

    /// Rows whose video or clip is that of another sample, in a column that names the parts of ids. A clip's number may
    /// count clips in another way: then it is one number for every sample.
    fn parts<'a>(
        &'a self,
        column: &Values,
        part: &dyn Fn(&str) -> Option<String>,
        is_number: bool,
    ) -> Option<Contradictions<'a>> {
        let whole: HashSet<String> = self.ids.iter().map(|id| id.to_lowercase()).collect();
        let named: HashSet<String> = self.ids.iter().filter_map(|id| part(id)).collect();
        let (mut agree, mut total, mut all_whole, mut all_named) = (0, 0, true, true);
        let mut said: HashMap<&str, HashSet<String>> = HashMap::new();
        let mut found = Contradictions::new();
        for (row, text) in self.rows.iter().zip(&column.values) {
            let Some(text) = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
            else {
                continue;
            };
            let value = if is_number && !whole.contains(&text.to_lowercase()) {
                plain_number(text)
            } else {
                text.to_lowercase()
            };
            total += 1;
            let (is_whole, is_named) = (whole.contains(&value), named.contains(&value));
            all_whole &= is_whole;
            all_named &= is_whole || is_named;
            if value == row.id.to_lowercase() || Some(&value) == part(&row.id).as_ref() {
                agree += 1;
            } else if is_whole || is_named {
                found.push((row, text.to_string()));
            }
            said.entry(&row.id).or_default().insert(value);
        }
        let is_known = if is_number {
            all_whole || (2 * agree > total && said.values().any(|values| values.len() > 1))
        } else {
            (all_named && named.len() > 1) || 2 * agree > total
        };
        is_known.then_some(found)
    }

    /// Negative, neutral and positive as MMSA's label files have them. Classes that a model predicted agree with labels
    /// less often, and are not as frequent as those of the labels.
    fn words(&self, column: &Values) -> Result<()> {
        let texts = column
            .values
            .iter()
            .map(|text| text.as_deref().unwrap_or_default().trim());
        let signs: Option<Vec<i32>> = texts.map(sign).collect();
        let Some(signs) = signs.filter(|signs| signs.contains(&1) && signs.contains(&-1)) else {
            return Ok(());
        };
        let label = |row: usize| {
            let index = self.labels.indices.get(&*self.rows[row].id);
            index.map_or(0.0, |index| self.labels.truth[*index])
        };
        let of_label = |row: usize| i32::from(label(row) > 0.0) - i32::from(label(row) < 0.0);
        let same = |rows: &Vec<usize>| {
            [-1, 1].iter().all(|wanted| {
                let here = rows.iter().filter(|row| signs[**row] == *wanted).count();
                here == rows.iter().filter(|row| of_label(**row) == *wanted).count()
            })
        };
        let agree = (0..signs.len())
            .filter(|row| signs[*row] == of_label(*row))
            .count();
        let moved = self.passes.values().all(same);
        // Where nothing but a sign of 0 differs, the label file calls small labels neutral.
        let opposite = |row: &usize| signs[*row] * of_label(*row) < 0;
        let opposite: Vec<usize> = (0..signs.len()).filter(opposite).collect();
        let samples: BTreeSet<&str> = opposite.iter().map(|row| &*self.rows[*row].id).collect();
        let is_known = moved || agree as f64 >= SAME_WORDS * signs.len() as f64;
        if !is_known || samples.len() <= FEW {
            return Ok(());
        }
        let shown = |row: &usize| {
            let text = column.values[*row].as_deref().unwrap_or_default();
            format!("`{}` has {text}, data {}", self.rows[*row].id, label(*row))
        };
        let reason = if moved {
            "; these are the signs of the data's labels in another order: the samples were shuffled after their ids were taken"
        } else {
            ""
        };
        Err(Error::Truth {
            file: self.file.to_string(),
            column: column.heading.clone(),
            count: opposite.len(),
            total: self.rows.len(),
            examples: first(opposite.iter().map(shown)),
            reason: reason.to_string(),
        })
    }
}

/// The examples that a message names.
fn first(examples: impl Iterator<Item = String>) -> String {
    examples.take(NAMED).collect::<Vec<_>>().join("; ")
}

/// The sign that a word stands for.
fn sign(word: &str) -> Option<i32> {
    match &*word.to_lowercase() {
        "negative" | "neg" => Some(-1),
        "neutral" | "neu" => Some(0),
        "positive" | "pos" => Some(1),
        _ => None,
    }
}

/// The number behind the video in an id.
fn clip_of(id: &str) -> Option<String> {
    let parts = id.rsplit_once("$_$");
    let id = id.trim_end_matches(']');
    let (_, clip) = parts.or_else(|| id.rsplit_once(['_', '/', '-', '[']))?;
    Some(plain_number(clip))
}

/// A number in one spelling: `0007` and `7.0` are `7`.
fn plain_number(text: &str) -> String {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let number = text.parse::<u64>();
    number.map_or_else(|_| text.to_lowercase(), |number| number.to_string())
}

#[cfg(test)]
mod tests;
