//! Measures how often a report's 95 % intervals of a difference hold the true one.
//!
//! `cargo run --release --example coverage [TRIALS]` prints a Markdown table. Two models have the same law,
//! so that the true difference of every metric is 0. A prediction is a multiple of the truth plus what is
//! hard about the sample for every model, for this model and for this training, and a shift and a slope
//! of the training's own, whose size is the scenario.

#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]

use lnln_bench::metric::{Metric, protocol};
use lnln_bench::report::stats::inference::Spread;
use lnln_bench::report::stats::jackknife::pseudo_values;
use lnln_bench::report::stats::random::Random;
use lnln_bench::report::stats::{Summary, summarize};
use rayon::prelude::*;

/// Test samples: those of CH-SIMS and MOSI are 457 and 686.
const SAMPLES: usize = 457;

const SEEDS: [usize; 5] = [1, 2, 3, 5, 10];

/// Standard deviations of a training's shift and slope: none, smaller than that of 457 samples, about
/// the same, and much larger.
const SCENARIOS: [f64; 4] = [0.0, 0.03, 0.1, 0.4];

const METRICS: [&str; 3] = ["mae", "f1_has0", "corr"];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let trials: usize = std::env::args()
        .nth(1)
        .map_or(Ok(1000), |text| text.parse())?;
    let mosi = protocol("mosi")?;
    let metrics: Option<Vec<&'static Metric>> = METRICS.iter().map(|m| mosi.metric(m)).collect();
    let metrics = metrics.ok_or("a metric is gone")?;
    println!("| sd of trainings | seeds | {} |", METRICS.join(" | "));
    println!("|--:|--:|{}", "--:|".repeat(METRICS.len()));
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        for seeds in SEEDS {
            let trial = |trial: usize| {
                let stream = ((number * 100 + seeds) * trials + trial) as u64;
                covered(
                    &mut Random::new(20_261_128, stream),
                    *scenario,
                    seeds,
                    &metrics,
                )
            };
            let all: Vec<Vec<[bool; 2]>> = (0..trials).into_par_iter().map(trial).collect();
            let share = |metric: usize, kind: usize| {
                let hits = all.iter().filter(|trial| trial[metric][kind]).count();
                format!("{:.1}", 100.0 * hits as f64 / trials as f64)
            };
            let cell = |metric: usize| match seeds {
                1 => format!("none ({})", share(metric, 1)),
                _ => format!("{} ({})", share(metric, 0), share(metric, 1)),
            };
            let cells: Vec<String> = (0..metrics.len()).map(cell).collect();
            println!("| {scenario} | {seeds} | {} |", cells.join(" | "));
        }
    }
    Ok(())
}

/// By metric: whether the interval holds 0, and whether one over samples alone does.
fn covered(
    random: &mut Random,
    scenario: f64,
    seeds: usize,
    metrics: &[&'static Metric],
) -> Vec<[bool; 2]> {
    let truth: Vec<f32> = (0..SAMPLES)
        .map(|_| (1.5 * normal(random)) as f32)
        .collect();
    let hard: Vec<f64> = (0..SAMPLES).map(|_| 0.6 * normal(random)).collect();
    let models: Vec<Vec<Vec<f32>>> = (0..2)
        .map(|_| {
            let own: Vec<f64> = hard.iter().map(|h| h + 0.4 * normal(random)).collect();
            let training = |random: &mut Random| {
                let (shift, slope) = (scenario * normal(random), scenario * normal(random));
                let all = truth.iter().zip(&own);
                all.map(|(t, own)| {
                    let scaled = (0.7 + slope) * f64::from(*t);
                    (scaled + own + shift + 0.4 * normal(random)) as f32
                })
                .collect()
            };
            (0..seeds).map(|_| training(random)).collect()
        })
        .collect();
    let of = |metric: &&'static Metric| {
        let score = |model: &Vec<Vec<f32>>| -> Option<(Summary, Vec<f64>)> {
            let scores = model
                .iter()
                .filter_map(|p| (metric.compute)(p, &truth).ok());
            let views: Vec<&[f32]> = model.iter().map(|p| &p[..]).collect();
            let values = pseudo_values(&metric.sums?, &truth, &views);
            Some((summarize(&scores.collect::<Vec<f64>>())?, values))
        };
        let both = score(&models[0]).zip(score(&models[1]));
        both.map_or([false; 2], |((a, of_a), (b, of_b))| {
            let gaps: Vec<f64> = of_a.iter().zip(&of_b).map(|(a, b)| a - b).collect();
            let difference = a.mean - b.mean;
            let holds = |[low, high]: [f64; 2]| low <= 0.0 && 0.0 <= high;
            let full = Spread::of_difference(&a, &b, &gaps);
            // One value, as often as asked: seeds that agree leave samples alone.
            let certain = Summary {
                sd: Some(0.0),
                n: 2,
                ..a
            };
            let samples = Spread::of_mean(&certain, &gaps);
            [full, samples].map(|s| s.is_some_and(|s| holds(s.interval(difference))))
        })
    };
    metrics.iter().map(of).collect()
}

/// A standard normal number, by Box and Muller.
fn normal(random: &mut Random) -> f64 {
    let mut uniform = || (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
    let (a, b) = (1.0 - uniform(), uniform());
    (-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()
}
