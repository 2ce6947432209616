//! Declares the settings that a search draws beside the published values, and draws them.

use serde_json::Value;

/// A setting that a search draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimension {
    /// Its name in the record of a run: of the recipe, or a hyper-parameter of the model.
    pub setting: &'static str,
    pub range: Range,
}

/// Values of a setting, each a function of a number that is uniform in [0, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Log-uniform between two multiples of the published value, to two digits; a published 0 stays 0.
    LogAround(f64, f64),
    /// Log-uniform between two values, to two digits.
    LogUniform(f64, f64),
    /// Uniform between two values, to two decimals. A list, as of a rate per modality, gets one value for all.
    Uniform(f64, f64),
    /// One of these multiples of the published count, at least 1.
    Multiples(&'static [f64]),
}

/// Settings of the recipe, which every trained model has.
pub const TRAINING: [Dimension; 3] = [
    Dimension {
        setting: LEARNING_RATE,
        range: Range::LogAround(0.1, 10.0),
    },
    Dimension {
        setting: WEIGHT_DECAY,
        range: Range::LogUniform(1e-6, 1e-2),
    },
    Dimension {
        setting: BATCH_SIZE,
        range: Range::Multiples(&[0.5, 1.0, 2.0]),
    },
];

pub const LEARNING_RATE: &str = "learning_rate";
pub const WEIGHT_DECAY: &str = "weight_decay";
pub const BATCH_SIZE: &str = "batch_size";

/// A hyper-parameter that is a dropout rate.
pub const fn dropout(setting: &'static str) -> Dimension {
    Dimension {
        setting,
        range: Range::Uniform(0.0, 0.5),
    }
}

impl Dimension {
    /// The value of a trial, of the type of the published one.
    pub fn draw(&self, draw: &Draw<'_>, published: &Value) -> Value {
        let u = draw.uniform(self.setting);
        match self.range {
            Range::LogAround(low, high) => {
                let published = published.as_f64().unwrap_or_default();
                two_digits(published * log_uniform(u, low, high)).into()
            }
            Range::LogUniform(low, high) => two_digits(log_uniform(u, low, high)).into(),
            Range::Uniform(low, high) => {
                like(published, &two_decimals(low + u * (high - low)).into())
            }
            Range::Multiples(multiples) => {
                let index = (u * multiples.len() as f64) as usize;
                let count = published.as_f64().unwrap_or_default() * multiples[index];
                (count.round().max(1.0) as u64).into()
            }
        }
    }
}

/// The trial that values are drawn for. Settings are drawn apart from each other, so that a model that declares
/// one more keeps the draws of the others.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// Seed of the search.
    pub seed: u64,
    /// Registry name, without a variant: variants of a model share its draws.
    pub model: &'a str,
    pub trial: u32,
}

impl Draw<'_> {
    /// Uniform in [0, 1): the first 53 bits of blake3 of `SEED/MODEL/TRIAL/SETTING`, divided by 2^53.
    fn uniform(&self, setting: &str) -> f64 {
        let key = format!("{}/{}/{}/{setting}", self.seed, self.model, self.trial);
        let hash = blake3::hash(key.as_bytes());
        let first = hash.as_bytes().iter().take(8);
        let bits = first.fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn log_uniform(u: f64, low: f64, high: f64) -> f64 {
    low * (high / low).powf(u)
}

/// Rounded, so that the last bits of a machine's power function do not matter.
fn two_digits(value: f64) -> f64 {
    // What was printed is read back.
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn two_decimals(value: f64) -> f64 {
    format!("{value:.2}").parse().unwrap_or(value)
}

/// A value in place of every number of the published one.
fn like(published: &Value, value: &Value) -> Value {
    match published {
        Value::Array(all) => all.iter().map(|one| like(one, value)).collect(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{MODELS, Profile};
    use super::*;

    /// Computed once more in Python, with its own blake3. A change of these draws makes other searches of the same
    /// command.
    #[test]
    fn draws_are_frozen() {
        let published = [json!(1e-3), json!(1e-2), json!(128), json!([0.2, 0.2])];
        let rates = dropout("dropouts");
        let drawn = [1, 2, 3].map(|trial| {
            let draw = Draw {
                seed: 1111,
                model: "lf_dnn",
                trial,
            };
            let dimensions = TRAINING.iter().chain([&rates]).zip(&published);
            let values = dimensions.map(|(one, published)| one.draw(&draw, published).to_string());
            values.collect::<Vec<_>>().join(" ")
        });
        let expected = [
            "0.0081 8.7e-6 64 [0.37,0.37]",
            "0.0032 2e-6 64 [0.43,0.43]",
            "0.0011 0.00016 64 [0.39,0.39]",
        ];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn draws_fill_their_ranges_and_keep_the_type() {
        let draws = || {
            (0..400).map(|trial| Draw {
                seed: 0,
                model: "any",
                trial,
            })
        };
        let rate = |draw| TRAINING[0].draw(&draw, &json!(2e-3)).as_f64().unwrap();
        let rates: Vec<f64> = draws().map(rate).collect();
        assert!(rates.iter().all(|rate| (2e-4..=2e-2).contains(rate)));
        let below = rates.iter().filter(|rate| **rate < 2e-3).count();
        assert!(
            (160..240).contains(&below),
            "{below} of 400 below the middle"
        );
        let sizes = draws().map(|draw| TRAINING[2].draw(&draw, &json!(9)).to_string());
        let sizes: std::collections::BTreeSet<String> = sizes.collect();
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), ["18", "5", "9"]);
        let smallest = draws().map(|draw| TRAINING[2].draw(&draw, &json!(1)));
        assert!(smallest.into_iter().all(|size| size.as_u64() >= Some(1)));
        assert!(draws().all(|draw| TRAINING[0].draw(&draw, &json!(0.0)) == json!(0.0)));
    }

    /// What a model declares is a published rate of its own, below 1, or a list of some.
    #[test]
    fn models_declare_settings_that_they_have() {
        fn are_rates(value: &Value) -> bool {
            match value {
                Value::Array(all) => all.iter().all(are_rates),
                _ => {
                    value.is_f64()
                        && value
                            .as_f64()
                            .is_some_and(|rate| (0.0..1.0).contains(&rate))
                }
            }
        }
        for entry in MODELS {
            for profile in Profile::ALL {
                let config = (entry.config)(profile);
                for dimension in entry.space {
                    let published = config.get(dimension.setting);
                    let name = format!("{}: {}", entry.name, dimension.setting);
                    assert!(published.is_some_and(are_rates), "{name}");
                }
            }
        }
    }
}
