//! Conditions: what is removed at test time, with one name for files, predictions and tables.
//!
//! | kind | example | meaning |
//! |---|---|---|
//! | rate | `0.5` | the same nominal missing rate in text, audio and vision |
//! | subset | `L`, `LA` | these modalities (L text, A audio, V vision) missing, the others complete |
//! | mixed | `l=0.2,a=0.7,v=0.7` | a nominal missing rate per modality |
//!
//! All three are a missing rate per modality, so a condition has exactly one name:
//! `l=1,a=0,v=0` is `L`, and `l=0.5,a=0.5,v=0.5` is `0.5`.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::rates::{self, LIMIT};
use crate::data::dataset::Modality;

/// Letters of text, audio and vision in the names of conditions.
const LETTERS: [char; 3] = ['l', 'a', 'v'];

/// A nominal missing rate per modality.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// Text, audio, vision; each in [0, 1], never -0.
    rates: [f64; 3],
}

/// Kind of a condition; each mask protocol takes some kinds (see [`super::MaskProtocol::kinds`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConditionKind {
    /// One rate for all modalities.
    Rate,
    /// Some modalities missing, but not all.
    Subset,
    /// Any other three rates.
    Mixed,
}

impl ConditionKind {
    /// For messages.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Rate => "rates like 0.5 or 0:1:0.1",
            Self::Subset => "missing modalities (L, A, V, LA, LV, AV)",
            Self::Mixed => "three rates like l=0.2,a=0.7,v=0.7",
        }
    }
}

impl Condition {
    /// The six incomplete subsets, by the modalities that are missing.
    pub const SUBSETS: [Self; 6] = [
        Self::missing([true, false, false]),
        Self::missing([false, true, false]),
        Self::missing([false, false, true]),
        Self::missing([true, true, false]),
        Self::missing([true, false, true]),
        Self::missing([false, true, true]),
    ];

    const fn missing(which: [bool; 3]) -> Self {
        // `map` is not const.
        let [text, audio, vision] = which;
        Self {
            rates: [text as u8 as f64, audio as u8 as f64, vision as u8 as f64],
        }
    }

    /// Missing rates of text, audio, vision; `None` if one is outside [0, 1] or NaN.
    pub fn new(rates: [f64; 3]) -> Option<Self> {
        let inside = rates.iter().all(|rate| (0.0..=1.0).contains(rate));
        // Adding 0 turns -0 into 0.
        inside.then(|| Self {
            rates: rates.map(|rate| rate + 0.0),
        })
    }

    /// One rate for all modalities, as [`Condition::new`].
    pub fn uniform(rate: f64) -> Option<Self> {
        Self::new([rate; 3])
    }

    /// One rate as other tools compute it: a multiple of 0.0001 if it is within 1e-6 of one, of 0.000001 if
    /// it is within 1e-9, so that `0.1 + 0.2` is the condition `0.3`.
    pub fn of_number(rate: f64) -> Option<Self> {
        let near = (rate * 1e6).round() / 1e6;
        let near = Some(near).filter(|near| (rate - near).abs() < 1e-9);
        Self::uniform(rates::usual(rate).or(near).unwrap_or(rate))
    }

    /// Two of these conditions whose rates differ by less than a millionth: one of them was meant.
    pub fn too_near(all: &[Self]) -> Option<[Self; 2]> {
        let apart = |a: &Self, b: &Self| {
            let rates = a.rates.iter().zip(b.rates);
            rates.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let mut pairs = (all.iter().enumerate()).flat_map(|(i, a)| {
            let others = all[i + 1..].iter();
            others.map(move |b| (a, b))
        });
        let near = pairs.find(|(a, b)| a != b && apart(a, b) < rates::APART);
        near.map(|(a, b)| [*a, *b])
    }

    /// Missing rates of text, audio, vision.
    pub fn rates(&self) -> [f64; 3] {
        self.rates
    }

    /// The missing rate of one modality.
    pub fn of(&self, modality: Modality) -> f64 {
        self.rates[modality as usize]
    }

    /// The rate all modalities share, where they do.
    pub fn rate(&self) -> Option<f64> {
        let [text, audio, vision] = self.rates;
        (text == audio && audio == vision).then_some(text)
    }

    /// Whether `name` is a spelling of this condition's name.
    pub fn is_called(&self, name: &str) -> bool {
        // Most names are a plain number, which is fast to parse.
        match name.parse::<f64>() {
            Ok(rate) => self.rate() == Some(rate),
            Err(_) => name.parse().is_ok_and(|named: Self| named == *self),
        }
    }

    /// The kind of this condition.
    pub fn kind(&self) -> ConditionKind {
        if self.rate().is_some() {
            ConditionKind::Rate
        } else if self.rates.iter().all(|rate| *rate == 0.0 || *rate == 1.0) {
            ConditionKind::Subset
        } else {
            ConditionKind::Mixed
        }
    }

    /// Whether it is one of its own for data without these modalities: a set of missing modalities that holds
    /// one of them is the set without it.
    pub fn is_drawn_without(&self, absent: &[Modality]) -> bool {
        self.kind() != ConditionKind::Subset
            || absent.iter().all(|modality| self.of(*modality) == 0.0)
    }

    /// Rates first, then subsets in the order of [`Condition::SUBSETS`], then mixed ones.
    fn key(&self) -> (ConditionKind, usize, [u64; 3]) {
        let kind = self.kind();
        let index = match kind {
            ConditionKind::Subset => Self::SUBSETS
                .iter()
                .position(|subset| subset.rates == self.rates),
            _ => None,
        };
        // Bits of numbers that are not negative are in the numbers' order.
        (kind, index.unwrap_or(0), self.rates.map(f64::to_bits))
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        // No rate is NaN or -0.
        self.rates == other.rates
    }
}

impl Eq for Condition {}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Condition {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.rate(), other.rate()) {
            // The common case, made fast: maps of scores compare millions.
            (Some(own), Some(others)) => own.total_cmp(&others),
            _ => self.key().cmp(&other.key()),
        }
    }
}

