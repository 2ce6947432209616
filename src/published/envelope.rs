//! Computes the range of F1 that an accuracy allows.
//!
//! On a test set with given class counts every confusion matrix is a pair (accuracy, F1). Means of
//! such pairs, over runs or missing rates, fill their convex hull and nothing more, so a printed
//! pair outside it is impossible, however many runs it is the mean of.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::published::test_sets::Population;

/// How the F1 of both classes make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Weighted by the support on the truth, as defined.
    True,
    /// Weighted by the support on the predictions: the arguments exchanged.
    Exchanged,
    /// Their plain mean.
    Macro,
    /// That of the positive class alone, scikit-learn's `average="binary"`.
    Positive,
    /// No F1: precision, weighted by the support on the truth, the first of what scikit-learn's
    /// `precision_recall_fscore_support` returns.
    Precision,
}

/// The hull of (accuracy, F1) in percent: its upper and its lower edge.
#[derive(Clone, Debug)]
pub struct Envelope {
    upper: Vec<(f64, f64)>,
    lower: Vec<(f64, f64)>,
    /// The largest and smallest F1 of a single run, by right predictions.
    most: Vec<f64>,
    least: Vec<f64>,
}

/// Envelopes by class counts.
type Known = BTreeMap<(u64, u64, Order), Arc<Envelope>>;

/// Envelopes that were computed already: millions of confusion matrices each, the same every time.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The envelopes of both orders of weighted F1, true order first.
pub fn envelopes(population: &Population) -> [Arc<Envelope>; 2] {
    [Order::True, Order::Exchanged].map(|order| envelope(population, order))
}

/// The envelope of one order.
pub fn envelope(population: &Population, order: Order) -> Arc<Envelope> {
    let key = (population.low, population.high, order);
    // Nothing in there is ever half done, so a panic elsewhere leaves it sound.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let one = known
        .entry(key)
        .or_insert_with(|| Arc::new(Envelope::new(population, order)));
    Arc::clone(one)
}

impl Envelope {
    fn new(population: &Population, order: Order) -> Self {
        let n = population.samples() as usize;
        let (mut most, mut least) = (vec![f64::MIN; n + 1], vec![f64::MAX; n + 1]);
        for high in 0..=population.high {
            for low in 0..=population.low {
                let f1 = f1(population, low, high, order);
                let right = (low + high) as usize;
                // Plain comparisons: this is the innermost line of millions.
                if f1 > most[right] {
                    most[right] = f1;
                }
                if f1 < least[right] {
                    least[right] = f1;
                }
            }
        }
        let points = |f1: &[f64], sign: f64| -> Vec<(f64, f64)> {
            let accuracy = |i: usize| 100.0 * i as f64 / n as f64;
            let each = f1.iter().enumerate();
            each.map(|(i, f)| (accuracy(i), sign * 100.0 * f)).collect()
        };
        let flip = |edge: Vec<(f64, f64)>| edge.into_iter().map(|(a, f)| (a, -f)).collect();
        Self {
            upper: hull(points(&most, 1.0)),
            lower: flip(hull(points(&least, -1.0))),
            most,
            least,
        }
    }

    /// The smallest and largest F1 of single runs with about an accuracy known within `slack`, all in percent.
    pub fn of_one_run(&self, accuracy: f64, slack: f64) -> (f64, f64) {
        let n = (self.most.len() - 1) as f64;
        let right = |percent: f64| (percent.clamp(0.0, 100.0) / 100.0 * n) as usize;
        let (from, to) = (right(accuracy - slack), right(accuracy + slack));
        let near = from..=(to + 1).min(self.most.len() - 1);
        let (least, most) = (&self.least[near.clone()], &self.most[near]);
        let least = least.iter().copied().fold(f64::MAX, f64::min);
        let most = most.iter().copied().fold(f64::MIN, f64::max);
        (100.0 * least, 100.0 * most)
    }

