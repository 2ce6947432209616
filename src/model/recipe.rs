//! Describes the authors' training of a model: optimizer, rates, batch.

use serde::{Deserialize, Serialize};

use super::trainer_options::TrainerOptions;

/// Update rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Adam with weight decay added to the gradient (L2).
    #[serde(alias = "Adam")]
    Adam,
    /// Adam with decoupled weight decay.
    #[serde(alias = "AdamW")]
    AdamW,
}

/// Limit on the gradients before a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "max", rename_all = "lowercase")]
pub enum GradClip {
    #[default]
    None,
    /// Every entry into [-limit, limit].
    Value(f64),
    /// The Euclidean norm over all gradients at most the limit.
    Norm(f64),
}

/// Defaults of training; a run may override each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    pub rule: Rule,
    pub learning_rate: f64,
    pub weight_decay: f64,
    pub batch_size: usize,
    pub epochs: u32,
    pub clip: GradClip,
    #[serde(flatten)]
    pub trainer_options: TrainerOptions,
}

/// Parameters that share a learning rate and a weight decay.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamGroup {
    pub name: &'static str,
    /// Leading parts of parameter names; empty for every parameter that no other group claims.
    pub prefixes: Vec<String>,
    /// Where not empty, only names that hold one of these parts are claimed.
    pub containing: &'static [&'static str],
    pub learning_rate: f64,
    pub weight_decay: f64,
}

/// A rate or decay that authors give a group, as a run that asks for another one than they give the main
/// group moves it; where theirs for the main group is 0, it stays.
pub fn in_proportion(asked: f64, own: f64, main: f64) -> f64 {
    if main == 0.0 {
        own
    } else {
        asked * (own / main)
    }
}

impl ParamGroup {
    /// One group of all parameters with the recipe's rates.
    pub fn all(recipe: &Recipe) -> Self {
        Self {
            name: "all",
            prefixes: Vec::new(),
            containing: &[],
            learning_rate: recipe.learning_rate,
            weight_decay: recipe.weight_decay,
        }
    }

    /// A text encoder's group in two, as MMSA has them: biases and norms without decay, and the rest.
    pub fn encoder(self) -> [Self; 2] {
        let bare = Self {
            name: "bert without decay",
            containing: &["bias", "LayerNorm"],
            weight_decay: 0.0,
            ..self.clone()
        };
        [bare, self]
    }

    /// Index of the group that holds this parameter: the first that claims it, else the first
    /// without prefixes, else none.
    pub fn index(groups: &[Self], parameter: &str) -> Option<usize> {
        let claims = groups.iter().position(|group| group.claims(parameter));
        claims.or_else(|| groups.iter().position(|group| group.prefixes.is_empty()))
    }

    /// Whether the group names this parameter itself, rather than by default.
    pub fn claims(&self, parameter: &str) -> bool {
        let mut prefixes = self.prefixes.iter();
        let mut parts = self.containing.iter();
        prefixes.any(|prefix| parameter.starts_with(prefix.as_str()))
            && (self.containing.is_empty() || parts.any(|part| parameter.contains(part)))
    }
}
