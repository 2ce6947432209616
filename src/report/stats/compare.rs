//! Compares rows with the reference: intervals, p-values for models, and permutations of samples.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Summary;
use super::comparison::{Comparison, Family, Pairing, Reference, Test, TestPlan, TestResult};
use super::inference::Spread;
use super::pairs::{Pairs, pairs};
use super::permute::{Permutations, p_value};
use super::predicted::{PredictedRow, PseudoValues};
use crate::metric::{Metric, Sums};
use crate::report::error::Result;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;

/// Tests all rows of a section against the row at this position. Metrics that the section does not show
/// are tested too, so that corrected p-values do not depend on what is shown; permutations, which are not
/// corrected, are made for shown ones alone.
///
/// # Errors
/// If predictions cannot be read again.
pub fn compare(section: &Section, reference: usize, plan: TestPlan) -> Result<Comparison> {
    let rows = section.rows.par_iter();
    let rows: Result<Vec<PredictedRow>> = rows.map(|r| PredictedRow::new(section, r)).collect();
    let rows = rows?;
    let samples = rows[reference].samples.values().next();
    let shared = Shared {
        section,
        reference,
        aggregates: Aggregate::all(&section.conditions),
        permutations: Permutations::new(plan.permutations, samples.map_or(0, |s| s.ids.len())),
        rows: &rows,
        plan: &plan,
    };
    let held = |index: &usize| *index != reference && !section.rows[*index].baseline;
    let paired = (0..rows.len()).filter(held);
    let paired: BTreeMap<usize, _> = paired
        .map(|index| (index, pairs(&rows[index], &rows[reference])))
        .collect();
    let metrics = tested(section, &plan);
    let results = metrics
        .into_par_iter()
        .map(|(metric, sums)| shared.metric(metric, sums, &paired));
    let results = results.flatten_iter().collect();
    let pairings = paired.into_iter().map(|(index, found)| {
        let pairing = found.map_or_else(Pairing::Unpaired, |pairs| pairs.pairing);
        (index, pairing)
    });
    let row = &section.rows[reference];
    Ok(Comparison {
        reference: Reference {
            label: row.label.clone(),
            model: row.model.clone(),
            runs: row.ids.clone(),
            seeds: row.runs.len(),
            row: Some(reference),
        },
        pairings: pairings.collect(),
        family_size: 0,
        results,
        plan,
    })
}

/// The metrics to test: those that are functions of sums.
fn tested(section: &Section, plan: &TestPlan) -> Vec<(&'static Metric, Sums)> {
    let protocol = section.protocol;
    let extras = protocol.extras.iter().filter(|_| plan.extras);
    let all = protocol.metrics.iter().chain(extras);
    all.filter_map(|m| Some((m, m.sums?))).collect()
}

/// What all comparisons of a section share.
struct Shared<'a> {
    section: &'a Section,
    reference: usize,
    aggregates: Vec<Aggregate>,
    permutations: Permutations,
    rows: &'a [PredictedRow],
    plan: &'a TestPlan,
}

