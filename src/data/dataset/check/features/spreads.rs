//! Compares the scale of features between splits, and of samples within one.

use std::collections::BTreeMap;

use super::by_sample::{all_by_sample, padded_form};
use super::over_samples::mixed_columns;
use super::own_scale::Own;
use super::structure;
use crate::data::dataset::check::Samples;
use crate::data::dataset::details::Details;
use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::scale::median;
use crate::data::dataset::spread::{Spread, varies};

/// Frames of a split in which every dimension of features varies, and part of the dimensions that do not from
/// which a warning is given.
const MANY_FRAMES: u64 = 500;
const PART: f64 = 0.1;

/// The same of a smaller split, in which dimensions may not vary by chance.
const SOME_FRAMES: u64 = 100;
const LARGE_PART: f64 = 0.4;

/// Fewer frames or dimensions show nothing about a split.
const FRAMES: u64 = 30;
const DIMENSIONS: usize = 3;

/// Ratio of deviations, and distance of means in deviations, that the median dimension of two splits does not
/// have unless they were scaled apart. In folds of ICT-MMMO with 16 validation samples they are up to 1.3 and 0.3.
const RATIO: f64 = 2.5;
const DISTANCE: f64 = 2.0;

/// Ratio of deviations that dimensions do not have in common by chance, and the part of its logarithm by which half
/// of them may differ from it.
const COMMON: f64 = 1.5;
const COMMON_WITHIN: f64 = 0.25;

/// A value beyond this is no feature.
const ABSURD: f32 = 1e12;

/// A value beyond this, and so many times the usual largest value of a sample, is none either.
const LARGE: f32 = 1e4;
const TIMES: f32 = 1e4;

