//! Masks read by Python, and masks drawn by Python.

use crate::prepared;
use crate::python;

use std::path::{Path, PathBuf};
use std::process::Command;

use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{Corpus, ImportOptions, Modality, SplitName, prepare};
use lnln_bench::data::store::Writer;
use lnln_bench::mask::{
    EvaluationMasks, Ids, MaskFile, Noise, Phase, Scope, SplitShape, Training, Variants, find,
    keep, parse_list, to_hdf5, to_npz,
};
use lnln_bench::selftest::{self, Comparison};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A small prepared corpus.
fn corpus(folder: &Path) -> Corpus {
    let source = folder.join("talk.pkl");
    write_demo(Demo::Talk, &source, 5, 0.1).unwrap();
    let imported = prepare(&source, &ImportOptions::new(folder), &mut |_| {}).unwrap();
    Corpus::open(&imported.path).unwrap()
}

/// Kept positions of the test split at a condition, per modality.
fn kept(variants: &Variants, condition: &str) -> Vec<usize> {
    let keeps = variants
        .keeps(SplitName::Test, condition.parse().unwrap())
        .unwrap();
    let count = |bits: &[bool]| bits.iter().filter(|bit| **bit).count();
    keeps.iter().map(|keep| count(&keep.bits)).collect()
}

