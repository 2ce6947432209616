//! Reads the class counts of published test sets, which bound the values of a metric.

use std::sync::LazyLock;

use serde::Deserialize;

/// A test set as far as tables can be checked against it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestSet {
    /// Name in `datasets.toml`.
    pub dataset: String,
    pub samples: u64,
    /// The ways to cut it into two classes.
    pub populations: Vec<Population>,
    /// Standard deviation of the labels, where they are at hand.
    pub deviation: Option<f64>,
    /// Scores of constant predictors that class counts do not give.
    pub constants: Vec<Constant>,
}

/// A cut into two classes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Suffix of the metrics: `non0`, `has0`, or nothing.
    pub name: String,
    /// Samples of the negative class.
    pub low: u64,
    /// Samples of the other one.
    pub high: u64,
}

impl Population {
    /// Samples of both classes.
    pub fn samples(&self) -> u64 {
        self.low + self.high
    }
}

/// What a constant predictor scores.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    pub metric: String,
    /// The value it predicts for every sample.
    pub prediction: String,
    /// Percent for shares.
    pub value: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    test_set: Vec<TestSet>,
}

static TEST_SETS: LazyLock<Vec<TestSet>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../published/test-sets.toml"))
        // Part of the program: a test parses it at build time of the project.
        .expect("test-sets.toml is well formed");
    file.test_set
});

/// Every published test set whose classes are counted.
pub fn test_sets() -> &'static [TestSet] {
    &TEST_SETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_data_sets() {
        for set in test_sets() {
            let spec = crate::data::dataset::find(&set.dataset).unwrap();
            let counts = spec.counts.unwrap();
            assert_eq!(set.samples, counts[2] as u64, "{}", set.dataset);
            assert!(set.populations.iter().all(|p| p.samples() <= set.samples));
            let widest = set.populations.iter().map(Population::samples).max();
            assert_eq!(widest, Some(set.samples), "{}", set.dataset);
        }
    }
}
