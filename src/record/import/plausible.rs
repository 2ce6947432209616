//! Looks for predictions that contradict the labels, the masks or each other, in a room for each subject; what is another
//! scale, one value or no order at all is found here.

mod beside;
mod blocks;
mod digits;
mod few;
mod gaps;
mod groups;
mod labels;
mod order;
mod rates;
mod runs;
mod sets;
mod statistics;
mod sums;
#[cfg(test)]
mod testing;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use rayon::prelude::*;

use super::error::{Error, Result};
use super::join::Joined;
use super::same_masks::SameMasks;
use statistics::{Moments, centered_ranks, correlation, exact, middle_half, precise};

/// Fewest samples whose correlation means something.
const FEWEST: usize = 30;

/// Fewest samples of which exact predictions mean something, as those of a fold may be.
const FEW: usize = 8;

/// Part of the label range by which sums in another order change a prediction at most.
const ROUNDING: f32 = 1e-5;

/// A check of predictions, by the name that `--allow` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Predictions far outside the label range.
    Range,
    /// Predictions in another scale or with another zero than the labels.
    Scale,
    /// Predictions that are class numbers.
    Classes,
    /// Predictions that are probabilities.
    Probabilities,
    /// One prediction for every sample.
    Constant,
    /// Predictions that have nothing to do with the labels, or the opposite sign.
    Order,
    /// Predictions that are the labels, or those of another condition or run.
    Copies,
    /// Predictions that are better where more is missing, or further apart where less differs.
    Rates,
}

impl Check {
    /// Every check with its name.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Range, "range"),
        (Self::Scale, "scale"),
        (Self::Classes, "classes"),
        (Self::Probabilities, "probabilities"),
        (Self::Constant, "constant"),
        (Self::Order, "order"),
        (Self::Copies, "copies"),
        (Self::Rates, "rates"),
    ];
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL[*self as usize].1)
    }
}

impl FromStr for Check {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text);
        let names = || Self::ALL.map(|(_, name)| name).join(", ");
        known
            .map(|(check, _)| *check)
            .ok_or_else(|| format!("expected one of {}, found `{text}`", names()))
    }
}

/// The labels that predictions are compared with.
pub(super) struct Reference<'a> {
    pub ids: &'a [String],
    pub truth: &'a [f32],
    /// Steps of every sample's text, audio and vision.
    pub lengths: [&'a [u32]; 3],
    /// Smallest and largest label that the data set can have.
    pub range: [f32; 2],
    /// Text, audio, vision of which no sample has a step.
    pub absent: [bool; 3],
    /// Masks of the test split.
    pub masks: &'a SameMasks,
    /// Labels of train.
    pub train: &'a [f32],
}

/// Processes that share a test split.
const PROCESSES: std::ops::Range<usize> = 2..9;

/// What a check found in one run.
struct Finding {
    check: Check,
    /// Whether the predictions are wrong beyond doubt.
    wrong: bool,
    text: String,
}

/// What is odd about the runs of a model, and which check leaves it out.
#[derive(Debug, PartialEq)]
pub(super) struct Doubt {
    pub model: String,
    pub text: String,
    check: Check,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; --allow {} silences this", self.text, self.check)
    }
}

