//! The description of an array, and where its payload lies.

use super::dtype::{DType, Kind};
use super::payload::{Id, Payload};

/// Elements of an array.
#[derive(Clone, Debug)]
pub enum Data {
    /// `_reconstruct` was called, BUILD not yet.
    Unbuilt,
    Bytes(Payload),
    Objects(Vec<Id>),
}

/// Description of an array.
#[derive(Clone, Debug)]
pub struct Array {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    pub(super) fortran: bool,
    pub(super) data: Data,
    /// Byte of the opcode that completed it, for error texts.
    pub(super) offset: u64,
}

impl Array {
    pub(super) fn unbuilt(offset: u64) -> Self {
        let dtype = DType {
            kind: Kind::Int,
            size: 1,
            big_endian: false,
        };
        Self {
            dtype,
            shape: vec![0],
            fortran: false,
            data: Data::Unbuilt,
            offset,
        }
    }
}
