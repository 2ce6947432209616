//! Draws histograms of predictions over those of the truth: a row per model, a column per condition.

use super::axes::ticks;
use super::font;
use super::scene::{Anchor, BLACK, GRAY, Scene};
use super::style::Style;

const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 74.0;
const LEFT: f64 = 14.0;
const TOP: f64 = 72.0;

/// From one column's frame to the next.
const ASIDE: f64 = 22.0;

/// From one row's frame to the next: the numbers of one and the percentages of the other fit in.
const BETWEEN: f64 = 44.0;

/// Bins of the label range.
pub const BINS: usize = 24;

/// What bars, numbers above them and the outline are.
pub const CAPTION: &str = "Bars: share of predictions per bin over all seeds, all on one scale; a bar that \
                           reaches beyond it is cut, with its share in percent above it. \
                           Gray line: labels of the test split.";

/// Shares of samples per bin, summing to at most 1.
pub type Shares = Vec<f64>;

/// One model's predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct Histograms {
    pub label: String,
    pub style: Style,
    /// One per condition.
    pub shares: Vec<Shares>,
}

/// Shares of `values` per bin of a range; values outside count into the outermost bins.
pub fn shares(values: &[f32], [low, high]: [f32; 2]) -> Shares {
    let mut bins = vec![0.0; BINS];
    for value in values.iter().filter(|v| v.is_finite()) {
        let index = f64::from(value - low) / f64::from(high - low) * BINS as f64;
        bins[(index.max(0.0) as usize).min(BINS - 1)] += 1.0 / values.len() as f64;
    }
    bins
}

/// Draws predictions as bars and the truth as an outline, all on one scale per picture; bars that
/// reach beyond it are cut, with their share written above.
pub fn draw(
    title: &str,
    range: [f32; 2],
    conditions: &[String],
    truth: &Shares,
    rows: &[Histograms],
) -> Scene {
    let names = rows.iter().map(|r| font::width(&r.label) * 12.0);
    let name = names.fold(0.0, f64::max).min(260.0);
    let room = (WIDTH + ASIDE) * conditions.len() as f64;
    let width = (LEFT + name + 16.0 + room).max(font::width(title) * 15.0 + 28.0);
    let height = TOP + (HEIGHT + BETWEEN) * rows.len() as f64 + 40.0;
    let mut scene = Scene::new(width, height, title);
    let most = truth.iter().copied().fold(0.0, f64::max) * 2.0;
    for (j, condition) in conditions.iter().enumerate() {
        let left = LEFT + name + 16.0 + (WIDTH + ASIDE) * j as f64;
        scene.text((left, TOP - 22.0), condition, 12.0, BLACK, Anchor::Start);
        for (i, row) in rows.iter().enumerate() {
            let top = TOP + (HEIGHT + BETWEEN) * i as f64;
            bars(&mut scene, (left, top), row.style, &row.shares[j], most);
            outline(&mut scene, (left, top), truth, most);
            base(&mut scene, (left, top + HEIGHT), range);
        }
    }
    for (i, row) in rows.iter().enumerate() {
        let at = (LEFT, TOP + (HEIGHT + BETWEEN) * i as f64 + HEIGHT / 2.0);
        scene.text(at, &row.label, 12.0, row.style.color, Anchor::Start);
    }
    let note = "bars: share of predictions per bin (number: percent in bars that are cut); gray line: labels";
    scene.text((LEFT, height - 16.0), note, 11.0, GRAY, Anchor::Start);
    scene
}

fn bars(scene: &mut Scene, (left, top): (f64, f64), style: Style, shares: &Shares, most: f64) {
    let width = WIDTH / BINS as f64;
    for (i, share) in shares.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let height = (share / most).min(1.0) * HEIGHT;
        let at = (left + width * i as f64, top + HEIGHT - height);
        scene.rectangle(at, width - 0.5, height, style.color.tint(0.75));
    }
    for (middle, text) in cut(shares, most) {
        let at = (left + width * middle, top - 7.0);
        scene.text(at, &text, 10.0, BLACK, Anchor::Middle);
    }
}

/// The shares of bars that reach beyond `most`, neighbors in one text, and the middle of each in bins.
fn cut(shares: &Shares, most: f64) -> Vec<(f64, String)> {
    let mut texts = Vec::new();
    let mut index = 0;
    for run in shares.chunk_by(|a, b| (*a > most) == (*b > most)) {
        if run[0] > most {
            let each = run.iter().map(|share| format!("{:.0}", 100.0 * share));
            let text = each.collect::<Vec<_>>().join(" + ");
            texts.push((index as f64 + run.len() as f64 / 2.0, format!("{text}%")));
        }
        index += run.len();
    }
    texts
}

fn outline(scene: &mut Scene, (left, top): (f64, f64), truth: &Shares, most: f64) {
    let width = WIDTH / BINS as f64;
    let step = |(i, share): (usize, &f64)| {
        let y = top + HEIGHT - (share / most).min(1.0) * HEIGHT;
        let x = left + width * i as f64;
        [(x, y), (x + width, y)]
    };
    let points = truth.iter().enumerate().flat_map(step).collect();
    scene.line(points, GRAY, 1.0, 0.0);
}

fn base(scene: &mut Scene, (left, bottom): (f64, f64), [low, high]: [f32; 2]) {
    let (low, high) = (f64::from(low), f64::from(high));
    scene.line(vec![(left, bottom), (left + WIDTH, bottom)], GRAY, 1.0, 0.0);
    for (value, text) in ticks([low, high], 4) {
        let x = left + (value - low) / (high - low) * WIDTH;
        // Labels at the ends stay inside the frame: those of the next column are close.
        let anchor = match (value - low) / (high - low) {
            share if share < 0.02 => Anchor::Start,
            share if share > 0.98 => Anchor::End,
            _ => Anchor::Middle,
        };
        scene.text((x, bottom + 9.0), &text, 10.0, GRAY, anchor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_in_a_bin() {
        let shares = shares(
            &[-9.0, -3.0, 0.0, 3.0, 9.0, f32::NAN, 2.9, 0.1],
            [-3.0, 3.0],
        );
        assert_eq!(
            (shares[0], shares[BINS - 1], shares[BINS / 2]),
            (0.25, 0.375, 0.25)
        );
        assert!((shares.iter().sum::<f64>() - 0.875).abs() < 1e-12);
    }

    #[test]
    fn neighbors_that_are_cut_share_a_text() {
        let shares = vec![0.0, 0.59, 0.4, 0.01, 0.0, 0.3];
        let texts = cut(&shares, 0.25);
        let expected = [(2.0, "59 + 40%"), (5.5, "30%")];
        assert_eq!(
            texts,
            expected.map(|(index, text)| (index, text.to_owned()))
        );
        assert!(cut(&shares, 0.7).is_empty());
    }
}
