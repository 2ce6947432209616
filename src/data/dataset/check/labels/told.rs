//! Finds features that tell the labels of a split better than any model does, because they were made with these labels, and
//! those that tell them in one split and not in another.

use std::collections::BTreeMap;

use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Correlation of a line's predictions with labels it was not fitted to, which no features have by themselves: published
/// models reach 0.9, a line through the mean features of CMU-MOSI and CMU-MOSEI 0.7.
const TOLD: f64 = 0.97;

/// Correlation that a line has in one of two splits, standard errors that it is apart from the other one, and the part of it
/// that is less there. Of CMU-MOSI, ICT-MMMO and made-up data no two splits are more than 1.7 errors apart.
const TELLS: f64 = 0.3;
const APART: f64 = 5.0;
const LESS: f64 = 0.5;

/// Samples of train and of another split without which nothing is judged.
const TRAIN: usize = 200;
const SAMPLES: usize = 50;

/// Steps in which the line is fitted. Few of them keep it from the noise of small splits.
const STEPS: usize = 40;

/// Mean frames of samples and their labels.
struct Data<'d> {
    vectors: Vec<&'d [f32]>,
    labels: Vec<f64>,
}

impl<'d> Data<'d> {
    fn of(
        plan: &Plan<'_>,
        column: &str,
        details: &'d BTreeMap<String, Details>,
        least: usize,
    ) -> Option<Self> {
        let labels = main(plan)?;
        let details = details.get(&format!("{}/{column}", plan.split()))?;
        let known = details.vectors.0.iter().filter_map(|(row, vector)| {
            let label = labels.get(*row).filter(|label| label.is_finite())?;
            Some((vector.as_slice(), *label))
        });
        let (vectors, labels): (Vec<_>, Vec<_>) = known.unzip();
        (vectors.len() >= least).then_some(Self { vectors, labels })
    }
}

/// A line through features.
struct Line {
    /// Mean and reciprocal deviation of each dimension.
    scales: Vec<(f64, f64)>,
    weights: Vec<f64>,
}

impl Line {
    /// Fitted to labels by conjugate gradients.
    fn of(data: &Data<'_>) -> Self {
        let scales = scales(&data.vectors);
        let rows: Vec<Vec<f64>> = data.vectors.iter().map(|v| scaled(v, &scales)).collect();
        let mean = data.labels.iter().sum::<f64>() / data.labels.len() as f64;
        let mut rest: Vec<f64> = data.labels.iter().map(|label| label - mean).collect();
        let mut weights = vec![0.0; scales.len()];
        let mut gradient = back(&rows, &rest, scales.len());
        let mut direction = gradient.clone();
        let mut size = product(&gradient, &gradient);
        let start = size;
        for _ in 0..STEPS {
            if size <= 1e-20 * start {
                break;
            }
            let moved: Vec<f64> = rows.iter().map(|row| product(row, &direction)).collect();
            let step = size / product(&moved, &moved);
            add(&mut weights, step, &direction);
            add(&mut rest, -step, &moved);
            gradient = back(&rows, &rest, scales.len());
            let new = product(&gradient, &gradient);
            let turn = new / size;
            let old = std::mem::replace(&mut direction, gradient.clone());
            add(&mut direction, turn, &old);
            size = new;
        }
        Self { scales, weights }
    }

    fn at(&self, vector: &[f32]) -> f64 {
        product(&scaled(vector, &self.scales), &self.weights)
    }
}

fn scales(vectors: &[&[f32]]) -> Vec<(f64, f64)> {
    let n = vectors.len() as f64;
    let scale = |at: usize| {
        let values = || vectors.iter().map(|v| f64::from(v[at]));
        let mean = values().sum::<f64>() / n;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let deviation = variance.sqrt();
        let varies = deviation > 1e-6 * mean.abs();
        (mean, if varies { 1.0 / deviation } else { 0.0 })
    };
    (0..vectors[0].len()).map(scale).collect()
}

fn scaled(vector: &[f32], scales: &[(f64, f64)]) -> Vec<f64> {
    let values = vector.iter().zip(scales);
    values
        .map(|(value, (mean, by))| (f64::from(*value) - mean) * by)
        .collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, value)| *to += times * value);
}

/// The sum of rows, each times its factor.
fn back(rows: &[Vec<f64>], factors: &[f64], width: usize) -> Vec<f64> {
    let mut sum = vec![0.0; width];
    rows.iter()
        .zip(factors)
        .for_each(|(row, factor)| add(&mut sum, *factor, row));
    sum
}

/// Finds columns by which a line that was fitted on train tells the labels of another split.
pub fn told_labels(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut official = plans.iter().filter(|plan| plan.official().is_some());
    let Some(train) = official.next() else {
        return Vec::new();
    };
    let others: Vec<&Plan<'_>> = official.collect();
    let mut warnings = Vec::new();
    for column in ["text", "audio", "vision"] {
        let Some(data) = Data::of(train, column, details, TRAIN) else {
            continue;
        };
        let others = others.iter().filter_map(|plan| {
            let other = Data::of(plan, column, details, SAMPLES)?;
            let same = other.vectors[0].len() == data.vectors[0].len();
            same.then_some((*plan, other))
        });
        let others: Vec<(&Plan<'_>, Data<'_>)> = others.collect();
        if others.is_empty() {
            continue;
        }
        let told = told(&Line::of(&data), &others);
        let how = format!("a line through the mean {column} of each sample, fitted on");
        let of_train = format!("{how} {}, tells the labels", train.split());
        let found = too_well(&told, &of_train)
            .or_else(|| in_one_alone(&told, &of_train))
            .or_else(|| by_others_alone(train, &told, &others, &how));
        warnings.extend(found);
    }
    warnings
}

