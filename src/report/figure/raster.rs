//! A drawing as PNG. Shapes are filled by the nonzero rule with coverage from five lines a pixel,
//! in plain arithmetic, so that a picture has the same bytes on every machine.

use std::ops::Range;

use super::glyph;
use super::png;
use super::scene::{Anchor, Colour, Point, Scene, Shape};

/// Pixels of the picture per pixel of the drawing.
const ZOOM: f64 = 2.0;

/// Lines per pixel row at which edges are met.
const LINES: usize = 5;

/// The drawing as the bytes of a PNG file.
pub fn render(scene: &Scene) -> Vec<u8> {
    let (width, height) = (scene.width * ZOOM, scene.height * ZOOM);
    let mut canvas = Canvas::new(width.round() as usize, height.round() as usize);
    for shape in &scene.shapes {
        draw(&mut canvas, shape);
    }
    png::encode(canvas.width, canvas.height, &canvas.pixels)
}

fn draw(canvas: &mut Canvas, shape: &Shape) {
    match shape {
        Shape::Polygon {
            points,
            colour,
            opacity,
        } => canvas.fill(std::slice::from_ref(points), *colour, *opacity),
        Shape::Line {
            points,
            colour,
            width,
            dash,
        } => {
            let pieces = if *dash > 0.0 {
                dashes(points, *dash, 4.0)
            } else {
                vec![points.clone()]
            };
            let outline: Vec<_> = pieces.iter().flat_map(|p| stroke(p, *width)).collect();
            canvas.fill(&outline, *colour, 1.0);
        }
        Shape::Circle {
            centre,
            radius,
            colour,
        } => canvas.fill(&[disc(*centre, *radius)], *colour, 1.0),
        Shape::Text {
            at,
            text,
            size,
            colour,
            anchor,
            upright,
        } => {
            let shift = glyph::width(text)
                * match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                };
            let place = |(x, y): &Point| {
                let (x, y) = ((x - shift) * size, y * size);
                let (x, y) = if *upright { (y, -x) } else { (x, y) };
                (at.0 + x, at.1 + y)
            };
            let outlines = glyph::outlines(text);
            let outlines = outlines.iter().map(|c| c.iter().map(place).collect());
            canvas.fill(&outlines.collect::<Vec<_>>(), *colour, 1.0);
        }
    }
}

/// A circle as a polygon.
fn disc((x, y): Point, radius: f64) -> Vec<Point> {
    let corner = |i: usize| {
        let (sin, cos) = (i as f64 * std::f64::consts::TAU / 16.0).sin_cos();
        (x + radius * cos, y + radius * sin)
    };
    (0..16).map(corner).collect()
}

/// A line of this width as polygons of one orientation: a rectangle a piece, a disc a joint.
fn stroke(points: &[Point], width: f64) -> Vec<Vec<Point>> {
    let half = width / 2.0;
    let mut out = Vec::new();
    for pair in points.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let length = (bx - ax).hypot(by - ay);
        if length > 0.0 {
            let (dx, dy) = ((bx - ax) / length * half, (by - ay) / length * half);
            let side = |x: f64, y: f64, s: f64| (x + s * dy, y - s * dx);
            let corners = [side(ax, ay, 1.0), side(bx, by, 1.0), side(bx, by, -1.0)];
            out.push([&corners[..], &[side(ax, ay, -1.0)]].concat());
        }
    }
    let joints = points.get(1..points.len().saturating_sub(1));
    out.extend(joints.into_iter().flatten().map(|p| disc(*p, half)));
    out
}

/// A line cut into dashes with gaps.
fn dashes(points: &[Point], dash: f64, gap: f64) -> Vec<Vec<Point>> {
    let Some(&first) = points.first() else {
        return Vec::new();
    };
    let (mut out, mut inked, mut left) = (vec![vec![first]], true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                if let (true, Some(piece)) = (inked, out.last_mut()) {
                    piece.push(to);
                }
                break;
            }
            let share = left / length;
            from = (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            );
            match (inked, out.last_mut()) {
                (true, Some(piece)) => piece.push(from),
                _ => out.push(vec![from]),
            }
            inked = !inked;
            left = if inked { dash } else { gap };
        }
    }
    out
}

