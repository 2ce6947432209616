//! Compares and prints keys of dicts as Python does.

use std::collections::HashMap;
use std::fmt::Write;

use super::dtype::{DType, ElementKind};
use super::payload::Id;
use super::reader::{Pickle, Value};
use super::value::Node;

/// Longest key that is printed completely, in characters.
const LONGEST: usize = 200;
/// Parts of a tuple that are printed.
const PARTS: usize = 8;

/// The part of a key that Python compares. Tuples and other rare keys equal only themselves.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Int(i64),
    Float(u64),
    Other(Id),
}

impl<'a> Key<'a> {
    fn of(pickle: &'a Pickle, id: Id) -> Self {
        let value = Value { pickle, id };
        match value.node() {
            Node::Text(span) | Node::OldText(span) => Self::Text(pickle.source.slice(*span)),
            Node::CodedText(line) => match &line.text {
                Some(text) => Self::Text(text.as_bytes()),
                None => Self::Other(id),
            },
            Node::Bytes(span) => Self::Bytes(pickle.source.slice(*span)),
            Node::Bool(value) => Self::Int((*value).into()),
            Node::Int(value) => Self::Int(*value),
            // Beyond 2^53 no float equals an integer key.
            Node::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                Self::Int(*value as i64)
            }
            Node::Float(value) => Self::Float(value.to_bits()),
            Node::Scalar(_) => value.as_i64().map_or(Self::Other(id), Self::Int),
            _ => Self::Other(id),
        }
    }
}

/// The entries of Python's dict: a key that is set again keeps its position and gets the new value.
pub fn distinct(pickle: &Pickle, entries: &[(Id, Id)]) -> Vec<(Id, Id)> {
    let mut places = HashMap::with_capacity(entries.len());
    let mut kept: Vec<(Id, Id)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let place = *places.entry(Key::of(pickle, *key)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(entry) => entry.1 = *value,
            None => kept.push((*key, *value)),
        }
    }
    kept
}

/// A key as Python's `repr` prints it, shortened if it is very long.
pub fn repr(pickle: &Pickle, id: Id) -> String {
    let value = Value { pickle, id };
    match value.node() {
        Node::Tuple(tuple) => {
            let parts = tuple.items.iter().take(PARTS).map(|id| atom(pickle, *id));
            let mut parts: Vec<String> = parts.collect();
            match tuple.items.len() {
                1 => parts.push(String::new()),
                n if n > PARTS => parts.push("...".into()),
                _ => {}
            }
            format!("({})", parts.join(", ")).replace(", )", ",)")
        }
        _ => atom(pickle, id),
    }
}

/// Prints any key except a tuple.
fn atom(pickle: &Pickle, id: Id) -> String {
    let value = Value { pickle, id };
    if let Some(text) = value.as_str() {
        return quoted(text.chars(), "");
    }
    match value.node() {
        Node::None => "None".into(),
        Node::Bool(value) => if *value { "True" } else { "False" }.into(),
        Node::Int(value) => value.to_string(),
        Node::Float(value) => float(*value),
        // As Python 3 shows it: every byte a character.
        Node::OldText(span) => quoted(
            pickle.source.slice(*span).iter().copied().map(char::from),
            "",
        ),
        Node::Bytes(span) => quoted(
            pickle.source.slice(*span).iter().copied().map(char::from),
            "b",
        ),
        Node::Scalar(scalar) => self::scalar(value, scalar.dtype),
        Node::Encoded(payload) => {
            let bytes = payload.to_vec(&pickle.source);
            quoted(bytes.iter().copied().map(char::from), "b")
        }
        _ => value.kind().into(),
    }
}

/// A numpy scalar as the value it holds.
fn scalar(value: Value<'_>, dtype: DType) -> String {
    let whole = value.as_i64().filter(|_| dtype.kind != ElementKind::Float);
    match (dtype.kind, whole, value.as_f64(), value.text()) {
        (ElementKind::Bool, Some(value), ..) => if value == 0 { "False" } else { "True" }.into(),
        (_, Some(value), ..) => value.to_string(),
        (_, _, Some(value), _) => float(value),
        (ElementKind::Bytes, .., Some(text)) => quoted(text.chars(), "b"),
        (.., Some(text)) => quoted(text.chars(), ""),
        _ => format!("a numpy scalar of {dtype}"),
    }
}

/// Shortest digits that parse to the same number, with an exponent where Python has one.
fn float(value: f64) -> String {
    let exponent = value.abs().log10().floor();
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_finite() && value != 0.0 && !(-4.0..16.0).contains(&exponent) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    if value.is_finite() && value.fract() == 0.0 {
        format!("{value:.1}")
    } else {
        value.to_string()
    }
}

fn quoted(text: impl Iterator<Item = char> + Clone, prefix: &str) -> String {
    let quote = if text.clone().any(|c| c == '\'') && !text.clone().any(|c| c == '"') {
        '"'
    } else {
        '\''
    };
    let mut out = format!("{prefix}{quote}");
    for (count, c) in text.enumerate() {
        if count == LONGEST {
            out.push_str("...");
            break;
        }
        escape(&mut out, c, quote, prefix == "b");
    }
    out.push(quote);
    out
}

fn escape(out: &mut String, c: char, quote: char, bytes: bool) {
    let code = u32::from(c);
    // Writing to a string cannot fail.
    let _ = match c {
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        '\\' => write!(out, "\\\\"),
        c if c == quote => write!(out, "\\{c}"),
        c if c.is_control() || (bytes && !c.is_ascii()) => write!(out, "\\x{code:02x}"),
        c => write!(out, "{c}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_as_python_prints_them() {
        for (value, printed) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (-2.5e300, "-2.5e+300"),
            (0.0, "0.0"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(float(value), printed);
        }
        assert_eq!(quoted("it's".chars(), ""), "\"it's\"");
        assert_eq!(quoted("a'\"\n好\u{7f}".chars(), ""), "'a\\'\"\\n好\\x7f'");
        assert_eq!(quoted("\u{e9}".chars(), "b"), "b'\\xe9'");
    }
}
