//! Tables and files that disagree: each is an error or a warning, never a result that looks right.

use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;

use super::data::{Column, Small, numbers, three_bytes};
use super::program::program;

const TABLE: &str = r#"[[dataset]]
name = "talks"
title = "Talks"
language = "en"
protocol = "mosi"
label_range = [-3.0, 3.0]
"#;

/// A folder with a table and a source of 24, 12 and 14 samples with audio 5 and vision 20 wide.
struct Own(tempfile::TempDir);

impl Own {
    fn new(table: &str, change: impl Fn(Small) -> Small) -> Self {
        let own = Self(tempfile::tempdir().unwrap());
        own.table(table);
        std::fs::write(own.path("talks.pkl"), three_bytes(change)).unwrap();
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn table(&self, text: &str) {
        std::fs::write(self.path("datasets.toml"), text).unwrap();
    }

    fn run(&self, line: &str) -> assert_cmd::assert::Assert {
        let mut program = program();
        program.env("XDG_CONFIG_HOME", self.path("config"));
        program
            .args(line.split_whitespace())
            .current_dir(self.0.path());
        program.assert()
    }

    fn prepare(&self, more: &str) -> assert_cmd::assert::Assert {
        self.run(&format!("prepare talks.pkl --dataset talks {more}"))
    }
}

#[test]
fn a_changed_table_reaches_a_prepared_file_by_force_alone() {
    let own = Own::new(TABLE, |small| small);
    own.prepare("").success().stdout(contains("Talks prepared"));
    own.prepare("")
        .success()
        .stdout(contains("already prepared"));
    let older = |keys: &str| {
        let file = Path::new("data").join("talks.h5");
        let file = file.display();
        contains(format!(
            "{file} holds an older table of talks ({keys} differ); --force writes the new one"
        ))
    };
    let new = TABLE.replace("\"Talks\"", "\"Our talks\"")
        + "note = \"heard twice\"\n[dataset.models.lf_dnn]\ntext_out = 8\n";
    own.table(&new);
    own.prepare("").code(3).stderr(older("models, note, title"));
    own.prepare("--note other --force").success();
    own.prepare("--note another").code(3).stderr(older("note"));
    own.prepare("--note other")
        .success()
        .stdout(contains("already prepared"));
    // Labels are shifted when a file is prepared.
    own.table(&(TABLE.to_owned() + "label_offset = -1.0\n"));
    own.run("mask stats data/talks.h5")
        .code(2)
        .stderr(contains(
            "datasets.toml:7: talks: label_offset: data/talks.h5 was prepared with 0; prepare it again with --force",
        ));
}

#[test]
fn widths_and_sizes_are_compared_with_the_table_by_its_name() {
    let table = TABLE.to_owned() + "counts = [90, 20, 31]\nwidths = { audio = 11, vision = 20 }\n";
    let own = Own::new(&table, |small| small);
    own.prepare("--check").success().stdout(
        contains("warning  widths: audio 5 and vision 20 wide, datasets.toml says audio 11 and vision 20 wide")
            .and(contains("warning  split sizes: 24/12/14, datasets.toml says 90/20/31"))
            .and(contains("official").not()),
    );
    let two = TABLE.to_owned() + "widths = { audio = 7, vision = 9 }\n";
    let two = two.clone() + &two.replace("\"talks\"", "\"reviews\"");
    let frames = |small: Small, name: &'static str, width: usize| {
        let rows = numbers(&small, "regression_labels").len();
        small.set(
            name,
            Column::F64(vec![rows, 2, width], vec![0.5; rows * 2 * width]),
        )
    };
    let own = Own::new(&two, |small| {
        let rows = numbers(&small, "regression_labels").len() as i64;
        let lengths = || Column::Ints(vec![2; rows as usize]);
        let small = frames(frames(small, "audio", 7), "vision", 9);
        small
            .set("audio_lengths", lengths())
            .set("vision_lengths", lengths())
    });
    own.run("prepare talks.pkl --check")
        .code(3)
        .stderr(contains("cannot detect the data set").and(contains("; fits talks and reviews)")));
}

#[test]
fn shapes_are_printed_with_what_has_one_step_and_what_is_absent() {
    let own = Own::new(TABLE, |small| {
        let rows = numbers(&small, "regression_labels").len();
        let vectors = (0..rows * 9).map(|i| i as f64 / 8.0).collect();
        small
            .without("vision")
            .without("text_bert")
            .set("audio", Column::F64(vec![rows, 9], vectors))
    });
    let shapes = "  shapes  text 12 x 7, audio 1 x 9 (one vector per sample), no vision\n";
    let labels = "  train   sentiment -3 to 3, mean ";
    let first = "; video1$_$0 has -3: \"";
    own.prepare("")
        .success()
        .stdout(contains(shapes).and(contains(labels)).and(contains(first)));
}

