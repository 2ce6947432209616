//! The stack machine: runs a pickle's opcodes and builds the arena.
//!
//! The opcodes are implemented in [`super::atoms`], [`super::containers`], [`super::names`],
//! [`super::reduce`] and [`super::build`]; this file has the stack, the marks and the memo.

use super::allow_list::AllowList;
use super::cursor::Cursor;
use super::error::{Error, Result};
use super::limits::Limits;
use super::number;
use super::opcode::{self as op, describe};
use super::payload::Id;
use super::source::Source;
use super::value::{Node, Tuple};

/// Frequent values, stored once.
const NONE: Id = Id(0);
const FALSE: Id = Id(1);
const TRUE: Id = Id(2);

/// State of a running pickle.
pub struct Machine<'a> {
    pub(super) source: &'a Source,
    pub(super) cursor: Cursor<'a>,
    limits: Limits,
    pub(super) allow_list: &'static AllowList,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
    remembered: usize,
    pushes: usize,
    /// Characters of the last long text in Latin-1, and where it starts.
    pub(super) counted: Option<(usize, usize)>,
    /// Bytes of text held in memory.
    pub(super) held: usize,
    /// Offset of the current opcode.
    pub(super) at: u64,
}

/// The result of running a pickle.
pub struct Parsed {
    pub nodes: Vec<Node>,
    pub root: Id,
    /// One past STOP.
    pub end: usize,
}

impl<'a> Machine<'a> {
    /// Starts at an offset of the source.
    pub fn new(
        source: &'a Source,
        start: usize,
        limits: Limits,
        allow_list: &'static AllowList,
    ) -> Self {
        Self {
            source,
            cursor: Cursor::new(source, start),
            limits,
            allow_list,
            nodes: vec![Node::None, Node::Bool(false), Node::Bool(true)],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
            remembered: 0,
            pushes: 0,
            counted: None,
            held: 0,
            at: start as u64,
        }
    }

    /// Runs to STOP. Bytes after it are another stream or nothing.
    pub fn run(mut self) -> Result<Parsed> {
        loop {
            self.at = self.cursor.offset();
            let opcode = self.cursor.u8("an opcode")?;
            if opcode == op::STOP {
                let root = self.pop()?;
                return Ok(Parsed {
                    root,
                    end: self.cursor.position(),
                    nodes: self.nodes,
                });
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::PROTO | op::FRAME => self.framing(opcode),
            op::MARK | op::POP | op::POP_MARK | op::DUP => self.shuffle(opcode),
            op::NONE => self.push(NONE),
            op::NEWFALSE => self.push(FALSE),
            op::NEWTRUE => self.push(TRUE),
            op::INT | op::LONG | op::FLOAT => self.written(opcode),
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 | op::BINFLOAT => {
                self.number(opcode)
            }
            op::STRING | op::UNICODE => self.line(opcode),
            op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8 => self.text(opcode),
            op::BINSTRING | op::SHORT_BINSTRING => self.bytes(opcode),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
                self.bytes(opcode)
            }
            op::EMPTY_LIST | op::EMPTY_TUPLE | op::EMPTY_DICT | op::EMPTY_SET => self.empty(opcode),
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => self.short_tuple(opcode),
            op::TUPLE | op::LIST | op::DICT | op::FROZENSET => self.since_mark(opcode),
            op::APPEND | op::APPENDS | op::ADDITEMS => self.extend(opcode),
            op::SETITEM | op::SETITEMS => self.set_items(opcode),
            op::GET | op::BINGET | op::LONG_BINGET => self.recall(opcode),
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.memorize(opcode),
            op::GLOBAL | op::STACK_GLOBAL => self.global(opcode),
            op::INST | op::OBJ | op::NEWOBJ | op::NEWOBJ_EX => self.instance(opcode),
            op::REDUCE => self.reduce(),
            op::BUILD => self.build(),
            op::READONLY_BUFFER => self.read_only(),
            op::BINPERSID if self.allow_list.objects => self.reference(),
            _ => self.refuse(opcode),
        }
    }

    fn framing(&mut self, opcode: u8) -> Result<()> {
        if opcode == op::PROTO {
            return match self.cursor.u8("the protocol")? {
                0..=5 => Ok(()),
                found => Err(Error::Protocol {
                    offset: self.at,
                    found,
                }),
            };
        }
        let len = self.cursor.u64("a frame's length")?;
        self.cursor.check_frame(len)
    }

    /// References to things outside the file.
    fn refuse(&mut self, opcode: u8) -> Result<()> {
        let found = match opcode {
            op::EXT1 | op::EXT2 | op::EXT4 => {
                let code = match opcode {
                    op::EXT1 => self.cursor.u8("an extension code")?.into(),
                    op::EXT2 => self.cursor.u16("an extension code")?.into(),
                    _ => self.cursor.u32("an extension code")?,
                };
                return Err(Error::ForbiddenGlobal {
                    name: format!("extension {code} of Python's copyreg"),
                    offset: self.at,
                });
            }
            op::NEXT_BUFFER => "a reference to a buffer kept outside the file".into(),
            op::PERSID | op::BINPERSID => {
                format!(
                    "a reference to an object kept elsewhere ({})",
                    describe(opcode)
                )
            }
            _ => return Err(self.malformed("an opcode", describe(opcode))),
        };
        Err(self.malformed("plain data inside the file", found))
    }

