//! Recognizes data sets and methods by the names that papers use.

use super::metric::plain;

/// Spellings that are not in `datasets.toml`.
const DATASETS: &[(&str, &str)] = &[
    ("cmumosi", "mosi"),
    ("cmumosei", "mosei"),
    ("chsims", "sims"),
    ("simsv1", "sims"),
    ("chsimsv1", "sims"),
    ("chsimsv2", "simsv2"),
    ("chsims2", "simsv2"),
    ("sims2", "simsv2"),
    ("chsimsv20", "simsv2"),
];

/// Words around the name of a data set.
const AROUND: &[&str] = &[
    "dataset",
    "datasets",
    "testset",
    "corpus",
    "results",
    "thedataset",
];

/// The name in `datasets.toml` for a known data set; any other name as it was written.
pub fn dataset(text: &str) -> String {
    registered(text).unwrap_or_else(|| text.trim().to_string())
}

/// Whether a text is the name of a data set in `datasets.toml`.
pub(super) fn known(text: &str) -> bool {
    registered(text).is_some()
}

fn registered(text: &str) -> Option<String> {
    let plain = plain(text);
    let around = |plain: &str| {
        let cut = |word: &&str| {
            plain
                .strip_suffix(*word)
                .or_else(|| plain.strip_prefix(*word))
        };
        AROUND.iter().find_map(cut).map(str::to_string)
    };
    exact(&plain).or_else(|| exact(&around(&plain)?))
}

fn exact(plain: &str) -> Option<String> {
    let alias = DATASETS.iter().find(|(a, _)| *a == plain);
    if let Some((_, name)) = alias {
        return Some((*name).to_string());
    }
    let mut known = crate::data::dataset::registry().iter();
    let spec = known.find(|spec| self::plain_name(&spec.name) == plain);
    spec.map(|spec| spec.name.clone())
}

fn plain_name(name: &str) -> String {
    plain(name)
}

/// The known data set that an unknown one's name begins or ends with.
pub(super) fn resembled(text: &str) -> Option<String> {
    let plain = plain(text);
    let registry = crate::data::dataset::registry().iter();
    let known = registry.map(|spec| (plain_name(&spec.name), spec.name.clone()));
    let aliases = DATASETS
        .iter()
        .map(|(a, name)| ((*a).to_string(), (*name).to_string()));
    let all = known
        .chain(aliases)
        .filter(|(name, _)| plain.starts_with(name) || plain.ends_with(name));
    all.max_by_key(|(name, _)| name.len()).map(|(_, name)| name)
}

/// The only real data set that a file's name or a caption speaks of.
pub(super) fn dataset_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        // Two words first: `CH-SIMS v2`, `Demo film`.
        let longest = (1..=3).rev().find_map(|n| {
            let name = words.get(at..at + n)?.concat();
            Some((exact(&plain(&name))?, n))
        });
        match longest {
            Some((name, n)) => {
                found.push(name);
                at += n;
            }
            None => at += 1,
        }
    }
    found.sort_unstable();
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
        assert_eq!(dataset("CH-SIMS v2.0"), "simsv2");
        assert_eq!(dataset("MOSI dataset"), "mosi");
        assert_eq!(dataset(" IEMOCAP "), "IEMOCAP");
        assert!(same("Self-MM", "self_mm") && !same("LNLN", "ALMT"));
        assert_eq!(resembled("mosinon0acc").as_deref(), Some("mosi"));
        assert_eq!(resembled("MOSEI (aligned)").as_deref(), Some("mosei"));
        assert_eq!(resembled("IEMOCAP"), None);
    }

    #[test]
    fn a_file_may_name_its_data_set() {
        assert_eq!(dataset_in("random_sims"), Some("sims".to_string()));
        assert_eq!(dataset_in("Results on CMU-MOSI."), Some("mosi".to_string()));
        assert_eq!(dataset_in("CH-SIMS v2, test"), Some("simsv2".to_string()));
        assert_eq!(dataset_in("random_mosi_mosei"), None);
        assert_eq!(dataset_in("table"), None);
    }
}
