//! Shares of text, audio and vision in a metric: Shapley values over the eight subsets of modalities.
//!
//! The payoff of a set of modalities is the metric's value with the others missing. A modality's
//! Shapley value (Shapley, Contributions to the Theory of Games II, 1953) is the mean, over all orders in
//! which modalities can be added, of the change that adding it makes. The values of the three add up to the
//! change from everything missing to complete data. `docs/questions.md` has the definition and an example.

pub mod figure;
pub mod shapley;
pub mod table;
#[cfg(test)]
mod tests;
pub mod values;

use super::detail::DetailRow;
use super::error::Result;
use super::figure::rendered::Figure;
use super::options::Options;
use super::rows::section::Section;
use super::table::Table;

pub use values::of;

/// What a section shows of its contributions: tables, the first with the figure.
///
/// # Errors
/// If the figure cannot be rendered.
pub fn shown(
    section: &Section,
    found: &[DetailRow],
    options: &Options,
) -> Result<Vec<(Table, Option<Figure>)>> {
    let tables = table::tables(section, found).into_iter();
    let mut shown: Vec<(Table, Option<Figure>)> = tables.map(|table| (table, None)).collect();
    let drawing = figure::draw(section, found);
    if let (Some((table, figure)), Some(drawing)) = (shown.first_mut(), drawing) {
        *figure = Some(Figure::new(&table.id, drawing, options)?);
    }
    Ok(shown)
}
