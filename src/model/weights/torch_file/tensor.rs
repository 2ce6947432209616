//! Reads descriptions of tensors and checks them against their storages.

use std::borrow::Cow;

use super::allow_list::{DType, REBUILD_PARAMETER, REBUILD_TENSOR};
use super::archive::Archive;
use super::error::{Error, Result};
use super::layout::Layout;
use crate::data::pickle::Value;

/// A tensor still on the disk.
#[derive(Debug)]
pub struct Stored {
    dtype: DType,
    layout: Layout,
    /// Name of the storage's entry, below `data/`.
    storage: String,
    /// Elements that the storage declares.
    elements: usize,
}

/// A tensor's elements in row-major order, little-endian.
#[derive(Debug)]
pub struct Array<'a> {
    pub dtype: DType,
    pub shape: &'a [usize],
    pub bytes: Cow<'a, [u8]>,
}

/// What a value of the state dict describes; `None` where it is no tensor.
pub fn describe(name: &str, value: Value<'_>) -> Result<Option<Stored>> {
    match value.call() {
        Some((REBUILD_PARAMETER, args)) => match args.first().and_then(|inner| inner.call()) {
            Some((REBUILD_TENSOR, args)) => tensor(name, &args).map(Some),
            _ => Err(Error::tensor(name, "a parameter of a tensor", value.kind())),
        },
        Some((REBUILD_TENSOR, args)) => tensor(name, &args).map(Some),
        Some((other, _)) => Err(Error::tensor(
            name,
            "a tensor",
            format!("a call of {other}"),
        )),
        None => Ok(None),
    }
}

/// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`.
fn tensor(name: &str, args: &[Value<'_>]) -> Result<Stored> {
    let [storage, offset, shape, strides, _, _] = args else {
        let found = format!("{} arguments", args.len());
        return Err(Error::tensor(name, "the six parts of a tensor", found));
    };
    let (dtype, key, elements) = storage_of(name, *storage)?;
    Ok(Stored {
        dtype,
        layout: Layout {
            shape: sizes(name, *shape)?,
            strides: sizes(name, *strides)?,
            offset: size(name, *offset)?,
        },
        storage: key,
        elements,
    })
}

/// `('storage', torch.FloatStorage, key, location, elements)`.
fn storage_of(name: &str, value: Value<'_>) -> Result<(DType, String, usize)> {
    const EXPECTED: &str = "('storage', class, key, location, number of elements)";
    let wrong = || Error::tensor(name, EXPECTED, value.kind());
    let parts = value.reference().and_then(Value::items).ok_or_else(wrong)?;
    let parts: Vec<Value<'_>> = parts.take(6).collect();
    let [kind, class, key, _, elements] = parts[..] else {
        return Err(wrong());
    };
    if kind.as_str() != Some("storage") {
        return Err(wrong());
    }
    let class = class.name().ok_or_else(wrong)?;
    let dtype = DType::of_storage(class).ok_or_else(|| Error::tensor(name, "a storage", class))?;
    let key = key.as_str().ok_or_else(wrong)?.to_owned();
    Ok((dtype, key, size(name, elements)?))
}

fn sizes(name: &str, value: Value<'_>) -> Result<Vec<usize>> {
    const MOST_AXES: usize = 64;
    match value.items() {
        Some(items) if items.len() <= MOST_AXES => items.map(|item| size(name, item)).collect(),
        _ => Err(Error::tensor(name, "a size for each axis", value.kind())),
    }
}

fn size(name: &str, value: Value<'_>) -> Result<usize> {
    let number = value.as_i64();
    let size = number.and_then(|number| usize::try_from(number).ok());
    size.ok_or_else(|| match number {
        Some(number) => Error::tensor(name, "a size or an offset from 0 on", number.to_string()),
        None => Error::tensor(name, "a size or an offset", value.kind()),
    })
}

impl Stored {
    pub fn shape(&self) -> &[usize] {
        &self.layout.shape
    }

    /// Whether the storage holds all the tensor reads, and no element is read twice in sum, so that
    /// a small file cannot ask for much memory.
    pub fn check(&self, name: &str, archive: &Archive) -> Result<()> {
        let Layout { shape, strides, .. } = &self.layout;
        if shape.len() != strides.len() {
            let found = format!("shape {shape:?} and strides {strides:?}");
            return Err(Error::tensor(name, "a stride for each axis", found));
        }
        let expected = || format!("entry data/{} of {} elements", self.storage, self.elements);
        let bytes = archive.storage_size(&self.storage);
        if bytes.is_none() || bytes != self.elements.checked_mul(self.dtype.size()) {
            let found = bytes.map_or("none".to_owned(), |bytes| format!("{bytes} bytes"));
            return Err(Error::tensor(name, expected(), found));
        }
        let fits = |count: Option<usize>| count.is_some_and(|count| count <= self.elements);
        if !fits(self.layout.end()) || !fits(self.layout.count()) {
            let Layout { offset, .. } = self.layout;
            let found = format!("shape {shape:?}, strides {strides:?}, offset {offset}");
            let expected = format!("a part of its storage of {} elements", self.elements);
            return Err(Error::tensor(name, expected, found));
        }
        Ok(())
    }

    /// The elements; a copy only where they are not in row-major order.
    pub fn read<'a>(&'a self, archive: &'a Archive) -> Result<Array<'a>> {
        let (storage, size) = (archive.storage(&self.storage)?, self.dtype.size());
        let at = |index: usize| &storage[index * size..(index + 1) * size];
        let bytes = match (self.layout.count(), self.layout.is_contiguous()) {
            (Some(count), true) => {
                let start = self.layout.offset * size;
                match count {
                    0 => Cow::Borrowed(&[][..]),
                    _ => Cow::Borrowed(&storage[start..start + count * size]),
                }
            }
            _ => Cow::Owned(self.layout.indices().flat_map(at).copied().collect()),
        };
        Ok(Array {
            dtype: self.dtype,
            shape: self.shape(),
            bytes,
        })
    }
}
