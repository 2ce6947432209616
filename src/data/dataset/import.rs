//! Converts a pickle, archive or folder of arrays to a prepared file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::check::{self, Check};
use super::convert::{Converter, Findings, Progress};
use super::dataset_name::{self, DatasetName, is_version};
use super::error::{Error, Result};
use super::existing::{self, hash};
use super::registry;
use super::shapes::Shapes;
use super::source;
use super::spec::Spec;
use super::split_summary::SplitSummary;
use crate::data::dataset::read::detect::detect;
use crate::data::dataset::read::padding::Padding;
use crate::data::dataset::read::plan::{Plan, Reading};
use crate::data::dataset::read::splits::{self, Splits, layout, shapes, traits};
use crate::data::dataset::read::word_piece::WordPiece;
use crate::data::store::{Compression, Provenance, Writer};

/// How to import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Data set, if it cannot be detected.
    pub dataset: Option<String>,
    /// The version of the data set that it is.
    pub version: Option<String>,
    /// Folder that gets `NAME.h5`.
    pub folder: PathBuf,
    /// Whether to replace an existing file.
    pub force: bool,
    /// Check everything, write nothing.
    pub check_only: bool,
    /// The end of a sample that is padded, if that is the start, or if lengths must be counted.
    pub padding: Option<Padding>,
    /// Vocabulary, or folder with one, that makes token ids of the transcripts.
    pub tokenize: Option<PathBuf>,
    /// Tokens of a sample that it makes, CLS and SEP included.
    pub tokens: usize,
    /// Bring audio and vision to mean 0 and deviation 1.
    pub standardize: bool,
    /// Checks whose warnings are known and not to be repeated, by name.
    pub accept: Vec<String>,
    pub compression: Compression,
    /// What a reader of results must know of these data, in place of the note of the data set.
    pub note: Option<String>,
}

/// Tokens of a sample in MMSA's files.
pub const TOKENS: usize = 50;

impl ImportOptions {
    /// Default options: detect the data set, replace and standardize nothing.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            dataset: None,
            version: None,
            folder: folder.into(),
            force: false,
            check_only: false,
            padding: None,
            tokenize: None,
            tokens: TOKENS,
            standardize: false,
            accept: Vec::new(),
            compression: Compression::None,
            note: None,
        }
    }
}

