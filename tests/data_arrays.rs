//! NumPy archives, folders of npy files and HDF5 files: the same content as a pickle of the same arrays.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod data;
#[path = "python/mod.rs"]
mod python;

use std::path::Path;
use std::process::Command;

use data::{mosi, three_bytes};
use lnln_bench::data::dataset::{Corpus, ImportOptions, Imported, SplitName, prepare};

/// The page whose script is executed.
const PAGE: &str = include_str!("../docs/own-data.md");

/// Writes the columns of a pickle in every form, in folders of their own.
const FORMS: &str = r"
import os, pickle, sys
import h5py, numpy
data = pickle.load(open(sys.argv[1], 'rb'))
out = sys.argv[2]
NAMES = {'id': 'ids', 'regression_labels': 'labels'}
def arrays(split):
    for name, column in data[split].items():
        yield NAMES.get(name, name), numpy.asarray(column)
flat = {f'{split}/{name}': column for split in data for name, column in arrays(split)}
numpy.savez(f'{out}/stored.npz', **flat)
numpy.savez_compressed(f'{out}/deflated.npz', **flat)
numpy.savez(f'{out}/columns.npz', **{name: numpy.asfortranarray(a) for name, a in flat.items()})
numpy.savez(f'{out}/single.npz', **{
    name: a.astype('>f8') if a.dtype.kind == 'f' else a for name, a in flat.items()})
for name, array in flat.items():
    os.makedirs(f'{out}/folder/{name.split(chr(47))[0]}', exist_ok=True)
    numpy.save(f'{out}/folder/{name}.npy', array)
names = [name for name, _ in arrays('train')]
joined = {name: numpy.concatenate([dict(arrays(split))[name] for split in data]) for name in names}
joined['split'] = numpy.concatenate([[split] * len(data[split]['id']) for split in data])
order = numpy.argsort(numpy.arange(len(joined['split'])) % 3, kind='stable')
for split in data:
    rows = numpy.flatnonzero(joined['split'] == split)
    order[numpy.isin(order, rows)] = rows
numpy.savez_compressed(f'{out}/joined.npz', **{name: a[order] for name, a in joined.items()})
with h5py.File(f'{out}/arrays.h5', 'w') as file:
    for name, array in flat.items():
        if array.dtype.kind == 'U':
            array = [str(text) for text in array]
        file.create_dataset(name, data=array)
with h5py.File(f'{out}/fixed.h5', 'w') as file:
    for name, array in flat.items():
        if array.dtype.kind == 'U':
            array = numpy.char.encode(array, 'utf-8')
        file.create_dataset(name, data=array, chunks=array.shape, shuffle=True)
ids = {}
for name, array in flat.items():
    split, column = name.split('/')
    if column == 'text_bert':
        ids[f'{split}/token_ids'] = array[:, 0]
        ids[f'{split}/text_mask'] = array[:, 1].astype(bool)
    else:
        ids[name] = array
numpy.savez(f'{out}/ids.npz', **ids)
";

fn import(source: &Path, data: &Path) -> Imported {
    prepare(source, &mosi(data), &mut |_| {}).unwrap()
}

