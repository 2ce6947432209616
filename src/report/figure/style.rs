//! The style of a row in every figure of its section.

use super::scene::{Color, GRAY, PALETTE, Point, Scene};

/// Color, length of dashes (0 for a solid line), width, and whether points are marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub color: Color,
    pub dash: f64,
    pub width: f64,
    pub dots: bool,
}

/// The color of rows behind those in color.
const FAINT: Color = Color(200, 200, 200);

impl Style {
    /// Colors in the order of the rows; when they are used up, again with dashes.
    pub fn of(index: usize, baseline: bool) -> Self {
        let round = (index / PALETTE.len()).min(2);
        let (color, dash) = if baseline {
            (GRAY, 5.0)
        } else {
            (PALETTE[index % PALETTE.len()], [0.0, 9.0, 3.0][round])
        };
        Self {
            color,
            dash,
            width: 2.0,
            dots: !baseline,
        }
    }

    /// The color of a index, with gaps in the line and no marks: for what would hide another.
    pub fn dashed(index: usize) -> Self {
        Self {
            dash: 9.0,
            dots: false,
            ..Self::of(index, false)
        }
    }

    /// Thin and gray: one of many rows behind others.
    pub fn faint() -> Self {
        Self {
            color: FAINT,
            dash: 0.0,
            width: 1.0,
            dots: false,
        }
    }

    /// Whether it is [`Style::faint`].
    pub fn is_faint(&self) -> bool {
        *self == Self::faint()
    }

    /// A line through points, with its marks.
    pub fn draw(&self, scene: &mut Scene, points: &[Point]) {
        scene.line(points.to_vec(), self.color, self.width, self.dash);
        for point in points.iter().filter(|_| self.dots) {
            scene.circle(*point, 3.0, self.color);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_rows_and_the_baseline_look_different() {
        let mut all: Vec<_> = (0..20).map(|i| Style::of(i, false)).collect();
        all.push(Style::of(20, true));
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "row {i} looks like an earlier one");
        }
    }
}
