//! Joins findings that two metrics have each other's samples.

use crate::published::audit::rules::describe;
use crate::published::audit::{Finding, Strength};
use crate::published::parse::{Metric, metric};

/// A finding about a metric of a table and data set, and the samples that its numbers are of, in words.
pub struct Found<'a> {
    pub finding: Finding,
    /// Table, data set and metric.
    pub key: (&'a str, &'a str, &'a str),
    pub samples: String,
}

/// Findings that Non0 has the samples of Has0 and Has0 those of Non0 are one: the headings are exchanged.
pub fn joined(mut found: Vec<Found<'_>>) -> Vec<Finding> {
    let named = ["acc2_non0", "acc2_has0"].map(metric::find);
    let [Some(non0), Some(has0)] = named else {
        return Vec::new();
    };
    let of = |f: &Found<'_>, own: &Metric, other: &Metric| {
        f.key.2 == own.name && f.samples == other.title
    };
    let mut out = Vec::new();
    while let Some(first) = found.pop() {
        let other = found.iter().position(|f| {
            let [a, b] = if f.key.2 == non0.name {
                [f, &first]
            } else {
                [&first, f]
            };
            (a.key.0, a.key.1) == (b.key.0, b.key.1) && of(a, non0, has0) && of(b, has0, non0)
        });
        let Some(second) = other.map(|i| found.remove(i)) else {
            out.push(first.finding);
            continue;
        };
        let about = describe::about(&[first.key.1, &format!("{} and {}", non0.title, has0.title)]);
        let mut both = [first, second];
        both.sort_by_key(|f| f.key.2 != non0.name);
        let [mut finding, other] = both.map(|f| f.finding);
        finding.strength = Strength::VeryUnlikely;
        finding.about = about;
        finding.why = format!("headings exchanged: {}; and {}", finding.why, other.why);
        finding.cells.extend(other.cells);
        finding.explains = &[
            "swapped-f1",
            "impossible-f1",
            "tied-accuracy",
            "impossible-count",
        ];
        out.push(finding);
    }
    out.reverse();
    out
}
