//! Compares how large samples are with their numbers of tokens: one vector a sample that is larger the more is said is a mean
//! over padding, or a sum; dimensions that end where tokens do are steps.

use std::collections::BTreeMap;

use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Rank correlation with the number of tokens, and its standard errors. Means over frames of CMU-MOSI, CH-SIMS and ICT-MMMO
/// have 0.30 at most, those over padding 0.60 to 0.90 but in ICT-MMMO.
const FOLLOWS: f64 = 0.55;
const CERTAIN: f64 = 6.0;

/// Part of the samples whose last dimensions are zero.
const MOST: f64 = 0.5;

/// Splits of which a modality is as large as its samples are long.
pub fn extents(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let tokens: Vec<f64> = plan.lengths.text.iter().map(|n| f64::from(*n)).collect();
        let follows = |values: &[f64]| {
            let relation = Relation::of_ranks(values, &tokens)?;
            (relation.correlation > FOLLOWS && relation.errors() > CERTAIN)
                .then_some(relation.correlation)
        };
        for column in ["audio", "vision"] {
            let (Some(own), Some(features)) = (
                details.get(&format!("{}/{column}", plan.split())),
                plan.features_of(column),
            ) else {
                continue;
            };
            let (split, first) = (plan.split(), &plan.ids[0]);
            if features.steps == 1 {
                warnings.extend(follows(&own.extents.sizes).map(|r| {
                    format!(
                        "{split}: the vectors of {column} are larger the more tokens a sample has (rank correlation {r:.2}; \
                         first: {first}): a mean over padded frames, or a sum? Divide by the number of frames"
                    )
                }));
                continue;
            }
            let ends: Vec<f64> = own.extents.dimensions.iter().map(|n| *n as f64).collect();
            let short = ends
                .iter()
                .filter(|end| **end < features.width as f64)
                .count();
            let follows = follows(&ends).filter(|_| short as f64 >= MOST * ends.len() as f64);
            warnings.extend(follows.map(|r| {
                format!(
                    "{split}: the last dimensions of {column} are zero in {short} of {} samples, and end where tokens do (rank \
                     correlation {r:.2}; first: {first}): steps in the place of features? Write arrays of shape (N, T, d): \
                     x.transpose(0, 2, 1)",
                    ends.len()
                )
            }));
        }
    }
    warnings
}