/// Checks every run, also beside those that exist already. A finding that leaves a doubt is a warning, one of each kind for a model.
///
/// # Errors
/// [`Error::Implausible`] for predictions that cannot be in label units, unless allowed.
pub(super) fn check(
    file: &str,
    runs: &[Joined],
    existing: &[Joined],
    reference: &Reference<'_>,
    allowed: &[Check],
) -> Result<Vec<Doubt>> {
    // Seeds of one model tell of each other, whichever file they are from.
    let is_seed = |run: &&Joined| runs.iter().any(|new| new.model == run.model);
    let seeds: Vec<Joined> = runs
        .iter()
        .chain(existing.iter().filter(is_seed))
        .cloned()
        .collect();
    let mut found: BTreeMap<(String, Check), (Finding, usize)> = BTreeMap::new();
    let of_runs = runs.par_iter().enumerate().map(|(index, run)| {
        let before: Vec<&Joined> = runs[..index].iter().chain(existing).collect();
        of_run(run, &seeds, &before, reference)
    });
    for (run, of_run) in runs.iter().zip(of_runs.collect::<Vec<_>>()) {
        // What is wrong once may be seen by several checks of a kind.
        let mut kinds: BTreeSet<Check> = allowed.iter().copied().collect();
        for finding in of_run {
            if !kinds.insert(finding.check) {
                continue;
            }
            let known = found.entry((run.model.clone(), finding.check));
            known
                .and_modify(|(_, more)| *more += 1)
                .or_insert((finding, 0));
        }
    }
    let mut doubts = Vec::new();
    for ((model, _), (finding, more)) in found {
        let Finding { check, wrong, text } = finding;
        let more = match more {
            0 => String::new(),
            more => format!(" (and in {more} more runs)"),
        };
        let text = format!("{text}{more}");
        if wrong {
            return Err(Error::Implausible {
                file: file.to_string(),
                text,
                check: check.to_string(),
            });
        }
        doubts.push(Doubt { model, text, check });
    }
    Ok(doubts)
}

/// All that is found in one run, the likeliest explanation of a kind first.
fn of_run(
    run: &Joined,
    runs: &[Joined],
    before: &[&Joined],
    reference: &Reference<'_>,
) -> Vec<Finding> {
    let mut found = Vec::from_iter(order::orders::finding(run, reference));
    let shifted = order::shifted::finding(run, reference);
    let is_shifted = shifted.is_some();
    found.extend(shifted.or_else(|| order::video_shifts::finding(run, reference)));
    found.extend(beside::lengths::finding(run, reference));
    found.extend(runs::ranked::findings(run, runs));
    let own = units::stretched::finding(run, runs, reference)
        .or_else(|| beside::centered::finding(run, reference))
        .or_else(|| units::own_scale::finding(run, reference))
        .or_else(|| beside::smooth::running(run, reference));
    // Other orders leave traces of their batches as well.
    let is_order = found.iter().any(|finding| finding.check == Check::Order);
    let batched = || beside::batched::finding(run, runs, reference).filter(|_| !is_order);
    if let Some(own) = own.or_else(batched) {
        // Conditions in scales of their own have nothing to tell of each other, and means little; so have mixed batches.
        found.push(own);
        found.extend(runs::pairs::findings(run, before, reference));
        return found;
    }
    found.extend(labels::learned::findings(run, runs, reference));
    found.extend(findings(run, runs, reference));
    found.extend(sets::absent::finding(run, reference));
    found.extend(sets::unmasked::finding(run, reference));
    found.extend(sets::subsets::finding(run, runs, reference));
    let unmasked = rates::masked::unmasked(run, reference);
    found.extend(runs::means::finding(run, runs, reference));
    found.extend(units::seeds::finding(run, runs, reference));
    let mut rates = rates::between::findings(run, reference);
    if is_shifted {
        // A condition in another order is worse than its rate lets expect.
        rates.retain(|finding| finding.check != Check::Rates);
    }
    if let Some(unmasked) = unmasked {
        // Where masks were not applied, noise decides about the order of rates.
        rates.retain(|finding| finding.check != Check::Rates);
        found.extend(rates);
        found.push(unmasked);
        found.extend(runs::pairs::findings(run, before, reference));
        return found;
    }
    found.extend(rates);
    found.extend(rates::nothing::finding(run, reference));
    found.extend(runs::pairs::findings(run, before, reference));
    found.extend(blocks::within::findings(run, reference));
    found.extend(blocks::parts::finding(run, reference));
    found.extend(blocks::shards::findings(run, reference));
    found.extend(order::scrambled::finding(run, reference));
    found.extend(beside::smooth::finding(run, reference));
    found.extend(beside::state::finding(run, reference));
    found.extend(labels::signs::finding(run, reference));
    found.extend(gaps::averaged::finding(run, runs, reference));
    found.extend(gaps::borrowed::finding(run, runs, reference));
    found.extend(labels::fitted::of_videos(run, reference));
    found.extend(gaps::values::findings(run, reference));
    found.extend(digits::short::finding(run, reference));
    found.extend(digits::whole::finding(run, reference));
    found.extend(units::first::finding(run, reference));
    found.extend(labels::fitted::finding(run, runs, reference));
    found.extend(blocks::uneven::finding(run, reference));
    found.extend(rates::jumps::finding(run, reference));
    found.extend(gaps::filled::findings(run, runs, reference));
    // Changes under equal masks follow from most of what has a name of its own.
    let values = [
        Check::Range,
        Check::Classes,
        Check::Probabilities,
        Check::Constant,
    ];
    if found.iter().all(|finding| values.contains(&finding.check)) {
        found.extend(
            rates::masked::finding(run, reference)
                .or_else(|| rates::nothing::below_1(run, reference)),
        );
    }
    found.extend(runs::mixed::finding(run, runs, reference));
    found.extend(few::unlike(run, reference));
    found
}

