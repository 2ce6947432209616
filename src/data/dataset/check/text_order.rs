//! Compares text features with the tokens beside them, or the transcripts: features of the same words are alike.
//!
//! Each word has the mean of some dimensions over the samples that it is in, each sample the mean of its words, as labels
//! have in `label_words`.

use std::collections::BTreeMap;

use super::relation::Relation;
use super::spoken::Spoken;
use crate::data::dataset::details::Details;
use crate::data::dataset::plan::Plan;
use crate::data::dataset::sample_means::LOOKED_AT;

/// Standard errors of a correlation that is there, and of none; those by which they differ at least.
const THERE: f64 = 8.0;
const NONE: f64 = 3.0;
const APART: f64 = 6.0;

/// A split with words and the means of its text features.
struct Heard<'p> {
    spoken: Spoken<'p>,
    means: [Vec<f64>; LOOKED_AT],
}

impl<'p> Heard<'p> {
    fn of(plan: &'p Plan<'_>, details: &BTreeMap<String, Details>) -> Option<Self> {
        let text = details.get(&format!("{}/text", plan.split()))?;
        let spoken = Spoken::of(plan)?;
        let means = text.means.dimensions();
        (means[0].len() == spoken.words.len()).then_some(Self { spoken, means })
    }

    /// How each dimension of the other split goes with the words that go with it here.
    fn tells(&self, other: &Self) -> [Option<Relation>; LOOKED_AT] {
        std::array::from_fn(|at| {
            let (own, there) = (&self.means[at], &other.means[at]);
            self.spoken.tells(own, &other.spoken, there)
        })
    }
}

/// Splits whose text features do not go with the words, in every dimension, while those of two others do.
pub fn text_order(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let all: Vec<Heard<'_>> = official
        .filter_map(|plan| Heard::of(plan, details))
        .collect();
    let [first, second, third] = &all[..] else {
        return Vec::new();
    };
    // Each split with the other two, of which one tells the other.
    let split = [
        (first, second, third),
        (second, first, third),
        (third, first, second),
    ];
    let found = split.into_iter().filter_map(|(split, one, another)| {
        let sound = one.tells(another);
        let [by_one, by_another] = [one.tells(split), another.tells(split)];
        let best = (0..LOOKED_AT).max_by(|a, b| {
            let errors = |at: &usize| sound[*at].as_ref().map_or(0.0, Relation::errors);
            errors(a).total_cmp(&errors(b))
        })?;
        let sound = sound[best].as_ref().filter(|one| one.errors() > THERE)?;
        let are_none = by_one.iter().chain(&by_another).all(|relation| {
            let none = |one: &Relation| one.errors() < NONE;
            relation.as_ref().is_none_or(none)
        });
        let own = by_one[best].as_ref()?;
        (are_none && own.apart(sound) > APART).then(|| {
            format!(
                "{}: text features do not go with the words (correlation {:.2}), those of {} and {} do ({:.2}; first: \
                 {}): were they put into another order? Extract them again in the order of the ids",
                split.spoken.plan.split(),
                own.correlation,
                one.spoken.plan.split(),
                another.spoken.plan.split(),
                sound.correlation,
                split.spoken.plan.ids[0]
            )
        })
    });
    found.collect()
}
