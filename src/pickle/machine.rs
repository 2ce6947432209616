//! The stack machine: runs a pickle's opcodes and builds the arena.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::error::{Error, Result};
use super::global;
use super::limits::Limits;
use super::opcode::{self as op, describe};
use super::payload::{Id, Payload};
use super::source::{Source, Span};
use super::value::Node;

/// Long text is checked in pieces of this many bytes.
const PIECE: usize = 1 << 20;

/// State of a running pickle.
pub struct Machine<'a> {
    source: &'a Source,
    cursor: Cursor<'a>,
    limits: Limits,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
    pushes: usize,
    /// Where the current opcode starts.
    pub(super) at: u64,
}

impl<'a> Machine<'a> {
    pub fn new(source: &'a Source, limits: Limits) -> Self {
        Self {
            source,
            cursor: Cursor::new(source),
            limits,
            nodes: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            pushes: 0,
            at: 0,
        }
    }

    /// Runs to STOP; gives the arena and the number of the root. Bytes after STOP are ignored, as
    /// Python ignores them.
    pub fn run(mut self) -> Result<(Vec<Node>, Id)> {
        loop {
            self.at = self.cursor.offset();
            let opcode = self.cursor.u8("an opcode")?;
            if opcode == op::STOP {
                let root = self.pop()?;
                return Ok((self.nodes, root));
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::PROTO | op::FRAME => self.framing(opcode),
            op::MARK | op::POP | op::POP_MARK | op::DUP => self.shuffle(opcode),
            op::NONE | op::NEWTRUE | op::NEWFALSE | op::BINFLOAT => self.constant(opcode),
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 => self.integer(opcode),
            op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8 => self.text(opcode),
            op::BINSTRING
            | op::SHORT_BINSTRING
            | op::BINBYTES
            | op::SHORT_BINBYTES
            | op::BINBYTES8
            | op::BYTEARRAY8 => self.bytes(opcode),
            op::EMPTY_LIST | op::EMPTY_TUPLE | op::EMPTY_DICT | op::EMPTY_SET => self.empty(opcode),
            op::TUPLE | op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => self.tuple(opcode),
            op::APPEND | op::APPENDS | op::ADDITEMS | op::FROZENSET => self.extend(opcode),
            op::SETITEM | op::SETITEMS => self.set_items(opcode),
            op::BINGET | op::LONG_BINGET => self.recall(opcode),
            op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.memorize(opcode),
            op::GLOBAL | op::STACK_GLOBAL => self.global(opcode),
            op::REDUCE => self.reduce(),
            op::BUILD => self.build(),
            _ => self.refuse(opcode),
        }
    }

    fn framing(&mut self, opcode: u8) -> Result<()> {
        if opcode == op::PROTO {
            return match self.cursor.u8("the protocol")? {
                2..=5 => Ok(()),
                found => Err(Error::Protocol { found }),
            };
        }
        let len = self.cursor.u64("a frame's length")?;
        self.cursor.check_frame(len)
    }

    fn refuse(&mut self, opcode: u8) -> Result<()> {
        let code = match opcode {
            op::EXT1 => u32::from(self.cursor.u8("an extension code")?),
            op::EXT2 => u32::from(self.cursor.u16("an extension code")?),
            op::EXT4 => self.cursor.u32("an extension code")?,
            op::NEXT_BUFFER | op::READONLY_BUFFER => {
                let found = "a reference to a buffer kept outside the file";
                return Err(self.malformed("arrays inside the file", found));
            }
            op::NEWOBJ | op::NEWOBJ_EX | op::BINPERSID => {
                return Err(self.malformed("plain arrays", describe(opcode)));
            }
            _ => return Err(self.malformed("an opcode of protocols 2 to 5", describe(opcode))),
        };
        let name = format!("extension {code} of Python's copyreg");
        Err(Error::ForbiddenGlobal {
            name,
            offset: self.at,
        })
    }

    fn shuffle(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::MARK => self.mark(),
            op::POP if self.stack.len() == self.floor() => self.pop_mark().map(drop),
            op::POP => self.pop().map(drop),
            op::POP_MARK => self.pop_mark().map(drop),
            _ => {
                let top = self.top()?;
                self.push(top)
            }
        }
    }

