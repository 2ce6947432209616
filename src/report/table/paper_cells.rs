//! What stands in the paper's columns: our numbers, and the published ones with their source.

use super::{Cell, Content, FLOOR_MARK, reason};
use crate::metric::Metric;
use crate::printed::names;
use crate::published::{self, Published};
use crate::report::origin::Origin;
use crate::report::run::reading::{Outcome, Reading};
use crate::report::run::section::{Row, Section};

/// The best floor as printed; `None` where no constant has this score.
pub fn floor(section: &Section, metric: &Metric, reading: &Reading) -> Option<f64> {
    let rows = section.rows.iter().filter(|r| r.floor);
    let known = rows.filter_map(|row| match reading.outcome(&row.runs, metric.name) {
        Outcome::Known(summary) => metric.display(summary.mean).parse().ok(),
        _ => None,
    });
    known.reduce(|a, b| if metric.is_better(b, a) { b } else { a })
}

/// A row's numbers, each marked where it is no better than the floor.
pub fn ours(
    row: &Row,
    metrics: &[&'static Metric],
    reading: &Reading,
    floors: &[Option<f64>],
    spread: bool,
    reasons: &mut Vec<String>,
) -> Cell {
    let mut note = None;
    let mut text =
        |(m, floor): (&&'static Metric, &Option<f64>)| match reading.outcome(&row.runs, m.name) {
            Outcome::Known(summary) => {
                let mut text = m.display(summary.mean);
                let (value, floor) = (text.parse::<f64>().ok(), floor.filter(|_| !row.floor));
                let better = value.zip(floor).is_none_or(|(v, f)| m.is_better(v, f));
                if !better {
                    text.push(FLOOR_MARK);
                }
                match summary.sd.filter(|_| spread) {
                    Some(sd) => format!("{text} ± {}", m.display(sd)),
                    None => text,
                }
            }
            Outcome::Undefined(why) => {
                note = Some(reason(reasons, format!("Undefined: {why}.")));
                "n/a".to_string()
            }
            Outcome::Missing => "-".to_string(),
        };
    let text: Vec<String> = metrics.iter().zip(floors).map(&mut text).collect();
    let text = text.join(" / ");
    Cell::new(Content::Text { text, note }, row.origin(reading.levels()))
}

/// The model's printed numbers, with a footnote of their source and known errors.
pub fn theirs(
    section: &Section,
    model: &str,
    metrics: &[&'static Metric],
    level: &Option<published::Level>,
    spread: bool,
    reasons: &mut Vec<String>,
) -> Cell {
    let dataset = section
        .runs()
        .next()
        .map_or("", |r| &r.manifest.dataset.name);
    let find = |m: &&'static Metric| {
        let mut all = published::find_all(dataset, model, m.name, level.as_ref()?);
        all.find(|p| !spread || p.cell.number.sd.is_some())
    };
    let found: Vec<Option<Published>> = metrics.iter().map(find).collect();
    let Some(first) = found.iter().flatten().next() else {
        return Cell::new(Content::Missing, Origin::Nothing);
    };
    let texts: Vec<String> = found
        .iter()
        .map(|p| p.map_or("-".to_string(), |p| text(&p, spread)))
        .collect();
    let errors = found.iter().flatten().filter_map(|p| p.known_error);
    let mut sentence = format!("{}.", first.citation());
    let mut said: Vec<String> = Vec::new();
    for error in errors {
        let right = error
            .correct
            .as_ref()
            .map(|c| format!(", right: {c}"))
            .unwrap_or_default();
        let text = format!(" Known error: {}{right}.", error.note.trim_end_matches('.'));
        if !said.contains(&text) {
            sentence += &text;
            said.push(text);
        }
    }
    let place = reason(reasons, sentence);
    let content = Content::Text {
        text: texts.join(" / "),
        note: Some(place),
    };
    Cell::new(content, Origin::Published(first.citation()))
}

/// As printed; a spread has the digits it is printed with.
fn text(published: &Published, spread: bool) -> String {
    match published.cell.number.sd.filter(|_| spread) {
        Some(sd) => format!("{} ± {sd:.2}", published.text()),
        None => published.text(),
    }
}

/// Methods with published numbers that are no model of this section.
pub fn others(section: &Section, level: &Option<published::Level>, spread: bool) -> Vec<String> {
    let dataset = section
        .runs()
        .next()
        .map_or("", |r| &r.manifest.dataset.name);
    let mut methods: Vec<String> = Vec::new();
    let here = |p: &Published| p.cell.dataset == dataset && Some(&p.cell.level) == level.as_ref();
    for p in published::all().filter(here) {
        let method = &p.cell.method;
        let own = section.rows.iter().any(|r| names::same(&r.model, method));
        let listed = methods.iter().any(|m| names::same(m, method));
        let shown = !spread || p.cell.number.sd.is_some();
        if !own && !listed && shown {
            methods.push(method.clone());
        }
    }
    methods
}
