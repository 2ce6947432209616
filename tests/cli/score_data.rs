//! A prepared file with few samples, and predictions for them.

use std::fs;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::synthetic::{self, Demo};
use lnln_bench::data::dataset::{Corpus, ImportOptions, SplitName, prepare};
use lnln_bench::record::find_runs;

use super::program::program;

/// A prepared file with its test samples.
pub struct Data {
    pub folder: tempfile::TempDir,
    pub path: PathBuf,
    pub ids: Vec<String>,
    pub truth: Vec<f32>,
}

/// One row of a file of predictions.
pub struct Row<'a> {
    pub id: &'a str,
    pub rate: f64,
    pub prediction: f32,
    pub truth: f32,
}

impl Data {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // 36 test samples: enough for a correlation.
        let pickle = folder.path().join("demo-film.pkl");
        synthetic::write_demo(Demo::Film, &pickle, 7, 0.15).unwrap();
        let data = folder.path().join("data");
        prepare(&pickle, &ImportOptions::new(&data), &mut |_| {}).unwrap();
        let path = data.join("demo-film.h5");
        let corpus = Corpus::open(&path).unwrap();
        Self {
            ids: corpus.outline(SplitName::Test).unwrap().ids,
            truth: corpus.labels(SplitName::Test).unwrap(),
            folder,
            path,
        }
    }

    /// Sound predictions at two rates, a line each, below headings.
    pub fn text(&self, headings: &str, line: impl Fn(&Row<'_>) -> String) -> String {
        let mut lines = vec![headings.to_string()];
        for rate in [0.0, 0.5] {
            for (i, (id, truth)) in self.ids.iter().zip(&self.truth).enumerate() {
                let prediction = truth * (0.8 - 0.2 * rate as f32) + 0.25 * (i % 3) as f32 - 0.22;
                lines.push(line(&Row {
                    id,
                    rate,
                    prediction,
                    truth: *truth,
                }));
            }
        }
        lines.join("\n") + "\n"
    }

    pub fn plain(&self) -> String {
        self.text("id,rate,seed,prediction", |r| {
            format!("{},{},1,{}", r.id, r.rate, r.prediction)
        })
    }

    pub fn score(
        &self,
        name: &str,
        bytes: impl AsRef<[u8]>,
        flags: &[&str],
    ) -> assert_cmd::assert::Assert {
        let file = self.folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        self.score_path(&file, flags)
    }

    pub fn score_path(&self, file: &Path, flags: &[&str]) -> assert_cmd::assert::Assert {
        let runs = self.runs();
        if runs.exists() {
            fs::remove_dir_all(&runs).unwrap();
        }
        let mut command = program();
        command.arg("score").arg(file).arg("--data").arg(&self.path);
        command.args(["--model", "m"]).arg("--runs").arg(runs);
        command.args(flags).assert()
    }

    pub fn runs(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    /// Ids of the runs that were made: equal predictions have equal ids.
    pub fn made(&self) -> Vec<String> {
        let finished = find_runs(&self.runs()).unwrap().finished;
        finished.iter().map(|run| run.id()).collect()
    }
}
