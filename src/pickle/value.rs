//! Values of a pickle in one arena.

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
    /// An integer beyond 64 bits; no array file holds one that matters.
    Long,
    Float(f64),
    /// UTF-8, checked.
    Text(Span),
    /// Bytes, a byte array or a string of Python 2.
    Bytes(Payload),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    DType(DType),
    Scalar(DType, Payload),
    Array(Box<Array>),
}

impl Node {
    /// The kind of value in words, for error texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Long => "an integer",
            Self::Float(_) => "a float",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Global(_) => "a constructor",
            Self::DType(_) => "a dtype",
            Self::Scalar(..) => "a numpy scalar",
            Self::Array(_) => "an array",
        }
    }
}
