//! Small runs for tests, with metrics that can be checked by hand.

use crate::metric::{Direction, Metric, Protocol, Sums, Undefined, Unit};
use crate::record::evaluation::EvaluationFiles;
use crate::record::{Manifest, Record};

pub use crate::record::fixture::{
    TRUTH, eleven, evaluation, manifest, masks, noise, only_evaluation, predictions, save,
};

use crate::report::rows::scores::{ScoredRun, score_by};
use crate::report::rows::section::{Section, Tests};
use crate::report::rows::sort::sections;
use crate::report::stats::compare::compare;
use crate::report::stats::comparison::TestPlan;
use crate::report::stats::family;

/// Three metrics that can be checked by hand: both directions, both units, undefined cells.
pub static TOY: Protocol = Protocol {
    name: "toy",
    title: "Toy",
    selection: "mae",
    extras: &[],
    classes: &["negative", "positive"],
    class: |v| usize::from(v >= 0.0),
    seed_decimals: None,
    metrics: &[
        Metric {
            name: "acc_2",
            title: "Acc-2",
            direction: Direction::HigherIsBetter,
            unit: Unit::Percent,
            range: [0.0, 1.0],
            decimals: 2,
            compute: |p, t| {
                Ok(mean(p, t, |p, t| {
                    f64::from(u8::from((p >= 0.0) == (t >= 0.0)))
                }))
            },
            sums: Some(Sums {
                width: 2,
                add: |p, t, s| {
                    s[0] += f64::from(u8::from((p >= 0.0) == (t >= 0.0)));
                    s[1] += 1.0;
                },
                value: |s| Some(s[0] / s[1]),
            }),
        },
        Metric {
            name: "mae",
            title: "MAE",
            direction: Direction::LowerIsBetter,
            unit: Unit::None,
            range: [0.0, f64::INFINITY],
            decimals: 3,
            compute: crate::metric::error::mean_absolute,
            sums: None,
        },
        Metric {
            name: "slope",
            title: "Slope_x",
            direction: Direction::HigherIsBetter,
            unit: Unit::None,
            range: [f64::NEG_INFINITY, f64::INFINITY],
            decimals: 3,
            compute: slope,
            sums: None,
        },
    ],
};

fn mean(p: &[f32], t: &[f32], f: impl Fn(f64, f64) -> f64) -> f64 {
    let each = p
        .iter()
        .zip(t)
        .map(|(p, t)| f(f64::from(*p), f64::from(*t)));
    each.sum::<f64>() / p.len() as f64
}

fn slope(p: &[f32], t: &[f32]) -> Result<f64, Undefined> {
    if p.iter().all(|x| *x == p[0]) {
        Err(Undefined::ConstantPrediction)
    } else {
        Ok(mean(p, t, |p, t| p * t) / mean(t, t, |t, _| t * t))
    }
}

/// A run in memory.
pub fn record(m: Manifest) -> Record {
    Record {
        predictions: predictions(&m),
        evaluations: vec![EvaluationFiles {
            name: "0".into(),
            predictions_blake3: format!("p-{}", m.id),
            scores_blake3: None,
        }],
        manifest_hash: format!("m-{}", m.id),
        manifest: m,
    }
}

/// Tests of so many permutations, with a primary one by this metric.
pub fn test_plan(primary: &'static str, permutations: usize) -> TestPlan {
    TestPlan {
        primary: Some(primary),
        permutations,
        extras: false,
    }
}

/// Tests a section against this model.
pub fn test_against(section: &mut Section, model: &str, plan: TestPlan) {
    let reference = section.rows.iter().position(|r| r.model == model).unwrap();
    let mut comparison = compare(section, reference, plan).unwrap();
    family::correct(&mut [&mut comparison]);
    section.tests = Tests::Done(Box::new(comparison));
}

/// A scored run.
pub fn scored(m: Manifest) -> ScoredRun {
    score_by(&TOY, record(m)).unwrap().swap_remove(0)
}

/// Two models, one of them without a score at the last rate, and the baseline.
pub fn section(rates: &[f64]) -> Section {
    let seeds = [
        ("flat", 11),
        ("flat", 12),
        ("lnln", 11),
        ("lnln", 12),
        ("constant", 11),
    ];
    let runs = seeds.map(|(model, seed)| scored(manifest(model, seed, rates)));
    sections(runs.to_vec()).unwrap().swap_remove(0)
}
