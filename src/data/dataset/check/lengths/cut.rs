//! Finds splits, and halves of a split, that were cut at other steps than the others, or that have frames of another rate.

use crate::data::dataset::check::basis::relation::deviation;
use crate::data::dataset::check::basis::sample_steps::SampleSteps;
use crate::data::dataset::modality::Modality;
use crate::data::dataset::scale::median;

/// Samples of a split without which nothing is judged.
const SAMPLES: usize = 30;

/// Least length at which a split is cut, and samples that have it: a part, and a multiple of those of each length just
/// below.
const STEPS: f64 = 5.0;
const PART: f64 = 0.05;
const HEAP: f64 = 4.0;
const BELOW: f64 = 5.0;

/// Longer samples that a split has by the parts of the others.
const EXPECTED: f64 = 20.0;

/// Factor between the frames of a token in two splits that speakers do not have, in the median sample.
const RATE: f64 = 1.6;

/// Samples of a half without which its speakers may differ from those of the other.
const HALF: usize = 100;

/// Splits of which many samples have exactly the largest length, and those of the others go beyond.
pub fn cut(splits: &[SampleSteps]) -> Vec<String> {
    each(splits, |which, own| {
        let lengths = known(&own.steps[which]);
        let largest = lengths.iter().copied().fold(0.0, f64::max);
        let at = lengths.iter().filter(|n| **n == largest).count() as f64;
        let below = lengths
            .iter()
            .filter(|n| **n < largest && **n >= largest - BELOW);
        let is_heap = at >= HEAP * (below.count() as f64 / BELOW + 1.0);
        let all = lengths.len() as f64;
        if lengths.len() < SAMPLES || largest < STEPS || at < PART * all || !is_heap {
            return None;
        }
        let others = splits.iter().filter(|other| other.name() != own.name());
        let others: Vec<f64> = others
            .flat_map(|other| known(&other.steps[which]))
            .collect();
        let longer = others.iter().filter(|n| **n > largest).count() as f64;
        let part = longer / others.len().max(1) as f64;
        (part * all >= EXPECTED).then(|| {
            format!(
                "{at} of {all} samples have exactly {largest} steps of {}, none has more, while {:.0} % of the samples \
                 of the other {} have (first: {}): was one cut at other steps, or is its frame rate another?",
                Modality::ALL[which],
                100.0 * part,
                own.others(),
                own.first(),
            )
        })
    })
}

/// Splits with other numbers of frames for each token, or for each frame of the other modality, than train.
pub fn rates(splits: &[SampleSteps]) -> Vec<String> {
    each(splits, |which, own| {
        let train = splits.first().filter(|train| train.name() != own.name())?;
        // The text, or audio where there is none.
        let other = [0, 1].into_iter().find(|other| {
            let varies = |split: &SampleSteps| deviation(&split.steps[*other]).is_some();
            which > *other && varies(own) && varies(train)
        })?;
        let (here, there) = (rate(own, which, other)?, rate(train, which, other)?);
        (here.max(there) >= RATE * here.min(there)).then(|| {
            format!(
                "{} has {here:.2} steps for one of {} in the median sample, in {} {there:.2} (first: {}): another frame \
                 rate in one {}?",
                Modality::ALL[which],
                Modality::ALL[other],
                train.name(),
                own.first(),
                own.kind()
            )
        })
    })
}

/// The same of the halves of a split, one after the other, if each has enough samples.
pub fn halves(own: &SampleSteps) -> Vec<String> {
    let halves = [0, 1].map(|which| own.part(which));
    if halves.iter().any(|half| half.ids.len() < HALF) {
        return Vec::new();
    }
    match cut(&halves) {
        short if short.is_empty() => rates(&halves),
        short => short,
    }
}

/// Texts of audio and vision in every split, with the split in front.
fn each(splits: &[SampleSteps], of: impl Fn(usize, &SampleSteps) -> Option<String>) -> Vec<String> {
    let all = splits
        .iter()
        .flat_map(|own| [0, 1, 2].map(|which| (which, own)));
    let found = all.filter_map(|(which, own)| Some(format!("{}: {}", own.name(), of(which, own)?)));
    found.collect()
}

