//! Quotes the fields of CSV that need it.

use std::borrow::Cow;

/// The text as a field of CSV: in quotes where it holds a comma, a quote or the end of a line.
pub fn csv_field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_need_quotes_have_them() {
        assert_eq!(csv_field("random"), "random");
        assert_eq!(csv_field("block, long"), "\"block, long\"");
        assert_eq!(csv_field("a \"b\""), "\"a \"\"b\"\"\"");
    }
}