#[test]
fn every_form_of_the_same_arrays_has_the_content_of_the_pickle() {
    let Some(python) = python::python(&["h5py", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    std::fs::write(&source, three_bytes(|small| small)).unwrap();
    let expected = import(&source, &folder.path().join("expected"));
    let forms = folder.path().join("forms");
    std::fs::create_dir(&forms).unwrap();
    python::run(
        Command::new(&python)
            .args(["-c", FORMS])
            .arg(&source)
            .arg(&forms),
    );
    let mut count = 0;
    for entry in std::fs::read_dir(&forms).unwrap() {
        let path = entry.unwrap().path();
        let data = tempfile::tempdir().unwrap();
        let imported = import(&path, data.path());
        assert_eq!(
            imported.content_hash,
            expected.content_hash,
            "{}",
            path.display()
        );
        assert_eq!(imported.layout, expected.layout, "{}", path.display());
        // Kept, as it was made from the same bytes.
        assert!(import(&path, data.path()).existed, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 9);
}

/// The script of the page, and what the page promises of its result.
#[test]
fn the_script_of_the_page_writes_an_archive_that_is_prepared() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let script = PAGE.split("```python\n").nth(1).unwrap();
    let script = script.split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    python::run(
        Command::new(python)
            .args(["-c", script])
            .current_dir(folder.path()),
    );
    let archive = folder.path().join("reviews.npz");
    let imported = import(&archive, folder.path());
    assert_eq!(
        (imported.counts, imported.layout),
        ([40, 12, 16], "unaligned")
    );
    let corpus = Corpus::open(&imported.path).unwrap();
    assert_eq!((corpus.audio, corpus.vision), ((30, 40), (25, 17)));
    assert_eq!((corpus.text_steps, corpus.text_width), (20, Some(300)));
    // The page follows its own rules: what else is warned of is that it has no transcripts.
    let known = ["columns:", "widths:", "split sizes:", "source:"];
    let of_page = |warning: &&String| !known.iter().any(|start| warning.starts_with(start));
    let unknown: Vec<&String> = imported.warnings.iter().filter(of_page).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let test = corpus.split(SplitName::Test, true).unwrap();
    assert_eq!(test.ids[15], "test-15");
}

/// What an archive holds is refused under the name of its array.
#[test]
fn faults_of_archives_name_the_array() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = PAGE
        .split("```python\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let message = |change: &str| {
        let script = script.replace("np.savez(", &format!("{change}\nnp.savez("));
        let mut command = Command::new(&python);
        python::run(command.args(["-c", &script]).current_dir(folder.path()));
        let options = ImportOptions {
            check_only: true,
            ..mosi(folder.path())
        };
        let archive = folder.path().join("reviews.npz");
        prepare(&archive, &options, &mut |_| {})
            .unwrap_err()
            .to_string()
    };
    for (change, words) in [
        (
            "arrays['valid/ids'] = arrays['valid/ids'].astype(object)",
            "valid/ids: expected numbers or text",
        ),
        (
            "del arrays['test/labels']",
            "test: column labels is missing; the split holds: ",
        ),
        (
            "arrays['train/regression_labels'] = -arrays['train/labels']",
            "two, `labels` and `regression_labels`; leave one out",
        ),
        (
            "arrays['train/audio'] = arrays['train/audio'][:, :, :5]",
            "the shapes of train",
        ),
        (
            "arrays['train/labels'][3] = 7",
            "train/labels: sample train-3: label 7",
        ),
        (
            "del arrays['train/audio_lengths']; arrays['train/audio_mask'] = np.eye(40, 30)",
            "train/audio_mask: sample train-1: expected ones followed by zeros",
        ),
        (
            "arrays['test/vision_lengths'][2] = 26",
            "sample test-2: expected a count from 0 to 25",
        ),
        (
            "arrays = {n: a for n, a in arrays.items() if n[0] != 'v'}",
            "expected arrays train/..., valid/... and test/..., or an array split, found none of valid, but",
        ),
        (
            "arrays = {n.replace('/', '_'): a for n, a in arrays.items()}",
            "; write t",
        ),
        (
            "arrays = {'_'.join(n.split('/')[::-1]): a for n, a in arrays.items()}",
            "; write t",
        ),
        (
            "arrays = {'/'.join(n.split('/')[::-1]): a for n, a in arrays.items()}",
            "; write train/",
        ),
        (
            "arrays['train/ids'] = arrays['train/ids'][:38]",
            "train/ids: 38 values, the other columns of train have 40 samples",
        ),
        (
            "arrays['train/audio'] = arrays['train/audio'].swapaxes(1, 2)[:, :20]; arrays['train/audio_lengths'][:] = 29",
            "expected a count from 0 to 20, found 29; if the axes are exchanged, write numpy.swapaxes(audio, 1, 2)",
        ),
        (
            "arrays['train/labels'] = arrays['train/labels'].astype(object)",
            "write numbers with array.astype(float)",
        ),
        (
            "arrays = {'split': np.repeat([0, 1, 2], 10), 'audio': np.zeros((30, 4))}",
            "split: expected the name of a split per sample, found numbers; write train, valid or test",
        ),
    ] {
        let found = message(change);
        assert!(found.contains(words), "{change}: {found}");
    }
}

/// The error for an HDF5 file of one dataset, made by a line of Python; `None` without h5py.
fn dataset_refused(line: &str) -> Option<String> {
    let python = python::python(&["h5py", "numpy"])?;
    let folder = tempfile::tempdir().unwrap();
    let script = format!("import h5py\nwith h5py.File('small.h5', 'w') as file:\n    {line}");
    let mut command = Command::new(&python);
    python::run(command.args(["-c", &script]).current_dir(folder.path()));
    let path = folder.path().join("small.h5");
    let error = prepare(&path, &mosi(folder.path()), &mut |_| {});
    Some(error.unwrap_err().to_string())
}

#[test]
fn compression_that_is_not_built_in_is_named() {
    let line = "file.create_dataset('train/audio', data=[[1.0, 2.0]], compression='gzip')";
    let Some(message) = dataset_refused(line) else {
        return;
    };
    assert!(message.contains("the filter gzip"), "{message}");
    assert!(message.contains("h5repack -f NONE"), "{message}");
}

#[test]
fn numbers_that_netcdf_packed_are_refused() {
    let line = "file.create_dataset('train/audio', data=[[1.0, 2.0]]).attrs['scale_factor'] = 0.5";
    let Some(message) = dataset_refused(line) else {
        return;
    };
    assert!(
        message.contains("the attribute scale_factor of netCDF"),
        "{message}"
    );
    let neutral = line.replace("0.5", "1.0");
    let message = dataset_refused(&neutral).unwrap_or_default();
    assert!(!message.contains("netCDF"), "{message}");
}

#[test]
fn values_that_netcdf_marks_as_missing_are_refused() {
    let line =
        "file.create_dataset('train/audio', data=[[1.0, -999.0]]).attrs['missing_value'] = -999.0";
    let Some(message) = dataset_refused(line) else {
        return;
    };
    assert!(
        message.contains("1 values that are missing, as the attribute missing_value"),
        "{message}"
    );
    for sound in ["-998.0", "float('nan')"] {
        let sound = line.replace("= -999.0", &format!("= {sound}"));
        let message = dataset_refused(&sound).unwrap_or_default();
        assert!(!message.contains("netCDF"), "{message}");
    }
}

#[test]
fn computational_sequences_are_named() {
    let line = "[file.create_dataset(f'glove/{name}', data=[[1.0, 2.0]]) for name in ('data/v1/features', 'metadata/root')]";
    let Some(message) = dataset_refused(line) else {
        return;
    };
    assert!(
        message.contains("`glove`, a computational sequence of CMU-MultimodalSDK"),
        "{message}"
    );
}

/// Memory is bounded by blocks: a compressed archive of more than a gigabyte of zeros takes a few megabytes.
#[test]
fn a_large_compressed_archive_takes_little_memory() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = PAGE
        .split("```python\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let script = script
        .replace("\"train\": 40", "\"train\": 4000")
        .replace(
            "rng.normal(size=(n, 20, 300))",
            "np.zeros((n, 20, 3000), 'f4')",
        )
        .replace("np.savez(", "np.savez_compressed(");
    python::run(
        Command::new(python)
            .args(["-c", &script])
            .current_dir(folder.path()),
    );
    let before = peak();
    let options = ImportOptions {
        check_only: true,
        ..mosi(folder.path())
    };
    let archive = folder.path().join("reviews.npz");
    prepare(&archive, &options, &mut |_| {}).unwrap();
    let grown = peak().saturating_sub(before);
    assert!(grown < 200 << 20, "{} MiB", grown >> 20);
}

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    1024 * kib.unwrap_or(0)
}
