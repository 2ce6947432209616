//! Reads the elements of an array of an open pickle.

use std::borrow::Cow;

use super::array::{Array, Data};
use super::dtype::{DType, ElementKind};
use super::element::Element;
use super::error::{Error, Result};
use super::payload::Id;
use super::reader::{Pickle, Value};
use super::value::Node;

/// Bytes of a column that is read whole and is outside of the pickle: MOSEI's token ids take 14 MiB as
/// 8-byte numbers, its transcripts as fixed-width text 300.
const LARGEST_COLUMN: usize = 1 << 30;

/// An array of an open pickle.
#[derive(Clone, Copy)]
pub struct ArrayRef<'a> {
    pub(super) array: &'a Array,
    pub(super) pickle: &'a Pickle,
}

impl<'a> ArrayRef<'a> {
    pub fn dtype(&self) -> DType {
        self.array.dtype
    }

    pub fn shape(&self) -> &'a [usize] {
        &self.array.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether the array has no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the payload is in column-major order and not also in row-major order, numpy's
    /// `isfortran`. Reading is always in row-major order.
    pub fn is_fortran(&self) -> bool {
        self.array.is_column_major()
    }

    /// Offset that errors about this array contain.
    pub fn offset(&self) -> u64 {
        self.array.offset
    }

    /// Calls `f` with all elements in row-major order, converted, at most `elements` at a time.
    ///
    /// Needs the memory of two blocks for any size of the array, and a few MiB more if the payload is in
    /// another order.
    ///
    /// # Errors
    /// [`Error::Malformed`] where the elements are not numbers or do not fit `T`; the errors of `f`.
    pub fn for_each_block<T: Element, E: From<Error>>(
        &self,
        elements: usize,
        mut f: impl FnMut(&[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let dtype = self.dtype();
        if !dtype.is_number() {
            return Err(self.malformed("numbers", format!("dtype {dtype}")).into());
        }
        let mut block = Vec::with_capacity(elements.min(self.len()));
        self.for_each_block_bytes(elements * dtype.size, |bytes| {
            block.clear();
            T::convert(dtype, bytes, &mut block)
                .map_err(|found| self.malformed(T::EXPECTED, found))?;
            f(&block)
        })
    }

    /// All elements in row-major order; for labels, lengths and other small columns.
    ///
    /// # Errors
    /// As [`Self::for_each_block`].
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_size()?;
        let mut out = Vec::with_capacity(self.len());
        self.for_each_block(1 << 16, |block: &[T]| {
            out.extend_from_slice(block);
            Ok::<_, Error>(())
        })?;
        Ok(out)
    }

    /// All elements as text: of a `<U`, a byte-string (UTF-8) or an object array of strings or bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] where an element is not text.
    pub fn to_strings(&self) -> Result<Vec<String>> {
        match (&self.array.data, self.array.dtype.kind) {
            (Data::Objects(items), _) => items.iter().map(|id| self.object_string(*id)).collect(),
            (_, ElementKind::Unicode | ElementKind::Bytes) => self.fixed_strings(),
            _ => Err(self.malformed("text", format!("dtype {}", self.dtype()))),
        }
    }

    /// Refuses elements outside of the pickle that would fill the memory: a small compressed file may claim
    /// any number of them.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn check_size(&self) -> Result<()> {
        let bytes = self.len().saturating_mul(self.dtype().size);
        if matches!(self.array.data, Data::External(_)) && bytes > LARGEST_COLUMN {
            let expected = format!("a column of at most {} MiB", LARGEST_COLUMN >> 20);
            return Err(self.malformed(expected, format!("{} MiB", bytes >> 20)));
        }
        Ok(())
    }

    fn object_string(&self, id: Id) -> Result<String> {
        let value = Value {
            pickle: self.pickle,
            id,
        };
        let found = || self.malformed("a string in each element", value.kind());
        value.text().map(Cow::into_owned).ok_or_else(found)
    }

    fn fixed_strings(&self) -> Result<Vec<String>> {
        let dtype = self.dtype();
        if dtype.size == 0 {
            return Ok(vec![String::new(); self.len()]);
        }
        self.check_size()?;
        let mut out = Vec::with_capacity(self.len());
        self.for_each_block_bytes(1 << 16, |bytes| {
            for element in bytes.chunks_exact(dtype.size) {
                let text = dtype.text(element);
                out.push(text.ok_or_else(|| self.malformed("text", "an invalid character"))?);
            }
            Ok::<_, Error>(())
        })?;
        Ok(out)
    }

    /// The elements of an object array in row-major order; empty for other arrays.
    pub fn objects(&self) -> impl ExactSizeIterator<Item = Value<'a>> + use<'a> {
        let items: &[Id] = match &self.array.data {
            Data::Objects(items) => items,
            _ => &[],
        };
        let pickle = self.pickle;
        items.iter().map(move |id| Value { pickle, id: *id })
    }

    /// An error about this array.
    pub(super) fn malformed(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::malformed(self.offset(), expected, found)
    }
}

impl<'a> Value<'a> {
    /// An array.
    pub fn array(self) -> Option<ArrayRef<'a>> {
        match self.node() {
            Node::Array(array) => Some(ArrayRef {
                array,
                pickle: self.pickle,
            }),
            _ => None,
        }
    }
}
