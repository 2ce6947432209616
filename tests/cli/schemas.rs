//! Every `--json` output and every suite file matches the schema that `schema` prints for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lnln_bench::data::dataset::{Corpus, SplitName};
use serde_json::{Value, json};

use super::json_schema::Schema;
use super::program::{prepared, program, words};

/// The schemas that were used, in a folder with prepared data.
struct Outputs<'a> {
    folder: &'a Path,
    used: BTreeSet<String>,
}

impl Outputs<'_> {
    fn schema(&mut self, name: &str) -> Schema {
        self.used.insert(name.to_owned());
        let printed = program().args(["schema", name]).assert().success();
        Schema(serde_json::from_slice(&printed.get_output().stdout).unwrap())
    }

    /// Checks the output of a command line: a document, or a document per line.
    fn check(&mut self, name: &str, line: &str) -> Vec<Value> {
        let schema = self.schema(name);
        let mut command = program();
        command.args(words(line)).current_dir(self.folder);
        let output = command.assert();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let values: Vec<Value> = values.map(Result::unwrap).collect();
        assert!(!values.is_empty(), "{line}");
        for value in &values {
            schema
                .check(value)
                .unwrap_or_else(|why| panic!("{line}: {why}"));
            refuses_changes(&schema, value, line);
        }
        values
    }
}

/// An unknown key, and a key of another type, are mismatches; otherwise the schema describes nothing.
fn refuses_changes(schema: &Schema, value: &Value, line: &str) {
    let Value::Object(object) = value else {
        assert!(schema.check(&json!({})).is_err(), "{line}");
        return;
    };
    let mut more = object.clone();
    more.insert("unknown".to_owned(), Value::Null);
    assert!(schema.check(&more.into()).is_err(), "{line}: a key more");
    for key in object.keys() {
        let mut other = object.clone();
        other.insert(key.clone(), json!({ "no": ["such", "value"] }));
        assert!(schema.check(&other.into()).is_err(), "{line}: {key}");
    }
}

/// Predictions of a model of one's own.
fn predictions(folder: &Path) {
    let corpus = Corpus::open(&folder.join("data/demo-film.h5")).unwrap();
    let ids = corpus.outline(SplitName::Test).unwrap().ids;
    let rows = ids.iter().enumerate();
    let rows = rows.map(|(i, id)| format!("{id},0.5,1,{}\n", i as f64 * 0.1 - 1.0));
    let text = format!("id,rate,seed,prediction\n{}", rows.collect::<String>());
    fs::write(folder.join("mine.csv"), text).unwrap();
}

/// The names that `schema` lists.
fn names() -> BTreeSet<String> {
    let listed = program().arg("schema").assert().success();
    let text = String::from_utf8(listed.get_output().stdout.clone()).unwrap();
    let names = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_output_matches_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    prepared(folder);
    predictions(folder);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = root.join("tests/golden/schedule");
    let table = root.join("tests/audit/mended/table2.csv");
    let mut outputs = Outputs {
        folder,
        used: BTreeSet::new(),
    };
    for (name, line) in [
        ("prepare", "prepare demo-film.pkl --json --check"),
        ("prepare", "prepare demo-film.pkl --json --data other"),
        ("prepare", "prepare demo-film.pkl --json"),
        (
            "inspect",
            "inspect demo-film.pkl data/demo-film.h5 mine.csv --json",
        ),
        (
            "verify",
            "verify data/demo-film.h5 data/demo-film.masks.h5 --json",
        ),
        (
            "mask-stats",
            "mask stats data/demo-film.h5 --rates 0.5 --json",
        ),
        (
            "export",
            "mask export data/demo-film.h5 --rate 0.5 --out a.npz --json",
        ),
        (
            "export",
            "mask export data/demo-film.h5 --rates 0,0.5 --out b.h5 --json",
        ),
        (
            "export",
            "mask export data/demo-film.h5 --noise fresh --epochs 0:1 --out c.h5 --json",
        ),
        ("export", "export data/demo-film.h5 --out d.pkl --json"),
        (
            "export",
            "export data/demo-film.h5 --rate 0.5 --out e.pkl --json",
        ),
        ("score", "score mine.csv --data data/demo-film.h5 --json"),
        ("list", "list --json"),
        ("list", "list models --json"),
        ("list-runs", "list runs --json"),
        ("doctor", "doctor --json"),
        ("runs-clean", "runs clean --json"),
        ("runs-status", "runs status --json"),
        ("report", "report runs --out out --json"),
        ("report-check", "report --check out --json"),
    ] {
        outputs.check(name, line);
    }
    let sample = Corpus::open(&folder.join("data/demo-film.h5")).unwrap();
    let sample = sample.outline(SplitName::Test).unwrap().ids.swap_remove(0);
    let show = format!("mask show data/demo-film.h5 --rate 0.5 --json --sample {sample}");
    outputs.check("mask-show", &show);
    outputs.check(
        "selftest",
        &format!("selftest --json --golden {}", golden.display()),
    );
    outputs.check("audit", &format!("audit --json {}", table.display()));
    #[cfg(feature = "torch")]
    trained(&mut outputs);
    assert_eq!(outputs.used, names());
}