    fn mark(&mut self) -> Result<()> {
        self.check(self.marks.len(), self.limits.marks, "nested containers")?;
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn constant(&mut self, opcode: u8) -> Result<()> {
        let node = match opcode {
            op::NONE => Node::None,
            op::BINFLOAT => Node::Float(self.cursor.f64_big_endian("a float")?),
            _ => Node::Bool(opcode == op::NEWTRUE),
        };
        self.push_node(node)
    }

    fn integer(&mut self, opcode: u8) -> Result<()> {
        let node = match opcode {
            op::BININT => Node::Int(self.cursor.i32("an integer")?.into()),
            op::BININT1 => Node::Int(self.cursor.u8("an integer")?.into()),
            op::BININT2 => Node::Int(self.cursor.u16("an integer")?.into()),
            op::LONG1 => {
                let len = self.cursor.u8("an integer's length")?;
                self.long(len.into())?
            }
            _ => {
                let len = self.cursor.i32("an integer's length")?;
                let len = u64::try_from(len)
                    .map_err(|_| self.malformed("a length", "a negative number"))?;
                self.long(len)?
            }
        };
        self.push_node(node)
    }

    /// Little-endian two's complement; what fits 64 bits becomes an `Int`.
    fn long(&mut self, len: u64) -> Result<Node> {
        let span = self.cursor.take(len, "an integer")?;
        let bytes = self.cursor.bytes(span);
        if bytes.len() > 8 {
            return Ok(Node::Long);
        }
        let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        Ok(Node::Int(i64::from_le_bytes(wide)))
    }

    fn text(&mut self, opcode: u8) -> Result<()> {
        let len = match opcode {
            op::SHORT_BINUNICODE => self.cursor.u8("a string's length")?.into(),
            op::BINUNICODE => self.cursor.u32("a string's length")?.into(),
            _ => self.cursor.u64("a string's length")?,
        };
        let span = self.cursor.take(len, "a string")?;
        if !self.is_utf8(span) {
            return Err(self.malformed("a string in UTF-8", "other bytes"));
        }
        self.push_node(Node::Text(span))
    }

    fn bytes(&mut self, opcode: u8) -> Result<()> {
        const LEN: &str = "a byte string's length";
        let len = match opcode {
            op::SHORT_BINBYTES | op::SHORT_BINSTRING => self.cursor.u8(LEN)?.into(),
            op::BINBYTES => self.cursor.u32(LEN)?.into(),
            // Python 2's length is signed.
            op::BINSTRING => u64::try_from(self.cursor.i32(LEN)?)
                .map_err(|_| self.malformed("a length", "a negative number"))?,
            _ => self.cursor.u64(LEN)?,
        };
        let span = self.cursor.take(len, "a byte string")?;
        self.push_node(Node::Bytes(Payload::Raw(span)))
    }

    fn empty(&mut self, opcode: u8) -> Result<()> {
        self.push_node(match opcode {
            op::EMPTY_LIST => Node::List(Vec::new()),
            op::EMPTY_TUPLE => Node::Tuple(Vec::new()),
            op::EMPTY_DICT => Node::Dict(Vec::new()),
            _ => Node::Set(Vec::new()),
        })
    }

    fn tuple(&mut self, opcode: u8) -> Result<()> {
        let count = match opcode {
            op::TUPLE1 => 1,
            op::TUPLE2 => 2,
            op::TUPLE3 => 3,
            _ => {
                let items = self.pop_mark()?;
                return self.push_node(Node::Tuple(items));
            }
        };
        if self.stack.len() - self.floor() < count {
            return Err(self.underflow());
        }
        let items = self.stack.split_off(self.stack.len() - count);
        self.push_node(Node::Tuple(items))
    }

    fn extend(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::APPEND => vec![self.pop()?],
            op::FROZENSET => {
                let items = self.pop_mark()?;
                return self.push_node(Node::Set(items));
            }
            _ => self.pop_mark()?,
        };
        let (target, at) = (self.top()?, self.at);
        match (self.node_mut(target), opcode) {
            (Node::List(list), op::APPEND | op::APPENDS) => list.extend(items),
            (Node::Set(set), op::ADDITEMS) => set.extend(items),
            (other, _) => return Err(Error::malformed(at, "a list to append to", other.kind())),
        }
        Ok(())
    }

