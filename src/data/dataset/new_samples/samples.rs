//! Reads the small columns of a split that is predicted, and checks that its features fit the model.

use super::input::Input;
use super::report::Report;
use super::select::{Selected, select};
use super::text::{self, Tokens};
use super::{Expected, ReadOptions};
use super::{dimensions, lengths, names, repeated};
use crate::data::dataset::check::{SampleSteps, Texts, padded, replaced};
use crate::data::dataset::error::Result;
use crate::data::dataset::modality::Modality;
use crate::data::dataset::read::columns::Columns;
use crate::data::dataset::read::features::Features;
use crate::data::dataset::read::labels;
use crate::data::dataset::read::lengths::Sources;
use crate::data::dataset::read::padding::{self, Padding};
use crate::data::dataset::read::tokens;
use crate::data::dataset::special_tokens::SpecialTokens;
use crate::data::dataset::split::Block;
use crate::data::dataset::split_name::SplitName;
use crate::data::dataset::synthetic::vocabulary::UNK;

/// Steps of a text that a file does not have, CLS and SEP included: one lost word.
const SHORTEST: usize = 3;

/// The samples of one split; features are read in chunks.
pub struct NewSamples<'a> {
    pub(super) columns: Columns<'a>,
    pub(super) expected: &'a Expected,
    pub(super) options: &'a ReadOptions,
    /// The split whose masks are drawn.
    pub name: SplitName,
    pub ids: Vec<String>,
    /// Transcripts; empty if the file has none.
    pub raw_text: Vec<String>,
    /// Labels in the run's units, none for a sample without one; `None` where the file has none.
    pub labels: Option<Vec<Option<f32>>>,
    /// Token rows as the model reads them, if the file has them or the model needs them.
    pub(super) tokens: Option<Tokens>,
    /// Text features, audio and vision; absent where the file does not have them.
    pub(super) features: [Features<'a>; 3],
    /// Valid steps in the file.
    pub(super) source_lengths: [Vec<i32>; 3],
    /// Valid steps as the model reads them.
    pub lengths: [Vec<u32>; 3],
    /// The file is standardized already.
    pub(super) is_standardized: bool,
    pub(super) found: Report,
    /// Where the frames of every sample end, known once all chunks were read.
    pub(super) ends: [Vec<usize>; 3],
    /// Hashes of the frames of every sample, known then too.
    pub(super) prints: [Vec<Option<u64>>; 3],
    /// What was assumed about the file.
    pub assumed: Vec<String>,
    /// What is dubious about it.
    pub warnings: Vec<String>,
}

