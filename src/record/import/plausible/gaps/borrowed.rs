//! Looks for gaps filled with predictions of other samples: a random one, the one of the nearest text, those of a test split
//! that was continued backwards.

use std::collections::{BTreeSet, HashMap};

use super::values::SHARE;
use crate::record::import::join::Joined;
use crate::record::import::plausible::sums::Sums;
use crate::record::import::plausible::{
    Check, FEWEST, Finding, Moments, Reference, name, other_seeds, precise,
};

/// Rate up to which networks give hardly two samples the same prediction: 6 of 686 at most among eleven models on CMU-MOSI.
const RATE: f64 = 0.5;

/// Pairs of samples of other lengths that share their predictions, and the part of them that does so under another seed
/// as well. Trees under two seeds have 0.4 of them in common at most, of 27 kinds of forests, boosting and neighbors.
const PAIRS: usize = 8;
const KEPT: f64 = 0.8;

/// Samples that share a prediction, and standard errors by which they are further from their labels than others: of the same
/// forests none has more than 2.4.
const SAMPLES: usize = 20;
const CERTAIN: f64 = 4.0;

/// Pairs that mirror each other at one place.
const MIRRORED: usize = 6;

pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let low = |rates: [f64; 3]| rates.iter().all(|rate| *rate <= RATE);
    let passes = run.passes.iter().filter(|(key, _)| low(key.2.rates()));
    let mut passes = passes.filter(|(_, pass)| pass.len() >= FEWEST && precise(pass));
    let (key, text) = passes.find_map(|(key, pass)| {
        let shared = Shared::of(pass);
        let text = shared.mirrored().or_else(|| {
            let others = other_seeds(run, runs).filter_map(|other| other.passes.get(key));
            let kept = others.filter(|other| *other != pass && precise(other));
            let mut kept = kept.map(|other| shared.kept(other, reference));
            let is_kept = kept.any(|kept| kept) || shared.is_worse(pass, reference);
            is_kept.then(|| shared.text(reference))
        })?;
        Some((key, text))
    })?;
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!("{}, condition {}: {text}", name(run), key.2),
    })
}

/// Samples with a prediction that few others have.
struct Shared {
    groups: Vec<Vec<usize>>,
}

impl Shared {
    fn of(pass: &[f32]) -> Self {
        let mut groups: HashMap<u32, Vec<usize>> = HashMap::new();
        for (i, p) in pass.iter().enumerate() {
            // Adding 0 turns -0 into 0.
            groups.entry((p + 0.0).to_bits()).or_default().push(i);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.retain(|group| (2..SHARE).contains(&group.len()));
        groups.sort();
        Self { groups }
    }

    fn samples(&self) -> impl Iterator<Item = usize> + '_ {
        self.groups.iter().flatten().copied()
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.groups.iter().flat_map(|group| {
            let firsts = group.iter().enumerate();
            firsts.flat_map(|(at, a)| group[at + 1..].iter().map(move |b| (*a, *b)))
        })
    }

    /// Whether most pairs of samples of other lengths share a prediction under another seed too.
    fn kept(&self, other: &[f32], reference: &Reference<'_>) -> bool {
        let differ = |(a, b): &(usize, usize)| {
            let lengths = reference.lengths.iter();
            lengths.filter(|l| !l.is_empty()).any(|l| l[*a] != l[*b])
        };
        let theirs: BTreeSet<_> = Self::of(other).pairs().collect();
        let pairs: Vec<_> = self.pairs().filter(differ).collect();
        let kept = pairs.iter().filter(|pair| theirs.contains(pair)).count();
        pairs.len() >= PAIRS && kept as f64 >= KEPT * pairs.len() as f64
    }

    /// Whether those who share a prediction are further from the line through the others than those are.
    fn is_worse(&self, pass: &[f32], reference: &Reference<'_>) -> bool {
        let here: BTreeSet<usize> = self.samples().collect();
        let all = || pass.iter().zip(reference.truth).enumerate();
        let others = || all().filter(|(i, _)| !here.contains(i));
        let sums = others().fold(Sums::default(), |sums, (_, (p, t))| {
            sums.plus(f64::from(*p), f64::from(*t))
        });
        if here.len() < SAMPLES || sums.n < FEWEST as f64 {
            return false;
        }
        let [variance, _, covariance] = sums.moments();
        let slope = covariance / variance;
        let intercept = (sums.y - slope * sums.x) / sums.n;
        let error = |(_, (p, t)): (usize, (&f32, &f32))| {
            (f64::from(*t) - intercept - slope * f64::from(*p)).abs() as f32
        };
        let usual = Moments::of(&others().map(error).collect::<Vec<f32>>());
        let shared = all().filter(|(i, _)| here.contains(i));
        let shared = Moments::of(&shared.map(error).collect::<Vec<f32>>());
        shared.mean - usual.mean > CERTAIN * shared.sd / shared.n.sqrt()
    }

