//! Fills the cells of the paper's columns: our numbers, and the published ones with their source.

use super::{Cell, Content, reason};
use crate::metric::Metric;
use crate::published::parse::names;
use crate::published::{self, Published};
use crate::report::origin::Origin;
use crate::report::rows::section::Section;

/// Our cells of one printed column as one; of at least one.
pub fn together(mut cells: Vec<Cell>) -> Cell {
    match cells.len() {
        1 => cells.swap_remove(0),
        _ => {
            let origin = cells.first().map_or(Origin::Nothing, |c| c.origin.clone());
            Cell::new(Content::Several(cells), origin)
        }
    }
}

/// The published numbers of a section at one condition.
pub struct PublishedCells<'a> {
    section: &'a Section,
    dataset: &'a str,
    mask_protocol: &'a str,
    /// As papers print it; `None` where none does.
    condition: Option<&'a published::ParsedCondition>,
    /// Only numbers with a spread.
    spread: bool,
}

impl<'a> PublishedCells<'a> {
    pub fn new(
        section: &'a Section,
        condition: &'a Option<published::ParsedCondition>,
        spread: bool,
    ) -> Self {
        let run = section.runs().next();
        Self {
            section,
            dataset: run.map_or("", |r| &r.manifest.dataset.name),
            mask_protocol: run.map_or("", |r| &r.mask.mask_protocol),
            condition: condition.as_ref(),
            spread,
        }
    }

    /// Whether a number may be shown here: of this data, at this condition, with a spread if need be.
    fn is_here(&self, p: &Published) -> bool {
        p.cell.dataset == self.dataset
            && Some(&p.cell.condition) == self.condition
            && (!self.spread || p.cell.number.sd.is_some())
    }

    /// The numbers that were made with masks like those of the section.
    pub fn all(&self) -> impl Iterator<Item = Published> {
        published::all().filter(|p| self.is_here(p) && p.has_masks(self.mask_protocol))
    }

    /// The masks of numbers that are left out because theirs are others.
    pub fn other_masks(&self) -> Option<String> {
        let mut all = published::all().filter(|p| self.is_here(p));
        let other = all.find(|p| !p.has_masks(self.mask_protocol))?;
        Some(other.source.masks.join(", "))
    }

    /// The model's printed numbers, with a footnote of their source and known errors.
    pub fn theirs(
        &self,
        model: &str,
        metrics: &[&'static Metric],
        reasons: &mut Vec<String>,
    ) -> Cell {
        let find = |m: &&'static Metric| {
            self.all()
                .find(|p| p.cell.metric.name == m.name && names::same(&p.cell.method, model))
        };
        let found: Vec<Option<Published>> = metrics.iter().map(find).collect();
        let Some(first) = found.iter().flatten().next() else {
            return Cell::new(Content::Missing, Origin::Nothing);
        };
        let texts: Vec<String> = found
            .iter()
            .map(|p| p.map_or("-".to_string(), |p| text(&p, self.spread)))
            .collect();
        let place = reason(reasons, sentence(first, &found));
        let content = Content::Text {
            text: texts.join(super::BETWEEN),
            note: Some(place),
        };
        Cell::new(content, Origin::Published(first.citation()))
    }

    /// Methods with published numbers that are no model of this section.
    pub fn others(&self) -> Vec<String> {
        let mut methods: Vec<String> = Vec::new();
        for p in self.all() {
            let method = &p.cell.method;
            let rows = &self.section.rows;
            let own = rows.iter().any(|r| names::same(&r.model, method));
            let listed = methods.iter().any(|m| names::same(m, method));
            if !own && !listed {
                methods.push(method.clone());
            }
        }
        methods
    }
}

/// Source and known errors of a cell's numbers.
fn sentence(first: &Published, found: &[Option<Published>]) -> String {
    let mut sentence = format!("{}.", first.citation());
    let mut known: Vec<String> = Vec::new();
    for error in found.iter().flatten().filter_map(|p| p.known_error) {
        let right = error
            .correct
            .as_ref()
            .map(|c| format!(", right: {c}"))
            .unwrap_or_default();
        let text = format!(" Known error: {}{right}.", error.note.trim_end_matches('.'));
        if !known.contains(&text) {
            sentence += &text;
            known.push(text);
        }
    }
    sentence
}

/// As printed; a spread has the digits it is printed with.
fn text(published: &Published, spread: bool) -> String {
    match published.cell.number.sd.filter(|_| spread) {
        Some(sd) => format!("{} ± {sd:.2}", published.text()),
        None => published.text(),
    }
}
