//! Looks for two runs, of a file or stored, whose predictions are copies, for all samples or some, or were exchanged at
//! some conditions.

use crate::mask::Condition;
use crate::record::import::join::Joined;
use crate::record::import::plausible::gaps::values::{SHARE, counts};
use crate::record::import::plausible::rates::between::{are_near, varies};
use crate::record::import::plausible::rates::steps::chains;
use crate::record::import::plausible::{
    Check, FEWEST, Finding, Reference, correlation, middle_half, name,
};

/// Part of the label range up to which predictions of two runs are copies: three decimals are left of them. Of the
/// runs on one data set that this project has, no two are nearer than 0.06.
const NEAR: f32 = 1e-3;

/// Fewest samples whose predictions are those of another run to the last bit, where others differ, and times of chance.
/// Of 66 sound runs on CMU-MOSI, each beside all others of its data, none has such a sample.
const SHARED: usize = 10;
const CHANCE: f64 = 50.0;

/// How many times as much as those of others, and as in the other run, predictions change to the next rate from which they
/// are copies.
const STRANGE: f64 = 1.5;

/// Correlation of two seeds from which they are one, at every condition whose predictions span a part of the label
/// range. Of 366 sound runs of 18 models no two seeds have more than 0.960 at every condition, 0.9987 at one.
const ONE: f64 = 0.999;
const SPAN: f32 = 0.01;

/// Standard errors by which differences between two runs change sign from one rate to the next. Sound ones never
/// do: of 9000 pairs of passes the smallest has +0.7.
const CERTAIN: f64 = 4.0;

/// What is odd about a run beside those before it.
pub fn findings(run: &Joined, before: &[&Joined], reference: &Reference<'_>) -> Vec<Finding> {
    let find = |check, of: fn(&Joined, &Joined, &Reference<'_>) -> Option<String>| {
        let text = before.iter().find_map(|other| of(run, other, reference))?;
        Some(Finding {
            check,
            wrong: false,
            text,
        })
    };
    let copied = find(Check::Copies, copies)
        .or_else(|| find(Check::Copies, in_part))
        .or_else(|| find(Check::Copies, alike));
    let both = [copied, find(Check::Rates, exchanged)];
    both.into_iter().flatten().collect()
}

/// Conditions with the predictions of the other run, for every sample.
fn copies(run: &Joined, other: &Joined, reference: &Reference<'_>) -> Option<String> {
    let near = NEAR * (reference.range[1] - reference.range[0]);
    let shared = run.passes.iter().filter(|(key, pass)| {
        let equal = |other: &Vec<f32>| are_near(pass, other, near);
        key.2.rate() != Some(1.0) && varies(pass) && other.passes.get(*key).is_some_and(equal)
    });
    let shared: Vec<_> = shared.map(|(key, _)| key.2.to_string()).collect();
    let first = shared.first()?;
    let all = run
        .passes
        .keys()
        .filter(|key| key.2.rate() != Some(1.0))
        .count();
    let where_ = if shared.len() == all {
        "for every sample and condition".to_string()
    } else {
        format!(
            "for every sample at {} of {all} conditions, such as {first}",
            shared.len()
        )
    };
    let seeds = if run.model == other.model && run.seed != other.seed {
        "; had the training seed no effect, or was one file scored twice? Such seeds are one run, and deviations between them \
         mean nothing"
    } else {
        ""
    };
    let seeds = if shared.len() == all { seeds } else { "" };
    Some(format!(
        "{}: the predictions are those of {}, {where_}{seeds}",
        name(run),
        name(other)
    ))
}

/// Whether both are predictions of one model and seed, of which one replaces the other.
fn same_run(run: &Joined, other: &Joined) -> bool {
    run.model == other.model && run.seed == other.seed
}

