//! Element types of numpy arrays.

use super::error::{Error, Result};

/// Family of an element type, numpy's `dtype.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Uint,
    Float,
    /// UCS-4 text of fixed width, padded with NUL.
    Unicode,
    /// Bytes of fixed width, padded with NUL.
    Bytes,
    /// References to other values of the pickle.
    Object,
}

/// An element type: kind, size in bytes, byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DType {
    pub kind: Kind,
    pub size: usize,
    pub big_endian: bool,
}

impl DType {
    /// From numpy's type code without byte order: `f8`, `i4`, `b1`, `U12`, `S3`, `O8`.
    pub fn parse(code: &str, offset: u64) -> Result<Self> {
        let unsupported = || {
            let expected = "a bool, integer, float, text, byte or object dtype";
            Error::malformed(offset, expected, format!("dtype {code:?}"))
        };
        let code_only = code.trim_start_matches(['<', '>', '|', '=']);
        let letter = code_only.chars().next().ok_or_else(unsupported)?;
        let digits = &code_only[letter.len_utf8()..];
        let count: usize = match digits {
            "" => 0,
            digits => digits.parse().map_err(|_| unsupported())?,
        };
        let (kind, size) = match (letter, count) {
            ('b', 1) | ('?', 0) => (Kind::Bool, 1),
            ('i', 1 | 2 | 4 | 8) => (Kind::Int, count),
            ('u', 1 | 2 | 4 | 8) => (Kind::Uint, count),
            ('f', 2 | 4 | 8) => (Kind::Float, count),
            ('U', _) => (Kind::Unicode, count.checked_mul(4).ok_or_else(unsupported)?),
            ('S' | 'a', _) => (Kind::Bytes, count),
            ('O', _) => (Kind::Object, 8),
            _ => return Err(unsupported()),
        };
        Ok(Self {
            kind,
            size,
            big_endian: code.starts_with('>'),
        })
    }

    /// Whether elements convert to numbers.
    pub fn is_number(self) -> bool {
        matches!(self.kind, Kind::Bool | Kind::Int | Kind::Uint | Kind::Float)
    }
}

impl std::fmt::Display for DType {
    /// numpy's `dtype.str`: `<f8`, `|u1`, `<U12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = match self.kind {
            Kind::Bool => 'b',
            Kind::Int => 'i',
            Kind::Uint => 'u',
            Kind::Float => 'f',
            Kind::Unicode => 'U',
            Kind::Bytes => 'S',
            Kind::Object => return f.write_str("|O"),
        };
        let count = if self.kind == Kind::Unicode {
            self.size / 4
        } else {
            self.size
        };
        let order = match (self.kind, self.size) {
            (Kind::Bytes | Kind::Bool, _) | (Kind::Int | Kind::Uint, 1) => '|',
            _ if self.big_endian => '>',
            _ => '<',
        };
        write!(f, "{order}{letter}{count}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_parse_and_print() {
        for (code, printed) in [
            ("f8", "<f8"),
            (">f4", ">f4"),
            ("i8", "<i8"),
            ("u1", "|u1"),
            ("b1", "|b1"),
            ("U12", "<U12"),
            ("S3", "|S3"),
            ("O8", "|O"),
        ] {
            assert_eq!(DType::parse(code, 0).unwrap().to_string(), printed);
        }
        for code in ["", "f3", "c16", "M8", "V4", "U99999999999999999999", "é1"] {
            assert!(DType::parse(code, 7).is_err(), "{code}");
        }
    }
}
