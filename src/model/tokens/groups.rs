//! Lists the parameter groups of P-RMF's code and of what is made from it.

use crate::model::recipe::{ParamGroup, Recipe};

/// The group of the reconstructors.
pub const RECONSTRUCTOR: &str = "reconstructor";

/// The authors' groups: text encoder and injection at `relative_rate` times the recipe's learning rate, the
/// other parts at the whole.
pub fn groups(recipe: &Recipe, relative_rate: f64, trains_encoder: bool) -> Vec<ParamGroup> {
    let parts = [
        ("bert", "bertmodel.", relative_rate),
        ("injection", "crossmodal_encoder.", relative_rate),
        ("text", "proj_l.", 1.0),
        ("audio", "proj_a.", 1.0),
        ("vision", "proj_v.", 1.0),
        ("proxy", "generate_proxy_modality.", 1.0),
        (RECONSTRUCTOR, "reconstructor.", 1.0),
        ("fc1", "fc1.", 1.0),
        ("fc2", "fc2.", 1.0),
    ];
    let parts = parts.into_iter().skip(usize::from(!trains_encoder));
    parts
        .map(|(name, prefix, relative_rate)| ParamGroup {
            name,
            prefixes: vec![prefix.to_owned()],
            learning_rate: recipe.learning_rate * relative_rate,
            ..ParamGroup::all(recipe)
        })
        .collect()
}
