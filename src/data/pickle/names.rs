//! Runs the opcodes that name constructors, and resolves the names.

use super::error::{Error, Result};
use super::global::Global;
use super::machine::Machine;
use super::opcode as op;
use super::payload::{Id, Payload};
use super::value::Node;

/// Most parts of a call or a state.
const MOST: usize = 16;

impl<'a> Machine<'a> {
    pub(super) fn global(&mut self, opcode: u8) -> Result<()> {
        let global = match opcode {
            op::GLOBAL => self.named()?,
            _ => {
                let (name, module) = (self.pop()?, self.pop()?);
                self.resolve(self.str(module)?, self.str(name)?)?
            }
        };
        self.push_node(Node::Global(global))
    }

    /// The two lines of GLOBAL and INST.
    fn named(&mut self) -> Result<Global> {
        let (module, name) = (self.name()?, self.name()?);
        self.resolve(module, name)
    }

    fn name(&mut self) -> Result<&'a str> {
        let line = self.cursor.line("a name")?;
        match std::str::from_utf8(line) {
            Ok("") => Err(self.malformed("a name", "an empty line")),
            Ok(name) => Ok(name),
            Err(_) => Err(self.malformed("a name in UTF-8", "other bytes")),
        }
    }

    fn resolve(&self, module: &str, name: &str) -> Result<Global> {
        self.allow_list
            .resolve(module, name)
            .ok_or_else(|| Error::ForbiddenGlobal {
                name: format!("{module}.{name}"),
                offset: self.at,
            })
    }

    /// INST, OBJ, NEWOBJ, NEWOBJ_EX: other forms of a call. The last two do not call `__init__`.
    pub(super) fn instance(&mut self, opcode: u8) -> Result<()> {
        let (global, args) = match opcode {
            op::INST => {
                // The mark is found before the names are read, as in Python.
                let args = self.pop_mark()?;
                (self.named()?, args)
            }
            op::OBJ => {
                let mut items = self.pop_mark()?;
                if items.is_empty() {
                    return Err(self.underflow());
                }
                (self.callable(items.remove(0))?, items)
            }
            _ => {
                let keywords = (opcode == op::NEWOBJ_EX).then(|| self.pop()).transpose()?;
                self.check_no_keywords(keywords)?;
                let (args, class) = (self.pop()?, self.pop()?);
                let (class, args) = (self.callable(class)?, self.tuple(args)?);
                if class.is_filled_after_creation() {
                    (class, Vec::new())
                } else {
                    (class, args)
                }
            }
        };
        if !global.is_class() {
            return Err(self.malformed("a class", "a function"));
        }
        let node = self.call(global, &args)?;
        self.push_node(node)
    }

    fn check_no_keywords(&self, keywords: Option<Id>) -> Result<()> {
        match keywords.map(|id| self.node(id)) {
            None => Ok(()),
            Some(Node::Dict(entries)) if entries.is_empty() => Ok(()),
            Some(_) => Err(self.malformed("no keyword arguments", "some")),
        }
    }

    pub(super) fn callable(&self, id: Id) -> Result<Global> {
        match self.node(id) {
            Node::Global(global) => Ok(*global),
            other => Err(self.malformed("a constructor to call", other.kind())),
        }
    }

    /// Arguments or a state, which are short.
    pub(super) fn tuple(&self, id: Id) -> Result<Vec<Id>> {
        match self.node(id) {
            Node::Tuple(tuple) if tuple.items.len() > MOST => {
                Err(self.malformed(format!("at most {MOST} values"), "more"))
            }
            Node::Tuple(tuple) => Ok(tuple.items.to_vec()),
            other => Err(self.malformed("a tuple of arguments", other.kind())),
        }
    }

    /// READONLY_BUFFER: no effect, since bytes are never written.
    pub(super) fn read_only(&mut self) -> Result<()> {
        let top = self.top()?;
        match self.node(top) {
            Node::Bytes(_) | Node::Encoded(_) | Node::ByteArray(_) => Ok(()),
            other => Err(self.malformed("a buffer", other.kind())),
        }
    }

    /// Text of a string.
    pub(super) fn str(&self, id: Id) -> Result<&str> {
        let text = match self.node(id) {
            Node::Text(span) | Node::OldText(span) => {
                std::str::from_utf8(self.cursor.bytes(*span)).ok()
            }
            Node::CodedText(line) => line.text.as_deref(),
            other => return Err(self.malformed("a string", other.kind())),
        };
        text.ok_or_else(|| self.malformed("a string", "characters of no known encoding"))
    }

    /// The content of bytes, or of a string that encodes bytes.
    pub(super) fn payload(&mut self, id: Id) -> Result<Payload> {
        match self.node(id) {
            Node::Bytes(span) => Ok(Payload::Raw(*span)),
            Node::Encoded(payload) | Node::ByteArray(payload) => Ok(**payload),
            other if other.kind() == "a string" => self.encoded(id),
            other => Err(self.malformed("bytes", other.kind())),
        }
    }

    /// The bytes that a string encodes, one per character below U+0100.
    pub(super) fn encoded(&mut self, id: Id) -> Result<Payload> {
        match self.node(id) {
            Node::Text(span) => {
                let span = *span;
                self.latin1(span)
            }
            Node::OldText(span) => Ok(Payload::Raw(*span)),
            Node::CodedText(line) => line
                .payload
                .ok_or_else(|| self.malformed("characters up to U+00FF", "others")),
            other => Err(self.malformed("a string", other.kind())),
        }
    }
}
