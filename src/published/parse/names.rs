//! Recognizes data sets and methods by the names that papers use.

use super::metric::plain;
use super::qualifier;

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

/// Words in brackets behind the name of a data set whose test set is the same with them and without.
const ALIGNED: &[&str] = &[
    "aligned",
    "unaligned",
    "nonaligned",
    "non",
    "word",
    "test",
    "set",
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
    let remark = || {
        let (name, remark) = text.trim().strip_suffix(')')?.split_once('(')?;
        let words: Vec<String> = remark
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .collect();
        let aligned = words.iter().all(|w| ALIGNED.contains(&&**w));
        exact(&self::plain(name)).filter(|_| aligned)
    };
    exact(&plain)
        .or_else(|| exact(&around(&plain)?))
        .or_else(remark)
}

fn exact(plain: &str) -> Option<String> {
    let alias = DATASETS.iter().find(|(a, _)| *a == plain);
    if let Some((_, name)) = alias {
        return Some((*name).to_string());
    }
    let mut known = crate::data::dataset::registry().iter();
    let spec = known.find(|spec| self::plain(&spec.name) == plain);
    spec.map(|spec| spec.name.clone())
}

/// The known data set that an unknown one's name begins or ends with.
pub(super) fn resembled(text: &str) -> Option<String> {
    let text = plain(text);
    let registry = crate::data::dataset::registry().iter();
    let known = registry.map(|spec| (plain(&spec.name), spec.name.clone()));
    let aliases = DATASETS
        .iter()
        .map(|(a, name)| ((*a).to_string(), (*name).to_string()));
    let all = known
        .chain(aliases)
        .filter(|(name, _)| text.starts_with(name) || text.ends_with(name));
    all.max_by_key(|(name, _)| name.len()).map(|(_, name)| name)
}

/// The only real data set that a file's name or a caption speaks of; with a qualifier behind it that names
/// other data, its whole name: `CMU-MOSI (speech)`.
pub(super) fn dataset_in(text: &str) -> Option<String> {
    let words = words(text);
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        // Two words first: `CH-SIMS v2`, `Demo film`.
        let longest = (1..=3).rev().find_map(|n| {
            let name: String = words.get(at..at + n)?.iter().map(|(_, w)| *w).collect();
            Some((exact(&plain(&name))?, n))
        });
        let Some((name, n)) = longest else {
            at += 1;
            continue;
        };
        let (start, (last, word)) = (words[at].0, words[at + n - 1]);
        let end = last + word.len();
        let other = qualifier::other_data(&text[end..]);
        found.push(other.map_or(name, |more| text[start..end + more].to_string()));
        at += n;
    }
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// A known data set with a qualifier behind it that names other data, as it is written.
pub(super) fn other_data(text: &str) -> Option<String> {
    dataset_in(text).filter(|name| registered(name).is_none())
}

/// The words of a text with the bytes before them.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, c.is_alphanumeric()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push((from, &text[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Whether two data sets are made of one: its test set, or part of it, with other features or words.
pub fn of_one(a: &str, b: &str) -> bool {
    let qualified = |name: &str| name.contains(['@', '(', '[']);
    if a == b || !(qualified(a) || qualified(b)) {
        return a == b;
    }
    let known =
        |name: &str| registered(name).or_else(|| resembled(name).filter(|_| qualified(name)));
    known(a).is_some_and(|of_a| known(b) == Some(of_a))
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
        let speech = Some("CMU-MOSI (speech)".to_string());
        assert_eq!(dataset_in("Results on CMU-MOSI (speech): MAE"), speech);
        assert_eq!(other_data("CMU-MOSI (speech) (masks random v2)"), speech);
        assert_eq!(
            dataset_in("scores_mosi@speech"),
            Some("mosi@speech".to_string())
        );
        assert_eq!(other_data("CMU-MOSI (aligned)"), None);
        assert!(of_one("mosi@speech", "mosi@speech-ibm") && of_one("mosi", "CMU-MOSI (speech)"));
        assert!(
            !of_one("mosi", "mosei")
                && !of_one("IEMOCAP", "MELD")
                && !of_one("mosi@speech", "mosei")
        );
        assert_eq!(dataset("CMU-MOSI (unaligned)"), "mosi");
    }
}