struct Canvas {
    width: usize,
    height: usize,
    /// Red, green, blue of each pixel, row by row.
    pixels: Vec<u8>,
    /// How much of each pixel of a row is covered, in lines; zero between shapes.
    coverage: Vec<f64>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![255; width * height * 3],
            coverage: vec![0.0; width],
        }
    }

    /// Fills polygons, given in pixels of the drawing, as one area.
    fn fill(&mut self, polygons: &[Vec<Point>], colour: Colour, opacity: f64) {
        let edges = edges(polygons);
        let ends = || edges.iter().flat_map(|e| [e.top, e.bottom]);
        let first = ends().fold(f64::INFINITY, f64::min).floor().max(0.0) as usize;
        let last = ends().fold(0.0, f64::max).ceil().min(self.height as f64) as usize;
        let ink = Ink::new(colour, opacity);
        let mut coverage = std::mem::take(&mut self.coverage);
        let mut crossings = Vec::new();
        let mut sweep = Sweep::new(&edges);
        for row in first..last {
            // Columns that anything reaches: a thin line meets few of them in a row.
            let mut reached = self.width..0;
            let near = sweep.advance(row as f64, row as f64 + 1.0);
            for line in 0..LINES {
                let y = row as f64 + (line as f64 + 0.5) / LINES as f64;
                crossings.clear();
                let edges = near.iter().map(|i| &edges[*i]);
                let met = edges.filter(|e| e.top <= y && y < e.bottom);
                crossings.extend(met.map(|e| (e.at(y), e.turn)));
                crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
                spans(&crossings, &mut coverage);
                if let (Some((left, _)), Some((right, _))) = (crossings.first(), crossings.last()) {
                    reached.start = reached.start.min(*left as usize);
                    reached.end = reached.end.max(right.ceil() as usize).min(self.width);
                }
            }
            if reached.start < reached.end {
                self.blend(row, reached.clone(), &coverage, &ink);
                coverage[reached].fill(0.0);
            }
        }
        self.coverage = coverage;
    }

    fn blend(&mut self, row: usize, columns: Range<usize>, coverage: &[f64], ink: &Ink) {
        let start = row * self.width;
        let row = &mut self.pixels[(start + columns.start) * 3..(start + columns.end) * 3];
        let pixels = row.chunks_exact_mut(3).zip(&coverage[columns]);
        for (pixel, cover) in pixels.filter(|(_, c)| **c > 0.0) {
            let share = (cover / LINES as f64).min(1.0);
            if share < 1.0 {
                ink.mix(pixel, share);
            } else {
                ink.cover(pixel);
            }
        }
    }
}

/// A colour that is laid over others.
struct Ink {
    colour: [u8; 3],
    opacity: f64,
    /// What a value of red, green or blue becomes where all of a pixel is covered; `None` for the
    /// colour itself.
    whole: Option<[[u8; 256]; 3]>,
}

impl Ink {
    fn new(Colour(r, g, b): Colour, opacity: f64) -> Self {
        let colour = [r, g, b];
        let table = |ink: u8| std::array::from_fn(|old| laid_over(old as u8, ink, opacity));
        Self {
            colour,
            opacity,
            whole: (opacity < 1.0).then(|| colour.map(table)),
        }
    }

    fn cover(&self, pixel: &mut [u8]) {
        let Some(whole) = &self.whole else {
            return pixel.copy_from_slice(&self.colour);
        };
        let values = pixel.iter_mut().zip(whole);
        values.for_each(|(value, table)| *value = table[usize::from(*value)]);
    }

    fn mix(&self, pixel: &mut [u8], share: f64) {
        let share = share * self.opacity;
        let values = pixel.iter_mut().zip(self.colour);
        values.for_each(|(value, ink)| *value = laid_over(*value, ink, share));
    }
}

fn laid_over(old: u8, ink: u8, share: f64) -> u8 {
    let old = f64::from(old);
    (old + (f64::from(ink) - old) * share).round() as u8
}

/// Goes down a picture and knows which edges are near: dashed lines have thousands, a row few.
struct Sweep<'a> {
    edges: &'a [Edge],
    /// Edges further down, the next one last.
    below: Vec<usize>,
    /// Edges that have begun, in their own order.
    near: Vec<usize>,
}

impl<'a> Sweep<'a> {
    fn new(edges: &'a [Edge]) -> Self {
        let mut below: Vec<usize> = (0..edges.len()).collect();
        below.sort_by(|a, b| edges[*b].top.total_cmp(&edges[*a].top));
        Self {
            edges,
            below,
            near: Vec::new(),
        }
    }

