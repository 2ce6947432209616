//! New files as Python writes them: predictions of a contest's pickle, and those of plain PyTorch, which loads a
//! checkpoint by the script of `docs/checkpoint.md`.
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

/// Pickles of MOSEI's form and widths: a small training file, and the test split of a contest, without labels and
/// with parts set to zero or left out.
const CONTEST: &str = r"
import pickle, sys
import numpy
rng = numpy.random.default_rng(0)
def split(name, n):
    tokens = numpy.zeros((n, 3, 50))
    for row in range(n):
        words = int(rng.integers(3, 40))
        tokens[row, 0, :words] = [101, *rng.integers(1000, 1100, words - 2), 102]
        tokens[row, 1, :words] = 1
    return {
        'raw_text': numpy.array(['words ' * int(t) for t in tokens[:, 1].sum(1)]),
        'id': [f'{name}$_${row}' for row in range(n)], 'text_bert': tokens.astype('float32'),
        'audio': rng.normal(size=(n, 50, 74)).astype('float32'),
        'vision': rng.normal(size=(n, 50, 35)), 'text': rng.normal(size=(n, 50, 768)).astype('float32'),
        'audio_lengths': [50] * n, 'vision_lengths': [50] * n,
        'regression_labels': rng.uniform(-3, 3, n).astype('float32')}
data = {'train': split('train', 48), 'valid': split('valid', 16), 'test': split('test', 20)}
pickle.dump(data, open(sys.argv[1] + '/mosei.pkl', 'wb'))
new = {name: column for name, column in data['test'].items() if name != 'regression_labels'}
pickle.dump({'test': new}, open(sys.argv[1] + '/whole.pkl', 'wb'), protocol=2)
new = {name: numpy.array(column) for name, column in new.items()}
new['vision'][[1, 4]] = 0
new['audio'][2] = numpy.nan
new['text_bert'][3] = 0
new['audio'][5, 10:20] = 0
pickle.dump({'test': new}, open(sys.argv[1] + '/parts.pkl', 'wb'))
del new['vision'], new['vision_lengths'], new['text']
pickle.dump(new, open(sys.argv[1] + '/flat.pkl', 'wb'))
";

/// Runs the program in a folder; its output, and what it logged.
fn program(folder: &Path, line: &str) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lnln-bench"));
    command.env("HDF5_USE_FILE_LOCKING", "FALSE");
    command.env_remove("LNLN_BENCH_BERT").current_dir(folder);
    let output = command.args(line.split_whitespace()).output().unwrap();
    let logged = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{line}: {logged}");
    (String::from_utf8(output.stdout).unwrap(), logged)
}

#[test]
fn a_contest_file_of_mosei_is_predicted_with_its_missing_parts() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    python::run(
        Command::new(&python)
            .args(["-c", CONTEST])
            .arg(folder.path()),
    );
    let run = |line: &str| program(folder.path(), line);
    run("prepare mosei.pkl --dataset mosei -q");
    run(
        "run --datasets mosei --models lf_dnn --encoder tiny --seeds 1 --rates 0 --epochs 2 --batch-size 16 \
         --device cpu --threads 1 -q",
    );
    let id = directories(&folder.path().join("runs"))
        .unwrap()
        .pop()
        .unwrap()
        .id();
    let predict = |file: &str| {
        let (csv, logged) = run(&format!("predict runs/{id} --input {file} --device cpu"));
        (predictions(&csv), logged)
    };
    let (whole, _) = predict("whole.pkl");
    assert_eq!(whole.len(), 20);
    let (labelled, logged) = predict("mosei.pkl");
    assert!(logged.contains("MAE"), "{logged}");
    assert_eq!(
        labelled.keys().collect::<Vec<_>>(),
        whole.keys().collect::<Vec<_>>()
    );
    let (parts, logged) = predict("parts.pkl");
    for expected in [
        "2 of 20 samples have no frame of vision: taken as missing",
        "1 of 20 samples have no frame of audio: taken as missing",
        "1 of 20 samples have no word of text: taken as missing",
    ] {
        assert!(logged.contains(expected), "{logged}");
    }
    let changed = whole
        .iter()
        .filter(|(id, prediction)| parts[*id] != **prediction);
    let changed: Vec<&str> = changed.map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        changed,
        ["test$_$1", "test$_$2", "test$_$3", "test$_$4", "test$_$5"]
    );
    let (flat, logged) = predict("flat.pkl");
    assert_eq!(flat.len(), 20);
    assert!(logged.contains("the file has no vision: taken as missing in all 20 samples"));
    assert!(logged.contains("the file has no splits"), "{logged}");
}

/// Rows that begin with `id,prediction`.
fn predictions(csv: &str) -> BTreeMap<String, f64> {
    let rows = csv.lines().skip(1);
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[0].to_owned(), fields[1].parse().unwrap())
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
    let line = "run --datasets demo-film --models lf_dnn --encoder features --seeds 1 --rates 0 --epochs 3 \
                --batch-size 16 --device cpu --threads 1 -q";
    program(folder.path(), line);
    let run = directories(&at("runs")).unwrap().pop().unwrap();
    let archive = at("new.npz");
    let mut script = Command::new(&python);
    python::run(
        script
            .args(["-c", ARCHIVE])
            .arg(at("film.pkl"))
            .arg(&archive),
    );
    let predict = format!("predict runs/{} --input new.npz --device cpu", run.id());
    let ours = predictions(&program(folder.path(), &predict).0);

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
