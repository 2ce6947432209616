//! Reads and checks one split: small columns in memory, features by reference to the pickle.

use super::carried::{self, Carried, Named, rows_differ};
use super::columns::Columns;
use super::error::{Error, Result};
use super::frames::Frames;
use super::labels::{self, Labels};
use super::lengths::{Lengths, Sources};
use super::padding::{Ends, Padding};
use super::spec::Spec;
use super::split::{Block, SplitName};
use super::tokens;
use crate::data::pickle::ArrayRef;

/// All columns that the import writes for one split.
pub struct Plan<'a> {
    pub columns: Columns<'a>,
    pub ids: Vec<String>,
    /// Empty if the file has no transcripts.
    pub raw_text: Vec<String>,
    pub audio: ArrayRef<'a>,
    pub vision: ArrayRef<'a>,
    pub text: Option<ArrayRef<'a>>,
    /// (N, 3, T)
    pub text_bert: Option<Block<i32>>,
    pub lengths: Lengths,
    /// `regression_labels` and, if the file has them, `..._T`, `..._A`, `..._V`.
    pub labels: Vec<Labels>,
    /// `annotations`, `classification_labels` and any other column of one value per sample.
    pub carried: Vec<Named>,
    /// Columns that are ignored, with a description.
    pub ignored: Vec<String>,
    /// Padding comes first in the source.
    pub left: bool,
}

impl<'a> Plan<'a> {
    /// Reads and checks a split; labels are checked by [`Self::check_labels`] once the data set is
    /// known.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::Layout`], [`Error::Rows`], [`Error::Sample`],
    /// [`Error::Padding`].
    pub fn new(columns: Columns<'a>, padding: Option<Padding>) -> Result<Self> {
        let ids = columns.ids(columns.need("id")?)?;
        let raw_text = match columns.get("raw_text") {
            Some(value) => columns.texts("raw_text", value)?,
            None => Vec::new(),
        };
        let (audio, vision) = (columns.features("audio")?, columns.features("vision")?);
        let text = columns.get("text").map(|_| columns.features("text"));
        let text = text.transpose()?;
        let text_bert = tokens::read(&columns, &ids)?;
        if text.is_none() && text_bert.is_none() {
            return Err(columns.missing("column text_bert (or text)".into()));
        }
        for (column, array) in [("audio", audio), ("vision", vision)] {
            check_padding(&columns, &ids, (column, array), padding)?;
        }
        let lengths = Lengths::read(&Sources {
            columns: &columns,
            ids: &ids,
            text_bert: text_bert.as_ref(),
            text,
            audio,
            vision,
            padding,
        })?;
        let (carried, ignored) = carried::read(&columns, ids.len())?;
        let plan = Self {
            labels: labels::read(&columns, official(columns.split).is_some())?,
            left: padding == Some(Padding::Left),
            carried,
            ignored,
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

    /// Number of samples.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Name of the split.
    pub fn split(&self) -> &'a str {
        self.columns.split
    }

    /// The official split of this name.
    pub fn official(&self) -> Option<SplitName> {
        official(self.split())
    }

    /// Audio, vision and, if the file has it, text.
    pub fn features(&self) -> impl Iterator<Item = Frames<'_, 'a>> {
        let lengths = &self.lengths;
        let frames = |column, array, lengths: Option<_>, left| Frames {
            columns: &self.columns,
            column,
            array,
            lengths,
            left,
        };
        // Text with an attention mask is never moved.
        let moved = self.left && self.text_bert.is_none();
        let text_lengths = moved.then_some(lengths.text.as_slice());
        let text = self
            .text
            .map(|array| frames("text", array, text_lengths, moved));
        [
            frames("audio", self.audio, Some(&lengths.audio[..]), self.left),
            frames("vision", self.vision, Some(&lengths.vision[..]), self.left),
        ]
        .into_iter()
        .chain(text)
    }

    /// Checks that every column has as many samples as `id`, at least one.
    fn check_rows(&self) -> Result<()> {
        if self.ids.is_empty() {
            return Err(self.columns.layout("", "samples", "an empty split"));
        }
        let mut rows = vec![
            ("audio", self.audio.shape()[0]),
            ("vision", self.vision.shape()[0]),
            ("text_lengths", self.lengths.text.len()),
            ("audio_lengths", self.lengths.audio.len()),
            ("vision_lengths", self.lengths.vision.len()),
        ];
        if self.columns.get("raw_text").is_some() {
            rows.push(("raw_text", self.raw_text.len()));
        }
        rows.extend(self.text.map(|array| ("text", array.shape()[0])));
        rows.extend(self.text_bert.as_ref().map(|b| ("text_bert", b.rows)));
        rows.extend(self.labels.iter().map(|(name, l)| (name.as_str(), l.len())));
        match rows.into_iter().find(|(_, rows)| *rows != self.rows()) {
            None => Ok(()),
            Some((column, rows)) => Err(rows_differ(&self.columns, column, rows, self.rows())),
        }
    }

    /// Checks that labels are in the data set's range, except those of samples that the column `mask`
    /// marks as unlabeled.
    ///
    /// # Errors
    /// [`Error::LabelRange`], [`Error::Sample`].
    pub fn check_labels(&self, spec: &'static Spec) -> Result<()> {
        let mask = self.carried.iter().find_map(|column| match column {
            (name, Carried::Numbers(values)) if name == "mask" => Some(values),
            _ => None,
        });
        let labelled = |index: usize| mask.is_none_or(|mask| mask[index] != 0.0);
        let sample = |index: usize| labelled(index).then(|| self.ids[index].clone());
        self.labels
            .iter()
            .try_for_each(|labels| labels::check(&self.columns, labels, sample, spec))
    }
}

fn official(split: &str) -> Option<SplitName> {
    SplitName::ALL
        .into_iter()
        .find(|name| name.as_str() == split)
}

/// Checks that zero frames are at the end that the user named, or at the end of samples.
fn check_padding(
    columns: &Columns<'_>,
    ids: &[String],
    (column, array): (&str, ArrayRef<'_>),
    padding: Option<Padding>,
) -> Result<()> {
    if padding == Some(Padding::Right) {
        return Ok(());
    }
    let ends = Ends::of(array).map_err(|e| columns.array(column, e))?;
    let left = padding == Some(Padding::Left);
    let (wrong, found, samples) = if left {
        (ends.is_right(), Padding::Right, ends.right)
    } else {
        (ends.is_left(), Padding::Left, ends.left)
    };
    if !wrong {
        return Ok(());
    }
    let first = ends.first_left.filter(|_| !left);
    Err(Error::Padding {
        place: columns.place(column),
        samples,
        seen: ends.seen,
        first: first.and_then(|index| ids.get(index).cloned()),
        found: found.as_str(),
        end: if left { "end" } else { "beginning" },
    })
}