    /// The edges that reach into the strip between two heights; each strip lies below the last.
    fn advance(&mut self, top: f64, bottom: f64) -> &[usize] {
        self.near.retain(|i| self.edges[*i].bottom > top);
        let begun = |i: &usize| self.edges[*i].top < bottom;
        let first = self.below.partition_point(|i| !begun(i));
        if first < self.below.len() {
            self.near.extend(self.below.drain(first..));
            // Where edges meet, their own order decides the last bit of a pixel.
            self.near.sort_unstable();
        }
        &self.near
    }
}

/// A side of a polygon, in pixels of the picture.
struct Edge {
    top: f64,
    bottom: f64,
    x: f64,
    slope: f64,
    /// 1 downwards, -1 upwards.
    turn: i32,
}

impl Edge {
    fn at(&self, y: f64) -> f64 {
        self.x + (y - self.top) * self.slope
    }
}

fn edges(polygons: &[Vec<Point>]) -> Vec<Edge> {
    let sides = polygons
        .iter()
        .flat_map(|p| p.iter().zip(p.iter().cycle().skip(1)));
    let edge = |(a, b): (&Point, &Point)| {
        let ((ax, ay), (bx, by)) = ((a.0 * ZOOM, a.1 * ZOOM), (b.0 * ZOOM, b.1 * ZOOM));
        let (top, bottom, x, turn) = if ay < by {
            (ay, by, ax, 1)
        } else {
            (by, ay, bx, -1)
        };
        let slope = (bx - ax) / (by - ay);
        (top < bottom).then_some(Edge {
            top,
            bottom,
            x,
            slope,
            turn,
        })
    };
    sides.filter_map(edge).collect()
}

/// Adds one line's covered spans to the row.
fn spans(crossings: &[(f64, i32)], coverage: &mut [f64]) {
    let (mut winding, mut start) = (0, 0.0);
    for (x, turn) in crossings {
        if winding == 0 {
            start = *x;
        }
        winding += turn;
        if winding == 0 {
            cover(start, *x, coverage);
        }
    }
}

/// Adds the share of each pixel between two places of a line.
fn cover(from: f64, to: f64, coverage: &mut [f64]) {
    let (from, to) = (from.max(0.0), to.min(coverage.len() as f64));
    if from >= to {
        return;
    }
    let (first, last) = (from as usize, (to.ceil() as usize).min(coverage.len()));
    // Pixels between the first and the last are covered from edge to edge.
    let inner = first + 1..last.saturating_sub(1).max(first + 1);
    coverage[inner].iter_mut().for_each(|c| *c += 1.0);
    let mut edge = |pixel: usize| {
        let left = from.max(pixel as f64);
        let right = to.min(pixel as f64 + 1.0);
        coverage[pixel] += right - left;
    };
    edge(first);
    if last > first + 1 {
        edge(last - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Colour = Colour(0, 0, 0);

    #[test]
    fn overlaps_are_filled_once_and_edges_are_shared() {
        let mut canvas = Canvas::new(4, 2);
        let square = |x: f64| vec![(x, 0.0), (x + 1.0, 0.0), (x + 1.0, 1.0), (x, 1.0)];
        canvas.fill(&[square(0.0), square(0.25)], INK, 0.5);
        let row: Vec<u8> = canvas
            .pixels
            .chunks_exact(3)
            .take(4)
            .map(|p| p[0])
            .collect();
        assert_eq!(row, [128, 128, 191, 255]);
    }

    #[test]
    fn dashes_leave_gaps() {
        let pieces = dashes(&[(0.0, 0.0), (6.0, 0.0), (6.0, 6.0)], 4.0, 4.0);
        assert_eq!(pieces[0], [(0.0, 0.0), (4.0, 0.0)]);
        assert_eq!(pieces[1], [(6.0, 2.0), (6.0, 6.0)]);
    }

    #[test]
    fn a_hole_stays_open() {
        let mut canvas = Canvas::new(20, 20);
        canvas.fill(&[disc((5.0, 5.0), 4.0)], INK, 1.0);
        assert_eq!(canvas.pixels[(10 * 20 + 10) * 3], 0);
        let mut scene = Scene::new(20.0, 20.0, "");
        scene.text((10.0, 10.0), "O", 20.0, INK, Anchor::Middle);
        let mut letter = Canvas::new(40, 40);
        scene.shapes.iter().for_each(|s| draw(&mut letter, s));
        assert_eq!(letter.pixels[(20 * 40 + 20) * 3], 255);
        assert!(letter.pixels.iter().any(|p| *p < 40));
    }
}
