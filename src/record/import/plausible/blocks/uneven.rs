//! Looks for parts of the test split that have another zero or another scale than the rest under every condition, as
//! where one of two processes did not bring its predictions back to label units.

use crate::record::import::join::Joined;
use crate::record::import::plausible::order::orders::sorted;
use crate::record::import::plausible::rates::between::FOLLOWS;
use crate::record::import::plausible::rates::steps::{Pass, chains};
use crate::record::import::plausible::sums::Sums;
use crate::record::import::plausible::{
    Check, Finding, PROCESSES, Reference, correlation, middle_half, name,
};

/// Fewest samples of a part and of the rest, and sixteenths of the test split at whose borders contiguous parts begin; they are
/// two at least.
const SMALLEST: usize = 80;
const CELLS: usize = 16;

/// How far apart predictions for equal labels are in a part and in the rest, in their standard deviations: the mean over
/// conditions, and the least at one. Of 198 sound evaluations of 12 models on CMU-MOSI none has a mean above 0.37.
const SHIFT: f64 = 0.8;
const SHIFT_OF_ONE: f64 = 0.3;

/// The same for labels of equal predictions, for complete samples. Where two parts differ in what they are about,
/// predictions differ as labels do.
const LABELS: f64 = -0.1;

/// Factor between the spreads of a part and the rest, beyond that of their labels, in the mean over conditions. Of the
/// same evaluations none has more than 1.25, and a single condition no more than 1.6.
const FACTOR: f64 = 1.9;

/// The same beyond which a part has one value, which is no scale.
const ONE_VALUE: f64 = 1e3;

/// Part of the label range that the middle half of predictions must span.
const WIDE: f32 = 0.01;

/// Times of the middle half beyond which predictions count as if they were there.
const FAR: f64 = 3.0;

pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let n = reference.ids.len();
    if n < 2 * SMALLEST {
        return None;
    }
    let [by_id, _] = sorted(reference.ids);
    let orders = [
        ("the test split", (0..n).collect::<Vec<usize>>()),
        ("sorted ids", by_id),
    ];
    let wide = WIDE * (reference.range[1] - reference.range[0]);
    let text = chains(run).iter().find_map(|chain| {
        let passes: Vec<Vec<f64>> = chain
            .iter()
            .filter(|pass| middle_half(pass.values) > wide)
            .map(clamped)
            .collect();
        follows(chain.first()?, reference).then_some(())?;
        orders
            .iter()
            .find_map(|(what, order)| uneven(&passes, order, reference).map(|text| (what, text)))
    });
    let (what, text) = text?;
    Some(Finding {
        check: Check::Scale,
        wrong: false,
        text: format!("{}, in the order of {what}: {text}", name(run)),
    })
}

fn follows(pass: &Pass<'_>, reference: &Reference<'_>) -> bool {
    correlation(pass.values, reference.truth).is_some_and(|r| r > FOLLOWS)
}

/// Predictions around their median, extreme ones nearer: a few of them do not decide about a part.
fn clamped(pass: &Pass<'_>) -> Vec<f64> {
    let mut sorted = pass.values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = f64::from(sorted[sorted.len() / 2]);
    let far = FAR * f64::from(middle_half(pass.values));
    let near = |p: &f32| (f64::from(*p) - middle).clamp(-far, far);
    pass.values.iter().map(near).collect()
}

/// Every `step`th sample from `start` on, up to `end`.
struct Part {
    start: usize,
    end: usize,
    step: usize,
}

impl Part {
    fn all(n: usize) -> impl Iterator<Item = Self> {
        let border = move |cell: usize| n * cell / CELLS;
        let ranges = (0..CELLS).flat_map(|from| (from + 1..=CELLS).map(move |to| (from, to)));
        let ranges = ranges.filter(|(from, to)| (CELLS / 8..=CELLS * 3 / 4).contains(&(to - from)));
        let ranges = ranges.map(move |(from, to)| Self {
            start: border(from),
            end: border(to),
            step: 1,
        });
        let strides = PROCESSES.flat_map(|step| (0..step).map(move |start| (start, step)));
        let end = n;
        ranges.chain(strides.map(move |(start, step)| Self { start, end, step }))
    }

    fn describe(&self, ids: &[String], order: &[usize]) -> String {
        let first = &ids[order[self.start]];
        match self.step {
            1 => format!("the {} samples from `{first}` on", self.end - self.start),
            step => format!("every {step}th of the samples from `{first}` on"),
        }
    }
}

