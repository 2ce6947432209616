//! Parses the condition of a cell: a rate, missing modalities or a mean.

use std::fmt;

/// Parts of one in which rates are kept, so that they compare exactly.
const PARTS: f64 = 10_000.0;

/// The condition of a number on the axis of its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParsedCondition {
    /// The table has no such axis.
    Whole,
    /// A missing rate in ten-thousandths; see [`ParsedCondition::rate`].
    Rate(u32),
    /// The missing modalities, as letters: `L`, `AV`.
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

    /// The condition a column heading or cell names: a rate in 0 to 1 with or without `r=`.
    pub(super) fn parse_rate(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_mean(text) {
            return Some(Self::MeanOverRates);
        }
        let lower = text.to_lowercase();
        let number = ["missing rate", "missing_rate", "rate", "mr", "r"]
            .iter()
            .find_map(|name| lower.strip_prefix(name))
            .map_or(&*lower, |rest| rest.trim().trim_start_matches(['=', ':']));
        let (number, scale) = match number.trim().strip_suffix('%') {
            Some(percent) => (percent, 100.0),
            None => (number, 1.0),
        };
        number
            .trim()
            .parse::<f64>()
            .ok()
            .and_then(|n| Self::rate(n / scale))
    }

    /// The combination of missing modalities a cell names.
    pub(super) fn parse_missing(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "" => None,
            _ if is_mean(text) => Some(Self::MeanOverMissing),
            _ => Some(Self::Missing(text.to_string())),
        }
    }
}

fn is_mean(text: &str) -> bool {
    let text = text.trim_end_matches('.').to_lowercase();
    [
        "mean",
        "avg",
        "average",
        "overall",
        "mean_0_0.9",
        "mean 0-0.9",
    ]
    .contains(&&*text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_in_their_usual_forms() {
        let half = ParsedCondition::rate(0.5);
        for text in ["0.5", " .5 ", "r=0.5", "R = 0.5", "50%", "missing rate 0.5"] {
            assert_eq!(ParsedCondition::parse_rate(text), half, "{text}");
        }
        for text in ["", "rate", "1.5", "-0.1", "L", "nan"] {
            assert_eq!(ParsedCondition::parse_rate(text), None, "{text}");
        }
        assert_eq!(
            ParsedCondition::parse_rate("Avg."),
            Some(ParsedCondition::MeanOverRates)
        );
    }

    #[test]
    fn a_rate_is_the_same_however_it_was_computed() {
        assert_eq!(ParsedCondition::rate(3.0 * 0.1), ParsedCondition::rate(0.3));
        assert_eq!(ParsedCondition::rate(0.3).unwrap().to_string(), "rate 0.3");
    }
}
