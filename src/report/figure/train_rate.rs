//! Draws training rates against test rates as heat maps, one per model, side by side.

use super::drawing::{Drawing, Series};
use super::font;
use super::scene::{Anchor, BLACK, GRAY, PALETTE, Scene, WHITE};
use crate::metric::{Metric, fixed};
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::stats::train_rate::{ModelRates, TrainRates};
use crate::report::table::build::heading;

const CELL: [f64; 2] = [46.0, 30.0];
const TOP: f64 = 72.0;
const LEFT: f64 = 76.0;

/// Models in a row of the figure.
const ACROSS: usize = 2;

/// From one map to the next.
const BETWEEN: [f64; 2] = [52.0, 92.0];

/// The figure of a section.
pub fn draw(section: &Section, rates: &TrainRates) -> Drawing {
    let title = format!(
        "{}: training rate against test rate, {}",
        section.title,
        heading(rates.metric)
    );
    let maps: Vec<Map> = rates
        .models
        .iter()
        .map(|model| Map::of(section, rates, model))
        .collect();
    let tallest = rates.models.iter().map(|model| model.rows.len()).max();
    let size = [
        CELL[0] * rates.tested.len() as f64,
        CELL[1] * tallest.unwrap_or(0) as f64,
    ];
    let columns = maps.len().min(ACROSS);
    let lines = maps.len().div_ceil(ACROSS);
    let width = LEFT + columns as f64 * (size[0] + BETWEEN[0]);
    let width = width.max(28.0 + font::width(&title) * 15.0);
    let height = TOP + lines as f64 * (size[1] + BETWEEN[1]) + 10.0;
    let mut scene = Scene::new(width, height, &title);
    let range = range(&maps);
    for (index, map) in maps.iter().enumerate() {
        let (column, line) = ((index % ACROSS) as f64, (index / ACROSS) as f64);
        let at = (
            LEFT + column * (size[0] + BETWEEN[0]),
            TOP + 12.0 + line * (size[1] + BETWEEN[1]),
        );
        map.draw(&mut scene, at, range, rates.metric);
    }
    let series = rates.models.iter().flat_map(|model| {
        model.rows.iter().map(|row| {
            let own = &section.rows[row.index];
            Series::new(&own.label, own.origin(rates.tested.clone()))
        })
    });
    Drawing {
        series: series.collect(),
        scene,
        caption:
            "Darker is better, from the worst to the best cell; framed: trained at the tested rate."
                .to_string(),
    }
}

/// The cells of one model in display units, by training rate and test rate.
struct Map {
    title: String,
    trained: Vec<String>,
    tested: Vec<String>,
    values: Vec<Vec<Option<f64>>>,
    /// Whether a cell is trained at its tested rate.
    diagonal: Vec<Vec<bool>>,
}

impl Map {
    fn of(section: &Section, rates: &TrainRates, model: &ModelRates) -> Self {
        let value = |index: usize, tested| {
            let runs = &section.rows[index].runs;
            match Aggregate::At(tested).over_seeds(runs, rates.metric.name) {
                SeedSummary::Known(summary) => Some(summary.mean * rates.metric.scale()),
                _ => None,
            }
        };
        let rows = || model.rows.iter();
        let tested = || rates.tested.iter().copied();
        Self {
            title: model.title.clone(),
            trained: rows().map(|row| condition::title(row.trained)).collect(),
            tested: tested().map(condition::title).collect(),
            values: rows()
                .map(|row| tested().map(|tested| value(row.index, tested)).collect())
                .collect(),
            diagonal: rows()
                .map(|row| tested().map(|tested| tested == row.trained).collect())
                .collect(),
        }
    }

    fn draw(&self, scene: &mut Scene, (left, top): (f64, f64), range: [f64; 2], metric: &Metric) {
        let (width, height) = (
            CELL[0] * self.tested.len() as f64,
            CELL[1] * self.trained.len() as f64,
        );
        scene.text((left, top - 16.0), &self.title, 12.0, BLACK, Anchor::Start);
        for (row, trained) in self.trained.iter().enumerate() {
            let y = top + CELL[1] * (row as f64 + 0.5);
            scene.text((left - 8.0, y), trained, 11.0, BLACK, Anchor::End);
            for column in 0..self.tested.len() {
                let at = (left + CELL[0] * column as f64, top + CELL[1] * row as f64);
                self.cell(scene, at, (row, column), range, metric);
            }
        }
        for (column, tested) in self.tested.iter().enumerate() {
            let x = left + CELL[0] * (column as f64 + 0.5);
            scene.text(
                (x, top + height + 14.0),
                tested,
                11.0,
                BLACK,
                Anchor::Middle,
            );
        }
        let middle = (left + width / 2.0, top + height + 34.0);
        scene.text(
            middle,
            "missing rate of the test",
            11.0,
            BLACK,
            Anchor::Middle,
        );
        scene.upright((left - 46.0, top + height / 2.0), "training rate", 11.0);
    }

    fn cell(
        &self,
        scene: &mut Scene,
        (x, y): (f64, f64),
        (row, column): (usize, usize),
        [low, high]: [f64; 2],
        metric: &Metric,
    ) {
        let [width, height] = CELL;
        let middle = (x + width / 2.0 - 0.5, y + height / 2.0 - 0.5);
        match self.values[row][column] {
            Some(value) => {
                let share = if high > low {
                    (value - low) / (high - low)
                } else {
                    0.5
                };
                let share = if metric.is_better(1.0, 0.0) {
                    share
                } else {
                    1.0 - share
                };
                let color = PALETTE[0].tint(0.06 + 0.94 * share);
                scene.rectangle((x, y), width - 1.0, height - 1.0, color);
                let ink = if share > 0.6 { WHITE } else { BLACK };
                let text = fixed(value, metric.decimals);
                scene.text(middle, &text, 10.0, ink, Anchor::Middle);
            }
            None => scene.text(middle, "-", 10.0, GRAY, Anchor::Middle),
        }
        if self.diagonal[row][column] {
            let (right, bottom) = (x + width - 2.0, y + height - 2.0);
            let (x, y) = (x + 1.0, y + 1.0);
            let frame = vec![(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
            scene.line(frame, PALETTE[1], 2.0, 0.0);
        }
    }
}

/// Smallest and largest number of all cells.
fn range(maps: &[Map]) -> [f64; 2] {
    let all = maps
        .iter()
        .flat_map(|map| map.values.iter().flatten().flatten());
    all.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
        [low.min(*value), high.max(*value)]
    })
}
