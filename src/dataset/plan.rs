//! One split, checked: small columns in memory, features where they are in the pickle.

use super::columns::Columns;
use super::error::{Error, Result};
use super::spec::Spec;
use super::split::{Block, SplitName};
use super::tokens;
use crate::pickle::ArrayRef;

/// Labels may differ from the range's ends by rounding in single precision.
const LABEL_TOLERANCE: f64 = 1e-6;

/// Everything the import writes for one split.
pub struct Plan<'a> {
    pub columns: Columns<'a>,
    pub ids: Vec<String>,
    pub raw_text: Vec<String>,
    pub audio: ArrayRef<'a>,
    pub vision: ArrayRef<'a>,
    pub text: Option<ArrayRef<'a>>,
    /// (N, 3, T)
    pub text_bert: Option<Block<i32>>,
    pub lengths: Lengths,
    /// `regression_labels` and, where the file has them, `..._T`, `..._A`, `..._V`.
    pub labels: Vec<(String, Vec<f64>)>,
    pub annotations: Option<Vec<String>>,
    pub classification: Option<Vec<f64>>,
}

/// Valid steps per clip.
pub struct Lengths {
    pub text: Vec<i32>,
    pub audio: Vec<i32>,
    pub vision: Vec<i32>,
}

impl<'a> Plan<'a> {
    /// Reads and checks a split; labels are checked by [`Self::check_labels`] once the data set is
    /// known.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::Layout`], [`Error::Rows`], [`Error::Clip`].
    pub fn new(columns: Columns<'a>) -> Result<Self> {
        let ids = columns.texts("id", columns.need("id")?)?;
        let raw_text = columns.texts("raw_text", columns.need("raw_text")?)?;
        let (audio, vision) = (columns.features("audio")?, columns.features("vision")?);
        let text = columns
            .get("text")
            .map(|_| columns.features("text"))
            .transpose()?;
        let text_bert = tokens::read(&columns, &ids)?;
        if text.is_none() && text_bert.is_none() {
            return Err(columns.missing("column text_bert (or text)".into()));
        }
        let steps = (audio.shape()[1], vision.shape()[1]);
        let lengths = lengths(&columns, steps, text, text_bert.as_ref(), &ids)?;
        let optional = |name| columns.get(name).map(|value| (name, value));
        let plan = Self {
            labels: labels(&columns)?,
            annotations: optional("annotations")
                .map(|(name, value)| columns.texts(name, value))
                .transpose()?,
            classification: optional("classification_labels")
                .map(|(name, value)| columns.numbers(name, value))
                .transpose()?,
            columns,
            ids,
            raw_text,
            audio,
            vision,
            text,
            text_bert,
            lengths,
        };
        plan.check_rows().map(|()| plan)
    }

    /// Number of clips.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Name of the split.
    pub fn split(&self) -> SplitName {
        self.columns.split
    }

    /// Every column has as many clips as `id`, and there is at least one.
    fn check_rows(&self) -> Result<()> {
        if self.ids.is_empty() {
            return Err(self.columns.layout("", "clips", "an empty split"));
        }
        let mut rows = vec![
            ("raw_text", self.raw_text.len()),
            ("audio", self.audio.shape()[0]),
            ("vision", self.vision.shape()[0]),
            ("text_lengths", self.lengths.text.len()),
            ("audio_lengths", self.lengths.audio.len()),
            ("vision_lengths", self.lengths.vision.len()),
        ];
        rows.extend(self.text.map(|array| ("text", array.shape()[0])));
        rows.extend(
            self.text_bert
                .as_ref()
                .map(|block| ("text_bert", block.rows)),
        );
        rows.extend(
            self.labels
                .iter()
                .map(|(name, labels)| (name.as_str(), labels.len())),
        );
        rows.extend(
            self.annotations
                .as_ref()
                .map(|texts| ("annotations", texts.len())),
        );
        rows.extend(
            self.classification
                .as_ref()
                .map(|v| ("classification_labels", v.len())),
        );
        match rows.into_iter().find(|(_, rows)| *rows != self.rows()) {
            None => Ok(()),
            Some((column, rows)) => Err(Error::Rows {
                place: self.columns.place(""),
                column: column.to_owned(),
                rows,
                other: "id".to_owned(),
                other_rows: self.rows(),
            }),
        }
    }

