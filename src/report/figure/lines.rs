//! Draws curves over a common axis with bands around them and labels at their right ends.

use super::axes::{Axes, FONT};
use super::dodge::dodge;
use super::font;
use super::scene::{Anchor, BLACK, Point, Scene};
use super::style::Style;

const WIDTH: f64 = 760.0;

/// Distance between names.
const GAP: f64 = 18.0;

/// Names longer than this are cut; the table above the figure has them in full.
const NAME: usize = 34;

/// A place on a line with the band around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub y: f64,
    pub low: f64,
    pub high: f64,
}

impl Mark {
    /// The mean of values within their extremes; of at least one.
    pub fn over(x: f64, values: &[f64]) -> Self {
        Self {
            x,
            y: values.iter().sum::<f64>() / values.len() as f64,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

impl Mark {
    /// Without a band.
    pub fn line(self) -> Self {
        Self {
            low: self.y,
            high: self.y,
            ..self
        }
    }
}

/// A line, with gaps between its segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub label: String,
    pub style: Style,
    pub segments: Vec<Vec<Mark>>,
}

impl Curve {
    /// The points of all segments.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.segments.iter().flatten()
    }
}

/// The words around curves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'a> {
    pub title: &'a str,
    /// Label of the axis across.
    pub across: &'a str,
    /// Label of the axis up.
    pub up: &'a str,
    /// Names of the places 0, 1, ... across; empty where they are numbers.
    pub names: &'a [String],
}

/// Draws lines over numbers.
pub fn draw(title: &str, across: &str, up: &str, lines: &[Curve]) -> Scene {
    let words = Words {
        title,
        across,
        up,
        names: &[],
    };
    draw_with(&words, lines)
}

/// Draws lines; the last come first, so that they never hide earlier ones.
pub fn draw_with(words: &Words<'_>, lines: &[Curve]) -> Scene {
    let (up, lines) = (&range(lines), &within(lines, range(lines)));
    let named = || lines.iter().filter(|line| !line.style.is_faint());
    let names = named().map(name).chain(others(lines));
    let room = 74.0
        + names
            .map(|name| font::width(&name) * FONT)
            .fold(0.0, f64::max);
    let height = 420f64.max(90.0 + GAP * (named().count() + 1) as f64);
    let axes = Axes {
        frame: [84.0, 48.0, WIDTH - room, height - 56.0],
        across: extent(lines.iter().flat_map(Curve::marks).map(|m| m.x)),
        integers: lines
            .iter()
            .flat_map(Curve::marks)
            .all(|m| m.x.fract() == 0.0),
        up: *up,
        names: words.names.to_vec(),
    };
    let mut scene = Scene::new(WIDTH, height, words.title);
    axes.draw(&mut scene, words.across, words.up);
    // Faint lines lie below all others.
    let faint = |faint| move |(_, line): &(usize, &Curve)| line.style.is_faint() == faint;
    let order = lines.iter().enumerate().rev();
    for (index, line) in order
        .clone()
        .filter(faint(true))
        .chain(order.filter(faint(false)))
    {
        scene.group(index, |scene| trace(scene, &axes, line));
    }
    label(&mut scene, &axes, lines);
    scene
}

/// Lowest and highest number to show: all, or where faint lines are far from the others, half as much again as
/// those take.
pub fn range(lines: &[Curve]) -> [f64; 2] {
    let all = bounds(lines);
    let named = lines.iter().filter(|line| !line.style.is_faint());
    let named: Vec<Curve> = named.cloned().collect();
    if named.is_empty() {
        return all;
    }
    let [low, high] = bounds(&named);
    let more = (high - low) / 2.0;
    [all[0].max(low - more), all[1].min(high + more)]
}

/// A sentence for captions where [`within`] cuts faint lines.
pub fn cut(lines: &[Curve]) -> &'static str {
    if range(lines) == bounds(lines) {
        ""
    } else {
        "Gray lines end at the frame."
    }
}

/// The lines with gaps in faint ones where they leave a range.
pub fn within(lines: &[Curve], [low, high]: [f64; 2]) -> Vec<Curve> {
    let cut = |line: &Curve| {
        let inside = |mark: &Mark| low <= mark.y && mark.y <= high;
        let segments = line.segments.iter();
        let parts = segments.flat_map(|segment| segment.chunk_by(|a, b| inside(a) == inside(b)));
        let parts = parts.filter(|part| inside(&part[0])).map(<[Mark]>::to_vec);
        Curve {
            segments: parts.collect(),
            ..line.clone()
        }
    };
    let each = lines.iter().map(|line| {
        if line.style.is_faint() {
            cut(line)
        } else {
            line.clone()
        }
    });
    each.collect()
}

/// The least and the greatest number.
pub fn extent(values: impl Iterator<Item = f64>) -> [f64; 2] {
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| {
        [low.min(v), high.max(v)]
    })
}