    /// Pairs around one place of the test split.
    fn mirrored(&self) -> Option<String> {
        let mut sums: HashMap<usize, usize> = HashMap::new();
        for (a, b) in self.pairs() {
            *sums.entry(a + b).or_default() += 1;
        }
        let (sum, count) = sums.into_iter().max_by_key(|(sum, count)| (*count, *sum))?;
        (count >= MIRRORED && 2 * count >= self.groups.len()).then(|| {
            format!(
                "{count} predictions stand in reverse order behind position {} as before it: was a batch filled up with \
                 mirrored samples (`pad`), and their predictions kept in place of the last ones?",
                sum / 2
            )
        })
    }

    fn text(&self, reference: &Reference<'_>) -> String {
        let named = self.groups.first().map_or(String::new(), |group| {
            format!(
                ", such as `{}` and `{}`",
                reference.ids[group[0]], reference.ids[group[1]]
            )
        });
        format!(
            "{} samples share their exact prediction with another one{named}: were missing predictions filled with those of \
             other samples, or does the model see the same words in both?",
            self.samples().count()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing;

    /// Labels, lengths and predictions of 200 samples, with gaps at every tenth filled from `donor`.
    fn filled(seed: usize, donor: impl Fn(usize) -> usize) -> (Vec<f32>, Vec<u32>, Vec<f32>) {
        let noise = |i: usize, by: usize| ((i * by) as f32 * 0.618_034).fract() - 0.5;
        let truth: Vec<f32> = (0..200).map(|i| 5.0 * noise(i, 3)).collect();
        let mut pass: Vec<f32> = truth
            .iter()
            .enumerate()
            .map(|(i, t)| 0.6 * t + noise(i, seed))
            .collect();
        for i in (0..200).step_by(10) {
            pass[i] = pass[donor(i)];
        }
        (truth, (0..200).map(|i| 3 + i * 7 % 31).collect(), pass)
    }

    fn found(passes: &[Vec<f32>], truth: &[f32], lengths: &[u32]) -> Option<String> {
        let ids: Vec<String> = (0..200).map(|i| format!("v$_${i}")).collect();
        let reference = Reference {
            lengths: [lengths, &[], &[]],
            ..testing::reference(&ids, truth)
        };
        let runs = testing::seeds(passes);
        finding(&runs[0], &runs, &reference).map(|finding| finding.text)
    }

    #[test]
    fn gaps_filled_from_other_samples_are_found() {
        let donor = |i: usize| (i * 13 + 57) % 199 / 10 * 10 + 3;
        let (truth, lengths, pass) = filled(7, donor);
        let (_, _, other) = filled(11, donor);
        let text = found(&[pass.clone(), other], &truth, &lengths).unwrap();
        assert!(text.contains("share their exact prediction"), "{text}");
        let (_, _, elsewhere) = filled(11, |i| i + 5);
        let (_, _, sound) = filled(7, |i| i);
        assert_eq!(found(&[sound.clone(), elsewhere], &truth, &lengths), None);
        assert_eq!(found(&[sound], &truth, &lengths), None);
    }

    #[test]
    fn a_mirrored_end_is_found() {
        let (truth, lengths, mut pass) = filled(7, |i| i);
        for i in 0..12 {
            pass[188 + i] = pass[187 - i];
        }
        let text = found(&[pass], &truth, &lengths).unwrap();
        assert!(
            text.contains("12 predictions stand in reverse order behind position 187"),
            "{text}"
        );
    }

    #[test]
    fn those_of_random_samples_are_further_from_their_labels() {
        let donor = |i: usize| i / 10 * 7 % 20 * 10 + 4;
        let (truth, lengths, mut pass) = filled(7, donor);
        for i in (5..200).step_by(10) {
            pass[i] = pass[(i * 3 + 11) % 200 / 10 * 10 + 8];
        }
        assert!(found(&[pass], &truth, &lengths).is_some());
    }
}
