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
    /// The difference to another row printed with it, `43.05 (+1.2)`, on the scale of `value`.
    pub difference: Option<f64>,
}

impl Number {
    /// One unit of the last place.
    pub fn ulp(&self) -> f64 {
        10f64.powi(-(self.decimals as i32))
    }

    /// Whether a person may have typed it: longer numbers are written by programs, and carried over whole.
    pub fn is_typed(&self) -> bool {
        self.decimals < TYPED
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

    /// The number times 100: a fraction as a percentage.
    pub(super) fn times_100(mut self) -> Self {
        self.decimals = self.decimals.saturating_sub(2);
        self.value *= 100.0;
        self.sd = self.sd.map(|sd| sd * 100.0);
        self.difference = self.difference.map(|d| d * 100.0);
        self
    }

    /// The number divided by 100.
    pub(super) fn by_100(self) -> Self {
        self.divided(100.0, 2)
    }

    /// The number divided by 1000.
    pub(super) fn by_1000(self) -> Self {
        self.divided(1000.0, 3)
    }

    fn divided(mut self, by: f64, digits: usize) -> Self {
        self.decimals += digits;
        self.value /= by;
        self.sd = self.sd.map(|sd| sd / by);
        self.difference = self.difference.map(|d| d / by);
        self
    }
}

/// Digits after the point from which on nobody types a number.
const TYPED: usize = 6;

/// Characters of a number; beyond, a cell holds something else.
const LONGEST: usize = 40;

/// Digits after the point that are told apart: more are those of a computer, not of a table, and
/// would not fit whole numbers of the last place.
const MOST_DECIMALS: usize = 12;

/// Cells that state that there is no number.
const ABSENT: &[&str] = &[
    "", "-", "--", "---", "\u{2013}", "\u{2014}", "\u{2212}", "n/a", "na", "nan", "none", "null",
    "n.a.", "n/r", "nr", "n.r.", "/", "\\", "x", "\u{d7}", "?", "oom", "tbd", "...", "\u{2026}",
    ".",
];

/// A number and whether a percent sign was beside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Printed {
    pub number: Number,
    pub percent: bool,
    /// The decimals are behind a comma.
    pub comma: bool,
    /// The number beside it is in brackets, and states no spread by a sign.
    pub bracketed: bool,
}

/// The number in a cell: `43.05`, `43,05`, `43.05 ± 0.3`, `43.05 (0.3)`, `(43.05, 0.3)`, `43.05%`, `**43.05**`;
/// `Ok(None)` where it states that there is none, `Err` where it is something else.
pub(super) fn parse(text: &str) -> Result<Option<Printed>, ()> {
    let text = without_numpy(&unmark(text));
    if ABSENT.contains(&&*text.to_lowercase()) {
        return Ok(None);
    }
    let (value, beside) = halves(&text);
    let percent = value.trim_end().ends_with('%') || text.trim_end().ends_with('%');
    let value = value.trim();
    if !value.is_empty() && ABSENT.contains(&&*value.to_lowercase()) {
        return Ok(None);
    }
    let bracketed = text.ends_with(')') && !text.starts_with('(') && !text.contains('\u{b1}');
    let (value, decimals, comma) = plain(value).ok_or(())?;
    let (mut sd, mut difference) = (None, None);
    match beside {
        Beside::Spread(text) if !is_dash(text) => sd = Some(plain(text).ok_or(())?.0),
        Beside::Difference(other) => difference = Some(other),
        _ => {}
    }
    let number = Number {
        value,
        decimals,
        sd,
        difference,
    };
    Ok(Some(Printed {
        number,
        percent,
        comma,
        bracketed,
    }))
}

/// Whether a cell holds a number in any form.
pub(super) fn is_number(text: &str) -> bool {
    matches!(parse(text), Ok(Some(_)))
}

/// Whether a cell states that there is no number by a mark, such as a dash.
pub(super) fn is_absent(text: &str) -> bool {
    !text.trim().is_empty() && matches!(parse(text), Ok(None))
}

/// Without the marks of bold, underlined, best and footnoted cells.
fn unmark(text: &str) -> String {
    // Long tables of programs hold nothing else.
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return text.to_string();
    }
    let text = super::markup::strip(text);
    let mut text = text.replace(
        [
            '*',
            '\u{2020}',
            '\u{2021}',
            '\u{a7}',
            '\u{b6}',
            '\u{2191}',
            '\u{2193}',
            '\u{25b2}',
            '\u{25bc}',
            '\u{1f947}',
            '\u{1f948}',
            '\u{1f949}',
            '\u{1f3c6}',
            '\u{2b50}',
            '\u{fe0f}',
            '\u{2605}',
            '\u{a0}',
            '\u{2713}',
            '\u{2714}',
            '\u{2717}',
            '\u{2718}',
        ],
        " ",
    );
    for mark in [
        "__", "\u{b9}", "\u{b2}", "\u{b3}", "\u{2074}", "\u{2075}", "\u{2076}", "\u{2077}",
        "\u{2078}", "\u{2079}", "\u{2070}", "\u{2009}", "\u{202f}", "\u{200b}",
    ] {
        text = text.replace(mark, "");
    }
    let text = text
        .replace('\u{2212}', "-")
        .replace("(\u{b1}", "\u{b1}(")
        .replace("+/-", "\u{b1}")
        .replace("+-", "\u{b1}");
    // A comma between footnote marks stays behind: `38.27*,†`.
    text.trim().trim_end_matches([',', ' ']).trim().to_string()
}

