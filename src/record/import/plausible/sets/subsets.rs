//! Looks for sets of missing modalities that are not what their letters say: letters of the modalities that are
//! there, or conditions exchanged.
//!
//! Predictions that lack a modality are nearer to those for complete samples than predictions that lack another one
//! as well. A model that adds up what its modalities tell cannot do otherwise in the sum over all such pairs. Without
//! complete samples, predictions that lack less follow the labels better, which takes more samples to show.
//! Correlations of ranks measure how near: a shift of all predictions says nothing.

use std::collections::BTreeMap;

use crate::mask::{self, Condition, ConditionKind};
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::rates::between::less;
use crate::record::import::plausible::{Check, FEWEST, Finding, Reference, centered_ranks, name};

/// Standard errors, by samples, of all pairs together and of a single one. Of 57 sound runs of 19 models (of 120
/// samples) all pairs together have -3.3 at most with complete samples, -0.2 with labels; a single pair has +1.7.
const CERTAIN: f64 = 4.0;
const CERTAIN_OF_ONE: f64 = 5.0;

/// Standard errors of a single pair that speak for the letters.
const SOUND: f64 = 2.0;

/// Fewest pairs that are turned around together once letters name what is there.
const PAIRS: usize = 4;

/// Two conditions, of which the second lacks all that the first lacks and more.
struct Pair {
    less: Condition,
    more: Condition,
    /// Rank correlations with predictions for complete samples, or with labels.
    near: [f64; 2],
    /// What each sample adds to the difference of the two, times the number of samples.
    gains: Vec<f64>,
}

/// A pass and what each sample adds to its rank correlation.
type Pass<'r> = (&'r MaskKey, Vec<f64>);

/// The pairs of some runs, by their conditions.
type Pairs = BTreeMap<(Condition, Condition), Pair>;

/// What is odd about the sets of missing modalities of a run. What is too little in one run may be certain in all
/// runs of its model or, about letters, of the file.
pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let of_model = || runs.iter().filter(|other| other.model == run.model);
    let text = if complete(run).is_some() {
        let near = |run: &Joined| complete(run).map_or_else(Pairs::new, |to| pairs(run, to));
        let (own, model) = (near(run), pool(of_model().map(near)));
        let turned = turned_around(&own).or_else(|| turned_around(&model));
        let turned = turned.filter(|_| agrees(&own));
        let what = "predictions for complete samples";
        match turned {
            Some(errors) => letters(&own, what, errors),
            None => exchanged(&own)?,
        }
    } else {
        let follow = |run: &Joined| pairs(run, reference.truth);
        let own = follow(run);
        let all = [pool(of_model().map(follow)), pool(runs.iter().map(follow))];
        let turned = turned_around(&own).or_else(|| all.iter().find_map(turned_around));
        letters(&own, "labels", turned.filter(|_| agrees(&own))?)
    };
    Some(Finding {
        check: Check::Rates,
        wrong: false,
        text: format!("{}: {text}", name(run)),
    })
}

fn complete(run: &Joined) -> Option<&[f32]> {
    let mut passes = run.passes.iter();
    let (_, pass) = passes.find(|(key, _)| key.2.rates() == [0.0; 3])?;
    Some(pass)
}

/// Every two conditions whose masks nest, one of which at least is no single rate.
fn pairs(run: &Joined, to: &[f32]) -> Pairs {
    let nests = |key: &MaskKey| key.2.kind() == ConditionKind::Subset || mask::find(&key.0).is_ok();
    let incomplete = run
        .passes
        .iter()
        .filter(|(key, pass)| key.2.rates() != [0.0; 3] && nests(key) && pass.len() >= FEWEST);
    let subsets = run.passes.keys().any(|key| key.2.rate().is_none());
    let passes: Vec<_> = incomplete
        .filter(|_| subsets)
        .filter_map(|(key, pass)| Some((key, parts(pass, to)?)))
        .collect();
    let both = passes
        .iter()
        .flat_map(|a| passes.iter().map(move |b| (a, b)));
    let nested = both
        .filter(|((a, _), (b, _))| less(a, b) && (a.2.rate().is_none() || b.2.rate().is_none()));
    let pair = |((a, x), (b, y)): (&Pass<'_>, &Pass<'_>)| {
        let pair = Pair {
            less: a.2,
            more: b.2,
            near: [mean(x), mean(y)],
            gains: x.iter().zip(y).map(|(x, y)| y - x).collect(),
        };
        ((a.2, b.2), pair)
    };
    nested.map(pair).collect()
}

