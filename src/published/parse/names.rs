//! Recognizes data sets and methods by the names that papers use.

use super::metric::plain;

/// Spellings that are not in `datasets.toml`.
const DATASETS: &[(&str, &str)] = &[
    ("cmumosi", "mosi"),
    ("cmumosei", "mosei"),
    ("chsims", "sims"),
    ("simsv1", "sims"),
    ("chsimsv1", "sims"),
];

/// The name in `datasets.toml` for a known data set; any other name as it was written.
pub fn dataset(text: &str) -> String {
    let plain = plain(text);
    let known = crate::data::dataset::registry()
        .iter()
        .map(|spec| spec.name.as_str());
    let alias = DATASETS.iter().find(|(a, _)| *a == plain);
    let name = alias
        .map(|(_, name)| *name)
        .or_else(|| known.into_iter().find(|name| same(name, &plain)));
    name.map_or_else(|| text.trim().to_string(), str::to_string)
}

/// The only real data set that a file's name speaks of.
pub(super) fn dataset_in(file: &str) -> Option<String> {
    let words = file.split(|c: char| !c.is_alphanumeric());
    let mut found: Vec<String> = words
        .map(dataset)
        .filter(|name| crate::data::dataset::find(name).is_ok())
        .collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether two names are the same but for case and punctuation: `Self-MM`, `self_mm`.
pub fn same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_data_sets_get_their_name_and_others_keep_theirs() {
        assert_eq!(dataset("CMU-MOSI"), "mosi");
        assert_eq!(dataset("ch_sims"), "sims");
        assert_eq!(dataset(" IEMOCAP "), "IEMOCAP");
        assert!(same("Self-MM", "self_mm") && !same("LNLN", "ALMT"));
    }

    #[test]
    fn a_file_may_name_its_data_set() {
        assert_eq!(dataset_in("random_sims"), Some("sims".to_string()));
        assert_eq!(dataset_in("random_mosi_mosei"), None);
        assert_eq!(dataset_in("table"), None);
    }
}