/// A curve with its band.
pub fn trace(scene: &mut Scene, axes: &Axes, line: &Curve) {
    for segment in &line.segments {
        band(scene, axes, line, segment);
        let points: Vec<Point> = segment.iter().map(|m| axes.at(m.x, m.y)).collect();
        line.style.draw(scene, &points);
    }
}

/// The entry for all faint lines.
fn others(lines: &[Curve]) -> Option<String> {
    let faint = || lines.iter().filter(|line| line.style.is_faint());
    let text = match faint().count() {
        0 => return None,
        1 => "1 other model".to_string(),
        n => format!("{n} other models"),
    };
    Some(
        match faint().filter(|line| line.segments.is_empty()).count() {
            0 => text,
            hidden => format!("{text}, {hidden} outside"),
        },
    )
}

/// Along the upper edge of the band and back along the lower.
fn band(scene: &mut Scene, axes: &Axes, line: &Curve, segment: &[Mark]) {
    if segment.iter().all(|m| m.low == m.high) {
        return;
    }
    let upper = segment.iter().map(|m| axes.at(m.x, m.high));
    let lower = segment.iter().rev().map(|m| axes.at(m.x, m.low));
    scene.polygon(upper.chain(lower).collect(), line.style.color, 0.14);
}

/// Lowest and highest number to show, with a margin.
pub fn bounds(lines: &[Curve]) -> [f64; 2] {
    let marks = || lines.iter().flat_map(Curve::marks);
    let low = marks()
        .map(|m| m.low.min(m.y))
        .fold(f64::INFINITY, f64::min);
    let high = marks()
        .map(|m| m.high.max(m.y))
        .fold(f64::NEG_INFINITY, f64::max);
    // A flat line needs some height around it.
    let margin = ((high - low) * 0.06).max(high.abs() * 0.005).max(1e-3);
    [low - margin, high + margin]
}

/// The names right of the plot, each tied to the end of its line; faint lines share one at the bottom.
fn label(scene: &mut Scene, axes: &Axes, lines: &[Curve]) {
    let [_, top, right, bottom] = axes.frame;
    let end = |line: &Curve| line.marks().last().map(|m| axes.at(m.x, m.y));
    let named = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.style.is_faint());
    let mut ends: Vec<_> = named
        .filter_map(|(i, line)| Some((end(line)?, i)))
        .collect();
    ends.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let wanted: Vec<f64> = ends.iter().map(|(at, _)| at.1).collect();
    let others = others(lines);
    let lowest = if others.is_some() {
        bottom - GAP
    } else {
        bottom
    };
    let edge = right + 6.0;
    for ((at, index), y) in ends.into_iter().zip(dodge(&wanted, GAP, top, lowest)) {
        let line = &lines[index];
        let pale = line.style.color.tint(0.45);
        scene.group(index, |scene| {
            // A line that ends early is led to the edge by dots, lest it seem to go on.
            if at.0 + 12.0 < edge {
                scene.line(vec![(at.0 + 6.0, at.1), (edge, at.1)], pale, 1.0, 2.0);
            }
            scene.line(vec![(edge, at.1), (edge + 14.0, y)], pale, 1.0, 0.0);
            sample(scene, line.style, (edge, y), &name(line));
        });
    }
    if let Some(text) = others {
        sample(scene, Style::faint(), (edge, bottom), &text);
    }
}

/// A piece of line with its name.
fn sample(scene: &mut Scene, style: Style, (edge, y): Point, text: &str) {
    style.draw(
        scene,
        &[(edge + 17.0, y), (edge + 34.0, y), (edge + 52.0, y)],
    );
    // Light colors are fit for lines, not for letters.
    scene.text((edge + 60.0, y), text, FONT, BLACK, Anchor::Start);
}

fn name(line: &Curve) -> String {
    if line.label.chars().count() > NAME {
        line.label.chars().take(NAME - 1).chain(['…']).collect()
    } else {
        line.label.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(style: Style, ys: &[f64]) -> Curve {
        let marks = ys.iter().enumerate();
        Curve {
            label: "m".into(),
            style,
            segments: vec![marks.map(|(x, y)| Mark::over(x as f64, &[*y])).collect()],
        }
    }

    #[test]
    fn a_faint_line_far_away_does_not_flatten_the_others() {
        let lines = [
            curve(Style::of(0, false), &[1.0, 2.0]),
            curve(Style::faint(), &[1.5, 90.0, 1.2]),
            curve(Style::faint(), &[80.0, 90.0]),
        ];
        let [low, high] = range(&lines);
        assert!(low < 1.0 && 2.0 < high && high < 3.0, "{low} {high}");
        let shown = within(&lines, [low, high]);
        let parts: Vec<Vec<usize>> = shown
            .iter()
            .map(|line| line.segments.iter().map(Vec::len).collect())
            .collect();
        assert_eq!(parts, [vec![2], vec![1, 1], vec![]]);
        assert_eq!(others(&shown).unwrap(), "2 other models, 1 outside");
        assert_eq!(range(&lines[..1]), bounds(&lines[..1]));
    }
}
