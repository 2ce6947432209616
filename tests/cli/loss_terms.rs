//! What models have several of, MISA's losses and MulT's dropouts, is reported by name.

use std::fs;

use lnln_bench::record::epochs;

use super::program::{prepared, program, runs_in, words};

#[test]
fn several_losses_and_dropouts_are_reported_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let runs = folder.path().join("runs");
    let mut run = program();
    run.args(words(
        "run --datasets demo-film --models misa,mult --seeds 1 --rates 0,0.5 --device cpu --threads 1 \
         --epochs 2 --batch-size 16",
    ));
    run.arg("--data").arg(&data).arg("--runs").arg(&runs);
    run.assert().success();
    for run in runs_in(&runs) {
        let config = fs::read_to_string(run.config()).unwrap();
        let log = epochs::read(&run, "mae");
        assert_eq!(log.len(), 2);
        let terms = log[0].terms.iter().map(|(name, _)| name.as_str());
        let terms: Vec<&str> = terms.collect();
        if config.contains("model = \"misa\"") {
            assert_eq!(terms, ["cls", "cmd", "diff", "recon"]);
            continue;
        }
        assert_eq!(terms, ["l1"]);
        for pair in [
            "l_with_a", "l_with_v", "a_with_l", "a_with_v", "v_with_l", "v_with_a",
        ] {
            let line = format!("attn_dropout_{pair} = ");
            assert!(config.contains(&line), "{line} in {config}");
        }
        assert!(config.contains("attn_dropout_mem = 0.3"), "{config}");
    }
    let out = folder.path().join("report");
    let mut report = program();
    report.arg("report").arg(&runs).arg("--out").arg(&out);
    report.assert().success();
    let figures = fs::read_dir(out.join("figures")).unwrap();
    let figures: Vec<_> = figures.map(|entry| entry.unwrap().path()).collect();
    let of_terms = figures.iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.contains("training-terms") && name.ends_with(".svg")
    });
    let of_terms: Vec<_> = of_terms.collect();
    assert_eq!(of_terms.len(), 1, "MulT's loss has one term: {figures:?}");
    let drawn = fs::read_to_string(of_terms[0]).unwrap();
    for term in ["MISA", "cls", "cmd", "diff", "recon"] {
        assert!(drawn.contains(term), "{term} in {}", of_terms[0].display());
    }
}
