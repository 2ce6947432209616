//! How a row's line looks in every figure of its section.

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use crate::report::figure::curves::Curve;

/// The backend counts in whole pixels; it draws this much larger to place points exactly.
pub(super) const ZOOM: u32 = 8;

/// Okabe and Ito's palette for colour-blind readers, less yellow, which is too pale for lines.
const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// The floor, and what else should step back.
pub(super) const GREY: RGBColor = RGBColor(120, 120, 120);

pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub(super) type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Pixels of the drawing.
pub(super) fn px(n: u32) -> i32 {
    (n * ZOOM) as i32
}

/// Colour, length of dashes (0 for a solid line), and whether points are marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    dash: u32,
    dots: bool,
}

impl Stroke {
    /// Colours in the order of the rows; when they are used up, again with dashes.
    pub fn of(curve: &Curve) -> Self {
        let round = (curve.place / PALETTE.len()).min(2);
        let (colour, dash) = match curve.floor {
            true => (GREY, 5),
            false => (PALETTE[curve.place % PALETTE.len()], [0, 9, 3][round]),
        };
        Self {
            colour,
            dash,
            dots: !curve.floor,
        }
    }

    /// A line through points of the canvas.
    pub fn line(&self, canvas: &Canvas<'_>, points: Vec<(i32, i32)>) -> Drawn {
        let style = self.colour.stroke_width(2 * ZOOM);
        match self.dash {
            0 => canvas.draw(&PathElement::new(points, style)),
            n => canvas.draw(&DashedPathElement::new(points, px(n), px(4), style)),
        }
    }

    /// The marks at points of the canvas.
    pub fn marks(&self, canvas: &Canvas<'_>, points: Vec<(i32, i32)>) -> Drawn {
        for point in points.into_iter().filter(|_| self.dots) {
            canvas.draw(&Circle::new(point, px(3), self.colour.filled()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stroke(place: usize, floor: bool) -> Stroke {
        Stroke::of(&Curve {
            label: String::new(),
            place,
            floor,
            segments: Vec::new(),
        })
    }

    #[test]
    fn twenty_rows_and_the_floor_look_different() {
        let mut all: Vec<_> = (0..20).map(|i| stroke(i, false)).collect();
        all.push(stroke(20, true));
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "row {i} looks like an earlier one");
        }
    }
}
