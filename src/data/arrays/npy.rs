//! Parses the header of an npy file: type, order and shape, written as a Python dict.

use std::io::Read;

use crate::data::pickle::{DType, ElementKind, Error, Result};

/// Type, order and shape of the array that follows.
#[derive(Debug, PartialEq)]
pub struct Header {
    pub dtype: DType,
    pub fortran: bool,
    pub shape: Vec<usize>,
    /// Bytes in front of the elements.
    pub len: u64,
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// numpy writes 128 bytes for an array of numbers, and refuses more than this.
const LARGEST: usize = 10_000;

/// As in numpy 2.
const AXES: usize = 64;

const EXPECTED: &str = "an array that numpy.save wrote";

impl Header {
    /// Reads a header from its first byte on.
    ///
    /// # Errors
    /// [`Error::Entry`] for other content, and for arrays of objects and structures.
    pub fn read(name: &str, mut from: impl Read) -> Result<Self> {
        let wrong = |found: &str| Error::entry(name, EXPECTED, found);
        let mut take = |n: usize| {
            let mut bytes = vec![0; n];
            let read = from.read_exact(&mut bytes);
            read.map(|()| bytes).map_err(|_| wrong("too few bytes"))
        };
        let head = take(MAGIC.len() + 2)?;
        if !head.starts_with(MAGIC) {
            return Err(wrong("other bytes"));
        }
        let (text_len, in_front) = match head[MAGIC.len()] {
            1 => {
                let n = take(2)?;
                (usize::from(u16::from_le_bytes([n[0], n[1]])), 10)
            }
            2 | 3 => {
                let n = take(4)?;
                (u32::from_le_bytes([n[0], n[1], n[2], n[3]]) as usize, 12)
            }
            version => return Err(wrong(&format!("format version {version}"))),
        };
        if text_len > LARGEST {
            return Err(wrong(&format!("a header of {text_len} bytes")));
        }
        let text = String::from_utf8(take(text_len)?).map_err(|_| wrong("a header in binary"))?;
        let header = parse(&text).ok_or_else(|| wrong(&format!("the header {:?}", text.trim())))?;
        let (code, fortran, shape) = header;
        let dtype = DType::parse(&code, 0)
            .map_err(|_| Error::entry(name, "numbers or text", format!("dtype {code:?}")))?;
        match dtype.kind {
            ElementKind::Object => Err(Error::entry(
                name,
                "numbers or text",
                "an array of objects; write numbers with array.astype(float), texts with numpy.array(texts, \
                 dtype=str), samples of different lengths padded with zeros",
            )),
            ElementKind::Void => Err(Error::entry(name, "numbers or text", "structures")),
            _ if shape.len() > AXES => Err(wrong(&format!("{} axes", shape.len()))),
            _ => Ok(Self {
                dtype,
                fortran,
                shape,
                len: in_front + text_len as u64,
            }),
        }
    }

    /// Bytes of all elements; `None` beyond 64 bits.
    pub fn elements(&self) -> Option<u64> {
        bytes(&self.shape, self.dtype)
    }
}

/// Bytes of an array; `None` beyond 64 bits.
pub fn bytes(shape: &[usize], dtype: DType) -> Option<u64> {
    let axes = shape
        .iter()
        .try_fold(1u64, |all, axis| all.checked_mul(*axis as u64));
    axes?.checked_mul(dtype.size as u64)
}

/// Code, order and shape of `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, in any order.
fn parse(text: &str) -> Option<(String, bool, Vec<usize>)> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (mut code, mut fortran, mut shape) = (None, None, None);
    let mut rest = inside.trim_start();
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        rest = after.trim_start().strip_prefix(':')?.trim_start();
        match key {
            "descr" => {
                // A list describes a structure.
                let (text, after) = if rest.starts_with('[') {
                    ("V1", &rest[rest.rfind(']')? + 1..])
                } else {
                    quoted(rest)?
                };
                code = Some(text.to_owned());
                rest = after;
            }
            "fortran_order" => {
                let (value, after) = match rest.strip_prefix("True") {
                    Some(after) => (true, after),
                    None => (false, rest.strip_prefix("False")?),
                };
                fortran = Some(value);
                rest = after;
            }
            "shape" => {
                let (axes, after) = rest.strip_prefix('(')?.split_once(')')?;
                let axes = axes
                    .split(',')
                    .map(str::trim)
                    .filter(|axis| !axis.is_empty());
                // Python 2 wrote long integers with an L.
                let axes = axes.map(|axis| axis.trim_end_matches('L').parse().ok());
                shape = Some(axes.collect::<Option<Vec<usize>>>()?);
                rest = after;
            }
            _ => return None,
        }
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some((code?, fortran?, shape?))
}

/// A text in single or double quotes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}
