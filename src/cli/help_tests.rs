//! Snapshots of the help of every subcommand, nested and hidden ones included.
//!
//! After a change: `INSTA_UPDATE=always cargo test --release --bin lnln-bench`, then read the diff.

use clap::{Command, CommandFactory};

use super::Cli;

/// Columns of the terminal.
const WIDTH: usize = 100;

/// Columns that an example may have, so that no terminal wraps it.
const EXAMPLE_WIDTH: usize = 80;

/// The help of a command and of those below it, by name: `lnln-bench-run`, `lnln-bench-runs-status`.
fn collect(command: &mut Command, name: &str, helps: &mut Vec<(String, String)>) {
    helps.push((name.to_owned(), command.render_long_help().to_string()));
    for below in command.get_subcommands_mut() {
        if below.get_name() != "help" {
            let name = format!("{name}-{}", below.get_name());
            collect(below, &name, helps);
        }
    }
}

fn program() -> Command {
    let mut command = Cli::command().term_width(WIDTH);
    command.build();
    command
}

fn helps() -> Vec<(String, String)> {
    let mut helps = Vec::new();
    collect(&mut program(), "lnln-bench", &mut helps);
    helps
}

/// The short help of `run`.
fn short_run() -> String {
    let mut command = program();
    let run = command
        .find_subcommand_mut("run")
        .expect("`run` is a subcommand");
    run.render_help().to_string()
}

#[test]
fn every_help_is_the_stored_one() {
    let helps = helps();
    assert!(helps.len() > 20, "subcommands are missing: {}", helps.len());
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        for (name, help) in helps {
            insta::assert_snapshot!(name, help);
        }
        insta::assert_snapshot!("lnln-bench-run.short", short_run());
    });
}

#[test]
fn examples_can_be_pasted() {
    for (name, long) in helps() {
        let after = long.split("Examples:").nth(1).unwrap_or_default();
        let mut lines = after.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("  ") {
                assert!(line.len() <= EXAMPLE_WIDTH, "{name}: {line}");
            }
            // An example of several lines is continued as in a shell.
            if line.ends_with('\\') {
                let next = lines.next().unwrap_or_default();
                assert!(next.starts_with("      "), "{name}: {next}");
            }
        }
    }
}

/// The options of daily use, which `run -h` shows alone and `run --help` shows first.
const DAILY: [&str; 10] = [
    "--datasets",
    "--models",
    "--rates",
    "--seeds",
    "--encoder",
    "--noise",
    "--epochs",
    "--device",
    "--jobs",
    "--dry-run",
];

#[test]
fn run_shows_the_options_of_daily_use_first() {
    let helps = helps();
    let run = helps.iter().find(|(name, _)| name == "lnln-bench-run");
    let (_, long) = run.unwrap();
    let short = &short_run();
    let flags = |help: &str| -> Vec<String> {
        let words = help.lines().filter_map(|line| {
            let line = line.trim_start();
            let line = line
                .strip_prefix("-v, ")
                .or(line.strip_prefix("-q, "))
                .unwrap_or(line);
            line.starts_with("--")
                .then(|| line.split(' ').next().unwrap_or(line).to_owned())
        });
        words.collect()
    };
    assert_eq!(flags(long)[..10], DAILY);
    assert_eq!(flags(short)[..10], DAILY);
    let other = flags(short)[10..].to_vec();
    assert_eq!(
        other,
        ["--verbose", "--quiet", "--color"],
        "options of -h beyond those of daily use"
    );
}