/// How well a line tells the labels of splits.
fn told<'p>(line: &Line, splits: &[(&'p Plan<'p>, Data<'_>)]) -> Vec<(&'p Plan<'p>, Relation)> {
    let told = splits.iter().filter_map(|(plan, data)| {
        let predicted: Vec<f64> = data.vectors.iter().map(|v| line.at(v)).collect();
        let relation = Relation::of(&data.labels, &predicted, SAMPLES)?;
        Some((*plan, relation))
    });
    told.collect()
}

/// Train, where the largest of the others tells what it does not.
fn by_others_alone(
    train: &Plan<'_>,
    told_by_train: &[(&Plan<'_>, Relation)],
    others: &[(&Plan<'_>, Data<'_>)],
    how: &str,
) -> Option<String> {
    let size = |at: &usize| others[*at].1.labels.len();
    let largest = (0..others.len())
        .max_by_key(size)
        .filter(|at| size(at) >= TRAIN)?;
    let (plan, data) = &others[largest];
    let line = Line::of(data);
    let told = told(&line, others).into_iter();
    told.filter(|(other, _)| other.split() != plan.split())
        .find_map(|(other, own)| {
            let mut by_train = told_by_train.iter();
            let (_, of_train) = by_train.find(|(one, _)| one.split() == other.split())?;
            let [r, rest] = [&own, of_train].map(|relation| relation.correlation);
            let apart = own.apart(of_train);
            (r >= TELLS && rest < LESS * r && apart >= APART).then(|| {
                format!(
                    "{}: {how} {}, tells the labels of {} with a correlation of {r:.2}, and one fitted on {} with {rest:.2}, \
                     {apart:.0} standard errors apart (first: {}): were samples of {} put into another order?",
                    train.split(),
                    plan.split(),
                    other.split(),
                    train.split(),
                    train.ids[0],
                    train.split(),
                )
            })
        })
}

/// Splits whose labels are told better than by any model.
fn too_well(told: &[(&Plan<'_>, Relation)], how: &str) -> Option<String> {
    let found = told
        .iter()
        .filter(|(_, relation)| relation.correlation >= TOLD);
    let found: Vec<_> = found.collect();
    let (plan, relation) = found.first()?;
    let splits: Vec<&str> = found.iter().map(|(plan, _)| plan.split()).collect();
    Some(format!(
        "{}: {how} with a correlation of {:.2}, more than any model that has not seen them (first: {}): were the features made \
         by a network that was trained on these labels, or with labels among them? Extract them anew",
        splits.join(" and "),
        relation.correlation,
        plan.ids[0],
    ))
}

/// Two splits of which one is told and the other is not.
fn in_one_alone(told: &[(&Plan<'_>, Relation)], how: &str) -> Option<String> {
    let best = told
        .iter()
        .max_by(|a, b| a.1.correlation.total_cmp(&b.1.correlation))?;
    let other = told
        .iter()
        .min_by(|a, b| a.1.correlation.total_cmp(&b.1.correlation))?;
    let [(high, most), (low, least)] = [best, other];
    let [r, rest] = [most, least].map(|relation| relation.correlation);
    let apart = most.apart(least);
    (r >= TELLS && rest < LESS * r && apart >= APART).then(|| {
        format!(
            "{}: {how} of {} with a correlation of {r:.2} and those of {} with {rest:.2}, {apart:.0} standard errors apart \
             (first: {}): were samples put into another order there, or the features made by a network that was trained on \
             the labels of {}?",
            low.split(),
            high.split(),
            low.split(),
            low.ids[0],
            high.split(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Correlation of a line through 12 dimensions of noise with the labels of other samples, which `part` of each holds.
    fn told(part: f64) -> f64 {
        let noise = |at: usize| ((at * 7919 + 13) % 1009) as f64 / 500.0 - 1.0;
        let vectors: Vec<(Vec<f32>, f64)> = (0..400)
            .map(|row| {
                let label = 3.0 * noise(row * 31 + 5);
                let value = |d: usize| part * label * (d as f64 - 5.5) + noise(row * 12 + d);
                ((0..12).map(|d| value(d) as f32).collect(), label)
            })
            .collect();
        let data = |rows: std::ops::Range<usize>| Data {
            vectors: vectors[rows.clone()]
                .iter()
                .map(|v| v.0.as_slice())
                .collect(),
            labels: vectors[rows].iter().map(|v| v.1).collect(),
        };
        let (line, other) = (Line::of(&data(0..300)), data(300..400));
        let predicted: Vec<f64> = other.vectors.iter().map(|v| line.at(v)).collect();
        Relation::of(&other.labels, &predicted, 50)
            .unwrap()
            .correlation
    }

    #[test]
    fn labels_spread_over_all_dimensions_are_told() {
        assert!(told(0.5) > TOLD, "{}", told(0.5));
        assert!(told(0.005) < 0.7, "{}", told(0.005));
        assert!(told(0.0).abs() < 0.3, "{}", told(0.0));
    }
}
