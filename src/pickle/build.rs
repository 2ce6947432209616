//! BUILD: the state that completes an array or an element type.

use super::array::{Array, Data};
use super::dtype::{DType, Kind};
use super::error::Result;
use super::machine::Machine;
use super::payload::{Id, Payload};
use super::value::Node;

impl Machine<'_> {
    pub(super) fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let target = self.top()?;
        let fields = match self.node(state) {
            Node::Tuple(fields) => fields.clone(),
            other => return Err(self.malformed("a tuple as state", other.kind())),
        };
        let node = match self.node(target) {
            Node::DType(dtype) => Node::DType(self.dtype_state(*dtype, &fields)?),
            Node::Array(_) => Node::Array(Box::new(self.array_state(&fields)?)),
            other => return Err(self.malformed("an array or dtype to restore", other.kind())),
        };
        *self.node_mut(target) = node;
        Ok(())
    }

    /// `(version, order, subdtype, names, fields, size, alignment, flags[, metadata])`.
    fn dtype_state(&self, mut dtype: DType, state: &[Id]) -> Result<DType> {
        let [_, order, structure @ .., size, _, _] = self.without_metadata(state) else {
            return Err(self.malformed("eight fields of a dtype", state.len().to_string()));
        };
        if structure.len() != 3
            || structure
                .iter()
                .any(|id| !matches!(self.node(*id), Node::None))
        {
            return Err(self.malformed("a plain dtype", "a structured one"));
        }
        dtype.big_endian = match self.str(*order)? {
            ">" => true,
            "<" | "|" | "=" => false,
            other => return Err(self.malformed("a byte order", format!("{other:?}"))),
        };
        if matches!(dtype.kind, Kind::Unicode | Kind::Bytes) {
            dtype.size = self.text_size(dtype, *size)?;
        }
        Ok(dtype)
    }

    /// Version 4 of the state ends with metadata, which says nothing about the elements.
    fn without_metadata<'s>(&self, state: &'s [Id]) -> &'s [Id] {
        match state {
            [fields @ .., _metadata] if state.len() == 9 => fields,
            _ => state,
        }
    }

    fn text_size(&self, dtype: DType, id: Id) -> Result<usize> {
        let unit = if dtype.kind == Kind::Unicode { 4 } else { 1 };
        match self.node(id) {
            Node::Int(-1) => Ok(dtype.size),
            Node::Int(size) if *size >= 0 && size % unit == 0 => self.to_usize(*size),
            _ => Err(self.malformed("an element size", "something else")),
        }
    }

    /// `(version, shape, dtype, fortran, payload)`.
    fn array_state(&self, state: &[Id]) -> Result<Array> {
        let [_, shape, dtype, fortran, payload] = state else {
            return Err(self.malformed("five fields of an array", state.len().to_string()));
        };
        let fortran = match self.node(*fortran) {
            Node::Bool(flag) => *flag,
            Node::Int(flag) => *flag != 0,
            other => return Err(self.malformed("an order flag", other.kind())),
        };
        let dtype = self.dtype_of(*dtype)?;
        match self.node(*payload) {
            Node::List(items) if dtype.kind == Kind::Object => {
                self.object_array(dtype, *shape, items.clone())
            }
            _ => self.new_array(dtype, *shape, fortran, self.payload(*payload)?),
        }
    }

    fn object_array(&self, dtype: DType, shape: Id, items: Vec<Id>) -> Result<Array> {
        let shape = self.shape(shape)?;
        let expected = self.product(&shape)?;
        if expected != items.len() {
            let found = format!("{} items", items.len());
            return Err(self.malformed(format!("{expected} items for shape {shape:?}"), found));
        }
        Ok(Array {
            dtype,
            shape,
            fortran: false,
            data: Data::Objects(items),
            offset: self.at,
        })
    }

    /// An array whose payload was checked against its shape.
    pub(super) fn new_array(
        &self,
        dtype: DType,
        shape: Id,
        fortran: bool,
        payload: Payload,
    ) -> Result<Array> {
        if dtype.kind == Kind::Object {
            return Err(self.malformed("a list of objects", "bytes"));
        }
        let shape = self.shape(shape)?;
        let size = self.product(&shape)?.checked_mul(dtype.size);
        if size != Some(payload.len()) {
            let expected = format!("a payload of shape {shape:?} and dtype {dtype}");
            return Err(self.malformed(expected, format!("{} bytes", payload.len())));
        }
        Ok(Array {
            dtype,
            shape,
            fortran,
            data: Data::Bytes(payload),
            offset: self.at,
        })
    }

    fn shape(&self, id: Id) -> Result<Vec<usize>> {
        let sizes = match self.node(id) {
            Node::Tuple(sizes) => sizes.as_slice(),
            Node::Int(_) => std::slice::from_ref(&id),
            other => return Err(self.malformed("a shape", other.kind())),
        };
        let limit = self.limits().dimensions;
        if sizes.len() > limit {
            let offset = self.at;
            return Err(super::Error::Limit {
                offset,
                what: "dimensions",
                limit,
            });
        }
        sizes
            .iter()
            .map(|size| match self.node(*size) {
                Node::Int(size) => self.to_usize(*size),
                other => Err(self.malformed("a dimension", other.kind())),
            })
            .collect()
    }

    fn product(&self, shape: &[usize]) -> Result<usize> {
        shape
            .iter()
            .try_fold(1usize, |product, size| product.checked_mul(*size))
            .ok_or_else(|| self.malformed("a shape that fits memory", format!("{shape:?}")))
    }

    fn to_usize(&self, value: i64) -> Result<usize> {
        usize::try_from(value).map_err(|_| self.malformed("a size", value.to_string()))
    }
}
