//! Recognizes the cut of a test set into two classes: Non0, Has0, or the order of both.

use super::Word;

/// A cut into two classes, or the order of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cuts {
    One(&'static str),
    Two([&'static str; 2]),
}

impl Cuts {
    pub fn word(self) -> Word {
        match self {
            Self::One(cut) => Word::Cut(cut),
            Self::Two(order) => Word::Order(order),
        }
    }
}

/// Names of the cuts, longer ones first, in the letters that [`names_cut`] keeps.
const CUTS: &[(&str, &str)] = &[
    ("negative/nonnegative", "has0"),
    ("nonnegative/negative", "has0"),
    ("negative/positive", "non0"),
    ("positive/negative", "non0"),
    ("neg/nonneg", "has0"),
    ("nonneg/neg", "has0"),
    ("neg/nneg", "has0"),
    ("neg/pos", "non0"),
    ("pos/neg", "non0"),
    ("w/ozero", "non0"),
    ("w/zero", "has0"),
    ("withoutzero", "non0"),
    ("excludingzero", "non0"),
    ("includingzero", "has0"),
    ("excludezero", "non0"),
    ("includezero", "has0"),
    ("excl0", "non0"),
    ("incl0", "has0"),
    ("exclzero", "non0"),
    ("inclzero", "has0"),
    ("nonzero", "non0"),
    ("haszero", "has0"),
    ("withzero", "has0"),
    ("without0", "non0"),
    ("non0", "non0"),
    ("has0", "has0"),
    ("with0", "has0"),
    ("nonnegative", "has0"),
    ("nonneg", "has0"),
    ("-/+", "non0"),
];

/// The cuts a text names, and the text without them.
pub(super) fn names_cut(text: &str) -> Option<(Cuts, String)> {
    let lower = text.to_lowercase();
    if lower.contains("-/+") {
        return Some((Cuts::One("non0"), lower.replace("-/+", "")));
    }
    let mut rest: String = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || "/,|&".contains(*c))
        .collect();
    let tokens: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|t| !t.is_empty())
        .collect();
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    for (name, cut) in CUTS {
        while let Some(at) = rest.find(name) {
            found.push((at, cut));
            // Blanked, so that indices keep their order.
            rest.replace_range(at..at + name.len(), &"\u{1}".repeat(name.len()));
        }
    }
    if found.is_empty() {
        // Two letters alone: `NN/NP`, `Acc-2 NP`.
        for (name, cut) in [("nn", "has0"), ("np", "non0")] {
            if tokens.contains(&name)
                && let Some(at) = rest.find(name)
            {
                found.push((at, cut));
                rest.replace_range(at..at + name.len(), "\u{1}\u{1}");
            }
        }
    }
    found.sort_unstable();
    let cuts = match found.as_slice() {
        [] => return None,
        [(_, one)] => Cuts::One(one),
        [(_, a), (_, b)] if a != b => Cuts::Two([a, b]),
        _ => return None,
    };
    // What joined the two is no part of the rest.
    let rest: String = rest.chars().filter(|c| *c != '\u{1}').collect();
    let rest = match cuts {
        Cuts::Two(_) => rest.replacen(['/', ',', '|', '&'], "", 1),
        Cuts::One(_) => rest,
    };
    Some((cuts, rest))
}
