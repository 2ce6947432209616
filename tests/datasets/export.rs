//! Exports prepared data as a pickle: nothing added, nothing missing, and what is masked is masked.

use crate::data;
use crate::python;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::data::{Column, SAMPLES, Small, mosi, named};
use lnln_bench::data::dataset::export::{ApplyMasks, export};
use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{Corpus, ImportOptions, Modality, SplitName, prepare};
use lnln_bench::data::pickle::Pickle;
use lnln_bench::mask::apply::UNKNOWN;
use lnln_bench::mask::{ExportMasks, Keep};

/// Both demo corpora, one of which has lists, labels per modality and infinities.
fn prepared(folder: &Path) -> Vec<(PathBuf, String)> {
    let demo = |demo: Demo| {
        let source = folder.join(format!("{}.pkl", demo.name()));
        write_demo(demo, &source, 5, 0.05).unwrap();
        let imported = prepare(&source, &ImportOptions::new(folder), &mut |_| {}).unwrap();
        (imported.path, imported.content_hash)
    };
    Demo::ALL.map(demo).into()
}

#[test]
fn a_complete_export_prepared_again_has_the_same_content() {
    let folder = tempfile::tempdir().unwrap();
    let steps = [data::STEPS[0]; 2];
    let frames = |width: usize| {
        let values = vec![0.5; SAMPLES * steps[0] * width];
        Column::F64(vec![SAMPLES, steps[0], width], values)
    };
    let aligned = Small::new()
        .without("audio_lengths")
        .without("vision_lengths")
        .set("audio", frames(5))
        .set("vision", frames(20));
    let source = aligned.write(folder.path());
    let imported = prepare(&source, &mosi(folder.path()), &mut |_| {}).unwrap();
    let mut all = prepared(folder.path());
    all.push((imported.path, imported.content_hash));
    for (path, content) in all {
        let out = folder.path().join("again.pkl");
        let again = folder.path().join("again");
        let reader = Corpus::open(&path).unwrap();
        let written = export(reader.reader(), &out, None, true).unwrap();
        assert_eq!(written.bytes, std::fs::metadata(&out).unwrap().len());
        let imported = prepare(&out, &named(&again, reader.name()), &mut |_| {}).unwrap();
        assert_eq!(imported.content_hash, content, "{}", path.display());
        assert_eq!(imported.layout, reader.layout);
    }
}

/// Keeps the positions whose index plus the sample's is even.
fn masks(corpus: &Corpus) -> ExportMasks {
    let keep = |split, modality| {
        let outline = corpus.outline(split).unwrap();
        let (rows, steps) = (outline.ids.len(), outline.steps[modality as usize]);
        let bits = (0..rows * steps).map(|i| (i / steps + i % steps) % 2 == 0);
        let bits = bits.collect();
        Keep { rows, steps, bits }
    };
    let splits = SplitName::ALL.map(|split| (split, Modality::ALL.map(|m| keep(split, m))));
    ExportMasks::of(splits.into())
}

#[test]
fn a_masked_export_lacks_masked_positions_only() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = prepared(folder.path()).remove(0);
    let corpus = Corpus::open(&path).unwrap();
    let out = folder.path().join("masked.pkl");
    export(corpus.reader(), &out, Some(&masks(&corpus)), false).unwrap();
    let pickle = Pickle::open(&out).unwrap();
    for split in SplitName::ALL {
        let complete = corpus.split(split, true).unwrap();
        let column = |name: &str| {
            let columns = pickle.root().get(split.as_str()).unwrap();
            columns.get(name).unwrap().array().unwrap()
        };
        for (name, block) in [
            ("audio", &complete.audio),
            ("vision", &complete.vision),
            ("text", complete.text.as_ref().unwrap()),
        ] {
            let masked = column(name).to_vec::<f32>().unwrap();
            for (index, (found, complete)) in masked.iter().zip(&block.data).enumerate() {
                let frame = index / block.width;
                let stays = (frame / block.steps + frame % block.steps) % 2 == 0;
                assert_eq!(
                    *found,
                    if stays { *complete } else { 0.0 },
                    "{name} {index}"
                );
            }
        }
        let tokens = complete.text_bert.unwrap();
        let masked = column("text_bert").to_vec::<i64>().unwrap();
        for (index, (found, complete)) in masked.iter().zip(&tokens.data).enumerate() {
            let (row, part, t) = (
                index / (3 * tokens.width),
                index / tokens.width % 3,
                index % tokens.width,
            );
            let masked_here = part == 0 && *complete != 0 && (row + t) % 2 == 1;
            let expected = if masked_here { UNKNOWN } else { *complete };
            assert_eq!(*found, i64::from(expected), "{row} {part} {t}");
        }
        let labels = column("regression_labels").to_vec::<f32>().unwrap();
        assert_eq!(labels, complete.labels);
    }
}

#[test]
fn masks_of_other_data_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let corpora = prepared(folder.path());
    let [film, talk] = [0, 1].map(|i| Corpus::open(&corpora[i].0).unwrap());
    let out = folder.path().join("masked.pkl");
    let others = masks(&talk);
    let others: &dyn ApplyMasks = &others;
    let error = export(film.reader(), &out, Some(others), false).unwrap_err();
    assert!(error.to_string().contains("fit the masks"), "{error}");
    assert!(!out.exists());
    assert!(std::fs::read_dir(folder.path()).unwrap().all(|entry| {
        !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("partial")
    }));
}

/// Every column, as numpy reads it from the pickle and h5py from the prepared file.
const COMPARE: &str = r#"
import pickle, sys
import h5py, numpy

data = pickle.load(open(sys.argv[1], "rb"))
with h5py.File(sys.argv[2]) as file:
    for split in ("train", "valid", "test"):
        assert set(data[split]) <= set(file[split]), split
        for name, column in data[split].items():
            stored = file[split][name]
            stored = stored.asstr()[:] if stored.dtype.kind == "O" else stored[:]
            assert numpy.array_equal(numpy.asarray(column), stored), (split, name)
        assert data[split]["text_bert"].dtype == numpy.int64
        assert data[split]["audio"].dtype == numpy.float32
        assert isinstance(data[split]["audio_lengths"], list)
        print(split, len(data[split]["id"]))
"#;

#[test]
fn python_reads_the_same_numbers_from_both() {
    let Some(python) = python::python(&["numpy", "h5py"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (path, _) in prepared(folder.path()) {
        let out = folder.path().join("all.pkl");
        let corpus = Corpus::open(&path).unwrap();
        export(corpus.reader(), &out, None, true).unwrap();
        let mut command = Command::new(&python);
        let output = python::run(command.args(["-c", COMPARE]).arg(&out).arg(&path));
        assert_eq!(output.lines().count(), 3, "{output}");
    }
}