#[test]
fn the_example_in_the_documentation_unpacks_every_mask() {
    let script = std::fs::read_to_string(repository("docs/examples/read_masks.py")).unwrap();
    let page = std::fs::read_to_string(repository("docs/masks.md")).unwrap();
    assert!(page.contains(&script), "docs/masks.md shows another script");
    let Some(python) = python::python(&["h5py", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let conditions = parse_list("0:1:0.1,l=0.2,a=0.7,v=0.7").unwrap();
    let names = ["random", "modality", "mixed", "reference-tfr"];
    let dealt = EvaluationMasks::deal(&names, &conditions).unwrap();
    let variants: Vec<Variants> = dealt
        .iter()
        .map(|c| Variants::of_corpus(c.mask_protocol, &corpus, 7, &c.conditions).unwrap())
        .collect();
    let path = folder.path().join("toy.masks.h5");
    MaskFile::write(&path, &corpus.content_hash, &variants).unwrap();
    let script = repository("docs/examples/read_masks.py");
    let output = python::run(Command::new(python).arg(script).arg(&path));
    let mut lines = 0;
    for variants in &variants {
        for condition in &variants.conditions {
            let (mask_protocol, name) = (&variants.mask_protocol, condition.to_string());
            let hash = variants.hash(SplitName::Test, *condition).unwrap();
            let kept = kept(variants, &name);
            let line = format!("{mask_protocol}-v2 seed-7 {name} {hash} kept {kept:?} masked ");
            assert!(output.contains(&line), "`{line}` is not in {output}");
            lines += 1;
        }
    }
    assert_eq!(output.lines().count(), lines + 1);
}

/// The same corpus without token ids: its text is features, and what no rate masks is gone.
fn without_tokens(folder: &Path) -> Corpus {
    let complete = corpus(folder);
    let reader = complete.reader();
    let path = folder
        .join("without")
        .join(reader.path().file_name().unwrap());
    let mut writer = Writer::create(&path).unwrap();
    prepared::copy_columns(reader, &mut writer, |column| column.ends_with("/text_bert"));
    for column in reader.columns().unwrap() {
        let Some(split) = column.strip_suffix("/text_bert") else {
            continue;
        };
        let text = format!("{split}/text");
        if !reader.has(&text) {
            let shape = reader.shape(&column).unwrap();
            let values = vec![0f32; shape[0] * shape[2] * 2];
            let shape = [shape[0], shape[2], 2];
            writer.numbers(&text, &shape, &values).unwrap();
        }
    }
    writer.finish(&reader.provenance().unwrap()).unwrap();
    Corpus::open(&path).unwrap()
}

/// A second implementation from the definition in docs/masks.md gets the same masks and hashes.
#[test]
fn the_definition_in_the_documentation_gives_the_stored_masks() {
    stored_masks_equal_the_definition(corpus);
}

#[test]
fn the_definition_gives_the_stored_masks_of_data_without_token_ids() {
    stored_masks_equal_the_definition(without_tokens);
}

fn stored_masks_equal_the_definition(corpus: fn(&Path) -> Corpus) {
    let Some(python) = python::python(&["h5py", "numpy", "blake3"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let conditions = parse_list("0:1:0.1,l=0.2,a=0.7,v=0.7").unwrap();
    let keyed = [
        "random",
        "temporal",
        "block",
        "modality",
        "modality-random",
        "mixed",
    ];
    let dealt = EvaluationMasks::deal(&keyed, &conditions).unwrap();
    let path = folder.path().join("toy.masks.h5");
    // A seed of more than 32 bits, every byte different.
    let seeds = [7, 0x0123_4567_89ab_cdef];
    MaskFile::prepare(&path, &corpus, &dealt, &seeds).unwrap();
    let mut command = Command::new(python);
    let script = repository("docs/examples/recompute_masks.py");
    let output = python::run(command.arg(script).arg(corpus.reader().path()).arg(&path));
    let mut lines = 0;
    for evaluation in &dealt {
        let (mask_protocol, conditions) = (evaluation.mask_protocol, &evaluation.conditions);
        for seed in evaluation.seeds(&seeds) {
            let variants = Variants::of_corpus(mask_protocol, &corpus, *seed, conditions).unwrap();
            for condition in conditions {
                let hash = variants.hash(SplitName::Test, *condition).unwrap();
                let kept = kept(&variants, &condition.to_string());
                let line = format!(
                    "{} test {seed} {condition} {hash} kept {kept:?}",
                    mask_protocol.name()
                );
                assert!(output.contains(&line), "`{line}` is not in {output}");
                lines += 1;
            }
        }
    }
    // Under two seeds eleven rates of four mask protocols and a mixed condition, six subsets under one.
    assert_eq!(lines, 2 * (4 * 11 + 1) + 6);
    assert_eq!(output.lines().count(), 3 * lines, "three splits: {output}");
}

/// Training rates and kept positions of draw 2 by the example's functions, one line per protocol and
/// modality.
const NOISE: &str = r#"
import sys
import h5py, numpy

sys.path.insert(0, sys.argv[1])
from recompute_masks import MODALITIES, draws, half_complete, kept, special

with h5py.File(sys.argv[2]) as file:
    train = file["train"]
    samples = train["id"].asstr()[:].tolist()
    for protocol in sys.argv[3:]:
        scope = (protocol, 2, "demo-talk", "train", 1113)
        for modality in MODALITIES:
            lengths, ends = train[f"{modality}_lengths"][:], special(train, modality)
            rates = half_complete(scope, modality, samples, 2)
            drawn = numpy.zeros((len(samples), lengths.max()))
            for row, (sample, length) in enumerate(zip(samples, lengths)):
                drawn[row, :length] = draws(scope, modality, sample, length, ends[row], 2)
            mask = kept(drawn, lengths, ends, rates)
            print(protocol, modality, int((rates == 0).sum()), repr(float(rates.sum())), int(mask.sum()))
"#;

/// The noise of a run's third epoch under `fresh` (draw 2), for training another model on it.
#[test]
fn the_definition_in_the_documentation_gives_training_noise() {
    noise_equals_the_definition(corpus);
}

#[test]
fn the_definition_gives_the_training_noise_of_data_without_token_ids() {
    noise_equals_the_definition(without_tokens);
}

fn noise_equals_the_definition(corpus: fn(&Path) -> Corpus) {
    let Some(python) = python::python(&["h5py", "numpy", "blake3"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let keyed = [
        "random",
        "temporal",
        "block",
        "modality",
        "modality-random",
        "mixed",
    ];
    let mut command = Command::new(python);
    command
        .args(["-c", NOISE])
        .arg(repository("docs/examples"))
        .arg(corpus.reader().path())
        .args(keyed);
    let output = python::run(&mut command);
    let outline = corpus.outline(SplitName::Train).unwrap();
    let training = Training {
        ids: &outline.ids,
        vision_steps: outline.steps[2],
        test: (1, 1),
        mask_seed: 7,
    };
    let draw = Noise::Fresh.draw(2).unwrap();
    let mut expected = Vec::new();
    for name in keyed {
        let mask_protocol = find(name).unwrap();
        for modality in Modality::ALL {
            let scope = Scope {
                dataset: corpus.name(),
                split: SplitName::Train,
                modality,
                seed: mask_protocol.training_seed(1113, 7),
                phase: Phase::Epoch(draw),
            };
            let rates = mask_protocol.rates(&scope, &training).unwrap();
            let rows = SplitShape::from(&outline).rows(modality, mask_protocol);
            let draws = mask_protocol.draws(&scope, rows).unwrap();
            let kept = keep(&draws, &rates, rows, modality).unwrap();
            let complete = rates.iter().filter(|rate| **rate == 0.0).count();
            let count = kept.bits.iter().filter(|bit| **bit).count();
            expected.push((name, modality, complete, rates.iter().sum::<f64>(), count));
        }
    }
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{output}");
    for (line, (name, modality, complete, sum, count)) in lines.iter().zip(expected) {
        let fields: Vec<&str> = line.split(' ').collect();
        assert_eq!(
            fields[..3],
            [name, modality.as_str(), &complete.to_string()],
            "{line}"
        );
        // NumPy adds pairwise, so the last digits of the sum may differ.
        assert!(
            (fields[3].parse::<f64>().unwrap() - sum).abs() < 1e-9,
            "{line}"
        );
        assert_eq!(fields[4], count.to_string(), "{line}");
    }
}

/// Stored masks stay when others are added.
#[test]
fn masks_are_added_to_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let path = folder.path().join("toy.masks.h5");
    let prepare = |names: &[&str], rates: &str, seeds: &[u64]| {
        let conditions = parse_list(rates).unwrap();
        let dealt = EvaluationMasks::deal(names, &conditions).unwrap();
        MaskFile::prepare(&path, &corpus, &dealt, seeds).unwrap();
        let file = MaskFile::open(&path).unwrap();
        assert!(file.verify(Some(&corpus), |_| {}).unwrap().manifest);
        let stored = file.stored().unwrap();
        let test = stored.iter().filter(|name| name.split == SplitName::Test);
        test.map(|name| {
            let conditions = file.hashes(name).unwrap().into_keys();
            let conditions: Vec<String> =
                conditions.map(|condition| condition.to_string()).collect();
            format!(
                "{} {}: {}",
                name.mask_protocol,
                name.seed,
                conditions.join(" ")
            )
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(
        prepare(&["random"], "0:1:0.5", &[1, 1]),
        ["random 1: 0 0.5 1"]
    );
    // A seed-invariant protocol is drawn under the first seed only.
    assert_eq!(
        prepare(&["random", "modality"], "0.25,L", &[1, 2]),
        ["modality 1: L", "random 1: 0 0.25 0.5 1", "random 2: 0.25"]
    );
    assert_eq!(
        prepare(&["modality"], "AV", &[1]),
        [
            "modality 1: L AV",
            "random 1: 0 0.25 0.5 1",
            "random 2: 0.25"
        ]
    );
    let mut test = Variants::of_corpus(
        find("random").unwrap(),
        &corpus,
        1,
        &parse_list("0,0.25,0.5,1").unwrap(),
    )
    .unwrap();
    test.splits.retain(|split| split.name == SplitName::Test);
    let file = MaskFile::open(&path).unwrap();
    let stored = file.stored().unwrap();
    let name = stored.iter().find(|name| {
        name.seed == 1 && name.mask_protocol == "random" && name.split == SplitName::Test
    });
    assert_eq!(file.read(name.unwrap()).unwrap(), test);
}

/// Both exports hold what `kept` counts, with ids and names.
const EXPORTS: &str = r#"
import sys
import h5py, numpy

archive = numpy.load(sys.argv[1])
assert archive["mask"].tolist() == ["random", "2", "7", "demo-talk", "0.3"], archive["mask"]
assert archive["nominal"].tolist() == [0.3, 0.3, 0.3]
assert archive["content_hash"].tolist() == [sys.argv[3]]
with h5py.File(sys.argv[2]) as file:
    assert file.attrs["condition"] == "0.3" and file.attrs["seed"] == 7
    assert file.attrs["content_hash"] == sys.argv[3]
    for split in ("train", "valid", "test"):
        assert file[split].attrs["hash"] == archive[f"{split}_hash"][0]
        assert file[split]["id"].asstr()[:].tolist() == archive[f"{split}_id"].tolist()
        assert (file[split].attrs["realized"] == archive[f"{split}_realized"]).all()
        for modality in ("text", "audio", "vision"):
            kept = archive[f"{split}_{modality}"]
            assert kept.dtype == bool and (file[split][modality][:] == kept).all()
print([int(archive[f"test_{m}"].sum()) for m in ("text", "audio", "vision")])
"#;

#[test]
fn python_reads_exported_masks() {
    let Some(python) = python::python(&["h5py", "numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let condition = "0.3".parse().unwrap();
    let random = find("random").unwrap();
    let variants = Variants::of_corpus(random, &corpus, 7, &[condition]).unwrap();
    let outlines = corpus.outlines().unwrap();
    let ids: Vec<Ids> = outlines
        .iter()
        .map(|o| (o.name, o.ids.as_slice()))
        .collect();
    let with = (corpus.content_hash.as_str(), ids.as_slice());
    let (npz, h5) = (folder.path().join("a.npz"), folder.path().join("a.h5"));
    to_npz(&variants, condition, with, &npz, false).unwrap();
    to_hdf5(&variants, condition, with, &h5, false).unwrap();
    assert!(
        to_npz(&variants, condition, with, &npz, false).is_err(),
        "an existing file is replaced"
    );
    let mut command = Command::new(python);
    command.args(["-c", EXPORTS]).args([&npz, &h5]);
    let output = python::run(command.arg(&corpus.content_hash));
    assert_eq!(output.trim(), format!("{:?}", kept(&variants, "0.3")));
}

/// The published masks and training rates of seeds and shapes that no stored case has.
#[test]
fn reference_equals_what_numpy_and_python_draw_now() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = repository("tests/python/mask_cases.py");
    python::run(Command::new(python).arg(script).arg(folder.path()));
    let comparisons = selftest::masks::run(folder.path()).unwrap();
    assert!(comparisons.len() > 100, "{}", comparisons.len());
    let failed: Vec<&Comparison> = comparisons.iter().filter(|o| !o.passed()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
