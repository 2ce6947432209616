//! Opens prepared data sets.

use std::borrow::Cow;
use std::path::Path;

use super::dataset_name::{self, DatasetName};
use super::error::{Error, Result};
use super::modality::Modality;
use super::registry;
use super::shapes::Shapes;
use super::spec::{Origin, Published, Spec, Widths};
use super::split::{Block, Outline, Split};
use super::split_name::SplitName;
use super::standardize::Moments;
use super::stored_table::StoredTable;
use crate::data::dataset::read::tokens;
use crate::data::store::{Number, Provenance, Reader};

/// A prepared data set. Splits are read on request.
pub struct Corpus {
    pub spec: Cow<'static, Spec>,
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// Hash of names, shapes and values of all columns.
    pub content_hash: String,
    /// File name of the source pickle (no folder).
    pub source_name: String,
    /// SHA-256 of the source pickle, hexadecimal.
    pub source_sha256: String,
    /// The warnings of the checks of the import.
    pub warnings: Vec<String>,
    /// What a reader of results must know of these data; empty if nothing.
    pub note: String,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
    /// Steps and features per step of audio.
    pub audio: (usize, usize),
    /// Steps and features per step of vision.
    pub vision: (usize, usize),
    /// Tokens of `text_bert`, or steps of `text` if there is no `text_bert`.
    pub text_steps: usize,
    /// Features per step of the file's own `text`, if it has them.
    pub text_width: Option<usize>,
    reader: Reader,
}

impl Corpus {
    /// Opens a file made by [`super::prepare`]. Values are compared with their checksums when they are
    /// read.
    ///
    /// # Errors
    /// [`Error::Store`] as [`Reader::open`], [`Reader::check_columns`] and [`Reader::check_attributes`] give it;
    /// [`Error::UnknownDataset`]; [`Error::OtherName`] for a file with the name of another data set.
    pub fn open(path: &Path) -> Result<Self> {
        let reader = Reader::open(path)?;
        reader.check_columns()?;
        reader.check_attributes()?;
        let provenance = reader.provenance()?;
        let spec = table(path, &provenance)?;
        check_name(path, &spec)?;
        let (audio, vision) = (reader.shape("train/audio")?, reader.shape("train/vision")?);
        let text = if reader.has("train/text") {
            Some(reader.shape("train/text")?)
        } else {
            None
        };
        let text_steps = if reader.has("train/text_bert") {
            reader.shape("train/text_bert")?[2]
        } else {
            text.as_ref().map_or(0, |shape| shape[1])
        };
        let mut counts = [0; 3];
        for (count, split) in counts.iter_mut().zip(SplitName::ALL) {
            *count = reader.shape(&format!("{split}/id"))?[0];
        }
        Ok(Self {
            layout: provenance.layout,
            content_hash: reader.content_hash()?,
            source_name: provenance.source_name,
            source_sha256: provenance.source_sha256,
            warnings: provenance.warnings,
            note: note(provenance.note, &provenance.table, &spec),
            spec,
            counts,
            audio: (audio[1], audio[2]),
            vision: (vision[1], vision[2]),
            text_steps,
            text_width: text.map(|shape| shape[2]),
            reader,
        })
    }

    /// Name in `datasets.toml`.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The published file that it was made from, if it was made from one.
    pub fn published(&self) -> Option<&Published> {
        let mut files = self.spec.files.iter();
        files.find(|file| file.sha256 == self.source_sha256)
    }

    /// How widths and sizes differ from the published ones; `None` where they do not, and for synthetic data,
    /// which have no published results.
    pub fn differs(&self) -> Option<String> {
        if self.spec.synthetic {
            return None;
        }
        let widths = Widths {
            audio: self.audio.1,
            vision: self.vision.1,
        };
        let difference = self.spec.difference(widths, self.counts);
        let variant = self.variant();
        if variant.is_base() || self.published().is_some() {
            return difference;
        }
        // A data set without published properties has no published results.
        self.spec.widths?;
        let own = format!("{variant} is not {} itself", variant.base);
        let both = [difference, Some(own)].into_iter().flatten();
        Some(both.collect::<Vec<_>>().join("; "))
    }

