//! Parses a model as a user names it: `lnln`, `lnln:no-rec`, `lnln:alpha=0.5+beta=0.2`, `lmf:compat`.

use serde_json::{Map, Value};

use super::entry::{Entry, find};
use super::error::{ModelError, Result};
use super::setup::{Outline, Profile};

/// A registered model with changes to its hyper-parameters.
#[derive(Clone, Debug)]
pub struct Choice {
    pub entry: &'static Entry,
    /// As written after the colon.
    changes: Option<String>,
    set: Map<String, Value>,
}

impl Choice {
    /// Reads `NAME[:CHANGE[+CHANGE...]]`, where a change is a variant of the model or
    /// `HYPER_PARAMETER=VALUE`.
    ///
    /// # Errors
    /// [`ModelError::UnknownModel`], [`ModelError::UnknownChange`], [`ModelError::ChangeValue`].
    pub fn parse(text: &str) -> Result<Self> {
        let (name, changes) = match text.split_once(':') {
            Some((name, changes)) => (name, Some(changes)),
            None => (text, None),
        };
        let entry = find(name)?;
        let mut set = Map::new();
        for change in changes.iter().flat_map(|changes| changes.split('+')) {
            set.extend(resolve(entry, change)?);
        }
        Ok(Self {
            entry,
            changes: changes.map(str::to_owned),
            set,
        })
    }

    /// As the user wrote it.
    pub fn name(&self) -> String {
        match &self.changes {
            Some(changes) => format!("{}:{changes}", self.entry.name),
            None => self.entry.name.to_owned(),
        }
    }

    /// Title in tables: `LNLN (no-rec)`.
    pub fn title(&self) -> String {
        match &self.changes {
            Some(changes) => format!("{} ({})", self.entry.title, changes.replace('+', ", ")),
            None => self.entry.title.to_owned(),
        }
    }

    /// Whether the user set this hyper-parameter, by itself or by a variant.
    pub fn sets(&self, key: &str) -> bool {
        self.set.contains_key(key)
    }

    /// The published hyper-parameters with the changes.
    pub fn config(&self, profile: Profile) -> Value {
        self.apply((self.entry.config)(profile), Map::new())
    }

    /// Hyper-parameters with those of a data set's table, and the changes above.
    pub(super) fn apply(&self, mut config: Value, own: Map<String, Value>) -> Value {
        if let Some(fields) = config.as_object_mut() {
            fields.extend(own);
            fields.extend(self.set.clone());
        }
        config
    }

    /// Refuses data or a text encoder that the model with these hyper-parameters cannot read, before
    /// anything is built.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the reason and what to run instead.
    pub fn check(&self, config: &Value, outline: &Outline) -> Result<()> {
        match self.entry.check {
            Some(check) => check(config, outline),
            None => Ok(()),
        }
    }
}

/// The hyper-parameters that one change sets.
fn resolve(entry: &'static Entry, change: &str) -> Result<Vec<(String, Value)>> {
    let known = (entry.config)(Profile::Mosi);
    let Some((key, text)) = change.split_once('=') else {
        let variant = entry.variants.iter().find(|variant| variant.name == change);
        let variant = variant.ok_or_else(|| unknown(entry, change, &known))?;
        let set = variant.set.iter();
        return set
            .map(|(key, text)| match known.get(key) {
                Some(_) => value(entry, key, text, &known),
                // Not recorded for the published form, so that its runs keep their ids.
                None => Ok(((*key).to_owned(), parsed(entry, key, text, &Value::Null)?)),
            })
            .collect();
    };
    Ok(vec![value(entry, key, text, &known)?])
}

