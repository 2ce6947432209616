//! BUILD: applies the state that completes an array or an element type.

use super::array::{Array, Data, Order};
use super::dtype::{DType, ElementKind, Structure, Unit};
use super::error::Result;
use super::machine::Machine;
use super::payload::{Id, Payload};
use super::value::Node;

/// Cost of an array without its axes, in values.
const ARRAY: usize = 4;

impl Machine<'_> {
    pub(super) fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let target = self.top()?;
        let node = match self.node(target) {
            // Attributes of a dict are not read.
            Node::Dict(_) if self.allow_list.objects => return self.check_attributes(state),
            Node::DType(dtype) => {
                let dtype = *dtype;
                Node::DType(self.dtype_state(dtype, &self.tuple(state)?)?)
            }
            Node::Array(_) => {
                let fields = self.tuple(state)?;
                Node::Array(Box::new(self.array_state(&fields)?))
            }
            other => return Err(self.malformed("an array or dtype to restore", other.kind())),
        };
        *self.node_mut(target) = node;
        Ok(())
    }

    fn check_attributes(&self, state: Id) -> Result<()> {
        match self.node(state) {
            Node::Dict(_) => Ok(()),
            other => Err(self.malformed("attributes by name", other.kind())),
        }
    }

    /// `(version, order, subdtype, names, fields, size, alignment, flags, metadata)`. Versions
    /// before 4 have no metadata, before 3 no flags, before 2 no names, before 1 no version.
    fn dtype_state(&self, mut dtype: DType, state: &[Id]) -> Result<DType> {
        let (version, order, structure, size, metadata) = match state {
            [version, order, structure @ .., size, _, _, metadata] if state.len() == 9 => {
                (Some(version), order, structure, size, Some(metadata))
            }
            [version, order, structure @ .., size, _, _] if state.len() == 8 => {
                (Some(version), order, structure, size, None)
            }
            [version, order, structure @ .., size, _] if matches!(state.len(), 6 | 7) => {
                (Some(version), order, structure, size, None)
            }
            [order, structure @ .., size, _] if state.len() == 5 => {
                (None, order, structure, size, None)
            }
            _ => return Err(self.malformed("five to nine fields of a dtype", self.count(state))),
        };
        self.check_version(version.copied(), 4, "a dtype")?;
        let structured = structure
            .iter()
            .any(|id| !matches!(self.node(*id), Node::None));
        if structured && dtype.kind != ElementKind::Void {
            return Err(self.malformed("a plain dtype", "a structured one"));
        }
        dtype.structure = self.structure(structure);
        dtype.big_endian = match self.str(*order)? {
            ">" => true,
            "<" | "|" | "=" => false,
            other => return Err(self.malformed("a byte order", format!("{other:?}"))),
        };
        dtype.size = self.element_size(dtype, *size)?;
        if let ElementKind::DateTime(unit) | ElementKind::TimeDelta(unit) = &mut dtype.kind
            && let Some(metadata) = metadata
        {
            *unit = self.unit(*metadata)?;
        }
        Ok(dtype)
    }

    /// The parts of a type: `(base, shape)`, names, and fields by name; each None where there is none.
    fn structure(&self, parts: &[Id]) -> Option<Structure> {
        match parts {
            [_, names, fields] if matches!(self.node(*fields), Node::Dict(_)) => {
                let (names, fields) = (*names, *fields);
                Some(Structure::Fields { names, fields })
            }
            [base, ..] if matches!(self.node(*base), Node::Tuple(_)) => {
                Some(Structure::Subarray(*base))
            }
            _ => None,
        }
    }

    fn count(&self, fields: &[Id]) -> String {
        fields.len().to_string()
    }

    fn check_version(&self, version: Option<Id>, newest: i64, of: &str) -> Result<()> {
        match version.map(|id| self.node(id)) {
            None => Ok(()),
            Some(Node::Int(version)) if (0..=newest).contains(version) => Ok(()),
            Some(Node::Int(version)) => {
                let expected = format!("version 0 to {newest} of {of}'s state");
                Err(self.malformed(expected, version.to_string()))
            }
            Some(other) => {
                Err(self.malformed(format!("the version of {of}'s state"), other.kind()))
            }
        }
    }

    /// The size of text, bytes and structures is here; of other types in the code, and -1 here.
    fn element_size(&self, dtype: DType, id: Id) -> Result<usize> {
        let unit = match dtype.kind {
            ElementKind::Unicode => 4,
            ElementKind::Bytes | ElementKind::Void => 1,
            _ => return Ok(dtype.size),
        };
        match self.node(id) {
            Node::Int(-1) => Ok(dtype.size),
            Node::Int(size) if *size >= 0 && size % unit == 0 => self.to_usize(*size),
            _ => Err(self.malformed("an element size", "something else")),
        }
    }

    /// `(None or {}, (b'ns', 1, 1, 1))`: the unit of a date or a duration and how many of it.
    fn unit(&self, metadata: Id) -> Result<Unit> {
        let wrong = || self.malformed("the unit of a date", self.node(metadata).kind());
        let parts = self.node(metadata).items().ok_or_else(wrong)?;
        let [_, unit] = parts else {
            return Err(wrong());
        };
        let parts = self.node(*unit).items().ok_or_else(wrong)?;
        let [name, count, ..] = parts else {
            return Err(wrong());
        };
        let name = match self.node(*name) {
            Node::Bytes(span) => {
                std::str::from_utf8(self.cursor.bytes(*span)).map_err(|_| wrong())?
            }
            Node::Encoded(payload) => {
                &String::from_utf8(payload.to_vec(self.source)).map_err(|_| wrong())?
            }
            _ => self.str(*name)?,
        };
        let Node::Int(count) = self.node(*count) else {
            return Err(wrong());
        };
        Unit::new(name, *count).ok_or_else(wrong)
    }

    /// `(version, shape, dtype, fortran, payload)`; the oldest have no version.
    fn array_state(&mut self, state: &[Id]) -> Result<Array> {
        let (version, shape, dtype, fortran, payload) = match state {
            [version, shape, dtype, fortran, payload] => {
                (Some(*version), *shape, *dtype, *fortran, *payload)
            }
            [shape, dtype, fortran, payload] => (None, *shape, *dtype, *fortran, *payload),
            _ => return Err(self.malformed("five fields of an array", self.count(state))),
        };
        self.check_version(version, 1, "an array")?;
        let order = match self.node(fortran) {
            Node::Bool(false) | Node::Int(0) => Order::C,
            Node::Bool(true) | Node::Int(_) => Order::Fortran,
            other => return Err(self.malformed("an order flag", other.kind())),
        };
        let dtype = self.dtype_of(dtype)?;
        match self.node(payload) {
            Node::List(_) if dtype.kind == ElementKind::Object => {
                self.object_array(dtype, shape, order, payload)
            }
            _ => {
                let payload = self.payload(payload)?;
                self.new_array(dtype, shape, order, payload)
            }
        }
    }

    fn object_array(&mut self, dtype: DType, shape: Id, order: Order, list: Id) -> Result<Array> {
        let shape = self.array_shape(shape)?;
        let expected = self.product(&shape)?;
        let count = self.node(list).items().map_or(0, <[Id]>::len);
        if expected != count {
            let found = format!("{count} items");
            return Err(self.malformed(format!("{expected} items for shape {shape:?}"), found));
        }
        let items = self.copied(list)?;
        Ok(self.array(dtype, shape, order, Data::Objects(items.into())))
    }

    /// An array whose payload was checked against its shape.
    pub(super) fn new_array(
        &mut self,
        dtype: DType,
        shape: Id,
        order: Order,
        payload: Payload,
    ) -> Result<Array> {
        if dtype.kind == ElementKind::Object {
            return Err(self.malformed("a list of objects", "bytes"));
        }
        let shape = self.array_shape(shape)?;
        let count = self.product(&shape)?;
        if count.checked_mul(dtype.size) != Some(payload.len()) {
            let expected = format!("a payload of shape {shape:?} and dtype {dtype}");
            return Err(self.malformed(expected, format!("{} bytes", payload.len())));
        }
        if dtype.size == 0 {
            // These have no payload to check the shape against.
            self.charge(count)?;
        }
        Ok(self.array(dtype, shape, order, Data::Bytes(payload)))
    }

    fn array(&self, dtype: DType, shape: Vec<usize>, order: Order, data: Data) -> Array {
        Array {
            dtype,
            shape: shape.into(),
            order,
            data,
            offset: self.at,
        }
    }

    fn array_shape(&mut self, id: Id) -> Result<Vec<usize>> {
        let shape = self.shape(id)?;
        self.charge(ARRAY + shape.len())?;
        Ok(shape)
    }

    /// Sizes of the axes, or their order.
    pub(super) fn shape(&self, id: Id) -> Result<Vec<usize>> {
        let sizes = match self.node(id) {
            Node::Tuple(tuple) => &*tuple.items,
            Node::Int(_) => std::slice::from_ref(&id),
            other => return Err(self.malformed("a shape", other.kind())),
        };
        self.check(sizes.len(), self.limits().dimensions + 1, "dimensions")?;
        sizes
            .iter()
            .map(|size| match self.node(*size) {
                Node::Int(size) => self.to_usize(*size),
                other => Err(self.malformed("a dimension", other.kind())),
            })
            .collect()
    }

    /// Number of elements; also if an axis is zero, the product of the others must fit.
    fn product(&self, shape: &[usize]) -> Result<usize> {
        shape
            .iter()
            .filter(|size| **size > 0)
            .try_fold(1usize, |product, size| product.checked_mul(*size))
            .map(|product| if shape.contains(&0) { 0 } else { product })
            .ok_or_else(|| self.malformed("a shape that fits memory", format!("{shape:?}")))
    }

    fn to_usize(&self, value: i64) -> Result<usize> {
        usize::try_from(value).map_err(|_| self.malformed("a size", value.to_string()))
    }
}