    /// The smallest and largest F1 for an accuracy known within `slack`, all in percent.
    pub fn at(&self, accuracy: f64, slack: f64) -> (f64, f64) {
        let ends = [accuracy - slack, accuracy, accuracy + slack];
        let least = ends
            .map(|a| along(&self.lower, a))
            .into_iter()
            .fold(f64::MAX, f64::min);
        let most = ends
            .map(|a| along(&self.upper, a))
            .into_iter()
            .fold(f64::MIN, f64::max);
        (least, most)
    }
}

/// F1 as a fraction, of `low` and `high` right predictions of each class.
fn f1(population: &Population, low: u64, high: u64, order: Order) -> f64 {
    let total = population.low + population.high;
    let wrong = (total - low - high) as f64;
    // 2 tp / (2 tp + fp + fn), which is 0 without a right prediction.
    let f1_low = 2.0 * low as f64 / (2.0 * low as f64 + wrong).max(1.0);
    let f1_high = 2.0 * high as f64 / (2.0 * high as f64 + wrong).max(1.0);
    let weight = match order {
        Order::True => population.low,
        Order::Precision => return precision(population, low, high),
        Order::Exchanged => low + (population.high - high),
        Order::Macro => return f64::midpoint(f1_low, f1_high),
        Order::Positive => return f1_high,
    } as f64;
    (weight * f1_low + (total as f64 - weight) * f1_high) / total as f64
}

/// Weighted precision as a fraction; that of a class that is never predicted is 0.
fn precision(population: &Population, low: u64, high: u64) -> f64 {
    let of = |right: u64, wrong: u64, support: u64| {
        support as f64 * right as f64 / ((right + wrong) as f64).max(1.0)
    };
    let [of_low, of_high] = [
        of(low, population.high - high, population.low),
        of(high, population.low - low, population.high),
    ];
    (of_low + of_high) / (population.low + population.high) as f64
}

/// The upper edge of the convex hull of points in ascending order.
fn hull(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut edge: Vec<(f64, f64)> = Vec::new();
    for p in points {
        while let [.., a, b] = edge[..] {
            let turn = (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0);
            if turn < 0.0 {
                break;
            }
            edge.pop();
        }
        edge.push(p);
    }
    edge
}

/// The height of an edge at `x`.
fn along(edge: &[(f64, f64)], x: f64) -> f64 {
    let next = edge.partition_point(|p| p.0 < x).clamp(1, edge.len() - 1);
    let (a, b) = (edge[next - 1], edge[next]);
    a.1 + (b.1 - a.1) * (x.clamp(a.0, b.0) - a.0) / (b.0 - a.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mosi() -> Population {
        Population {
            name: "non0".into(),
            low: 379,
            high: 277,
        }
    }

    #[test]
    fn the_baseline_of_a_constant_lies_inside_in_its_own_order_only() {
        let (right, exchanged) = (
            Envelope::new(&mosi(), Order::True),
            Envelope::new(&mosi(), Order::Exchanged),
        );
        let inside = |e: &Envelope, f1: f64| {
            let (least, most) = e.at(57.77, 0.01);
            (least - 0.01..=most + 0.01).contains(&f1)
        };
        assert!(inside(&right, 42.31) && !inside(&exchanged, 42.31));
        assert!(inside(&exchanged, 73.24) && !inside(&right, 73.24));
    }

    #[test]
    fn every_confusion_matrix_lies_inside() {
        let p = Population {
            name: String::new(),
            low: 13,
            high: 8,
        };
        for order in [
            Order::True,
            Order::Exchanged,
            Order::Macro,
            Order::Positive,
            Order::Precision,
        ] {
            let e = Envelope::new(&p, order);
            for (low, high) in (0..=13).flat_map(|l| (0..=8).map(move |h| (l, h))) {
                let accuracy = 100.0 * (low + high) as f64 / 21.0;
                let f1 = 100.0 * super::f1(&p, low, high, order);
                let (least, most) = e.at(accuracy, 0.0);
                assert!(least - 1e-9 <= f1 && f1 <= most + 1e-9, "{low} {high}");
            }
        }
    }
}
