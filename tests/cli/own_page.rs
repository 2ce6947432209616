//! What docs/own-data.md tells a reader to paste, pasted: from arrays to a table, with folds and new samples.

use std::path::Path;
use std::process::Command;

use predicates::str::contains;

use super::program::{program, runs_in};
use super::python;

const PAGE: &str = include_str!("../../docs/own-data.md");

/// The code blocks of a language, in their order, without the indentation of lists.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == fence {
            let indent = line.len() - line.trim_start().len();
            let code = lines.by_ref().take_while(|line| line.trim() != "```");
            let code: Vec<&str> = code.map(|line| line.get(indent..).unwrap_or("")).collect();
            blocks.push(code.join("\n") + "\n");
        }
    }
    blocks
}

/// The block of a language that holds `words`.
fn block(language: &str, words: &str) -> String {
    let found = blocks(language)
        .into_iter()
        .find(|block| block.contains(words));
    found.unwrap_or_else(|| panic!("no block of {language} with {words}"))
}

/// Runs a command line of the page in `folder`; trainings are short.
fn paste(folder: &Path, line: &str) -> assert_cmd::assert::Assert {
    let line = line.split(" # ").next().unwrap_or(line).replace('\'', "");
    let mut words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words.remove(0), "lnln-bench", "{line}");
    if words[0] == "run" {
        words.extend("--seeds 1 --epochs 1 --rates 0,0.5 --device cpu --threads 1".split(' '));
    }
    let mut program = program();
    program.env("XDG_CONFIG_HOME", folder.join("config"));
    program.args(words).current_dir(folder).assert().success()
}

#[test]
fn the_steps_of_the_page_lead_from_arrays_to_a_table() {
    let Some(python) = python::python(&["numpy"]) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let script = |words: &str| {
        let mut command = Command::new(&python);
        python::run(
            command
                .args(["-c", &block("python", words)])
                .current_dir(here),
        );
    };
    script("savez(\"reviews.npz\"");
    // The first table, its settings of models, and the other table.
    let tables = blocks("toml");
    assert_eq!(tables.len(), 3);
    let all = [0, 2, 1].map(|index: usize| tables[index].as_str());
    std::fs::write(here.join("datasets.toml"), all.concat()).unwrap();
    for line in block("sh", "--check").lines() {
        paste(here, line).stdout(contains("text 20 x 300, audio 30 x 40, vision 25 x 17"));
    }
    for line in block("sh", "report runs --out report").lines() {
        paste(here, line);
    }
    let report = std::fs::read_to_string(here.join("report/report.md")).unwrap();
    assert!(
        report.contains("Our reviews") && report.contains("vision 25 x 17"),
        "{report}"
    );

    script("savez(\"new.npz\"");
    let runs = runs_in(&here.join("runs"));
    let run = runs
        .iter()
        .find(|run| run.path().join("checkpoint.safetensors").is_file());
    let run = run.unwrap().path().file_name().unwrap().to_string_lossy();
    paste(
        here,
        block("sh", "predict runs/RUN").replace("RUN", &run).trim(),
    );
    let predicted = std::fs::read_to_string(here.join("new.csv")).unwrap();
    assert_eq!(predicted.lines().count(), 1 + 16, "{predicted}");

    script("savez(f\"fold-");
    let versions = block("sh", "reviews:fold=0");
    let folds = |line: &&str| line.contains("fold-");
    versions
        .lines()
        .filter(folds)
        .for_each(|line| drop(paste(here, line)));
    let run = versions
        .lines()
        .find(|line| line.contains("lnln-bench run"))
        .unwrap();
    paste(here, &run.replace("mosi,mosi@asr-ibm,", ""));
    paste(here, "lnln-bench report runs --out report");
    let report = std::fs::read_to_string(here.join("report/report.md")).unwrap();
    assert!(
        report.contains(
            "28 of 68 samples are tested: if there are more folds, they are missing here"
        ),
        "{report}"
    );
}
