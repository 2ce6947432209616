//! Looks for predictions that belong to other samples of the same video, or of the same batch: means of videos follow the
//! labels, and within each of them nothing does.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, Finding, Reference, centered_ranks, groups, name};

/// Fewest samples whose correlations are compared, and highest rate: a weak model follows little where much is missing.
const SAMPLES: usize = 200;
const RATE: f64 = 0.3;

/// Rank correlations with the labels, of means and of what is beyond them, and standard errors between the two. Of 120 sound
/// passes on CMU-MOSI up to rate 0.3 none has less than 0.31 within videos or batches.
const BETWEEN: f64 = 0.5;
const WITHIN: f64 = 0.12;
const CERTAIN: f64 = 4.5;

/// Videos or batches in which predictions follow nothing, under the condition that leaves most.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let removed = |rates: [f64; 3]| rates.iter().sum::<f64>();
    let passes = run.passes.iter();
    let (key, pass) =
        passes.min_by(|a, b| removed(a.0.2.rates()).total_cmp(&removed(b.0.2.rates())))?;
    if pass.len() < SAMPLES || key.2.rates().iter().any(|rate| *rate > RATE) {
        return None;
    }
    let (p, t) = (centered_ranks(pass), centered_ranks(reference.truth));
    let all = groups::of(reference.ids);
    let mut all = all.iter();
    let (what, [between, within]) =
        all.find_map(|(what, groups)| Some((what, correlations(groups, &p, &t)?)))?;
    let rank = |i: &usize| (p[*i] - t[*i]).abs();
    let far = (0..pass.len()).max_by(|a, b| rank(a).total_cmp(&rank(b)))?;
    Some(Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: the mean prediction of each {what} follows the mean label (rank correlation {between:.2}), but \
             within each {what} predictions have nothing to do with the labels ({within:.2}): were they put in another order \
             there, as by sorting or shuffling, such as `{}` {}, label {}?",
            name(run),
            key.2,
            reference.ids[far],
            pass[far],
            reference.truth[far]
        ),
    })
}

/// Correlations of means and within groups, where they are odd.
fn correlations(groups: &groups::Groups, p: &[f64], t: &[f64]) -> Option<[f64; 2]> {
    let (mut between, mut within) = (Sums::default(), Sums::default());
    for group in groups {
        let [x, y] =
            [p, t].map(|all| group.iter().map(|at| all[*at]).sum::<f64>() / group.len() as f64);
        // Ranks are around 0, and so are means that are weighted by the samples they stand for.
        between.add(x, y, group.len() as f64);
        group
            .iter()
            .for_each(|at| within.add(p[*at] - x, t[*at] - y, 1.0));
    }
    let count = groups.len() as f64;
    let free = groups.iter().map(|group| group.len() - 1).sum::<usize>() as f64;
    let (high, low) = (between.correlation()?, within.correlation()?);
    let error = (1.0 / (count - 3.0) + 1.0 / (free - 2.0)).sqrt();
    let errors = (high.atanh() - low.atanh()) / error;
    let least = WITHIN.min(2.0 / free.sqrt());
    (high > BETWEEN && low < least && errors > CERTAIN).then_some([high, low])
}

/// Sums of squares and products.
#[derive(Default)]
struct Sums([f64; 3]);

impl Sums {
    fn add(&mut self, x: f64, y: f64, weight: f64) {
        let Self([xx, yy, xy]) = self;
        *xx += weight * x * x;
        *yy += weight * y * y;
        *xy += weight * x * y;
    }

    fn correlation(&self) -> Option<f64> {
        let Self([xx, yy, xy]) = self;
        let r = xy / (xx * yy).sqrt();
        r.is_finite().then_some(r.clamp(-0.999, 0.999))
    }
}
