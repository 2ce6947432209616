//! Reads the numbers of one cell.

use super::error::{Error, Result};
use super::heading::Scores;
use super::metric::{self, Metric};
use super::number::{self, Printed};

/// A number of a cell.
pub(super) struct Found {
    pub metric: &'static Metric,
    pub printed: Printed,
    /// Which of two it is, where nothing tells their order.
    pub slot: Option<usize>,
}

/// Where a number is.
pub(super) struct Place<'a> {
    pub line: u64,
    pub column: usize,
    pub heading: &'a str,
}

/// The number of a cell, or as many as its heading has metrics, or the two of `81.2/83.4`.
pub(super) fn numbers(
    table: &str,
    scores: &Scores,
    text: &str,
    spread: Option<&str>,
    place: &Place<'_>,
) -> Result<Vec<Found>> {
    let wrong = |expected: &'static str| Error::Cell {
        table: table.to_string(),
        line: place.line,
        column: place.column,
        header: place.heading.to_string(),
        expected,
        found: short(text),
    };
    let parse = |text: &str| number::parse(text).map_err(|()| wrong("a number, or - for none"));
    let parts: Vec<&str> = text.split('/').collect();
    let mut found = Vec::new();
    match (scores.metrics.as_slice(), parts.as_slice()) {
        ([metric], [_, _]) if metric::of_cut(metric, "non0") != *metric => {
            for (slot, part) in parts.iter().enumerate() {
                let Some(printed) = parse(part)? else {
                    continue;
                };
                match scores.order {
                    Some(order) => found.push(Found {
                        metric: metric::of_cut(metric, order[slot]),
                        printed,
                        slot: None,
                    }),
                    None => found.push(Found {
                        metric,
                        printed,
                        slot: Some(slot),
                    }),
                }
            }
        }
        ([metric], _) => {
            let printed = parse(text)?;
            let sd = spread
                .and_then(|t| number::parse(t).ok().flatten())
                .map(|p| p.number.value);
            if let Some(mut printed) = printed {
                printed.number.sd = printed.number.sd.or(sd);
                found.push(Found {
                    metric,
                    printed,
                    slot: None,
                });
            }
        }
        (metrics, parts) if metrics.len() == parts.len() => {
            for (metric, part) in metrics.iter().zip(parts) {
                found.extend(parse(part)?.map(|printed| Found {
                    metric,
                    printed,
                    slot: None,
                }));
            }
        }
        _ => {
            return Err(wrong(
                "as many numbers, joined by /, as the heading has metrics",
            ));
        }
    }
    Ok(found)
}

/// The beginning of a text, for a message.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_string();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}...")
}