/// What each sample adds to a rank correlation, its share of both spreads taken off: the mean is the correlation, and
/// the deviation tells its standard error. None for predictions of one value.
fn parts(a: &[f32], b: &[f32]) -> Option<Vec<f64>> {
    let [a, b] = [a, b].map(|values| {
        let ranks = centered_ranks(values);
        let squares: f64 = ranks.iter().map(|rank| rank * rank).sum();
        let deviation = (squares / ranks.len() as f64).sqrt();
        ranks
            .into_iter()
            .map(|rank| rank / deviation)
            .collect::<Vec<_>>()
    });
    let r = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
    let part = |(a, b): (&f64, &f64)| a * b - r * (a * a + b * b) / 2.0 + r;
    r.is_finite().then(|| a.iter().zip(&b).map(part).collect())
}

/// The same pairs of several runs as one, sample by sample: runs share samples, so that their errors do not cancel out.
fn pool(all: impl Iterator<Item = Pairs>) -> Pairs {
    all.reduce(|mut sum, pairs| {
        for (key, pair) in pairs {
            match sum.get_mut(&key) {
                Some(known) => {
                    let each = known.gains.iter_mut().zip(pair.gains);
                    each.for_each(|(sum, gain)| *sum += gain);
                }
                None => {
                    sum.insert(key, pair);
                }
            }
        }
        sum
    })
    .unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean of values in standard errors.
fn errors(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|v| (v - middle).powi(2)).sum();
    let n = values.len() as f64;
    let error = (squares / n / (n - 1.0)).sqrt();
    // Two models that predict the same differ by rounding.
    if middle.abs() < 1e-9 {
        0.0
    } else {
        middle / error
    }
}

/// Standard errors by which more letters leave more, if the pairs say so together and none says otherwise.
fn turned_around(pairs: &Pairs) -> Option<f64> {
    let together = together(pairs)?;
    let none_sound = sets(pairs).all(|pair| errors(&pair.gains) > -SOUND);
    (sets(pairs).count() >= PAIRS && together > CERTAIN && none_sound).then_some(together)
}

/// Whether a run's own pairs say so too, however few samples it has.
fn agrees(pairs: &Pairs) -> bool {
    together(pairs).is_some_and(|errors| errors > 0.0)
}

/// Pairs of sets of missing modalities.
fn sets(pairs: &Pairs) -> impl Iterator<Item = &Pair> {
    let subset = |c: Condition| c.kind() == ConditionKind::Subset;
    pairs
        .values()
        .filter(move |pair| subset(pair.less) && subset(pair.more))
}

/// Standard errors by which more letters leave more.
fn together(pairs: &Pairs) -> Option<f64> {
    let n = sets(pairs).map(|pair| pair.gains.len()).next()?;
    let mut sum = vec![0.0; n];
    for pair in sets(pairs) {
        let each = sum.iter_mut().zip(&pair.gains);
        each.for_each(|(sum, gain)| *sum += gain);
    }
    Some(errors(&sum))
}

