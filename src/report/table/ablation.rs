//! Builds tables of the variants of one model: each number, and its difference to the unchanged model.

use super::build::{heading, synthetic};
use super::mark::{mark_baselines, stars};
use super::notes::selected;
use super::phrases::{at_baseline, epochs, phrase, seeds, sentence};
use super::{Cell, Column, Content, Table, TableRow, Versus, reason, tested};
use crate::metric::{Direction, Metric};
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::Section;
use crate::support::file_name::file_names;

/// A table per model with several variants: `model` and `model:change`, or one model under several
/// configurations.
pub fn tables(section: &Section) -> Vec<Table> {
    let mut bases: Vec<&str> = section
        .own_rows()
        .filter(|r| !r.baseline)
        .map(base)
        .collect();
    bases.sort_unstable();
    bases.dedup();
    let names = file_names(&bases);
    bases
        .into_iter()
        .zip(names)
        .filter_map(|(base, name)| table(section, base, &name))
        .collect()
}

/// The model a variant is of: its name up to the colon.
fn base(row: &ModelRow) -> &str {
    row.model.split(':').next().unwrap_or(&row.model)
}

fn table(section: &Section, of: &str, name: &str) -> Option<Table> {
    let rows = section.own_rows().filter(|r| base(r) == of && !r.baseline);
    let mut rows: Vec<&ModelRow> = rows.collect();
    if rows.len() < 2 {
        return None;
    }
    // The unchanged model first, then in the section's order.
    rows.sort_by_key(|r| (r.model != of, !r.configuration.is_empty()));
    rows.extend(section.rows.iter().filter(|r| r.baseline));
    let aggregate = Aggregate::mean(&section.conditions);
    let columns = section.metrics.iter().flat_map(|metric| {
        let column = |title: &str, name: String| Column {
            group: heading(metric),
            title: title.to_string(),
            name,
            metrics: vec![metric.name],
            higher_is_better: metric.direction == Direction::HigherIsBetter,
        };
        let change = format!("{}_change", metric.name);
        [
            column("value", metric.name.to_string()),
            column("change", change),
        ]
    });
    let full = rows[0];
    let against = tested::changes(section, full);
    let show = Variants {
        section,
        full,
        aggregate: &aggregate,
        tested: against.is_ok(),
    };
    let (mut reasons, synthetic) = (Vec::new(), synthetic(section));
    let mut table = Table {
        id: format!("{}-ablation-{}", section.slug, name),
        title: format!("{}: variants of {}{synthetic}", section.title, full.label),
        stub: "variant".to_string(),
        columns: columns.collect(),
        rows: rows
            .iter()
            .map(|row| show.line(row, &mut reasons))
            .collect(),
        masks: section.masks(),
        reference: Some(full.ids_at(&aggregate.conditions())),
        reasons,
        legend: Vec::new(),
        notes: vec![format!(
            "{}; change: less the number of {}. -: not evaluated, or no change.",
            aggregate.title(),
            full.label
        )],
    };
    mark_baselines(&mut table);
    stars(&mut table);
    let spread = table.numbers().any(|c| c.content.sd().is_some());
    let own = rows.iter().copied().filter(|r| !r.derived);
    let epochs = epochs(own.clone()).map_or(String::new(), |epochs| format!("; {epochs}"));
    table.notes.push(format!("{}{epochs}.", seeds(own, spread)));
    let mut marks = match against {
        Ok(_) => tested::tests(section, &table, &rows),
        Err(why) => vec![phrase(&why)],
    };
    if table.numbers().any(|c| c.at_baseline) {
        marks.push(at_baseline(&table));
    }
    table
        .notes
        .extend(marks.first().map(|_| sentence(&marks.join("; "))));
    table
        .notes
        .extend(tested::untested_metrics(section, &table, &rows));
    table
        .notes
        .extend(selected(section).map(|one| sentence(&one)));
    Some(table)
}

/// The unchanged model, and the aggregate that its variants are compared by.
struct Variants<'a> {
    section: &'a Section,
    /// The unchanged model.
    full: &'a ModelRow,
    aggregate: &'a Aggregate,
    /// Whether the section's tests are against the unchanged model.
    tested: bool,
}

