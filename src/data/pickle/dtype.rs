//! Element types of numpy arrays, with units of dates and durations.

use super::error::{Error, Result};
use super::payload::Id;

/// Kind of an element type, numpy's `dtype.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
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
    /// Structures and other opaque elements of fixed size, not decoded.
    Void,
    /// References to other values of the pickle.
    Object,
}

/// An element type: kind, size in bytes, byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DType {
    pub kind: ElementKind,
    pub size: usize,
    pub big_endian: bool,
    /// The parts of a type that has any.
    pub(super) structure: Option<Structure>,
}

/// Where the parts of a type are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    /// Names, and a dict of their types and offsets.
    Fields { names: Id, fields: Id },
    /// A pair of element type and shape.
    Subarray(Id),
}

impl DType {
    /// Parses numpy's type code without byte order: `f8`, `i4`, `b1`, `U12`, `S3`, `V4`, `O8`.
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
            ('b', 1) | ('?', 0) => (ElementKind::Bool, 1),
            ('i', 1 | 2 | 4 | 8) => (ElementKind::Int, count),
            ('u', 1 | 2 | 4 | 8) => (ElementKind::Uint, count),
            // 12 and 16 bytes are C's long double, which is only described and hashed.
            ('f', 2 | 4 | 8 | 12 | 16) => (ElementKind::Float, count),
            ('c', 8 | 16 | 24 | 32) => (ElementKind::Complex, count),
            ('M', 8) => (ElementKind::DateTime(Unit::GENERIC), count),
            ('m', 8) => (ElementKind::TimeDelta(Unit::GENERIC), count),
            ('V', _) => (ElementKind::Void, count),
            ('U', _) => (
                ElementKind::Unicode,
                count.checked_mul(4).ok_or_else(unsupported)?,
            ),
            ('S' | 'a', _) => (ElementKind::Bytes, count),
            ('O', _) => (ElementKind::Object, 8),
            _ => return Err(unsupported()),
        };
        Ok(Self {
            kind,
            size,
            big_endian: code.starts_with('>'),
            structure: None,
        })
    }

    /// The text of an element of fixed width without its padding; `None` where it is none.
    pub(super) fn text(self, element: &[u8]) -> Option<String> {
        let unit = |unit: &[u8]| {
            let bytes = [unit[0], unit[1], unit[2], unit[3]];
            char::from_u32(if self.big_endian {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            })
        };
        let text: String = match self.kind {
            ElementKind::Unicode => element.chunks_exact(4).map(unit).collect::<Option<_>>()?,
            ElementKind::Bytes => std::str::from_utf8(element).ok()?.to_owned(),
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// Whether elements convert to numbers.
    pub fn is_number(self) -> bool {
        matches!(
            self.kind,
            ElementKind::Bool | ElementKind::Int | ElementKind::Uint | ElementKind::Float
        ) && self.size <= 8
    }
}

impl std::fmt::Display for DType {
    /// numpy's `dtype.str`: `<f8`, `|u1`, `<U12`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = match self.kind {
            ElementKind::Bool => 'b',
            ElementKind::Int => 'i',
            ElementKind::Uint => 'u',
            ElementKind::Float => 'f',
            ElementKind::Complex => 'c',
            ElementKind::DateTime(_) => 'M',
            ElementKind::TimeDelta(_) => 'm',
            ElementKind::Void => 'V',
            ElementKind::Unicode => 'U',
            ElementKind::Bytes => 'S',
            ElementKind::Object => return f.write_str("|O"),
        };
        let count = if self.kind == ElementKind::Unicode {
            self.size / 4
        } else {
            self.size
        };
        let order = match (self.kind, self.size) {
            (ElementKind::Bytes | ElementKind::Bool | ElementKind::Void, _)
            | (ElementKind::Int | ElementKind::Uint, 1) => '|',
            _ if self.big_endian => '>',
            _ => '<',
        };
        write!(f, "{order}{letter}{count}")?;
        match self.kind {
            ElementKind::DateTime(unit) | ElementKind::TimeDelta(unit) => write!(f, "{unit}"),
            _ => Ok(()),
        }
    }
}

/// numpy's names of units; the last one means no unit.
const UNIT_NAMES: [&str; 14] = [
    "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic",
];

/// A unit of `datetime64` and `timedelta64`, such as 25 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    name: u8,
    count: i32,
}

impl Unit {
    /// No unit.
    pub const GENERIC: Self = Self {
        name: UNIT_NAMES.len() as u8 - 1,
        count: 1,
    };

    /// The unit called `name`, `count` times.
    pub fn new(name: &str, count: i64) -> Option<Self> {
        let name = UNIT_NAMES.iter().position(|known| *known == name)?;
        let count = i32::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Self {
            name: name as u8,
            count,
        })
    }
}

impl std::fmt::Display for Unit {
    /// As in numpy's `dtype.str`: `[ns]`, `[25s]`, or nothing.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (UNIT_NAMES[usize::from(self.name)], self.count) {
            ("generic", _) => Ok(()),
            (name, 1) => write!(f, "[{name}]"),
            (name, count) => write!(f, "[{count}{name}]"),
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
