//! Parses the condition of a cell: a rate, missing modalities or a mean.

use std::fmt;

use super::modalities::ModalitySet;

/// Parts of one in which rates are kept, so that they compare exactly.
const PARTS: f64 = 10_000.0;

/// The condition of a number on the axis of its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParsedCondition {
    /// The table has no such axis.
    Whole,
    /// A missing rate in ten-thousandths; see [`ParsedCondition::rate`].
    Rate(u32),
    /// The missing modalities, as letters: `L`, `AV`; `none` for complete data.
    Missing(String),
    /// The mean over the table's missing rates.
    MeanOverRates,
    /// The mean over the table's combinations of missing modalities.
    MeanOverMissing,
}

impl ParsedCondition {
    /// A missing rate in 0 to 1; `None` for any other number.
    pub fn rate(rate: f64) -> Option<Self> {
        // In range and rounded, so the cast is exact.
        (0.0..=1.0)
            .contains(&rate)
            .then(|| Self::Rate((rate * PARTS).round() as u32))
    }

    /// Whether it is a mean over others.
    pub fn is_mean(&self) -> bool {
        matches!(self, Self::MeanOverRates | Self::MeanOverMissing)
    }
}

impl fmt::Display for ParsedCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Rate(parts) => write!(f, "rate {}", f64::from(*parts) / PARTS),
            Self::Missing(letters) => write!(f, "{letters} missing"),
            Self::MeanOverRates | Self::MeanOverMissing => f.write_str("mean"),
        }
    }
}

/// A condition as text, before the table as a whole tells its unit or what its letters name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ConditionText {
    /// A rate in 0 to 1, or in percent where the sign is there.
    Rate(f64),
    /// A number without a unit: a rate in 0 to 1, or in percent.
    Number(f64),
    Modalities(ModalitySet),
    /// A mean over an axis.
    Mean,
}

/// Names of the missing rate, longest first.
const RATE_NAMES: &[&str] = &[
    "random missing rate",
    "modality missing rate",
    "feature missing rate",
    "missing rates",
    "missing_rate",
    "missing rate",
    "missing ratio",
    "missing_ratio",
    "missing probability",
    "mask rate",
    "masking rate",
    "drop rate",
    "rate",
    "ratio",
    "mr",
    "eta",
    "\u{3b7}",
    "r",
    "p",
];

impl ConditionText {
    /// The rate or mean that a text names: `0.5`, `50%`, `r = 0.5`, `missing rate 50 %`, `Avg.`.
    pub fn parse_rate(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_mean(text) {
            return Some(Self::Mean);
        }
        let lower = text.to_lowercase();
        let named = RATE_NAMES.iter().find_map(|name| lower.strip_prefix(name));
        let number = named.unwrap_or(&lower).trim();
        let number = named.map_or(number, |_| {
            // `missing rate (r = 0.5)`, `missing rate r = 0.5`
            let inner = number.trim_start_matches(['=', ':', '_', '(']).trim();
            let inner = inner.trim_end_matches(')').trim();
            let letter = RATE_NAMES.iter().find_map(|n| inner.strip_prefix(n));
            letter
                .unwrap_or(inner)
                .trim()
                .trim_start_matches(['=', ':'])
                .trim()
        });
        let (number, percent) = match number.strip_suffix('%') {
            Some(number) => (number.trim(), true),
            None => (number, false),
        };
        let decimal = number.replace(',', ".");
        if !decimal.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let value: f64 = decimal.parse().ok().filter(|v: &f64| v.is_finite())?;
        let rate = if percent {
            Self::Rate(value / 100.0)
        } else {
            Self::Number(value)
        };
        (value <= 100.0).then_some(rate)
    }

    /// The condition that a text names in any form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_rate(text).or_else(|| ModalitySet::parse(text).map(Self::Modalities))
    }
}

