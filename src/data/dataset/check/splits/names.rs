//! Finds columns that are not read for their name alone.

use crate::data::dataset::check::Check;
use crate::data::dataset::read::known_columns;
use crate::data::dataset::read::layouts;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::split_name::SplitName;
use crate::support::nearest::nearest;

/// What other projects call columns.
const ELSEWHERE: [(&str, &str); 9] = [
    ("visual", "vision"),
    ("video", "vision"),
    ("visual_lengths", "vision_lengths"),
    ("video_lengths", "vision_lengths"),
    ("acoustic", "audio"),
    ("acoustic_lengths", "audio_lengths"),
    ("text_len", "text_lengths"),
    ("audio_len", "audio_lengths"),
    ("vision_len", "vision_lengths"),
];

/// Finds columns that are left out or kept unused, and have nearly the name of one that the split lacks.
pub fn names(plans: &[Plan<'_>]) -> Check {
    let mut warnings: Vec<String> = plans.iter().filter_map(split_name).collect();
    for plan in plans {
        let has = |column: &str| plan.columns.get(column).is_some();
        for (name, _) in plan.columns.entries() {
            if let Some(meant) = misspelt(&name, &has) {
                let split = plan.split();
                warnings.push(format!("{split}/{name} is not read; did you mean {meant}?"));
            }
        }
    }
    Check::new("names", "no column is misspelt", warnings)
}

/// What spreadsheets and data frames write where there is nothing.
const NOTHING: [&str; 4] = ["", "nan", "none", "null"];

/// A further split whose name is nearly one of the three, or none.
fn split_name(plan: &Plan<'_>) -> Option<String> {
    let (own, rows) = (plan.split(), plan.rows());
    let plain = own.trim().to_lowercase();
    if plan.official().is_some() {
        return None;
    }
    if NOTHING.contains(&&*plain) {
        return Some(format!(
            "{rows} samples have no split but `{own}` (first: {}): they are in none of train, valid and test",
            plan.ids[0]
        ));
    }
    let official = layouts::official(&plain).map(SplitName::as_str);
    let names = SplitName::ALL.map(SplitName::as_str);
    // `test2` has a name of its own.
    let meant = official.or_else(|| {
        let is_word = plain.chars().all(char::is_alphabetic);
        nearest(&plain, names).filter(|_| is_word)
    })?;
    Some(format!(
        "the split `{own}`, of {rows} samples (first: {}), is none of train, valid and test; did you mean {meant}?",
        plan.ids[0]
    ))
}

/// The column that is meant by one that is not read; none that is there under its own name.
pub fn misspelt(name: &str, has: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    if known_columns::is_known(name) {
        return None;
    }
    let alias = ELSEWHERE.iter().find(|(other, _)| *other == name);
    let meant = alias.map(|(_, known)| *known);
    let meant = meant.or_else(|| nearest(name, known_columns::features_and_texts()));
    meant.filter(|known| !has(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_meant_where_the_column_is_absent() {
        let absent = |_: &str| false;
        for (name, meant) in [
            ("audoi", "audio"),
            ("Audio", "audio"),
            ("visual", "vision"),
            ("audio_length", "audio_lengths"),
            ("vision-lengths", "vision_lengths"),
            ("rawtext", "raw_text"),
            ("token_id", "token_ids"),
        ] {
            assert_eq!(misspelt(name, &absent), Some(meant), "{name}");
            assert_eq!(misspelt(name, &|_| true), None, "{name}");
        }
        for name in [
            "audio",
            "labels",
            "classification_labels",
            "quality",
            "align",
            "speaker",
        ] {
            assert_eq!(misspelt(name, &absent), None, "{name}");
        }
    }
}
