//! Reads what sets tables of one paper apart besides data set and condition: masks, training data.

/// Words of a title that state how the models were trained or tested.
const MASKS: &[&str] = &[
    "mask",
    "masks",
    "masking",
    "masked",
    "aligned",
    "unaligned",
    "fold",
    "noise",
];

/// Beginnings of such a statement.
const TRAINED: &[&str] = &[
    "trained on",
    "train on",
    "trained with",
    "trained at",
    "pretrained on",
];

/// Beginnings of the name of the data that the numbers are of.
const TESTED: &[&str] = &["tested on", "test on", "evaluated on"];

/// What the title states of masks and training: tables that differ in it have other numbers by right.
pub(super) fn scope(title: &str) -> String {
    let mut found: Vec<String> = Vec::new();
    for piece in pieces(title) {
        let lower = piece.to_lowercase();
        let states = TRAINED.iter().any(|t| lower.contains(t)) || names_masks(outside(&lower));
        if states {
            found.push(outside_of(&lower));
        }
        found.extend(
            brackets(&lower)
                .filter(|b| names_masks((*b).to_string()))
                .map(str::to_string),
        );
    }
    found.dedup();
    found.join(", ")
}

/// The part of a title that names what the models were tested on.
pub(super) fn tested_on(title: &str) -> Option<&str> {
    pieces(title).into_iter().find_map(|piece| {
        let lower = piece.to_lowercase();
        let at = TESTED.iter().find_map(|t| Some(lower.find(t)? + t.len()))?;
        piece.get(at..).map(str::trim)
    })
}

fn names_masks(text: String) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|w| MASKS.contains(&w))
}

/// A piece with the brackets that are no statement of their own: `trained on cmu-mosi (speech)`.
fn outside_of(lower: &str) -> String {
    brackets(lower)
        .filter(|b| names_masks((*b).to_string()))
        .fold(lower.to_string(), |text, b| {
            text.replace(&format!("({b})"), "")
        })
        .trim()
        .to_string()
}

/// A piece without its brackets.
fn outside(text: &str) -> String {
    brackets(text).fold(text.to_string(), |text, b| {
        text.replace(&format!("({b})"), "")
    })
}

/// The texts in brackets.
fn brackets(text: &str) -> impl Iterator<Item = &str> {
    text.split('(')
        .skip(1)
        .filter_map(|t| Some(t.split_once(')')?.0))
}

/// The parts of a title between commas, colons and the like outside of brackets.
fn pieces(title: &str) -> Vec<&str> {
    let (mut out, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in title.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | ';' | ':' | '|' | '\u{2013}' | '\u{2014}' if depth == 0 => {
                out.push(title[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(title[start..].trim());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_training_data_set_tables_apart() {
        for (title, wanted) in [
            (
                "Demo film (masks random v2): MAE \u{2193} (synthetic data)",
                "masks random v2",
            ),
            (
                "CMU-MOSI (speech) (masks mixed v2): overview",
                "masks mixed v2",
            ),
            (
                "Trained on CMU-MOSI (speech), tested on CMU-MOSI (speech-ibm): MAE",
                "trained on cmu-mosi (speech)",
            ),
            (
                "Trained on Demo film, tested on Demo film (lost-words) (masks block v2): MAE",
                "trained on demo film, masks block v2",
            ),
            ("Results on MOSI (unaligned)", "unaligned"),
            ("Results on CMU-MOSI, mean over missing rates 0-0.9", ""),
        ] {
            assert_eq!(scope(title), wanted, "{title}");
        }
        assert_eq!(
            tested_on("Trained on CMU-MOSI (speech), tested on CMU-MOSI (speech-ibm): MAE"),
            Some("CMU-MOSI (speech-ibm)")
        );
        assert_eq!(tested_on("Results on MOSI"), None);
    }
}
