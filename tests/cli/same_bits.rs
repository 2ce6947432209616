//! Predictions of a run are equal, to the last bit, to those made again: of one condition, of one sample,
//! by another number of threads, and by a run with other conditions.

use std::path::{Path, PathBuf};

use lnln_bench::record::{Prediction, Predictions, RunDir};

use super::program::{prepared, program, runs_in, words};

/// Conditions of which some have one text.
const CONDITIONS: &str = "0,0.5,1,L,LA,LV,AV";

struct Sweep<'a> {
    data: &'a Path,
    runs: PathBuf,
}

impl Sweep<'_> {
    fn run(&self, models: &str, conditions: &str, more: &str) -> Vec<RunDir> {
        let line = format!(
            "run --datasets demo-film --models {models} --rates {conditions} --masks random,modality \
             --seeds 1111 --epochs 1 --batch-size 8 --valid-rates 0,0.5 --device cpu {more}"
        );
        let mut command = program();
        command.args(words(&line)).arg("--data").arg(self.data);
        command.arg("--runs").arg(&self.runs).assert().success();
        runs_in(&self.runs)
    }

    /// What `predict` writes, under an environment that asks for another number of threads than the run.
    fn predict(&self, run: &RunDir, more: &[&str]) -> Vec<Prediction> {
        let out = self.runs.join("again.parquet");
        let mut command = program();
        command.arg("predict").arg(run.path()).args(more);
        command.args(["--device", "cpu", "--data"]).arg(self.data);
        command.env("OMP_NUM_THREADS", "3").arg("--out").arg(&out);
        command.assert().success();
        Predictions::read(&out).unwrap().iter().collect()
    }
}

fn under(run: &RunDir, condition: &str) -> Vec<Prediction> {
    let all = run.load().unwrap().predictions;
    let wanted = |row: &Prediction| row.condition.to_string() == condition;
    all.iter().filter(wanted).collect()
}

/// Compares the run's own predictions with those of `predict`.
fn repeats(sweep: &Sweep<'_>, run: &RunDir, condition: &str) {
    let recorded = under(run, condition);
    assert!(!recorded.is_empty(), "{condition}");
    let name = format!("{} at {condition}", run.path().display());
    let again = sweep.predict(run, &["--rates", condition]);
    assert_eq!(again, recorded, "{name}");
    let sample = &recorded[recorded.len() - 1];
    let one = sweep.predict(run, &["--rates", condition, "--sample", &sample.id]);
    assert_eq!(one, std::slice::from_ref(sample), "{name}");
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn a_condition_is_predicted_as_in_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = Sweep {
        data: &prepared(folder.path()),
        runs: folder.path().join("runs"),
    };
    for (models, more) in [
        ("lnln,tfn,lf_dnn", "--threads 1"),
        ("lnln", "--threads 2"),
        ("almt", "--threads 1 --engine reference"),
        // No LSTM: not every CPU's has a bfloat16 form.
        ("almt", "--threads 1 --precision bf16"),
    ] {
        let runs = folder.path().join(more.replace(' ', ""));
        let sweep = Sweep { runs, ..sweep };
        for run in sweep.run(models, CONDITIONS, more) {
            for condition in ["0.5", "LA"] {
                repeats(&sweep, &run, condition);
            }
        }
    }
}

#[test]
fn a_run_with_other_conditions_predicts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let sweep = |name: &str| Sweep {
        data: &data,
        runs: folder.path().join(name),
    };
    let all = sweep("all").run("lnln", CONDITIONS, "--threads 1");
    let few = sweep("few").run("lnln", "0.5,LA", "--threads 1");
    for condition in ["0.5", "LA"] {
        let (all, few) = (under(&all[0], condition), under(&few[0], condition));
        assert!(!all.is_empty());
        assert_eq!(all, few, "{condition}");
    }
}