impl<'a> NewSamples<'a> {
    /// Reads ids, labels, lengths and tokens of the chosen split.
    ///
    /// # Errors
    /// [`Error::Contradiction`](crate::data::dataset::Error::Contradiction) naming the first dimension that is not
    /// the model's; those of columns that `prepare` refuses too.
    pub fn read(
        input: &'a Input,
        expected: &'a Expected,
        options: &'a ReadOptions,
    ) -> Result<Self> {
        let Selected {
            columns,
            name,
            mut assumed,
        } = select(&input.path, input.values.root(), options.split.as_deref())?;
        input.verify(columns.split)?;
        let ids = names::ids(&columns, &mut assumed)?;
        let mut warnings = names::duplicates(&ids);
        warnings.extend(names::misspelt(&columns));
        let is_standardized = dimensions::standardized(input, expected)?;
        for modality in Modality::ALL {
            if expected.absent[modality as usize] && columns.get(modality.as_str()).is_some() {
                assumed.push(format!(
                    "the run was trained without {modality}: that of the file is not read"
                ));
            }
        }
        let features =
            Modality::ALL.map(|modality| dimensions::features(&columns, modality, expected, &ids));
        let [text, audio, vision] = features;
        let features = [text?, audio?, vision?];
        let block = tokens::block(&columns, &ids)?;
        dimensions::check(
            &columns,
            expected,
            &features,
            block.is_some(),
            &input.name(),
        )?;
        let block = block.filter(|block| block.data.iter().any(|id| *id != 0));
        if let Some(block) = &block {
            tokens::check(&columns, block, &ids)?;
        }
        for modality in Modality::ALL {
            let (column, own) = (modality.as_str(), &features[modality as usize]);
            // Text with an attention mask is never moved.
            let is_moved = modality != Modality::Text || block.is_none();
            if is_moved && own.own_steps().is_none() && !own.is_absent() {
                padding::check(&columns, &ids, (column, own), options.padding)?;
            }
        }
        warnings.extend(dimensions::single_steps(&features, expected));
        let [text, audio, vision] = &features;
        let sources = Sources {
            longest: None,
            columns: &columns,
            ids: &ids,
            text_bert: block.as_ref(),
            text: Some(text).filter(|text| !text.is_absent()),
            audio,
            vision,
            padding: options.padding,
        };
        let source_lengths = lengths::read(&sources, expected.aligned)?;
        let raw_text = match columns.get("raw_text") {
            Some(value) => columns.transcripts(value).unwrap_or_default(),
            None => Vec::new(),
        };
        if let Some(block) = &block {
            let texts = Texts {
                raw_text: &raw_text,
                ids: &ids,
                block,
                lengths: &source_lengths[Modality::Text as usize],
                lost: Some(UNK as i32),
            };
            warnings.extend(texts.compare(columns.split).1);
            warnings.extend(padded(block, &ids, columns.split));
            let reads_tokens = expected.widths[0].is_none() && !expected.absent[0];
            let unknown = replaced(block, &ids, columns.split).filter(|_| reads_tokens);
            warnings.extend(unknown.map(|found| found.describe_new()));
        }
        let mut found = Report {
            samples: ids.len(),
            ..Report::default()
        };
        let texts = texts(
            &ids,
            block.as_ref(),
            &source_lengths,
            expected,
            options,
            &mut found,
        );
        let mut samples = Self {
            labels: names::labels(&columns, input, expected, &mut warnings),
            raw_text,
            lengths: Default::default(),
            tokens: texts,
            columns,
            expected,
            options,
            name,
            ids,
            features,
            source_lengths,
            is_standardized,
            found,
            ends: Default::default(),
            prints: Default::default(),
            assumed,
            warnings,
        };
        samples.lengths = Modality::ALL.map(|modality| samples.conformed(modality));
        samples.check_rows().map(|()| samples)
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Name of the split in the file.
    pub fn split(&self) -> &'a str {
        self.columns.split
    }

    /// Padded steps of text, audio and vision.
    pub fn steps(&self) -> [usize; 3] {
        self.expected.steps
    }

    /// Bytes of the features of a sample as the model reads them.
    pub fn bytes_of_sample(&self) -> usize {
        let Expected { steps, widths, .. } = self.expected;
        let values = steps.iter().zip(widths);
        values
            .map(|(steps, width)| 4 * steps * width.unwrap_or(0))
            .sum()
    }

    /// Token ids of all samples, (N, 3, T), if there are any.
    pub fn token_rows(&self) -> Option<&Block<i32>> {
        self.tokens.as_ref().map(|tokens| &tokens.block)
    }

    /// The special tokens of every sample, where there are token ids.
    pub fn special(&self) -> Option<Vec<SpecialTokens>> {
        let tokens = self.tokens.as_ref()?;
        Some(tokens::special(&tokens.block, &tokens.lengths))
    }

    /// What was found, complete once all chunks were read.
    pub fn report(&self) -> &Report {
        &self.found
    }

    /// A modality that is in another order than the others, by the lengths of its samples; known once all chunks were
    /// read.
    pub fn order(&self) -> Option<String> {
        let of = |modality: Modality| {
            let which = modality as usize;
            let features = &self.features[which];
            let tokens = modality == Modality::Text && self.tokens.is_some();
            if self.is_absent(modality) || !tokens && features.steps < 2 {
                return Vec::new();
            }
            let own = lengths::has_own(&self.columns, modality.as_str());
            // Steps that are taken from the text show nothing of the frames.
            if tokens || own || features.own_steps().is_some() {
                let lengths = self.source_lengths[which].iter();
                lengths.map(|n| (*n).max(0) as usize).collect()
            } else {
                self.ends[which].clone()
            }
        };
        SampleSteps::new(self.split(), &self.ids, Modality::ALL.map(of)).odd_one()
    }

