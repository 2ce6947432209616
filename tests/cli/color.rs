//! `--color` and `NO_COLOR`: clap's messages, errors and log lines follow the same choice.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;

use super::program::{prepared, program, words};

const ESCAPE: &str = "\u{1b}[";

fn command(line: &str) -> Command {
    let mut command = program();
    command.args(words(line)).env_remove("NO_COLOR");
    command
}

#[test]
fn what_is_no_terminal_gets_color_only_on_request() {
    for (line, code) in [
        ("list --help", 0),
        ("reprot", 2),
        ("report nowhere --out nowhere/out", 6),
    ] {
        let colored = |color: &str, variable: &str| {
            let mut command = command(&format!("{color} {line}"));
            let assert = command.env("NO_COLOR", variable).assert().code(code);
            let output = assert.get_output();
            let text = [&output.stdout[..], &output.stderr].concat();
            String::from_utf8(text).unwrap().contains(ESCAPE)
        };
        assert!(!colored("", ""), "{line}");
        assert!(!colored("--color auto", "1"), "{line}");
        assert!(!colored("--color=never", ""), "{line}");
        assert!(colored("--color=always", ""), "{line}");
        assert!(colored("--color always", "1"), "the flag wins: {line}");
    }
}

#[test]
fn log_lines_are_colored_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    for (color, expected) in [("always", true), ("never", false), ("auto", false)] {
        let mut verify = command(&format!("verify -v --color {color}"));
        let assert = verify.arg(data.join("demo-film.h5")).assert().success();
        let log = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(log.contains("train/audio"), "{log}");
        assert_eq!(log.contains(ESCAPE), expected, "{color}: {log}");
    }
}

#[test]
fn an_unknown_choice_is_refused() {
    let expected = contains("--color").and(contains("always"));
    command("list --color red")
        .assert()
        .code(2)
        .stderr(expected);
}
