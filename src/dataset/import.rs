//! From an MMSA pickle to a prepared file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::columns::Columns;
use super::convert::{Converter, Progress};
use super::detect::{Traits, detect};
use super::digest;
use super::error::{Error, Result};
use super::plan::Plan;
use super::spec::{self, Spec};
use super::split::SplitName;
use crate::pickle::Pickle;
use crate::store::{Provenance, Reader, Writer};

/// How to import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Data set, where the file does not tell.
    pub dataset: Option<String>,
    /// Folder that gets `NAME.h5`.
    pub folder: PathBuf,
    /// Whether to replace a file that is there.
    pub force: bool,
}

impl ImportOptions {
    /// Into `folder`, detecting the data set, replacing nothing.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            dataset: None,
            folder: folder.into(),
            force: false,
        }
    }
}

/// What an import wrote.
#[derive(Clone, Debug)]
pub struct Imported {
    pub path: PathBuf,
    pub spec: &'static Spec,
    /// `aligned` or `unaligned`.
    pub layout: &'static str,
    /// Clips in train, valid and test.
    pub counts: [usize; 3],
    /// Non-finite values replaced by zero, per column (`train/audio`).
    pub non_finite: BTreeMap<String, u64>,
    pub source_sha256: String,
    /// Layout of the published file with this SHA-256, if there is one.
    pub published: Option<&'static str>,
    pub content_hash: String,
    /// The file was there already, made from the same source; nothing was written.
    pub existed: bool,
    /// What the user should know, a sentence each.
    pub warnings: Vec<String>,
}