impl ImportOptions {
    /// The version of a data set that these options name, or the data set itself.
    fn version_of(&self, spec: &'static Spec) -> Result<&'static Spec> {
        let Some(version) = &self.version else {
            return Ok(spec);
        };
        let named = DatasetName::of(&spec.name);
        if !is_version(version) || named.version.is_some_and(|other| other != version) {
            let name = self.dataset.as_deref().unwrap_or(&spec.name);
            return Err(Error::Version {
                version: version.clone(),
                dataset: name.to_owned(),
            });
        }
        let version = Some(version.as_str());
        registry::find(&DatasetName { version, ..named }.to_string())
    }
}

/// The result of an import.
#[derive(Clone, Debug)]
pub struct Imported {
    pub path: PathBuf,
    pub spec: &'static Spec,
    /// `aligned` or `unaligned`.
    pub layout: &'static str,
    pub shapes: Shapes,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
    /// The labels of these, and their first samples.
    pub summaries: Vec<SplitSummary>,
    /// Further splits such as `train_mix` and their numbers of samples.
    pub further: Vec<(String, usize)>,
    /// Non-finite values replaced by zero, per column (`train/audio`).
    pub non_finite: BTreeMap<String, u64>,
    /// Values beyond float32 replaced by zero, per column.
    pub overflow: BTreeMap<String, u64>,
    pub source_sha256: String,
    /// Layout of the published file with this SHA-256, if there is one.
    pub published: Option<&'static str>,
    pub content_hash: String,
    /// The file existed, made from the same source; nothing was written.
    pub existed: bool,
    /// Results of all checks; empty if the file existed.
    pub checks: Vec<Check>,
    /// What was assumed about the layout.
    pub assumptions: Vec<String>,
    /// The warnings of all checks.
    pub warnings: Vec<String>,
}

/// Converts, checks and cleans one source into `folder/NAME.h5`.
///
/// All checks that need no feature values come before anything is written. Features become
/// float32, non-finite values zero (counted), token ids int32. Memory does not grow with the file.
///
/// # Errors
/// Every [`Error`]; then no file is written, and an existing one is unchanged.
pub fn prepare(
    input: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Imported> {
    let (kind, values) = source::open(input).map_err(|reason| Error::Pickle {
        path: input.to_owned(),
        reason,
    })?;
    let tokenizer = options.tokenize.as_deref().map(WordPiece::read);
    let tokenizer = tokenizer.transpose()?;
    let reading = Reading {
        padding: options.padding,
        tokenizer: tokenizer.as_ref(),
        tokens: options.tokens,
        longest: None,
        is_arrays: kind != source::PICKLE,
    };
    let Splits {
        mut plans,
        ignored,
        mut assumptions,
    } = splits::read(input, values.root(), &reading)?;
    assumptions.extend(tokenizer.as_ref().and_then(|one| one.assumption.clone()));
    let accepted = options.accept.iter().map(|name| check::subject(name));
    let accepted = accepted.collect::<Result<Vec<_>>>()?;
    let spec = detect(input, traits(&plans), options.dataset.as_deref())?;
    let spec = options.version_of(spec)?;
    if spec.label_offset != 0.0 {
        plans.iter_mut().for_each(|plan| plan.shift_labels(spec));
    }
    plans.iter().try_for_each(|plan| plan.check_labels(spec))?;
    let checks = vec![
        check::columns(&plans, &ignored),
        check::names(&plans),
        check::ids(&plans)?,
        check::videos(&plans),
        check::sizes(&input.display().to_string(), traits(&plans).counts, spec)?,
        check::widths(traits(&plans), spec),
        check::transcripts(&plans, spec, tokenizer.is_some())?,
    ];
    let import = Import {
        tokenizer: tokenizer.as_ref().map(|one| one.identity.clone()),
        input,
        kind,
        options,
        path: options.folder.join(dataset_name::file_name(&spec.name)),
        spec,
        plans,
        assumptions,
        accepted,
        trailing: values.trailing().len(),
    };
    let replaces = options.force || options.check_only;
    let provenance = import.provenance()?;
    match existing::find(input, &import.path, &provenance, replaces)? {
        Some((found, content)) => Ok(import.already(found, content)),
        None => import.write(provenance, checks, progress),
    }
}

/// An import in progress.
struct Import<'a> {
    input: &'a Path,
    /// Name of the kind of source.
    kind: &'static str,
    options: &'a ImportOptions,
    path: PathBuf,
    spec: &'static Spec,
    plans: Vec<Plan<'a>>,
    assumptions: Vec<String>,
    /// The tokenizer that made the token ids.
    tokenizer: Option<String>,
    /// Subjects of checks whose warnings are known.
    accepted: Vec<&'static str>,
    /// Bytes behind the pickle that was read.
    trailing: usize,
}

impl Import<'_> {
    /// Writes the file; with `check_only` does everything else.
    fn write(
        &self,
        mut source: Provenance,
        mut checks: Vec<Check>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Imported> {
        let mut writer = if self.options.check_only {
            Writer::rehearse(&self.path)
        } else {
            Writer::create(&self.path)?
                .compress(self.options.compression)
                .standardized(self.options.standardize)
        };
        if !self.options.force {
            writer = writer.keep_existing();
        }
        let (findings, sha256) = self.convert(&mut writer, progress)?;
        source.source_sha256 = sha256;
        let same = existing::same_source(&self.path, &source);
        let mut origin = published(self.spec, &source, self.trailing, &same);
        let folds = check::fold_tests(&self.plans, &self.path, &self.spec.name, &same);
        origin.warnings.extend(folds);
        checks.extend([
            check::lengths(&self.plans),
            check::labels(&self.plans, self.spec),
            check::tokens(&self.plans),
            origin,
        ]);
        checks.extend(findings.checks(&self.plans)?);
        for check in &mut checks {
            check.accepted = self.accepted.contains(&check.subject);
        }
        source.warnings = checks.iter().flat_map(Check::warnings).collect();
        (source.non_finite, source.overflow) = (findings.non_finite, findings.overflow);
        let content = writer.finish(&source)?;
        Ok(Imported {
            checks,
            existed: false,
            ..self.already(source, content)
        })
    }

    /// The result for an existing file.
    fn already(&self, source: Provenance, content_hash: String) -> Imported {
        let further = self.plans.iter().filter(|plan| plan.official().is_none());
        let published = registry::published(&source.source_sha256);
        Imported {
            path: self.path.clone(),
            spec: self.spec,
            layout: layout(&self.plans),
            shapes: shapes(&self.plans),
            counts: traits(&self.plans).counts,
            summaries: self.plans.iter().filter_map(SplitSummary::of).collect(),
            further: further
                .map(|plan| (plan.split().to_owned(), plan.rows()))
                .collect(),
            non_finite: source.non_finite,
            overflow: source.overflow,
            published: published.map(|(_, file)| file.layout.as_str()),
            source_sha256: source.source_sha256,
            content_hash,
            existed: true,
            checks: Vec::new(),
            assumptions: self.assumptions.clone(),
            warnings: source
                .warnings
                .into_iter()
                .filter(|text| self.is_new(text))
                .collect(),
        }
    }

    /// Whether a warning is not of an accepted check.
    fn is_new(&self, warning: &str) -> bool {
        let subject = warning.split(':').next().unwrap_or_default();
        !self.accepted.contains(&subject)
    }

    /// The provenance, without what is known only after the conversion.
    fn provenance(&self) -> Result<Provenance> {
        let bytes = source::bytes(self.input).map_err(|reason| Error::Io {
            path: self.input.to_owned(),
            action: "read its size",
            reason,
        })?;
        let name = self.input.file_name().unwrap_or_default();
        let base = registry::registered(DatasetName::of(&self.spec.name).base)?;
        let samples = self.plans.iter();
        Ok(Provenance {
            dataset: self.spec.name.clone(),
            layout: layout(&self.plans).to_owned(),
            source_name: name.to_string_lossy().into_owned(),
            source_bytes: bytes,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            options: self.options_json(),
            label_range: self.spec.label_range,
            table: serde_json::to_string(base).unwrap_or_default(),
            note: self
                .options
                .note
                .clone()
                .unwrap_or_else(|| self.spec.note.clone()),
            samples: samples
                .map(|plan| (plan.split().to_owned(), plan.rows() as u64))
                .collect(),
            ..Provenance::default()
        })
    }

    fn options_json(&self) -> String {
        let options = self.options;
        let tokens = self.tokenizer.as_ref().map(|_| options.tokens);
        serde_json::json!({
            "tokenizer": self.tokenizer,
            "tokens": tokens,
            "source": self.kind,
            "dataset_stated": options.dataset.is_some(),
            "non_finite": "zero",
            "padding": options.padding.map_or("right", Padding::as_str),
            "standardize": options.standardize,
            "compression": options.compression.as_str(),
        })
        .to_string()
    }

    /// Converts all splits while a second thread hashes the source.
    fn convert(
        &self,
        writer: &mut Writer,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(Findings, String)> {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let hash = scope.spawn(|| hash(self.input, &stop));
            let mut converter = Converter::new(writer, &self.plans, progress);
            let written = self.splits(&mut converter);
            stop.store(written.is_err(), Ordering::Relaxed);
            let hash = hash
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            written?;
            Ok((converter.findings, hash?))
        })
    }