/// Finds splits whose features have another scale than those of train, in most dimensions.
pub fn spreads(
    plans: &[Plan<'_>],
    spreads: &BTreeMap<String, Spread>,
    details: &BTreeMap<String, Details>,
) -> Vec<String> {
    let mut warnings = fitted_on_all(plans, spreads);
    let mixed = mixed_columns(plans, details);
    let of = |split: &str, column: &str| spreads.get(&format!("{split}/{column}"));
    let Some(train) = plans.first() else {
        return warnings;
    };
    for plan in plans
        .iter()
        .skip(1)
        .filter(|plan| plan.official().is_some())
    {
        for column in ["text", "audio", "vision"] {
            let (Some(a), Some(b)) = (of(train.split(), column), of(plan.split(), column)) else {
                continue;
            };
            let names = [train.split(), plan.split()];
            if let Some(text) = constant(names, column, [a, b]) {
                warnings.push(format!("{text} (first sample: {})", plan.ids[0]));
            }
            let both = names.map(|split| details.get(&format!("{split}/{column}")));
            let own = Own::of(b).filter(|_| !all_by_sample(&both));
            if let Some(own) = &own {
                warnings.push(format!(
                    "{}: {column} has {} (first: {}): scaled by the split's own values, or each \
                     video by its own? Those of {} belong there: --standardize takes them",
                    plan.split(),
                    own.describe(),
                    plan.ids[0],
                    train.split()
                ));
            }
            let scaled = Difference::of(a, b).filter(Difference::is_unusual);
            let found = match (&scaled, structure::signs(column, a, b)) {
                (_, Some(signs)) => vec![signs],
                (Some(difference), _) => vec![difference.describe(column, train.split())],
                // What else differs may come of the scale, or of the samples beside.
                _ if own.is_some()
                    || mixed.iter().any(|(other, ..)| *other == column)
                    || both
                        .into_iter()
                        .flatten()
                        .any(|one| padded_form(one).is_some()) =>
                {
                    Vec::new()
                }
                _ => structure::differences(column, a, b),
            };
            let (split, first) = (plan.split(), &plan.ids[0]);
            let found = found.into_iter();
            warnings.extend(found.map(|what| format!("{split}: {what} (first: {first})")));
        }
    }
    warnings
}

/// Columns whose dimensions have a statistic in common, such as the mean 0, or ends at 0 and 1, over all splits together and
/// in none by itself: what belongs to the test split went into the scale of all.
fn fitted_on_all(plans: &[Plan<'_>], spreads: &BTreeMap<String, Spread>) -> Vec<String> {
    let official: Vec<&Plan<'_>> = plans
        .iter()
        .filter(|plan| plan.official().is_some())
        .collect();
    let found = ["text", "audio", "vision"].into_iter().filter_map(|column| {
        let each = official.iter().map(|plan| spreads.get(&format!("{}/{column}", plan.split())));
        let each = each.collect::<Option<Vec<&Spread>>>()?;
        let are_whole = official.iter().all(|plan| Spread::is_whole(plan.rows()));
        let is_own = each.iter().any(|spread| Own::of(spread).is_some());
        let own = Own::of(&Spread::joined(&each)).filter(|_| are_whole && !is_own)?;
        Some(format!(
            "all splits together have {} of {column}, and no split by itself (first: {}): was a \
             scale or a PCA fitted on the test split too? Fit it on {} alone; --standardize does",
            own.describe(),
            official[0].ids[0],
            official[0].split()
        ))
    });
    found.collect()
}

/// Dimensions that vary in one split and are constant in the other.
fn constant(names: [&str; 2], column: &str, [a, b]: [&Spread; 2]) -> Option<String> {
    let part = match a.frames().min(b.frames()) {
        MANY_FRAMES.. => PART,
        SOME_FRAMES.. => LARGE_PART,
        _ => return None,
    };
    let (a, b) = (a.moments(), b.moments());
    let pairs = a.iter().zip(&b).enumerate();
    let pairs = pairs.filter(|(_, (a, b))| varies(**a) != varies(**b));
    let found: Vec<(usize, bool)> = pairs.map(|(at, (a, _))| (at, varies(*a))).collect();
    let (first, in_train) = found.first()?;
    let still = names[usize::from(*in_train)];
    (found.len() as f64 >= part * a.len() as f64).then(|| {
        format!(
            "{}: {} of {} dimensions of {column} vary in one of {} and {} and are constant in the other, such as \
             dimension {first}, constant in {still}",
            names[1],
            found.len(),
            a.len(),
            names[0],
            names[1],
        )
    })
}

/// How the features of two splits differ.
struct Difference {
    /// Median over dimensions of the deviation of the second as a multiple of that of the first.
    ratio: f64,
    /// The same of the distance of means, in units of the smaller deviation.
    distance: f64,
    /// The dimensions have this ratio in common.
    is_common: bool,
}

impl Difference {
    fn of(a: &Spread, b: &Spread) -> Option<Self> {
        if a.frames() < FRAMES || b.frames() < FRAMES {
            return None;
        }
        let (a, b) = (a.moments(), b.moments());
        let pairs = a.iter().zip(&b).filter(|(a, b)| a.1 > 0.0 && b.1 > 0.0);
        let (mut ratios, mut distances): (Vec<f64>, Vec<f64>) = pairs
            .map(|(a, b)| (b.1 / a.1, (b.0 - a.0).abs() / a.1.min(b.1)))
            .unzip();
        if ratios.len() < DIMENSIONS {
            return None;
        }
        let ratio = median(&mut ratios);
        let off = ratios.iter().map(|other| (other / ratio).ln().abs());
        let (off, size) = (median(&mut off.collect::<Vec<_>>()), ratio.ln().abs());
        Some(Self {
            ratio,
            distance: median(&mut distances),
            is_common: size > COMMON.ln() && off < COMMON_WITHIN * size,
        })
    }

    fn is_unusual(&self) -> bool {
        self.is_common || self.ratio.max(1.0 / self.ratio) > RATIO || self.distance > DISTANCE
    }

    fn describe(&self, column: &str, train: &str) -> String {
        let shown = if (0.01..1000.0).contains(&self.ratio) {
            format!("{:.2}", self.ratio)
        } else {
            format!("{:.1e}", self.ratio)
        };
        format!(
            "the deviation of {column} is {shown} times that in {train}, and means are {:.1} deviations apart (medians \
             over its dimensions): was one split standardized or scaled and the other not?",
            self.distance
        )
    }
}

/// Finds finite values that are too large for any feature.
pub fn large(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans {
        for column in ["text", "audio", "vision"] {
            let Some(all) = profiles.of(plan.split(), column) else {
                continue;
            };
            let usual = usual(all);
            let shown = if usual > LARGE {
                format!("{usual:e}")
            } else {
                usual.to_string()
            };
            let (mut samples, mut largest) = (Samples::default(), 0.0_f32);
            for (profile, id) in all.iter().zip(&plan.ids) {
                let size = profile.largest;
                if size > ABSURD || (size > LARGE && size > TIMES * usual) {
                    samples.add(id);
                    largest = largest.max(size);
                }
            }
            let fault = format!(
                "whose {column} has values up to {largest:e}, where the largest value of a sample is usually \
                 {shown}: finite, but no feature"
            );
            warnings.extend(samples.describe(plan.split(), &fault));
        }
    }
    warnings
}

/// The median of the samples' largest values.
fn usual(all: &[Profile]) -> f32 {
    let mut sizes: Vec<f32> = all.iter().map(|profile| profile.largest).collect();
    sizes.retain(|size| *size > 0.0);
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}
