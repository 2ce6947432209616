//! Compares single dimensions of features with those that a model was trained with: signs, columns in another order, units
//! of single dimensions, lost ones.
//!
//! Dimensions that are mostly on one side of 0 tell them apart; those of rare events, and of centered values, do not.

use super::scale::{Scale, median};

/// Fewest samples and dimensions.
const SAMPLES: usize = 10;
const DIMENSIONS: usize = 8;

/// Part of the mean square that the mean must hold: an event in a fifth of all frames has as much.
const MEAN: f64 = 0.2;

/// Cosine of the means, in deviations of the training, below which columns are in another order, or signs turned
/// around. Ten samples of ICT-MMMO and CMU-MOSI by the same extractors have 0.96 and more; other orders
/// -0.5 to 0.6, turned ones -0.99 and less.
const ORDER: f64 = 0.4;
const TURNED: f64 = -0.8;

/// Deviations beyond which a mean counts as if it were there.
const FAR: f64 = 5.0;

/// Factor of the root mean square of a single dimension: a quiet or loud recording changes powers by less. Of the same
/// samples none is beyond 0.48 and 1.6.
const LARGE: f64 = 100.0;
const SMALL: f64 = 1e-3;

/// Dimensions that are lost; a single one may be a trait of the speaker.
const LOST: usize = 3;

/// How single dimensions of `samples` samples differ from those of the training by more than those of recordings do; a
/// text for a message.
pub fn difference(training: &Scale, found: &Scale, samples: usize) -> Option<String> {
    let own = training.mean.iter().zip(&training.deviation);
    let others = found.mean.iter().zip(&found.deviation);
    let all = own.zip(others).enumerate();
    let far = all.filter(|(_, ((mean, deviation), _))| {
        let square = mean.powi(2) + deviation.powi(2);
        **deviation > 0.0 && mean.powi(2) >= MEAN * square
    });
    let far: Vec<_> = far.collect();
    if samples < SAMPLES || far.len() < DIMENSIONS {
        return None;
    }
    let means = far.iter().map(|(_, ((mean, deviation), (other, _)))| {
        // A single dimension does not decide.
        [**mean, **other].map(|mean| (mean / **deviation).clamp(-FAR, FAR))
    });
    let cosine = cosine(&means.collect::<Vec<_>>());
    let factor = |((mean, deviation), (other, spread)): &((&f64, &f64), (&f64, &f64))| {
        other.hypot(**spread) / mean.hypot(**deviation)
    };
    let factors: Vec<(usize, f64)> = far.iter().map(|(i, pair)| (*i, factor(pair))).collect();
    let lost: Vec<usize> = factors
        .iter()
        .filter(|(_, factor)| *factor < SMALL)
        .map(|(i, _)| *i)
        .collect();
    let largest = factors.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let count = far.len();
    if cosine < TURNED {
        Some(format!(
            "the means of {count} dimensions that are mostly on one side of 0 in the training are on the other side (cosine \
             {cosine:.2}): were signs turned around?"
        ))
    } else if lost.len() >= LOST {
        Some(format!(
            "{} of {count} dimensions, {}, are zero, or less than a thousandth of what they are in the training: were \
             columns lost?",
            lost.len(),
            listed(&lost)
        ))
    } else if largest.1 > LARGE
        && median(&mut factors.iter().map(|f| f.1).collect::<Vec<_>>()) < LARGE / 10.0
    {
        Some(format!(
            "dimension {} (counted from 0) is {:.0} times as large as in the training (root mean square), most others are \
             not: another unit, or columns in another order?",
            largest.0, largest.1
        ))
    } else if cosine < ORDER {
        Some(format!(
            "the means of {count} dimensions that are mostly on one side of 0 in the training have a cosine of {cosine:.2} with \
             those of the training, where recordings by one extractor have 0.9: columns in another order, or another \
             extractor?"
        ))
    } else {
        None
    }
}

/// Dimensions in a message.
fn listed(dimensions: &[usize]) -> String {
    let shown: Vec<String> = dimensions.iter().take(3).map(usize::to_string).collect();
    format!("such as {} (counted from 0)", shown.join(", "))
}

fn cosine(pairs: &[[f64; 2]]) -> f64 {
    let sum = |i: usize, j: usize| pairs.iter().map(|pair| pair[i] * pair[j]).sum::<f64>();
    let norm = (sum(0, 0) * sum(1, 1)).sqrt();
    // Zeros in all dimensions are lost ones.
    if norm > 0.0 { sum(0, 1) / norm } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve dimensions of several sizes, four of them centered.
    fn scale(of: impl Fn(usize, f64, f64) -> (f64, f64)) -> Scale {
        let sizes = [1.0, 250.0, 0.01, 4.0];
        let pairs = (0..12).map(|i| {
            let size = sizes[i % 4] * (1 + i / 4) as f64;
            let mean = if i >= 8 {
                0.0
            } else {
                [1.0, -2.0][i % 2] * size
            };
            of(i, mean, size)
        });
        let (mean, deviation) = pairs.unzip();
        Scale { mean, deviation }
    }

    fn found(samples: usize, of: impl Fn(usize, f64, f64) -> (f64, f64)) -> Option<String> {
        difference(&scale(|_, mean, size| (mean, size)), &scale(of), samples)
    }

    #[test]
    fn other_recordings_are_not_different() {
        let louder = |i: usize, mean: f64, size: f64| {
            let shift = [0.4, -0.3, 0.5][i % 3] * size;
            (mean + shift, size * [0.7, 1.5][i % 2])
        };
        assert_eq!(found(20, louder), None);
        // One dimension that one speaker lacks, and centered ones with another sign.
        let speaker = |i: usize, mean: f64, size: f64| match i {
            3 => (0.0, 0.0),
            8.. => (-0.2 * size, size),
            _ => (mean, size),
        };
        assert_eq!(found(20, speaker), None);
    }

    #[test]
    fn turned_signs_lost_dimensions_other_units_and_orders_are_found() {
        let turned = |_: usize, mean: f64, size: f64| (-mean, size);
        assert!(
            found(10, turned)
                .unwrap()
                .contains("were signs turned around?")
        );
        assert_eq!(found(9, turned), None, "few recordings");
        let lost = |i: usize, mean: f64, size: f64| if i < 4 { (0.0, 0.0) } else { (mean, size) };
        let text = found(10, lost).unwrap();
        assert!(
            text.contains("4 of 8 dimensions, such as 0, 1, 2 (counted"),
            "{text}"
        );
        let unit = |i: usize, mean: f64, size: f64| {
            let factor = if i == 2 { 1000.0 } else { 1.0 };
            (mean * factor, size * factor)
        };
        let text = found(10, unit).unwrap();
        assert!(
            text.contains("dimension 2 (counted from 0) is 1000 times"),
            "{text}"
        );
        let other = |i: usize, _: f64, size: f64| (if i % 4 < 2 { 1.0 } else { -1.0 } * size, size);
        let text = found(10, other).unwrap();
        assert!(text.contains("columns in another order"), "{text}");
    }
}
