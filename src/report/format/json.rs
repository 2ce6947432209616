//! Writes JSON with one item per line, whatever the size of an item.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// `value` on lines of its own down to this depth, and on one line below. `within` is the depth of
/// what surrounds it.
///
/// # Errors
/// If `value` has keys that are no text.
pub fn lines(value: &impl Serialize, within: usize, depth: usize) -> serde_json::Result<String> {
    let mut out = Vec::new();
    let open = Lines {
        depth: within,
        deepest: within + depth,
        empty: true,
    };
    value.serialize(&mut Serializer::with_formatter(&mut out, open))?;
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// Breaks lines as long as it is not too deep.
struct Lines {
    depth: usize,
    deepest: usize,
    empty: bool,
}

impl Lines {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(sign)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, sign: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if !self.empty && self.depth < self.deepest {
            self.line(out)?;
        }
        self.empty = false;
        out.write_all(sign)
    }

    fn item<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        match (first, self.depth <= self.deepest) {
            (true, true) => self.line(out),
            (true, false) => Ok(()),
            (false, true) => out.write_all(b",").and_then(|()| self.line(out)),
            (false, false) => out.write_all(b", "),
        }
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.empty = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_break_above_the_depth_and_nowhere_below() {
        let value = json!({"a": [[1, {"b": []}], []], "c": {}});
        assert_eq!(
            lines(&value, 0, 0).unwrap(),
            r#"{"a": [[1, {"b": []}], []], "c": {}}"#
        );
        let two = "{\n    \"a\": [\n      [1, {\"b\": []}],\n      []\n    ],\n    \"c\": {}\n  }";
        assert_eq!(lines(&value, 1, 2).unwrap(), two);
        let back: serde_json::Value = serde_json::from_str(two).unwrap();
        assert_eq!(back, value);
    }
}
