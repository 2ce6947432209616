//! Tells as what a printed F1 fits the accuracy beside it, where it is no weighted one.

use super::impossible_f1::Judgement;
use crate::published::audit::arranged::slack;
use crate::published::envelope::{Order, envelope};

/// What a number under the heading of weighted F1 may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Computed in another way on the same predictions.
    Computed(Order),
    /// Weighted F1 of the other cut into two classes.
    OtherCut,
}

/// Other readings, the usual errors first.
const OTHERS: [Reading; 3] = [
    Reading::Computed(Order::Positive),
    Reading::Computed(Order::Macro),
    Reading::OtherCut,
];

/// No F1, though one function returns both. It fits nearly all that exchanged arguments explain, and is told by what these
/// do not: F1 of constant predictors, which it is below.
pub const PRECISION: Reading = Reading::Computed(Order::Precision);

impl Reading {
    /// For messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Computed(Order::True) => "weighted F1",
            Self::Computed(Order::Exchanged) => "weighted F1 with the arguments exchanged",
            Self::Computed(Order::Positive) => "F1 of the positive class (average=\"binary\")",
            Self::Computed(Order::Macro) => "macro F1",
            Self::Computed(Order::Precision) => "weighted precision",
            Self::OtherCut => "weighted F1 of the other of Non0 and Has0",
        }
    }

    /// The range of F1 so, rounding included.
    fn range(self, judged: &Judgement<'_>) -> Option<(f64, f64)> {
        let (accuracy, population, order) = match self {
            Self::Computed(order) => (judged.accuracy, judged.population, order),
            Self::OtherCut => {
                let (accuracy, population) = judged.other?;
                (accuracy, population, Order::True)
            }
        };
        let (a, f) = (&accuracy.number, &judged.f1.number);
        let envelope = envelope(population, order);
        // Unlike runs of any kind fit a wide region: what is to explain an error must be that of one run, or of like ones.
        let (least, most) = match order {
            Order::True | Order::Exchanged | Order::Precision => envelope.at(a.value, slack(a)),
            Order::Macro | Order::Positive => envelope.of_one_run(a.value, slack(a)),
        };
        Some((least - slack(f), most + slack(f)))
    }

    /// Whether a printed F1 is possible so.
    pub fn fits(self, judged: &Judgement<'_>) -> bool {
        let range = self.range(judged);
        range.is_some_and(|(least, most)| (least..=most).contains(&judged.f1.number.value))
    }

    /// Logarithm of how much wider a range is than that of another reading: what allows everything explains nothing.
    fn wider(self, than: Self, judged: &Judgement<'_>) -> f64 {
        let width = |reading: Self| {
            reading
                .range(judged)
                .map(|(least, most)| (most - least).max(0.01))
        };
        match (width(self), width(than)) {
            (Some(own), Some(other)) => (own / other).ln(),
            _ => 0.0,
        }
    }
}

/// How many times likelier one reading makes a column than another that fits as many cells, for the other to be none.
const LIKELIER: f64 = 100.0;

/// The other readings that fit every one of `must`, and of `all` more than `base` does or as many and about as well.
pub fn as_good(base: Reading, must: &[&Judgement<'_>], all: &[&Judgement<'_>]) -> Vec<Reading> {
    let fit = |reading: Reading| all.iter().filter(move |j| reading.fits(j));
    let enough = fit(base).count();
    let as_well = |reading: Reading| match fit(reading).count() {
        n if n > enough => true,
        n if n < enough => false,
        _ => fit(base).map(|j| reading.wider(base, j)).sum::<f64>() < LIKELIER.ln(),
    };
    let fits = |reading: &Reading| must.iter().all(|j| reading.fits(j)) && as_well(*reading);
    OTHERS.into_iter().filter(fits).collect()
}

/// The readings that fit every one of some F1 that fit weighted F1 in neither order.
pub fn of_all(all: &[&Judgement<'_>]) -> Vec<Reading> {
    let fits = |reading: &Reading| all.iter().all(|j| reading.fits(j));
    OTHERS.into_iter().chain([PRECISION]).filter(fits).collect()
}

/// `as macro F1, as weighted F1 of the other of Non0 and Has0`.
pub fn list(readings: &[Reading]) -> String {
    let names = readings.iter().map(|r| format!("as {}", r.describe()));
    names.collect::<Vec<_>>().join(", ")
}
