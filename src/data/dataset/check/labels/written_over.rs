//! Finds a stretch of samples whose main labels are those of one modality, as where missing ones were filled with these.

use std::ops::Range;

use super::keys::key;
use crate::data::dataset::check::basis::main_labels::main;
use crate::data::dataset::read::labels;
use crate::data::dataset::read::plan::Plan;

/// Samples of the stretch, and samples outside of it, without which nothing is judged. In CH-SIMS 36 to 44 % of the main
/// labels are those of a modality, nine in a row at most.
const LONG: usize = 25;

/// Part of the other samples with equal labels from which they are equal everywhere.
const EVERYWHERE: f64 = 0.8;

/// Stretches that are expected by chance, at most.
const EXPECTED: f64 = 1e-6;

/// The longest stretch of main labels that are those of a modality, where chance does not make it.
pub fn written_over(plan: &Plan<'_>) -> Option<String> {
    let own = main(plan)?;
    let others = plan.labels.iter().filter(|(name, _)| name != labels::MAIN);
    let found = others.filter_map(|(name, values)| {
        let equal: Vec<bool> = own
            .iter()
            .zip(values)
            .map(|(a, b)| key(*a) == key(*b))
            .collect();
        Some((unlikely(&equal)?, name))
    });
    let ((stretch, part), name) = found.max_by_key(|((stretch, _), _)| stretch.len())?;
    Some(format!(
        "{}: in samples {} to {} (from 0; first: {}) every {} is {name}, elsewhere {:.0} % are: were missing labels filled with \
         those of a modality (combine_first)? Take the main labels from the source, or leave the samples out",
        plan.split(),
        stretch.start,
        stretch.end - 1,
        plan.ids[stretch.start],
        labels::MAIN,
        100.0 * part
    ))
}

/// The longest stretch of equal labels, where it is unlikely, and the part of the others that are equal.
fn unlikely(equal: &[bool]) -> Option<(Range<usize>, f64)> {
    let mut start = 0;
    let stretches = equal.chunk_by(|a, b| a == b).map(|chunk| {
        start += chunk.len();
        (start - chunk.len()..start, chunk[0])
    });
    let stretches = stretches.filter(|(_, is_equal)| *is_equal);
    let (longest, _) = stretches.max_by_key(|(stretch, _)| stretch.len())?;
    let others = equal.len() - longest.len();
    let all = equal.iter().filter(|is_equal| **is_equal).count();
    let part = (all - longest.len()) as f64 / others.max(1) as f64;
    let expected = equal.len() as f64 * part.powi(longest.len() as i32);
    let is_judged = longest.len().min(others) >= LONG && part < EVERYWHERE;
    (is_judged && expected < EXPECTED).then_some((longest, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(count: usize, is_equal: impl Fn(usize) -> bool) -> Option<Range<usize>> {
        let equal: Vec<bool> = (0..count).map(is_equal).collect();
        unlikely(&equal).map(|(stretch, _)| stretch)
    }

    #[test]
    fn a_stretch_of_the_labels_of_a_modality_is_found() {
        let some = |row: usize| row * 7 % 10 < 4;
        assert_eq!(found(200, some), None);
        assert_eq!(found(200, |row| row >= 101 || some(row)), Some(99..200));
        assert_eq!(found(200, |row| row >= 180 || some(row)), None, "short");
        assert_eq!(found(200, |row| row != 90), None, "everywhere");
        let most = |row: usize| row >= 160 || !row.is_multiple_of(5);
        assert_eq!(found(200, most), None, "not unlikely");
    }
}