/// Converts, checks and cleans one pickle into `folder/NAME.h5`.
///
/// All checks that need no feature values come before anything is written. Features become
/// float32, non-finite values zero (counted), token ids int32. Memory does not grow with the file.
///
/// # Errors
/// Every [`Error`]; on any of them no file appears and one that was there stays as it was.
pub fn prepare(
    input: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Imported> {
    let pickle = Pickle::open(input).map_err(|source| Error::Pickle {
        path: input.to_owned(),
        source,
    })?;
    let plans = SplitName::ALL
        .into_iter()
        .map(|split| Plan::new(Columns::of(input, pickle.root(), split)?))
        .collect::<Result<Vec<_>>>()?;
    check_shapes(&plans)?;
    let traits = traits(&plans);
    let spec = detect(input, traits, options.dataset.as_deref())?;
    plans.iter().try_for_each(|plan| plan.check_labels(spec))?;
    let path = options.folder.join(format!("{}.h5", spec.name));
    let existing = match options.force {
        true => None,
        false => existing(input, &path, spec)?,
    };
    let existed = existing.is_some();
    let (source, content_hash) = match existing {
        Some(existing) => existing,
        None => write(
            input,
            &path,
            source(input, spec, &plans, options)?,
            &plans,
            progress,
        )?,
    };
    let published = spec::published(&source.source_sha256).map(|(_, file)| file.layout.as_str());
    let extra = extra_splits(&pickle);
    Ok(Imported {
        path,
        spec,
        layout: layout(&plans),
        counts: traits.counts,
        warnings: warnings(spec, traits.counts, published, &extra, &source.non_finite),
        non_finite: source.non_finite,
        source_sha256: source.source_sha256,
        published,
        content_hash,
        existed,
    })
}

/// Writes the file; gives its completed provenance and content hash.
fn write(
    input: &Path,
    path: &Path,
    mut source: Provenance,
    plans: &[Plan<'_>],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(Provenance, String)> {
    let mut writer = Writer::create(path)?;
    (source.non_finite, source.source_sha256) = convert(input, &mut writer, plans, progress)?;
    let content_hash = writer.finish(&source)?;
    Ok((source, content_hash))
}

/// Widths must agree between splits; steps too, since models are sized by them.
fn check_shapes(plans: &[Plan<'_>]) -> Result<()> {
    let shape = |plan: &Plan<'_>| {
        let tokens = plan.text_bert.as_ref().map_or(0, |block| block.width);
        (
            plan.audio.shape()[1..].to_vec(),
            plan.vision.shape()[1..].to_vec(),
            tokens,
        )
    };
    let first = shape(&plans[0]);
    for plan in &plans[1..] {
        let other = shape(plan);
        if other != first {
            let words = |(audio, vision, tokens)| {
                format!("audio {audio:?}, vision {vision:?}, {tokens} tokens")
            };
            let expected = format!("the shapes of train: {}", words(first));
            return Err(plan.columns.layout("", expected, words(other)));
        }
    }
    Ok(())
}

fn traits(plans: &[Plan<'_>]) -> Traits {
    let count = |index: usize| plans.get(index).map_or(0, Plan::rows);
    Traits {
        audio: plans[0].audio.shape()[2],
        vision: plans[0].vision.shape()[2],
        counts: [count(0), count(1), count(2)],
    }
}

/// Aligned files bring every modality to the text's steps and have no frame counts.
fn layout(plans: &[Plan<'_>]) -> &'static str {
    let aligned = plans
        .iter()
        .all(|plan| plan.columns.get("audio_lengths").is_none());
    if aligned { "aligned" } else { "unaligned" }
}

/// What a complete file under the final name says, if it was made from the same bytes.
///
/// # Errors
/// [`Error::Exists`] for any other file of that name.
fn existing(input: &Path, path: &Path, spec: &Spec) -> Result<Option<(Provenance, String)>> {
    if !path.exists() {
        return Ok(None);
    }
    let exists = |holds: String| Error::Exists {
        path: path.to_owned(),
        holds,
    };
    let opened = Reader::open(path).and_then(|r| Ok((r.provenance()?, r.content_hash()?)));
    let Ok((found, content_hash)) = opened else {
        return Err(exists("something that is no complete prepared file".into()));
    };
    let sha256 = hash(input, &AtomicBool::new(false))?;
    match found.source_sha256 == sha256 && found.dataset == spec.name {
        true => Ok(Some((found, content_hash))),
        false => Err(exists(format!(
            "{} {} from {}",
            found.layout, found.dataset, found.source_name
        ))),
    }
}

fn hash(input: &Path, stop: &AtomicBool) -> Result<String> {
    let hash = digest::sha256(input, stop).map_err(|source| Error::Io {
        path: input.to_owned(),
        action: "hash it",
        source,
    })?;
    // Empty only where the hash was stopped, and then it is not used.
    Ok(hash.unwrap_or_default())
}

/// The provenance, less what is known only after the conversion.
fn source(
    input: &Path,
    spec: &Spec,
    plans: &[Plan<'_>],
    options: &ImportOptions,
) -> Result<Provenance> {
    let metadata = std::fs::metadata(input).map_err(|source| Error::Io {
        path: input.to_owned(),
        action: "read its size",
        source,
    })?;
    let stated = options.dataset.is_some();
    Ok(Provenance {
        dataset: spec.name.clone(),
        layout: layout(plans).to_owned(),
        source_name: input
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        source_bytes: metadata.len(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        options: serde_json::json!({ "dataset_stated": stated, "non_finite": "zero" }).to_string(),
        ..Provenance::default()
    })
}

/// Converts all splits while a second thread hashes the source.
fn convert(
    input: &Path,
    writer: &mut Writer,
    plans: &[Plan<'_>],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(BTreeMap<String, u64>, String)> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let hash = scope.spawn(|| hash(input, &stop));
        let mut converter = Converter::new(writer, plans, progress);
        let written = plans.iter().try_for_each(|plan| converter.split(plan));
        stop.store(written.is_err(), Ordering::Relaxed);
        let hash = hash
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written?;
        Ok((converter.non_finite, hash?))
    })
}

/// Keys of the root beside the three splits, as SIMSv2's `train_mix`.
fn extra_splits(pickle: &Pickle) -> Vec<String> {
    let known = SplitName::ALL.map(SplitName::as_str);
    let keys = pickle.root().entries().filter_map(|(key, _)| key.as_str());
    keys.filter(|key| !known.contains(key))
        .map(str::to_owned)
        .collect()
}

fn warnings(
    spec: &Spec,
    counts: [usize; 3],
    published: Option<&str>,
    extra: &[String],
    non_finite: &BTreeMap<String, u64>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if counts != spec.counts {
        warnings.push(format!(
            "{counts:?} clips in train, valid, test; the official split has {:?}",
            spec.counts
        ));
    }
    if published.is_none() && !spec.files.is_empty() {
        let text = "its SHA-256 is none of the published ones: results are not comparable with \
                    published tables unless the content is the same";
        warnings.push(text.to_owned());
    }
    if !extra.is_empty() {
        warnings.push(format!("ignored: {}", extra.join(", ")));
    }
    let counted: Vec<String> = non_finite
        .iter()
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    if !counted.is_empty() {
        warnings.push(format!(
            "non-finite values replaced by 0: {}",
            counted.join(", ")
        ));
    }
    warnings
}