/// A row, a metric and an aggregate with their result.
type Entry = ((usize, &'static str, String), TestResult);

impl Shared<'_> {
    /// All results of a metric.
    fn metric(
        &self,
        metric: &'static Metric,
        sums: Sums,
        paired: &BTreeMap<usize, std::result::Result<Pairs, &'static str>>,
    ) -> Vec<Entry> {
        let reference = self.rows[self.reference].pseudo_values(metric.name, sums);
        let shown = self.section.metrics.iter().any(|m| m.name == metric.name);
        let one = |(index, row): (usize, &PredictedRow)| {
            let own = row.pseudo_values(metric.name, sums);
            let pairs = paired.get(&index).and_then(|found| found.as_ref().ok());
            // A p of some seeds would be of another difference than that of all.
            let permuted = pairs
                .filter(|pairs| shown && pairs.has_all(row, &self.rows[self.reference]))
                .map(|p| self.permuted(row, (metric.name, sums), p));
            let aggregates = self.aggregates.iter();
            let results = aggregates.map(|aggregate| {
                let numbers = Numbers {
                    aggregate,
                    own: number(&self.section.rows[index], metric, aggregate, &own),
                    reference: pairs.and_then(|_| {
                        let row = &self.section.rows[self.reference];
                        number(row, metric, aggregate, &reference)
                    }),
                };
                let result = TestResult {
                    interval: numbers.interval(metric.range),
                    test: numbers.test(self.family(metric, aggregate), permuted.as_ref()),
                };
                ((index, metric.name, aggregate.name()), result)
            });
            results.collect::<Vec<Entry>>()
        };
        let rows = self.rows.par_iter().enumerate();
        rows.map(one).flatten_iter().collect()
    }

    fn permuted(
        &self,
        row: &PredictedRow,
        (metric, sums): (&str, Sums),
        pairs: &Pairs,
    ) -> Permuted {
        let conditions = &pairs.conditions;
        let a = row.terms(metric, sums, &pairs.own, conditions);
        let b = self.rows[self.reference].terms(metric, sums, &pairs.theirs, conditions);
        let gaps = a.observed().into_iter().zip(b.observed());
        Permuted {
            observed: gaps.map(|(a, b)| a - b).collect(),
            permuted: self.permutations.differences(&a, &b),
            pairs: pairs.clone(),
        }
    }

    fn family(&self, metric: &Metric, aggregate: &Aggregate) -> Family {
        let mean = Aggregate::overall(&self.section.conditions);
        let usual = self.section.protocol.metrics.iter();
        if self.plan.primary == Some(metric.name) && *aggregate == mean {
            Family::Primary
        } else if usual.map(|m| m.name).any(|name| name == metric.name) {
            Family::Usual
        } else {
            Family::Extra
        }
    }
}

/// A number over its seeds, with its pseudo-values.
pub(super) type Number = (Summary, Vec<f64>);

/// `None` where the row was not evaluated or the metric is undefined.
pub(super) fn number(
    row: &ModelRow,
    metric: &Metric,
    aggregate: &Aggregate,
    values: &PseudoValues,
) -> Option<Number> {
    match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Known(summary) => Some((summary, values.of(aggregate)?)),
        _ => None,
    }
}

/// A number of a row, and that of the reference where they can be compared.
pub(super) struct Numbers<'a> {
    pub aggregate: &'a Aggregate,
    pub own: Option<Number>,
    pub reference: Option<Number>,
}

impl Numbers<'_> {
    /// The interval of the row's own number, of a metric with these possible values.
    fn interval(&self, [lowest, highest]: [f64; 2]) -> Option<[f64; 2]> {
        let (summary, values) = self.own.as_ref()?;
        let [low, high] = Spread::of_mean(summary, values)?.interval(summary.mean);
        // No truth lies beyond, so that the interval covers as much without that part.
        Some([low.max(lowest), high.min(highest)])
    }

    pub fn test(&self, family: Family, permuted: Option<&Permuted>) -> Option<Test> {
        let ((own, values), (reference, theirs)) = (self.own.as_ref()?, self.reference.as_ref()?);
        let gaps: Vec<f64> = values.iter().zip(theirs).map(|(a, b)| a - b).collect();
        let difference = own.mean - reference.mean;
        let spread = Spread::of_difference(own, reference, &gaps);
        Some(Test {
            family,
            difference,
            models: spread.map(|spread| spread.infer(difference)),
            p_corrected: None,
            p_permutation: permuted.and_then(|permuted| permuted.p(self.aggregate)),
        })
    }
}

/// Differences of a metric at the conditions that two rows share, as observed and permuted.
pub(super) struct Permuted {
    observed: Vec<f64>,
    permuted: Vec<Vec<f64>>,
    pairs: Pairs,
}

impl Permuted {
    /// `None` where a condition is lacking, or the metric is undefined.
    fn p(&self, aggregate: &Aggregate) -> Option<f64> {
        let place = |condition| self.pairs.conditions.iter().position(|c| *c == condition);
        let weights = aggregate.weights().into_iter();
        let weights: Option<Vec<(usize, f64)>> = weights
            .map(|(condition, weight)| Some((place(condition)?, weight)))
            .collect();
        let weights = weights?;
        let dot = |values: &Vec<f64>| weights.iter().map(|(i, w)| values[*i] * w).sum::<f64>();
        let observed = dot(&self.observed);
        observed
            .is_finite()
            .then(|| p_value(observed, self.permuted.iter().map(dot)))
    }
}
