//! Resolves the settings of a model on a data set, with those of the data set's table.

use super::error::Error;
use crate::data::dataset::Spec;
use crate::model::settings::Settings;
use crate::model::{Choice, MODELS, ModelError, Profile};

/// Recipe and hyper-parameters of a model on a data set.
///
/// # Errors
/// [`crate::data::dataset::Error::Table`], with file, line and key, for a setting of the data set's table that the model
/// does not have.
pub fn on(choice: &Choice, spec: &Spec) -> Result<Settings, Error> {
    let model = choice.entry.name;
    let settings = choice.on(profile(spec), spec.models.get(model));
    settings.map_err(|reason| {
        let key = match &reason {
            ModelError::UnknownChange { found: key, .. } | ModelError::ChangeValue { key, .. } => {
                key
            }
            _ => "",
        };
        fault(spec, &format!("models.{model}.{key}"), reason.to_string())
    })
}

/// The published settings that hold on a data set: its own, or those that its table takes over.
pub fn profile(spec: &Spec) -> Profile {
    Profile::for_dataset(spec.settings_of.as_deref().unwrap_or(&spec.name))
}

/// Checks the settings of every model in a data set's table.
///
/// # Errors
/// As [`on`]; the same for a model that does not exist.
pub fn check(spec: &Spec) -> Result<(), Error> {
    for model in spec.models.keys() {
        let choice = MODELS.iter().any(|entry| entry.name == model);
        let choice = choice.then(|| Choice::parse(model)).transpose()?;
        let unknown = || {
            let problem = format!("no model has the name {model:?} (`lnln-bench list models`)");
            fault(spec, &format!("models.{model}"), problem)
        };
        on(&choice.ok_or_else(unknown)?, spec)?;
    }
    Ok(())
}

fn fault(spec: &Spec, key: &str, problem: String) -> Error {
    spec.fault(key, problem).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(models: &serde_json::Value) -> Spec {
        let table = json!({
            "name": "own", "title": "Own", "language": "en", "protocol": "sims",
            "label_range": [-1, 1], "settings_of": "sims", "models": models,
        });
        serde_json::from_value(table).unwrap()
    }

    #[test]
    fn a_table_replaces_single_settings_of_the_data_set_it_names() {
        let spec = spec(&json!({"lf_dnn": {"training": {"weight_decay": 0.0}}}));
        check(&spec).unwrap();
        let settings = on(&Choice::parse("lf_dnn").unwrap(), &spec).unwrap();
        assert_eq!(settings.profile, Profile::Sims);
        let published = (crate::model::lf_dnn::ENTRY.recipe)(Profile::Sims);
        assert_eq!(settings.recipe.learning_rate, published.learning_rate);
        assert_eq!(settings.recipe.weight_decay, 0.0);
    }

    #[test]
    fn unknown_models_and_settings_are_named() {
        let message = |models| check(&spec(&models)).unwrap_err().to_string();
        assert!(message(json!({"lf_dnm": {}})).contains("models.lf_dnm: no model"));
        let setting = message(json!({"lf_dnn": {"text_oot": 1}}));
        assert!(setting.contains("own: models.lf_dnn.text_oot"), "{setting}");
    }
}
