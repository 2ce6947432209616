//! Reads or counts the valid steps of every sample.

use super::columns::Columns;
use super::features::Features;
use super::given_lengths::Given;
use super::padding::{self, Padding};
use super::tokens;
use crate::data::dataset::error::Result;
use crate::data::dataset::split::Block;

/// Valid steps per sample.
#[derive(Clone, Debug, Default)]
pub struct Lengths {
    pub text: Vec<i32>,
    pub audio: Vec<i32>,
    pub vision: Vec<i32>,
    /// Columns the file lacks, counted from zero frames.
    pub counted: Vec<&'static str>,
}

/// The inputs that lengths are read from.
pub struct Sources<'s, 'a> {
    pub columns: &'s Columns<'a>,
    pub ids: &'s [String],
    pub text_bert: Option<&'s Block<i32>>,
    pub text: Option<&'s Features<'a>>,
    pub audio: &'s Features<'a>,
    pub vision: &'s Features<'a>,
    /// Tokens of the longest sample of all splits.
    pub longest: Option<usize>,
    /// The end that is padded, if the user named it.
    pub padding: Option<Padding>,
}

impl Lengths {
    /// The length of text is the sum of its attention mask, that of audio and vision their frame counts.
    /// Aligned files have no frame counts: every modality is as long as its text. Samples that are stored
    /// one by one without padding are as long as their arrays. One vector per sample is one step. Missing lengths are counted from zero frames if the user named the padded end, or for text features, which are
    /// always padded with zeros.
    ///
    /// # Errors
    /// [`Error::MissingColumn`](crate::data::dataset::error::Error::MissingColumn); those of [`given`].
    pub fn read(sources: &Sources<'_, '_>) -> Result<Self> {
        let mut lengths = Self::default();
        lengths.text = match sources.text_bert {
            Some(block) => tokens::lengths(block),
            None => lengths.text_features(sources)?,
        };
        lengths.audio = lengths.frames(sources, "audio_lengths", sources.audio)?;
        lengths.vision = lengths.frames(sources, "vision_lengths", sources.vision)?;
        Ok(lengths)
    }

    /// Steps of the text of a file without `text_bert`.
    fn text_features(&mut self, sources: &Sources<'_, '_>) -> Result<Vec<i32>> {
        const NAME: &str = "text_lengths";
        let Some(text) = sources.text else {
            return Ok(Vec::new());
        };
        if let Some(counts) = sources.counts(NAME, text)? {
            return Ok(counts);
        }
        match text.own_steps() {
            Some(steps) => Ok(steps),
            None => self.count(sources, NAME, "text", text),
        }
    }

    fn frames(
        &mut self,
        sources: &Sources<'_, '_>,
        name: &'static str,
        features: &Features<'_>,
    ) -> Result<Vec<i32>> {
        let (steps, text_steps) = (features.steps, sources.text_steps());
        if let Some(counts) = sources.counts(name, features)? {
            return Ok(counts);
        }
        if let Some(steps) = features.own_steps() {
            return Ok(steps);
        }
        if features.is_absent() {
            return Ok(vec![0; features.rows]);
        }
        if steps == 1 {
            return Ok(vec![1; features.rows]);
        }
        if steps == text_steps || sources.longest == Some(steps) {
            return Ok(self.text.clone());
        }
        match sources.padding {
            Some(_) => self.count(sources, name, name.trim_end_matches("_lengths"), features),
            None => {
                let column = name.trim_end_matches("_lengths");
                let turned = if features.width == text_steps {
                    format!(
                        ", but its {} features are as many: if the axes are exchanged, write \
                         numpy.swapaxes({column}, 1, 2)",
                        features.width
                    )
                } else {
                    String::new()
                };
                Err(sources.columns.missing(format!(
                    "column {name} (needed because {steps} steps are not the text's {text_steps}{turned}; \
                     --padding right or left counts the frames that are not zero)"
                )))
            }
        }
    }

    fn count(
        &mut self,
        sources: &Sources<'_, '_>,
        name: &'static str,
        column: &str,
        features: &Features<'_>,
    ) -> Result<Vec<i32>> {
        self.counted.push(name);
        let padding = sources.padding.unwrap_or(Padding::Right);
        padding::lengths(sources.columns, column, features, padding)
    }
}

impl Sources<'_, '_> {
    fn text_steps(&self) -> usize {
        let features = self.text.map(|text| text.steps);
        self.text_bert.map(|b| b.width).or(features).unwrap_or(0)
    }

    /// The steps that the file gives for a modality.
    fn counts(&self, name: &str, features: &Features<'_>) -> Result<Option<Vec<i32>>> {
        Given {
            columns: self.columns,
            ids: self.ids,
            modality: name.trim_end_matches("_lengths"),
            steps: features.steps,
            own: features.own_steps().as_deref(),
            width: Some(features.width),
        }
        .read()
    }
}
