//! Draws small panels with one pair of axes: a curve each, before others in gray.

use super::axes::{Axes, ticks};
use super::font;
use super::lines::{self, Curve, Mark, Words};
use super::scene::{Anchor, BLACK, GRAY, PALE, Scene};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 76.0;
const TOP: f64 = 62.0;

/// From one panel to the next.
const ASIDE: f64 = 16.0;
const BETWEEN: f64 = 30.0;

/// Heights of the panels of one, two and more rows.
const HEIGHTS: [f64; 3] = [220.0, 150.0, 104.0];
const BOTTOM: f64 = 46.0;
const FONT: f64 = 11.0;

/// A curve with what is behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Position of its series.
    pub series: usize,
    pub behind: Vec<Curve>,
    pub line: Curve,
}

/// Draws panels in rows of up to four.
pub fn draw(words: &Words<'_>, panels: &[Panel]) -> Scene {
    let curves = panels.iter().flat_map(|p| p.behind.iter().chain([&p.line]));
    let curves: Vec<Curve> = curves.cloned().collect();
    draw_within(words, panels, lines::bounds(&curves))
}

/// The same with these numbers at the lower and upper ends; bands are cut there.
pub fn draw_within(words: &Words<'_>, panels: &[Panel], up: [f64; 2]) -> Scene {
    let across = panels.len().clamp(1, 4);
    let down = panels.len().div_ceil(across);
    let width = (WIDTH - LEFT - 16.0 + ASIDE) / across as f64 - ASIDE;
    let tall = HEIGHTS[(down.max(1) - 1).min(2)];
    let height = TOP + (tall + BETWEEN) * down as f64 - BETWEEN + BOTTOM;
    let marks = panels.iter().flat_map(|panel| panel.line.marks());
    let range = lines::extent(marks.map(|m| m.x));
    let mut scene = Scene::new(WIDTH, height, words.title);
    for (i, panel) in panels.iter().enumerate() {
        let (column, row) = (i % across, i / across);
        let left = LEFT + (width + ASIDE) * column as f64;
        let top = TOP + (tall + BETWEEN) * row as f64;
        let axes = Axes {
            frame: [left, top, left + width, top + tall],
            across: range,
            integers: false,
            up,
            names: words.names.to_vec(),
        };
        frame(&mut scene, &axes, column == 0, i + across >= panels.len());
        for line in &panel.behind {
            lines::trace(&mut scene, &axes, line);
        }
        scene.group(panel.series, |scene| {
            let line = cut(&panel.line, up);
            lines::trace(scene, &axes, &line);
            if line.segments.is_empty() {
                outside(scene, &axes, &panel.line);
            }
            let name = shorten(&panel.line.label, width);
            scene.text(
                (left, top - 9.0),
                &name,
                FONT,
                panel.line.style.color,
                Anchor::Start,
            );
        });
    }
    let middle = (LEFT + WIDTH - 16.0) / 2.0;
    scene.text(
        (middle, height - 12.0),
        words.across,
        13.0,
        BLACK,
        Anchor::Middle,
    );
    scene.upright((18.0, (TOP + height - BOTTOM) / 2.0), words.up, 13.0);
    scene
}

/// Grid and ticks; numbers only at the left and at the bottom of all panels.
fn frame(scene: &mut Scene, axes: &Axes, first: bool, last: bool) {
    let [left, top, right, bottom] = axes.frame;
    for (value, text) in ticks(axes.up, ((bottom - top) / 35.0) as usize) {
        let y = axes.at(axes.across[0], value).1;
        scene.line(vec![(left, y), (right, y)], PALE, 1.0, 0.0);
        if first {
            scene.text((left - 6.0, y), &text, FONT, BLACK, Anchor::End);
        }
    }
    scene.line(
        vec![(left, top), (left, bottom), (right, bottom)],
        GRAY,
        1.0,
        0.0,
    );
    let across = if axes.names.is_empty() {
        ticks(axes.across, 3)
    } else {
        let names = axes.names.iter().enumerate();
        names.map(|(i, name)| (i as f64, name.clone())).collect()
    };
    for (value, text) in across {
        let x = axes.at(value, axes.up[0]).0;
        scene.line(vec![(x, bottom), (x, bottom + 3.0)], GRAY, 1.0, 0.0);
        if last {
            // Numbers at the ends stay inside: those of the next panel are close.
            let anchor = match () {
                () if !axes.names.is_empty() => Anchor::Middle,
                () if x < left + 8.0 => Anchor::Start,
                () if x > right - 8.0 => Anchor::End,
                () => Anchor::Middle,
            };
            scene.text((x, bottom + 12.0), &text, FONT, BLACK, anchor);
        }
    }
}

