//! Draws confusion matrices of a row under several conditions, side by side.

use super::font;
use super::scene::{Anchor, BLACK, GRAY, PALETTE, Scene, WHITE};

const CELL: f64 = 26.0;
const TOP: f64 = 66.0;

/// Size of the names of classes.
const NAME: f64 = 11.0;

/// Left of the names: the label "true class", which reads upwards.
const AXIS: f64 = 34.0;

/// From one matrix to the next.
const BETWEEN: f64 = 30.0;

/// Counts of predicted classes per true class.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Condition of missing data, for the heading.
    pub condition: String,
    /// Rows are true classes, columns predicted ones; of one size.
    pub counts: Vec<Vec<u64>>,
}

/// Draws matrices whose shade is the share of the true class; numbers are percent of it. Names of
/// classes that are wider than a cell are upright below it.
pub fn draw(title: &str, classes: &[&str], matrices: &[Confusion]) -> Scene {
    let side = CELL * classes.len() as f64;
    let longest = classes.iter().map(|c| width(c)).fold(0.0, f64::max);
    let left = AXIS + longest + 6.0;
    let headings = matrices
        .iter()
        .map(|m| font::width(&m.condition) * 12.0 + 12.0);
    let step = headings.fold(side + BETWEEN, f64::max);
    let upright = longest > CELL - 2.0;
    let below = if upright { longest + 8.0 } else { 20.0 };
    let caption = "columns: predicted class; numbers: percent of the true class";
    let widest = [font::width(title) * 15.0, font::width(caption) * NAME];
    let widest = widest
        .iter()
        .copied()
        .fold(left + step * matrices.len() as f64, f64::max);
    let mut scene = Scene::new(widest + 28.0, TOP + side + below + 38.0, title);
    scene.upright((18.0, TOP + side / 2.0), "true class", 12.0);
    for (i, class) in classes.iter().enumerate() {
        let y = TOP + CELL * (i as f64 + 0.5);
        scene.text((left - 6.0, y), class, NAME, BLACK, Anchor::End);
    }
    for (i, matrix) in matrices.iter().enumerate() {
        let left = left + step * i as f64;
        let heading = (left, TOP - 16.0);
        scene.text(heading, &matrix.condition, 12.0, BLACK, Anchor::Start);
        body(&mut scene, left, matrix);
        for (i, class) in classes.iter().enumerate() {
            let (x, y) = (left + CELL * (i as f64 + 0.5), TOP + side);
            if upright {
                scene.upright((x, y + 6.0 + width(class) / 2.0), class, NAME)
            } else {
                scene.text((x, y + 12.0), class, NAME, BLACK, Anchor::Middle)
            }
        }
    }
    let foot = (left, TOP + side + below + 14.0);
    scene.text(foot, caption, NAME, GRAY, Anchor::Start);
    scene
}

fn width(class: &str) -> f64 {
    font::width(class) * NAME
}

fn body(scene: &mut Scene, left: f64, matrix: &Confusion) {
    for (row, counts) in matrix.counts.iter().enumerate() {
        let total: u64 = counts.iter().sum();
        for (column, count) in counts.iter().enumerate() {
            let share = *count as f64 / total.max(1) as f64;
            let at = (left + CELL * column as f64, TOP + CELL * row as f64);
            // A gap between cells keeps pale ones apart.
            scene.rectangle(
                at,
                CELL - 1.0,
                CELL - 1.0,
                PALETTE[0].tint(0.04 + 0.96 * share),
            );
            if *count > 0 {
                let ink = if share > 0.6 { WHITE } else { BLACK };
                let middle = (at.0 + CELL / 2.0 - 0.5, at.1 + CELL / 2.0 - 0.5);
                let text = format!("{:.0}", 100.0 * share);
                scene.text(middle, &text, 10.0, ink, Anchor::Middle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::PROTOCOLS;
    use crate::report::figure::scene::Shape;

    /// Left, top, right and bottom of every text.
    fn boxes(scene: &Scene) -> Vec<([f64; 4], String)> {
        let of = |shape: &Shape| {
            let Shape::Text {
                at: (x, y),
                text,
                size,
                anchor,
                upright,
                ..
            } = shape
            else {
                return None;
            };
            let (long, high) = (font::width(text) * size, size * 0.7);
            let back = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => long / 2.0,
                Anchor::End => long,
            };
            let area = match upright {
                true => [
                    x - high / 2.0,
                    y - long / 2.0,
                    x + high / 2.0,
                    y + long / 2.0,
                ],
                false => [x - back, y - high / 2.0, x - back + long, y + high / 2.0],
            };
            Some((area, text.clone()))
        };
        scene.shapes.iter().filter_map(of).collect()
    }

    #[test]
    fn no_name_lies_on_another_or_outside_the_picture() {
        for protocol in PROTOCOLS {
            let n = protocol.classes.len();
            let matrix = Confusion {
                condition: "missing rate 0.5".into(),
                counts: vec![vec![3; n]; n],
            };
            let scene = draw("A title: confusion", protocol.classes, &vec![matrix; 4]);
            let boxes = boxes(&scene);
            for (i, ([left, top, right, bottom], text)) in boxes.iter().enumerate() {
                let inside =
                    *left >= 0.0 && *top >= 0.0 && *right <= scene.width && *bottom <= scene.height;
                assert!(inside, "{text} leaves the picture");
                for ([l, t, r, b], other) in &boxes[..i] {
                    let apart = right <= l || r <= left || bottom <= t || b <= top;
                    assert!(apart, "{}: {text} overlaps {other}", protocol.name);
                }
            }
        }
    }
}
