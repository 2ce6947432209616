//! Writes checked splits as columns, features in blocks.

use std::collections::BTreeMap;

use super::check::{self, Check, Samples};
use super::error::Result;
use super::profile::{Profile, Profiles};
use super::spread::Spread;
use super::standardize::Moments;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::carried::Carried;
use crate::data::dataset::read::frames::{self, Frames, all_finite};
use crate::data::dataset::read::plan::Plan;
use crate::data::store::Writer;

/// Fewer samples show nothing about the lengths of a split.
const FEW: usize = 4;

/// Part of the shorter samples that hold exactly one frame past their length where frames or lengths are moved: sound ones hold
/// none, padding of other values any number.
const BY_ONE: f64 = 0.9;

/// Progress of an import.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The column being written, such as `train/audio`.
    pub column: &'a str,
    /// Bytes of features read from the source so far.
    pub done: u64,
    /// Bytes of features in the source.
    pub total: u64,
}

/// What a conversion changed or found, per column (`train/audio`).
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Non-finite values replaced by zero.
    pub non_finite: BTreeMap<String, u64>,
    /// Finite values beyond single precision, replaced by zero.
    pub overflow: BTreeMap<String, u64>,
    /// The first sample with a replaced value.
    pub first: BTreeMap<String, String>,
    /// Summaries of the frames of every sample.
    pub profiles: Profiles,
    /// Means and deviations of features, per column.
    pub spreads: BTreeMap<String, Spread>,
    /// What single samples are like, per column.
    pub details: BTreeMap<String, Details>,
    /// Warnings about samples whose padding is not zero.
    pub padding: Vec<String>,
}

