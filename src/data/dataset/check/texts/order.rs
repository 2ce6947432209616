//! Compares text features with the tokens beside them, or the transcripts: features of the same words are alike.
//!
//! Each word has the mean of some dimensions over the samples that it is in, each sample the mean of its words, as labels
//! have in `label_words`.

use std::collections::BTreeMap;

use crate::data::dataset::check::basis::relation::Relation;
use crate::data::dataset::check::basis::spoken::Spoken;
use crate::data::dataset::details::Details;
use crate::data::dataset::details::sample_means::LOOKED_AT;
use crate::data::dataset::read::plan::Plan;

/// Standard errors of a correlation that is there; those by which that of features in another order differs from it, and the
/// part of it that is left: neighbors are of one video and speak of one thing.
const THERE: f64 = 8.0;
const APART: f64 = 6.0;
const LEFT: f64 = 0.35;

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

/// Splits in which the dimension of text features that goes best with the words of the two others does not go with them.
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
        // The dimension that words tell best.
        let sound = one.tells(another).into_iter().enumerate();
        let sound = sound.filter_map(|(at, sound)| Some((at, sound?)));
        let (at, sound) = sound.max_by(|a, b| a.1.errors().total_cmp(&b.1.errors()))?;
        let [own, other] = [one, another].map(|from| from.tells(split).into_iter().nth(at)?);
        let is_lost = |own: &Relation| {
            own.correlation < LEFT * sound.correlation && own.apart(&sound) > APART
        };
        let (own, other) = (own?, other?);
        (sound.errors() > THERE && is_lost(&own) && is_lost(&other)).then(|| {
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