/// Sums of predictions and labels over some samples.
fn sums(pass: &[f64], truth: &[f32], samples: impl Iterator<Item = usize>) -> Sums {
    samples.fold(Sums::default(), |sums, i| {
        sums.plus(pass[i], f64::from(truth[i]))
    })
}

/// What sets a part apart from the rest at one condition.
struct Apart {
    /// How much higher predictions for equal labels are, and the same in standard deviations.
    higher: f64,
    shift: f64,
    /// How much higher labels of equal predictions are, in standard deviations.
    labels: f64,
    /// Logarithms of the factors between the spreads of predictions and of labels.
    factor: f64,
    of_labels: f64,
}

impl Apart {
    fn of(here: Sums, there: Sums) -> Self {
        let n = here.n + there.n;
        let (own, rest) = (here.moments(), there.moments());
        let [pp, tt, pt] = [0, 1, 2].map(|i| (own[i] * here.n + rest[i] * there.n) / n);
        let p = here.x / here.n - there.x / there.n;
        let t = here.y / here.n - there.y / there.n;
        let higher = p - pt / tt * t;
        let factor = |i: usize| (own[i] / rest[i]).ln() / 2.0;
        Self {
            higher,
            shift: higher / (pp - pt * pt / tt).sqrt(),
            labels: (t - pt / pp * p) / (tt - pt * pt / pp).sqrt(),
            factor: factor(0),
            of_labels: factor(1).abs(),
        }
    }
}

/// The part that is furthest from the rest.
fn uneven(passes: &[Vec<f64>], order: &[usize], reference: &Reference<'_>) -> Option<String> {
    let n = order.len();
    let whole: Vec<Sums> = passes
        .iter()
        .map(|pass| sums(pass, reference.truth, 0..n))
        .collect();
    let found = Part::all(n).filter_map(|part| {
        let count = (part.end - part.start).div_ceil(part.step);
        if count.min(n - count) < SMALLEST {
            return None;
        }
        let each = passes.iter().zip(&whole).map(|(pass, whole)| {
            let inside = order[part.start..part.end].iter().step_by(part.step);
            let here = sums(pass, reference.truth, inside.copied());
            Apart::of(here, whole.minus(here))
        });
        let all: Vec<Apart> = each.collect();
        let which = || part.describe(reference.ids, order);
        shifted(&all, which).or_else(|| scaled(&all, which))
    });
    let worst = found.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(worst.1)
}

fn mean(all: &[Apart], of: fn(&Apart) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len() as f64
}

/// Another zero, and how far it is beyond what is usual.
fn shifted(all: &[Apart], which: impl Fn() -> String) -> Option<(f64, String)> {
    let shift = mean(all, |apart| apart.shift);
    let same = |apart: &Apart| apart.shift * shift.signum() > SHIFT_OF_ONE;
    let against = all.first()?.labels * shift.signum() < LABELS;
    (shift.abs() > SHIFT && against && all.iter().all(same)).then(|| {
        let higher = mean(all, |apart| apart.higher);
        let text = format!(
            "predictions for {} are {:.2} {} than those for the others with equal labels, in the mean over conditions, which \
             is {:.1} of their standard deviations: has a part another zero? Large batches whose samples are mixed look so as well, \
             and so do weights that change in evaluation",
            which(),
            higher.abs(),
            if higher > 0.0 { "higher" } else { "lower" },
            shift.abs()
        );
        (shift.abs() / SHIFT, text)
    })
}

/// Another scale, and how far it is beyond what is usual.
fn scaled(all: &[Apart], which: impl Fn() -> String) -> Option<(f64, String)> {
    let factor = mean(all, |apart| apart.factor);
    let beyond = factor.abs() - all.first()?.of_labels;
    let same = |apart: &Apart| apart.factor * factor.signum() > apart.of_labels;
    let scaled = beyond > FACTOR.ln() && factor.abs() < ONE_VALUE.ln();
    (scaled && all.iter().all(same)).then(|| {
        let text = format!(
            "predictions for {} spread {:.2} times as wide as those for the others, in the mean over conditions, their labels \
             {:.2} times as much or as little: has a part another scale?",
            which(),
            factor.exp(),
            all[0].of_labels.exp()
        );
        (beyond / FACTOR.ln(), text)
    })
}