/// Whether a text names a mean.
pub(in crate::published) fn is_mean(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    // A range of rates: `0-0.9`.
    let ends = text.split_once(['-', '~', '\u{2013}']);
    let rate = |t: &str, within: std::ops::RangeInclusive<f64>| {
        t.trim().parse::<f64>().is_ok_and(|r| within.contains(&r))
    };
    // Of fewer rates it is one of several ranges.
    if ends.is_some_and(|(from, to)| rate(from, 0.0..=0.1) && rate(to, 0.7..=1.0)) {
        return true;
    }
    if is_mean_of_conditions(&text) {
        return true;
    }
    [
        "mean",
        "means",
        "avg",
        "average",
        "averaged",
        "overall",
        "mean_0_0.9",
        "mean 0-0.9",
        "mittelwert",
        "\u{5747}\u{503c}",
        "\u{5e73}\u{5747}",
        "\u{5e73}\u{5747}\u{503c}",
        "\u{3bc}",
    ]
    .contains(&&*text)
}

/// `mean of six`, `mean over the six sets of missing modalities`, and not `mean of 5 runs`.
fn is_mean_of_conditions(text: &str) -> bool {
    let rest = [
        "mean of ",
        "mean over ",
        "average of ",
        "average over ",
        "averaged over ",
    ];
    let Some(rest) = rest.iter().find_map(|start| text.strip_prefix(start)) else {
        return false;
    };
    let conditions = ["missing", "rates", "modalities", "conditions", "cases"];
    let number =
        ["three", "six", "seven", "ten", "eleven"].contains(&rest) || rest.parse::<u8>().is_ok();
    // `mean of 0, 0.5`, of whichever rates a report has.
    let rates = rest
        .split([',', ';'])
        .map(|rate| rate.trim().parse::<f64>());
    let rates: Option<Vec<f64>> = rates
        .map(|rate| rate.ok().filter(|rate| *rate <= 1.0))
        .collect();
    let listed = rates.is_some_and(|rates| rates.len() > 1 && rates.is_sorted());
    number || listed || (rest.len() < 60 && rest.split(' ').any(|word| conditions.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_in_their_usual_forms() {
        for text in [
            "0.5",
            " .5 ",
            "r=0.5",
            "R = 0.5",
            "missing rate 0.5",
            "0,5",
            "Random Missing Rate r = 0.5",
            "\u{3b7} = 0.5",
            "Missing rate (r = 0.5)",
        ] {
            assert_eq!(
                ConditionText::parse_rate(text),
                Some(ConditionText::Number(0.5)),
                "{text}"
            );
        }
        for text in ["50%", "r = 50 %", "missing rate = 50%"] {
            assert_eq!(
                ConditionText::parse_rate(text),
                Some(ConditionText::Rate(0.5)),
                "{text}"
            );
        }
        for text in ["", "rate", "150", "-0.1", "L", "nan", "RAVEN", "p-value"] {
            assert_eq!(ConditionText::parse_rate(text), None, "{text}");
        }
        assert_eq!(ConditionText::parse_rate("Avg."), Some(ConditionText::Mean));
    }

    #[test]
    fn a_range_of_rates_is_a_mean_over_them() {
        for text in ["0-0.9", "0.0\u{2013}0.9", "0.1 ~ 0.9"] {
            let found = ConditionText::parse_rate(text);
            assert_eq!(found, Some(ConditionText::Mean), "{text}");
        }
        for text in [
            "mean of six",
            "Mean over the six sets of missing modalities",
            "mean of 6 rates 0-1",
            "mean of 0, 0.5",
            "mean of 0.1, 0.3, 0.7",
        ] {
            assert_eq!(
                ConditionText::parse_rate(text),
                Some(ConditionText::Mean),
                "{text}"
            );
        }
        for text in [
            "mean of 5 runs",
            "mean of 3, 5",
            "Mean over 3 seeds",
            "0-0.2",
            "0.2-0.4",
            "0.8-1",
            "0.6-0.9",
        ] {
            assert_eq!(ConditionText::parse_rate(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_is_the_same_however_it_was_computed() {
        assert_eq!(ParsedCondition::rate(3.0 * 0.1), ParsedCondition::rate(0.3));
        assert_eq!(ParsedCondition::rate(0.3).unwrap().to_string(), "rate 0.3");
    }
}