/// A text with `83.38` for `np.float64(83.38)`, which NumPy 2 prints inside of a tuple.
fn without_numpy(text: &str) -> String {
    if !text.contains('(') {
        return text.to_string();
    }
    let mut text = text.replace("numpy.", "np.");
    for name in ["np.float64(", "np.float32(", "np.float16(", "np.int64("] {
        while let Some(start) = text.find(name) {
            let inner = start + name.len();
            let Some(length) = text[inner..].find(')') else {
                break;
            };
            text.remove(inner + length);
            text.replace_range(start..inner, "");
        }
    }
    text
}

/// What is printed beside a value.
enum Beside<'a> {
    Nothing,
    Spread(&'a str),
    Difference(f64),
}

/// Whether a spread states that there is none.
fn is_dash(text: &str) -> bool {
    ["-", "--", "nan", "n/a"].contains(&&*text.trim().to_lowercase())
}

/// A value and what is beside it.
fn halves(text: &str) -> (&str, Beside<'_>) {
    if let Some((value, sd)) = text.split_once('\u{b1}') {
        let inner = sd.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
        return (value, Beside::Spread(inner.unwrap_or(sd)));
    }
    // A pair as Python prints it: `(83.38, 0.41)`.
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        let pair = inner.split_once(", ").or_else(|| inner.split_once(';'));
        return match pair.or_else(|| inner.split_once(',')) {
            Some((value, sd)) => (value, Beside::Spread(sd)),
            None => (inner, Beside::Nothing),
        };
    }
    let Some((value, other)) = text.strip_suffix(')').and_then(|t| t.split_once('(')) else {
        return (text, Beside::Nothing);
    };
    // A number with a sign is a difference: `43.05 (+1.2)`. One in percent may be of the other number.
    match plain(other).filter(|_| other.starts_with(['+', '-'])) {
        Some(_) if other.contains('%') => (value, Beside::Nothing),
        Some((difference, ..)) => (value, Beside::Difference(difference)),
        None => (value, Beside::Spread(other)),
    }
}

/// A plain decimal number, its digits after the point, and whether the point is a comma.
fn plain(text: &str) -> Option<(f64, usize, bool)> {
    let text = text.trim().trim_end_matches('%').trim_end();
    let comma = text.contains(',') && !text.contains('.');
    let text = if comma {
        text.replacen(',', ".", 1)
    } else {
        text.to_string()
    };
    let digits = text.trim_start_matches(['+', '-']);
    // NumPy's `savetxt` and spreadsheets write 33.58 as 3.358e+01, always with a sign; `1e3` is no score.
    let (digits, exponent) = match digits.split_once(['e', 'E']) {
        Some((digits, exponent)) if exponent.starts_with(['+', '-']) => {
            (digits, exponent.parse::<i64>().ok()?)
        }
        _ => (digits, 0),
    };
    let shape = |c: char| c.is_ascii_digit() || c == '.';
    if digits.is_empty() || !digits.chars().all(shape) || digits.len() > LONGEST {
        return None;
    }
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let decimals = (decimals as i64).saturating_sub(exponent);
    let decimals = decimals.clamp(0, MOST_DECIMALS as i64) as usize;
    text.parse().ok().map(|value| (value, decimals, comma))
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
            ("(83.38, 0.41)", 83.38, 2, Some(0.41)),
            ("(82.51, 0.0)", 82.51, 2, Some(0.0)),
            (
                "(np.float64(83.38), np.float64(0.41))",
                83.38,
                2,
                Some(0.41),
            ),
            ("np.float32(0.711)", 0.711, 3, None),
            ("42.13(\u{b1}0.6)", 42.13, 2, Some(0.6)),
            ("84,4", 84.4, 1, None),
            ("3.358e+01", 33.58, 2, None),
            ("9.370E-01 \u{b1} 2.1E-02", 0.937, 4, Some(0.021)),
            ("0,71 \u{b1} 0,02", 0.71, 2, Some(0.02)),
            ("43.05 \u{b1} -0.3", 43.05, 2, Some(-0.3)),
            ("43.05 (+1.2)", 43.05, 2, None),
            ("43.05 (\u{2212}1.20)", 43.05, 2, None),
            ("38.27*,\u{2020}", 38.27, 2, None),
            ("$33.08^{*}$", 33.08, 2, None),
            ("\\underline{33.08}", 33.08, 2, None),
            ("$43.05_{\\pm 0.3}$", 43.05, 2, Some(0.3)),
            ("43.05\u{2191}", 43.05, 2, None),
            ("\u{1f947} 43.05", 43.05, 2, None),
            ("43.05<sub>0.30</sub>", 43.05, 2, Some(0.3)),
            ("\u{2212}0.036", -0.036, 3, None),
            ("76.07\\textsuperscript{1}", 76.07, 2, None),
            ("76.07\u{2074}", 76.07, 2, None),
            (
                "-0.026662730695076593",
                -0.026_662_730_695_076_593,
                12,
                None,
            ),
        ];
        for (text, value, decimals, sd) in cases {
            let found = parse(text).unwrap().unwrap().number;
            let parts = (found.value, found.decimals, found.sd);
            assert_eq!(parts, (value, decimals, sd), "{text}");
        }
    }

    #[test]
    fn a_number_with_a_sign_in_brackets_is_a_difference() {
        let of = |text| parse(text).unwrap().unwrap().number.difference;
        assert_eq!(of("43.05 (+1.2)"), Some(1.2));
        assert_eq!(of("43.05 (\u{2212}1.20)"), Some(-1.2));
        for text in ["43.05", "43.05 (1.2)", "43.05 (+1.2%)", "43.05 \u{b1} 1.2"] {
            assert_eq!(of(text), None, "{text}");
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
        let number = |text| parse(text).unwrap().unwrap().number;
        assert!(number("0.10").same(&number("0.10")) && !number("0.1").same(&number("0.10")));
        assert_eq!(number("0.8278").times_100().units(), 8278);
    }
}