    fn set_items(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::SETITEM => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_mark()?,
        };
        if items.len() % 2 != 0 {
            return Err(self.malformed("a value for every key", "a key without a value"));
        }
        let (target, at) = (self.top()?, self.at);
        match self.node_mut(target) {
            Node::Dict(dict) => dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            other => return Err(Error::malformed(at, "a dict to fill", other.kind())),
        }
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<()> {
        let key = match opcode {
            op::BINGET => self.cursor.u8("a memo key")?.into(),
            _ => self.cursor.u32("a memo key")?,
        };
        match self.memo.get(&key).copied() {
            Some(id) => self.push(id),
            None => Err(self.malformed("a value stored earlier", format!("memo key {key}"))),
        }
    }

    fn memorize(&mut self, opcode: u8) -> Result<()> {
        let key = match opcode {
            op::BINPUT => self.cursor.u8("a memo key")?.into(),
            op::LONG_BINPUT => self.cursor.u32("a memo key")?,
            // Below the limit on entries, so it fits.
            _ => self.memo.len() as u32,
        };
        let top = self.top()?;
        self.check(self.memo.len(), self.limits.memo, "memo entries")?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn global(&mut self, opcode: u8) -> Result<()> {
        let (module, name) = if opcode == op::GLOBAL {
            (self.cursor.line()?, self.cursor.line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            (self.str(module)?, self.str(name)?)
        };
        match global::resolve(module, name) {
            Some(global) => self.push_node(Node::Global(global)),
            None => Err(Error::ForbiddenGlobal {
                name: format!("{module}.{name}"),
                offset: self.at,
            }),
        }
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn underflow(&self) -> Error {
        self.malformed("a value on the stack", "none")
    }

    pub(super) fn pop(&mut self) -> Result<Id> {
        match self.stack.len() > self.floor() {
            true => self.stack.pop().ok_or_else(|| self.underflow()),
            false => Err(self.underflow()),
        }
    }

    pub(super) fn top(&self) -> Result<Id> {
        match self.stack.len() > self.floor() {
            true => self.stack.last().copied().ok_or_else(|| self.underflow()),
            false => Err(self.underflow()),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => Err(self.malformed("an open mark", "none")),
        }
    }

    fn push(&mut self, id: Id) -> Result<()> {
        self.pushes += 1;
        self.check(self.pushes, self.limits.objects, "values")?;
        self.check(
            self.stack.len(),
            self.limits.stack,
            "values waiting on the stack",
        )?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn push_node(&mut self, node: Node) -> Result<()> {
        // Fits: every node costs a push, and those are limited.
        let id = Id(self.nodes.len() as u32);
        self.push(id)?;
        self.nodes.push(node);
        Ok(())
    }

    fn check(&self, count: usize, limit: usize, what: &'static str) -> Result<()> {
        match count < limit {
            true => Ok(()),
            false => Err(Error::Limit {
                offset: self.at,
                what,
                limit,
            }),
        }
    }

    pub(super) fn malformed(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::malformed(self.at, expected, found)
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Text of a string, or of a Python 2 string in ASCII.
    pub(super) fn str(&self, id: Id) -> Result<&'a str> {
        let span = match self.node(id) {
            Node::Text(span) | Node::Bytes(Payload::Raw(span)) => *span,
            other => return Err(self.malformed("a string", other.kind())),
        };
        std::str::from_utf8(self.cursor.bytes(span))
            .map_err(|_| self.malformed("a string", "bytes"))
    }

    /// Checks text in pieces that are let go of, since protocol 2 keeps whole arrays in it.
    fn is_utf8(&self, span: Span) -> bool {
        let mut start = span.start;
        while start < span.end() {
            let piece = Span {
                start,
                len: PIECE.min(span.end() - start),
            };
            let valid = match std::str::from_utf8(self.source.slice(piece)) {
                Ok(_) => piece.len,
                // A character cut by the end of the piece begins the next one.
                Err(e) if e.error_len().is_none() && piece.end() < span.end() => e.valid_up_to(),
                Err(_) => return false,
            };
            self.release(piece);
            start += valid;
        }
        true
    }

    /// Pieces of a range, each let go of when the next is asked for.
    pub(super) fn pieces(&self, span: Span) -> impl Iterator<Item = &'a [u8]> {
        let source = self.source;
        (span.start..span.end()).step_by(PIECE).map(move |start| {
            if start > span.start {
                source.release(Span {
                    start: start - PIECE,
                    len: PIECE,
                });
            }
            source.slice(Span {
                start,
                len: PIECE.min(span.end() - start),
            })
        })
    }

    /// Short ranges share their pages with the opcodes around them and stay.
    fn release(&self, span: Span) {
        if span.len == PIECE {
            self.source.release(span);
        }
    }
}
