//! Tests that LaTeX compiles the tables, where it is installed.

use std::fs;
use std::io::Write;
use std::process::Command;

use super::fixture::{TOY, eleven, section};
use super::format::latex;
use super::table::{Cell, Content, Table, TableRow, build};

/// A table of many rows with names that mean something to LaTeX.
fn awkward() -> Table {
    let mut table = build::overview(&section(&eleven()));
    let names = [
        "[a] in brackets",
        "*starred",
        "50% of A_b & {c} #1 $x$ ~ ^ \\ \"quoted\" `tick` <a|b>",
        "Müller-Lüdenscheidt's",
    ];
    let row = table.rows[0].clone();
    let rows = (0..47).map(|i| TableRow {
        label: names[i % names.len()].to_string(),
        block: if i % 9 == 0 {
            format!("[block {i}")
        } else {
            String::new()
        },
        ..row.clone()
    });
    table.rows = rows.collect();
    table.title = "[5] A title & more_than \"one\" word".into();
    table.id = "toy-awkward".into();
    table.rows[3].cells[0] = Cell::new(
        Content::Text {
            text: "-1_2 & 50%".into(),
            note: None,
        },
        super::origin::Origin::Nothing,
    );
    table
}

#[test]
fn what_looks_like_an_option_is_kept_from_being_one() {
    let text = latex::table(&awkward());
    assert!(
        text.contains("\n{}[a] in brackets &") && text.contains("\n{}*starred &"),
        "{text}"
    );
    assert!(
        text.contains(r"$-$1\_2 \& 50\%") && !text.contains("textquotedbl"),
        "{text}"
    );
}

/// Every table with booktabs and graphicx alone, none larger than a page.
#[test]
fn pdflatex_takes_the_tables() {
    if Command::new("pdflatex").arg("--version").output().is_err() {
        // Not by a macro: the test harness captures its output.
        let message = b"skipped: no pdflatex to compile the tables with\n";
        let _ = std::io::stderr().write_all(message);
        return;
    }
    let section = section(&eleven());
    let mut tables = vec![build::overview(&section), awkward()];
    tables.extend(TOY.metrics.iter().map(|m| build::by_rate(&section, m)));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("tables.tex"), latex::tables(&tables)).unwrap();
    // The smallest document that the file itself names.
    let document = "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\
                    \\begin{document}\\input{tables}\\end{document}\n";
    fs::write(dir.path().join("all.tex"), document).unwrap();
    let run = Command::new("pdflatex")
        .args([
            "-interaction=nonstopmode",
            "-halt-on-error",
            "-draftmode",
            "all.tex",
        ])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{log}");
    let log = fs::read(dir.path().join("all.log")).unwrap();
    let log = String::from_utf8_lossy(&log);
    for fault in [
        "Float too large",
        "Overfull \\vbox",
        "Overfull \\hbox",
        "Missing character",
    ] {
        assert!(!log.contains(fault), "{fault}: {log}");
    }
}
