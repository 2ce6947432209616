//! Reads rates that went through a narrower float: `0.0999755859375` is what float16 makes of 0.1.

use std::collections::BTreeMap;

use super::Text;

/// Significant bits of float16 and bfloat16.
const HALVES: [(&str, i32); 2] = [("float16", 11), ("bfloat16", 8)];

/// Parts of 1 that rates are multiples of, and digits of a rate that is written out.
const HUNDRED: f64 = 100.0;
const WRITTEN: f64 = 1e4;

/// The number that was meant by one that a narrower float holds.
pub(super) fn widened(number: f64) -> Option<f64> {
    halved(number).map(|(rate, _)| rate).or_else(|| {
        let narrow = number as f32;
        let same = f64::from(narrow) == number;
        same.then(|| narrow.to_string().parse().ok()).flatten()
    })
}

/// The hundredth that 16 bits round to this number, and their name. A number of four decimals is taken as it is.
fn halved(number: f64) -> Option<(f64, &'static str)> {
    let written = (number * WRITTEN).round() / WRITTEN;
    let rate = (number * HUNDRED).round() / HUNDRED;
    if !(rate > 0.0 && rate < 1.0) || (number - written).abs() < 1e-6 {
        return None;
    }
    let known = HALVES
        .iter()
        .find(|(_, bits)| rounded(rate, *bits) == number)?;
    Some((rate, known.0))
}

/// A positive number with so many significant bits.
fn rounded(number: f64, bits: i32) -> f64 {
    let scale = 2_f64.powi(bits - 1 - number.log2().floor() as i32);
    (number * scale).round_ties_even() / scale
}

/// What is assumed of rates in a column.
pub(super) fn note(heading: &str, values: &[Text]) -> Option<String> {
    let numbers = values.iter().flatten();
    let all: BTreeMap<&str, (f64, &str)> = numbers
        .filter_map(|text| Some((text.as_str(), halved(text.parse().ok()?)?)))
        .collect();
    let (_, (_, float)) = all.first_key_value()?;
    let rates: Vec<String> = all
        .iter()
        .map(|(text, (rate, _))| format!("{text} as {rate}"))
        .collect();
    Some(format!(
        "rates in `{heading}` went through {float}: {} is read",
        rates.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_that_were_narrowed_are_what_they_were() {
        for (number, rate) in [
            (0.099_975_585_937_5, 0.1),
            (0.700_195_312_5, 0.7),
            (0.100_097_656_25, 0.1),
            (0.699_218_75, 0.7),
            (f64::from(0.3_f32), 0.3),
        ] {
            assert_eq!(widened(number), Some(rate));
        }
        for number in [0.03125, 0.0625, 0.125, 0.5, 0.699_218_751, 0.1 + 0.2] {
            assert_eq!(halved(number), None, "{number}");
        }
    }

    #[test]
    fn a_narrowed_rate_is_told() {
        let values = ["0", "0.69921875", "0.69921875"].map(|text| Some(text.to_string()));
        let note = note("rate", &values).unwrap();
        assert_eq!(
            note,
            "rates in `rate` went through bfloat16: 0.69921875 as 0.7 is read"
        );
        assert_eq!(super::note("rate", &values[..1]), None);
    }
}