/// Whether a run is found to be in another order: what rests on its predictions is no finding of other runs.
fn is_in_another_order(run: &Joined, reference: &Reference<'_>) -> bool {
    let is_order = |finding: &Finding| finding.check == Check::Order;
    order::orders::finding(run, reference).is_some()
        || correlated(&name(run), run, reference).is_some_and(|finding| is_order(&finding))
        || rates::between::findings(run, reference)
            .iter()
            .any(is_order)
        || blocks::parts::finding(run, reference).is_some_and(|finding| is_order(&finding))
}

/// The runs of the same model under other seeds.
fn other_seeds<'r>(run: &'r Joined, runs: &'r [Joined]) -> impl Iterator<Item = &'r Joined> {
    runs.iter()
        .filter(|other| other.model == run.model && other.seed != run.seed)
}

/// A run in messages.
fn name(run: &Joined) -> String {
    format!("{}, seed {}", run.model, run.seed)
}

fn findings(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Vec<Finding> {
    let what = name(run);
    let mut found: Vec<Finding> = [
        range(&what, run, reference),
        constant(&what, run, reference),
    ]
    .into_iter()
    .flatten()
    .collect();
    let scaled = || correlated(&what, run, reference).filter(|found| found.check == Check::Scale);
    let is_range = |found: &Finding| found.check == Check::Range && !found.wrong;
    if found.first().is_some_and(is_range)
        && let Some(scaled) = scaled()
    {
        // Predictions in another scale or around another zero are outside of the range for that reason.
        found[0] = scaled;
    }
    if found.is_empty() {
        let values = [
            digits::kinds::classes(&what, run, reference),
            digits::kinds::probabilities(&what, run, reference)
                .or_else(|| digits::kinds::unsigned(&what, run, reference)),
            digits::kinds::one_sided(&what, run),
            digits::bins::cut(&what, run)
                .or_else(|| digits::kinds::rounded(&what, run))
                .or_else(|| digits::bins::binned(&what, run)),
        ];
        found.extend(values.into_iter().flatten());
    }
    // Answers of one decimal may be in another scale or order as well.
    let are_classes = |found: &[Finding]| {
        let is_class = |found: &Finding| found.check == Check::Classes && !found.wrong;
        found.iter().all(is_class)
    };
    if are_classes(&found) {
        let of_model: Vec<&Joined> = runs.iter().filter(|r| r.model == run.model).collect();
        found.extend(units::scale::standardized(&what, run, &of_model, reference));
    }
    if found.is_empty() {
        found.extend(units::scale::clipped(&what, run, reference));
    }
    if are_classes(&found) {
        found.extend(correlated(&what, run, reference));
    }
    found
}

fn all(run: &Joined) -> impl Iterator<Item = f32> {
    run.passes.values().flatten().copied()
}

/// Predictions more than half the range beyond its ends. Where that is more than half of a pass, they are in
/// another scale.
fn range(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let [low, high] = reference.range;
    let margin = (high - low) / 2.0;
    let outside = |p: &f32| *p < low - margin || *p > high + margin;
    let count = |pass: &Vec<f32>| pass.iter().filter(|p| outside(p)).count();
    let (key, pass) = run.passes.iter().max_by_key(|(_, pass)| count(pass))?;
    let (count, total) = (count(pass), pass.len());
    let samples = reference.ids.iter().zip(pass).filter(|(_, p)| outside(p));
    let named: Vec<String> = samples
        .take(3)
        .map(|(id, p)| format!("`{id}` {p}"))
        .collect();
    (count > 0).then(|| Finding {
        check: Check::Range,
        wrong: 2 * count > total,
        text: format!(
            "{what}, condition {}: {count} of {total} predictions are far outside the label range {low} to \
             {high}, such as {}; predictions must be in label units, not in another scale such as percent",
            key.2,
            named.join(", ")
        ),
    })
}

/// One value for every sample, but for rounding, of a condition that leaves something to predict from.
fn constant(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let complete = reference.truth.iter().any(|t| *t != reference.truth[0]);
    let near = ROUNDING * (reference.range[1] - reference.range[0]);
    let same = |pass: &Vec<f32>| pass.len() > 1 && pass.iter().all(|p| (p - pass[0]).abs() <= near);
    let left = |rates: [f64; 3]| rates.iter().any(|rate| *rate < 1.0);
    let mut passes = run.passes.iter().filter(|(key, _)| left(key.2.rates()));
    let (key, pass) = passes.find(|(_, pass)| same(pass))?;
    complete.then(|| Finding {
        check: Check::Constant,
        wrong: false,
        text: format!(
            "{what}, condition {}: the prediction is {} for every sample",
            key.2, pass[0]
        ),
    })
}

/// Rates up to which predictions that run against the labels, or have nothing to do with them, are no weak model's. Of 132
/// sound evaluations on CMU-MOSI none has a correlation below 11 standard errors at 0.1, and below 7 at 0.6.
const AGAINST: f64 = 0.6;
const NOTHING: f64 = 0.3;

/// Scale, zero and order by the correlation with the labels, under the condition that leaves most.
fn correlated(what: &str, run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let removed = |rates: [f64; 3]| rates.iter().sum::<f64>();
    let mut passes: Vec<_> = run.passes.iter().collect();
    passes.sort_by(|a, b| removed(a.0.2.rates()).total_cmp(&removed(b.0.2.rates())));
    let (key, pass) = passes.first()?;
    let n = pass.len();
    let doubtful = |check, text| Finding {
        check,
        wrong: false,
        text: format!("{what}, condition {}: {text}", key.2),
    };
    let complete = removed(key.2.rates()) == 0.0;
    let whose = if complete {
        " for complete samples"
    } else {
        ""
    };
    let at_most = |limit: f64| key.2.rates().iter().all(|rate| *rate <= limit);
    if n < FEWEST {
        let found = few::correlated(pass, reference, at_most(AGAINST));
        return found.map(|(check, text)| doubtful(check, text));
    }
    let r = correlation(pass, reference.truth)?;
    let chance = 2.0 / (n as f64).sqrt();
    if let Some(text) = units::scale::of_pass(pass, reference, r, complete) {
        Some(doubtful(Check::Scale, text))
    } else if r < -chance && at_most(AGAINST) {
        let text = format!("predictions{whose} run against the labels (correlation {r:.2})");
        Some(doubtful(Check::Order, text))
    } else if r < chance && at_most(NOTHING) {
        let text = format!(
            "predictions{whose} have nothing to do with the labels (correlation {r:.2} over {n} \
             samples): were samples shuffled after their ids were taken?"
        );
        Some(doubtful(Check::Order, text))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
