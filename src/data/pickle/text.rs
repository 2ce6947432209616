//! Checks and decodes the text of opcodes.

/// How characters of the source encode bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// UTF-8 text whose characters, all up to U+00FF, are the bytes (protocols 1 and 2).
    Latin1,
    /// Python 2's `'...'` with backslash escapes (STRING, protocol 0).
    StringEscape,
    /// Bytes are characters; `\uXXXX` and `\UXXXXXXXX` are others (UNICODE, protocol 0).
    RawUnicode,
}

/// The meaning of an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A character.
    One(u32),
    /// An unknown escape: the backslash and the next character.
    Two(u8, u8),
}

/// The escape whose backslash comes before `rest`, and its length after the backslash.
pub fn escape(coding: Coding, rest: &[u8]) -> Option<(Token, usize)> {
    let first = *rest.first()?;
    match (coding, first) {
        (Coding::RawUnicode, b'u') => hexadecimal(rest, 4),
        (Coding::RawUnicode, b'U') => hexadecimal(rest, 8),
        (Coding::StringEscape, b'x') => hexadecimal(rest, 2),
        (Coding::StringEscape, b'0'..=b'7') => Some(octal(rest)),
        (Coding::StringEscape, _) => Some((simple(first), 1)),
        _ => Some((Token::Two(b'\\', first), 1)),
    }
}

fn simple(byte: u8) -> Token {
    Token::One(match byte {
        b'\\' | b'\'' | b'"' => byte.into(),
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => 0x09,
        b'n' => 0x0a,
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => 0x0d,
        _ => return Token::Two(b'\\', byte),
    })
}

/// The letter and then exactly `digits` digits of a character that exists.
fn hexadecimal(rest: &[u8], digits: usize) -> Option<(Token, usize)> {
    let value = rest.get(1..=digits)?.iter().try_fold(0u32, |value, byte| {
        Some(value << 4 | char::from(*byte).to_digit(16)?)
    })?;
    (value <= 0x10_ffff).then_some((Token::One(value), digits + 1))
}

/// Up to three digits; a value above 255 loses its upper bits, as in Python.
fn octal(rest: &[u8]) -> (Token, usize) {
    let digits = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    let (value, len) = digits.fold((0, 0), |(value, len), byte| {
        (value << 3 | u32::from(byte - b'0'), len + 1)
    });
    (Token::One(value & 0xff), len)
}

/// Properties of a line with escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscapedLine {
    /// Number of characters.
    pub characters: usize,
    /// Whether every character is below U+0100, so that the line can encode bytes.
    pub latin1: bool,
    /// Whether the line is ASCII without escapes, so that it can be read without decoding.
    pub plain: bool,
}

/// Checks a line; the error is the offset of an invalid escape.
pub fn scan(coding: Coding, line: &[u8]) -> Result<EscapedLine, usize> {
    let mut found = EscapedLine {
        characters: 0,
        latin1: true,
        plain: line.is_ascii(),
    };
    let mut rest = line;
    while let Some(run) = rest.iter().position(|byte| *byte == b'\\') {
        found.characters += run;
        found.plain = false;
        rest = &rest[run..];
        // A last backslash is a character in UNICODE and invalid in STRING.
        if rest.len() == 1 && coding == Coding::RawUnicode {
            break;
        }
        let (token, len) = escape(coding, &rest[1..]).ok_or(line.len() - rest.len())?;
        match token {
            Token::One(value) => {
                found.characters += 1;
                found.latin1 &= value < 0x100;
            }
            Token::Two(..) => found.characters += 2,
        }
        rest = &rest[1 + len..];
    }
    found.characters += rest.len();
    Ok(found)
}

/// Decodes a checked line; `None` if a character is half of a surrogate pair.
pub fn decode(coding: Coding, line: &[u8]) -> Option<String> {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((&byte, after)) = rest.split_first() {
        let token = (byte == b'\\').then(|| escape(coding, after)).flatten();
        match token {
            None => out.push(byte.into()),
            Some((Token::One(value), _)) => out.push(char::from_u32(value)?),
            Some((Token::Two(first, second), _)) => {
                out.extend([char::from(first), char::from(second)]);
            }
        }
        rest = &after[token.map_or(0, |(_, len)| len)..];
    }
    Some(out)
}

