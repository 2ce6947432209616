//! Draws training rates against test rates as heat maps, one per model, side by side.

use super::drawing::{Drawing, Series};
use super::heat::{Heat, Map};
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::stats::train_rate::{ModelRates, TrainRates};
use crate::report::table::build::{heading, synthetic};

/// The figure of a section.
pub fn draw(section: &Section, rates: &TrainRates) -> Drawing {
    let heat = Heat {
        title: format!(
            "{}: training rate against test rate, {}{}",
            section.title,
            heading(rates.metric),
            synthetic(section)
        ),
        metric: rates.metric,
        across: 2,
        cell: [46.0, 30.0],
        axes: ["missing rate of the test", "training rate"],
        maps: rates
            .models
            .iter()
            .map(|model| map(section, rates, model))
            .collect(),
    };
    let series = rates.models.iter().flat_map(|model| {
        model.rows.iter().map(|row| {
            let own = &section.rows[row.index];
            Series::new(&own.label, own.origin(rates.tested.clone()))
        })
    });
    Drawing {
        series: series.collect(),
        scene: heat.draw(),
        caption:
            "Darker is better, from the worst to the best cell; framed: trained at the tested rate."
                .to_string(),
    }
}

/// One model by training rate and test rate; cells that are trained at their tested rate are framed.
fn map(section: &Section, rates: &TrainRates, model: &ModelRates) -> Map {
    let value = |index: usize, tested| {
        let runs = &section.rows[index].runs;
        match Aggregate::At(tested).over_seeds(runs, rates.metric.name) {
            SeedSummary::Known(summary) => Some(summary.mean * rates.metric.scale()),
            _ => None,
        }
    };
    let rows = || model.rows.iter();
    let tested = || rates.tested.iter().copied();
    Map {
        title: model.title.clone(),
        rows: rows().map(|row| condition::title(row.trained)).collect(),
        columns: tested().map(condition::title).collect(),
        values: rows()
            .map(|row| tested().map(|tested| value(row.index, tested)).collect())
            .collect(),
        framed: rows()
            .map(|row| tested().map(|tested| tested == row.trained).collect())
            .collect(),
    }
}
