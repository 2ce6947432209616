//! The font of all figures: DejaVu Sans, a subset that is embedded in the program.
//!
//! `font/make.py` wrote both files, `font/LICENSE` applies.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Outlines, for pictures of pixels: no font of the system is needed.
pub const DEJAVU: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// Advance width of each character in units of 1 / 2048 of the font size.
static WIDTHS: LazyLock<BTreeMap<char, f64>> = LazyLock::new(|| {
    let lines = include_str!("font/widths.txt").lines();
    lines.filter_map(parse).collect()
});

fn parse(line: &str) -> Option<(char, f64)> {
    let (code, width) = line.split_once(' ')?;
    let character = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    Some((character, width.parse::<f64>().ok()? / 2048.0))
}

/// Width of a text in font sizes. A character that the font lacks counts as a question mark.
pub fn width(text: &str) -> f64 {
    let one = |c: char| WIDTHS.get(&c).or_else(|| WIDTHS.get(&'?'));
    text.chars().filter_map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_width_and_unknown_characters_count_as_question_marks() {
        assert_eq!(
            WIDTHS.len(),
            include_str!("font/widths.txt").lines().count()
        );
        assert!(WIDTHS.contains_key(&'±') && WIDTHS.contains_key(&'A'));
        assert_eq!(width("中"), width("?"));
        assert!((width("mm") - 2.0 * width("m")).abs() < 1e-12);
    }
}
