//! Reads and checks one split: small columns in memory, features by reference to the pickle.

use super::carried::{self, Carried, Named, rows_differ};
use super::columns::Columns;
use super::features::Features;
use super::frames::Frames;
use super::labels::{self, Labels};
use super::lengths::{Lengths, Sources};
use super::padding::{self, Padding};
use super::tokens;
use super::word_piece::WordPiece;
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::spec::Spec;
use crate::data::dataset::split::Block;
use crate::data::dataset::split_name::SplitName;
use crate::data::pickle::Value;

/// How a source is read where its columns leave that open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    pub padding: Option<Padding>,
    /// Makes token ids of the transcripts, in place of those of the source.
    pub tokenizer: Option<&'a WordPiece>,
    /// Tokens of a sample that it makes, CLS and SEP included.
    pub tokens: usize,
    /// Tokens of the longest sample of all splits, to which those of each are padded.
    pub longest: Option<usize>,
    /// The source is an archive of arrays, whose names messages use.
    pub is_arrays: bool,
}

/// All columns that the import writes for one split.
pub struct Plan<'a> {
    pub columns: Columns<'a>,
    pub ids: Vec<String>,
    /// Empty if the file has no transcripts.
    pub raw_text: Vec<String>,
    pub audio: Features<'a>,
    pub vision: Features<'a>,
    pub text: Option<Features<'a>>,
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
    /// What was assumed about the layout.
    pub assumptions: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Reads and checks a split; labels are checked by [`Self::check_labels`] once the data set is
    /// known.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::Layout`], [`Error::Rows`], [`Error::Sample`],
    /// [`Error::Padding`].
    pub fn new(columns: Columns<'a>, reading: &Reading<'_>) -> Result<Self> {
        let padding = reading.padding;
        let ids = columns.ids(columns.need("id")?)?;
        let raw_text = match columns.get("raw_text") {
            Some(value) => columns.transcripts(value)?,
            None => Vec::new(),
        };
        let features = |column| Features::read(&columns, column, &ids);
        let or_absent = |column| {
            let has = |name: &str| columns.get(name).is_some();
            if has(column) || has(&format!("{column}_lengths")) {
                features(column)
            } else {
                Ok(Features::absent(ids.len()))
            }
        };
        let (audio, vision) = (or_absent("audio")?, or_absent("vision")?);
        let text = columns.get("text").map(|_| features("text")).transpose()?;
        let mut assumptions = assumptions(&columns);
        let text_bert = match reading.tokenizer {
            Some(tokenizer) => {
                let (block, cut) = tokenizer.block(&columns, &raw_text, reading.tokens)?;
                assumptions.extend(cut);
                Some(block)
            }
            None => tokens::read(&columns, &ids)?,
        };
        if text.is_none() && text_bert.is_none() {
            return Err(columns.missing("column text_bert (or text)".into()));
        }
        // Text with an attention mask is never moved.
        let moved = text.as_ref().filter(|_| text_bert.is_none());
        let moved = moved.map(|text| ("text", text)).into_iter();
        let frames = [("audio", &audio), ("vision", &vision)];
        for (column, features) in frames.into_iter().chain(moved) {
            if features.own_steps().is_none() && !features.is_absent() {
                padding::check(&columns, &ids, (column, features), padding)?;
            }
        }
        let lengths = Lengths::read(&Sources {
            columns: &columns,
            ids: &ids,
            text_bert: text_bert.as_ref(),
            text: text.as_ref(),
            audio: &audio,
            vision: &vision,
            longest: reading.longest,
            padding,
        })?;
        let (carried, ignored) = carried::read(&columns, ids.len())?;
        let plan = Self {
            labels: labels::read(&columns, official(columns.split).is_some())?,
            left: padding == Some(Padding::Left),
            assumptions,
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
        let (lengths, left) = (&self.lengths, self.left);
        // Text with an attention mask is never moved.
        let moved = left && self.text_bert.is_none();
        let text_lengths = self.text_bert.is_none().then_some(&lengths.text[..]);
        let text = self.text.as_ref();
        let text = text.map(|text| self.frames("text", text, text_lengths, moved));
        [
            self.frames("audio", &self.audio, Some(&lengths.audio), left),
            self.frames("vision", &self.vision, Some(&lengths.vision), left),
        ]
        .into_iter()
        .chain(text)
    }

    fn frames<'p>(
        &'p self,
        column: &'static str,
        features: &'p Features<'a>,
        lengths: Option<&'p [i32]>,
        left: bool,
    ) -> Frames<'p, 'a> {
        Frames {
            columns: &self.columns,
            column,
            // Samples that are stored one by one have no padding to move.
            left: left && features.own_steps().is_none(),
            features,
            lengths,
        }
    }

    /// A column of features, if the split has it.
    pub fn features_of(&self, column: &str) -> Option<&Features<'a>> {
        match column {
            "text" => self.text.as_ref(),
            "audio" => Some(&self.audio),
            _ => Some(&self.vision),
        }
    }

    /// Pads a column of samples that are stored one by one.
    ///
    /// # Errors
    /// As [`Features::pad`].
    pub fn pad(&mut self, column: &str, steps: usize) -> Result<()> {
        let features = match column {
            "text" => self.text.as_mut(),
            "audio" => Some(&mut self.audio),
            _ => Some(&mut self.vision),
        };
        let Some(features) = features else {
            return Ok(());
        };
        features.pad(steps, &self.columns, column, &self.ids)
    }

    /// Checks that every column has as many samples as `id`, at least one.
    fn check_rows(&self) -> Result<()> {
        if self.ids.is_empty() {
            return Err(self.columns.layout("", "samples", "an empty split"));
        }
        self.check_ids()?;
        let mut rows = vec![
            ("audio", self.audio.rows),
            ("vision", self.vision.rows),
            ("text_lengths", self.lengths.text.len()),
            ("audio_lengths", self.lengths.audio.len()),
            ("vision_lengths", self.lengths.vision.len()),
        ];
        if self.columns.get("raw_text").is_some() {
            rows.push(("raw_text", self.raw_text.len()));
        }
        rows.extend(self.text.as_ref().map(|text| ("text", text.rows)));
        rows.extend(self.text_bert.as_ref().map(|b| ("text_bert", b.rows)));
        rows.extend(self.labels.iter().map(|(name, l)| (name.as_str(), l.len())));
        match rows.into_iter().find(|(_, rows)| *rows != self.rows()) {
            None => Ok(()),
            Some((column, rows)) => Err(rows_differ(&self.columns, column, rows, self.rows())),
        }
    }

    /// Checks that the ids are not the one column that differs from all others.
    fn check_ids(&self) -> Result<()> {
        let features = [Some(&self.audio), Some(&self.vision), self.text.as_ref()];
        let features = features
            .into_iter()
            .flatten()
            .filter(|one| !one.is_absent());
        let labels = self.labels.iter().map(|(_, labels)| labels.len());
        let mut rows: Vec<usize> = features.map(|one| one.rows).chain(labels).collect();
        let columns = rows.len();
        rows.dedup();
        match rows[..] {
            [rows] if rows != self.rows() && columns > 1 => Err(Error::Contradiction {
                place: self.columns.place("id"),
                problem: format!(
                    "{} values, the other columns of {} have {rows} samples",
                    self.rows(),
                    self.split()
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Adds the data set's offset to every label.
    pub fn shift_labels(&mut self, spec: &Spec) {
        let labels = self.labels.iter_mut().flat_map(|(_, values)| values);
        labels.for_each(|value| *value += spec.label_offset);
    }

    /// Checks that labels are in the data set's range, except those of samples that the column `mask`
    /// marks as unlabeled.
    ///
    /// # Errors
    /// [`Error::LabelRange`], [`Error::Sample`].
    pub fn check_labels(&self, spec: &Spec) -> Result<()> {
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

/// What reading the columns of a split assumes about them.
fn assumptions(columns: &Columns<'_>) -> Vec<String> {
    let mut assumptions = Vec::new();
    if columns.get(labels::MAIN).is_none() && columns.get(labels::OLD).is_some() {
        assumptions.push(format!("{} are {}", labels::OLD, labels::MAIN));
    }
    let several = |value: Value<'_>| match value.array() {
        Some(array) => array.shape().len() > 1,
        None => value
            .items()
            .and_then(|mut ids| ids.next())
            .is_some_and(|id| id.items().is_some()),
    };
    if columns.get("id").is_some_and(several) {
        assumptions.push("parts of an id are joined with $_$".to_owned());
    }
    assumptions
}

fn official(split: &str) -> Option<SplitName> {
    SplitName::ALL
        .into_iter()
        .find(|name| name.as_str() == split)
}