/// A curve whose band ends at the frame, with gaps where it leaves the frame itself.
fn cut(line: &Curve, [low, high]: [f64; 2]) -> Curve {
    let inside = |mark: &Mark| low <= mark.y && mark.y <= high;
    let cut = |mark: &Mark| Mark {
        low: mark.low.clamp(low, high),
        high: mark.high.clamp(low, high),
        ..*mark
    };
    let segments = line.segments.iter();
    let parts = segments.flat_map(|marks| marks.chunk_by(|a, b| inside(a) == inside(b)));
    let parts = parts.filter(|part| inside(&part[0]));
    Curve {
        segments: parts.map(|part| part.iter().map(cut).collect()).collect(),
        ..line.clone()
    }
}

/// Where a curve outside the frame is.
fn outside(scene: &mut Scene, axes: &Axes, line: &Curve) {
    let [left, top, right, bottom] = axes.frame;
    let [low, high] = lines::extent(line.marks().map(|mark| mark.y));
    let text = format!("{low:.2} to {high:.2}");
    let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
    scene.text(middle, &text, FONT, BLACK, Anchor::Middle);
}

/// A name that fits into a width.
fn shorten(name: &str, width: f64) -> String {
    if font::width(name) * FONT <= width {
        return name.to_string();
    }
    let mut text = String::new();
    for letter in name.chars() {
        if font::width(&format!("{text}{letter}…")) * FONT > width {
            break;
        }
        text.push(letter);
    }
    text + "…"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::scene::{Point, Shape};
    use crate::report::figure::style::Style;

    #[test]
    fn long_names_end_in_dots_and_fit() {
        assert_eq!(shorten("LNLN", 100.0), "LNLN");
        let short = shorten("LNLN (encoder features, epochs 1)", 100.0);
        assert!(
            short.ends_with('…') && font::width(&short) * FONT <= 100.0,
            "{short}"
        );
    }

    #[test]
    fn bands_end_at_the_frame_and_lines_do_not_move() {
        let mark = Mark {
            x: 0.0,
            y: 0.5,
            low: -30.0,
            high: 30.0,
        };
        let line = Curve {
            label: "a".into(),
            style: Style::of(0, false),
            segments: vec![vec![mark]],
        };
        let cut = cut(&line, [-1.0, 1.0]).segments[0][0];
        assert_eq!([cut.low, cut.y, cut.high], [-1.0, 0.5, 1.0]);
        assert!(super::cut(&line, [0.6, 1.0]).segments.is_empty());
    }

    #[test]
    fn every_row_of_panels_has_room() {
        let line = |label: &str| Curve {
            label: label.into(),
            style: Style::of(0, false),
            segments: vec![vec![Mark::over(0.0, &[1.0]), Mark::over(1.0, &[2.0])]],
        };
        let panel = |series: usize| Panel {
            series,
            behind: Vec::new(),
            line: line(&format!("m{series}")),
        };
        let panels: Vec<Panel> = (0..9).map(panel).collect();
        let scene = draw(&Words::default(), &panels);
        let points: Vec<Point> = scene
            .shapes
            .iter()
            .flat_map(|shape| match shape {
                Shape::Text { at, .. } => vec![*at],
                Shape::Line { points, .. } => points.clone(),
                _ => Vec::new(),
            })
            .collect();
        assert!(
            points
                .iter()
                .all(|(x, y)| *x <= scene.width && *y <= scene.height)
        );
        assert_eq!(scene.groups.len(), 9);
    }
}
