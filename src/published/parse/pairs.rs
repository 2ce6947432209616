//! Decides which of two numbers in a cell (`82.8/81.2`) is Non0 and which is Has0.
//!
//! Both orders are tried on the class counts of the test set: an F1 must be one that its accuracy allows, and an
//! accuracy the mean of a few runs' whole counts of right predictions. Of the samples that Has0 has and Non0 has not,
//! none to all are right.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::metric;
use crate::published::envelope::{Envelope, envelopes};
use crate::published::test_sets::{Population, TestSet, test_sets};

/// The order that is taken where both fit: that of the LNLN paper.
const USUAL: [&str; 2] = ["non0", "has0"];
const OTHER: [&str; 2] = ["has0", "non0"];

/// Logarithm of how much better an order must explain a table: twenty times.
const DECISIVE: f64 = 3.0;

/// Cost of an F1 that its accuracy does not allow: as defined, and in either order of its arguments.
const EXCHANGED: f64 = 4.0;
const IMPOSSIBLE: f64 = 8.0;

/// Cost of two accuracies whose difference the samples with a label of zero do not allow.
const UNTIED: f64 = 5.0;

/// How often an accuracy of an honest table is no count all the same.
const SLIP: f64 = 0.02;

/// Runs that a number may be the mean of.
const MOST_RUNS: u64 = 5;

/// How well an order explains the pairs of a data set.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    likelihood: f64,
    /// Numbers that are possible.
    possible: usize,
    tested: usize,
}

impl Fit {
    fn add(&mut self, other: Self) {
        self.likelihood += other.likelihood;
        self.possible += other.possible;
        self.tested += other.tested;
    }
}

/// Gives every number of a pair its metric; `given` is the order that the user states.
pub(super) fn settle(entries: &mut [Entry], given: Option<&[String; 2]>) -> Vec<String> {
    if entries.iter().all(|e| e.slot.is_none()) {
        return Vec::new();
    }
    if let Some([first, second]) = given {
        assign(entries, None, [first, second]);
        return Vec::new();
    }
    let mut datasets: Vec<String> = Vec::new();
    for entry in entries.iter().filter(|e| e.slot.is_some()) {
        if !datasets.contains(&entry.cell.dataset) {
            datasets.push(entry.cell.dataset.clone());
        }
    }
    let fits: Vec<(String, [Fit; 2])> = datasets
        .into_iter()
        .map(|d| {
            let fits = [USUAL, OTHER].map(|order| fit(entries, &d, order));
            (d, fits)
        })
        .collect();
    let better = |fits: &[Fit; 2]| fits[1].likelihood - fits[0].likelihood;
    // Data sets that tell nothing follow those that do: a table has one order.
    let sum: f64 = fits.iter().map(|(_, f)| better(f)).sum();
    let mut notes = Vec::new();
    for (dataset, fits) in &fits {
        let own = better(fits);
        let decisive = if own.abs() > DECISIVE { own } else { sum };
        let (order, other) = if decisive > DECISIVE { (1, 0) } else { (0, 1) };
        assign(entries, Some(dataset), [USUAL, OTHER][order]);
        notes.push(note(
            dataset,
            [fits[order], fits[other]],
            [own, decisive],
            order,
        ));
    }
    notes.dedup();
    notes
}

fn note(dataset: &str, [taken, left]: [Fit; 2], [own, decisive]: [f64; 2], order: usize) -> String {
    let names = ["Non0/Has0", "Has0/Non0"];
    let (name, other) = (names[order], names[1 - order]);
    let of = if dataset.is_empty() {
        String::new()
    } else {
        format!(" of {dataset}")
    };
    if own.abs() > DECISIVE {
        format!(
            "two numbers in a cell{of} are read as {name}: {} of {} comparisons are possible so, {} as {other} (--pair sets the order)",
            taken.possible, taken.tested, left.possible
        )
    } else if decisive.abs() > DECISIVE {
        format!(
            "two numbers in a cell{of} are read as {name}, like those of the other data sets (--pair sets the order)"
        )
    } else if taken.tested > 0 {
        format!(
            "two numbers in a cell{of} are read as {name}; {other} fits as well (--pair sets the order)"
        )
    } else {
        format!(
            "two numbers in a cell are read as {name}; nothing in the table tells the order (--pair sets it)"
        )
    }
}

fn assign(entries: &mut [Entry], dataset: Option<&str>, order: [&str; 2]) {
    let own = |e: &&mut Entry| dataset.is_none_or(|d| d == e.cell.dataset);
    for entry in entries.iter_mut().filter(own) {
        if let Some(slot) = entry.slot.take() {
            entry.cell.metric = metric::of_cut(entry.cell.metric, order[slot.min(1)]);
        }
    }
}

