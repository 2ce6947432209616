//! Finds labels in place of missing ones: the mean of the others, or a value between those of the samples beside.
//!
//! Both are off the grid of the other labels, the steps of scores by people or of their means.

use std::collections::BTreeMap;

use super::keys::{key, keys, label_of};
use crate::data::dataset::check::basis::chance::is_above;
use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::read::plan::Plan;

/// Steps of labels, the largest first, and the part of the labels that is on their grid.
const STEPS: [f64; 7] = [1.0, 0.5, 1.0 / 3.0, 0.25, 0.2, 1.0 / 6.0, 0.1];
const ON: f64 = 0.85;

/// How far from the grid a label is off it, and how near a mean is the mean.
const OFF: f64 = 1e-3;
const NEAR: f64 = 1e-5;

/// Labels without which nothing is said.
const FEWEST: usize = 5;

/// Part of the labels off the grid that lie between their neighbors by chance: 0.03 in CMU-MOSI.
const BETWEEN: f64 = 0.1;

/// Labels that were filled in, in any of the splits.
pub fn filled(plans: &[&Plan<'_>]) -> Vec<String> {
    let known: Vec<(&Plan<'_>, &[f64])> = plans
        .iter()
        .filter(|plan| keys(plan).is_some())
        .filter_map(|plan| Some((*plan, main(plan)?)))
        .collect();
    let labels: Vec<&[f64]> = known.iter().map(|(_, labels)| *labels).collect();
    let Some(step) = step(&labels.concat()) else {
        return Vec::new();
    };
    let found = known.iter().filter_map(|(plan, own)| {
        let text = mean(own, &labels, step).or_else(|| between(own, step));
        let (row, text) = text?;
        Some(format!(
            "{}: {text} (first: {}): leave those samples out",
            plan.split(),
            plan.ids[row]
        ))
    });
    found.collect()
}

fn is_on(label: f64, step: f64) -> bool {
    let steps = label / step;
    ((steps - steps.round()) * step).abs() < OFF
}

fn step(labels: &[f64]) -> Option<f64> {
    let on = |step: f64| labels.iter().filter(|label| is_on(**label, step)).count() as f64;
    STEPS
        .into_iter()
        .find(|step| on(*step) >= ON * labels.len() as f64)
}

/// One value off the grid, several times, that is the mean of the other labels of the split, of train or of all.
fn mean(own: &[f64], all: &[&[f64]], step: f64) -> Option<(usize, String)> {
    let mut off: BTreeMap<i64, usize> = BTreeMap::new();
    for label in own.iter().filter(|label| !is_on(**label, step)) {
        *off.entry(key(*label)).or_default() += 1;
    }
    let (value, count) = off.into_iter().max_by_key(|(_, count)| *count)?;
    let row = own.iter().position(|label| key(*label) == value)?;
    let is_mean = |labels: &[&[f64]]| {
        let others = labels.iter().flat_map(|labels| labels.iter());
        let others = others.filter(|label| key(**label) != value);
        let (sum, n) = others.fold((0.0, 0.0), |(sum, n), label| (sum + label, n + 1.0));
        (sum / n - own[row]).abs() < NEAR
    };
    let is_filled = is_mean(&[own]) || is_mean(&all[..1]) || is_mean(all);
    (count >= FEWEST && is_filled).then(|| {
        let text = format!(
            "{count} labels are {}, the mean of the others, which no other label has in its steps of {}: written for missing \
             ones (fillna)?",
            label_of(value),
            step as f32
        );
        (row, text)
    })
}

/// Labels off the grid that lie on the line between the ones beside that are on it.
fn between(own: &[f64], step: f64) -> Option<(usize, String)> {
    let is_off = |row: usize| !is_on(own[row], step);
    let inner = 1..own.len().saturating_sub(1);
    let inner: Vec<usize> = inner.filter(|row| is_off(*row)).collect();
    let is_between = |row: &&usize| {
        let before = (0..**row).rev().find(|row| !is_off(*row));
        let after = (**row + 1..own.len()).find(|row| !is_off(*row));
        let Some((before, after)) = before.zip(after) else {
            return false;
        };
        let part = (*row - before) as f64 / (after - before) as f64;
        let line = own[before] + part * (own[after] - own[before]);
        own[before] != own[after] && (line - own[**row]).abs() < OFF
    };
    let found: Vec<usize> = inner.iter().filter(is_between).copied().collect();
    let is_filled = found.len() >= FEWEST && is_above(found.len(), inner.len(), BETWEEN);
    is_filled.then(|| {
        let text = format!(
            "{} of {} labels off the steps of {} of the others lie exactly between those of the samples beside: written for \
             missing ones (interpolate)?",
            found.len(),
            inner.len(),
            step as f32
        );
        (found[0], text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels in fifths, with one in twenty off them.
    fn labels(count: usize) -> Vec<f64> {
        let label = |i: usize| {
            let mixed = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let fifths = (mixed >> 34) as f64 % 31.0 / 5.0 - 3.0;
            if i % 20 == 3 { fifths + 0.05 } else { fifths }
        };
        (0..count).map(label).collect()
    }

    #[test]
    fn means_and_labels_between_others_are_found() {
        let sound = labels(300);
        let step = step(&sound).unwrap();
        assert_eq!(step, 0.2);
        assert_eq!(mean(&sound, &[&sound], step), None);
        assert_eq!(between(&sound, step), None);
        let missing = |row: usize| row % 6 == 4;
        let mut others = 0..300;
        let (mut sum, mut n) = (0.0, 0.0);
        others
            .by_ref()
            .filter(|row| !missing(*row))
            .for_each(|row| (sum, n) = (sum + sound[row], n + 1.0));
        let fill = |with: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let of = |row: usize| if missing(row) { with(row) } else { sound[row] };
            (0..300).map(of).collect()
        };
        let filled = fill(&|_| sum / n);
        let (row, text) = mean(&filled, &[&filled], step).unwrap();
        assert!(
            row == 4 && text.starts_with("50 labels are"),
            "{row} {text}"
        );
        assert_eq!(mean(&fill(&|_| 0.07), &[&filled], step), None);
        let filled = fill(&|row| f64::midpoint(sound[row - 1], sound[row + 1]));
        assert!(between(&filled, step).is_some());
    }
}
