//! The values of a pickle, in one arena.

use super::array::Array;
use super::dtype::DType;
use super::global::Global;
use super::payload::{Id, Payload};
use super::source::Span;

/// A value. Containers refer to others by [`Id`], so nothing here recurses.
#[derive(Clone, Debug)]
pub enum Node {
    None,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits, whose value is not kept.
    Long,
    Float(f64),
    /// UTF-8 as Python accepts it, with single surrogates.
    Text(Span),
    /// A string of Python 2, in any encoding.
    OldText(Span),
    /// Text of protocol 0 that differs from its bytes in the file.
    CodedText(Box<CodedText>),
    Bytes(Span),
    /// Bytes that are encoded as text in the file.
    Encoded(Box<Payload>),
    ByteArray(Box<Payload>),
    List(Vec<Id>),
    Tuple(Tuple),
    Set(Vec<Id>),
    FrozenSet(Box<[Id]>),
    Dict(Vec<(Id, Id)>),
    /// A value whose content is not kept, with a description.
    Other(&'static str),
    Global(Global),
    DType(DType),
    Scalar(Box<Scalar>),
    Array(Box<Array>),
    /// A call of a name on the allow-list.
    Call(Box<Call>),
    /// A reference to an external object.
    Reference(Id),
}

/// A call, which is described and never made.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: &'static str,
    pub args: Box<[Id]>,
}

/// A tuple, and whether it can be a key, as all its items can.
#[derive(Clone, Debug)]
pub struct Tuple {
    pub items: Box<[Id]>,
    pub hashable: bool,
}

/// A numpy scalar.
#[derive(Clone, Copy, Debug)]
pub struct Scalar {
    pub dtype: DType,
    pub payload: Payload,
}

/// Text with escapes or in Latin-1.
#[derive(Clone, Debug)]
pub struct CodedText {
    /// The encoded bytes, if all characters are below U+0100.
    pub payload: Option<Payload>,
    /// The text; `None` for one so long that it can only be an array's payload.
    pub text: Option<Box<str>>,
}

impl Node {
    /// Describes the kind of value, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Long => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) | Self::OldText(_) | Self::CodedText(_) => "a string",
            Self::Bytes(_) | Self::Encoded(_) => "bytes",
            Self::ByteArray(_) => "a byte array",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) | Self::FrozenSet(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Other(kind) => kind,
            Self::Global(_) => "a constructor",
            Self::DType(_) => "a dtype",
            Self::Scalar(_) => "a numpy scalar",
            Self::Array(_) => "an array",
            Self::Call(_) => "a call",
            Self::Reference(_) => "a reference to an object kept elsewhere",
        }
    }

    /// Whether the value is hashable in Python.
    pub fn is_hashable(&self) -> bool {
        match self {
            Self::List(_) | Self::Set(_) | Self::Dict(_) => false,
            Self::ByteArray(_) | Self::Array(_) => false,
            Self::Tuple(tuple) => tuple.hashable,
            _ => true,
        }
    }

    /// Items of a list, tuple or set.
    pub fn items(&self) -> Option<&[Id]> {
        match self {
            Self::List(items) | Self::Set(items) => Some(items),
            Self::FrozenSet(items) => Some(items),
            Self::Tuple(tuple) => Some(&tuple.items),
            _ => None,
        }
    }
}