/// Checks that the hyper-parameter exists and that its value is of the published one's type.
pub(super) fn value(
    entry: &'static Entry,
    key: &str,
    text: &str,
    known: &Value,
) -> Result<(String, Value)> {
    let published = known.get(key).ok_or_else(|| unknown(entry, key, known))?;
    let mut value = parsed(entry, key, text, published)?;
    // A whole number is accepted for a real one.
    if let (Some(number), true) = (value.as_i64(), published.is_f64()) {
        value = Value::from(number as f64);
    }
    if std::mem::discriminant(&value) == std::mem::discriminant(published)
        && value.is_f64() == published.is_f64()
    {
        Ok((key.to_owned(), value))
    } else {
        Err(wrong(entry, key, text, published))
    }
}

fn parsed(entry: &'static Entry, key: &str, text: &str, published: &Value) -> Result<Value> {
    serde_json::from_str(text).map_err(|_| wrong(entry, key, text, published))
}

pub(super) fn wrong(entry: &'static Entry, key: &str, text: &str, published: &Value) -> ModelError {
    ModelError::ChangeValue {
        model: entry.name,
        key: key.to_owned(),
        published: published.to_string(),
        found: text.to_owned(),
    }
}

pub(super) fn unknown(entry: &'static Entry, found: &str, known: &Value) -> ModelError {
    let variants: Vec<&str> = entry.variants.iter().map(|variant| variant.name).collect();
    let keys = known.as_object().into_iter().flatten();
    let keys: Vec<&str> = keys.map(|(key, _)| key.as_str()).collect();
    ModelError::UnknownChange {
        model: entry.name,
        found: found.to_owned(),
        variants: if variants.is_empty() {
            "(none)".to_owned()
        } else {
            variants.join(", ")
        },
        keys: keys.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_stay_where_nothing_is_changed() {
        let choice = Choice::parse("lnln").unwrap();
        assert_eq!(
            (choice.name(), choice.title()),
            ("lnln".into(), "LNLN".into())
        );
        let published = (choice.entry.config)(Profile::Sims);
        assert_eq!(choice.config(Profile::Sims), published);
    }

    #[test]
    fn variants_and_values_are_set_in_order() {
        let choice = Choice::parse("lnln:no-rec+alpha=1+gamma=0.2").unwrap();
        let config = choice.config(Profile::Mosi);
        assert_eq!(config["reconstruction"], Value::Bool(false));
        assert_eq!(
            (&config["alpha"], &config["gamma"]),
            (&1.0.into(), &0.2.into())
        );
        assert_eq!(choice.title(), "LNLN (no-rec, alpha=1, gamma=0.2)");
    }

    #[test]
    fn mistakes_name_what_is_known() {
        let message = |text| Choice::parse(text).unwrap_err().to_string();
        let unknown = message("lnln:no-recs");
        assert!(
            unknown.contains("no-recs") && unknown.contains("no-dmc"),
            "{unknown}"
        );
        assert!(unknown.contains("alpha"), "{unknown}");
        for text in ["lnln:alpha=fast", "lnln:alpha=true", "lnln:tokens=1.5"] {
            assert!(message(text).contains("expected a value like"), "{text}");
        }
        assert!(message("lnnl:no-rec").contains("unknown model"));
    }

    /// A key that no model reads would be a variant in name alone.
    #[test]
    fn what_variants_of_lnln_set_is_what_it_reads() {
        use super::super::lnln::Config;
        for variant in find("lnln").unwrap().variants {
            let choice = Choice::parse(&format!("lnln:{}", variant.name)).unwrap();
            let config = choice.config(Profile::Mosi);
            let read: Config = serde_json::from_value(config.clone()).unwrap();
            assert_eq!(
                serde_json::to_value(read).unwrap(),
                config,
                "{}",
                variant.name
            );
        }
    }

    #[test]
    fn every_variant_of_every_model_can_be_chosen() {
        for entry in super::super::MODELS {
            for variant in entry.variants {
                let choice = Choice::parse(&format!("{}:{}", entry.name, variant.name)).unwrap();
                assert_ne!(choice.config(Profile::Mosi), (entry.config)(Profile::Mosi));
            }
        }
    }
}
