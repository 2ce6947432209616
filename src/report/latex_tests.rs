//! Tests that LaTeX compiles the tables, where it is installed.

use std::fs;
use std::io::Write;
use std::process::Command;

use super::fixture::{TOY, eleven, manifest, save, section};
use super::format::latex;
use super::options::Options;
use super::table::{Cell, Content, Table, TableRow, build};
use super::write_report;

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
    let text = latex::table(&awkward(), &latex::Cited::new());
    assert!(
        text.contains("\n{}[a] in brackets &") && text.contains("\n{}*starred &"),
        "{text}"
    );
    assert!(
        text.contains(r"$-$1\_2 \& 50\%") && !text.contains("textquotedbl"),
        "{text}"
    );
}

/// Runs a program in a folder, and prints "skipped" where there is none.
fn tex(program: &str, argument: &str, folder: &std::path::Path) -> Option<String> {
    if Command::new(program).arg("--version").output().is_err() {
        // Not by a macro: the test harness captures its output.
        let message = format!("skipped: no {program} to compile the tables with\n");
        let _ = std::io::stderr().write_all(message.as_bytes());
        return None;
    }
    let mut command = Command::new(program);
    if program == "pdflatex" {
        command.args(["-interaction=nonstopmode", "-halt-on-error"]);
    }
    let run = command.arg(argument).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{text}");
    Some(text.into_owned())
}

/// Lines of a log that tell of something that is cut off or missing.
fn faults(log: &str) -> Vec<&str> {
    let faults = [
        "Float too large",
        "Overfull \\vbox",
        "Overfull \\hbox",
        "Missing character",
    ];
    let is_fault = |line: &&str| faults.iter().any(|fault| line.contains(fault));
    log.lines().filter(is_fault).collect()
}

/// Every table with booktabs and graphicx alone, none larger than a page.
#[test]
fn pdflatex_takes_the_tables() {
    let section = section(&eleven());
    let mut tables = vec![build::overview(&section), awkward()];
    tables.extend(TOY.metrics.iter().map(|m| build::by_rate(&section, m)));
    let dir = tempfile::tempdir().unwrap();
    let texts = tables.iter().map(|t| latex::table(t, &latex::Cited::new()));
    fs::write(dir.path().join("tables.tex"), texts.collect::<String>()).unwrap();
    let document = "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\
                    \\begin{document}\\input{tables}\\end{document}\n";
    fs::write(dir.path().join("all.tex"), document).unwrap();
    if tex("pdflatex", "all.tex", dir.path()).is_some() {
        let log = fs::read(dir.path().join("all.log")).unwrap();
        let log = String::from_utf8_lossy(&log);
        assert!(faults(&log).is_empty(), "{log}");
    }
}

/// A paper in two columns takes two tables from their files, the wide one over both columns, with citations
/// and figures.
#[test]
fn a_two_column_paper_takes_two_tables() {
    let dir = tempfile::tempdir().unwrap();
    let (runs, out) = (dir.path().join("runs"), dir.path().join("out"));
    for (model, seed) in [("lnln", 11), ("lnln", 12), ("flat", 11), ("constant", 11)] {
        let mut m = manifest(model, seed, &eleven());
        if model == "lnln" {
            m.model.citation = "Haoyu Zhang, Wenbin Wang: Towards Data. NeurIPS 2024".into();
        }
        save(&runs, &m);
    }
    let options = Options {
        resamples: Some(99),
        ..Options::default()
    };
    let written = write_report(&[&runs], &out, &options).unwrap();
    for id in ["toy-overview", "toy-mae"] {
        let file = format!("tables/{id}.tex");
        assert!(written.files.contains(&file), "{:?}", written.files);
        let text = fs::read_to_string(out.join(file)).unwrap();
        assert!(text.contains("LNLN~\\cite{zhang2024towards}"), "{text}");
        assert!(
            !text.contains("\\tiny") && text.contains("begin{table*}"),
            "{text}"
        );
    }
    let document = "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs,graphicx}\n\
                    \\begin{document}\nResults: Tables~\\ref{tab:toy-overview} and \\ref{tab:toy-mae}.\n\
                    \\input{tables/toy-overview}\n\\input{tables/toy-mae}\n\
                    \\bibliographystyle{plain}\\bibliography{citations}\n\\end{document}\n";
    fs::write(out.join("paper.tex"), document).unwrap();
    if tex("pdflatex", "paper.tex", &out).is_none() || tex("bibtex", "paper", &out).is_none() {
        return;
    }
    tex("pdflatex", "paper.tex", &out);
    tex("pdflatex", "paper.tex", &out);
    let log = fs::read(out.join("paper.log")).unwrap();
    let log = String::from_utf8_lossy(&log);
    assert!(faults(&log).is_empty(), "{log}");
    assert!(!log.contains("undefined"), "{log}");
    let bibliography = fs::read_to_string(out.join("paper.bbl")).unwrap();
    assert!(
        bibliography.contains("Haoyu Zhang and Wenbin Wang"),
        "{bibliography}"
    );
}
