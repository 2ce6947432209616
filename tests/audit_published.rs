//! The rules on the tables of the LNLN paper: every error they can see is found, and a mended
//! transcription passes.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod audit;

use std::collections::BTreeMap;

use audit::{folder, published, run};
use lnln_bench::published::audit::{Finding, Strength};
use lnln_bench::published::parse::{ParsedCell, ParsedTable};

/// What the rules must find in the paper's tables: `listed` errors that a rule can see, by a rule that
/// does not know the list; `new` strong findings about cells that nobody had listed; and `contradict`,
/// the rows of tables that contradict each other, of which no single cell is known to be wrong.
const EXPECTED: &str = include_str!("audit/expected.csv");

/// (rule, [method, data set, metric, condition, table]).
type Known = (String, [String; 5]);

/// The expected findings of a group.
fn expected(group: &str) -> Vec<Known> {
    let mut reader = csv::Reader::from_reader(EXPECTED.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    let own = rows.filter(|row| &row[0] == group);
    own.map(|row| {
        let cell = std::array::from_fn(|i| row[i + 2].to_owned());
        (row[1].to_owned(), cell)
    })
    .collect()
}

fn names(finding: &Finding, (rule, cell): &Known) -> bool {
    let place = |p: &lnln_bench::published::audit::CellLocation| {
        [&p.method, &p.dataset, &p.metric, &p.condition, &p.table].map(|s| s.as_str().to_owned())
    };
    finding.rule == *rule && finding.cells.iter().any(|p| place(p) == *cell)
}

#[test]
fn every_listed_error_that_a_rule_can_see_is_found() {
    let findings = run(&published());
    for group in ["listed", "new", "contradict"] {
        let all = expected(group);
        assert!(all.len() > 3, "{group}");
        for known in &all {
            let found = findings.iter().any(|f| names(f, known));
            assert!(found, "{group} {known:?} was not found");
        }
    }
}

/// What only the list of known errors names.
#[test]
fn no_rule_sees_what_is_sound_by_its_digits() {
    let findings = run(&published());
    let told = findings.iter().filter(|f| f.rule == "known-error");
    for cell in told.flat_map(|f| &f.cells) {
        let name = (&*cell.method, &*cell.dataset, &*cell.metric);
        assert_eq!(name, ("TETFN", "mosei", "acc5"), "{cell:?}");
    }
}

#[test]
fn nothing_strong_is_said_of_cells_that_are_sound() {
    let known = |f: &Finding| {
        let wrong = |p: &lnln_bench::published::audit::CellLocation| {
            let sheet = p.table.trim_end_matches(".csv");
            lnln_bench::published::all().any(|q| {
                let c = q.cell;
                q.known_error.is_some()
                    && q.source.known_error(sheet, c).is_some()
                    && (&c.dataset, &c.method, c.metric.name) == (&p.dataset, &p.method, &*p.metric)
                    && c.condition.to_string() == p.condition
            })
        };
        // An F1 is judged with its accuracy, which may be sound.
        match f.rule {
            "impossible-f1" => f.cells.iter().any(wrong),
            _ => f.cells.iter().all(wrong),
        }
    };
    let listed = [expected("new"), expected("contradict")].concat();
    let findings = run(&published());
    let strong = findings.iter().filter(|f| f.strength.strong());
    let unknown = strong.filter(|f| !known(f) && !listed.iter().any(|n| names(f, n)));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "{}", audit::words(&unknown));
}

#[test]
fn the_listing_in_docs_is_what_a_run_says() {
    let mut tables = published();
    for table in &mut tables {
        // As the command in docs/audit.md names them.
        table.name = format!("published/lnln-2024/{}", table.name);
    }
    let text = lnln_bench::published::audit::render::text(&tables, &run(&tables));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit-lnln-2024.txt");
    if std::env::var_os("LNLN_BENCH_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let listed = std::fs::read_to_string(path).unwrap();
    assert!(
        listed == text,
        "docs/audit-lnln-2024.txt is old: LNLN_BENCH_BLESS=1 writes it anew"
    );
}

/// The second transcription, its errors mended.
fn mended() -> Vec<ParsedTable> {
    folder(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/mended"))
}

#[test]
fn mended_tables_pass() {
    let findings = run(&mended());
    let strong: Vec<_> = findings
        .iter()
        .filter(|f| f.strength != Strength::Odd)
        .collect();
    assert!(strong.is_empty(), "{}", audit::words(&strong));
}

/// Mended cells that are no known error: tables that contradict each other or themselves, and what
/// only the audit found; (method, data set, metric).
const CONTRADICTING: &[[&str; 3]] = &[
    ["w/o L_cc (table 5)", "sims", ""],
    ["w/o L_rec (table 5)", "sims", ""],
    ["alpha 0.9, beta 0.8, gamma 0", "mosi", "mae"],
    ["w/o Reconstructor (table 4)", "mosi", "acc7"],
    ["MISA", "sims", "acc2"],
    ["TETFN", "mosei", ""],
];

#[test]
fn the_second_transcription_differs_from_the_first_only_where_it_was_mended() {
    let key = |c: &ParsedCell| {
        let names = (c.dataset.clone(), c.method.clone(), c.metric.name);
        (names, c.condition.clone())
    };
    let second: BTreeMap<_, ParsedCell> = mended()
        .into_iter()
        .flat_map(|t| t.cells)
        .map(|c| (key(&c), c))
        .collect();
    let (mut same, mut other) = (0, 0);
    for table in published() {
        let sheet = table.name.trim_end_matches(".csv");
        // The means of Table 2 once more, with their spread.
        if sheet == "stability_mosi" {
            continue;
        }
        for cell in &table.cells {
            if second
                .get(&key(cell))
                .is_some_and(|c| c.number.same(&cell.number))
            {
                same += 1;
                continue;
            }
            other += 1;
            let known = lnln_bench::published::sources()
                .iter()
                .any(|s| s.known_error(sheet, cell).is_some());
            let listed = CONTRADICTING.iter().any(|[method, dataset, metric]| {
                (*method, *dataset) == (&*cell.method, &*cell.dataset)
                    && (metric.is_empty() || *metric == cell.metric.name)
            });
            assert!(known || listed, "{sheet}: {cell:?}");
        }
    }
    assert_eq!((same, other), (3062, 382));
}

/// Carried tables that the transcription beside the project does not hold: the means of Tables 1 to 3,
/// taken from the paper's text, and Table 8.
const BEYOND_THE_TRANSCRIPTION: [&str; 3] = [
    "overall_mosi_mosei.csv",
    "overall_sims.csv",
    "stability_mosi.csv",
];

#[test]
fn the_carried_tables_are_those_of_the_transcription() {
    let Some(folder) = audit::shared() else {
        // Not by a macro, whose words the test harness keeps to itself.
        let said = b"skipped: no transcription of the paper's tables beside the project\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), said);
        return;
    };
    for table in published() {
        if BEYOND_THE_TRANSCRIPTION.contains(&&*table.name) {
            continue;
        }
        let theirs = folder.join(&table.name);
        let ours = std::path::Path::new(audit::FOLDER).join(&table.name);
        assert_eq!(
            std::fs::read(theirs).unwrap(),
            std::fs::read(ours).unwrap(),
            "{}",
            table.name
        );
    }
}
