//! Finds ids that a spreadsheet or a script changed: numbers cut to some digits, missing values, characters that are not
//! seen, near copies.

use std::collections::HashMap;

use crate::data::dataset::check::Samples;
use crate::data::dataset::check::unseen::is_unseen;
use crate::data::dataset::read::plan::Plan;

/// Ids of official splits that are no ids, or differ from another one in case or spaces alone.
pub fn forms(plans: &[Plan<'_>]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut known: HashMap<String, (&str, &str)> = HashMap::new();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let [mut shortened, mut absent, mut unseen, mut near] =
            [(); 4].map(|()| Samples::default());
        let mut other = None;
        for id in &plan.ids {
            if is_shortened(id) {
                shortened.add(id);
            }
            if is_absent(id) {
                absent.add(id);
            }
            if id.chars().any(is_unseen) {
                unseen.add(id);
            }
            let key: String = id.split_whitespace().collect::<Vec<_>>().join(" ");
            match known.get(key.to_lowercase().as_str()) {
                Some(found) if found.0 != id => {
                    near.add(&format!("`{id}`"));
                    other.get_or_insert(*found);
                }
                Some(_) => {}
                None => {
                    known.insert(key.to_lowercase(), (id, plan.split()));
                }
            }
        }
        let split = plan.split();
        let fault = "with an id that is a number cut to some digits, as spreadsheets write long ones: take the ids \
                     from the source";
        warnings.extend(shortened.describe(split, fault));
        let fault = "with an id that stands for none: take the ids from the source";
        warnings.extend(absent.describe(split, fault));
        let fault = "with an id that has characters which are not seen, such as the mark U+FEFF at the beginning of a file or \
                     the end of a line: read the list of ids with encoding='utf-8-sig', and strip its lines";
        warnings.extend(unseen.describe(split, fault));
        if let Some((id, split_of)) = other {
            let fault = format!(
                "with an id that differs from another one in upper and lower case or in spaces alone, such as `{id}` of \
                 {split_of}: one sample twice?"
            );
            warnings.extend(near.describe(split, &fault));
        }
    }
    warnings
}

/// Whether it is `1.23E+11`.
fn is_shortened(id: &str) -> bool {
    let Some((number, power)) = id
        .trim()
        .to_lowercase()
        .split_once("e+")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
    else {
        return false;
    };
    number.parse::<f64>().is_ok() && power.parse::<u8>().is_ok()
}

/// Whether it is what pandas and databases write for nothing.
fn is_absent(id: &str) -> bool {
    let id = id.trim().to_lowercase();
    ["nan", "none", "null", "<na>", "n/a", "nat"].contains(&id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_spreadsheets_and_data_frames_are_told_from_others() {
        for id in ["1.23E+11", "1e+05", " 2,5e+3".trim_start_matches(" 2,")] {
            assert!(is_shortened(id), "{id}");
        }
        for id in ["e+", "video_1e+5", "12", "1.23E+11$_$4", "2e5"] {
            assert!(!is_shortened(id), "{id}");
        }
        assert!(is_absent("NaN") && is_absent("None ") && !is_absent("nano") && !is_absent("0"));
    }
}
