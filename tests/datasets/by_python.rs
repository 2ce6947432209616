//! Python as a second opinion: h5py opens what is prepared, and whatever way numpy pickles a
//! corpus, the content is the same.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::data::{Small, three_bytes};
use crate::python;
use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{Corpus, ImportOptions, Imported, SplitName, prepare};
use lnln_bench::data::store::Compression;

/// Prepares a demo corpus, or a small file of MOSI's widths.
fn import(source: &Path, data: &Path) -> Imported {
    prepare(source, &ImportOptions::new(data), &mut |_| {}).unwrap()
}

fn demo(folder: &Path) -> PathBuf {
    let source = folder.join("talk.pkl");
    write_demo(Demo::Talk, &source, 5, 0.5).unwrap();
    source
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/read_prepared.py")
}

#[test]
fn the_example_in_the_documentation_runs() {
    let text = std::fs::read_to_string(example()).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hdf5.md");
    let (_, code) = text.split_once("import json").unwrap();
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(code), "docs/hdf5.md shows another script");
    let Some(python) = python::python(&["h5py"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&demo(folder.path()), folder.path());
    let said = python::run(Command::new(python).arg(example()).arg(imported.path));
    for words in [
        "demo-talk unaligned from talk.pkl",
        "'train/audio':",
        "train 200 train000$_$0",
        "audio: ['sample', 'step', 'feature'] as in the source",
        "tokens: [101, ",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
}

/// Every dataset has units, a description and as many named axes as dimensions; every hash is what
/// another implementation computes.
const SCHEMA: &str = r#"
import sys
import blake3, h5py, numpy

with h5py.File(sys.argv[1]) as file:
    assert file.attrs["format_version"] == 1 and file.attrs["complete"] == 1
    assert file.attrs["label_range"].tolist() == [-1.0, 1.0]
    columns = 0
    for split in file:
        for name, column in file[split].items():
            labels = [dim.label for dim in column.dims]
            assert all(labels) and len(labels) == column.ndim, (name, labels)
            assert column.attrs["units"] and column.attrs["description"], name
            hasher = blake3.blake3()
            if column.dtype.kind == "O":
                for text in column.asstr()[:]:
                    text = text.encode()
                    hasher.update(len(text).to_bytes(8, "little") + text)
            else:
                hasher.update(numpy.ascontiguousarray(column[:]).tobytes())
            assert hasher.hexdigest() == column.attrs["blake3"], name
            columns += 1
    print(columns)
"#;

#[test]
fn attributes_and_hashes_are_what_the_documentation_says() {
    let Some(python) = python::python(&["h5py", "numpy", "blake3"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let imported = import(&demo(folder.path()), folder.path());
    let said = python::run(Command::new(python).args(["-c", SCHEMA]).arg(imported.path));
    assert_eq!(said.trim(), "42");
}

/// What the page says of `standardization`, computed again.
const STANDARDIZED: &str = r#"
import pickle, sys
import h5py, numpy

source = pickle.load(open(sys.argv[2], "rb"))
with h5py.File(sys.argv[1]) as file:
    for modality in ("audio", "vision"):
        def frames(split):
            values = source[split][modality].astype("float32").astype("float64")
            lengths = numpy.array(source[split][f"{modality}_lengths"])
            return values, numpy.arange(values.shape[1])[None] < lengths[:, None]
        values, valid = frames("train")
        values = numpy.where(numpy.isfinite(values), values, numpy.nan)[valid]
        mean, deviation = (file[f"standardization/{modality}_{what}"][:] for what in ("mean", "deviation"))
        assert numpy.allclose(mean, numpy.nanmean(values, 0), rtol=1e-6, atol=1e-7)
        assert numpy.allclose(deviation, numpy.nanstd(values, 0), rtol=1e-6)
        for split in ("train", "valid", "test"):
            values, valid = frames(split)
            expected = ((values - mean.astype("float64")) / deviation.astype("float64")).astype("float32")
            expected[~numpy.isfinite(values) | ~valid[..., None]] = 0
            stored = file[split][modality]
            assert stored.attrs["units"] == "standard deviations"
            assert numpy.array_equal(stored[:], expected), (split, modality)
    print("equal")
"#;

#[test]
fn standardized_features_are_what_numpy_makes_of_the_source() {
    let Some(python) = python::python(&["h5py", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = demo(folder.path());
    let mut options = ImportOptions::new(folder.path());
    options.standardize = true;
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    let mut command = Command::new(python);
    command.args(["-c", STANDARDIZED]).arg(imported.path);
    assert_eq!(python::run(command.arg(source)).trim(), "equal");
}

#[test]
fn compressed_files_open_with_hdf5plugin() {
    let Some(python) = python::python(&["h5py", "hdf5plugin"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("film.pkl");
    write_demo(Demo::Film, &source, 5, 3.0).unwrap();
    let mut options = ImportOptions::new(folder.path());
    options.compression = Compression::BloscLz4;
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    let script = "import sys, h5py, hdf5plugin, pickle, numpy\n\
                  stored = h5py.File(sys.argv[1])['train/vision']\n\
                  source = pickle.load(open(sys.argv[2], 'rb'))['train']['vision']\n\
                  assert stored._filters, 'not compressed'\n\
                  assert numpy.array_equal(stored[:], source.astype('float32'))";
    let mut command = Command::new(python);
    python::run(command.args(["-c", script]).arg(imported.path).arg(source));
}

/// Writes the corpus again in every way numpy knows: protocols, byte order, memory order,
/// containers.
const VARIANTS: &str = r#"
import pathlib, pickle, sys
import numpy

data = pickle.load(open(sys.argv[1], "rb"))
out = pathlib.Path(sys.argv[2])

def write(name, change, protocol=4):
    changed = {s: {k: change(k, v) for k, v in columns.items()} for s, columns in data.items()}
    with open(out / f"{name}.pkl", "wb") as file:
        pickle.dump(changed, file, protocol=protocol)

def is_numbers(value):
    return isinstance(value, numpy.ndarray) and value.dtype.kind in "if"

def both(name, value):
    if isinstance(value, list):
        return numpy.array(value)
    return value.tolist() if value.ndim == 1 else value

for protocol in range(2, 6):
    write(f"protocol{protocol}", lambda k, v: v, protocol)
write("big", lambda k, v: v.astype(v.dtype.newbyteorder(">")) if isinstance(v, numpy.ndarray) else v)
write("fortran", lambda k, v: numpy.asfortranarray(v) if is_numbers(v) else v)
write("fortran2", lambda k, v: numpy.asfortranarray(v) if is_numbers(v) else v, 2)
write("containers", both, 5)
write("objects", lambda k, v: numpy.array(v, dtype=object) if k in ("id", "raw_text") else v, 5)
"#;

#[test]
fn however_numpy_writes_a_corpus_the_content_is_the_same() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let small = Small::new().write(folder.path());
    for source in [small, demo(folder.path())] {
        let variants = folder.path().join("variants");
        std::fs::create_dir(&variants).unwrap();
        let expected = import(&source, &folder.path().join("expected"));
        let mut command = Command::new(&python);
        python::run(command.args(["-c", VARIANTS]).arg(&source).arg(&variants));
        let mut count = 0;
        for entry in std::fs::read_dir(&variants).unwrap() {
            let path = entry.unwrap().path();
            let data = tempfile::tempdir().unwrap();
            let imported = import(&path, data.path());
            assert_eq!(
                imported.content_hash,
                expected.content_hash,
                "{}",
                path.display()
            );
            assert_eq!(imported.checks.len(), expected.checks.len());
            count += 1;
        }
        assert_eq!(count, 9);
        std::fs::remove_dir_all(variants).unwrap();
    }
}

/// Writes the features of an aligned corpus in every way that has one value per sample, and keys and arrays of
/// other classes.
const CONTAINERS: &str = r#"
import pathlib, pickle, sys
import numpy

data = pickle.load(open(sys.argv[1], "rb"))
out = pathlib.Path(sys.argv[2])

def write(name, change, protocol=4, key=lambda k: k):
    changed = {}
    for split, columns in data.items():
        steps = columns["text_bert"][:, 1].sum(1)
        cut = lambda k, v: [x[:n] for x, n in zip(v, steps)] if k in ("audio", "vision", "text") else v
        changed[key(split)] = {key(k): change(k, v, cut(k, v)) for k, v in columns.items()}
    with open(out / f"{name}.pkl", "wb") as file:
        pickle.dump(changed, file, protocol=protocol)

def objects(k, v, cut):
    if cut is v:
        return v
    array = numpy.empty(len(cut), dtype=object)
    array[:] = cut
    return array

features = lambda k: k in ("audio", "vision", "text")
write("list", lambda k, v, cut: cut)
write("list2", lambda k, v, cut: cut, 2)
write("tuple", lambda k, v, cut: tuple(cut) if features(k) else v)
write("objects", objects, 5)
write("equal", lambda k, v, cut: list(v) if k == "audio" else v)
write("steps", lambda k, v, cut: [list(x) for x in cut] if features(k) else v)
write("numbers", lambda k, v, cut: [x.tolist() for x in cut] if features(k) else v)
write("batches", lambda k, v, cut: [x[None] for x in cut] if features(k) else v)
write("fortran", lambda k, v, cut: [numpy.asfortranarray(x) for x in cut] if features(k) else v)
write("big", lambda k, v, cut: [x.astype(">f8") for x in cut] if features(k) else v)
write("matrix", lambda k, v, cut: [numpy.matrix(x) for x in cut] if features(k) else v)
write("tokens", lambda k, v, cut: list(v) if k == "text_bert" else v)
write("pairs", lambda k, v, cut: [i.split("$_$") for i in v] if k == "id" else v)
write("words", lambda k, v, cut: [t.split(" ") for t in v] if k == "raw_text" else v)
write("bytes", lambda k, v, cut: [i.encode() for i in v] if k in ("id", "raw_text") else v, 4, str.encode)
write("bytes2", lambda k, v, cut: v, 2, lambda k: k)
write("numpy", lambda k, v, cut: numpy.array(v) if k == "id" else v, 4, numpy.str_)
write("labels", lambda k, v, cut: [numpy.array([x]) for x in v] if k == "regression_labels" else v)
write("label-objects", lambda k, v, cut: v.astype(object) if k == "regression_labels" else v)
mapped = numpy.memmap(out / "memory", dtype="f8", mode="w+", shape=data["train"]["audio"].shape)
mapped[:] = data["train"]["audio"]
write("memmap", lambda k, v, cut: mapped if v is data["train"]["audio"] else v)
(out / "memory").unlink()
"#;

#[test]
fn one_value_per_sample_is_read_in_every_container() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    std::fs::write(&source, three_bytes(|small| small)).unwrap();
    let expected = import(&source, &folder.path().join("expected"));
    let variants = folder.path().join("variants");
    std::fs::create_dir(&variants).unwrap();
    let mut command = Command::new(&python);
    python::run(command.args(["-c", CONTAINERS]).arg(&source).arg(&variants));
    let mut count = 0;
    for entry in std::fs::read_dir(&variants).unwrap() {
        let path = entry.unwrap().path();
        let data = tempfile::tempdir().unwrap();
        let imported = import(&path, data.path());
        assert_eq!(
            imported.content_hash,
            expected.content_hash,
            "{}",
            path.display()
        );
        count += 1;
    }
    assert_eq!(count, 20);
}

/// Classes of other packages are refused by name, with the line that writes them as plain data.
const CLASSES: &str = r#"
import dataclasses, pathlib, pickle, sys
import numpy

out = pathlib.Path(sys.argv[1])

@dataclasses.dataclass
class Sample:
    audio: object

def write(name, value):
    with open(out / f"{name}.pkl", "wb") as file:
        pickle.dump({"train": {"id": ["a"], "audio": value}}, file, protocol=4)

write("dataclass", Sample([1]))
write("masked", numpy.ma.masked_array([1.0, 2.0], [0, 1]))
write("path", pathlib.PurePosixPath("a"))
write("records", numpy.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]))
write("structured", numpy.zeros(1, [("a", "<f4"), ("b", "<i8", (2, 3))]))
"#;

#[test]
fn refused_classes_come_with_what_to_write_instead() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(&python);
    python::run(command.args(["-c", CLASSES]).arg(folder.path()));
    for (name, words) in [
        ("dataclass", ["__main__.Sample", "dataclasses.asdict(x)"]),
        ("masked", ["numpy.ma", "array.filled(0)"]),
        ("path", ["pathlib", "str(path)"]),
        ("records", ["numpy.rec", "array['NAME']"]),
        ("structured", ["train/audio", "('b', '<i8', (2, 3))"]),
    ] {
        let source = folder.path().join(format!("{name}.pkl"));
        let mut options = ImportOptions::new(folder.path());
        options.check_only = true;
        let error = prepare(&source, &options, &mut |_| {})
            .unwrap_err()
            .to_string();
        for word in words {
            assert!(error.contains(word), "{word} is not in {error}");
        }
    }
}

/// A file of MAG-BERT and one of MISA, by the script in the documentation.
const TUPLES: &str = r#"
import pathlib, pickle, sys
import numpy

out = pathlib.Path(sys.argv[1])
words = "[PAD] [UNK] [CLS] [SEP] good play ##ing not"
(out / "vocab.txt").write_text(words.replace(" ", chr(10)))
rng = numpy.random.default_rng(0)

def sample(index, misa):
    words = ["good", "playing", "strange"][: 2 + index % 2]
    vision, audio = rng.random((len(words), 20)), rng.random((len(words), 5))
    inner = (numpy.arange(len(words)), vision, audio, words) if misa else (numpy.array(words), vision, audio)
    return (inner, numpy.array([[index % 7 - 3.0]]), f"video[{index}]")

for name, misa in (("mag", False), ("misa", True)):
    data = {split: [sample(10 * at + i, misa) for i in range(4)] for at, split in enumerate(("train", "dev", "test"))}
    pickle.dump(data, open(out / f"{name}.pkl", "wb"))
"#;

#[test]
fn the_script_converts_lists_of_tuples() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    python::run(
        Command::new(&python)
            .args(["-c", TUPLES])
            .arg(folder.path()),
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/convert_tuples.py");
    for name in ["mag", "misa"] {
        let error = prepare(
            &path(&format!("{name}.pkl")),
            &ImportOptions::new(folder.path()),
            &mut |_| {},
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains("MISA's and MAG-BERT's files"), "{error}");
        let mut command = Command::new(&python);
        command.arg(&script).arg(path(&format!("{name}.pkl")));
        python::run(
            command
                .arg(path("vocab.txt"))
                .arg(path(&format!("{name}-new.pkl"))),
        );
        let data = path(&format!("{name}-data"));
        let imported = import(&path(&format!("{name}-new.pkl")), &data);
        assert_eq!((imported.counts, imported.layout), ([4, 4, 4], "aligned"));
        let corpus = Corpus::open(&imported.path).unwrap();
        let split = corpus.split(SplitName::Train, false).unwrap();
        let tokens = split.text_bert.unwrap();
        // good play ##ing strange, the last word unknown.
        assert_eq!(tokens.row(1)[..6], [2, 4, 5, 6, 1, 3]);
        assert_eq!(split.text_lengths[..2], [5, 6]);
        let audio = split.audio.row(1);
        assert_eq!(audio[10..15], audio[15..20]);
        assert_ne!(audio[5..10], audio[10..15]);
        assert!(audio[..5].iter().all(|value| *value == 0.0));
        assert_eq!(split.labels, [-3.0, -2.0, -1.0, 0.0]);
    }
}
