//! Opens pickles and gives access to their values.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::allow_list::AllowList;
use super::dtype::DType;
use super::element::Element;
use super::error::Result;
use super::external_elements::Elements;
use super::global::Global;
use super::limits::Limits;
use super::machine::Machine;
use super::opcode;
use super::other_format::explain;
use super::payload::Id;
use super::source::Source;
use super::value::Node;

/// A parsed pickle. Small values are in memory; array payloads stay in the file.
pub struct Pickle {
    pub(super) source: Arc<Source>,
    pub(super) nodes: Vec<Node>,
    /// Elements of arrays in other files.
    pub(super) elements: Vec<Box<dyn Elements>>,
    root: Id,
    stream: Range<usize>,
    limits: Limits,
    allow_list: &'static AllowList,
}

impl Pickle {
    /// Maps a file and parses its first stream.
    ///
    /// # Errors
    /// See [`Error`]; it does not contain the file's path.
    pub fn open(path: &Path) -> Result<Self> {
        let source = Arc::new(Source::open(path)?);
        Self::parse(source, 0, Limits::default(), &AllowList::NUMPY)
    }

    /// Parses bytes in memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_bytes(bytes: Vec<u8>, limits: Limits) -> Result<Self> {
        Self::with_allow_list(bytes, limits, &AllowList::NUMPY)
    }

    /// Parses bytes in memory that may use the names of an allow-list.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_allow_list(
        bytes: Vec<u8>,
        limits: Limits,
        allow_list: &'static AllowList,
    ) -> Result<Self> {
        Self::parse(Arc::new(Source::Memory(bytes)), 0, limits, allow_list)
    }

    /// Parses the stream after this one; `None` at the end of the file.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn following(&self) -> Option<Result<Self>> {
        let start = self.stream.end;
        let rest = start < self.source.len();
        let source = Arc::clone(&self.source);
        rest.then(|| Self::parse(source, start, self.limits, self.allow_list))
    }

    fn parse(
        source: Arc<Source>,
        start: usize,
        limits: Limits,
        allow_list: &'static AllowList,
    ) -> Result<Self> {
        let parsed = Machine::new(&source, start, limits, allow_list).run();
        let parsed = parsed.map_err(|error| explain(&source[start..], start, error))?;
        Ok(Self {
            source,
            nodes: parsed.nodes,
            elements: Vec::new(),
            root: parsed.root,
            stream: start..parsed.end,
            limits,
            allow_list,
        })
    }

    /// The values of a source that is no pickle.
    pub(super) fn built(
        source: Arc<Source>,
        nodes: Vec<Node>,
        elements: Vec<Box<dyn Elements>>,
        root: Id,
        limits: Limits,
    ) -> Self {
        Self {
            stream: 0..source.len(),
            source,
            nodes,
            elements,
            root,
            limits,
            allow_list: &AllowList::NUMPY,
        }
    }

    /// Bytes of the file that belong to this stream.
    pub fn stream(&self) -> Range<usize> {
        self.stream.clone()
    }

    /// Bytes after this stream.
    pub fn trailing(&self) -> &[u8] {
        &self.source[self.stream.end..]
    }

    /// Size of the whole file.
    pub(super) fn size(&self) -> usize {
        self.source.len()
    }

    /// The protocol that the stream declares; 0 if it declares none, as in protocols 0 and 1.
    pub fn protocol(&self) -> u8 {
        protocol(&self.source[self.stream.start..])
    }

    /// The pickled object.
    pub fn root(&self) -> Value<'_> {
        Value {
            pickle: self,
            id: self.root,
        }
    }
}

/// The protocol that the first bytes of a stream declare; 0 if they declare none.
pub fn protocol(bytes: &[u8]) -> u8 {
    match bytes {
        [opcode::PROTO, protocol, ..] => *protocol,
        _ => 0,
    }
}

/// A value of an open pickle.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    pub(super) pickle: &'a Pickle,
    pub(super) id: Id,
}