/// Conditions at which some samples have exactly the predictions of the other run. Values that several samples share
/// do not count: models that have collapsed, or clip, meet in them.
fn in_part(run: &Joined, other: &Joined, reference: &Reference<'_>) -> Option<String> {
    if same_run(run, other) {
        return None;
    }
    let passes = run.passes.iter();
    let passes = passes.filter(|(key, pass)| key.2.rate() != Some(1.0) && varies(pass));
    let shared = passes.filter_map(|(key, pass)| {
        let samples = shared_samples(pass, other.passes.get(key)?)?;
        Some((key.2, pass, samples))
    });
    let shared: Vec<_> = shared.collect();
    let (condition, pass, samples) = shared.first()?;
    let (first, last) = (*samples.first()?, *samples.last()?);
    let count = samples.len();
    let which = if last - first + 1 == count {
        format!(
            "from `{}` to `{}`",
            reference.ids[first], reference.ids[last]
        )
    } else {
        format!("such as `{}` {}", reference.ids[first], pass[first])
    };
    let more = match shared.len() - 1 {
        0 => String::new(),
        more => format!(", and some at {more} more conditions"),
    };
    let samples = format!("condition {condition}: {count} samples, {which},");
    if samples_are_labels(pass, &shared[0].2, reference) {
        return Some(format!(
            "{} and {}, {samples} have exactly their labels as predictions in both{more}; others differ: were labels of the test \
             split written into gaps?",
            name(run),
            name(other)
        ));
    }
    let asked = "others differ: were gaps filled from another run, or parts of files joined, or are they means of few labels \
         (neighbors, trees)?";
    let strange = |run: &Joined| {
        let parts = shared
            .iter()
            .filter_map(|(condition, _, samples)| strange(run, *condition, samples));
        let parts: Vec<f64> = parts.collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64)
    };
    // The copies are those of the run whose own predictions at the next rate they do not follow.
    let (ours, theirs) = (strange(run), strange(other));
    let copied = ours.zip(theirs).and_then(|(ours, theirs)| {
        let [ours_only, theirs_only] =
            [(ours, theirs), (theirs, ours)].map(|(a, b)| a > STRANGE && a > STRANGE * b);
        if ours_only {
            Some((run, other))
        } else {
            theirs_only.then_some((other, run))
        }
    });
    Some(match copied {
        Some((copy, from)) => format!(
            "{}, {samples} have exactly the predictions of {}{more}, and not those that the next rate lets expect; {asked}",
            name(copy),
            name(from)
        ),
        None => format!(
            "{} and {}, {samples} have exactly the same predictions in both{more}; {asked}",
            name(run),
            name(other)
        ),
    })
}

/// Whether some samples are predicted exactly by their labels.
fn samples_are_labels(pass: &[f32], samples: &[usize], reference: &Reference<'_>) -> bool {
    let truth = reference.truth;
    samples.iter().all(|i| truth.get(*i) == Some(&pass[*i]))
}

/// How many times as much the predictions of some samples change to the next rate, or from the one before, as those of the
/// others.
fn strange(run: &Joined, condition: Condition, samples: &[usize]) -> Option<f64> {
    let chains = chains(run);
    let chain = chains
        .iter()
        .find(|chain| chain.iter().any(|pass| pass.key.2 == condition))?;
    let at = chain.iter().position(|pass| pass.key.2 == condition)?;
    let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    let beside = beside.filter_map(|i| chain.get(i).filter(|pass| pass.rate < 1.0));
    let ratios = beside.map(|pass| {
        let apart = |i: usize| f64::from((pass.values[i] - chain[at].values[i]).abs());
        let all: f64 = (0..pass.values.len()).map(apart).sum();
        let here: f64 = samples.iter().map(|i| apart(*i)).sum();
        let (count, others) = (
            samples.len() as f64,
            (pass.values.len() - samples.len()) as f64,
        );
        here / count / ((all - here) / others)
    });
    // Gaps may have been filled at the next rate as well.
    ratios.filter(|ratio| ratio.is_finite()).reduce(f64::max)
}

