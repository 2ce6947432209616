//! A scene: the list of shapes that [`super::svg`] writes.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

pub const BLACK: Color = Color(26, 26, 26);
pub const GRAY: Color = Color(120, 120, 120);
pub const PALE: Color = Color(228, 228, 228);
pub const WHITE: Color = Color(255, 255, 255);

/// Okabe and Ito's palette for color-blind readers, less yellow, which is too pale for lines.
pub const PALETTE: [Color; 7] = [
    Color(0, 114, 178),
    Color(213, 94, 0),
    Color(0, 158, 115),
    Color(204, 121, 167),
    Color(230, 159, 0),
    Color(86, 180, 233),
    Color(0, 0, 0),
];

impl Color {
    /// White at 0, this color at 1.
    pub fn tint(self, share: f64) -> Self {
        let mix = |c: u8| (255.0 + (f64::from(c) - 255.0) * share.clamp(0.0, 1.0)).round() as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}

/// Pixels from the left and from the top.
pub type Point = (f64, f64);

/// The part of a text that is at its position.
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
        color: Color,
        opacity: f64,
    },
    Line {
        points: Vec<Point>,
        color: Color,
        width: f64,
        /// Length of dashes, 0 for a solid line.
        dash: f64,
    },
    Circle {
        center: Point,
        radius: f64,
        color: Color,
    },
    Text {
        at: Point,
        text: String,
        size: f64,
        color: Color,
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

/// Place of the title.
const TITLE: Point = (14.0, 22.0);

/// Height that the title takes.
const ROOM: f64 = 26.0;

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
        scene.text(TITLE, &title, 15.0, BLACK, Anchor::Start);
        scene
    }

    /// The same without the title in its corner and the room above.
    pub fn untitled(mut self) -> Self {
        if let Some(Shape::Text { at, text, .. }) = self.shapes.first_mut()
            && *at == TITLE
        {
            text.clear();
        }
        self.height -= ROOM;
        let up = |(x, y): Point| (x, y - ROOM);
        for shape in &mut self.shapes {
            match shape {
                Shape::Polygon { points, .. } | Shape::Line { points, .. } => {
                    points.iter_mut().for_each(|point| *point = up(*point));
                }
                Shape::Circle { center: at, .. } | Shape::Text { at, .. } => *at = up(*at),
            }
        }
        self
    }

    pub fn line(&mut self, points: Vec<Point>, color: Color, width: f64, dash: f64) {
        self.shapes.push(Shape::Line {
            points,
            color,
            width,
            dash,
        });
    }

    pub fn polygon(&mut self, points: Vec<Point>, color: Color, opacity: f64) {
        self.shapes.push(Shape::Polygon {
            points,
            color,
            opacity,
        });
    }

    /// A filled rectangle by its upper left corner.
    pub fn rectangle(&mut self, at: Point, width: f64, height: f64, color: Color) {
        let (x, y) = at;
        let corners = vec![at, (x + width, y), (x + width, y + height), (x, y + height)];
        self.polygon(corners, color, 1.0);
    }

    pub fn circle(&mut self, center: Point, radius: f64, color: Color) {
        self.shapes.push(Shape::Circle {
            center,
            radius,
            color,
        });
    }

    /// A text, centerd vertically on its position.
    pub fn text(&mut self, at: Point, text: &str, size: f64, color: Color, anchor: Anchor) {
        self.shapes.push(Shape::Text {
            at,
            text: text.to_string(),
            size,
            color,
            anchor,
            upright: false,
        });
    }

    /// A text that reads upwards, centerd on its position.
    pub fn upright(&mut self, at: Point, text: &str, size: f64) {
        self.shapes.push(Shape::Text {
            at,
            text: text.to_string(),
            size,
            color: BLACK,
            anchor: Anchor::Middle,
            upright: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untitled_scene_is_lower_by_the_room_of_its_title() {
        let mut scene = Scene::new(100.0, 80.0, "title");
        scene.circle((50.0, 40.0), 3.0, BLACK);
        let untitled = scene.clone().untitled();
        assert_eq!(untitled.height, 80.0 - ROOM);
        assert_eq!(untitled.shapes.len(), scene.shapes.len());
        let center = match &untitled.shapes[1] {
            Shape::Circle { center, .. } => *center,
            other => panic!("{other:?}"),
        };
        assert_eq!(center, (50.0, 40.0 - ROOM));
        let texts = untitled
            .shapes
            .iter()
            .filter(|s| matches!(s, Shape::Text { text, .. } if !text.is_empty()));
        assert_eq!(texts.count(), 0);
    }
}
