//! The style of a row in every figure of its section.

use super::scene::{Color, GRAY, PALETTE, Point, Scene};

/// Color, length of dashes (0 for a solid line), and whether points are marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub color: Color,
    pub dash: f64,
    dots: bool,
}

impl Style {
    /// Colors in the order of the rows; when they are used up, again with dashes.
    pub fn of(index: usize, baseline: bool) -> Self {
        let round = (index / PALETTE.len()).min(2);
        let (color, dash) = if baseline {
            (GRAY, 5.0)
        } else {
            (PALETTE[index % PALETTE.len()], [0.0, 9.0, 3.0][round])
        };
        let dots = !baseline;
        Self { color, dash, dots }
    }

    /// The color of a index, with gaps in the line and no marks: for what would hide another.
    pub fn dashed(index: usize) -> Self {
        Self {
            dash: 9.0,
            dots: false,
            ..Self::of(index, false)
        }
    }

    /// A line through points, with its marks.
    pub fn draw(&self, scene: &mut Scene, points: &[Point]) {
        scene.line(points.to_vec(), self.color, 2.0, self.dash);
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