    fn splits(&self, converter: &mut Converter<'_>) -> Result<()> {
        if self.options.standardize {
            converter.standardize(&self.plans[0])?;
        }
        self.plans.iter().try_for_each(|plan| converter.split(plan))
    }
}

/// Whether it is a published file, and the only one there; synthetic data sets have none.
fn published(spec: &Spec, source: &Provenance, trailing: usize, same: &[String]) -> Check {
    let (ok, warning) = match registry::published(&source.source_sha256) {
        Some((_, file)) => (format!("the published {} file", file.layout), None),
        None if spec.files.is_empty() => ("no published file is known".to_owned(), None),
        None => {
            let warning = "not a published file (by SHA-256): results are not comparable with \
                           published tables unless the content is the same";
            (String::new(), Some(warning.to_owned()))
        }
    };
    let more = (trailing > 0).then(|| {
        format!(
            "{trailing} bytes follow the pickle that was read, as where a script appends to an older file (mode 'ab'): \
             write it anew, or cut it, if the last one is meant"
        )
    });
    let same = (!same.is_empty()).then(|| {
        format!(
            "{} was prepared from the same file: is it the one of {}?",
            same.join(" and "),
            source.dataset
        )
    });
    let warnings = more.into_iter().chain(warning).chain(same);
    Check::new("source", ok, warnings.collect())
}