impl Hash for Condition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rates.map(f64::to_bits).hash(state);
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [l, a, v] = self.rates;
        match self.kind() {
            ConditionKind::Rate => f.pad(&l.to_string()),
            ConditionKind::Subset => {
                let letters = LETTERS
                    .iter()
                    .zip(self.rates)
                    .filter(|(_, rate)| *rate == 1.0);
                let name: String = letters
                    .map(|(letter, _)| letter.to_ascii_uppercase())
                    .collect();
                f.pad(&name)
            }
            ConditionKind::Mixed => f.pad(&format!("l={l},a={a},v={v}")),
        }
    }
}

impl FromStr for Condition {
    type Err = rates::Error;

    /// Parses one condition; every spelling of its rates is accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parse_list(text)?[..] {
            [condition] => Ok(condition),
            _ => Err(rates::Error::NotOne {
                got: text.to_owned(),
            }),
        }
    }
}

impl Serialize for Condition {
    /// A rate as a number, anything else as its name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.rate() {
            Some(rate) => serializer.serialize_f64(rate),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Rate(f64),
            Name(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Rate(rate) => Self::of_number(rate).ok_or_else(|| {
                serde::de::Error::custom(format!("expected a missing rate from 0 to 1, got {rate}"))
            }),
            Form::Name(name) => name.parse().map_err(serde::de::Error::custom),
        }
    }
}

/// Parses a comma-separated list whose entries are rates, `START:END:STEP` (END included), missing
/// modalities (`L`, `LA`), or three neighbors `l=RATE,a=RATE,v=RATE` in any order.
///
/// The result is ascending (see [`Condition`]'s order) and without duplicates; every rate is the
/// float64 nearest to its decimal form.
///
/// # Errors
/// [`rates::Error`] on anything else.
pub fn parse_list(text: &str) -> Result<Vec<Condition>, rates::Error> {
    let form = |got: &str| rates::Error::Form {
        got: got.trim().to_owned(),
    };
    let mut conditions = BTreeSet::new();
    let mut entries = text.split(',').map(str::trim).peekable();
    while let Some(entry) = entries.next() {
        if entry.contains('=') {
            let three = [Some(entry), entries.next(), entries.next()];
            conditions.insert(parse_mixed(text, three)?);
        } else if let Some(subset) = subset(entry) {
            conditions.insert(subset);
        } else {
            let rates = rates::parse_list(entry)?;
            conditions.extend(rates.into_iter().filter_map(Condition::uniform));
        }
    }
    let conditions: Vec<Condition> = conditions.into_iter().collect();
    match conditions.len() {
        0 => Err(form(text)),
        1..=LIMIT => match Condition::too_near(&conditions) {
            None => Ok(conditions),
            Some([near, got]) => Err(rates::Error::Near {
                got: got.to_string(),
                near: near.to_string(),
            }),
        },
        _ => Err(rates::Error::TooMany {
            got: text.to_owned(),
        }),
    }
}

fn subset(name: &str) -> Option<Condition> {
    Condition::SUBSETS
        .into_iter()
        .find(|subset| subset.to_string() == name)
}

