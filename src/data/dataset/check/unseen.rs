//! Shows characters that are not seen, so that a message names a sample by what its id really is.

/// Whether a character is one of control, has no width, or turns the direction of a text.
pub fn is_unseen(c: char) -> bool {
    let unseen = ['\u{ad}', '\u{2060}', '\u{feff}'];
    c.is_control()
        || unseen.contains(&c)
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
}

/// A text with escapes in place of what is not seen.
pub fn escaped(text: &str) -> String {
    let escape = |c: char| {
        if is_unseen(c) {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped() {
        assert_eq!(escaped("\u{feff}vidéo 1$_$3\r"), r"\u{feff}vidéo 1$_$3\r");
        assert!(!"vidéo\u{a0}1$_$3 大".chars().any(is_unseen));
    }
}
