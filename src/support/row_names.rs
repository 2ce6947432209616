//! Recognizes the names of rows that R's `write.table` puts in front of lines, without a heading.

use std::collections::HashSet;

/// Whether every line, given by its first cell and its width, has one cell more than there are headings, a number of its own in
/// front. Decimal commas between commas add a cell as well.
pub fn in_front<'l>(
    headings: usize,
    lines: impl ExactSizeIterator<Item = (&'l [u8], usize)>,
) -> bool {
    let mut seen = HashSet::new();
    let mut lines = lines;
    let is_named = |(first, width): (&'l [u8], usize)| {
        let number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
        width == headings + 1 && number && seen.insert(first)
    };
    lines.len() > 1 && lines.all(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines_are_names() {
        let named = |lines: &[(&str, usize)]| {
            in_front(
                2,
                lines
                    .iter()
                    .map(|(first, width)| (first.as_bytes(), *width)),
            )
        };
        assert!(named(&[("1", 3), ("2", 3)]));
        assert!(!named(&[("1", 3), ("1", 3)]) && !named(&[("a", 3), ("b", 3)]));
        assert!(!named(&[("1", 3)]) && !named(&[("1", 3), ("2", 2)]));
    }
}
