//! Import options of `prepare`, and the import of many files at once.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lnln_bench::data::dataset::{self, Check, ImportOptions, Imported, Padding};
use lnln_bench::data::store::Compression;
use lnln_bench::support::{Bar, Progress};

/// Import options.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Data set (`lnln-bench list datasets`), a version NAME@VERSION or a fold NAME:fold=2 [default: recognized
    /// by the contents of the file].
    #[arg(long, value_name = "NAME")]
    dataset: Option<String>,
    /// Version of the data set, such as the text of a recognizer: DATA/NAME@VERSION.h5, in every command
    /// NAME@VERSION.
    #[arg(long, value_name = "NAME")]
    version: Option<String>,
    /// Folder for prepared data.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// Side of the padding frames, left or right: needed for files padded left, whose padding is moved
    /// to the end, and for files without lengths, which are then counted.
    #[arg(long, value_name = "END")]
    padding: Option<Padding>,
    /// BERT vocabulary, or a folder with vocab.txt, to make token ids of the transcripts with, in place of
    /// those of the file. Upper case, accents and Chinese characters as tokenizer_config.json in the same
    /// folder has them [without it: lower case, no accents].
    #[arg(long, value_name = "VOCAB")]
    tokenize: Option<PathBuf>,
    /// Tokens of a sample with --tokenize, CLS and SEP included; longer transcripts are cut.
    #[arg(long, value_name = "N", default_value_t = dataset::TOKENS, requires = "tokenize")]
    #[arg(value_parser = tokens)]
    tokens: usize,
    /// Standardize audio and vision features to mean 0 and standard deviation 1 over the valid frames
    /// of the training split; the statistics are stored.
    #[arg(long)]
    standardize: bool,
    /// Compression of features: none or blosc-lz4 (Python then needs hdf5plugin).
    #[arg(long, default_value = "none", value_name = "HOW")]
    compress: Compression,
    /// What a reader of results must know of these data, such as which modality is synthetic; reports print
    /// it [default: the note of the data set's table].
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Number of files to convert in parallel.
    #[arg(long, default_value = "1", value_name = "N")]
    jobs: NonZeroUsize,
    /// Checks whose warnings are known and not repeated: the words in front of the warnings, with - for
    /// blanks (labels, split-sizes; docs/pickle.md lists them).
    #[arg(long, value_name = "CHECK,...", value_delimiter = ',')]
    accept: Vec<String>,
    /// Run all checks and print them; write nothing.
    #[arg(long)]
    pub check: bool,
    /// Replace prepared data that was made from another file or with other options.
    #[arg(long)]
    force: bool,
}

/// A number of tokens: CLS, SEP and a word, up to what BERT has positions for.
fn tokens(text: &str) -> Result<usize, String> {
    let tokens = text
        .parse()
        .ok()
        .filter(|tokens| (3..=512).contains(tokens));
    tokens.ok_or_else(|| "expected a number from 3 to 512".to_owned())
}

impl Args {
    /// Defaults, into a folder.
    #[cfg(feature = "torch")]
    pub fn into_folder(data: &Path) -> Self {
        Self {
            dataset: None,
            version: None,
            data: data.to_owned(),
            padding: None,
            tokenize: None,
            tokens: dataset::TOKENS,
            standardize: false,
            accept: Vec::new(),
            compress: Compression::None,
            note: None,
            jobs: NonZeroUsize::MIN,
            check: false,
            force: false,
        }
    }

    /// The same for a version of a data set.
    #[cfg(feature = "torch")]
    pub fn of_version(self, dataset: &str, version: &str) -> Self {
        Self {
            dataset: Some(dataset.to_owned()),
            version: Some(version.to_owned()),
            ..self
        }
    }

    fn options(&self) -> ImportOptions {
        ImportOptions {
            dataset: self.dataset.clone(),
            version: self.version.clone(),
            folder: self.data.clone(),
            force: self.force,
            check_only: self.check,
            padding: self.padding,
            tokenize: self.tokenize.clone(),
            tokens: self.tokens,
            standardize: self.standardize,
            accept: self.accept.clone(),
            compression: self.compress,
            note: self.note.clone(),
        }
    }

