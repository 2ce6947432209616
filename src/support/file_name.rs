//! Makes file names of titles that users gave: distinct, stable and portable.

use std::collections::{BTreeMap, BTreeSet};

/// Longest name that is kept as it is: with a section's name and an extension it fits every file system.
const LONGEST: usize = 100;

/// Signs that separate words. A name has a hyphen for them, and two titles that differ in nothing else
/// are told apart by a hash.
const SEPARATORS: &str = " -_.,:;/=()[]";

/// File names that Windows reserves for devices.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name for each title, of lower-case letters, digits and single hyphens. Different titles have different
/// names, on file systems that ignore case as well. A title that is written with letters, digits and
/// separators alone keeps its words; a hash of the title follows them where another title has the same
/// words, where other signs were left out (`LNLN+`, Chinese), and where the title is too long.
pub fn file_names<S: AsRef<str>>(titles: &[S]) -> Vec<String> {
    let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for title in titles.iter().map(S::as_ref) {
        let words = words(title);
        // A title with a hash of its own takes no name from others.
        if is_kept(title, &words) {
            owners.entry(words).or_default().insert(title);
        }
    }
    let name = |title: &S| {
        let (title, words) = (title.as_ref(), words(title.as_ref()));
        let sole = owners.get(&words).is_some_and(|titles| titles.len() == 1);
        if sole && is_kept(title, &words) {
            words
        } else {
            with_hash(title, &words)
        }
    };
    titles.iter().map(name).collect()
}

/// The words of a text as lower-case letters, digits and single hyphens. Not distinct: for names that the
/// program gave itself.
pub fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

/// Whether the words alone name the title.
fn is_kept(title: &str, words: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || SEPARATORS.contains(c);
    let numbered = |port: &str| {
        let digit = words.strip_prefix(port).and_then(|n| n.parse().ok());
        digit.is_some_and(|n: u8| n < 10)
    };
    let reserved = RESERVED.contains(&words) || numbered("com") || numbered("lpt");
    !words.is_empty() && words.len() <= LONGEST && title.chars().all(known) && !reserved
}

fn with_hash(title: &str, words: &str) -> String {
    let hash = blake3::hash(title.as_bytes()).to_hex();
    // Words are ASCII, so any index is a boundary.
    let words = words[..words.len().min(LONGEST)].trim_end_matches('-');
    if words.is_empty() {
        hash[..8].to_string()
    } else {
        format!("{words}-{}", &hash[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(titles: &[&str]) -> Vec<String> {
        file_names(titles)
    }

    fn all_differ(titles: &[&str]) {
        let names = names(titles);
        let different: BTreeSet<&String> = names.iter().collect();
        assert_eq!(different.len(), titles.len(), "{names:?}");
        for name in &names {
            assert_eq!(&words(name), name);
            assert!(!name.is_empty());
        }
    }

    #[test]
    fn plain_titles_keep_their_words() {
        assert_eq!(
            names(&["LNLN", "LF-DNN (epochs 3)", "Constant (baseline)"]),
            ["lnln", "lf-dnn-epochs-3", "constant-baseline"]
        );
    }

    #[test]
    fn titles_that_differ_in_a_sign_have_different_names() {
        all_differ(&["LNLN", "LNLN+", "LNLN++", "LNLN*", "LNLN "]);
        all_differ(&["a.b", "a-b", "a_b", "A-B", "a b"]);
        all_differ(&["多模态", "情感", "", "é", "+"]);
        all_differ(&["aux", "AUX", "com1", "LPT9"]);
        let long = "very ".repeat(60);
        all_differ(&[&format!("{long}a"), &format!("{long}b")]);
    }

    #[test]
    fn a_name_with_lost_signs_does_not_depend_on_other_titles() {
        let alone = names(&["LNLN+"]);
        assert_eq!(
            names(&["LNLN", "LNLN+"]),
            ["lnln".to_string(), alone[0].clone()]
        );
        assert_eq!(names(&["a.b", "a-b"]), {
            let mut turned = names(&["a-b", "a.b"]);
            turned.reverse();
            turned
        });
    }

    #[test]
    fn names_are_short_and_no_device() {
        let long = names(&[&"x".repeat(500)]);
        assert!(long[0].len() < 120, "{long:?}");
        assert!(names(&["nul"])[0].starts_with("nul-"));
    }
}
