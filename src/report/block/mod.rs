//! Error by position and length of the missing block, under the mask protocol `block`.
//!
//! A sample's block of a modality follows from the key of its mask: at rate r it is the share r of the sample
//! long, and of what is kept the share u comes before it ([`Block::point`]), whatever the rate. So neither
//! data nor masks are read: positions follow from ids, errors from predictions.

mod errors;
mod figure;
mod table;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::detail::DetailRow;
use super::error::Result;
use super::figure::choice::Choice;
use super::figure::rendered::Figure;
use super::options::Options;
use super::rows::row::ModelRow;
use super::rows::section::Section;
use super::table::Table;
use crate::data::dataset::Modality;
use crate::mask::{Block, Condition, MaskProtocol};
use errors::{Cell, RowErrors};

/// Positions that are told apart.
const POSITIONS: usize = 5;

/// The only metric: positions are compared by errors of single samples.
const METRIC: &str = "mae";

/// Errors of a section's rows by position.
#[derive(Clone, Debug, Default)]
pub struct BlockErrors {
    /// Lengths of blocks: rates between 0 and 1, ascending.
    lengths: Vec<Condition>,
    /// Complete data, where they were tested.
    complete: Option<Condition>,
    /// By row, modality and position, the numbers of [`BlockErrors::parts`].
    pub rows: Vec<DetailRow>,
}

/// What is told of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    /// Whether the error of the same samples on complete data is taken off.
    rise: bool,
    /// The length, 0 for complete data; `None` for all between 0 and 1 together.
    length: Option<Condition>,
}

impl Part {
    /// The error, or its rise, over all lengths together.
    const fn overall(rise: bool) -> Self {
        Self { rise, length: None }
    }
}

impl BlockErrors {
    /// The errors of a section of `block` masks that shows them; nothing in others.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn of(section: &Section) -> Result<Self> {
        let is_block = section.runs().next().is_some_and(|run| {
            run.mask.mask_protocol == Block.name() && run.mask.version == Block.version()
        });
        let at = |inside: fn(f64) -> bool| {
            let rates = section.conditions.iter().copied();
            rates.filter(move |condition| condition.rate().is_some_and(inside))
        };
        let mut all = Self {
            lengths: at(|rate| rate > 0.0 && rate < 1.0).collect(),
            complete: at(|rate| rate == 0.0).next(),
            rows: Vec::new(),
        };
        let shown = section.metrics.iter().any(|metric| metric.name == METRIC);
        if is_block && shown && !all.lengths.is_empty() {
            let rows = section.rows.par_iter().enumerate();
            let rows = rows.filter(|(_, row)| all.can_show(row));
            let found = rows.map(|(index, row)| all.of_row(section, index, row));
            let found: Result<Vec<Vec<DetailRow>>> = found.collect();
            all.rows = found?.into_iter().flatten().collect();
        }
        Ok(all)
    }

    /// Whether a row has all lengths, under masks that are known to be those of the key.
    fn can_show(&self, row: &ModelRow) -> bool {
        let all = self.tested();
        let has_all = |conditions: &[Condition]| all.iter().all(|one| conditions.contains(one));
        let own = || row.trainings().all(|run| run.manifest.external.is_none());
        !row.derived
            && row.runs.iter().all(|run| has_all(&run.mask.conditions))
            && (own() || row.trainings().all(|run| run.mask.are_verified()))
    }

    /// Every length, 0 first where it was tested.
    fn tested(&self) -> Vec<Condition> {
        self.complete.iter().chain(&self.lengths).copied().collect()
    }

    fn parts(&self) -> Vec<Part> {
        let each = |rise: bool, lengths: Vec<Condition>| {
            let lengths = lengths.into_iter().map(Some);
            let all = std::iter::once(None).chain(lengths);
            all.map(move |length| Part { rise, length })
        };
        let rise = self.complete.map(|_| each(true, self.lengths.clone()));
        let errors = each(false, self.tested());
        errors.chain(rise.into_iter().flatten()).collect()
    }

    fn of_row(&self, section: &Section, index: usize, row: &ModelRow) -> Result<Vec<DetailRow>> {
        let errors = RowErrors::of(row, &self.tested())?;
        let tested = section.comparison().is_some();
        let mut found = Vec::new();
        for modality in Modality::ALL {
            for position in 0..POSITIONS {
                found.extend(self.parts().into_iter().map(|part| {
                    let lengths = part
                        .length
                        .map_or_else(|| self.lengths.clone(), |one| vec![one]);
                    let cell = Cell {
                        modality,
                        position,
                        lengths: &lengths,
                        less: self.complete.filter(|_| part.rise),
                    };
                    let read = cell.less.iter().chain(&lengths).copied().collect();
                    DetailRow {
                        row: index,
                        part: modality.to_string(),
                        aggregate: name(modality, position, part),
                        origin: row.origin(read),
                        numbers: [(METRIC, errors.number(cell, tested))].into(),
                    }
                }));
            }
        }
        Ok(found)
    }

    /// A row's numbers of this part by position, for each modality.
    fn by_position(&self, row: usize, modality: Modality, part: Part) -> Vec<&DetailRow> {
        let find = |position: usize| {
            let name = name(modality, position, part);
            let mut own = self.rows.iter().filter(|detail| detail.row == row);
            own.find(|detail| detail.aggregate == name)
        };
        (0..POSITIONS).filter_map(find).collect()
    }

    /// Positions of the rows that have numbers, in the section's order.
    fn shown_rows(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = self.rows.iter().map(|detail| detail.row).collect();
        rows.dedup();
        rows
    }
}

/// Name of a number in tidy tables.
fn name(modality: Modality, position: usize, part: Part) -> String {
    let rise = if part.rise { "rise_" } else { "" };
    let length = part
        .length
        .map_or(String::new(), |length| format!("_at_{length}"));
    format!(
        "block_{rise}{modality}_{}_of_{POSITIONS}{length}",
        position + 1
    )
}

/// The tables of a section's errors, the last with the figure.
///
/// # Errors
/// If the figure cannot be rendered.
pub fn shown(
    section: &Section,
    errors: &BlockErrors,
    choice: &Choice,
    options: &Options,
) -> Result<Vec<(Table, Option<Figure>)>> {
    let rise = errors.complete.map(|_| true);
    let tables = std::iter::once(false).chain(rise);
    let tables = tables.filter_map(|rise| table::table(section, errors, rise));
    let mut shown: Vec<(Table, Option<Figure>)> = tables.map(|table| (table, None)).collect();
    let drawing = figure::draw(section, errors, choice);
    if let (Some((table, figure)), Some(drawing)) = (shown.last_mut(), drawing) {
        *figure = Some(Figure::new(&table.id, drawing, options)?);
    }
    Ok(shown)
}
