//! Fills the cells of the paper's columns: our numbers, and the published ones with their source.

use super::{Cell, Content, reason};
use crate::data::dataset::DatasetName;
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

/// The numbers of one model at one condition in a table of a paper.
pub struct Printing {
    /// At least one.
    numbers: Vec<Published>,
    /// Where they are printed again.
    repeated: Vec<String>,
}

impl Printing {
    /// `Zhang et al. 2024, Table 9`.
    pub fn citation(&self) -> String {
        self.numbers
            .first()
            .map_or(String::new(), Published::citation)
    }

    fn is_of(&self, number: &Published) -> bool {
        self.citation() == number.citation()
    }

    fn number(&self, metric: &str) -> Option<&Published> {
        self.numbers.iter().find(|p| p.cell.metric.name == metric)
    }

    /// Whether every number is that of an earlier table.
    fn repeats(&self, earlier: &Self) -> bool {
        self.numbers.iter().all(|p| {
            let there = earlier.number(p.cell.metric.name);
            there.is_some_and(|there| there.cell.number.same(&p.cell.number))
        })
    }

    /// The numbers of a printed column, with a footnote of their source, of the tables that repeat them and
    /// of known errors.
    pub fn cell(
        &self,
        metrics: &[&'static Metric],
        spread: bool,
        reasons: &mut Vec<String>,
    ) -> Cell {
        let found: Vec<Option<&Published>> = metrics.iter().map(|m| self.number(m.name)).collect();
        let Some(first) = found.iter().flatten().next() else {
            return Cell::new(Content::Missing, Origin::Nothing);
        };
        let texts: Vec<String> = found
            .iter()
            .map(|p| p.map_or("-".to_string(), |p| text(p, spread)))
            .collect();
        let place = reason(reasons, sentence(first, &found, &self.repeated));
        let content = Content::Text {
            text: texts.join(super::BETWEEN),
            note: Some(place),
        };
        Cell::new(content, Origin::Published(first.citation()))
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
    /// Whether the data have the widths and sizes that the published numbers are of.
    comparable: bool,
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
            dataset: run.map_or("", |r| DatasetName::of(&r.manifest.dataset.name).base),
            mask_protocol: run.map_or("", |r| &r.mask.mask_protocol),
            condition: condition.as_ref(),
            spread,
            comparable: section.trained_on().is_none()
                && section
                    .runs()
                    .all(|r| r.manifest.dataset.difference.is_none()),
        }
    }

    /// Whether a number may be shown here: of this data, at this condition, with a spread if need be.
    fn is_here(&self, p: &Published) -> bool {
        self.comparable
            && p.cell.dataset == self.dataset
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

    /// The tables that print numbers of a model here, first the one that answers; those that only repeat
    /// the digits of one before are left out.
    pub fn printings(&self, model: &str) -> Vec<Printing> {
        let mut all: Vec<Printing> = Vec::new();
        for number in self.all().filter(|p| names::same(&p.cell.method, model)) {
            match all.iter_mut().find(|p| p.is_of(&number)) {
                Some(printing) => printing.numbers.push(number),
                None => all.push(Printing {
                    numbers: vec![number],
                    repeated: Vec::new(),
                }),
            }
        }
        let mut kept: Vec<Printing> = Vec::new();
        for printing in all {
            match kept.iter_mut().find(|earlier| printing.repeats(earlier)) {
                Some(earlier) => earlier.repeated.push(printing.citation()),
                None => kept.push(printing),
            }
        }
        kept
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
fn sentence(first: &Published, found: &[Option<&Published>], repeated: &[String]) -> String {
    let mut sentence = format!("{}.", first.citation());
    if let Some(second_hand) = &first.source.second_hand {
        sentence += &format!(" Second-hand: {second_hand}.");
    } else if first.source.quotes(&first.cell.method) {
        sentence += " Quoted there from another paper.";
    }
    if !repeated.is_empty() {
        sentence += &format!(" The same in {}.", repeated.join("; "));
    }
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
