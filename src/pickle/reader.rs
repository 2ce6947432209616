//! An open pickle and its values.

use std::path::Path;

use super::dtype::{DType, Kind};
use super::element::Element;
use super::error::{Error, Result};
use super::limits::Limits;
use super::machine::Machine;
use super::opcode;
use super::payload::{Id, Payload};
use super::source::Source;
use super::value::Node;

/// A parsed pickle. Small values are in memory; array payloads stay in the file.
pub struct Pickle {
    pub(super) source: Source,
    pub(super) nodes: Vec<Node>,
    root: Id,
}

impl Pickle {
    /// Maps and parses a file.
    ///
    /// # Errors
    /// See [`Error`]; the file's path is the caller's to add.
    pub fn open(path: &Path) -> Result<Self> {
        Self::parse(Source::open(path)?, Limits::default())
    }

    /// Parses bytes in memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        Self::parse(Source::Memory(bytes), limits)
    }

    fn parse(source: Source, limits: Limits) -> Result<Self> {
        let parsed = Machine::new(&source, limits).run();
        // Every pickle of protocol 2 and up says so in its first byte.
        if source.first() != Some(&opcode::PROTO) {
            return Err(match parsed {
                Err(error @ Error::ForbiddenGlobal { .. }) => error,
                _ => not_a_pickle(&source),
            });
        }
        let (nodes, root) = parsed?;
        Ok(Self {
            source,
            nodes,
            root,
        })
    }

    /// The pickled object.
    pub fn root(&self) -> Value<'_> {
        Value {
            pickle: self,
            id: self.root,
        }
    }
}

/// Says what a file that is no pickle looks like.
fn not_a_pickle(bytes: &[u8]) -> Error {
    let looks = [
        (
            &b"\x89HDF\r\n"[..],
            "an HDF5 file",
            "name the MMSA pickle it was made from",
        ),
        (
            b"PK\x03\x04",
            "a zip archive (or npz, or a torch file)",
            "unpack it first",
        ),
        (b"\x1f\x8b", "a gzip file", "unpack it first"),
        (b"\x93NUMPY", "an npy file", "name the MMSA pickle"),
        (
            b"<",
            "a web page or XML",
            "download the file again: this is often an error page",
        ),
        (
            b"version https://git-lfs",
            "a Git LFS pointer",
            "fetch the real file with git lfs pull",
        ),
    ];
    let other = "bytes that do not start a pickle of protocol 2 to 5";
    let (_, found, hint) = looks
        .into_iter()
        .find(|(magic, _, _)| bytes.starts_with(magic))
        .unwrap_or((
            b"",
            other,
            "write it again with pickle.dump(..., protocol=4)",
        ));
    Error::NotAPickle {
        found: found.into(),
        hint,
    }
}

/// A value of an open pickle.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(super) pickle: &'a Pickle,
    pub(super) id: Id,
}

impl<'a> Value<'a> {
    pub(super) fn node(self) -> &'a Node {
        &self.pickle.nodes[self.id.0 as usize]
    }

    fn with(self, id: Id) -> Self {
        Self {
            pickle: self.pickle,
            id,
        }
    }

    /// The kind of value in words: `a dict`, `an array`.
    pub fn kind(self) -> &'static str {
        self.node().kind()
    }

    /// A string; a Python 2 string counts if it is ASCII.
    pub fn as_str(self) -> Option<&'a str> {
        let source = &self.pickle.source;
        match self.node() {
            Node::Text(span) => std::str::from_utf8(source.slice(*span)).ok(),
            Node::Bytes(Payload::Raw(span)) => {
                let bytes = source.slice(*span);
                std::str::from_utf8(bytes)
                    .ok()
                    .filter(|text| text.is_ascii())
            }
            _ => None,
        }
    }

    /// A whole number: an integer, a numpy scalar holding one, or a bool.
    pub fn as_i64(self) -> Option<i64> {
        match self.node() {
            Node::Int(value) => Some(*value),
            Node::Bool(value) => Some((*value).into()),
            _ => self.scalar_as(),
        }
    }

    /// A number.
    pub fn as_f64(self) -> Option<f64> {
        match self.node() {
            Node::Float(value) => Some(*value),
            Node::Int(value) => Some(*value as f64),
            _ => self.scalar_as(),
        }
    }

    /// A numpy scalar: its type and bytes.
    pub fn scalar(self) -> Option<(DType, Vec<u8>)> {
        match self.node() {
            Node::Scalar(dtype, payload) => Some((*dtype, payload.to_vec(&self.pickle.source))),
            _ => None,
        }
    }

    fn scalar_as<T: Element>(self) -> Option<T> {
        let (dtype, bytes) = self.scalar()?;
        if matches!(dtype.kind, Kind::Unicode | Kind::Bytes) {
            return None;
        }
        let mut out = Vec::with_capacity(1);
        T::convert(dtype, &bytes, &mut out).ok()?;
        out.pop()
    }

    /// Whether this is a dict.
    pub fn is_dict(self) -> bool {
        matches!(self.node(), Node::Dict(_))
    }

    /// Keys and values of a dict in file order; nothing for other values.
    pub fn entries(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let entries: &[(Id, Id)] = match self.node() {
            Node::Dict(entries) => entries,
            _ => &[],
        };
        entries
            .iter()
            .map(move |(key, value)| (self.with(*key), self.with(*value)))
    }

    /// The value a dict holds under a string key; the last one wins, as in Python.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.entries()
            .filter(|(k, _)| k.as_str() == Some(key))
            .last()
            .map(|(_, value)| value)
    }

    /// Items of a list, tuple or set; `None` for other values.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Value<'a>>> {
        let items: &[Id] = match self.node() {
            Node::List(items) | Node::Tuple(items) | Node::Set(items) => items,
            _ => return None,
        };
        Some(items.iter().map(move |id| self.with(*id)))
    }
}