impl Variants<'_> {
    fn line(&self, row: &ModelRow, reasons: &mut Vec<String>) -> TableRow {
        let metrics = self.section.metrics.iter();
        TableRow {
            block: String::new(),
            label: row.label.clone(),
            baseline: row.baseline,
            cells: metrics
                .flat_map(|metric| self.cells(row, metric, reasons))
                .collect(),
        }
    }

    /// The number of a row, and its change.
    fn cells(
        &self,
        row: &ModelRow,
        metric: &'static Metric,
        reasons: &mut Vec<String>,
    ) -> [Cell; 2] {
        let outcome = |row: &ModelRow| self.aggregate.over_seeds(&row.runs, metric.name);
        let origin = |row: &ModelRow| row.origin(self.aggregate.conditions());
        let number = |value: f64, sd: Option<f64>| Content::Number {
            value: value * metric.scale(),
            sd: sd.map(|sd| sd * metric.scale()),
            decimals: metric.decimals,
        };
        let mut undefined = |why: &str| Content::Undefined {
            reason: reason(reasons, format!("Undefined: {why}.")),
        };
        let own = match outcome(row) {
            SeedSummary::Known(summary) => number(summary.mean, summary.sd),
            SeedSummary::Undefined(why) => undefined(&why),
            SeedSummary::Missing => Content::Missing,
        };
        let same = std::ptr::eq(row, self.full) || row.baseline;
        let change = match (outcome(row), outcome(self.full)) {
            _ if same => Content::Missing,
            (SeedSummary::Known(own), SeedSummary::Known(full)) => {
                number(own.mean - full.mean, None)
            }
            (SeedSummary::Missing, _) | (_, SeedSummary::Missing) => Content::Missing,
            (SeedSummary::Undefined(why), _) | (_, SeedSummary::Undefined(why)) => undefined(&why),
        };
        let mut change = Cell::new(change, origin(row).against(&origin(self.full)));
        if let (true, Content::Number { .. }) = (self.tested, &change.content) {
            change.versus = self.test(row, metric);
        }
        [Cell::new(own, origin(row)), change]
    }

    fn test(&self, row: &ModelRow, metric: &'static Metric) -> Option<Versus> {
        let mut rows = self.section.rows.iter();
        let index = rows.position(|other| std::ptr::eq(other, row))?;
        let found = self
            .section
            .comparison()?
            .find(index, metric.name, self.aggregate)?;
        Some(Versus::of(&found.test?, metric))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::protocol;
    use crate::report::fixture::{manifest, record, test_against, test_plan};
    use crate::report::format::markdown;
    use crate::report::rows::scores::score_by;
    use crate::report::rows::sort::sections;

    /// LNLN and a variant that is worse for every sample, two seeds each, by their absolute error.
    fn worse() -> Table {
        let mosi = protocol("mosi").unwrap();
        let seeds = [("lnln", 11), ("lnln", 12), ("lnln:x", 11), ("lnln:x", 12)];
        let run = |(model, seed)| {
            let run = record(manifest(model, seed, &[0.0, 0.5]));
            score_by(mosi, run).unwrap().swap_remove(0)
        };
        let mut section = sections(seeds.map(run).to_vec()).unwrap().swap_remove(0);
        section.metrics = vec![mosi.metric("mae").unwrap()];
        test_against(&mut section, "lnln", test_plan("mae", 199));
        tables(&section).swap_remove(0)
    }

    #[test]
    fn a_change_for_the_worse_has_a_star_and_is_not_best() {
        let table = worse();
        let change = &table.rows[1].cells[1];
        assert!(
            change
                .versus
                .is_some_and(|v| v.difference > 0.0 && v.primary)
        );
        assert!(change.significant, "{change:?}");
        assert!(table.numbers().all(|c| !c.best), "{table:?}");
        let text = markdown::table(&table, 3);
        let star = format!("| {}\\* |", change.content.text());
        assert!(text.contains(&star), "{text}");
    }

    #[test]
    fn tables_of_variants_have_the_number_of_seeds_and_the_remark_on_synthetic_data() {
        let table = worse();
        assert!(table.title.ends_with("variants of LNLN (synthetic data)"));
        let seeds = "Mean ± standard deviation (n-1) over 2 seeds.";
        assert!(table.notes[1].starts_with(seeds), "{:?}", table.notes);
    }
}
