//! Summarizes labels, lengths and texts in one line.

use std::collections::BTreeMap;

/// Heights of a bar, from low to high.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Bars of a histogram.
const BINS: usize = 7;
/// Characters shown of a text.
const TEXT: usize = 70;
/// Most different values that are counted separately.
const VALUES: usize = 8;

/// Range, histogram over seven equal bins, and signs of labels.
pub fn labels(values: &[f64]) -> String {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if finite.is_empty() {
        return format!("{} values, none finite", values.len());
    }
    let mut counts = [0usize; BINS];
    let width = (high - low) / BINS as f64;
    for value in &finite {
        let bin = if width > 0.0 {
            ((value - low) / width) as usize
        } else {
            0
        };
        counts[bin.min(BINS - 1)] += 1;
    }
    let count = |test: fn(&&f64) -> bool| finite.iter().filter(test).count();
    format!(
        "{} from {} to {} {}, {} negative, {} zero, {} positive",
        finite.len(),
        super::rounded(low),
        super::rounded(high),
        bars(&counts),
        count(|v| **v < 0.0),
        count(|v| **v == 0.0),
        count(|v| **v > 0.0),
    )
}

fn bars(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|count| match count {
            0 => ' ',
            count => {
                BARS[(count * (BARS.len() - 1))
                    .div_ceil(most)
                    .min(BARS.len() - 1)]
            }
        })
        .collect()
}

/// How often each value occurs; `None` if there are many different ones.
pub fn classes(values: &[String]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
        if counts.len() > VALUES {
            return None;
        }
    }
    let counts: Vec<String> = counts.iter().map(|(v, n)| format!("{n} {v}")).collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// Smallest, median and largest length.
pub fn lengths(values: &[f64]) -> Option<String> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (first, last) = (sorted.first()?, sorted.last()?);
    let (middle, n) = (sorted[sorted.len() / 2], sorted.len());
    let full = sorted.iter().filter(|value| *value == last).count();
    Some(format!(
        "{n} from {first} to {last}, median {middle}, {full} of the largest"
    ))
}

/// The start of a text, in quotes.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures() {
        let line = labels(&[-3.0, -3.0, 0.0, 3.0, f64::NAN]);
        assert_eq!(
            line,
            "4 from -3 to 3 █  ▅  ▅, 2 negative, 1 zero, 1 positive"
        );
        assert_eq!(labels(&[f64::NAN]), "1 values, none finite");
        assert_eq!(
            labels(&[1.0]),
            "1 from 1 to 1 █      , 0 negative, 0 zero, 1 positive"
        );
        let lengths = lengths(&[5.0, 1.0, 5.0]).unwrap();
        assert_eq!(lengths, "3 from 1 to 5, median 5, 2 of the largest");
        let values = ["b", "a", "b"].map(str::to_owned);
        assert_eq!(classes(&values).unwrap(), "1 a, 2 b");
        assert_eq!(
            shortened(&"é".repeat(71)),
            format!("{:?}...", "é".repeat(70))
        );
    }
}