/// What the letters of a run should be.
fn letters(pairs: &Pairs, to: &str, errors: f64) -> String {
    let mut near: BTreeMap<usize, BTreeMap<Condition, f64>> = BTreeMap::new();
    for pair in pairs.values() {
        for (condition, near_to) in [pair.less, pair.more].into_iter().zip(pair.near) {
            if condition.kind() == ConditionKind::Subset {
                let count = condition.to_string().len();
                near.entry(count).or_default().insert(condition, near_to);
            }
        }
    }
    let listed = near.into_values().map(|conditions| {
        let each = conditions
            .iter()
            .map(|(condition, near)| format!("{condition} {near:.2}"));
        each.collect::<Vec<_>>().join(", ")
    });
    format!(
        "where two modalities are missing, predictions have a higher rank correlation with {to} than where one of \
         them is ({}; {errors:.0} standard errors): do the letters name the modalities that are there? They must name \
         the missing ones: `LA` for vision alone",
        listed.collect::<Vec<_>>().join("; ")
    )
}

/// Two conditions that are nearer to complete samples the other way round.
fn exchanged(pairs: &Pairs) -> Option<String> {
    let worst = pairs.values().map(|pair| (errors(&pair.gains), pair));
    let (errors, pair) = worst.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (errors > CERTAIN_OF_ONE).then(|| {
        format!(
            "predictions at {} have a rank correlation of {:.2} with those for complete samples, those at {}, where \
             more is missing, of {:.2} ({errors:.0} standard errors): were conditions exchanged?",
            pair.less, pair.near[0], pair.more, pair.near[1]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::same_masks::UNKNOWN;

    const SAMPLES: usize = 240;

    fn normal(state: &mut u32) -> f32 {
        let mut uniform = || {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*state >> 8) as f32 / (1 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    }

    /// Labels, and a run whose modalities each hold a part of them beside noise of their own.
    fn made(holds: [f32; 3], seed: u32) -> (Vec<f32>, Joined) {
        let mut state = seed;
        let truth: Vec<f32> = (0..SAMPLES).map(|_| normal(&mut state)).collect();
        let parts: Vec<[f32; 3]> = truth
            .iter()
            .map(|label| holds.map(|part| part * (label + normal(&mut state))))
            .collect();
        let conditions = Condition::SUBSETS
            .into_iter()
            .chain(Condition::uniform(0.0));
        let passes = conditions.map(|condition| {
            let kept = condition.rates().map(|rate| 1.0 - rate as f32);
            let each = parts
                .iter()
                .map(|part| (0..3).map(|m| kept[m] * part[m]).sum::<f32>());
            // What training leaves to chance.
            let each = each.map(|p| p + 0.05 * normal(&mut state));
            (("modality".to_string(), 1, condition), each.collect())
        });
        let (model, passes) = ("m".to_string(), passes.collect());
        let seed = u64::from(seed);
        (
            truth,
            Joined {
                model,
                seed,
                passes,
            },
        )
    }

    /// Gives every condition the predictions of the one that `from` names.
    fn change(run: &mut Joined, from: impl Fn([f64; 3]) -> [f64; 3]) {
        let before = run.passes.clone();
        for ((protocol, seed, condition), pass) in &mut run.passes {
            if let (None, Some(of)) = (condition.rate(), Condition::new(from(condition.rates()))) {
                pass.clone_from(&before[&(protocol.clone(), *seed, of)]);
            }
        }
    }

    fn found(truth: &[f32], runs: &[Joined]) -> Option<String> {
        let ids: Vec<String> = (0..truth.len()).map(|i| format!("v{i}")).collect();
        let reference = Reference {
            ids: &ids,
            truth,
            lengths: [&[]; 3],
            range: [-3.0, 3.0],
            absent: [false; 3],
            masks: &UNKNOWN,
            train: &[],
        };
        finding(&runs[0], runs, &reference).map(|finding| finding.text)
    }

    /// Strong text, equal modalities, and two that hold nothing.
    const KINDS: [[f32; 3]; 4] = [
        [1.0, 0.2, 0.1],
        [0.5, 0.5, 0.5],
        [1.0, 0.0, 0.0],
        [0.1, 0.1, 0.6],
    ];

    #[test]
    fn letters_of_the_modalities_that_are_there_are_found() {
        for holds in KINDS {
            let (truth, mut run) = made(holds, 5);
            assert_eq!(found(&truth, &[run.clone()]), None, "{holds:?}");
            change(&mut run, |rates| rates.map(|rate| 1.0 - rate));
            let text = found(&truth, &[run]).unwrap();
            assert!(text.contains("do the letters name"), "{holds:?} {text}");
        }
    }

    #[test]
    fn labels_tell_where_no_complete_samples_are() {
        let runs = || {
            let mut all = [5, 5, 5].map(|seed| made(KINDS[1], seed).1);
            for run in &mut all {
                run.passes.retain(|key, _| key.2.rate().is_none());
            }
            all
        };
        let (truth, _) = made(KINDS[1], 5);
        assert_eq!(found(&truth, &runs()), None);
        let changed = runs().map(|mut run| {
            change(&mut run, |rates| rates.map(|rate| 1.0 - rate));
            run
        });
        let text = found(&truth, &changed).unwrap();
        assert!(
            text.contains("with labels") && text.contains("name the missing"),
            "{text}"
        );
    }

    #[test]
    fn letters_of_modalities_that_the_data_lack_are_found() {
        let ids: Vec<String> = (0..SAMPLES).map(|i| format!("v{i}")).collect();
        let found = |from: fn([f64; 3]) -> [f64; 3]| {
            let (truth, mut run) = made(KINDS[0], 5);
            change(&mut run, |[l, a, _]| [l, a, 0.0]);
            change(&mut run, from);
            let reference = Reference {
                ids: &ids,
                truth: &truth,
                lengths: [&[]; 3],
                range: [-3.0, 3.0],
                absent: [false, false, true],
                masks: &UNKNOWN,
                train: &[],
            };
            crate::record::import::plausible::sets::absent::finding(&run, &reference)
                .map(|finding| finding.text)
        };
        assert_eq!(found(|rates| rates), None);
        // Text for vision, in all conditions: sets still contain each other.
        let text = found(|[l, a, v]| [v, a, l]).unwrap();
        assert!(text.contains("do letters name other modalities?"), "{text}");
    }

    #[test]
    fn masks_that_were_not_applied_are_found() {
        let ids: Vec<String> = (0..SAMPLES).map(|i| format!("v{i}")).collect();
        let found = |holds, from: fn([f64; 3]) -> [f64; 3]| {
            let (truth, mut run) = made(holds, 5);
            change(&mut run, from);
            let range = [-3.0, 3.0];
            let reference = Reference {
                ids: &ids,
                truth: &truth,
                range,
                lengths: [&[]; 3],
                absent: [false; 3],
                masks: &UNKNOWN,
                train: &[],
            };
            crate::record::import::plausible::sets::unmasked::finding(&run, &reference)
                .map(|finding| finding.text)
        };
        assert_eq!(found(KINDS[0], |rates| rates), None);
        // Text alone is used; without it, its length tells a little.
        assert_eq!(found(KINDS[2], |[l, ..]| [l, 0.0, 0.0]), None);
        let all = found(KINDS[0], |_| [0.0; 3]).unwrap();
        assert!(all.contains("conditions 0, L, A, V, LA, LV, AV"), "{all}");
        let one = found(KINDS[0], |_| [0.0, 1.0, 1.0]).unwrap();
        assert!(one.contains("were masks applied?"), "{one}");
    }

    #[test]
    fn two_conditions_that_were_exchanged_are_found() {
        let (truth, mut run) = made(KINDS[0], 5);
        let (a, la) = ([0.0, 1.0, 0.0], [1.0, 1.0, 0.0]);
        change(&mut run, |rates| match rates {
            _ if rates == a => la,
            _ if rates == la => a,
            _ => rates,
        });
        let text = found(&truth, &[run]).unwrap();
        assert!(text.contains("were conditions exchanged?"), "{text}");
        // One letter for another at single letters alone.
        let (truth, mut run) = made(KINDS[0], 5);
        change(&mut run, |[l, a, v]| {
            if l + a + v == 1.0 {
                [v, a, l]
            } else {
                [l, a, v]
            }
        });
        assert!(found(&truth, &[run]).is_some());
    }
}
