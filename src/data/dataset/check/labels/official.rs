//! Compares the labels of a published split with what is known of them.

use crate::data::dataset::check::basis::main_labels::of_any_number;
use crate::data::dataset::dataset_name::DatasetName;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::spec::Spec;

/// Negative, zero and positive labels of train, valid and test: of the label files of CMU-MOSI and CH-SIMS, and of
/// CMU-MOSEI as papers print them. Those of its test split are confirmed by `published/test-sets.toml`; the others
/// add up to the sizes of the splits.
const SIGNS: [(&str, [[usize; 3]; 3]); 3] = [
    ("mosi", [[552, 53, 679], [92, 13, 124], [379, 30, 277]]),
    ("sims", [[742, 207, 419], [248, 69, 139], [248, 69, 140]]),
    (
        "mosei",
        [[4738, 3540, 8048], [506, 433, 932], [1350, 1025, 2284]],
    ),
];

/// Finds splits of the published size whose labels have other signs than the published ones.
pub fn signs(plan: &Plan<'_>, spec: &Spec) -> Option<String> {
    let base = DatasetName::of(&spec.name).base;
    let (_, splits) = SIGNS.iter().find(|(name, _)| *name == base)?;
    let known = splits[plan.official()? as usize];
    let values = of_any_number(plan)?;
    if known.iter().sum::<usize>() != values.len() {
        return None;
    }
    let count = |is: fn(f64) -> bool| values.iter().filter(|value| is(**value)).count();
    let own = [count(|y| y < 0.0), count(|y| y == 0.0), count(|y| y > 0.0)];
    let list = |counts: [usize; 3]| counts.map(|count| count.to_string()).join("/");
    (own != known).then(|| {
        format!(
            "{}: negative/zero/positive labels {}, in the published split of this size {} (first: {}): labels of other \
             samples, negated, moved or replaced?",
            plan.split(),
            list(own),
            list(known),
            plan.ids[0]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::registry;

    #[test]
    fn signs_add_up_to_the_splits() {
        for (name, splits) in SIGNS {
            let counts = registry::find(name).unwrap().counts.unwrap();
            assert_eq!(
                splits.map(|signs| signs.iter().sum::<usize>()),
                counts,
                "{name}"
            );
        }
    }
}
