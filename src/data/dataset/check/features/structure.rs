//! Compares what the features of splits are like, beyond their scale: which dimension is which, the kinds of
//! values, and how frames follow each other.

use std::collections::BTreeMap;

use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spread::{Kinds, Spread, varies};

/// Frames of each split without which nothing is compared.
const FRAMES: u64 = 100;

/// Least correlation of the signatures of two halves of train, and greatest of those of two splits whose dimensions
/// are not the same, less its errors. In ICT-MMMO and in the audio and vision of CMU-MOSI the latter is 0.69 to 1.
const HALVES: f64 = 0.75;
const SPLITS: f64 = 0.5;
const ERRORS: f64 = 2.5;

/// Distance of the means of one dimension, in units of the larger deviation: at most 0.7 in these data.
const DISTANCE: f64 = 1.5;

/// Ratio of the deviations of one dimension in two splits, and the one between halves of each split up to which its
/// deviation is known. In these data the former is at most 3.4 where the latter holds; rare events in a few frames give
/// up to 350 without. The mean absolute value has the same ratio, to a factor, unless such events make it.
const UNIT: f64 = 10.0;
const KNOWN: f64 = 1.5;
const ALIKE: f64 = 2.0;

/// Part of values of a kind that another split does not lack by chance.
const PART: f64 = 0.05;

/// Correlation of consecutive frames, and what is left of it where frames are in another order.
const STEADY: f64 = 0.3;
const UNSTEADY: f64 = 0.2;

/// Difference of the parts of frames that are zero.
const GAPS: f64 = 0.25;

/// Part of the frames, and their number, that are a mark rather than features; above the second part all are alike.
const MARKS: f64 = 0.002;
const MARKED: u64 = 10;
const ALL: f64 = 0.9;

/// Finds marks of missing frames, and features most of which are constant.
pub fn marks(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        for column in ["text", "audio", "vision"] {
            let spread = spreads.get(&format!("{}/{column}", plan.split()));
            let Some(spread) = spread.filter(|spread| spread.frames() >= FRAMES) else {
                continue;
            };
            let found = [uniform(column, spread), still(column, spread)];
            let (split, first) = (plan.split(), &plan.ids[0]);
            let found = found.into_iter().flatten();
            warnings.extend(found.map(|what| format!("{split}: {what} (first: {first})")));
        }
    }
    warnings
}

/// Features that have negative values in one split alone.
pub fn signs(column: &str, train: &Spread, other: &Spread) -> Option<String> {
    Both::of(column, train, other)?.lacks("negative", |kinds| kinds.negative)
}

/// How the features of a split, which have the signs and scale of those of train, are of another make.
pub fn differences(column: &str, train: &Spread, other: &Spread) -> Vec<String> {
    let Some(both) = Both::of(column, train, other) else {
        return Vec::new();
    };
    let found = [
        both.dimensions(),
        both.lacks("beyond 1 or -1", |kinds| kinds.beyond_one),
        both.rounded(),
        both.order(),
        both.gaps(),
    ];
    found.into_iter().flatten().collect()
}

/// Dimensions that are constant, half of all or more.
fn still(column: &str, spread: &Spread) -> Option<String> {
    let moments = spread.moments();
    let still = moments.iter().filter(|one| !varies(**one)).count();
    let all = moments.len();
    (2 * still >= all && still < all)
        .then(|| format!("{still} of {all} dimensions of {column} are constant"))
}

/// Frames that have one value in all dimensions, as code writes where nothing was found.
fn uniform(column: &str, spread: &Spread) -> Option<String> {
    let (value, count) = spread.uniform()?;
    let part = count as f64 / spread.frames() as f64;
    (count >= MARKED && (MARKS..ALL).contains(&part)).then(|| {
        format!(
            "{} of the frames of {column} are {value} in every dimension: a mark of missing frames? They are read as \
             features; write zeros",
            percent(part)
        )
    })
}

/// A column of train and of another split.
struct Both<'s> {
    column: &'s str,
    train: &'s Spread,
    other: &'s Spread,
}

impl<'s> Both<'s> {
    fn of(column: &'s str, train: &'s Spread, other: &'s Spread) -> Option<Self> {
        (train.frames().min(other.frames()) >= FRAMES).then_some(Self {
            column,
            train,
            other,
        })
    }