    /// Every regression label is a number inside the data set's range.
    ///
    /// # Errors
    /// [`Error::LabelRange`], [`Error::Clip`].
    pub fn check_labels(&self, spec: &'static Spec) -> Result<()> {
        let [low, high] = spec.label_range;
        let (least, most) = (
            f64::from(low) - LABEL_TOLERANCE,
            f64::from(high) + LABEL_TOLERANCE,
        );
        for (name, labels) in &self.labels {
            for (clip, label) in self.ids.iter().zip(labels) {
                let (place, clip) = (self.columns.place(name), clip.clone());
                if label.is_nan() {
                    let problem = "the label is no number (NaN)".to_owned();
                    return Err(Error::Clip {
                        place,
                        clip,
                        problem,
                    });
                }
                if !(least..=most).contains(label) {
                    let (label, dataset) = (*label, spec.name.as_str());
                    return Err(Error::LabelRange {
                        place,
                        clip,
                        label,
                        low,
                        high,
                        dataset,
                    });
                }
            }
        }
        Ok(())
    }
}

fn labels(columns: &Columns<'_>) -> Result<Vec<(String, Vec<f64>)>> {
    let main = "regression_labels";
    let mut labels = vec![(main.to_owned(), columns.numbers(main, columns.need(main)?)?)];
    for modality in ["T", "A", "V"] {
        let name = format!("{main}_{modality}");
        if let Some(value) = columns.get(&name) {
            let values = columns.numbers(&name, value)?;
            labels.push((name, values));
        }
    }
    Ok(labels)
}

fn lengths(
    columns: &Columns<'_>,
    (audio_steps, vision_steps): (usize, usize),
    text: Option<ArrayRef<'_>>,
    text_bert: Option<&Block<i32>>,
    ids: &[String],
) -> Result<Lengths> {
    let text_steps = text_bert
        .map(|b| b.width)
        .or(text.map(|t| t.shape()[1]))
        .unwrap_or(0);
    let text = match text_bert {
        Some(block) => tokens::lengths(block),
        None => frame_counts(columns, "text_lengths", text_steps, ids)?
            .unwrap_or_else(|| vec![text_steps as i32; ids.len()]),
    };
    // Aligned files have no frame counts: every modality is as long as its text.
    let counted = |name: &'static str, steps: usize| -> Result<Vec<i32>> {
        match frame_counts(columns, name, steps, ids)? {
            Some(counts) => Ok(counts),
            None if steps == text_steps => Ok(text.clone()),
            None => Err(columns.missing(format!(
                "column {name} (needed because {steps} steps are not the text's {text_steps})"
            ))),
        }
    };
    let (audio, vision) = (
        counted("audio_lengths", audio_steps)?,
        counted("vision_lengths", vision_steps)?,
    );
    Ok(Lengths {
        text,
        audio,
        vision,
    })
}

/// A column of frame counts, each a whole number from 0 to `steps`.
fn frame_counts(
    columns: &Columns<'_>,
    name: &str,
    steps: usize,
    ids: &[String],
) -> Result<Option<Vec<i32>>> {
    let Some(value) = columns.get(name) else {
        return Ok(None);
    };
    let counts = columns.numbers(name, value)?;
    let check = |(index, count): (usize, f64)| match count {
        _ if count.fract() == 0.0 && (0.0..=steps as f64).contains(&count) => Ok(count as i32),
        _ => Err(Error::Clip {
            place: columns.place(name),
            clip: ids
                .get(index)
                .cloned()
                .unwrap_or_else(|| format!("number {index}")),
            problem: format!("expected a count from 0 to {steps}, found {count}"),
        }),
    };
    counts
        .into_iter()
        .enumerate()
        .map(check)
        .collect::<Result<_>>()
        .map(Some)
}
