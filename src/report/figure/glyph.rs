//! Letters as outlines, so that pictures need no font of the system.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::scene::Point;

/// DejaVu Sans; font/make.py wrote it, font/LICENSE applies.
const GLYPHS: &str = include_str!("font/glyphs.txt");

/// Units of the outlines in one font size.
const UNITS: f64 = 2048.0;

/// Height of a capital above the baseline, in font sizes: half of it centres a text.
const CAPITAL: f64 = 0.729;

struct Glyph {
    advance: f64,
    /// Closed contours, y upwards.
    contours: Vec<Vec<Point>>,
}

static FONT: LazyLock<BTreeMap<char, Glyph>> =
    LazyLock::new(|| GLYPHS.lines().filter_map(glyph).collect());

fn glyph(line: &str) -> Option<(char, Glyph)> {
    let mut words = line.split(' ');
    let character = char::from_u32(u32::from_str_radix(words.next()?, 16).ok()?)?;
    let advance = words.next()?.parse::<f64>().ok()? / UNITS;
    let mut contours: Vec<Vec<Point>> = Vec::new();
    while let Some(verb) = words.next() {
        let mut number = || Some(words.next()?.parse::<f64>().ok()? / UNITS);
        match verb {
            "M" => contours.push(vec![(number()?, number()?)]),
            "L" => contours.last_mut()?.push((number()?, number()?)),
            "Q" => {
                let (control, end) = ((number()?, number()?), (number()?, number()?));
                curve(contours.last_mut()?, control, end);
            }
            _ => {}
        }
    }
    Some((character, Glyph { advance, contours }))
}

/// Appends a quadratic curve as four lines: enough for letters of pictures.
fn curve(contour: &mut Vec<Point>, control: Point, end: Point) {
    let Some(&start) = contour.last() else {
        return;
    };
    for step in 1..=4 {
        let t = f64::from(step) / 4.0;
        let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
        let along = |s: f64, m: f64, e: f64| a * s + b * m + c * e;
        contour.push((
            along(start.0, control.0, end.0),
            along(start.1, control.1, end.1),
        ));
    }
}

fn find(character: char) -> Option<&'static Glyph> {
    FONT.get(&character).or_else(|| FONT.get(&'?'))
}

/// Width of a text in font sizes.
pub fn width(text: &str) -> f64 {
    text.chars().filter_map(find).map(|g| g.advance).sum()
}

/// Contours of a text in font sizes, y downwards, starting at x = 0 and centred on y = 0.
pub fn outlines(text: &str) -> Vec<Vec<Point>> {
    let (mut out, mut x) = (Vec::new(), 0.0);
    for glyph in text.chars().filter_map(find) {
        for contour in &glyph.contours {
            let place = |(px, py): &Point| (x + px, CAPITAL / 2.0 - py);
            out.push(contour.iter().map(place).collect());
        }
        x += glyph.advance;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_glyph_and_strange_letters_are_question_marks() {
        assert_eq!(FONT.len(), GLYPHS.lines().count());
        assert!(FONT.contains_key(&'±') && FONT[&'A'].contours.len() == 2);
        assert_eq!(width("中"), width("?"));
        assert!((width("mm") - 2.0 * width("m")).abs() < 1e-12);
    }

    #[test]
    fn a_capital_is_centred() {
        let ys: Vec<f64> = outlines("H").concat().iter().map(|p| p.1).collect();
        let (low, high) = (
            ys.iter().copied().fold(9.0, f64::min),
            ys.iter().copied().fold(-9.0, f64::max),
        );
        assert!((low + high).abs() < 0.01, "{low} {high}");
    }
}
