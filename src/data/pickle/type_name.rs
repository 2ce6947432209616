//! Describes element types, with the parts of structured ones.

use super::array_ref::ArrayRef;
use super::dtype::{DType, Structure};
use super::key;
use super::payload::Id;
use super::reader::{Pickle, Value};
use super::value::Node;

/// Structures within structures that are described; deeper ones are named by their size.
const DEPTH: usize = 3;
/// Fields that are described.
const FIELDS: usize = 12;

impl ArrayRef<'_> {
    /// The element type as numpy's `dtype.descr` shows it: `<f8`, `[('a', '<f4'), ('b', '<i8', (2,))]`.
    pub fn type_name(&self) -> String {
        name(self.pickle, self.array.dtype, DEPTH)
    }
}

impl Value<'_> {
    /// The element type of a numpy scalar, as [`ArrayRef::type_name`].
    pub fn type_name(self) -> Option<String> {
        let (dtype, _) = self.scalar()?;
        Some(name(self.pickle, dtype, DEPTH))
    }
}

fn name(pickle: &Pickle, dtype: DType, depth: usize) -> String {
    let parts = match (dtype.structure, depth.checked_sub(1)) {
        (Some(Structure::Fields { names, fields }), Some(depth)) => {
            fields_of(pickle, names, fields, depth)
        }
        (Some(Structure::Subarray(base)), Some(depth)) => subarray(pickle, base, depth),
        _ => None,
    };
    parts.unwrap_or_else(|| dtype.to_string())
}

fn fields_of(pickle: &Pickle, names: Id, fields: Id, depth: usize) -> Option<String> {
    let names = items(pickle, names)?;
    let Node::Dict(fields) = node(pickle, fields) else {
        return None;
    };
    let field = |id: &Id| {
        let name = key::repr(pickle, *id);
        let (_, value) = fields
            .iter()
            .find(|(key, _)| key::repr(pickle, *key) == name)?;
        let Node::DType(dtype) = node(pickle, *items(pickle, *value)?.first()?) else {
            return None;
        };
        let part = self::name(pickle, *dtype, depth);
        Some(match dtype.structure {
            Some(_) => format!("({name}, {part})"),
            None => format!("({name}, '{part}')"),
        })
    };
    let shown: Option<Vec<String>> = names.iter().take(FIELDS).map(field).collect();
    let more = if names.len() > FIELDS { ", ..." } else { "" };
    Some(format!("[{}{more}]", shown?.join(", ")))
}

/// `'<i8', (2, 3)`.
fn subarray(pickle: &Pickle, pair: Id, depth: usize) -> Option<String> {
    let [base, shape] = items(pickle, pair)? else {
        return None;
    };
    let Node::DType(base) = node(pickle, *base) else {
        return None;
    };
    Some(format!(
        "'{}', {}",
        name(pickle, *base, depth),
        key::repr(pickle, *shape)
    ))
}

fn node(pickle: &Pickle, id: Id) -> &Node {
    Value { pickle, id }.node()
}

fn items(pickle: &Pickle, id: Id) -> Option<&[Id]> {
    node(pickle, id).items()
}