impl Findings {
    /// Checks of the values.
    ///
    /// # Errors
    /// [`super::Error::Contradiction`].
    pub fn checks(&self, plans: &[Plan<'_>]) -> Result<[Check; 4]> {
        let warning = |(column, first): (&String, &String)| {
            let replaced = [
                (&self.non_finite, "not finite"),
                (&self.overflow, "beyond float32"),
            ]
            .map(|(counts, fault)| Some(format!("{} values are {fault}", counts.get(column)?)));
            let replaced: Vec<String> = replaced.into_iter().flatten().collect();
            let replaced = replaced.join(" and ");
            format!("{replaced} in {column} (first: {first}), replaced by 0")
        };
        let mut values: Vec<String> = self.first.iter().map(warning).collect();
        values.extend(check::features(plans, &self.profiles)?);
        values.extend(check::large(plans, &self.profiles));
        values.extend(check::spreads(plans, &self.spreads, &self.details));
        values.extend(check::own_axes(plans, &self.spreads));
        values.extend(check::own_steps(plans, &self.details));
        values.extend(check::equal_shares(plans, &self.details));
        values.extend(check::halves(plans, &self.spreads));
        values.extend(check::half_shift(plans, &self.spreads));
        values.extend(check::over_samples(plans, &self.details));
        values.extend(check::marks(plans, &self.spreads));
        values.extend(check::codes(plans, &self.details));
        values.extend(check::half_bits(plans, &self.details));
        values.extend(check::integer_bits(plans, &self.details));
        values.extend(check::filled_frames(plans, &self.details));
        values.extend(check::repeats(plans, &self.profiles));
        values.extend(check::scattered(plans, &self.profiles));
        values.extend(check::edges(plans, &self.profiles));
        values.extend(check::windows(plans, &self.details));
        values.extend(check::starts(plans, self));
        values.extend(check::lost_starts(plans, &self.profiles));
        values.extend(check::column_major(plans, &self.details));
        values.extend(check::reshaped(plans, &self.details));
        values.extend(check::overlaps(plans, &self.details));
        values.extend(check::text_order(plans, &self.details));
        values.extend(check::extents(plans, &self.details));
        values.extend(check::maxima(plans, &self.details));
        values.extend(check::lost_block(plans, &self.details));
        values.extend(check::copied(plans, &self.details));
        values.extend(check::label_leaks(plans, &self.details));
        values.extend(check::told_labels(plans, &self.details));
        values.extend(check::counters(plans, &self.details));
        values.extend(check::twins(plans, &self.details));
        values.extend(check::rounded(plans, &self.details));
        values.extend(check::decimals(plans, &self.spreads));
        values.extend(check::sorted_values(plans, &self.details));
        values.extend(check::dropout(plans, &self.details));
        values.extend(check::scaled_by_sample(plans, &self.details));
        values.extend(check::scaled_with_padding(plans, &self.details));
        values.extend(check::running_scale(plans, &self.details));
        let mut samples = check::samples(plans, &self.profiles);
        samples.warnings.extend(check::copies(plans, self));
        Ok([
            Check::new("features", "all values finite", values),
            Check::new("padding", "zero", self.padding.clone()),
            check::lengths_of_frames(plans, &self.profiles)?,
            samples,
        ])
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
        let mut out = self.writer.column::<f32>(&name, &frames.features.shape())?;
        let moments = self.moments.get(frames.column);
        let (mut replaced, mut overflow, mut trailing) = (0, 0, Trailing::default());
        let mut first_replaced = None;
        let profiles = self.findings.profiles.entry(plan.split(), frames.column);
        let spread = self.findings.spreads.entry(name.clone()).or_default();
        let details = self.findings.details.entry(name.clone()).or_default();
        frames.for_each(|samples| {
            overflow += samples.overflow;
            let each = samples.values.chunks_exact(frames.sample());
            profiles.extend(
                each.clone()
                    .map(|sample| Profile::of(sample, frames.width())),
            );
            for (index, sample) in each.enumerate() {
                let row = (samples.first + index, plan.rows());
                spread.add(sample, frames.width(), row);
                details.add(sample, frames.width(), row);
            }
            let (count, row) = clean(samples.values, frames, samples.first, moments);
            replaced += count;
            first_replaced = first_replaced.or(row);
            note_trailing(&samples, frames, plan, &mut trailing);
            out.push(samples.values)?;
            self.done += (samples.values.len() * frames.features.element_size()) as u64;
            (self.progress)(Progress {
                column: &name,
                done: self.done,
                total: self.total,
            });
            Ok(())
        })?;
        out.finish()?;
        let fault = format!("with {} past its length", frames.column);
        let warning = trailing.samples.describe(plan.split(), &fault);
        let profiles = self.findings.profiles.of(plan.split(), frames.column);
        let advice = past_lengths(plan, frames, (&trailing, profiles.unwrap_or_default()));
        let warning = warning.map(|warning| warning + &advice);
        self.findings.padding.extend(warning);
        if let Some(id) = first_replaced.and_then(|row: usize| plan.ids.get(row)) {
            self.findings.first.insert(name.clone(), id.clone());
        }
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

/// Standardizes, if there are moments, and replaces non-finite values by zero. Returns their number and
/// the first sample that has one.
fn clean(
    values: &mut [f32],
    frames: &Frames<'_, '_>,
    first: usize,
    moments: Option<&Moments>,
) -> (u64, Option<usize>) {
    let (mut replaced, mut row) = (0, None);
    if !all_finite(values) {
        replaced = values.iter().filter(|value| !value.is_finite()).count() as u64;
        let index = values.iter().position(|value| !value.is_finite());
        row = index.map(|index| first + index / frames.sample());
    }
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
    (replaced, row)
}

/// Samples that hold values past their length, and how many of them hold one more frame and no other.
#[derive(Default)]
struct Trailing {
    samples: Samples,
    by_one: usize,
}

/// What to do where these samples hold values past their length: most of those that are shorter than the steps do
/// where the lengths are wrong.
fn past_lengths(
    plan: &Plan<'_>,
    frames: &Frames<'_, '_>,
    (trailing, profiles): (&Trailing, &[Profile]),
) -> String {
    let (column, count) = (frames.column, trailing.samples.count());
    let is_given = |end| plan.columns.get(&format!("{column}_{end}")).is_some();
    let are_given = is_given("lengths") || is_given("mask");
    let shorter = (0..plan.rows()).filter(|row| frames.valid(*row) < frames.sample());
    let shorter = shorter.count();
    let ends: Vec<usize> = profiles.iter().map(|profile| profile.end).collect();
    let lengths = (0..plan.rows()).map(|row| frames.valid(row) / frames.width().max(1));
    let lengths: Vec<usize> = lengths.collect();
    if check::in_one_byte(&ends, &lengths) {
        return format!(
            ", by exactly 256, or a multiple of it: were {column}_lengths stored in one byte (uint8), so that 300 became 44? Zeros in \
             their place would delete frames; write lengths as int64"
        );
    }
    if check::of_other_rows(&ends, &lengths) {
        return format!(
            ": samples of the split are as long as its lengths say, but others: was {column} written in another order than lengths, or \
             than text, as results of parallel work come (as_completed)? Join all by id"
        );
    }
    if shorter >= FEW && trailing.by_one as f64 >= BY_ONE * shorter as f64 {
        return format!(
            ", by exactly one frame in {} of {shorter} that are shorter than the steps: do the frames come one step late, or does \
             the length leave one out? Zeros in its place would delete the last frame; move the frames, or give their lengths",
            trailing.by_one
        );
    }
    if shorter < FEW || 2 * count < shorter || !are_given {
        return ": padding is removed in tests, and may be read in training; write zeros"
            .to_owned();
    }
    format!(
        ", of {shorter} that are shorter than the steps: are these the lengths of something else (tokens, seconds, another split), \
         or is padding in front? Then leave {column}_lengths out and give --padding right, or left, to count frames; only where \
         lengths are right, write zeros past them"
    )
}

/// Adds the samples that hold values past their length.
fn note_trailing(
    samples: &frames::Samples<'_>,
    frames: &Frames<'_, '_>,
    plan: &Plan<'_>,
    trailing: &mut Trailing,
) {
    for (index, sample) in samples.values.chunks_exact(frames.sample()).enumerate() {
        let row = samples.first + index;
        // Without an early exit, so that the compiler vectorizes the loop.
        let padding = &sample[frames.valid(row)..];
        if padding
            .iter()
            .fold(false, |any, value| any | (*value != 0.0))
        {
            trailing.samples.add(&plan.ids[row]);
            let behind = sample.get(frames.valid(row) + frames.width()..);
            let is_one = behind.is_none_or(|rest| rest.iter().all(|value| *value == 0.0));
            trailing.by_one += usize::from(is_one);
        }
    }
}
