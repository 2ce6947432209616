//! Lists of missing rates as users write them: `0:1:0.1`, `0,0.5,1`, `0.3`.
//!
//! All arithmetic is on integers scaled by a power of ten, so the entry 0.3 of `0:1:0.1` is
//! exactly the float64 nearest to 0.3 and not 0.1 + 0.1 + 0.1.

use std::collections::BTreeSet;

use crate::support::{Classify, ErrorClass};

/// Most rates a list may hold: the stored form of masks has one byte per position.
pub const LIMIT: usize = 255;

/// Digits after the point a rate may have; 10^17 still fits an unsigned 64-bit integer.
const DIGITS: usize = 17;

/// Two rates closer than this are one, of which one was computed or mistyped.
pub const APART: f64 = 1e-6;

/// Parts of one of which a usual rate is a multiple: no other rate closer than [`APART`] to one is meant.
const PARTS: f64 = 10_000.0;

/// A list of rates that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("expected missing rates like `0:1:0.1`, `0,0.5,1` or `0.3`, got `{got}`{}", modalities(.got))]
    Form { got: String },
    #[error("expected a missing rate from 0 to 1, got `{got}`")]
    Outside { got: String },
    #[error("expected at most {DIGITS} digits after the point, got `{got}`")]
    TooPrecise { got: String },
    #[error(
        "expected {near} or a rate at least {APART} from it, got `{got}`: rates closer than that are one"
    )]
    Near { got: String, near: String },
    #[error("expected a step above 0 in START:END:STEP, got `{got}`")]
    ZeroStep { got: String },
    #[error("expected a step from 0 to 1 in START:END:STEP, got `{got}`")]
    Step { got: String },
    #[error("expected START not above END in START:END:STEP, got `{got}`; exchange the two")]
    Reversed { got: String },
    #[error(
        "steps of {step} from {start} never reach {end} in `{got}`; choose an END that they hit"
    )]
    Missed {
        got: String,
        start: String,
        end: String,
        step: String,
    },
    #[error("expected at most {LIMIT} missing rates, got more in `{got}`")]
    TooMany { got: String },
    #[error("expected the three rates l=RATE,a=RATE,v=RATE side by side, got `{got}`")]
    Mixed { got: String },
    #[error("expected one condition, got `{got}`")]
    NotOne { got: String },
}

/// What letters of modalities are called here, where an entry has others.
fn modalities(entry: &str) -> &'static str {
    let is_letter = |letter: char| "LTAV".contains(letter.to_ascii_uppercase());
    let has_letters = !entry.is_empty() && entry.len() < 3 && entry.chars().all(is_letter);
    if has_letters {
        "; missing modalities are L (language, not T), A, V, LA, LV and AV"
    } else {
        ""
    }
}

impl Classify for Error {
    fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }
}

/// Parses a comma-separated list whose entries are rates or `START:END:STEP`, END included.
///
/// The result is ascending, without duplicates, in [0, 1], and every entry is the float64 nearest
/// to its decimal form.
///
/// # Errors
/// [`Error`] on anything else, an END that the steps do not hit included.
pub fn parse_list(text: &str) -> Result<Vec<f64>, Error> {
    let mut scaled = BTreeSet::new();
    for entry in text.split(',') {
        let entry = entry.trim();
        match entry.split(':').map(str::trim).collect::<Vec<_>>()[..] {
            [rate] => {
                scaled.insert(parse_rate(rate)?);
            }
            [start, end, step] => extend_range(&mut scaled, entry, start, end, step)?,
            _ => {
                return Err(Error::Form {
                    got: entry.to_owned(),
                });
            }
        }
        if scaled.len() > LIMIT {
            return Err(Error::TooMany {
                got: text.to_owned(),
            });
        }
    }
    Ok(scaled.into_iter().map(to_float).collect())
}

/// The multiple of 0.0001 that a rate is meant to be: itself, or one closer than [`APART`]; `None` for any
/// other rate, such as a third.
pub fn usual(rate: f64) -> Option<f64> {
    let near = (rate * PARTS).round() / PARTS;
    ((rate - near).abs() < APART).then_some(near)
}

/// One rate in [0, 1], the float64 nearest to its decimal form.
///
/// # Errors
/// [`Error`] on anything else.
pub fn parse_one(text: &str) -> Result<f64, Error> {
    parse_rate(text).map(to_float)
}

/// Adds START, START + STEP, ... END to the list.
fn extend_range(
    scaled: &mut BTreeSet<u64>,
    got: &str,
    start: &str,
    end: &str,
    step: &str,
) -> Result<(), Error> {
    let (first, last) = (parse_rate(start)?, parse_rate(end)?);
    let got = got.to_owned();
    let width = parse_rate(step).map_err(|error| match error {
        // The step is no rate, so the message must not call it one.
        Error::Outside { .. } => Error::Step { got: got.clone() },
        other => other,
    })?;
    if width == 0 {
        return Err(Error::ZeroStep { got });
    }
    if first > last {
        return Err(Error::Reversed { got });
    }
    if (last - first) % width != 0 {
        let (start, end, step) = (start.to_owned(), end.to_owned(), step.to_owned());
        return Err(Error::Missed {
            got,
            start,
            end,
            step,
        });
    }
    let steps = (last - first) / width;
    if steps >= LIMIT as u64 {
        return Err(Error::TooMany { got });
    }
    scaled.extend((0..=steps).map(|k| first + k * width));
    Ok(())
}

