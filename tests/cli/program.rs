//! What the command-line tests share: a small prepared corpus and the program.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::dataset::{ImportOptions, prepare};
use lnln_bench::record::RunDir;

/// The program under test, deaf to the caller's environment.
pub fn program() -> Command {
    let mut command = Command::cargo_bin("lnln-bench").unwrap();
    command
        // A child of another test may still hold the lock of a file that this process has written.
        .env("HDF5_USE_FILE_LOCKING", "FALSE")
        .env_remove("LNLN_BENCH_BERT")
        .env_remove("LNLN_BENCH_LOG");
    command
}

/// A folder with a twentieth of a demo corpus, as a pickle.
pub fn pickle(folder: &Path) -> PathBuf {
    let path = folder.join("demo-film.pkl");
    synthetic::write_demo(Demo::Film, &path, 7, 0.05).unwrap();
    path
}

/// The same corpus prepared under `folder/data`.
pub fn prepared(folder: &Path) -> PathBuf {
    let data = folder.join("data");
    prepare(&pickle(folder), &ImportOptions::new(&data), &mut |_| {}).unwrap();
    data
}

/// A command line without quotes, cut at its spaces.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
}

/// `run` with everything small.
#[cfg(feature = "torch")]
pub fn arguments(folder: &Path, data: &Path, runs: &str, epochs: u32) -> Vec<String> {
    let runs = folder.join(runs);
    let (data, runs) = (data.display(), runs.display());
    let line = format!(
        "run --datasets demo-film --models lf_dnn,constant --seeds 1111 --rates 0,0.5,1 --device cpu \
         --threads 1 --epochs {epochs} --batch-size 8 --data {data} --runs {runs}"
    );
    words(&line).map(str::to_owned).collect()
}

/// The runs of a folder, finished or not.
pub fn runs_in(runs: &Path) -> Vec<RunDir> {
    lnln_bench::record::directories(runs).unwrap_or_default()
}

/// Writes a prepared file again with other columns of texts, checksums included, as `prepare` would have
/// written it for such a source.
pub fn with_texts(file: &Path, texts: &[(&str, Vec<String>)]) {
    use lnln_bench::data::store::{Reader, Writer};
    let other = file.with_extension("other");
    let reader = Reader::open(file).unwrap();
    let mut writer = Writer::create(&other).unwrap();
    let given = |column: &str| texts.iter().any(|(name, _)| *name == column);
    crate::prepared::copy_columns(&reader, &mut writer, given);
    for (name, values) in texts {
        writer.texts(name, values).unwrap();
    }
    writer.finish(&reader.provenance().unwrap()).unwrap();
    drop(reader);
    std::fs::rename(other, file).unwrap();
}
