//! Checks a JSON value against a schema, as far as the schemas of this program go: any other keyword is a
//! panic, so that none is passed over. An object may hold nothing that its schema does not describe.

use serde_json::{Map, Value};

/// A schema with its definitions.
pub struct Schema(pub Value);

/// Why a value does not match, with its path.
pub type Mismatch = String;

impl Schema {
    /// # Errors
    /// The first mismatch.
    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        self.at(&self.0, value, "$")
    }

    fn at(&self, schema: &Value, value: &Value, path: &str) -> Result<(), Mismatch> {
        let Value::Object(keywords) = schema else {
            assert_eq!(schema, &Value::Bool(true), "{path}: schema");
            return Ok(());
        };
        for (keyword, argument) in keywords {
            self.keyword(keyword, argument, value, path)?;
        }
        self.described(keywords, value, path)
    }

    fn keyword(
        &self,
        keyword: &str,
        argument: &Value,
        value: &Value,
        path: &str,
    ) -> Result<(), Mismatch> {
        let fail = || {
            Err(format!(
                "{path}: {keyword} {argument} does not take {value}"
            ))
        };
        let passes = |holds: bool| if holds { Ok(()) } else { fail() };
        let matches = |schema: &Value| self.at(schema, value, path).is_ok();
        let all = || argument.as_array().unwrap().iter();
        match keyword {
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "default"
            | "format"
            | "properties"
            | "additionalProperties" => Ok(()),
            "$ref" => self.at(self.definition(argument), value, path),
            "type" if argument.is_array() => passes(all().any(|kind| is_of(kind, value))),
            "type" => passes(is_of(argument, value)),
            "enum" => passes(all().any(|one| one == value)),
            "const" => passes(argument == value),
            "anyOf" => passes(all().any(matches)),
            "oneOf" => passes(all().filter(|schema| matches(schema)).count() == 1),
            "required" => {
                let has = |key: &Value| value.get(key.as_str().unwrap()).is_some();
                passes(!value.is_object() || all().all(has))
            }
            "minimum" => passes(
                value
                    .as_f64()
                    .is_none_or(|x| x >= argument.as_f64().unwrap()),
            ),
            "maximum" => passes(
                value
                    .as_f64()
                    .is_none_or(|x| x <= argument.as_f64().unwrap()),
            ),
            "minItems" => passes(length(value) >= argument.as_u64().unwrap() as usize),
            "maxItems" => passes(length(value) <= argument.as_u64().unwrap() as usize),
            "items" => self.items(value, path, |_| Some(argument)),
            "prefixItems" => self.items(value, path, |index| argument.get(index)),
            other => panic!("{path}: keyword {other} is not known here"),
        }
    }

    fn items<'s>(
        &self,
        value: &Value,
        path: &str,
        schema: impl Fn(usize) -> Option<&'s Value>,
    ) -> Result<(), Mismatch> {
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            if let Some(schema) = schema(index) {
                self.at(schema, item, &format!("{path}[{index}]"))?;
            }
        }
        Ok(())
    }

    /// Every key of an object by `properties`, else by `additionalProperties`.
    fn described(
        &self,
        keywords: &Map<String, Value>,
        value: &Value,
        path: &str,
    ) -> Result<(), Mismatch> {
        let (properties, others) = (
            keywords.get("properties"),
            keywords.get("additionalProperties"),
        );
        let Value::Object(object) = value else {
            return Ok(());
        };
        if properties.is_none() && others.is_none() {
            return Ok(());
        }
        for (key, value) in object {
            let own = properties.and_then(|properties| properties.get(key));
            match own.or(others.filter(|others| **others != Value::Bool(false))) {
                Some(schema) => self.at(schema, value, &format!("{path}.{key}"))?,
                None => return Err(format!("{path}: {key} is not described")),
            }
        }
        Ok(())
    }

    fn definition(&self, reference: &Value) -> &Value {
        let path = reference.as_str().unwrap().strip_prefix('#').unwrap();
        self.0.pointer(path).unwrap()
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        other => panic!("type {other} is not known here"),
    }
}

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}
