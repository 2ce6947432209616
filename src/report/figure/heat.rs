//! Draws heat maps in a grid, on one scale of shades.

use super::font;
use super::scene::{Anchor, BLACK, GRAY, PALETTE, Scene, WHITE};
use crate::metric::{Metric, fixed};

const TOP: f64 = 72.0;
const LEFT: f64 = 76.0;

/// From one map to the next.
const BETWEEN: [f64; 2] = [52.0, 92.0];

/// Heat maps of one metric: the darker, the better.
pub struct Heat<'a> {
    pub title: String,
    pub metric: &'a Metric,
    /// Maps in a row of the figure.
    pub across: usize,
    /// Width and height of a cell.
    pub cell: [f64; 2],
    /// What columns and rows are.
    pub axes: [&'static str; 2],
    pub maps: Vec<Map>,
}

/// One map.
pub struct Map {
    pub title: String,
    /// Names from the top.
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// Row by row, in display units; `None` is a dash.
    pub values: Vec<Vec<Option<f64>>>,
    /// Row by row, whether a cell is framed.
    pub framed: Vec<Vec<bool>>,
}

impl Heat<'_> {
    /// Draws all maps.
    pub fn draw(&self) -> Scene {
        let most = |count: fn(&Map) -> usize| self.maps.iter().map(count).max().unwrap_or(0) as f64;
        let size = [
            self.cell[0] * most(|map| map.columns.len()),
            self.cell[1] * most(|map| map.rows.len()),
        ];
        let columns = self.maps.len().min(self.across);
        let lines = self.maps.len().div_ceil(self.across);
        let width = LEFT + columns as f64 * (size[0] + BETWEEN[0]);
        let width = width.max(28.0 + font::width(&self.title) * 15.0);
        let height = TOP + lines as f64 * (size[1] + BETWEEN[1]) + 10.0;
        let mut scene = Scene::new(width, height, &self.title);
        let range = self.range();
        for (index, map) in self.maps.iter().enumerate() {
            let (column, line) = ((index % self.across) as f64, (index / self.across) as f64);
            let at = (
                LEFT + column * (size[0] + BETWEEN[0]),
                TOP + 12.0 + line * (size[1] + BETWEEN[1]),
            );
            self.map(&mut scene, map, at, range);
        }
        scene
    }

    fn map(&self, scene: &mut Scene, map: &Map, (left, top): (f64, f64), range: [f64; 2]) {
        let [across, down] = self.cell;
        let (width, height) = (
            across * map.columns.len() as f64,
            down * map.rows.len() as f64,
        );
        scene.text((left, top - 16.0), &map.title, 12.0, BLACK, Anchor::Start);
        for (row, name) in map.rows.iter().enumerate() {
            let y = top + down * (row as f64 + 0.5);
            scene.text((left - 8.0, y), name, 11.0, BLACK, Anchor::End);
            for column in 0..map.columns.len() {
                let at = (left + across * column as f64, top + down * row as f64);
                self.cell(scene, at, map.values[row][column], range);
                if map.framed[row][column] {
                    self.frame(scene, at);
                }
            }
        }
        for (column, name) in map.columns.iter().enumerate() {
            let below = (left + across * (column as f64 + 0.5), top + height + 14.0);
            scene.text(below, name, 11.0, BLACK, Anchor::Middle);
        }
        let middle = (left + width / 2.0, top + height + 34.0);
        scene.text(middle, self.axes[0], 11.0, BLACK, Anchor::Middle);
        scene.upright((left - 46.0, top + height / 2.0), self.axes[1], 11.0);
    }

    fn cell(
        &self,
        scene: &mut Scene,
        (x, y): (f64, f64),
        value: Option<f64>,
        [low, high]: [f64; 2],
    ) {
        let [width, height] = self.cell;
        let middle = (x + width / 2.0 - 0.5, y + height / 2.0 - 0.5);
        let Some(value) = value else {
            return scene.text(middle, "-", 10.0, GRAY, Anchor::Middle);
        };
        let share = if high > low {
            (value - low) / (high - low)
        } else {
            0.5
        };
        let share = if self.metric.is_better(1.0, 0.0) {
            share
        } else {
            1.0 - share
        };
        let color = PALETTE[0].tint(0.06 + 0.94 * share);
        scene.rectangle((x, y), width - 1.0, height - 1.0, color);
        let ink = if share > 0.6 { WHITE } else { BLACK };
        let text = fixed(value, self.metric.decimals);
        scene.text(middle, &text, 10.0, ink, Anchor::Middle);
    }

    fn frame(&self, scene: &mut Scene, (x, y): (f64, f64)) {
        let (right, bottom) = (x + self.cell[0] - 2.0, y + self.cell[1] - 2.0);
        let (x, y) = (x + 1.0, y + 1.0);
        let frame = vec![(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
        scene.line(frame, PALETTE[1], 2.0, 0.0);
    }

    /// Smallest and largest number of all cells.
    fn range(&self) -> [f64; 2] {
        let all = self.maps.iter().flat_map(|map| map.values.iter().flatten());
        all.flatten()
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| {
                [low.min(*value), high.max(*value)]
            })
    }
}