#[test]
fn labels_from_1_to_5_lead_to_the_offset() {
    let classes = |small: Small| {
        let labels = numbers(&small, "regression_labels");
        let labels: Vec<f64> = (0..labels.len()).map(|i| 1.0 + (i % 5) as f64).collect();
        small.set("regression_labels", Column::F64(vec![labels.len()], labels))
    };
    let range = |range: &str| TABLE.replace("[-3.0, 3.0]", range);
    let own = Own::new(&range("[1, 5]"), classes);
    own.prepare("--check").success().stdout(contains(
        "no negative label: these look like classes, not like sentiment in [1, 5]; for labels 1 to 5 write \
         label_offset = -3.0, label_range = [-2, 2]",
    ));
    own.table(&(range("[-2, 2]") + "label_offset = -3.0\n"));
    own.prepare("--check")
        .success()
        .stdout(contains("fine if they are ratings: --accept labels"));
    own.table(&(range("[-4, 4]") + "label_offset = -3.0\n"));
    own.prepare("--check")
        .success()
        .stdout(contains("the classes of Acc-7 end at -3 and 3"));
}

#[test]
fn a_label_outside_of_the_range_is_shown_as_the_file_has_it() {
    let own = Own::new(&(TABLE.to_owned() + "label_offset = -1.0\n"), |small| {
        let mut labels = numbers(&small, "regression_labels");
        labels[2] = 5.0;
        labels.iter_mut().for_each(|label| *label = label.max(-2.0));
        small.set("regression_labels", Column::F64(vec![labels.len()], labels))
    });
    own.prepare("").code(3).stderr(contains(
        "sample video1$_$2: label 5 (4 after label_offset -1) is outside label_range [-3, 3] (datasets.toml:6); the \
         labels of this split run from -2 to 5; correct the label, or the range or offset",
    ));
}

#[test]
fn checks_of_what_the_data_lack_are_idle() {
    let own = Own::new(TABLE, |small| {
        small
            .without("text_bert")
            .without("raw_text")
            .without("vision")
    });
    own.prepare("--check").success().stdout(
        contains("  -        tokens: none\n").and(contains("  -        transcripts: none\n")),
    );
    own.run("prepare talks.pkl --check")
        .code(3)
        .stderr(contains("(audio 5 features wide, no vision, ["));
}

#[test]
fn a_name_without_a_table_leads_to_one() {
    let own = Own::new(TABLE, |small| small);
    let unknown = |name: &str| {
        own.run(&format!("prepare talks.pkl --dataset {name}"))
            .code(2)
    };
    unknown("talk").stderr(contains("did you mean `talks`?").and(contains("needs a table").not()));
    unknown("talks@fold=1").stderr(contains("expected one of: talks:fold=1"));
    std::fs::remove_file(own.path("datasets.toml")).unwrap();
    unknown("talks").stderr(contains(
        "there is no datasets.toml with others: a data set of your own needs a table (docs/own-data.md)",
    ));
    own.table(TABLE);
    own.prepare("").success();
    #[cfg(feature = "torch")]
    own.run("run --datasets talks@x --models lf_dnn --device cpu")
        .code(2)
        .stderr(contains("--dataset talks@x").and(contains("prepared there: talks")));
}

#[test]
fn misspelt_columns_are_named_by_a_check_of_their_own() {
    let misspell = |small: Small| {
        let rename = |(name, column): (&'static str, Column)| match name {
            "audio" => ("audoi", column),
            name => (name, column),
        };
        let small = Small(small.0.into_iter().map(rename).collect());
        let rows = numbers(&small, "regression_labels").len();
        small.set("vision_length", Column::Ints(vec![4; rows]))
    };
    let own = Own::new(TABLE, misspell);
    let found = "names: train/audoi is not read; did you mean audio?";
    own.prepare("--accept columns --check").success().stdout(
        contains(format!("warning  {found}")).and(contains(
            "train/vision_length is not read; did you mean vision_lengths?",
        )),
    );
    own.prepare("").success().stderr(contains(found));
    own.prepare("--check --accept names")
        .success()
        .stdout(contains(format!("accepted {found}")));
}

#[test]
fn a_misspelt_column_that_is_needed_is_found() {
    let own = Own::new(TABLE, |small| {
        let rename = |(name, column): (&'static str, Column)| match name {
            "regression_labels" => ("regresion_labels", column),
            name => (name, column),
        };
        Small(small.0.into_iter().map(rename).collect())
    });
    own.prepare("").code(3).stderr(contains(
        "train: column regression_labels (regresion_labels is there) is missing",
    ));
}
