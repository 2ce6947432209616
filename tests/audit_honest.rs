//! Tables of simulated models and the program's own reports, whose every number is what it claims to be: no rule may
//! be sure of anything.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use lnln_bench::metric::protocol;
use lnln_bench::published::audit::{AuditSettings, Finding, TestSetStatistics, audit};
use lnln_bench::published::parse::{Options, parse, read_all};

/// Simulated tables of each data set and form.
const TABLES: u64 = 8;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    fn unit(&mut self) -> f32 {
        (self.word() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// One of `0..n`.
    fn below(&mut self, n: usize) -> usize {
        (self.word() % n as u64) as usize
    }

    /// Near normal, of standard deviation 1.
    fn normal(&mut self) -> f32 {
        let sum: f32 = (0..12).map(|_| self.unit()).sum();
        sum - 6.0
    }
}

/// A test set with the class counts of a published one.
struct Data {
    name: &'static str,
    range: f32,
    labels: Vec<f32>,
}

fn data(name: &'static str, random: &mut Random) -> Data {
    // Negative, zero, positive; step of the labels.
    let (counts, range, step) = match name {
        "mosi" => ([379, 30, 277], 3.0, 0.2),
        "mosei" => ([1350, 1025, 2284], 3.0, 1.0 / 3.0),
        _ => ([248, 69, 140], 1.0, 0.2),
    };
    let steps = (range / step) as usize;
    let mut labels = Vec::new();
    for (count, sign) in counts.into_iter().zip([-1.0, 0.0, 1.0]) {
        for _ in 0..count {
            labels.push(sign * step * (1 + random.below(steps)) as f32);
        }
    }
    Data {
        name,
        range,
        labels,
    }
}

/// Predictions of a model that is worth `skill` (1: the truth, 0: a constant).
fn predictions(data: &Data, skill: f32, random: &mut Random) -> Vec<f32> {
    let bias = 0.2 * data.range * random.normal();
    let noise = 0.3 * data.range * (1.0 - skill) * skill.sqrt();
    let each = data.labels.iter().map(|label| {
        let value = skill * label + (1.0 - skill) * bias + noise * random.normal();
        value.clamp(-data.range, data.range)
    });
    each.collect()
}

/// How the numbers of a table come about.
#[derive(Clone, Copy, Debug)]
struct Form {
    axis: Axis,
    methods: usize,
    runs: usize,
    /// Digits of shares in percent, and of the others.
    decimals: [usize; 2],
    /// Whether every run is rounded to four decimals of a fraction first.
    every_run: bool,
    /// Whether the user states the runs.
    stated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Axis {
    /// Ten rates and their mean.
    Rates,
    /// Six sets of missing modalities and their mean.
    Modalities,
    /// Complete data.
    Complete,
    /// Means over rates only, in a table that names no condition.
    Ablation,
}

fn form(random: &mut Random) -> Form {
    let axes = [
        Axis::Rates,
        Axis::Modalities,
        Axis::Complete,
        Axis::Ablation,
    ];
    let decimals = 2 + random.below(3);
    Form {
        axis: axes[random.below(4)],
        methods: 2 + random.below(7),
        runs: 1 + random.below(5),
        decimals: [decimals, decimals.max(3)],
        every_run: random.below(2) == 0,
        stated: random.below(2) == 0,
    }
}

/// A table as CSV.
fn table(data: &Data, form: Form, random: &mut Random) -> String {
    let protocol = protocol(if data.name == "mosei" {
        "mosi"
    } else {
        data.name
    })
    .unwrap();
    let (names, conditions): (&str, Vec<String>) = match form.axis {
        Axis::Rates | Axis::Ablation => (
            "rate",
            (0..10)
                .map(|i| format!("{}", f64::from(i) / 10.0))
                .collect(),
        ),
        Axis::Modalities => (
            "case",
            ["L", "A", "V", "LA", "LV", "AV"].map(str::to_string).into(),
        ),
        Axis::Complete => ("rate", vec!["0".to_string()]),
    };
    let mut text = String::new();
    if form.axis != Axis::Ablation {
        text += &format!("{names},");
    }
    text += "method";
    for metric in protocol.metrics {
        text += &format!(",{}_{}", data.name, metric.name);
    }
    text += "\n";
    let share = |name: &str| name.starts_with("acc") || name.starts_with("f1");
    let mut line = |condition: &str, method: usize, scores: &[f64]| {
        if form.axis != Axis::Ablation {
            text += &format!("{condition},");
        }
        text += &format!("model {method}");
        for (metric, score) in protocol.metrics.iter().zip(scores) {
            let [shares, others] = form.decimals;
            if share(metric.name) {
                text += &format!(",{:.shares$}", 100.0 * score);
            } else {
                text += &format!(",{score:.others$}");
            }
        }
        text += "\n";
    };
    for method in 0..form.methods {
        let best = 0.5 + 0.3 * random.unit();
        // Some lose everything where little is left: all runs predict a constant.
        let floor = if random.below(4) == 0 { 0.0 } else { 0.15 };
        let mut overall = vec![0.0; protocol.metrics.len()];
        for (i, condition) in conditions.iter().enumerate() {
            let skill = match form.axis {
                Axis::Modalities if condition.contains('L') => floor,
                Axis::Modalities => best,
                _ => (best * (1.0 - 0.105 * i as f32)).max(floor),
            };
            let mut mean = vec![0.0; protocol.metrics.len()];
            for _ in 0..form.runs {
                let predicted = predictions(data, skill, random);
                let scores = protocol.score(&predicted, &data.labels);
                for (sum, score) in mean.iter_mut().zip(scores) {
                    // Corr of a constant is undefined: papers print 0.
                    let score = score.unwrap_or(0.0);
                    let score = if form.every_run {
                        (score * 1e4).round() / 1e4
                    } else {
                        score
                    };
                    *sum += score / form.runs as f64;
                }
            }
            for (sum, score) in overall.iter_mut().zip(&mean) {
                *sum += score / conditions.len() as f64;
            }
            if form.axis != Axis::Ablation {
                line(condition, method, &mean);
            }
        }
        if form.axis != Axis::Complete {
            line("mean", method, &overall);
        }
    }
    text
}

/// The strong findings on simulated tables, as text.
fn strong(dataset: &'static str, tables: u64) -> Vec<String> {
    let statistics = TestSetStatistics::published();
    let mut out = Vec::new();
    for seed in 0..tables {
        let mut random = Random(seed.wrapping_mul(7919) + dataset.len() as u64);
        let data = data(dataset, &mut random);
        let form = form(&mut random);
        let text = table(&data, form, &mut random);
        let name = format!("simulated_{seed}.csv");
        let parsed = parse(&name, text.as_bytes(), &Options::default()).unwrap();
        assert!(!parsed.cells.is_empty());
        let settings = AuditSettings {
            seeds: form.stated.then_some(form.runs as u32),
            ..AuditSettings::default()
        };
        let findings: Vec<Finding> = audit(&[parsed], &statistics, settings);
        let sure = findings.iter().filter(|f| f.strength.strong());
        out.extend(sure.map(|f| format!("{seed} {form:?}: {}: {}: {}", f.rule, f.about, f.why)));
    }
    out
}

/// Twenty times as many where `LNLN_BENCH_LONG` is set.
fn tables() -> u64 {
    match std::env::var_os("LNLN_BENCH_LONG") {
        Some(_) => 20 * TABLES,
        None => TABLES,
    }
}

#[test]
fn nothing_strong_is_found_in_honest_tables_of_mosi() {
    let found = strong("mosi", 5 * tables());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_strong_is_found_in_honest_tables_of_sims() {
    let found = strong("sims", 5 * tables());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_strong_is_found_in_honest_tables_of_mosei() {
    let found = strong("mosei", tables());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Files of committed reports, and how many cells of each are read at least.
const REPORTS: [(&str, &[&str], usize); 5] = [
    (
        "demo",
        &["report.md", "tables.tex", "summary.csv", "scores.csv"],
        1_000,
    ),
    (
        "questions",
        &["report.md", "tables.tex", "summary.csv", "scores.csv"],
        300,
    ),
    ("mmmo/report", &["report.md", "summary.csv"], 1_500),
    (
        "mosi-transcripts/report",
        &["report.md", "summary.csv"],
        1_500,
    ),
    ("mosi-speech/report", &["report.md", "summary.csv"], 2_000),
];

#[test]
fn nothing_strong_is_found_in_the_committed_reports() {
    let statistics = TestSetStatistics::published();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let mut out = Vec::new();
    for (report, files, least) in REPORTS {
        for file in files {
            let path = folder.join(report).join(file);
            let tables = read_all(&path, &Options::default()).unwrap();
            let cells: usize = tables.iter().map(|t| t.cells.len()).sum();
            assert!(
                cells >= least || *file == "scores.csv",
                "{report}/{file}: {cells} cells"
            );
            let findings = audit(&tables, &statistics, AuditSettings::default());
            let sure = findings.iter().filter(|f| f.strength.strong());
            out.extend(
                sure.map(|f| format!("{report}/{file}: {}: {}: {}", f.rule, f.about, f.why)),
            );
        }
    }
    assert!(out.is_empty(), "{}", out.join("\n"));
}

/// Scores of single runs as a program writes them, of 40 samples of an unknown data set.
fn runs_of_a_program() -> String {
    let mut text = "dataset,model,seed,rate,metric,value\n".to_string();
    for (model, seeds) in [("ridge", 2), ("constant", 2), ("tfn", 1), ("mult", 1)] {
        for seed in 1..=seeds {
            for rate in 0..6 {
                let step = if model == "constant" { 0 } else { rate };
                let own = f64::from(model.len() as u8) / 1e3;
                // `tfn` and `mult` have equal accuracies, as few samples allow, and errors of their own.
                let right = f64::from(31 - step - i32::from(model == "ridge"));
                let at = format!("words,{model},{seed},0.{rate}");
                text += &format!("{at},acc7,{:.16}\n", right / 120.0);
                text += &format!(
                    "{at},acc2_non0,{:.16}\n{at},acc2_has0,{:.16}\n",
                    right / 37.0,
                    right / 40.0
                );
                text += &format!(
                    "{at},mae,{:.16}\n",
                    own + 0.917_263_554_1 + f64::from(step * step) / 31.7
                );
                text += &format!(
                    "{at},corr,{:.16}\n",
                    own + 0.617_263_554_1 - f64::from(step) / 17.3
                );
            }
        }
    }
    text
}

#[test]
fn equal_rows_that_a_program_wrote_of_one_model_are_no_copies() {
    let text = runs_of_a_program();
    let parsed = parse("scores.csv", text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(parsed.cells.len(), 6 * 6 * 5);
    let statistics = TestSetStatistics::published();
    let found = audit(&[parsed], &statistics, AuditSettings::default());
    let words: Vec<String> = found
        .iter()
        .map(|f| format!("{}: {}", f.rule, f.about))
        .collect();
    assert!(found.is_empty(), "{}", words.join("\n"));
}