fn known(lengths: &[f64]) -> Vec<f64> {
    lengths.iter().copied().filter(|n| n.is_finite()).collect()
}

/// Steps of a modality for one of another, in the median of the samples that have both.
fn rate(split: &SampleSteps, which: usize, other: usize) -> Option<f64> {
    let pairs = split.steps[which].iter().zip(&split.steps[other]);
    let ratios = pairs.map(|(n, other)| n / other).collect::<Vec<f64>>();
    let mut ratios = known(&ratios);
    (ratios.len() >= SAMPLES).then(|| median(&mut ratios))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of 5 to 44 words, with three frames of audio and two of vision for each.
    fn steps(split: &str, of: impl Fn([usize; 3]) -> [usize; 3]) -> SampleSteps {
        let all: Vec<[usize; 3]> = (0..120)
            .map(|i| {
                let words = 5 + i * 37 % 40;
                of([words, 3 * words + i % 3, 2 * words + i % 2])
            })
            .collect();
        let ids: Vec<String> = (0..120).map(|i| format!("{split}{i}")).collect();
        SampleSteps::new(
            split,
            &ids,
            [0, 1, 2].map(|at| all.iter().map(|n| n[at]).collect()),
        )
    }

    #[test]
    fn a_split_cut_at_other_steps_is_found() {
        let train = || steps("train", |n| n);
        assert_eq!(cut(&[train(), steps("test", |n| n)]), [""; 0]);
        let short = |[t, a, v]: [usize; 3]| [t, a.min(60), v];
        let found = cut(&[train(), steps("test", short)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("test: 75 of 120 samples have exactly 60 steps of audio"),
            "{found:?}"
        );
        let both = cut(&[steps("train", short), steps("test", short)]);
        assert_eq!(both, [""; 0], "cut alike");
        let at_other = cut(&[steps("train", short), steps("test", |n| n)]);
        assert!(at_other[0].starts_with("train: 75"), "{at_other:?}");
        // Fewer samples at the same lengths are shorter, and not cut.
        assert_eq!(
            cut(&[train(), steps("test", |[t, a, v]| [t, a / 2, v])]),
            [""; 0]
        );
    }

    #[test]
    fn another_frame_rate_is_found() {
        let train = || steps("train", |n| n);
        let half = |[t, a, v]: [usize; 3]| [t, a.div_ceil(2), v];
        let found = rates(&[train(), steps("test", half)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("test: audio has 1.5"), "{found:?}");
        let slow = |[t, a, v]: [usize; 3]| [t, a * 5 / 4, v];
        assert_eq!(rates(&[train(), steps("test", slow)]), [""; 0]);
    }

    /// The splits above one behind the other, as one.
    fn joined(a: &SampleSteps, b: &SampleSteps) -> SampleSteps {
        let mut all = a.clone();
        all.ids.extend(b.ids.iter().cloned());
        for (all, more) in all.steps.iter_mut().zip(&b.steps) {
            all.extend(more);
        }
        all
    }

    #[test]
    fn a_half_of_another_kind_is_found() {
        let first = steps("train", |n| n);
        assert_eq!(halves(&joined(&first, &first)), [""; 0]);
        let double = |[t, a, v]: [usize; 3]| [t, a, 2 * v];
        let found = halves(&joined(&first, &steps("train", double)));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("train, second half: vision has 4.0"),
            "{found:?}"
        );
        assert!(
            found[0].ends_with("another frame rate in one half?"),
            "{found:?}"
        );
        let short = |[t, a, v]: [usize; 3]| [t, a.min(60), v];
        let found = halves(&joined(&steps("train", short), &first));
        assert!(
            found[0].starts_with("train, first half: 75 of 120 samples"),
            "{found:?}"
        );
        let few = |own: &SampleSteps| {
            let mut few = own.clone();
            few.ids.truncate(90);
            few.steps.iter_mut().for_each(|all| all.truncate(90));
            few
        };
        let few = joined(&few(&first), &few(&steps("train", double)));
        assert_eq!(halves(&few), [""; 0]);
    }
}
