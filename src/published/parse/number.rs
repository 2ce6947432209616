//! Parses a printed number: value, digits, spread.

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Percent for shares, else the metric's own scale.
    pub value: f64,
    /// Digits after the point, on the scale of `value`.
    pub decimals: usize,
    /// The spread printed with it, on the scale of `value`.
    pub sd: Option<f64>,
}

impl Number {
    /// One unit of the last place.
    pub fn ulp(&self) -> f64 {
        10f64.powi(-(self.decimals as i32))
    }

    /// The value in units of the last place.
    pub fn units(&self) -> i64 {
        // Printed numbers are short; the cast cannot overflow for one that was parsed.
        (self.value / self.ulp()).round() as i64
    }

    /// Whether both print the same digits.
    pub fn same(&self, other: &Self) -> bool {
        self.decimals == other.decimals && self.units() == other.units()
    }

    /// Whether a value rounds to the printed digits, halves either way.
    pub fn rounds_from(&self, value: f64) -> bool {
        (value - self.value).abs() <= 0.5 * self.ulp() + 1e-9
    }

    /// The number as printed, without its spread.
    pub fn text(&self) -> String {
        format!("{:.*}", self.decimals, self.value)
    }

    /// A fraction as a percentage.
    pub(super) fn in_percent(mut self) -> Self {
        self.decimals = self.decimals.saturating_sub(2);
        self.value *= 100.0;
        self.sd = self.sd.map(|sd| sd * 100.0);
        self
    }
}

/// Characters of a number; beyond, a cell holds something else.
const LONGEST: usize = 40;

/// Digits after the point that are told apart: more are those of a computer, not of a table, and
/// would not fit whole numbers of the last place.
const MOST_DECIMALS: usize = 12;

/// Cells that state that there is no number.
const ABSENT: [&str; 10] = [
    "", "-", "--", "---", "\u{2013}", "\u{2014}", "n/a", "na", "nan", "none",
];

/// The number in a cell: `43.05`, `43.05 ± 0.3`, `43.05 (0.3)`, `43.05%`, `**43.05**`; `Ok(None)`
/// where it states that there is none, `Err` where it is something else.
pub(super) fn parse(text: &str) -> Result<Option<Number>, ()> {
    let text = unmark(text);
    if ABSENT.contains(&&*text.to_lowercase()) {
        return Ok(None);
    }
    let (value, sd) = halves(&text);
    let (value, decimals) = plain(value).ok_or(())?;
    let sd = match sd {
        Some(sd) => Some(plain(sd).ok_or(())?.0),
        None => None,
    };
    Ok(Some(Number {
        value,
        decimals,
        sd,
    }))
}

/// Without the marks of Markdown and LaTeX for bold, underlined and footnoted cells.
fn unmark(text: &str) -> String {
    let mut text = text.replace(['*', '$', '\u{2020}', '\u{2021}'], "");
    for mark in ["\\textbf", "\\underline", "\\bf", "_{", "__"] {
        text = text.replace(mark, "");
    }
    text.replace(['{', '}'], "")
        .replace('\u{2212}', "-")
        .replace("\\pm", "\u{b1}")
        .replace("+-", "\u{b1}")
        .replace("+/-", "\u{b1}")
        .replace("\\%", "%")
        .trim()
        .to_string()
}

/// Value and spread.
fn halves(text: &str) -> (&str, Option<&str>) {
    if let Some((value, sd)) = text.split_once('\u{b1}') {
        return (value, Some(sd));
    }
    match text.strip_suffix(')').and_then(|t| t.split_once('(')) {
        Some((value, sd)) => (value, Some(sd)),
        None => (text, None),
    }
}

/// A plain decimal number and its digits after the point.
fn plain(text: &str) -> Option<(f64, usize)> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let digits = text.trim_start_matches(['+', '-']);
    let shape = |c: char| c.is_ascii_digit() || c == '.';
    if digits.is_empty() || !digits.chars().all(shape) || digits.len() > LONGEST {
        return None;
    }
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let decimals = decimals.min(MOST_DECIMALS);
    text.parse().ok().map(|value| (value, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_tables_print_them() {
        let cases = [
            ("43.05", 43.05, 2, None),
            (" 43.05% ", 43.05, 2, None),
            ("**43.1**", 43.1, 1, None),
            ("\\textbf{43.05}", 43.05, 2, None),
            ("$43.05 \\pm 0.30$", 43.05, 2, Some(0.3)),
            ("0.771\u{b1}.01", 0.771, 3, Some(0.01)),
            ("0.77 (0.02)", 0.77, 2, Some(0.02)),
            ("\u{2212}0.036", -0.036, 3, None),
            (
                "-0.026662730695076593",
                -0.026_662_730_695_076_593,
                12,
                None,
            ),
        ];
        for (text, value, decimals, sd) in cases {
            let expected = Number {
                value,
                decimals,
                sd,
            };
            assert_eq!(parse(text), Ok(Some(expected)), "{text}");
        }
    }

    #[test]
    fn absent_and_wrong_are_told_apart() {
        for text in ["", " - ", "\u{2014}", "n/a", "NaN"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        for text in ["4x.2", "1.2.3", "inf", "1e3", "\u{b1}", "12 (x)"] {
            assert_eq!(parse(text), Err(()), "{text}");
        }
    }

    #[test]
    fn printed_digits_are_compared_not_floats() {
        let number = |text| parse(text).unwrap().unwrap();
        assert!(number("0.10").same(&number("0.10")) && !number("0.1").same(&number("0.10")));
        assert_eq!(number("0.8278").in_percent().units(), 8278);
    }
}
