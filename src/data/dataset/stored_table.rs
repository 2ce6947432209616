//! Compares the table that a prepared file holds with the one that is in force.

use serde_json::{Map, Value};

/// The table of a data set as a prepared file holds it.
pub struct StoredTable(Map<String, Value>);

impl StoredTable {
    /// `None` for the empty text of files without one.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// What was added to every label.
    pub fn label_offset(&self) -> f64 {
        let offset = self.0.get("label_offset").and_then(Value::as_f64);
        offset.unwrap_or(0.0)
    }

    pub fn note(&self) -> &str {
        self.0
            .get("note")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The keys under which two tables hold different values, in alphabetical order.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut keys: Vec<&String> = self.0.keys().chain(other.0.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let differ = |key: &&String| self.0.get(*key) != other.0.get(*key);
        keys.into_iter().filter(differ).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_are_named_once() {
        let table = |json: &str| StoredTable::parse(json).unwrap();
        let old =
            table(r#"{"name": "talks", "title": "Talks", "note": "a", "label_offset": -3.0}"#);
        let new = table(r#"{"name": "talks", "title": "Our talks", "models": {"lnln": {}}}"#);
        assert_eq!(
            old.differences(&new),
            ["label_offset", "models", "note", "title"]
        );
        assert!(old.differences(&old).is_empty());
        assert_eq!((old.label_offset(), new.label_offset()), (-3.0, 0.0));
        assert_eq!((old.note(), new.note()), ("a", ""));
        assert!(StoredTable::parse("").is_none());
    }
}