/// Samples with exactly the prediction of another run, where they are more than chance gives.
fn shared_samples(pass: &[f32], other: &[f32]) -> Option<Vec<usize>> {
    let equal = pass.iter().zip(other).filter(|(a, b)| a == b).count();
    if !(SHARED..pass.len()).contains(&equal) {
        return None;
    }
    let [ours, theirs] = [pass, other].map(|pass| counts(pass.iter().copied()));
    let rare = |p: f32| {
        let bits = (p + 0.0).to_bits();
        [&ours, &theirs].iter().all(|counts| counts[&bits] < SHARE)
    };
    let equal = |i: &usize| pass[*i] == other[*i] && rare(pass[*i]);
    let samples: Vec<usize> = (0..pass.len()).filter(equal).collect();
    // Rounded predictions meet by chance, as those of other samples of one run do.
    let rare = ours.values().filter(|count| **count < SHARE);
    let pairs: usize = rare.map(|count| count * (count - 1)).sum();
    let chance = pairs as f64 / pass.len() as f64;
    let many = samples.len() >= SHARED && samples.len() as f64 > CHANCE * chance;
    many.then_some(samples)
}

/// Two seeds of a model that follow each other as no two trained ones do.
fn alike(run: &Joined, other: &Joined, reference: &Reference<'_>) -> Option<String> {
    if run.model != other.model || same_run(run, other) {
        return None;
    }
    let least = SPAN * (reference.range[1] - reference.range[0]);
    let passes = run
        .passes
        .iter()
        .filter(|(key, _)| key.2.rate() != Some(1.0));
    let both = passes.filter_map(|(key, pass)| Some((pass, other.passes.get(key)?)));
    let wide = both.filter(|(a, b)| middle_half(a).min(middle_half(b)) > least);
    let all = wide.map(|(a, b)| correlation(a, b).unwrap_or(0.0));
    let lowest = all.min_by(f64::total_cmp).filter(|r| *r > ONE)?;
    Some(format!(
        "{}: the predictions follow those of {} with a correlation of {lowest:.5} or more at every condition, where trained \
         seeds have 0.97 at most: had the training seed no effect, or is one a copy of the other? Such seeds are one run, \
         and deviations between them mean nothing",
        name(run),
        name(other)
    ))
}

/// Two rates between which the differences of two runs change their signs.
fn exchanged(run: &Joined, other: &Joined, _: &Reference<'_>) -> Option<String> {
    let (ours, theirs) = (chains(run), chains(other));
    let same = ours
        .iter()
        .flat_map(|chain| chain.windows(2))
        .filter(|pair| pair[1].rate < 1.0);
    let theirs: Vec<_> = theirs.iter().flatten().collect();
    let mut turns = same.filter_map(|pair| {
        let [a, b] = [0, 1].map(|i| &pair[i]);
        let of = |key| {
            theirs
                .iter()
                .find(|pass| pass.key == key)
                .map(|pass| pass.values)
        };
        let (c, d) = (of(a.key)?, of(b.key)?);
        let n = c.len() as f64;
        let product = |i: usize| f64::from(a.values[i] - c[i]) * f64::from(b.values[i] - d[i]);
        let mean = (0..c.len()).map(product).sum::<f64>() / n;
        let squares = (0..c.len())
            .map(|i| (product(i) - mean).powi(2))
            .sum::<f64>();
        let errors = mean / (squares / n / (n - 1.0)).sqrt();
        (c.len() >= FEWEST && errors < -CERTAIN).then_some((a, b))
    });
    let (a, b) = turns.next()?;
    Some(format!(
        "{} and {}: where one predicts more than the other at rate {}, it predicts less at {}, for most samples: were \
         predictions of both exchanged at some rates?",
        name(run),
        name(other),
        a.key.2,
        b.key.2
    ))
}
