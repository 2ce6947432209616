//! The checkpoint of a run, loaded into plain PyTorch by the script of `docs/checkpoint.md`, predicts what the
//! program predicts.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod python;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use lnln_bench::data::dataset::{ImportOptions, prepare, synthetic};
use lnln_bench::record::directories;

/// Writes the test split of a pickle as the archive that the script reads.
const ARCHIVE: &str = r"
import pickle, sys
import numpy
test = pickle.load(open(sys.argv[1], 'rb'))['test']
attention = numpy.asarray(test['text_bert'])[:, 1]
numpy.savez(sys.argv[2], ids=numpy.asarray(test['id']), text_lengths=attention.sum(1).astype(int),
            **{name: numpy.asarray(test[name]) for name in
               ('text', 'audio', 'vision', 'audio_lengths', 'vision_lengths')})
";

/// Rows `id,prediction`.
fn predictions(csv: &str) -> BTreeMap<String, f64> {
    let rows = csv.lines().skip(1);
    let row = |line: &str| {
        let (id, prediction) = line.rsplit_once(',').unwrap();
        (id.to_owned(), prediction.parse().unwrap())
    };
    rows.map(row).collect()
}

#[test]
fn a_checkpoint_in_pytorch_predicts_what_the_program_predicts() {
    let Some(python) = python::python(&["torch", "safetensors", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    synthetic::write_demo(synthetic::Demo::Film, &at("film.pkl"), 7, 0.2).unwrap();
    let mut options = ImportOptions::new(at("data"));
    options.standardize = true;
    prepare(&at("film.pkl"), &options, &mut |_| {}).unwrap();
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lnln-bench"));
        command.env("HDF5_USE_FILE_LOCKING", "FALSE");
        command.current_dir(folder.path());
        command
    };
    let line = "run --datasets demo-film --models lf_dnn --encoder features --seeds 1 --rates 0 --epochs 3 \
                --batch-size 16 --device cpu --threads 1 -q";
    python::run(program().args(line.split_whitespace()));
    let run = directories(&at("runs")).unwrap().pop().unwrap();
    let archive = at("new.npz");
    let mut script = Command::new(&python);
    python::run(
        script
            .args(["-c", ARCHIVE])
            .arg(at("film.pkl"))
            .arg(&archive),
    );
    let mut predict = program();
    predict
        .arg("predict")
        .arg(run.path())
        .arg("--input")
        .arg(&archive);
    let ours = predictions(&python::run(predict.args(["--device", "cpu"])));

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/load_checkpoint.py");
    let mut script = Command::new(&python);
    let theirs = python::run(script.arg(page).arg(run.path()).arg(&archive));
    let theirs = predictions(&theirs);
    assert_eq!(ours.len(), 48);
    assert!(ours.keys().eq(theirs.keys()));
    let error = |id: &String| (ours[id] - theirs[id]).abs();
    let largest = ours.keys().map(error).fold(0.0, f64::max);
    assert!(largest < 1e-5, "{largest}");
    let spread = ours
        .values()
        .fold(0.0f64, |spread, value| spread.max(value.abs()));
    assert!(spread > 1e-3, "predictions that differ from 0: {spread}");
}
