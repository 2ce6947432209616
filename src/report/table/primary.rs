//! Builds the table of the primary tests: one number per model against the reference, with its interval.

use super::build::{heading, synthetic};
use super::phrases::epochs;
use super::{Cell, Column, Content, Table, TableRow, reason, tested};
use crate::metric::Metric;
use crate::report::origin::Origin;
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::report::stats::comparison::{Comparison, Pairing, Test};

/// Why a difference has no interval.
pub(super) const ONE_SEED: &str = "An interval and a p need two seeds of each model.";

/// The table; `None` where no row is compared with the reference.
pub fn table(section: &Section) -> Option<Table> {
    let comparison = section.comparison()?;
    let metric = section.protocol.metric(comparison.plan.primary?)?;
    let primary = tested::primary(section, comparison)?;
    let show = PrimaryRows {
        section,
        comparison,
        metric,
        aggregate: Aggregate::overall(&section.conditions),
    };
    let mut reasons = Vec::new();
    let rows = section.rows.iter().enumerate();
    let rows = rows.filter_map(|(index, row)| show.line(index, row, &mut reasons));
    let rows: Vec<TableRow> = rows.collect();
    let (title, label, synthetic) = (
        &section.title,
        &comparison.reference.label,
        synthetic(section),
    );
    (!rows.is_empty()).then(|| Table {
        id: format!("{}-primary", section.slug),
        title: format!("{title}: primary tests, {primary} against {label}{synthetic}"),
        stub: "model".to_string(),
        columns: columns(metric),
        rows,
        masks: section.masks(),
        reference: Some(comparison.reference.runs.clone()),
        reasons,
        legend: epochs(section.own_rows()).into_iter().collect(),
        notes: vec![note(section, comparison)],
    })
}

fn note(section: &Section, comparison: &Comparison) -> String {
    let unpaired = section.rows.iter().enumerate();
    let mut unpaired = unpaired.filter(|(index, _)| comparison.pairings.contains_key(index));
    let fewer = if unpaired.any(|(index, row)| !all_paired(comparison, index, row)) {
        " -: the two have different numbers of seeds, so that permutations cannot pair them all."
    } else {
        ""
    };
    let permutations = comparison.plan.permutations;
    format!(
        "The 95 % interval of the difference and p hold for other samples and other seeds under the same masks; p is not \
         corrected. p by permutation speaks of these trainings alone: the predictions of the two models are exchanged at random, sample by \
         sample, {permutations} times; p is the share of these results and the observed one, {} in all, whose difference is at least \
         as large.{fewer}",
        permutations + 1
    )
}

/// Whether permutations are between all seeds of a row and all of the reference.
fn all_paired(comparison: &Comparison, index: usize, row: &ModelRow) -> bool {
    match comparison.pairings.get(&index) {
        Some(Pairing::Same) => true,
        Some(Pairing::Shared(count) | Pairing::Ranks(count)) => {
            *count == row.runs.len() && *count == comparison.reference.seeds
        }
        Some(Pairing::Unpaired(_)) | None => false,
    }
}

fn columns(metric: &Metric) -> Vec<Column> {
    let column = |title: &str, name: &str| Column {
        group: String::new(),
        title: title.to_string(),
        name: name.to_string(),
        metrics: Vec::new(),
        higher_is_better: metric.is_better(1.0, 0.0),
    };
    let value = Column {
        metrics: vec![metric.name],
        ..column(&heading(metric), metric.name)
    };
    let others = [
        ("seeds", "seeds"),
        ("difference", "difference"),
        ("95 % from", "low"),
        ("to", "high"),
        ("p", "p"),
        ("p by permutation", "p_permutation"),
    ];
    let others = others.map(|(title, name)| column(title, name));
    std::iter::once(value).chain(others).collect()
}

/// What the rows of the table share.
struct PrimaryRows<'a> {
    section: &'a Section,
    comparison: &'a Comparison,
    metric: &'static Metric,
    aggregate: Aggregate,
}

impl PrimaryRows<'_> {
    /// The line of a row that has a test.
    fn line(&self, index: usize, row: &ModelRow, reasons: &mut Vec<String>) -> Option<TableRow> {
        let found = self
            .comparison
            .find(index, self.metric.name, &self.aggregate)?;
        let test = found.test?;
        let SeedSummary::Known(summary) = self.aggregate.over_seeds(&row.runs, self.metric.name)
        else {
            return None;
        };
        let origin = row.origin(self.aggregate.conditions());
        let runs = self.comparison.reference.runs.clone();
        let theirs = Origin::predictions(&runs, self.aggregate.conditions());
        let both = origin.clone().against(&theirs);
        let scale = self.metric.scale();
        let value = Content::Number {
            value: summary.mean * scale,
            sd: summary.sd.map(|sd| sd * scale),
            decimals: self.metric.decimals,
        };
        let seeds = Content::Number {
            value: summary.n as f64,
            sd: None,
            decimals: 0,
        };
        let mut cells = vec![Cell::new(value, origin.clone()), Cell::new(seeds, origin)];
        let others = self.test(&test, reasons).into_iter();
        cells.extend(others.map(|content| Cell::new(content, both.clone())));
        Some(TableRow {
            block: String::new(),
            label: self.section.rows[index].label.clone(),
            baseline: false,
            cells,
        })
    }

    /// Difference, interval and both p-values.
    fn test(&self, test: &Test, reasons: &mut Vec<String>) -> [Content; 5] {
        let number = |value: f64, decimals: usize| Content::Number {
            value,
            sd: None,
            decimals,
        };
        let (scale, decimals) = (self.metric.scale(), self.metric.decimals);
        let models = test.models.map(|models| {
            let ends = models.interval.map(|v| number(v * scale, decimals));
            let [low, high] = ends;
            [low, high, p(models.p)]
        });
        let [low, high, p_models] = models.unwrap_or_else(|| {
            let reason = reason(reasons, ONE_SEED.to_string());
            std::array::from_fn(|_| Content::Undefined { reason })
        });
        let p_permutation = test.p_permutation.map_or(Content::Missing, p);
        let difference = number(test.difference * scale, decimals);
        [difference, low, high, p_models, p_permutation]
    }
}

/// A p-value, which is never 0.
pub(super) fn p(value: f64) -> Content {
    if value < 0.0001 {
        return Content::Text {
            text: "< 0.0001".to_string(),
            note: None,
        };
    }
    Content::Number {
        value,
        sd: None,
        decimals: 4,
    }
}