    /// Imports one file with a progress bar in bytes.
    pub fn import(&self, file: &Path, progress: &Progress) -> anyhow::Result<Imported> {
        let label = file.file_name().unwrap_or_default().to_string_lossy();
        let mut bar: Option<Bar> = None;
        let imported = dataset::prepare(file, &self.options(), &mut |state| {
            let bar = bar.get_or_insert_with(|| progress.bytes(label.clone(), state.total));
            bar.set(state.done);
        })?;
        if let Some(bar) = bar {
            bar.finish();
        }
        Ok(imported)
    }

    /// Processes every file, `--jobs` at a time; a file that fails does not stop the others. Returns
    /// the first failure, in the order of the files, and logs the others.
    pub fn for_each(
        &self,
        files: &[PathBuf],
        work: impl Fn(&Path) -> anyhow::Result<()> + Sync,
    ) -> anyhow::Result<()> {
        let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let worker = || {
            while let Some((index, file)) = take(files, &next) {
                if let Err(error) = work(file)
                    && let Ok(mut failures) = failures.lock()
                {
                    failures.push((index, error));
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.jobs.get().min(files.len()) {
                scope.spawn(worker);
            }
            worker();
        });
        let mut failures = failures.into_inner().unwrap_or_default();
        failures.sort_by_key(|(index, _)| *index);
        let mut failures = failures.into_iter().map(|(_, error)| error);
        let first = failures.next();
        failures.for_each(|error| tracing::error!("{error:#}"));
        first.map_or(Ok(()), Err)
    }
}

/// The next file that no thread has taken.
fn take<'f>(files: &'f [PathBuf], next: &AtomicUsize) -> Option<(usize, &'f PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    files.get(index).map(|file| (index, file))
}

/// The result of an import, for the terminal.
pub fn report(imported: &Imported, check: bool) -> String {
    let state = match (imported.existed, check) {
        (true, _) => "already prepared",
        (false, true) => "checked, nothing written",
        (false, false) => "prepared",
    };
    let known = match imported.published {
        Some(_) => "the published file",
        None => "not a published file",
    };
    let [train, valid, test] = imported.counts;
    let mut samples = format!("{train} train, {valid} valid, {test} test");
    for (split, count) in &imported.further {
        samples += &format!(", {count} {split}");
    }
    let mut lines = vec![
        format!(
            "{} {state} ({}): {samples} samples",
            imported.spec.title, imported.layout
        ),
        format!("  source  sha256 {} ({known})", imported.source_sha256),
        format!("  shapes  {}", imported.shapes),
    ];
    for summary in &imported.summaries {
        let (split, labels) = (&summary.split, summary.labels());
        lines.push(format!(
            "  {split:<7} sentiment {labels}; {}",
            summary.first()
        ));
    }
    let assumed = imported.assumptions.iter();
    lines.extend(assumed.map(|text| format!("  assumed {text}")));
    lines.extend(checks(imported, check));
    lines.push(format!("  content {}", imported.content_hash));
    if !check {
        lines.push(format!("  data    {}", imported.path.display()));
    }
    lines.join("\n")
}

/// The names of the checks that warned, for `--accept`.
pub fn accepting(imported: &Imported) -> Option<String> {
    let subjects = imported
        .warnings
        .iter()
        .filter_map(|text| text.split(':').next());
    let mut names: Vec<String> = subjects.map(dataset::flag_name).collect();
    names.dedup();
    (!names.is_empty()).then(|| names.join(","))
}

/// The lines of every check with `--check`, else their number; nothing if there were no checks.
fn checks(imported: &Imported, all: bool) -> Vec<String> {
    let checks = &imported.checks;
    if all {
        // An existing file has the warnings of its conversion only.
        let stored = |warning: &String| format!("  warning  {warning}");
        return if checks.is_empty() {
            imported.warnings.iter().map(stored).collect()
        } else {
            let lines = checks.iter().flat_map(Check::lines);
            lines.map(|line| format!("  {line}")).collect()
        };
    }
    let ok = checks
        .iter()
        .filter(|check| check.warnings.is_empty() || check.accepted);
    match (checks.len(), ok.count()) {
        (0, _) => Vec::new(),
        (total, ok) if ok == total => vec![format!("  checks  all {total} ok")],
        (total, ok) => vec![format!("  checks  {ok} ok, {} with warnings", total - ok)],
    }
}
