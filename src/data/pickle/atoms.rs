//! Runs the opcodes of numbers, strings and bytes.

use super::error::Result;
use super::machine::Machine;
use super::number;
use super::opcode as op;
use super::payload::Payload;
use super::source::Span;
use super::text::Coding;
use super::text::{self, Latin1Count};
use super::value::{CodedText, Node};

/// Long text is checked in pieces of this many bytes.
const PIECE: usize = 1 << 20;
/// Lines with escapes up to this length can be read as strings.
const LINE: usize = 1 << 16;
/// Most bytes of such lines.
const HELD: usize = 1 << 26;

impl Machine<'_> {
    /// INT, LONG, FLOAT: numbers written as text.
    pub(super) fn written(&mut self, opcode: u8) -> Result<()> {
        let line = self.cursor.line("a number")?;
        let node = match opcode {
            op::INT => number::int(line, self.limits()),
            op::LONG => number::long(line, self.limits()),
            _ => number::float(line).map(Node::Float),
        };
        let shown = String::from_utf8_lossy(&line[..line.len().min(40)]);
        let node = node.ok_or_else(|| self.malformed("a number", format!("{shown:?}")))?;
        self.push_node(node)
    }

    pub(super) fn number(&mut self, opcode: u8) -> Result<()> {
        let node = match opcode {
            op::BININT => Node::Int(self.cursor.i32("an integer")?.into()),
            op::BININT1 => Node::Int(self.cursor.u8("an integer")?.into()),
            op::BININT2 => Node::Int(self.cursor.u16("an integer")?.into()),
            op::BINFLOAT => Node::Float(self.cursor.f64_big_endian("a float")?),
            op::LONG1 => {
                let len = self.cursor.u8("an integer's length")?;
                self.long(len.into())?
            }
            _ => {
                let len = self.cursor.i32("an integer's length")?;
                let len = self.length(len)?;
                self.long(len)?
            }
        };
        self.push_node(node)
    }

    /// Python 2's lengths are signed.
    fn length(&self, len: i32) -> Result<u64> {
        u64::try_from(len).map_err(|_| self.malformed("a length", "a negative number"))
    }

    /// Little-endian two's complement; what fits 64 bits becomes an `Int`.
    fn long(&mut self, len: u64) -> Result<Node> {
        let span = self.cursor.take(len, "an integer")?;
        let bytes = self.cursor.bytes(span);
        let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) {
            0xff
        } else {
            0
        };
        let (low, high) = bytes.split_at(bytes.len().min(8));
        let mut wide = [fill; 8];
        wide[..low.len()].copy_from_slice(low);
        let value = i64::from_le_bytes(wide);
        let fits = high.iter().all(|b| *b == fill) && (value < 0) == (fill == 0xff);
        Ok(if fits { Node::Int(value) } else { Node::Long })
    }

    pub(super) fn text(&mut self, opcode: u8) -> Result<()> {
        let len = match opcode {
            op::SHORT_BINUNICODE => self.cursor.u8("a string's length")?.into(),
            op::BINUNICODE => self.cursor.u32("a string's length")?.into(),
            _ => self.cursor.u64("a string's length")?,
        };
        let span = self.cursor.take(len, "a string")?;
        if !self.is_latin1(span) && !self.is_utf8(span) {
            return Err(self.malformed("a string in UTF-8", "other bytes"));
        }
        self.push_node(Node::Text(span))
    }

    pub(super) fn bytes(&mut self, opcode: u8) -> Result<()> {
        const LEN: &str = "a byte string's length";
        let len = match opcode {
            op::SHORT_BINBYTES | op::SHORT_BINSTRING => self.cursor.u8(LEN)?.into(),
            op::BINBYTES => self.cursor.u32(LEN)?.into(),
            op::BINSTRING => {
                let len = self.cursor.i32(LEN)?;
                self.length(len)?
            }
            _ => self.cursor.u64(LEN)?,
        };
        let span = self.cursor.take(len, "a byte string")?;
        self.push_node(match opcode {
            op::BINSTRING | op::SHORT_BINSTRING => Node::OldText(span),
            op::BYTEARRAY8 => Node::ByteArray(Box::new(Payload::Raw(span))),
            _ => Node::Bytes(span),
        })
    }

    /// STRING in its quotes, or UNICODE.
    pub(super) fn line(&mut self, opcode: u8) -> Result<()> {
        let mut span = self.cursor.line_span("a string")?;
        let coding = match opcode {
            op::STRING => Coding::StringEscape,
            _ => Coding::RawUnicode,
        };
        if coding == Coding::StringEscape {
            let (b'\'' | b'"', b'\'' | b'"') = self.ends(span) else {
                return Err(self.malformed("a string in quotes", "one without"));
            };
            span = Span {
                start: span.start + 1,
                len: span.len - 2,
            };
        }
        let node = self.escaped(span, coding)?;
        self.push_node(node)
    }

    /// First and last byte of a line of at least two bytes, if they are equal.
    fn ends(&self, span: Span) -> (u8, u8) {
        match self.cursor.bytes(span) {
            [first, .., last] if first == last => (*first, *last),
            _ => (0, 0),
        }
    }

    fn escaped(&mut self, span: Span, coding: Coding) -> Result<Node> {
        let bytes = self.cursor.bytes(span);
        let line = text::scan(coding, bytes).map_err(|start| {
            let found = String::from_utf8_lossy(&bytes[start..bytes.len().min(start + 12)]);
            self.malformed("escapes that Python knows", format!("{found:?}"))
        })?;
        self.release(span);
        match coding {
            _ if line.plain => return Ok(Node::Text(span)),
            // Without a backslash, Python 2's string equals its bytes in the file.
            Coding::StringEscape if line.characters == span.len => return Ok(Node::OldText(span)),
            _ => {}
        }
        let payload = line.latin1.then_some(Payload::Coded {
            text: span,
            coding,
            len: line.characters,
        });
        let mut text = None;
        if span.len <= LINE && self.held <= HELD {
            text = text::decode(coding, bytes).map(String::into_boxed_str);
            self.held += text.as_ref().map_or(0, |text| text.len());
        }
        Ok(Node::CodedText(Box::new(CodedText { payload, text })))
    }

    /// The bytes that a string encodes, or a description of what does not encode bytes.
    pub(super) fn latin1(&mut self, span: Span) -> Result<Payload> {
        let len = match self.counted {
            Some((start, characters)) if start == span.start => Some(characters),
            _ => self.count_latin1(span),
        };
        let text = span;
        match len {
            Some(len) if len == span.len => Ok(Payload::Raw(span)),
            Some(len) => Ok(Payload::Coded {
                text,
                coding: Coding::Latin1,
                len,
            }),
            None => Err(self.malformed("characters up to U+00FF", "others")),
        }
    }

    /// Checks long text that can be a payload in a single pass.
    fn is_latin1(&mut self, span: Span) -> bool {
        if span.len < PIECE {
            return false;
        }
        let count = self.count_latin1(span);
        self.counted = count
            .map(|characters| (span.start, characters))
            .or(self.counted);
        count.is_some()
    }

    fn count_latin1(&self, span: Span) -> Option<usize> {
        let mut count = Latin1Count::default();
        for start in (span.start..span.end()).step_by(PIECE) {
            let piece = Span {
                start,
                len: PIECE.min(span.end() - start),
            };
            if !count.add(self.source.slice(piece)) {
                return None;
            }
            self.release(piece);
        }
        count.is_whole().then_some(count.characters)
    }

    /// Checks text in pieces, releasing their memory.
    fn is_utf8(&self, span: Span) -> bool {
        let mut start = span.start;
        while start < span.end() {
            let piece = Span {
                start,
                len: PIECE.min(span.end() - start),
            };
            match text::utf8_prefix(self.source.slice(piece)) {
                // A character cut by the end of the piece begins the next one.
                Some(good) if good > 0 && (good == piece.len || piece.end() < span.end()) => {
                    start += good;
                }
                _ => return false,
            }
            self.release(piece);
        }
        true
    }

    /// Short ranges share their pages with the opcodes around them and are not released.
    fn release(&self, span: Span) {
        if span.len >= PIECE {
            self.source.release(span);
        }
    }
}
