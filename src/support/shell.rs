//! Words for a shell.

/// A word as a shell takes it for one word.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A command line of these words.
pub fn line<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words = words.into_iter().map(|word| quote(word.as_ref()));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let quoted = ["a-b=c", "a b", "it's", ""].map(quote);
        assert_eq!(quoted, ["a-b=c", "'a b'", r"'it'\''s'", "''"]);
        assert_eq!(line(["cp", "a b", "c"]), "cp 'a b' c");
    }
}
