//! Holds the numbers that papers print, with source and known errors.
//!
//! The tables are in `published/` as CSV and are part of the program. [`find`] returns the
//! printed number of a cell; [`sources`] lists the papers; [`test_sets`] counts the classes
//! of the published test sets. It reads parsed tables, no runs.

pub mod audit;
mod envelope;
pub mod known;
pub mod parse;
pub mod source;
pub mod test_sets;

use crate::published::parse::{ParsedCell, names};

pub use crate::published::parse::ParsedCondition;
pub use known::{FoundBy, Kind, KnownError};
pub use source::{Source, sources};
pub use test_sets::{TestSet, test_sets};

/// A number as a paper printed it.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The cell; `cell.number.value` is in percent for accuracies and F1.
    pub cell: &'static ParsedCell,
    pub source: &'static Source,
    /// `Table 9`.
    pub table: &'static str,
    /// What is known to be wrong with it.
    pub known_error: Option<&'static KnownError>,
}

impl Published {
    /// The number on the scale of [`crate::metric::Metric`]: accuracies and F1 as fractions.
    pub fn score(&self) -> f64 {
        if self.cell.metric.share {
            self.cell.number.value / 100.0
        } else {
            self.cell.number.value
        }
    }

    /// Whether masks of this mask protocol are like those the number was made with; complete data has none.
    pub fn has_masks(&self, mask_protocol: &str) -> bool {
        Some(&self.cell.condition) == ParsedCondition::rate(0.0).as_ref()
            || self.source.masks.iter().any(|name| name == mask_protocol)
    }

    /// The digits as printed.
    pub fn text(&self) -> String {
        self.cell.number.text()
    }

    /// `Zhang et al. 2024, Table 9`.
    pub fn citation(&self) -> String {
        format!("{}, {}", self.source.short, self.table)
    }
}

/// What was published for a data set (name in `datasets.toml`), a model (registry name or the
/// paper's), a metric (name in the data set's protocol) and a condition. Of several sources the first
/// of [`sources`] answers.
pub fn find(
    dataset: &str,
    model: &str,
    metric: &str,
    condition: &ParsedCondition,
) -> Option<Published> {
    find_all(dataset, model, metric, condition).next()
}

/// Every number that was published for this place, in the order of [`sources`] and their tables.
pub fn find_all<'a>(
    dataset: &'a str,
    model: &'a str,
    metric: &'a str,
    condition: &'a ParsedCondition,
) -> impl Iterator<Item = Published> + 'a {
    all().filter(move |p| {
        p.cell.metric.name == metric
            && p.cell.condition == *condition
            && p.cell.dataset == dataset
            && names::same(&p.cell.method, model)
    })
}

/// Every published number, source by source and table by table.
pub fn all() -> impl Iterator<Item = Published> {
    sources().iter().flat_map(|source| {
        source.tables.iter().flat_map(move |table| {
            table.cells.iter().map(move |cell| Published {
                cell,
                source,
                table: &table.title,
                known_error: source.known_error(&table.name, cell),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: f64) -> ParsedCondition {
        ParsedCondition::rate(rate).unwrap()
    }

    #[test]
    fn a_number_is_found_with_its_table() {
        let p = find("mosei", "self_mm", "acc7", &at(0.3)).unwrap();
        assert_eq!(
            (p.text(), p.citation()),
            ("47.23".into(), "Zhang et al. 2024, Table 9".into())
        );
        assert!((p.score() - 0.4723).abs() < 1e-12 && p.known_error.is_none());
        let p = find("sims", "lnln", "mae", &ParsedCondition::MeanOverRates).unwrap();
        assert_eq!((p.text().as_str(), p.table), ("0.514", "Table 3"));
        let p = find(
            "sims",
            "lnln",
            "corr",
            &ParsedCondition::Missing("LA".into()),
        )
        .unwrap();
        assert_eq!(p.text(), "-0.008");
        assert!(find("mosi", "lnln", "acc7", &at(1.0)).is_none());
        assert!(find("mosi", "nobody", "acc7", &at(0.0)).is_none());
    }

    #[test]
    fn known_errors_come_with_the_number() {
        let p = find("mosi", "cenet", "acc5", &at(0.7)).unwrap();
        let error = p.known_error.unwrap();
        assert_eq!(
            (p.text().as_str(), error.correct.as_deref()),
            ("59.86", Some("23.57"))
        );
        assert_eq!(error.found_by, FoundBy::Authors);
        let swapped = find("mosei", "almt", "f1_has0", &at(0.9)).unwrap();
        assert_eq!(swapped.known_error.unwrap().kind, Kind::Swapped);
        assert!(
            find("mosei", "misa", "f1_has0", &at(0.9))
                .unwrap()
                .known_error
                .is_none()
        );
    }

    #[test]
    fn every_metric_is_one_of_the_data_sets_protocol() {
        for p in all() {
            let spec = crate::data::dataset::find(&p.cell.dataset).unwrap();
            let protocol = crate::metric::protocol(&spec.protocol).unwrap();
            // Where a paper does not state which Acc-2 it prints, or one heading serves all data sets, the cut
            // into classes is open.
            let stem = |name: &str| name.split('_').next().unwrap_or_default().to_string();
            let mut metrics = protocol.metrics.iter();
            assert!(
                metrics.any(|m| stem(m.name) == stem(p.cell.metric.name)),
                "{} {}",
                p.cell.dataset,
                p.cell.metric.name
            );
        }
    }
}