/// Outputs that need a sweep.
#[cfg(feature = "torch")]
fn trained(outputs: &mut Outputs<'_>) {
    let line = "run --datasets demo-film --models lf_dnn,constant --rates 0,1 --device cpu --threads 1 \
                --epochs 2 --batch-size 8 --seeds";
    let mut command = program();
    let follow = words("1 --progress-json events");
    command
        .args(words(line))
        .args(follow)
        .current_dir(outputs.folder);
    command.assert().success();
    let schema = outputs.schema("progress");
    let events = fs::read_to_string(outputs.folder.join("events")).unwrap();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        schema
            .check(&event)
            .unwrap_or_else(|why| panic!("{line}: {why}"));
        refuses_changes(&schema, &event, line);
    }
    let dry = outputs.check("dry-run", &format!("{line} 1,2 --dry-run --json"));
    assert_eq!(dry[0]["total"]["runs"], 4);
    let status = outputs.check("runs-status", "runs status --json");
    assert_eq!(status[0]["sweeps"][0]["runs"].as_array().unwrap().len(), 2);
    outputs.check("list-runs", "list runs --json");
    let run = super::program::runs_in(&outputs.folder.join("runs")).pop();
    let predict = format!("predict runs/{} --device cpu --json", run.unwrap().id());
    outputs.check("predict", &predict);
    outputs.check(
        "predict",
        &format!("{predict} --input demo-film.pkl --rates 0,LA"),
    );
    suites(outputs, line);
}

#[cfg(feature = "torch")]
fn suites(outputs: &mut Outputs<'_>, line: &str) {
    let schema = outputs.schema("suite");
    let parse =
        |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "toml") {
            let suite = parse(&fs::read_to_string(&path).unwrap());
            schema
                .check(&suite)
                .unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            count += 1;
        }
    }
    assert!(count > 5, "{count}");
    let printed = format!("{line} 1 --print-config --early-stop published --grad-accum 2");
    let printed = program().args(words(&printed)).assert().success();
    let printed = String::from_utf8(printed.get_output().stdout.clone()).unwrap();
    schema.check(&parse(&printed)).unwrap();
    for wrong in [
        "datasets = ['mosi']",
        "datasets = ['mosi']\nmodels = ['lnln']\nseed = 3",
        "datasets = ['mosi']\nmodels = ['lnln']\nseeds = ['one']",
        "datasets = ['mosi']\nmodels = ['lnln']\n[train]\nepoch = 3",
        "datasets = ['mosi']\nmodels = ['lnln']\n[train]\nearly_stop = 'often'",
        "datasets = ['mosi']\nmodels = ['lnln']\nprotocol = 'papers'",
        "extends = 3",
    ] {
        assert!(schema.check(&parse(wrong)).is_err(), "{wrong}");
    }
}
