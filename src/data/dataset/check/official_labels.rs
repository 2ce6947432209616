//! Compares the labels of a published split with what is known of them.

use crate::data::dataset::dataset_name::DatasetName;
use crate::data::dataset::labels;
use crate::data::dataset::plan::Plan;
use crate::data::dataset::spec::Spec;

/// Negative, zero and positive labels of train, valid and test, where they are known: of the label files of CMU-MOSI
/// and CH-SIMS, and of CMU-MOSEI's test split by `published/test-sets.toml`.
const SIGNS: [(&str, [Option<[usize; 3]>; 3]); 3] = [
    (
        "mosi",
        [
            Some([552, 53, 679]),
            Some([92, 13, 124]),
            Some([379, 30, 277]),
        ],
    ),
    (
        "sims",
        [
            Some([742, 207, 419]),
            Some([248, 69, 139]),
            Some([248, 69, 140]),
        ],
    ),
    ("mosei", [None, None, Some([1350, 1025, 2284])]),
];

/// Finds splits of the published size whose labels have other signs than the published ones.
pub fn signs(plan: &Plan<'_>, spec: &Spec) -> Option<String> {
    let base = DatasetName::of(&spec.name).base;
    let (_, splits) = SIGNS.iter().find(|(name, _)| *name == base)?;
    let known = splits[plan.official()? as usize]?;
    let (_, values) = plan.labels.iter().find(|(name, _)| name == labels::MAIN)?;
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
