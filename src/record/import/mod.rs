//! Imports external predictions: reads a file, joins it by sample id with the prepared labels, checks it,
//! and writes finished run directories, so that every report shows a further model.

mod columns;
mod csv_table;
mod dataset;
mod described;
mod description;
pub mod error;
mod existing;
mod first_scores;
mod found_ids;
mod half;
mod input_row;
mod join;
mod nearest;
mod nested;
mod parquet_table;
mod plausible;
mod positions;
mod read;
mod roles;
mod same_masks;
mod source;
mod stated;
mod table;
mod truth;
mod verify;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use self::same_masks::SameMasks;
use crate::data::dataset::{Corpus, Modality, SplitName};
use crate::record::manifest::ExternalMetadata;
use crate::record::{find_runs, hash_bytes};

pub use error::{Error, Result};
pub use first_scores::FirstScores;
pub use input_row::InputRow;
pub use plausible::Check;
pub use roles::Role;

/// A value as text; `None` where it is empty or null.
type Text = Option<String>;

/// Metadata that the file does not hold. Title, citation and parameters describe one model: they are
/// refused for a file of several models, and where an existing run has other values.
#[derive(Clone, Debug)]
pub struct Options {
    /// Model of rows without one [default: the file's name].
    pub model: Option<String>,
    /// Title in tables [default: the model's name].
    pub title: Option<String>,
    /// Authors, title, venue.
    pub citation: Option<String>,
    /// Trainable scalars.
    pub parameters: Option<u64>,
    /// Mask protocol of rows without one.
    pub mask_protocol: String,
    /// Mask seed of rows without one.
    pub mask_seed: u64,
    /// The column of a role by its heading, or by an empty text none, where headings do not decide.
    pub columns: Vec<(Role, String)>,
    /// Checks whose findings are taken.
    pub allowed: Vec<Check>,
}

impl Options {
    /// Mask protocol, mask seed and condition of a row.
    fn masks(&self, row: &InputRow) -> join::MaskKey {
        let mask_protocol = row.mask_protocol.as_ref().unwrap_or(&self.mask_protocol);
        let mask_seed = row.mask_seed.unwrap_or(self.mask_seed);
        (mask_protocol.clone(), mask_seed, row.condition)
    }
}

/// What scoring a file made and met.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub runs: Vec<Scored>,
    /// What was assumed about the file, a sentence each.
    pub notes: Vec<String>,
    /// What is dubious about the predictions, a sentence each.
    pub warnings: Vec<String>,
}

/// A run that was written or existed before.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub path: PathBuf,
    pub model: String,
    pub seed: u64,
    /// Whether it is new.
    pub new: bool,
    /// Its mask protocols that this program does not know.
    pub unknown_masks: Vec<String>,
    /// Whether hashes in the file prove the masks of all its predictions.
    pub masks_verified: bool,
    /// What its own evaluation should have given too.
    pub first_scores: Option<FirstScores>,
}

/// Turns the predictions in `file` (CSV, or Parquet by its first bytes) into run directories under
/// `runs`, one per model and seed. Equal predictions give equal ids, so doing it again changes
/// nothing. Either all runs are written, or, where a check fails, none.
///
/// # Errors
/// [`Error`]; names the rows, samples or conditions that are wrong.
pub fn score(file: &Path, corpus: &Corpus, runs: &Path, options: &Options) -> Result<Outcome> {
    let name = file_name(file);
    let bytes = read::bytes(file)?;
    let blake3 = hash_bytes(&bytes);
    let mut source = read::source(file, bytes, &options.columns)?;
    let outline = corpus.outline(SplitName::Test)?;
    let ids = &outline.ids;
    let labels = corpus.labels(SplitName::Test)?;
    let indices: HashMap<&str, usize> = ids.iter().enumerate().map(|(i, id)| (&**id, i)).collect();
    dataset::check(&name, &mut source, corpus)?;
    positions::resolve(&name, &mut source, ids, options)?;
    join::known_samples(&name, &source.rows, corpus, &indices)?;
    join::finite(&name, &source.rows)?;
    let mut warnings = stated::check(&name, &source, corpus)?;
    let mut notes = source.notes;
    let known = truth::Labels {
        indices: &indices,
        truth: &labels,
    };
    let unnamed = source.others.iter();
    let unnamed = unnamed.filter(|column| truth::are_labels(column, &source.rows, &known));
    for column in source.truths.iter().chain(unnamed) {
        notes.extend(truth::check(&name, column, &source.rows, &known)?);
    }
    let described = described::Described {
        file: &name,
        rows: &source.rows,
        passes: &positions::passes(&source.rows, options),
        ids,
        labels: &known,
    };
    for column in &source.described {
        warnings.extend(described.check(column)?);
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let default = options.model.as_deref().unwrap_or(&stem);
    let samples = join::Samples {
        ids,
        indices: &indices,
    };
    let joined = join::join(&name, default, &source.rows, &samples, options)?;
    warnings.extend(join::split_names(&joined));
    let named = source.rows.iter().filter(|row| row.model.is_some()).count();
    if named == 0 && options.model.is_none() {
        notes.push(format!(
            "the model is called `{default}`, as the file; --model NAME gives another name"
        ));
    }
    if let Some(given) = &options.model
        && named == source.rows.len()
        && joined.iter().any(|run| run.model != *given)
    {
        warnings.push(format!(
            "--model {given} is for rows without a model, but a column names the model of every row ({}); to take {given} for \
             all, leave the column out by --column model=",
            joined.first().map_or("", |run| &*run.model)
        ));
    }
    let absent = corpus.absent()?;
    let train = corpus.labels(SplitName::Train)?;
    let masks = SameMasks::draw(corpus.name(), &outline, &joined);
    let reference = plausible::Reference {
        ids,
        truth: &labels,
        lengths: Modality::ALL.map(|modality| outline.lengths(modality)),
        range: corpus.spec.label_range,
        absent: Modality::ALL.map(|modality| absent.contains(&modality)),
        masks: &masks,
        train: &train,
    };
    let finished = find_runs(runs).map_or(Vec::new(), |runs| runs.finished);
    warnings.extend(existing::twice(&finished, runs, &joined, corpus));
    let existing = existing::runs(&finished, &joined, ids, corpus);
    let doubts = plausible::check(&name, &joined, &existing, &reference, &options.allowed)?;
    warnings.extend(doubts.iter().map(ToString::to_string));
    let verified = verify::check(&name, &source.rows, corpus, options)?;
    description::check(&name, &joined, corpus, runs, options, &verified)?;
    let of_model = |model: &str| {
        let doubts = doubts.iter().filter(|doubt| doubt.model == model);
        ExternalMetadata {
            file: name.clone(),
            blake3: blake3.clone(),
            rows: source.rows.len(),
            doubts: doubts.map(|doubt| doubt.text.clone()).collect(),
            allowed: options.allowed.iter().map(ToString::to_string).collect(),
        }
    };
    let runs = joined.iter().map(|run| {
        let external = of_model(&run.model);
        write::write(run, corpus, runs, options, (&external, &verified))
    });
    Ok(Outcome {
        runs: runs.collect::<Result<_>>()?,
        notes,
        warnings,
    })
}

/// The name without its folder.
fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
