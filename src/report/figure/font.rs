//! The font of all figures: DejaVu Sans, a subset that is embedded in the program.
//!
//! `font/make.py` wrote both files, `font/LICENSE` applies.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Outlines, for pictures of pixels: no font of the system is needed.
pub const DEJAVU: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// A character of the font.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    pub character: char,
    /// Its index in [`DEJAVU`].
    pub index: u16,
    /// Advance width in font sizes.
    pub width: f64,
}

static GLYPHS: LazyLock<BTreeMap<char, Glyph>> = LazyLock::new(|| {
    let lines = include_str!("font/widths.txt").lines();
    lines.filter_map(parse).map(|g| (g.character, g)).collect()
});

fn parse(line: &str) -> Option<Glyph> {
    let mut fields = line.split(' ');
    let code = u32::from_str_radix(fields.next()?, 16).ok()?;
    Some(Glyph {
        character: char::from_u32(code)?,
        width: fields.next()?.parse::<f64>().ok()? / 2048.0,
        index: fields.next()?.parse().ok()?,
    })
}

/// The glyphs of a text. A character that the font lacks is a question mark.
pub fn glyphs(text: &str) -> impl Iterator<Item = Glyph> + '_ {
    let one = |c: char| GLYPHS.get(&c).or_else(|| GLYPHS.get(&'?'));
    text.chars().filter_map(one).copied()
}

/// The characters of a text that the font does not have.
pub fn lacking(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !GLYPHS.contains_key(c))
}

/// All glyphs of the font.
pub fn all() -> impl Iterator<Item = Glyph> {
    GLYPHS.values().copied()
}

/// Width of a text in font sizes.
pub fn width(text: &str) -> f64 {
    glyphs(text).map(|glyph| glyph.width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_width_and_unknown_characters_count_as_question_marks() {
        assert_eq!(
            GLYPHS.len(),
            include_str!("font/widths.txt").lines().count()
        );
        assert!(GLYPHS.contains_key(&'±') && GLYPHS.contains_key(&'A'));
        assert_eq!(width("中"), width("?"));
        assert!((width("mm") - 2.0 * width("m")).abs() < 1e-12);
    }
}
