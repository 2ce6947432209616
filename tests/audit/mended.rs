//! A second transcription of the paper's tables with its errors mended. Where nobody knows the
//! right number, one that could be right stands in.

use lnln_bench::printed::{Cell, Level, Table};

use super::published;

/// The tables as they might have been printed.
pub fn mended() -> Vec<Table> {
    let mut tables = published();
    for table in &mut tables {
        drop_withdrawn(table);
        let accuracies: Vec<Cell> = table.cells.clone();
        for cell in &mut table.cells {
            one_cell(cell);
            exchanged(cell, &accuracies);
        }
    }
    swap_rows(&mut tables);
    means(&mut tables);
    same_as_overall(&mut tables);
    tables
}

/// Numbers that were withdrawn or belong elsewhere, and the means over them.
fn drop_withdrawn(table: &mut Table) {
    let sims = table.name.starts_with("modality_sims");
    let random = !table.name.starts_with("modality");
    table.cells.retain(|c| {
        let share = ["acc2", "f1"].contains(&c.metric.name);
        let lost = match (c.method.as_str(), c.dataset.as_str()) {
            ("TETFN", "mosei") => random || c.level.is_mean(),
            ("TFR-Net", "mosei") => random && c.metric.name == "acc5",
            ("Self-MM", "sims") => sims && share,
            _ => false,
        };
        !lost
    });
}

/// Single cells: (method, data set, metric, level, printed, right).
const CELLS: &[(&str, &str, &str, &str, f64, f64)] = &[
    ("CENET", "mosi", "acc5", "rate 0.7", 59.86, 23.57),
    ("CENET", "mosi", "acc5", "mean", 37.25, 33.62),
    ("CENET", "mosi", "f1_non0", "rate 0.7", 53.79, 59.80),
    ("CENET", "mosi", "f1_non0", "mean", 68.41, 69.01),
    ("TFR-Net", "mosi", "corr", "rate 0.8", 0.155, 0.210),
    ("TFR-Net", "mosi", "corr", "mean", 0.459, 0.464),
    ("Self-MM", "mosi", "acc5", "V missing", 55.47, 52.48),
    ("Self-MM", "mosi", "acc5", "mean", 36.40, 35.90),
    ("MISA", "sims", "acc2", "L missing", 69.23, 69.22),
    (
        "alpha 0.9, beta 0.8, gamma 0",
        "mosi",
        "mae",
        "",
        1.148,
        1.048,
    ),
    (
        "w/o Reconstructor (table 4)",
        "mosi",
        "acc7",
        "",
        33.94,
        33.95,
    ),
];

fn one_cell(cell: &mut Cell) {
    for (method, dataset, metric, level, printed, right) in CELLS {
        let here =
            (*method, *dataset, *metric) == (&*cell.method, &*cell.dataset, cell.metric.name);
        if here && *level == cell.level.to_string() && cell.number.value == *printed {
            cell.number.value = *right;
        }
    }
}

/// F1 of LNLN, its ablations and ALMT with support counted on the truth: a little under the
/// accuracy, further under where less was left to see; the floor where the accuracy is a floor's.
fn exchanged(cell: &mut Cell, cells: &[Cell]) {
    let ours = cell.method.contains("LNLN")
        || cell.method.contains("ALMT")
        || cell.method.contains("w/o")
        || cell.method.starts_with("alpha");
    if !ours || !cell.metric.name.starts_with("f1") {
        return;
    }
    let name = cell.metric.name.replacen("f1", "acc2", 1);
    let same = |c: &&Cell| {
        (&c.dataset, &c.method, &c.level) == (&cell.dataset, &cell.method, &cell.level)
            && c.metric.name == name
    };
    let accuracy = cells.iter().find(same).unwrap().number.value;
    let floors = [
        ("mosi", 57.77, 42.31),
        ("mosi", 55.25, 39.32),
        ("mosei", 62.85, 48.51),
        ("mosei", 71.02, 58.99),
        ("sims", 69.37, 56.82),
    ];
    let floor = floors
        .iter()
        .find(|(d, a, _)| *d == cell.dataset && *a == accuracy);
    let right = floor.map_or(
        accuracy - 0.05 * (90.0 - accuracy).max(0.0),
        |(_, _, f1)| *f1,
    );
    cell.number.value = (right * 100.0).round() / 100.0;
}

/// The rows that Tables 5 and 7 give the wrong names on SIMS.
fn swap_rows(tables: &mut [Table]) {
    let table = tables
        .iter_mut()
        .find(|t| t.name.starts_with("ablation"))
        .unwrap();
    let names = ["w/o L_cc (table 5)", "w/o L_rec (table 5)"];
    for cell in table.cells.iter_mut().filter(|c| c.dataset == "sims") {
        if let Some(i) = names.iter().position(|n| *n == cell.method) {
            cell.method = names[1 - i].to_string();
        }
    }
}

/// Overall F1 as the mean of the mended parts.
fn means(tables: &mut [Table]) {
    let all: Vec<Cell> = tables.iter().flat_map(|t| t.cells.clone()).collect();
    let overall = tables
        .iter_mut()
        .flat_map(|t| &mut t.cells)
        .filter(|c| c.level.is_mean());
    for mean in overall.filter(|c| ["LNLN", "ALMT"].contains(&&*c.method)) {
        let kind = |l: &Level| match mean.level {
            Level::MeanOverRates => matches!(l, Level::Rate(_)),
            _ => matches!(l, Level::Missing(_)),
        };
        let parts = all.iter().filter(|c| {
            (&c.dataset, &c.method, c.metric) == (&mean.dataset, &mean.method, mean.metric)
                && kind(&c.level)
        });
        let parts: Vec<f64> = parts.map(|c| c.number.value).collect();
        if mean.metric.name.starts_with("f1") {
            let value = parts.iter().sum::<f64>() / parts.len() as f64;
            mean.number.value = (value * 100.0).round() / 100.0;
        }
    }
}

/// The rows of other tables that are the overall one of LNLN.
fn same_as_overall(tables: &mut [Table]) {
    let all: Vec<Cell> = tables.iter().flat_map(|t| t.cells.clone()).collect();
    let defaults = [
        "LNLN (table 4)",
        "alpha 0.9, beta 0.8, gamma 0.1",
        "alpha 0.9, beta 0.6, gamma 0.1",
    ];
    let cells = tables.iter_mut().flat_map(|t| &mut t.cells);
    for cell in cells.filter(|c| defaults.contains(&&*c.method)) {
        let overall = all.iter().find(|c| {
            c.method == "LNLN"
                && c.level == Level::MeanOverRates
                && (&c.dataset, c.metric) == (&cell.dataset, cell.metric)
        });
        cell.number = overall.unwrap().number.clone();
    }
}
