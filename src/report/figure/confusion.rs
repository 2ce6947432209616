//! Confusion matrices of a row at several levels of missing data, side by side.

use super::glyph;
use super::scene::{Anchor, BLACK, GREY, PALETTE, Scene, WHITE};

const CELL: f64 = 26.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 66.0;

/// How often each true class was predicted as each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Level of missing data, for the heading.
    pub level: String,
    /// Rows are true classes, columns predicted ones; of one size.
    pub counts: Vec<Vec<u64>>,
}

/// Draws matrices whose shade is the share of the true class; numbers are percent of it.
pub fn draw(title: &str, classes: &[&str], matrices: &[Confusion]) -> Scene {
    let side = CELL * classes.len() as f64;
    let step = side + 30.0;
    let widest = glyph::width(title) * 15.0 + 28.0;
    let width = (LEFT + step * matrices.len() as f64).max(widest);
    let mut scene = Scene::new(width, TOP + side + 58.0, title);
    scene.upright((18.0, TOP + side / 2.0), "true class", 12.0);
    for (i, class) in classes.iter().enumerate() {
        let y = TOP + CELL * (i as f64 + 0.5);
        scene.text((LEFT - 6.0, y), class, 11.0, BLACK, Anchor::End);
    }
    for (i, matrix) in matrices.iter().enumerate() {
        let left = LEFT + step * i as f64;
        scene.text(
            (left, TOP - 16.0),
            &matrix.level,
            12.0,
            BLACK,
            Anchor::Start,
        );
        body(&mut scene, left, matrix);
        for (i, class) in classes.iter().enumerate() {
            let at = (left + CELL * (i as f64 + 0.5), TOP + side + 12.0);
            scene.text(at, class, 11.0, BLACK, Anchor::Middle);
        }
        let at = (left + side / 2.0, TOP + side + 32.0);
        scene.text(
            at,
            "predicted class (% of true class)",
            11.0,
            GREY,
            Anchor::Middle,
        );
    }
    scene
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
                let ink = if share > 0.5 { WHITE } else { BLACK };
                let middle = (at.0 + CELL / 2.0 - 0.5, at.1 + CELL / 2.0 - 0.5);
                let text = format!("{:.0}", 100.0 * share);
                scene.text(middle, &text, 10.0, ink, Anchor::Middle);
            }
        }
    }
}
