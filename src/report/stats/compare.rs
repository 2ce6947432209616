//! Rows against each other: how sure each number is, and which differences are more than chance.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Comparison, Effort, Finding, Test};
use super::resample::{bootstrap, interval, p_value, permute};
use super::terms::{Predictions, Terms};
use crate::mask::Level;
use crate::metric::Metric;
use crate::report::error::Result;
use crate::report::run::reading::Reading;
use crate::report::run::samples::Samples;
use crate::report::run::section::{Row, Section};

/// Resamples all rows of a section, and compares them with the row at this position.
///
/// # Errors
/// If predictions cannot be read again.
pub fn compare(section: &Section, reference: usize, effort: Effort) -> Result<Comparison> {
    let rows: Result<Vec<Resampled>> = section
        .rows
        .iter()
        .map(|r| Resampled::new(section, r, effort))
        .collect();
    let rows = rows?;
    let mut findings = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let rival = (place != reference && !section.rows[place].floor).then(|| &rows[reference]);
        for (key, finding) in row.findings(section, rival, effort) {
            findings.insert((place, key.0, key.1), finding);
        }
    }
    Ok(Comparison {
        reference,
        effort,
        findings,
    })
}

/// A row with its resamples.
struct Resampled {
    metrics: Vec<&'static Metric>,
    levels: Vec<Level>,
    /// By seed; empty where runs do not agree on their clips.
    samples: BTreeMap<u64, Samples>,
    bootstrap: Vec<Vec<f64>>,
}

impl Resampled {
    fn new(section: &Section, row: &Row, effort: Effort) -> Result<Self> {
        let mut samples = BTreeMap::new();
        for run in &row.runs {
            samples.insert(run.manifest.seed, run.samples()?);
        }
        let first = samples.values().next();
        if !samples
            .values()
            .all(|s| first.is_some_and(|f| f.pairs_with(s)))
        {
            samples.clear();
        }
        let metrics = section.metrics.iter().copied().filter(|m| m.sums.is_some());
        let held = |level: &Level| row.runs.iter().all(|r| r.mask.levels.contains(level));
        let mut this = Self {
            metrics: metrics.collect(),
            levels: section.levels.iter().copied().filter(held).collect(),
            samples,
            bootstrap: Vec::new(),
        };
        if !this.samples.is_empty() {
            let seeds: Vec<u64> = this.samples.keys().copied().collect();
            this.bootstrap = bootstrap(&this.terms(&seeds, &this.levels), effort.bootstrap);
        }
        Ok(this)
    }

    fn terms(&self, seeds: &[u64], levels: &[Level]) -> Terms {
        let chosen: Vec<&Samples> = seeds.iter().filter_map(|s| self.samples.get(s)).collect();
        let passes: Predictions<'_> = chosen
            .iter()
            .map(|s| levels.iter().map(|l| s.at(*l)).collect())
            .collect();
        let truth = chosen.first().map_or(&[][..], |s| &s.truth);
        Terms::new(&self.metrics, truth, &passes)
    }

    /// Seeds and levels that both have, if their clips are the same.
    fn common(&self, other: &Self) -> Option<(Vec<u64>, Vec<Level>)> {
        let (a, b) = (
            self.samples.values().next()?,
            other.samples.values().next()?,
        );
        let seeds = self
            .samples
            .keys()
            .filter(|s| other.samples.contains_key(s));
        let levels = self.levels.iter().filter(|l| other.levels.contains(l));
        let (seeds, levels): (Vec<_>, Vec<_>) =
            (seeds.copied().collect(), levels.copied().collect());
        let masks = |s: &Samples| {
            s.passes
                .keys()
                .map(|(_, seed)| *seed)
                .collect::<BTreeSet<_>>()
        };
        let same = a.pairs_with(b) && masks(a) == masks(b);
        (same && !seeds.is_empty()).then_some((seeds, levels))
    }

    fn findings(
        &self,
        section: &Section,
        rival: Option<&Self>,
        effort: Effort,
    ) -> Vec<((&'static str, String), Finding)> {
        let pair = rival.and_then(|rival| Some((rival, self.common(rival)?)));
        let tested = pair.map(|(rival, (seeds, levels))| {
            let (a, b) = (self.terms(&seeds, &levels), rival.terms(&seeds, &levels));
            let permuted = permute(&a, &b, effort.permutations);
            let observed: Vec<f64> = a
                .observed()
                .iter()
                .zip(&b.observed())
                .map(|(a, b)| a - b)
                .collect();
            (rival, levels, observed, permuted)
        });
        let mut out = Vec::new();
        for (m, metric) in self.metrics.iter().enumerate() {
            for reading in Reading::all(&section.levels) {
                let own = place(&reading, &self.levels, m);
                let read = |weights: &Option<Vec<(usize, f64)>>, values: &[f64]| {
                    weights.as_ref().map(|w| dot(w, values))
                };
                let all = || self.bootstrap.iter().filter_map(|v| read(&own, v));
                let test = tested
                    .as_ref()
                    .and_then(|(rival, levels, observed, permuted)| {
                        let weights = place(&reading, levels, m);
                        let difference = read(&weights, observed).filter(|d| d.is_finite())?;
                        let theirs = place(&reading, &rival.levels, m);
                        let gaps =
                            all().zip(rival.bootstrap.iter().filter_map(|v| read(&theirs, v)));
                        Some(Test {
                            difference,
                            interval: interval(gaps.map(|(a, b)| a - b)),
                            p: p_value(
                                difference,
                                permuted.iter().filter_map(|v| read(&weights, v)),
                            ),
                        })
                    });
                let finding = Finding {
                    interval: interval(all()),
                    test,
                };
                out.push(((metric.name, reading.name()), finding));
            }
        }
        out
    }
}

/// Where a reading's levels are among the values of the metric at this position, with weights.
fn place(reading: &Reading, levels: &[Level], metric: usize) -> Option<Vec<(usize, f64)>> {
    let find = |(level, weight): (Level, f64)| {
        let place = levels.iter().position(|l| *l == level)?;
        Some((metric * levels.len() + place, weight))
    };
    let found: Option<Vec<_>> = reading.weights().into_iter().map(find).collect();
    found.filter(|f| !f.is_empty())
}

fn dot(weights: &[(usize, f64)], values: &[f64]) -> f64 {
    weights.iter().map(|(i, w)| values[*i] * w).sum()
}