/// How well an order explains the pairs of a data set.
fn fit(entries: &[Entry], dataset: &str, order: [&str; 2]) -> Fit {
    let mut sum = Fit::default();
    let Some(set) = test_sets().iter().find(|s| s.dataset == dataset) else {
        return sum;
    };
    let tied = tied(entries, dataset, order, set);
    sum.add(tied);
    for slot in [0, 1] {
        let Some(population) = set.populations.iter().find(|p| p.name == order[slot]) else {
            continue;
        };
        let own: Vec<&Entry> = entries
            .iter()
            .filter(|e| e.slot == Some(slot) && e.cell.dataset == dataset && !e.spread)
            .collect();
        for part in [f1_fit(&own, population), count_fit(&own, population)] {
            sum.add(part);
        }
    }
    sum
}

/// Accuracies of both cuts against each other: the right predictions that Has0 has more than Non0.
fn tied(entries: &[Entry], dataset: &str, order: [&str; 2], set: &TestSet) -> Fit {
    let mut fit = Fit::default();
    let samples = |name: &str| {
        let population = set.populations.iter().find(|p| p.name == name);
        population.map(Population::samples)
    };
    let (Some(non0), Some(has0)) = (samples("non0"), samples("has0")) else {
        return fit;
    };
    let own = |e: &&Entry| e.cell.dataset == dataset && e.cell.metric.name == "acc2" && !e.spread;
    let of = |name: &str| order.iter().position(|o| *o == name);
    for small in entries.iter().filter(own).filter(|e| e.slot == of("non0")) {
        let beside = |e: &&Entry| {
            let places = [&e.cell, &small.cell].map(|c| (c.line, c.column));
            e.slot == of("has0") && places[0] == places[1]
        };
        let Some(large) = entries.iter().filter(own).find(beside) else {
            continue;
        };
        let right = |e: &Entry, n: u64| e.cell.number.value * n as f64 / 100.0;
        let slack = |e: &Entry, n: u64| 0.5 * e.cell.number.ulp() * n as f64 / 100.0;
        let more = right(large, has0) - right(small, non0);
        let slack = slack(large, has0) + slack(small, non0);
        fit.tested += 1;
        if (-slack..=(has0 - non0) as f64 + slack).contains(&more) {
            fit.possible += 1;
        } else {
            fit.likelihood -= UNTIED;
        }
    }
    fit
}

/// F1 scores against the accuracies of the same line.
fn f1_fit(entries: &[&Entry], population: &Population) -> Fit {
    let mut accuracies: BTreeMap<_, &Entry> = BTreeMap::new();
    let key = |e: &Entry| {
        (
            e.cell.method.clone(),
            e.cell.condition.clone(),
            format!("{:?}", e.modalities),
            e.cell.line,
        )
    };
    for entry in entries.iter().filter(|e| e.cell.metric.name == "acc2") {
        accuracies.insert(key(entry), entry);
    }
    let both = envelopes(population);
    let mut fit = Fit::default();
    for entry in entries.iter().filter(|e| e.cell.metric.name == "f1") {
        let Some(accuracy) = accuracies.get(&key(entry)) else {
            continue;
        };
        fit.tested += 1;
        let allows = |envelope: &Envelope| {
            let (a, f) = (&accuracy.cell.number, &entry.cell.number);
            let (least, most) = envelope.at(a.value, a.ulp());
            (least - f.ulp()..=most + f.ulp()).contains(&f.value)
        };
        if allows(&both[0]) {
            fit.possible += 1;
        } else if allows(&both[1]) {
            fit.likelihood -= EXCHANGED;
        } else {
            fit.likelihood -= IMPOSSIBLE;
        }
    }
    fit
}

/// Accuracies against whole counts of right predictions, in the number of runs that explains them best.
fn count_fit(entries: &[&Entry], population: &Population) -> Fit {
    let own: Vec<&Entry> = entries
        .iter()
        .copied()
        .filter(|e| e.cell.metric.name == "acc2" && !e.cell.condition.is_mean() && !e.cell.averaged)
        .collect();
    let mut best = Fit::default();
    for runs in 1..=MOST_RUNS {
        let total = population.samples() * runs;
        let mut fit = Fit::default();
        for entry in &own {
            let number = &entry.cell.number;
            let possible = (total as f64 * number.ulp() / 100.0).min(1.0);
            if possible > 0.5 {
                continue;
            }
            fit.tested += 1;
            let right = (number.value * total as f64 / 100.0).round();
            if number.rounds_from(100.0 * right / total as f64) {
                fit.possible += 1;
                fit.likelihood += ((1.0 - SLIP) / possible).ln();
            } else {
                fit.likelihood += (SLIP / (1.0 - possible)).ln();
            }
        }
        if fit.likelihood > best.likelihood {
            best = fit;
        }
    }
    // Numbers that no few runs explain, means over rates for instance, tell nothing.
    if best.likelihood > 0.0 {
        best
    } else {
        Fit::default()
    }
}