    /// The parts of its name.
    pub fn variant(&self) -> DatasetName<'_> {
        DatasetName::of(&self.spec.name)
    }

    /// The open file.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Reads one split into memory. The file's own text features are large and read only on
    /// request.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::MissingColumn`] when text features are asked for and not there.
    pub fn split(&self, name: SplitName, with_text_features: bool) -> Result<Split> {
        let column = |column: &str| format!("{name}/{column}");
        if with_text_features && self.text_width.is_none() {
            return Err(self.no_text(name));
        }
        let optional = |wanted: bool, name: &str| wanted && self.reader.has(&column(name));
        let text_bert = self.text_bert(name)?;
        let text_lengths = self.lengths(&column("text_lengths"))?;
        Ok(Split {
            name,
            special: (text_bert.as_ref()).map(|block| tokens::special(block, &text_lengths)),
            ids: self.reader.texts(&column("id"))?,
            raw_text: if optional(true, "raw_text") {
                self.reader.texts(&column("raw_text"))?
            } else {
                vec![String::new(); self.counts[name as usize]]
            },
            text_bert,
            text: if optional(with_text_features, "text") {
                Some(self.block(&column("text"))?)
            } else {
                None
            },
            audio: self.block(&column("audio"))?,
            vision: self.block(&column("vision"))?,
            text_lengths,
            audio_lengths: self.lengths(&column("audio_lengths"))?,
            vision_lengths: self.lengths(&column("vision_lengths"))?,
            labels: self.reader.numbers(&column("regression_labels"))?,
            modality_labels: self.modality_labels(name)?,
        })
    }

    /// Names of splits other than train, valid and test, such as SIMSv2's `train_mix`. No model trains
    /// on them; their columns are read through [`Self::reader`].
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn further_splits(&self) -> Result<Vec<String>> {
        let official = SplitName::ALL.map(SplitName::as_str);
        let groups = self.reader.groups()?.into_iter();
        Ok(groups
            .filter(|name| !official.contains(&name.as_str()))
            .filter(|name| self.reader.has(&format!("{name}/id")))
            .collect())
    }

    /// Reads ids, lengths and special tokens of one split, no features.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn outline(&self, name: SplitName) -> Result<Outline> {
        let lengths = |column: &str| self.lengths(&format!("{name}/{column}"));
        let (text_bert, text_lengths) = (self.text_bert(name)?, lengths("text_lengths")?);
        Ok(Outline {
            name,
            ids: self.reader.texts(&format!("{name}/id"))?,
            steps: [self.text_steps, self.audio.0, self.vision.0],
            special: text_bert.map(|block| tokens::special(&block, &text_lengths)),
            lengths: [
                text_lengths,
                lengths("audio_lengths")?,
                lengths("vision_lengths")?,
            ],
        })
    }

    /// Reads ids and lengths of train, valid and test.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn outlines(&self) -> Result<[Outline; 3]> {
        let [train, valid, test] = SplitName::ALL.map(|name| self.outline(name));
        Ok([train?, valid?, test?])
    }

    /// The modalities of which no sample has a step.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn absent(&self) -> Result<Vec<Modality>> {
        let mut absent = Vec::new();
        for modality in Modality::ALL {
            let lengths =
                SplitName::ALL.map(|split| self.lengths(&format!("{split}/{modality}_lengths")));
            let [train, valid, test] = lengths;
            let mut all = train?.into_iter().chain(valid?).chain(test?);
            if all.all(|length| length == 0) {
                absent.push(modality);
            }
        }
        Ok(absent)
    }

    /// Steps and features per step of what it has.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn shapes(&self) -> Result<Shapes> {
        let absent = self.absent()?;
        let of = |modality, (steps, width): (usize, usize)| {
            (!absent.contains(&modality)).then_some([steps, width])
        };
        let has_tokens = self.reader.has("train/text_bert");
        Ok(Shapes {
            tokens: has_tokens.then_some(self.text_steps),
            text: self.text_width.map(|width| [self.text_steps, width]),
            audio: of(Modality::Audio, self.audio),
            vision: of(Modality::Vision, self.vision),
        })
    }

    /// What `prepare` standardized frames of audio or vision by; `None` where it did not.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn moments(&self, modality: Modality) -> Result<Option<Moments>> {
        Moments::stored(&self.reader, modality.as_str())
    }

    /// Reads the labels of one split, nothing else.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn labels(&self, name: SplitName) -> Result<Vec<f32>> {
        Ok(self.reader.numbers(&format!("{name}/regression_labels"))?)
    }

    fn no_text(&self, split: SplitName) -> Error {
        Error::MissingColumn {
            place: format!("{}: {split}", self.reader.path().display()),
            expected: "column text (the file's own text features)".into(),
            found: self.reader.columns().unwrap_or_default().join(", "),
        }
    }

    /// Token ids of a split, if the file has them.
    fn text_bert(&self, split: SplitName) -> Result<Option<Block<i32>>> {
        let column = format!("{split}/text_bert");
        let has = self.reader.has(&column);
        has.then(|| self.block(&column)).transpose()
    }

    fn block<T: Number>(&self, column: &str) -> Result<Block<T>> {
        let shape = self.reader.shape(column)?;
        let [rows, steps, width] = shape[..] else {
            return Err(Error::Layout {
                place: format!("{}: {column}", self.reader.path().display()),
                expected: "three axes".into(),
                found: format!("shape {shape:?}"),
            });
        };
        Ok(Block {
            rows,
            steps,
            width,
            data: self.reader.numbers(column)?,
        })
    }

    fn lengths(&self, column: &str) -> Result<Vec<u32>> {
        let lengths = self.reader.numbers::<i32>(column)?;
        // The import refused negative ones.
        Ok(lengths
            .into_iter()
            .map(|length| length.max(0) as u32)
            .collect())
    }

    /// Labels T, A, V, if the file has all three.
    fn modality_labels(&self, split: SplitName) -> Result<Option<[Vec<f32>; 3]>> {
        let names = ["T", "A", "V"].map(|m| format!("{split}/regression_labels_{m}"));
        if !names.iter().all(|name| self.reader.has(name)) {
            return Ok(None);
        }
        let [text, audio, vision] = names;
        let labels = |name: &str| self.reader.numbers(name);
        Ok(Some([labels(&text)?, labels(&audio)?, labels(&vision)?]))
    }
}