impl<'a> Value<'a> {
    /// The pickle that holds it.
    pub fn pickle(self) -> &'a Pickle {
        self.pickle
    }

    pub(super) fn node(self) -> &'a Node {
        &self.pickle.nodes[self.id.0 as usize]
    }

    fn with(self, id: Id) -> Self {
        Self {
            pickle: self.pickle,
            id,
        }
    }

    /// Describes the kind of value: `a dict`, `an array`.
    pub fn kind(self) -> &'static str {
        self.node().kind()
    }

    /// A string; one of Python 2 counts if it is UTF-8.
    pub fn as_str(self) -> Option<&'a str> {
        match self.node() {
            Node::Text(span) | Node::OldText(span) => {
                std::str::from_utf8(self.pickle.source.slice(*span)).ok()
            }
            Node::CodedText(line) => line.text.as_deref(),
            _ => None,
        }
    }

    /// The text of a string, of bytes in UTF-8 (strings of Python 2 that Python 3 loaded as bytes) or of a
    /// numpy string.
    pub fn text(self) -> Option<Cow<'a, str>> {
        if let Some(text) = self.as_str() {
            return Some(Cow::Borrowed(text));
        }
        let source = &self.pickle.source;
        match self.node() {
            Node::Bytes(span) => std::str::from_utf8(source.slice(*span))
                .ok()
                .map(Cow::Borrowed),
            Node::Encoded(payload) => String::from_utf8(payload.to_vec(source))
                .ok()
                .map(Cow::Owned),
            Node::Scalar(scalar) => scalar
                .dtype
                .text(&scalar.payload.to_vec(source))
                .map(Cow::Owned),
            _ => None,
        }
    }

    /// Whether this is bytes, not text.
    pub fn is_bytes(self) -> bool {
        matches!(self.node(), Node::Bytes(_) | Node::Encoded(_))
    }

    /// Whether this is a string of Python 2.
    pub fn is_old_text(self) -> bool {
        matches!(self.node(), Node::OldText(_))
    }

    /// Bytes, if they are stored in the file without an encoding.
    pub fn as_bytes(self) -> Option<&'a [u8]> {
        match self.node() {
            Node::Bytes(span) => Some(self.pickle.source.slice(*span)),
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
            Node::Scalar(scalar) => {
                Some((scalar.dtype, scalar.payload.to_vec(&self.pickle.source)))
            }
            _ => None,
        }
    }

    fn scalar_as<T: Element>(self) -> Option<T> {
        let (dtype, bytes) = self.scalar()?;
        if !dtype.is_number() {
            return None;
        }
        let mut out = Vec::with_capacity(1);
        T::convert(dtype, &bytes, &mut out).ok()?;
        out.pop()
    }

    /// A name of the allow-list, as a value.
    pub fn name(self) -> Option<&'static str> {
        match self.node() {
            Node::Global(Global::Named(name)) => Some(name),
            _ => None,
        }
    }

    /// A call of one of the allow-list's names, and its arguments.
    pub fn call(self) -> Option<(&'static str, Vec<Value<'a>>)> {
        match self.node() {
            Node::Call(call) => {
                let args = call.args.iter().map(|id| self.with(*id)).collect();
                Some((call.name, args))
            }
            _ => None,
        }
    }

    /// The identifier of the external object that this refers to.
    pub fn reference(self) -> Option<Value<'a>> {
        match self.node() {
            Node::Reference(id) => Some(self.with(*id)),
            _ => None,
        }
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

    /// The value a dict holds under a string key, or under the same key as bytes or as a numpy string;
    /// the last one wins, as in Python.
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        let exact = self.entries().filter(|(k, _)| k.as_str() == Some(key));
        let (_, value) = exact.last().or_else(|| {
            let same = |(k, _): &(Value<'a>, _)| k.text().as_deref() == Some(key);
            self.entries().filter(same).last()
        })?;
        Some(value)
    }

    /// Items of a list, tuple or set; `None` for other values.
    pub fn items(self) -> Option<impl ExactSizeIterator<Item = Value<'a>>> {
        let items = self.node().items()?;
        Some(items.iter().map(move |id| self.with(*id)))
    }
}