/// Counts the characters of UTF-8 text that arrives in pieces, if all are below U+0100.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latin1Count {
    /// Characters so far.
    pub characters: usize,
    lead: bool,
}

impl Latin1Count {
    /// Adds the next piece; false if it is not such text. The loop has no branch on the data.
    pub fn add(&mut self, piece: &[u8]) -> bool {
        let Some(first) = piece.first() else {
            return true;
        };
        let mut good = is_second(*first) == self.lead && is_short(*first);
        self.characters += usize::from(*first < 0xc0);
        for (before, here) in piece.chunks(64).zip(piece[1..].chunks(64)) {
            let (mut bad, mut ends) = (0u8, 0u8);
            for (before, byte) in before.iter().zip(here) {
                bad |= u8::from(is_second(*byte) != is_first(*before)) | u8::from(!is_short(*byte));
                ends += u8::from(*byte < 0xc0);
            }
            good &= bad == 0;
            self.characters += usize::from(ends);
        }
        self.lead = piece.last().is_some_and(|byte| is_first(*byte));
        good
    }

    /// Whether the text may end here.
    pub fn is_whole(self) -> bool {
        !self.lead
    }
}

fn is_first(byte: u8) -> bool {
    byte >= 0xc2
}

fn is_second(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Whether a byte can be part of a character below U+0100.
fn is_short(byte: u8) -> bool {
    byte < 0xc0 || byte & 0xfe == 0xc2
}

/// Checks that a piece is UTF-8 as Python accepts it, with single surrogates. Returns the number of
/// bytes before a character that is cut by the end of the piece; `None` if the piece is invalid.
pub fn utf8_prefix(piece: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let error = match std::str::from_utf8(&piece[start..]) {
            Ok(_) => return Some(piece.len()),
            Err(error) => error,
        };
        start += error.valid_up_to();
        match piece[start..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => start += 3,
            [0xed, 0xa0..=0xbf] => return Some(start),
            _ if error.error_len().is_none() => return Some(start),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_read() {
        let line = scan(Coding::StringEscape, br"a\x00\n\'\777\q").unwrap();
        assert_eq!((line.characters, line.latin1, line.plain), (7, true, false));
        assert_eq!(scan(Coding::StringEscape, br"ab\x0"), Err(2));
        assert_eq!(scan(Coding::StringEscape, b"ab\\"), Err(2));
        let line = scan(Coding::RawUnicode, b"\\u597d\\U0001f600\xe9\\").unwrap();
        assert_eq!((line.characters, line.latin1), (4, false));
        assert_eq!(scan(Coding::RawUnicode, br"\U00110000"), Err(0));
        assert_eq!(scan(Coding::RawUnicode, br"x\u12"), Err(1));
        let text = decode(Coding::RawUnicode, b"\\u597d\\U0001f600\xe9\\\\\\");
        assert_eq!(text.as_deref(), Some("好😀é\\\\\\"));
        assert_eq!(decode(Coding::RawUnicode, br"\ud800"), None);
    }

    #[test]
    fn latin1_is_counted_across_pieces() {
        let text = "aé\u{80}\u{ff}".repeat(100);
        for cut in [0, 1, 2, 3, 4, 5, 63, 64, 65, 200] {
            let mut count = Latin1Count::default();
            let (a, b) = text.as_bytes().split_at(cut);
            assert!(count.add(a) && count.add(b) && count.is_whole());
            assert_eq!(count.characters, 400);
        }
        for bad in [
            &b"\xc3a"[..],
            b"\x80",
            b"\xc4\x80",
            b"\xc0\x80",
            b"a\xc3\xc3\xa9",
        ] {
            assert!(!Latin1Count::default().add(bad), "{bad:x?}");
        }
    }

    #[test]
    fn utf8_with_lone_surrogates() {
        assert_eq!(utf8_prefix("好é".as_bytes()), Some(5));
        assert_eq!(utf8_prefix(b"a\xed\xa0\x80b"), Some(5));
        assert_eq!(utf8_prefix(b"a\xed\xa0"), Some(1));
        assert_eq!(utf8_prefix(b"a\xe5\xa5"), Some(1));
        assert_eq!(utf8_prefix(b"a\xff"), None);
    }
}