    /// Samples with the audio or vision of an earlier one, a line for each modality; known once all chunks were read.
    pub fn repeated(&self) -> impl Iterator<Item = String> {
        let of = move |modality: Modality| {
            repeated::describe(modality, &self.prints[modality as usize], &self.ids)
        };
        // Short texts are equal.
        [Modality::Audio, Modality::Vision]
            .into_iter()
            .filter_map(of)
    }

    /// Whether a modality is neither in the file nor in the training data.
    pub(super) fn is_absent(&self, modality: Modality) -> bool {
        let which = modality as usize;
        match modality {
            Modality::Text if self.expected.widths[which].is_none() => self.found.lost[0].absent,
            _ => self.features[which].is_absent(),
        }
    }

    /// Valid steps as the model reads them.
    fn conformed(&self, modality: Modality) -> Vec<u32> {
        let which = modality as usize;
        let (steps, rows) = (self.expected.steps[which], self.ids.len());
        if let (Modality::Text, Some(tokens)) = (modality, &self.tokens) {
            return tokens.lengths.clone();
        }
        if self.expected.absent[which] {
            return vec![0; rows];
        }
        let own = &self.source_lengths[which];
        let others = |row: usize| {
            let steps = self.source_lengths.iter().filter_map(|all| all.get(row));
            steps.copied().max().unwrap_or(0)
        };
        let length = |row: usize| match own.get(row) {
            Some(own) if !self.is_absent(modality) => *own as usize,
            // What is missing everywhere has the steps of the others, or all.
            _ if self.expected.aligned => others(row) as usize,
            _ => steps,
        };
        (0..rows).map(|row| length(row).min(steps) as u32).collect()
    }

    /// Checks that every column has as many samples as there are ids, at least one.
    fn check_rows(&self) -> Result<()> {
        if self.ids.is_empty() {
            return Err(self.columns.layout("", "samples", "an empty split"));
        }
        let mut rows = Vec::new();
        for modality in Modality::ALL {
            let features = &self.features[modality as usize];
            let lengths = &self.source_lengths[modality as usize];
            rows.push((modality.as_str(), features.rows));
            if !lengths.is_empty() {
                rows.push((modality.as_str(), lengths.len()));
            }
        }
        rows.extend(
            self.tokens
                .as_ref()
                .map(|tokens| ("text_bert", tokens.block.rows)),
        );
        rows.extend(self.labels.as_ref().map(|all| (labels::MAIN, all.len())));
        match rows.into_iter().find(|(_, rows)| *rows != self.len()) {
            None => Ok(()),
            Some((column, rows)) => Err(crate::data::dataset::read::carried::rows_differ(
                &self.columns,
                column,
                rows,
                self.len(),
            )),
        }
    }
}

/// The token rows of the model: of the file, or of lost words where it has none and the model needs them.
fn texts(
    ids: &[String],
    block: Option<&Block<i32>>,
    lengths: &[Vec<i32>; 3],
    expected: &Expected,
    options: &ReadOptions,
    found: &mut Report,
) -> Option<Tokens> {
    let (steps, reads_tokens) = (expected.steps[0], expected.widths[0].is_none());
    let length = |row: usize| {
        let others = lengths[1..].iter().filter_map(|all| all.get(row));
        match others.max() {
            Some(others) if expected.aligned => (*others as usize).max(SHORTEST),
            _ => SHORTEST,
        }
    };
    let found = &mut found.lost[0];
    match block {
        // With features of the text they only tell its special tokens.
        Some(block) if !reads_tokens => {
            let mut unused = super::Lost::default();
            let as_is = super::MissingAs::None;
            Some(text::conform(block, steps, as_is, length, &mut unused))
        }
        Some(block) => Some(text::conform(
            block,
            steps,
            options.missing_as,
            length,
            found,
        )),
        None if reads_tokens && !expected.absent[0] => {
            found.absent = true;
            Some(text::absent(ids.len(), steps, length))
        }
        None => None,
    }
}

/// The padded end of `options`, right where it is not named.
pub(super) fn is_left(options: &ReadOptions) -> bool {
    options.padding == Some(Padding::Left)
}
