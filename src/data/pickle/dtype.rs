//! Element types of numpy arrays.

use super::error::{Error, Result};
use super::unit::Unit;

/// Mask protocol of an element type, numpy's `dtype.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Uint,
    Float,
    /// Two floats each; described and hashed, not converted.
    Complex,
    /// 64-bit counts of a unit since 1970.
    DateTime(Unit),
    /// 64-bit counts of a unit.
    TimeDelta(Unit),
    /// UCS-4 text of fixed width, padded with NUL.
    Unicode,
    /// Bytes of fixed width, padded with NUL.
    Bytes,
    /// Structures and other opaque elements of fixed size, as they lie.
    Void,
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
    /// From numpy's type code without byte order: `f8`, `i4`, `b1`, `U12`, `S3`, `V4`, `O8`.
    pub fn parse(code: &str, offset: u64) -> Result<Self> {
        let unsupported = || {
            let expected = "a dtype of numbers, dates, text, bytes, structures or objects";
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
            // 12 and 16 bytes are C's long double, which is only described and hashed.
            ('f', 2 | 4 | 8 | 12 | 16) => (Kind::Float, count),
            ('c', 8 | 16 | 24 | 32) => (Kind::Complex, count),
            ('M', 8) => (Kind::DateTime(Unit::GENERIC), count),
            ('m', 8) => (Kind::TimeDelta(Unit::GENERIC), count),
            ('V', _) => (Kind::Void, count),
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
        matches!(self.kind, Kind::Bool | Kind::Int | Kind::Uint | Kind::Float) && self.size <= 8
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
            Kind::Complex => 'c',
            Kind::DateTime(_) => 'M',
            Kind::TimeDelta(_) => 'm',
            Kind::Void => 'V',
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
            (Kind::Bytes | Kind::Bool | Kind::Void, _) | (Kind::Int | Kind::Uint, 1) => '|',
            _ if self.big_endian => '>',
            _ => '<',
        };
        write!(f, "{order}{letter}{count}")?;
        match self.kind {
            Kind::DateTime(unit) | Kind::TimeDelta(unit) => write!(f, "{unit}"),
            _ => Ok(()),
        }
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
            ("c16", "<c16"),
            (">M8", ">M8"),
            ("V12", "|V12"),
            ("f16", "<f16"),
        ] {
            assert_eq!(DType::parse(code, 0).unwrap().to_string(), printed);
        }
        for code in ["", "f3", "c4", "M4", "x8", "U99999999999999999999", "é1"] {
            assert!(DType::parse(code, 7).is_err(), "{code}");
        }
    }
}