    /// BINPERSID: the identifier of an external object.
    fn reference(&mut self) -> Result<()> {
        let id = self.pop()?;
        self.push_node(Node::Reference(id))
    }

    fn shuffle(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::MARK => {
                self.check(self.marks.len(), self.limits.marks, "nested containers")?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::POP if self.marks.last() == Some(&self.stack.len()) => self.pop_mark().map(drop),
            op::POP => self.pop().map(drop),
            op::POP_MARK => self.pop_mark().map(drop),
            _ => {
                let top = self.top()?;
                self.push(top)
            }
        }
    }

    fn recall(&mut self, opcode: u8) -> Result<()> {
        let key = match opcode {
            op::BINGET => self.cursor.u8("a memo key")?.into(),
            op::LONG_BINGET => self.cursor.u32("a memo key")?.into(),
            _ => self.key()?,
        };
        let slot = usize::try_from(key).ok().and_then(|key| self.memo.get(key));
        match slot.copied().flatten() {
            Some(id) => self.push(id),
            None => Err(self.malformed("a value stored earlier", format!("memo key {key}"))),
        }
    }

    fn memorize(&mut self, opcode: u8) -> Result<()> {
        let key = match opcode {
            op::BINPUT => self.cursor.u8("a memo key")?.into(),
            op::LONG_BINPUT => self.cursor.u32("a memo key")?.into(),
            op::PUT => self.key()?,
            _ => self.remembered as u64,
        };
        let top = self.top()?;
        let key = usize::try_from(key).unwrap_or(usize::MAX);
        self.check(key, self.limits.memo, "memo entries")?;
        if key >= self.memo.len() {
            self.memo.resize(key + 1, None);
        }
        self.remembered += usize::from(self.memo[key].replace(top).is_none());
        Ok(())
    }

    fn key(&mut self) -> Result<u64> {
        let line = self.cursor.line("a memo key")?;
        number::key(line, self.limits)
            .ok_or_else(|| self.malformed("a memo key", String::from_utf8_lossy(line)))
    }

    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    /// Number of values since the last mark.
    pub(super) fn above_floor(&self) -> usize {
        self.stack.len() - self.floor()
    }

    pub(super) fn underflow(&self) -> Error {
        self.malformed("a value on the stack", "none")
    }

    pub(super) fn pop(&mut self) -> Result<Id> {
        if self.above_floor() > 0 {
            self.stack.pop().ok_or_else(|| self.underflow())
        } else {
            Err(self.underflow())
        }
    }

    pub(super) fn top(&self) -> Result<Id> {
        if self.above_floor() > 0 {
            self.stack.last().copied().ok_or_else(|| self.underflow())
        } else {
            Err(self.underflow())
        }
    }

    /// The topmost `count` values, first one first.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        if self.above_floor() >= count {
            Ok(self.stack.split_off(self.stack.len() - count))
        } else {
            Err(self.underflow())
        }
    }

    /// The values since the last mark, which is closed.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Id>> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark)),
            None => Err(self.malformed("an open mark", "none")),
        }
    }

    fn push(&mut self, id: Id) -> Result<()> {
        self.pushes += 1;
        self.check(self.pushes, self.limits.objects, "values")?;
        let waiting = "values waiting on the stack";
        self.check(self.stack.len(), self.limits.stack, waiting)?;
        self.stack.push(id);
        Ok(())
    }

    /// Counts the values that an opcode copies or makes in addition to the one it pushes.
    pub(super) fn charge(&mut self, values: usize) -> Result<()> {
        self.pushes = self.pushes.saturating_add(values);
        self.check(self.pushes, self.limits.objects, "values")
    }

    pub(super) fn push_node(&mut self, node: Node) -> Result<()> {
        // Fits: every node except the shared ones costs a push, and pushes are limited.
        let id = Id(self.nodes.len() as u32);
        self.push(id)?;
        self.nodes.push(node);
        Ok(())
    }

    pub(super) fn push_tuple(&mut self, items: Vec<Id>) -> Result<()> {
        let hashable = items.iter().all(|id| self.node(*id).is_hashable());
        self.push_node(Node::Tuple(Tuple {
            items: items.into(),
            hashable,
        }))
    }

    pub(super) fn check(&self, count: usize, limit: usize, what: &'static str) -> Result<()> {
        if count < limit {
            Ok(())
        } else {
            Err(Error::Limit {
                offset: self.at,
                what,
                limit,
            })
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
}
