//! Writing checked splits as columns, features in blocks.

use std::collections::BTreeMap;

use super::carried::Carried;
use super::check::{Check, Samples};
use super::error::Result;
use super::frames::{self, Frames, all_finite};
use super::plan::Plan;
use super::standardize::Moments;
use crate::data::store::Writer;

/// How far an import is.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// What is being written, `train/audio`.
    pub column: &'a str,
    /// Bytes of features read from the source so far, and in all.
    pub done: u64,
    pub total: u64,
}

/// What a conversion changed or found, per column (`train/audio`).
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Non-finite values replaced by zero.
    pub non_finite: BTreeMap<String, u64>,
    /// Finite values beyond single precision, replaced by zero.
    pub overflow: BTreeMap<String, u64>,
    /// Sentences on samples whose padding is not zero.
    pub padding: Vec<String>,
}

impl Findings {
    /// What is odd about the values.
    pub fn checks(&self) -> [Check; 2] {
        let counted = |counts: &BTreeMap<String, u64>, words: &str| {
            let counts: Vec<String> = counts.iter().map(|(n, c)| format!("{n} {c}")).collect();
            (!counts.is_empty()).then(|| format!("{words}: {}", counts.join(", ")))
        };
        let values = [
            counted(&self.non_finite, "non-finite values replaced by 0"),
            counted(&self.overflow, "values beyond float32 replaced by 0"),
        ];
        [
            Check::new(
                "features are finite",
                values.into_iter().flatten().collect(),
            ),
            Check::new("padding is zero", self.padding.clone()),
        ]
    }
}

/// Writes splits and counts what it replaced.
pub struct Converter<'c> {
    writer: &'c mut Writer,
    progress: &'c mut dyn FnMut(Progress<'_>),
    done: u64,
    total: u64,
    moments: BTreeMap<&'static str, Moments>,
    pub findings: Findings,
}

impl<'c> Converter<'c> {
    /// Prepares to write `plans`.
    pub fn new(
        writer: &'c mut Writer,
        plans: &[Plan<'_>],
        progress: &'c mut dyn FnMut(Progress<'_>),
    ) -> Self {
        let total = plans.iter().flat_map(Plan::features).map(|f| f.bytes());
        Self {
            writer,
            progress,
            done: 0,
            total: total.sum(),
            moments: BTreeMap::new(),
            findings: Findings::default(),
        }
    }

    /// Standardizes audio and vision by the statistics of one split, and writes those.
    ///
    /// # Errors
    /// As [`Self::split`].
    pub fn standardize(&mut self, train: &Plan<'_>) -> Result<()> {
        for frames in train.features().filter(|frames| frames.column != "text") {
            let moments = Moments::of(&frames)?;
            let shape = [frames.width()];
            let name = |what: &str| format!("standardization/{}_{what}", frames.column);
            self.writer.numbers(&name("mean"), &shape, &moments.mean)?;
            self.writer
                .numbers(&name("deviation"), &shape, &moments.deviation)?;
            self.moments.insert(frames.column, moments);
        }
        Ok(())
    }

    /// Writes every column of one split.
    ///
    /// # Errors
    /// [`super::Error::Store`]; [`super::Error::Array`] where a payload cannot be read.
    pub fn split(&mut self, plan: &Plan<'_>) -> Result<()> {
        let name = |column: &str| format!("{}/{column}", plan.split());
        let rows = [plan.rows()];
        self.writer.texts(&name("id"), &plan.ids)?;
        if !plan.raw_text.is_empty() {
            self.writer.texts(&name("raw_text"), &plan.raw_text)?;
        }
        for (column, values) in &plan.labels {
            self.numbers(&name(column), values)?;
        }
        for (column, values) in &plan.carried {
            match values {
                Carried::Texts(texts) => self.writer.texts(&name(column), texts)?,
                Carried::Numbers(values) => self.numbers(&name(column), values)?,
            }
        }
        for (column, lengths) in [
            ("text_lengths", &plan.lengths.text),
            ("audio_lengths", &plan.lengths.audio),
            ("vision_lengths", &plan.lengths.vision),
        ] {
            self.writer.numbers(&name(column), &rows, lengths)?;
        }
        if let Some(block) = &plan.text_bert {
            let shape = [block.rows, block.steps, block.width];
            self.writer
                .numbers(&name("text_bert"), &shape, &block.data)?;
        }
        plan.features()
            .try_for_each(|frames| self.features(plan, &frames))
    }

    fn numbers(&mut self, name: &str, values: &[f64]) -> Result<()> {
        let single: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        Ok(self.writer.numbers(name, &[single.len()], &single)?)
    }

    /// Writes features as float32, non-finite values as zero.
    fn features(&mut self, plan: &Plan<'_>, frames: &Frames<'_, '_>) -> Result<()> {
        let name = format!("{}/{}", plan.split(), frames.column);
        let mut out = self.writer.column::<f32>(&name, frames.array.shape())?;
        let moments = self.moments.get(frames.column);
        let (mut replaced, mut overflow, mut trailing) = (0, 0, Samples::default());
        frames.for_each(|samples| {
            overflow += samples.overflow;
            replaced += clean(samples.values, frames, samples.first, moments);
            note_trailing(&samples, frames, plan, &mut trailing);
            out.push(samples.values)?;
            self.done += (samples.values.len() * frames.array.dtype().size) as u64;
            (self.progress)(Progress {
                column: &name,
                done: self.done,
                total: self.total,
            });
            Ok(())
        })?;
        out.finish()?;
        let words = format!("with {} past its length", frames.column);
        self.findings
            .padding
            .extend(trailing.say(plan.split(), &words));
        for (counts, count) in [
            (&mut self.findings.non_finite, replaced - overflow),
            (&mut self.findings.overflow, overflow),
        ] {
            if count > 0 {
                counts.insert(name.clone(), count);
            }
        }
        Ok(())
    }
}

/// Standardizes, where asked for, and puts zero for every non-finite value; gives the number of
/// those.
fn clean(
    values: &mut [f32],
    frames: &Frames<'_, '_>,
    first: usize,
    moments: Option<&Moments>,
) -> u64 {
    let replaced = if all_finite(values) {
        0
    } else {
        values.iter().filter(|value| !value.is_finite()).count() as u64
    };
    if let Some(moments) = moments {
        for (index, sample) in values.chunks_exact_mut(frames.sample()).enumerate() {
            let (valid, padding) = sample.split_at_mut(frames.valid(first + index));
            moments.apply(valid);
            padding.fill(0.0);
        }
    }
    if replaced > 0 {
        for value in values.iter_mut().filter(|value| !value.is_finite()) {
            *value = 0.0;
        }
    }
    replaced
}

/// Notes samples that hold values past their length.
fn note_trailing(
    samples: &frames::Samples<'_>,
    frames: &Frames<'_, '_>,
    plan: &Plan<'_>,
    trailing: &mut Samples,
) {
    for (index, sample) in samples.values.chunks_exact(frames.sample()).enumerate() {
        let row = samples.first + index;
        // Without an early end, so that the loop vectorises.
        let padding = &sample[frames.valid(row)..];
        if padding
            .iter()
            .fold(false, |any, value| any | (*value != 0.0))
        {
            trailing.add(&plan.ids[row]);
        }
    }
}
