//! The rules on the tables of the LNLN paper: every error they can see is found, and a mended
//! transcription passes.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod audit;

use std::collections::BTreeMap;

use audit::{folder, published, run};
use lnln_bench::audit::{Finding, Strength};
use lnln_bench::printed::{Cell, Table};

/// An error of the paper's tables: (rule, method, data set, metric, level, table).
type Known = (&'static str, [&'static str; 5]);

/// Every listed error that a rule can see, by a rule that does not know the list.
const VISIBLE: &[Known] = &[
    // The authors' own corrigendum.
    (
        "broken-trend",
        ["CENET", "mosi", "acc5", "rate 0.7", "random_mosi_mosei.csv"],
    ),
    (
        "copied-column",
        ["TETFN", "mosei", "acc7", "rate 0", "random_mosi_mosei.csv"],
    ),
    (
        "copied-column",
        [
            "TETFN",
            "mosei",
            "corr",
            "rate 0.9",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        ["LNLN", "sims", "f1", "rate 0.5", "random_sims.csv"],
    ),
    (
        "swapped-f1",
        ["ALMT", "sims", "f1", "rate 0.5", "random_sims.csv"],
    ),
    (
        "swapped-f1",
        ["ALMT", "sims", "f1", "mean", "overall_sims.csv"],
    ),
    // Exchanged arguments beyond SIMS.
    (
        "swapped-f1",
        [
            "LNLN",
            "mosei",
            "f1_non0",
            "L missing",
            "modality_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        [
            "LNLN",
            "mosei",
            "f1_has0",
            "L missing",
            "modality_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        [
            "LNLN",
            "mosei",
            "f1_non0",
            "rate 0.9",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        [
            "LNLN",
            "mosi",
            "f1_non0",
            "rate 0.3",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        [
            "ALMT",
            "mosi",
            "f1_has0",
            "rate 0.9",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        [
            "ALMT",
            "mosei",
            "f1_non0",
            "rate 0.9",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "swapped-f1",
        ["ALMT", "sims", "f1", "LA missing", "modality_sims.csv"],
    ),
    (
        "swapped-f1",
        [
            "w/o language (table 6)",
            "mosi",
            "f1_non0",
            "",
            "ablation_components.csv",
        ],
    ),
    (
        "constant-predictor",
        [
            "LNLN",
            "mosei",
            "f1_has0",
            "L missing",
            "modality_mosi_mosei.csv",
        ],
    ),
    (
        "constant-predictor",
        ["LNLN", "sims", "f1", "LV missing", "modality_sims.csv"],
    ),
    // Copies.
    (
        "copied-column",
        [
            "TFR-Net",
            "mosei",
            "acc5",
            "rate 0.4",
            "random_mosi_mosei.csv",
        ],
    ),
    (
        "moved-run",
        ["Self-MM", "sims", "acc2", "L missing", "modality_sims.csv"],
    ),
    (
        "moved-run",
        ["Self-MM", "sims", "f1", "AV missing", "modality_sims.csv"],
    ),
    (
        "impossible-count",
        [
            "Self-MM",
            "mosi",
            "acc5",
            "V missing",
            "modality_mosi_mosei.csv",
        ],
    ),
    (
        "copied-column",
        [
            "Self-MM",
            "mosi",
            "acc5",
            "V missing",
            "modality_mosi_mosei.csv",
        ],
    ),
    (
        "broken-trend",
        [
            "CENET",
            "mosi",
            "f1_non0",
            "rate 0.7",
            "random_mosi_mosei.csv",
        ],
    ),
    // Means over such cells.
    (
        "wrong-parts",
        ["CENET", "mosi", "acc5", "mean", "overall_mosi_mosei.csv"],
    ),
    (
        "wrong-parts",
        ["TETFN", "mosei", "mae", "mean", "overall_mosi_mosei.csv"],
    ),
    (
        "wrong-parts",
        ["TFR-Net", "mosei", "acc5", "mean", "overall_mosi_mosei.csv"],
    ),
    (
        "wrong-parts",
        ["Self-MM", "sims", "acc2", "mean", "modality_sims.csv"],
    ),
    (
        "wrong-parts",
        ["Self-MM", "sims", "f1", "mean", "modality_sims.csv"],
    ),
    // Columns that the finer classes contradict.
    (
        "nested-accuracy",
        [
            "TFR-Net",
            "mosei",
            "acc5",
            "rate 0.4",
            "random_mosi_mosei.csv",
        ],
    ),
    // Tables that contradict each other.
    (
        "twin-rows",
        [
            "w/o L_cc (table 5)",
            "sims",
            "acc5",
            "",
            "ablation_components.csv",
        ],
    ),
    (
        "twin-rows",
        [
            "w/o L_rec (table 5)",
            "sims",
            "acc5",
            "",
            "ablation_components.csv",
        ],
    ),
    (
        "twin-rows",
        [
            "w/o L_rec (table 5)",
            "mosi",
            "mae",
            "",
            "ablation_components.csv",
        ],
    ),
    (
        "twin-rows",
        [
            "w/o Reconstructor (table 4)",
            "mosi",
            "acc7",
            "",
            "ablation_components.csv",
        ],
    ),
    (
        "overall-mean",
        ["TETFN", "mosei", "corr", "mean", "overall_mosi_mosei.csv"],
    ),
    (
        "same-prediction",
        [
            "LNLN",
            "mosi",
            "acc7",
            "LA missing",
            "modality_mosi_mosei.csv",
        ],
    ),
];

/// Strong findings about cells that nobody had listed.
const NEW: &[Known] = &[
    (
        "overall-mean",
        ["TETFN", "mosei", "mae", "mean", "modality_mosi_mosei.csv"],
    ),
    (
        "overall-mean",
        ["TETFN", "mosei", "corr", "mean", "modality_mosi_mosei.csv"],
    ),
    (
        "impossible-count",
        ["MISA", "sims", "acc2", "L missing", "modality_sims.csv"],
    ),
    (
        "wrong-parts",
        ["MISA", "sims", "acc2", "mean", "modality_sims.csv"],
    ),
    (
        "broken-trend",
        [
            "TFR-Net",
            "mosi",
            "corr",
            "rate 0.8",
            "random_mosi_mosei.csv",
        ],
    ),
];

fn names(finding: &Finding, (rule, cell): &Known) -> bool {
    let place = |p: &lnln_bench::audit::Place| {
        [&p.method, &p.dataset, &p.metric, &p.level, &p.table].map(|s| s.as_str().to_owned())
    };
    finding.rule == *rule && finding.cells.iter().any(|p| place(p) == *cell)
}

#[test]
fn every_listed_error_that_a_rule_can_see_is_found() {
    let findings = run(&published());
    for known in VISIBLE.iter().chain(NEW) {
        assert!(
            findings.iter().any(|f| names(f, known)),
            "{known:?} was not found"
        );
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
        let wrong = |p: &lnln_bench::audit::Place| {
            let sheet = p.table.trim_end_matches(".csv");
            lnln_bench::published::all().any(|q| {
                let c = q.cell;
                q.known_error.is_some()
                    && q.source.known_error(sheet, c).is_some()
                    && (&c.dataset, &c.method, c.metric.name) == (&p.dataset, &p.method, &*p.metric)
                    && c.level.to_string() == p.level
            })
        };
        // An F1 is judged with its accuracy, which may be sound.
        f.cells.iter().any(wrong)
    };
    // The two tables that contradict each other are not among the known errors of one cell.
    let contradict = |f: &Finding| f.rule == "twin-rows" || NEW.iter().any(|n| names(f, n));
    let findings = run(&published());
    let strong = findings.iter().filter(|f| f.strength.strong());
    let unknown: Vec<_> = strong.filter(|f| !known(f) && !contradict(f)).collect();
    assert!(unknown.is_empty(), "{}", audit::words(&unknown));
}

#[test]
fn the_listing_in_docs_is_what_a_run_says() {
    let tables = published();
    let text = lnln_bench::audit::render::text(&tables, &run(&tables));
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
fn mended() -> Vec<Table> {
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
    let key = |c: &Cell| {
        let names = (c.dataset.clone(), c.method.clone(), c.metric.name);
        (names, c.level.clone())
    };
    let second: BTreeMap<_, Cell> = mended()
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
        println!("skipped: no transcription of the paper's tables beside the project");
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
