//! Parses numbers in text as Python does.

use super::limits::Limits;
use super::value::Node;

/// The line of INT: a whole number, or a bool as `00` and `01`.
pub fn int(line: &[u8], limits: Limits) -> Option<Node> {
    let whole = integer(line, Base::Octal, limits).or_else(|| integer(line, Base::Python, limits));
    match (whole?, line.len()) {
        // False and True in protocols 0 and 1.
        (Node::Int(value @ (0 | 1)), 2) => Some(Node::Bool(value == 1)),
        (node, _) => Some(node),
    }
}

/// The line of LONG: with Python 2's `L` at its end, or without.
pub fn long(line: &[u8], limits: Limits) -> Option<Node> {
    integer(
        line.strip_suffix(b"L").unwrap_or(line),
        Base::Python,
        limits,
    )
}

/// The key of GET and PUT.
pub fn key(line: &[u8], limits: Limits) -> Option<u64> {
    match integer(line, Base::Ten, limits)? {
        Node::Int(value) => u64::try_from(value).ok(),
        _ => None,
    }
}

/// The line of FLOAT. A number that is too large is an error, as in Python.
pub fn float(line: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(until_nul(line)).ok()?;
    let value: f64 = text.parse().ok()?;
    let named = text.contains(['n', 'N']);
    (value.is_finite() || named).then_some(value)
}

#[derive(Clone, Copy, PartialEq)]
enum Base {
    /// As in C: by prefix; a leading zero means octal.
    Octal,
    /// As in Python source code: by prefix.
    Python,
    Ten,
}

/// C strings end at the first NUL.
fn until_nul(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == 0).next().unwrap_or(line)
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

fn integer(line: &[u8], base: Base, limits: Limits) -> Option<Node> {
    let mut text = until_nul(line);
    while let Some(rest) = text.split_first().filter(|(b, _)| is_space(b)) {
        text = rest.1;
    }
    let negative = text.first() == Some(&b'-');
    text = text
        .strip_prefix(b"-")
        .or(text.strip_prefix(b"+"))
        .unwrap_or(text);
    if base != Base::Octal {
        while let Some(rest) = text.split_last().filter(|(b, _)| is_space(b)) {
            text = rest.1;
        }
    }
    let (radix, digits) = radix(text, base)?;
    magnitude(radix, digits, base, limits).map(|value| signed(value, negative))
}

/// The radix, and the digits after its prefix.
fn radix(text: &[u8], base: Base) -> Option<(u32, &[u8])> {
    let prefix = (base != Base::Ten).then(|| text.get(..2)).flatten();
    let radix = match prefix {
        Some(b"0x" | b"0X") => 16,
        Some(b"0o" | b"0O") if base == Base::Python => 8,
        Some(b"0b" | b"0B") if base == Base::Python => 2,
        Some([b'0', _]) if base == Base::Octal => return Some((8, text)),
        // Python accepts 00, but not 03.
        Some([b'0', _]) if base == Base::Python => {
            return text
                .iter()
                .all(|b| matches!(b, b'0' | b'_'))
                .then_some((10, text));
        }
        _ => return Some((10, text)),
    };
    let digits = &text[2..];
    let underscore = (base == Base::Python).then(|| digits.strip_prefix(b"_"));
    Some((radix, underscore.flatten().unwrap_or(digits)))
}

/// `Some(None)` if the number does not fit 127 bits.
fn magnitude(radix: u32, digits: &[u8], base: Base, limits: Limits) -> Option<Option<i128>> {
    let (mut value, mut count, mut after_digit) = (Some(0i128), 0, false);
    for &byte in digits {
        if byte == b'_' && base != Base::Octal {
            if !std::mem::replace(&mut after_digit, false) {
                return None;
            }
            continue;
        }
        let digit = char::from(byte).to_digit(radix)?;
        value = value
            .and_then(|value| value.checked_mul(radix.into()))
            .and_then(|value| value.checked_add(digit.into()));
        (count, after_digit) = (count + 1, true);
    }
    let too_long = count > limits.digits && !radix.is_power_of_two();
    (after_digit && !too_long).then_some(value)
}

fn signed(value: Option<i128>, negative: bool) -> Node {
    let value = value.map(|value| if negative { -value } else { value });
    value
        .and_then(|value| i64::try_from(value).ok())
        .map_or(Node::Long, Node::Int)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(read: impl Fn(&[u8], Limits) -> Option<Node>, text: &str) -> Option<Option<i64>> {
        read(text.as_bytes(), Limits::default()).map(|node| match node {
            Node::Int(value) => Some(value),
            Node::Bool(value) => Some(value.into()),
            _ => None,
        })
    }

    #[test]
    fn integers_as_python_reads_them() {
        for (text, value) in [
            ("5", 5),
            ("-5", -5),
            (" +7", 7),
            ("012", 10),
            ("0x1f", 31),
            ("0b11", 3),
            ("1_000 ", 1000),
            ("12\0rest", 12),
        ] {
            assert_eq!(ints(int, text), Some(Some(value)), "{text:?}");
        }
        assert_eq!(ints(long, "100000000000000000000L"), Some(None));
        assert_eq!(ints(long, "-9223372036854775808L"), Some(Some(i64::MIN)));
        assert_eq!(ints(long, "00L"), Some(Some(0)));
        for text in ["", "-", "03", "1__0", "_1", "1_", "1L", "0x", "d0", "é"] {
            assert_eq!(ints(long, text).filter(|_| text != "1L"), None, "{text:?}");
        }
        assert_eq!(ints(long, &"9".repeat(4300)), Some(None));
        assert_eq!(ints(long, &"9".repeat(4301)), None);
        assert_eq!(key(b"12", Limits::default()), Some(12));
        assert_eq!(key(b"-1", Limits::default()), None);
    }

    #[test]
    fn bools_are_two_digits() {
        assert!(matches!(
            int(b"01", Limits::default()),
            Some(Node::Bool(true))
        ));
        assert!(matches!(
            int(b"00", Limits::default()),
            Some(Node::Bool(false))
        ));
        assert!(matches!(int(b"1", Limits::default()), Some(Node::Int(1))));
    }

    #[test]
    fn floats_as_python_reads_them() {
        assert_eq!(float(b"-1.5e3"), Some(-1500.0));
        assert_eq!(float(b"-inf"), Some(f64::NEG_INFINITY));
        assert!(float(b"nan").is_some_and(f64::is_nan));
        for text in ["", "1e999", "1_0", "0x2p2", " 1", "1 ", "7e", ".", "."] {
            assert_eq!(float(text.as_bytes()), None, "{text:?}");
        }
    }
}