/// One rate as a multiple of 10^-[`DIGITS`].
fn parse_rate(text: &str) -> Result<u64, Error> {
    let got = || text.to_owned();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(whole) && digits(fraction)) || (whole.is_empty() && fraction.is_empty()) {
        return Err(Error::Form { got: got() });
    }
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    let one = whole == "1" && fraction.is_empty();
    if !(whole.is_empty() || one) || (text.starts_with('-') && (one || !fraction.is_empty())) {
        return Err(Error::Outside { got: got() });
    }
    if fraction.len() > DIGITS {
        return Err(Error::TooPrecise { got: got() });
    }
    let padded = format!("{}{fraction:0<DIGITS$}", u8::from(one));
    let scaled = padded.parse().map_err(|_| Error::Form { got: got() })?;
    let rate = to_float(scaled);
    match usual(rate).filter(|near| *near != rate) {
        None => Ok(scaled),
        Some(near) => Err(Error::Near {
            got: got(),
            near: near.to_string(),
        }),
    }
}

/// The float64 nearest to a scaled rate, through the correctly rounded decimal parser.
fn to_float(scaled: u64) -> f64 {
    let decimal = format!("{scaled}e-{DIGITS}");
    decimal
        .parse()
        .expect("an integer with a two-digit exponent is always a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_eleven_rates_are_exact_literals() {
        let expected = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
        assert_eq!(parse_list("0:1:0.1").unwrap(), expected);
        assert_eq!(parse_list(" 0.0 : 1.00 : .1 ").unwrap(), expected);
    }

    #[test]
    fn a_rate_is_the_multiple_of_a_ten_thousandth_that_it_nearly_is() {
        for n in 0..=10_000 {
            let text = format!("{}.{:04}", n / 10_000, n % 10_000);
            let exact: f64 = text.parse().unwrap();
            assert_eq!(usual(exact), Some(exact), "{text}");
        }
        assert_eq!(usual(0.100_000_1), Some(0.1));
        assert_eq!([1.0 / 3.0, 0.100_002].map(usual), [None; 2]);
    }

    #[test]
    fn lists_are_sorted_and_unique() {
        assert_eq!(parse_list("1,0.5,0,0.50").unwrap(), [0.0, 0.5, 1.0]);
        assert_eq!(
            parse_list("0:0.4:0.2,0.3,0.9:0.9:0.1").unwrap(),
            [0.0, 0.2, 0.3, 0.4, 0.9]
        );
        assert_eq!(parse_list("0.3").unwrap(), [0.3]);
        assert_eq!(parse_list("-0").unwrap(), [0.0]);
    }

    #[test]
    fn refusals_name_what_was_given() {
        let message = |text: &str| parse_list(text).unwrap_err().to_string();
        for junk in [
            "",
            "x",
            "0,,1",
            "NaN",
            "inf",
            "0:1",
            "0:1:0.1:2",
            "0..5",
            "1e-1",
            ".",
            "٠",
        ] {
            assert!(
                message(junk).starts_with("expected missing rates like"),
                "{junk}"
            );
        }
        for outside in [
            "1.1",
            "-0.1",
            "2",
            "-1",
            "0:1.5:0.5",
            "1.00000000000000000001",
        ] {
            assert!(
                message(outside).starts_with("expected a missing rate from 0"),
                "{outside}"
            );
        }
        assert!(message("0:1:0").contains("step above 0 in START:END:STEP, got `0:1:0`"));
        for step in ["0:1:2", "0:1:-0.1"] {
            let expected = format!("expected a step from 0 to 1 in START:END:STEP, got `{step}`");
            assert_eq!(message(step), expected);
        }
        assert!(message("0.9:0:0.1").contains("not above END"));
        assert!(message("0:1:0.3").contains("steps of 0.3 from 0 never reach 1"));
        assert!(message("0.123456789012345678").contains("at most 17 digits"));
        assert!(message("0:1:0.00001").contains("at most 255"));
        for near in ["0.1000001", "0.30000000000000004", "0:0.9999999:0.1"] {
            let expected = "a rate at least 0.000001 from it";
            assert!(message(near).contains(expected), "{near}");
        }
    }

    proptest! {
        #[test]
        fn any_short_decimal_is_its_own_literal(n in 0u32..=10_000) {
            let text = format!("{}.{:04}", n / 10_000, n % 10_000);
            prop_assert_eq!(parse_list(&text).unwrap(), [text.parse::<f64>().unwrap()]);
        }

        #[test]
        fn junk_never_panics(text in "[-+0-9.:,eN ]{0,20}") {
            if let Ok(rates) = parse_list(&text) {
                prop_assert!(rates.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(rates.iter().all(|rate| (0.0..=1.0).contains(rate)));
            }
        }
    }
}
