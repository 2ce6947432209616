//! Quotes arguments for a shell.

/// An argument as a shell reads it as one.
pub fn quote(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/+@".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// A command line of these arguments.
pub fn line<A: AsRef<str>>(arguments: impl IntoIterator<Item = A>) -> String {
    let quoted = arguments
        .into_iter()
        .map(|argument| quote(argument.as_ref()));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_needs_it() {
        let quoted = ["a-b=c", "a b", "it's", ""].map(quote);
        assert_eq!(quoted, ["a-b=c", "'a b'", r"'it'\''s'", "''"]);
        assert_eq!(line(["cp", "a b", "c"]), "cp 'a b' c");
    }
}