/// The data set of a prepared file: the registered one, or the table in the file where none is registered.
fn table(path: &Path, provenance: &Provenance) -> Result<Cow<'static, Spec>> {
    let unknown = match registry::find(&provenance.dataset) {
        Ok(spec) => return check_labels(path, spec, provenance).map(|()| Cow::Borrowed(spec)),
        Err(unknown) => unknown,
    };
    let mut spec: Spec = serde_json::from_str(&provenance.table).map_err(|_| unknown)?;
    spec.origin = Origin::Prepared(path.to_owned());
    spec.check()?;
    Ok(Cow::Owned(spec.derived(&provenance.dataset)))
}

/// Refuses a file whose labels were prepared by other values of the table than those in force.
fn check_labels(path: &Path, spec: &Spec, provenance: &Provenance) -> Result<()> {
    let other = |key: &str, prepared: String| {
        let file = path.display();
        let problem = format!("{file} was prepared with {prepared}; prepare it again with --force");
        Err(spec.fault(key, problem))
    };
    let [low, high] = provenance.label_range;
    if spec.label_range != provenance.label_range {
        return other("label_range", format!("[{low}, {high}]"));
    }
    let offset = StoredTable::parse(&provenance.table).map(|table| table.label_offset());
    match offset.filter(|offset| *offset != spec.label_offset) {
        None => Ok(()),
        Some(offset) => other("label_offset", offset.to_string()),
    }
}

/// The note on a file: its own, if `prepare --note` gave it one, else that of the table in force.
fn note(own: String, table: &str, spec: &Spec) -> String {
    let of_table = StoredTable::parse(table).is_some_and(|table| table.note() == own);
    if of_table { spec.note.clone() } else { own }
}

/// Refuses a file that has the name of another registered data set than the one it holds.
fn check_name(path: &Path, holds: &Spec) -> Result<()> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let named = stem.and_then(|stem| registry::find(&dataset_name::name_of_stem(stem)).ok());
    match named {
        Some(named) if named.name != holds.name => Err(Error::OtherName {
            path: path.to_owned(),
            named: named.name.clone(),
            holds: holds.name.clone(),
        }),
        _ => Ok(()),
    }
}