fn parse_mixed(text: &str, entries: [Option<&str>; 3]) -> Result<Condition, rates::Error> {
    let refuse = || rates::Error::Mixed {
        got: text.trim().to_owned(),
    };
    let mut found = [None; 3];
    for entry in entries {
        let (letter, rate) = entry
            .and_then(|entry| entry.split_once('='))
            .ok_or_else(refuse)?;
        let known = LETTERS
            .iter()
            .position(|known| letter.trim() == known.to_string());
        let slot = &mut found[known.ok_or_else(refuse)?];
        if slot.is_some() {
            return Err(refuse());
        }
        *slot = Some(rates::parse_one(rate.trim())?);
    }
    let [Some(text_rate), Some(audio), Some(vision)] = found else {
        return Err(refuse());
    };
    Condition::new([text_rate, audio, vision]).ok_or_else(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<String> {
        parse_list(text)
            .unwrap()
            .iter()
            .map(Condition::to_string)
            .collect()
    }

    #[test]
    fn a_condition_has_one_name() {
        assert_eq!(names("l=1,a=0,v=0"), ["L"]);
        assert_eq!(names("v=1.0, a=0.0, l=1"), ["LV"]);
        assert_eq!(names("l=0.5,a=.5,v=0.50"), ["0.5"]);
        assert_eq!(names("a=0.7,l=0.2,v=0.7"), ["l=0.2,a=0.7,v=0.7"]);
        assert_eq!(names("0.50"), ["0.5"]);
        let subsets = Condition::SUBSETS.map(|condition| condition.to_string());
        assert_eq!(subsets, ["L", "A", "V", "LA", "LV", "AV"]);
    }

    #[test]
    fn lists_mix_kinds_and_are_sorted() {
        assert_eq!(
            names("AV,L,l=0.2,a=0.7,v=0.7,1,0:0.2:0.1,L"),
            ["0", "0.1", "0.2", "1", "L", "AV", "l=0.2,a=0.7,v=0.7"]
        );
    }

    #[test]
    fn refusals_name_what_was_expected() {
        let message = |text: &str| parse_list(text).unwrap_err().to_string();
        for bad in [
            "l=0.2",
            "l=0.2,a=0.7",
            "l=0.2,a=0.7,l=0.7",
            "t=1,a=0,v=0",
            "l=0.2,a=0.7,0.7",
        ] {
            assert!(message(bad).contains("l=RATE,a=RATE,v=RATE"), "{bad}");
        }
        assert!(message("l=2,a=0,v=0").contains("from 0 to 1, got `2`"));
        assert!(message("LAV").starts_with("expected missing rates like"));
        assert!(message("").starts_with("expected missing rates like"));
        assert!(message("0,VT").ends_with(
            "got `VT`; missing modalities are L (language, not T), A, V, LA, LV and AV"
        ));
        assert!(message("X").ends_with("got `X`"));
        assert!("0,1".parse::<Condition>().is_err());
        assert!(message("0.333333,0.3333333").contains("expected 0.333333 or a rate at least"));
        assert!(message("l=0.3333333,a=0,v=1,l=0.333333,a=0,v=1").contains("at least"));
    }

    #[test]
    fn numbers_of_other_tools_are_what_was_meant() {
        assert_eq!(Condition::of_number(0.1 + 0.2), Condition::uniform(0.3));
        assert_eq!(
            Condition::of_number(0.100_000_1),
            Condition::uniform(0.1),
            "no other rate is meant"
        );
        let third = Condition::of_number(1.0 / 3.0).unwrap();
        assert_eq!(third.rate(), Some(1.0 / 3.0));
        assert_eq!(Condition::of_number(-0.0).unwrap().to_string(), "0");
        assert_eq!([-0.1, 1.1, f64::NAN].map(Condition::of_number), [None; 3]);
    }

    #[test]
    fn json_keeps_rates_as_numbers() {
        let conditions = parse_list("0,0.5,LA,l=0.2,a=0.7,v=0.7").unwrap();
        let json = serde_json::to_string(&conditions).unwrap();
        assert_eq!(json, r#"[0.0,0.5,"LA","l=0.2,a=0.7,v=0.7"]"#);
        assert_eq!(
            serde_json::from_str::<Vec<Condition>>(&json).unwrap(),
            conditions
        );
        assert!(serde_json::from_str::<Condition>("1.5").is_err());
        assert!(serde_json::from_str::<Condition>("\"x\"").is_err());
    }

    proptest! {
        #[test]
        fn names_round_trip(l in 0u32..=100, a in 0u32..=100, v in 0u32..=100) {
            let condition = Condition::new([l, a, v].map(|n| f64::from(n) / 100.0)).unwrap();
            prop_assert_eq!(condition.to_string().parse::<Condition>().unwrap(), condition);
        }
    }
}
