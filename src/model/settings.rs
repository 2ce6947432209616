//! Resolves the settings of a model on a data set: the published ones, those that the data set's own table
//! replaces, and the changes that the user named.

use serde_json::{Map, Value};

use super::choice::{self, Choice};
use super::error::Result;
use super::recipe::Recipe;
use super::setup::Profile;

/// Settings that a data set's table gives a model: hyper-parameters by name, and a table [`TRAINING`].
pub type Own = Map<String, Value>;

/// The key of the table of training settings, which are named as in the record of a run.
pub const TRAINING: &str = "training";

/// Settings of a model on a data set.
#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: Profile,
    pub recipe: Recipe,
    /// Hyper-parameters.
    pub config: Value,
}

impl Choice {
    /// The settings under a profile, with a data set's own ones where it has them. What the user named goes
    /// above both.
    ///
    /// # Errors
    /// [`ModelError::UnknownChange`](super::ModelError::UnknownChange) for an own setting that the model
    /// does not have; [`ModelError::ChangeValue`](super::ModelError::ChangeValue) for a value of another type.
    pub fn on(&self, profile: Profile, own: Option<&Own>) -> Result<Settings> {
        let published = (self.entry.config)(profile);
        let mut replaced = Map::new();
        let mut recipe = (self.entry.recipe)(profile);
        for (key, value) in own.into_iter().flatten() {
            if key == TRAINING {
                recipe = self.training(&recipe, value)?;
            } else {
                let text = value.to_string();
                let (key, value) = choice::value(self.entry, key, &text, &published)?;
                replaced.insert(key, value);
            }
        }
        Ok(Settings {
            profile,
            recipe,
            config: self.apply(published, replaced),
        })
    }

    /// A recipe with the settings of a table.
    fn training(&self, recipe: &Recipe, table: &Value) -> Result<Recipe> {
        let known = super::entry::to_json(recipe);
        let wrong = |key: &str, found: &Value, published: &Value| {
            choice::wrong(self.entry, key, &found.to_string(), published)
        };
        let table = (table.as_object()).ok_or_else(|| wrong(TRAINING, table, &known))?;
        let mut fields = known.as_object().cloned().unwrap_or_default();
        let mut read = recipe.clone();
        for (key, value) in table {
            let published = fields
                .insert(key.clone(), value.clone())
                .unwrap_or_default();
            read = serde_json::from_value(Value::Object(fields.clone()))
                .map_err(|_| wrong(key, value, &published))?;
        }
        // Fields that do not exist are ignored when a recipe is read, and missing when it is written.
        let written = super::entry::to_json(&read);
        match table.keys().find(|key| written.get(key).is_none()) {
            Some(key) => Err(choice::unknown(self.entry, key, &written)),
            None => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn on(model: &str, own: &Value) -> Result<Settings> {
        Choice::parse(model)
            .unwrap()
            .on(Profile::Mosi, own.as_object())
    }

    #[test]
    fn without_own_settings_the_published_ones_stay() {
        for entry in super::super::MODELS {
            for profile in Profile::ALL {
                let settings = Choice::parse(entry.name).unwrap().on(profile, None);
                let settings = settings.unwrap();
                assert_eq!(settings.recipe, (entry.recipe)(profile), "{}", entry.name);
                assert_eq!(settings.config, (entry.config)(profile), "{}", entry.name);
            }
        }
    }

    #[test]
    fn own_settings_replace_single_ones_and_changes_go_above() {
        let own = json!({
            "text_out": 64, "post_fusion_dim": 8, "training": {"weight_decay": 0, "epochs": 7},
        });
        let settings = on("lf_dnn:text_out=32", &own).unwrap();
        assert_eq!(settings.config["text_out"], 32);
        assert_eq!(settings.config["post_fusion_dim"], 8);
        let published = (super::super::lf_dnn::ENTRY.recipe)(Profile::Mosi);
        let expected = Recipe {
            weight_decay: 0.0,
            epochs: 7,
            ..published
        };
        assert_eq!(settings.recipe, expected);
    }

    #[test]
    fn mistakes_name_the_setting() {
        let message = |own: Value| on("lf_dnn", &own).unwrap_err().to_string();
        assert!(message(json!({"text_oot": 1})).contains("text_oot"));
        assert!(message(json!({"text_out": "wide"})).contains("text_out"));
        assert!(message(json!({"training": {"wait": 1}})).contains("wait"));
        assert!(message(json!({"training": {"epochs": "all"}})).contains("epochs"));
        assert!(message(json!({"training": 3})).contains("training"));
    }
}