    /// Dimensions that are alike in two halves of train and not in the other split; else single ones with means far
    /// apart.
    fn dimensions(&self) -> Option<String> {
        let far = self.far();
        let mut all = [self.train.signature(), self.other.signature()];
        for signature in &mut all {
            for at in &far {
                signature.levels[*at] = f64::NAN;
                signature.scales[*at] = f64::NAN;
            }
        }
        let ([a, b], [all, other]) = (self.train.halves(), all);
        let signatures = [
            ("means", &a.levels, &b.levels, &all.levels, &other.levels),
            (
                "deviations",
                &a.scales,
                &b.scales,
                &all.scales,
                &other.scales,
            ),
            (
                "correlations with neighbors",
                &a.links,
                &b.links,
                &all.links,
                &other.links,
            ),
        ];
        let found = signatures.into_iter().find_map(|(what, a, b, all, other)| {
            let halves = Relation::of(a, b, 0)?;
            let splits = Relation::of(all, other, 0)?;
            let differ = halves.correlation >= HALVES && splits.is_below(SPLITS, ERRORS);
            differ.then(|| {
                format!(
                    "the dimensions of {} are not those of train: their {what} have a correlation of {:.2} with those \
                     of train, two halves of train of {:.2}: dimensions in another order, another sign, another \
                     extractor?",
                    self.column, splits.correlation, halves.correlation
                )
            })
        });
        found.or_else(|| self.distant(&far)).or_else(|| self.unit())
    }

    /// Dimensions with means far apart.
    fn far(&self) -> Vec<usize> {
        let (train, other) = (self.train.moments(), self.other.moments());
        let pairs = train.iter().zip(&other).enumerate();
        let far = pairs.filter(|(_, (a, b))| {
            let (varied, deviation) = (varies(**a) && varies(**b), a.1.max(b.1));
            varied && (a.0 - b.0).abs() > DISTANCE * deviation
        });
        far.map(|(at, _)| at).collect()
    }

    fn distant(&self, far: &[usize]) -> Option<String> {
        let (train, other) = (self.train.moments(), self.other.moments());
        let at = *far.first()?;
        Some(format!(
            "{} of {} dimensions of {} have means far from those of train, such as dimension {at}: {:.3} and {:.3}: \
             another unit?",
            far.len(),
            train.len(),
            self.column,
            other[at].0,
            train[at].0
        ))
    }

    /// Dimensions with another deviation: of degrees and radians, of milliseconds and seconds.
    fn unit(&self) -> Option<String> {
        let (train, other) = (self.train.signature(), self.other.signature());
        let halves = [self.train.halves(), self.other.halves()];
        let is_known = |at: usize| {
            let mut apart = halves
                .iter()
                .map(|[a, b]| (a.scales[at] - b.scales[at]).abs());
            apart.all(|apart| apart < KNOWN.ln())
        };
        let all = train.scales.len();
        let sizes = [self.train.sizes(), self.other.sizes()];
        let is_unit = |at: usize| {
            let ratio = other.scales[at] - train.scales[at];
            let sizes = (sizes[1][at] / sizes[0][at]).ln();
            ratio.abs() > UNIT.ln() && (ratio - sizes).abs() < ALIKE.ln()
        };
        let found: Vec<usize> = (0..all)
            .filter(|at| is_unit(*at))
            .filter(|at| is_known(*at))
            .collect();
        let at = *found.first()?;
        let [own, there] = [&self.train, &self.other].map(|spread| spread.moments()[at].1);
        Some(format!(
            "the deviation of {} of {all} dimensions of {} is far from that in train, such as dimension {at} (from 0): \
             {there:.3} and {own:.3}: another unit?",
            found.len(),
            self.column
        ))
    }

    /// Fractions that one of both splits lacks, or decimals beyond two.
    fn rounded(&self) -> Option<String> {
        let whole = self.lacks("no whole numbers", |kinds| kinds.values - kinds.whole);
        let hundredths = |kinds: &Kinds| kinds.values - kinds.hundredths;
        whole.or_else(|| self.lacks("no multiples of 0.01", hundredths))
    }

    /// Kinds of values that one of both splits lacks.
    fn lacks(&self, what: &str, count: fn(&Kinds) -> u64) -> Option<String> {
        let part = |kinds: &Kinds| count(kinds) as f64 / kinds.values.max(1) as f64;
        let (own, there) = (part(&self.train.kinds), part(&self.other.kinds));
        (own.min(there) == 0.0 && own.max(there) > PART).then(|| {
            format!(
                "{} of the values of {} are {what}, in train {}: was one split transformed?",
                percent(there),
                self.column,
                percent(own)
            )
        })
    }

    /// Frames that follow each other in one split alone.
    fn order(&self) -> Option<String> {
        let (own, there) = (self.train.steadiness()?, self.other.steadiness()?);
        (own.max(there) >= STEADY && own.min(there) < UNSTEADY * own.max(there)).then(|| {
            format!(
                "consecutive frames of {} have a correlation of {there:.2}, in train of {own:.2}: frames in another \
                 order, or noise?",
                self.column
            )
        })
    }

    /// Frames of zeros within samples, many in one split alone.
    fn gaps(&self) -> Option<String> {
        let (own, there) = (self.train.gaps(), self.other.gaps());
        ((own - there).abs() > GAPS).then(|| {
            format!(
                "{} of the frames of {} within samples are zero, in train {}",
                percent(there),
                self.column,
                percent(own)
            )
        })
    }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}
