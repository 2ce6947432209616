//! Writing checked splits as columns, features in blocks.

use std::collections::BTreeMap;

use super::error::{Error, Result};
use super::plan::Plan;
use crate::pickle::ArrayRef;
use crate::store::Writer;

/// Values converted at once.
const BLOCK: usize = 1 << 18;

/// How far an import is.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// What is being written, `train/audio`.
    pub column: &'a str,
    /// Bytes of features read from the source so far, and in all.
    pub done: u64,
    pub total: u64,
}

/// Writes splits and counts what it replaced.
pub struct Converter<'c> {
    writer: &'c mut Writer,
    progress: &'c mut dyn FnMut(Progress<'_>),
    done: u64,
    total: u64,
    /// Non-finite values replaced by zero, per column (`train/audio`).
    pub non_finite: BTreeMap<String, u64>,
}

impl<'c> Converter<'c> {
    /// Prepares to write `plans`.
    pub fn new(
        writer: &'c mut Writer,
        plans: &[Plan<'_>],
        progress: &'c mut dyn FnMut(Progress<'_>),
    ) -> Self {
        let total = plans
            .iter()
            .flat_map(features)
            .map(|(_, array)| bytes(array))
            .sum();
        Self {
            writer,
            progress,
            done: 0,
            total,
            non_finite: BTreeMap::new(),
        }
    }

    /// Writes every column of one split.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Array`] where a payload cannot be read.
    pub fn split(&mut self, plan: &Plan<'_>) -> Result<()> {
        let name = |column: &str| format!("{}/{column}", plan.split());
        let rows = [plan.rows()];
        self.writer.texts(&name("id"), &plan.ids)?;
        self.writer.texts(&name("raw_text"), &plan.raw_text)?;
        if let Some(texts) = &plan.annotations {
            self.writer.texts(&name("annotations"), texts)?;
        }
        let classes = plan
            .classification
            .iter()
            .map(|v| ("classification_labels", v));
        let labels = plan
            .labels
            .iter()
            .map(|(column, values)| (column.as_str(), values));
        for (column, values) in labels.chain(classes) {
            let single: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            self.writer.numbers(&name(column), &rows, &single)?;
        }
        let lengths = &plan.lengths;
        self.writer
            .numbers(&name("text_lengths"), &rows, &lengths.text)?;
        self.writer
            .numbers(&name("audio_lengths"), &rows, &lengths.audio)?;
        self.writer
            .numbers(&name("vision_lengths"), &rows, &lengths.vision)?;
        if let Some(block) = &plan.text_bert {
            let shape = [block.rows, block.steps, block.width];
            self.writer
                .numbers(&name("text_bert"), &shape, &block.data)?;
        }
        features(plan).try_for_each(|(column, array)| self.features(plan, column, array))
    }

    /// Writes features as float32, non-finite values as zero.
    fn features(&mut self, plan: &Plan<'_>, column: &str, array: ArrayRef<'_>) -> Result<()> {
        let name = format!("{}/{column}", plan.split());
        let mut out = self.writer.column::<f32>(&name, array.shape())?;
        let (mut clean, mut replaced) = (Vec::with_capacity(BLOCK), 0);
        array
            .for_each_block(BLOCK, |block: &[f32]| {
                replaced += finite(block, &mut clean);
                out.push(&clean).map_err(Failure::Store)?;
                self.done += (block.len() * array.dtype().size) as u64;
                (self.progress)(Progress {
                    column: &name,
                    done: self.done,
                    total: self.total,
                });
                Ok(())
            })
            .map_err(|failure| match failure {
                Failure::Store(error) => Error::Store(error),
                Failure::Pickle(error) => plan.columns.array(column, error),
            })?;
        out.finish()?;
        if replaced > 0 {
            self.non_finite.insert(name, replaced);
        }
        Ok(())
    }
}

/// Either end of a conversion may fail.
enum Failure {
    Pickle(crate::pickle::Error),
    Store(crate::store::Error),
}

impl From<crate::pickle::Error> for Failure {
    fn from(error: crate::pickle::Error) -> Self {
        Self::Pickle(error)
    }
}

fn features<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = (&'static str, ArrayRef<'p>)> {
    let text = plan.text.map(|array| ("text", array));
    [("audio", plan.audio), ("vision", plan.vision)]
        .into_iter()
        .chain(text)
}

fn bytes(array: ArrayRef<'_>) -> u64 {
    (array.len() * array.dtype().size) as u64
}

/// Copies a block with zero for every non-finite value; gives their number.
fn finite(block: &[f32], clean: &mut Vec<f32>) -> u64 {
    clean.clear();
    clean.extend(
        block
            .iter()
            .map(|value| if value.is_finite() { *value } else { 0.0 }),
    );
    block.iter().filter(|value| !value.is_finite()).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_finite_values_become_zero_and_are_counted() {
        let mut clean = vec![9.0];
        let block = [1.0, f32::NAN, f32::NEG_INFINITY, f32::INFINITY, -0.0];
        assert_eq!(finite(&block, &mut clean), 3);
        assert_eq!(clean, [1.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
