//! A drawing as a list of shapes, which [`super::svg`] and [`super::raster`] turn into files.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

pub const BLACK: Colour = Colour(26, 26, 26);
pub const GREY: Colour = Colour(120, 120, 120);
pub const PALE: Colour = Colour(228, 228, 228);
pub const WHITE: Colour = Colour(255, 255, 255);

/// Okabe and Ito's palette for colour-blind readers, less yellow, which is too pale for lines.
pub const PALETTE: [Colour; 7] = [
    Colour(0, 114, 178),
    Colour(213, 94, 0),
    Colour(0, 158, 115),
    Colour(204, 121, 167),
    Colour(230, 159, 0),
    Colour(86, 180, 233),
    Colour(0, 0, 0),
];

impl Colour {
    /// White at 0, this colour at 1.
    pub fn tint(self, share: f64) -> Self {
        let mix = |c: u8| (255.0 + (f64::from(c) - 255.0) * share.clamp(0.0, 1.0)).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}

/// Pixels from the left and from the top.
pub type Point = (f64, f64);

/// Where a text's position lies along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A filled area, a line, or a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Polygon {
        points: Vec<Point>,
        colour: Colour,
        opacity: f64,
    },
    Line {
        points: Vec<Point>,
        colour: Colour,
        width: f64,
        /// Length of dashes, 0 for a solid line.
        dash: f64,
    },
    Circle {
        centre: Point,
        radius: f64,
        colour: Colour,
    },
    Text {
        at: Point,
        text: String,
        size: f64,
        colour: Colour,
        anchor: Anchor,
        /// Reads upwards.
        upright: bool,
    },
}

/// A drawing of this size in pixels on white, named for those who cannot see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    pub title: String,
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// An empty drawing with its title in the upper left corner.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let (title, shapes) = (title.to_string(), Vec::new());
        let mut scene = Self {
            width,
            height,
            title: title.clone(),
            shapes,
        };
        scene.text((14.0, 22.0), &title, 15.0, BLACK, Anchor::Start);
        scene
    }

    pub fn line(&mut self, points: Vec<Point>, colour: Colour, width: f64, dash: f64) {
        self.shapes.push(Shape::Line {
            points,
            colour,
            width,
            dash,
        });
    }

    pub fn polygon(&mut self, points: Vec<Point>, colour: Colour, opacity: f64) {
        self.shapes.push(Shape::Polygon {
            points,
            colour,
            opacity,
        });
    }

    /// A filled rectangle by its upper left corner.
    pub fn rectangle(&mut self, at: Point, width: f64, height: f64, colour: Colour) {
        let (x, y) = at;
        let corners = vec![at, (x + width, y), (x + width, y + height), (x, y + height)];
        self.polygon(corners, colour, 1.0);
    }

    pub fn circle(&mut self, centre: Point, radius: f64, colour: Colour) {
        self.shapes.push(Shape::Circle {
            centre,
            radius,
            colour,
        });
    }

    /// A text, centred vertically on its position.
    pub fn text(&mut self, at: Point, text: &str, size: f64, colour: Colour, anchor: Anchor) {
        self.shapes.push(Shape::Text {
            at,
            text: text.to_string(),
            size,
            colour,
            anchor,
            upright: false,
        });
    }

    /// A text that reads upwards, centred on its position.
    pub fn upright(&mut self, at: Point, text: &str, size: f64) {
        self.shapes.push(Shape::Text {
            at,
            text: text.to_string(),
            size,
            colour: BLACK,
            anchor: Anchor::Middle,
            upright: true,
        });
    }
}
