//! Reads stored arrays: float64 and int64 tensors of a safetensors file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

use super::Error;

/// A dense row-major array.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<T> {
    pub shape: Vec<usize>,
    pub data: Vec<T>,
}

/// All tensors of one file.
#[derive(Clone, Debug)]
pub struct Tensors {
    path: PathBuf,
    floats: BTreeMap<String, Tensor<f64>>,
    integers: BTreeMap<String, Tensor<i64>>,
}

impl Tensors {
    /// Reads a file of float64 and int64 tensors.
    ///
    /// # Errors
    /// [`Error`] where the file cannot be read, is no safetensors file, or holds another type.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|reason| Error::Io {
            path: path.to_owned(),
            reason,
        })?;
        let file = SafeTensors::deserialize(&bytes).map_err(|reason| Error::Safetensors {
            path: path.to_owned(),
            reason,
        })?;
        let (floats, integers) = (BTreeMap::new(), BTreeMap::new());
        let mut tensors = Self {
            path: path.to_owned(),
            floats,
            integers,
        };
        for (name, view) in file.iter() {
            let shape = view.shape().to_vec();
            let words = words(view.data());
            match view.dtype() {
                Dtype::F64 => {
                    let data = words.map(f64::from_le_bytes).collect();
                    tensors
                        .floats
                        .insert(name.to_owned(), Tensor { shape, data });
                }
                Dtype::I64 => {
                    let data = words.map(i64::from_le_bytes).collect();
                    tensors
                        .integers
                        .insert(name.to_owned(), Tensor { shape, data });
                }
                other => {
                    return Err(tensors.unlike(name, "float64 or int64", format!("{other:?}")));
                }
            }
        }
        Ok(tensors)
    }

    /// The float64 tensor called `name`.
    ///
    /// # Errors
    /// [`Error::Tensor`] where there is none.
    pub fn f64(&self, name: &str) -> Result<&Tensor<f64>, Error> {
        self.floats
            .get(name)
            .ok_or_else(|| self.unlike(name, "a float64 tensor", self.kind(name)))
    }

    /// The int64 tensor called `name`.
    ///
    /// # Errors
    /// [`Error::Tensor`] where there is none.
    pub fn i64(&self, name: &str) -> Result<&Tensor<i64>, Error> {
        self.integers
            .get(name)
            .ok_or_else(|| self.unlike(name, "an int64 tensor", self.kind(name)))
    }

    /// Names of all tensors, float64 first, in name order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.floats
            .keys()
            .chain(self.integers.keys())
            .map(String::as_str)
    }

    /// Where the tensors come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about one tensor of this file.
    pub fn unlike(
        &self,
        name: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        let (path, name) = (self.path.clone(), name.to_owned());
        Error::Tensor {
            path,
            name,
            expected: expected.into(),
            found: found.into(),
        }
    }

    fn kind(&self, name: &str) -> &'static str {
        match (
            self.floats.contains_key(name),
            self.integers.contains_key(name),
        ) {
            (true, _) => "a float64 tensor",
            (_, true) => "an int64 tensor",
            _ => "no tensor of that name",
        }
    }
}

/// The 8-byte words of a payload; safetensors has checked its length against shape and type.
fn words(payload: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    payload.as_chunks::<8>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{TensorView, serialize};

    fn file(dtype: Dtype, payload: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.safetensors");
        let view = TensorView::new(dtype, vec![2, 1], payload).unwrap();
        std::fs::write(&path, serialize([("x", view)], None).unwrap()).unwrap();
        (folder, path)
    }

    #[test]
    fn reads_shapes_and_values() {
        let payload: Vec<u8> = [1.5f64, -0.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let (_folder, path) = file(Dtype::F64, &payload);
        let tensors = Tensors::open(&path).unwrap();
        assert_eq!(
            tensors.f64("x").unwrap(),
            &Tensor {
                shape: vec![2, 1],
                data: vec![1.5, 0.0]
            }
        );
        assert_eq!(tensors.names().collect::<Vec<_>>(), ["x"]);
        let message = tensors.i64("x").unwrap_err().to_string();
        assert!(
            message.ends_with("expected an int64 tensor, found a float64 tensor"),
            "{message}"
        );
        let message = tensors.f64("y").unwrap_err().to_string();
        assert!(message.ends_with("`y`: expected a float64 tensor, found no tensor of that name"));
    }

    #[test]
    fn other_types_and_other_files_are_refused() {
        let (_folder, path) = file(Dtype::F32, &[0; 8]);
        let message = Tensors::open(&path).unwrap_err().to_string();
        assert!(
            message.ends_with("tensor `x`: expected float64 or int64, found F32"),
            "{message}"
        );
        std::fs::write(&path, b"junk").unwrap();
        assert!(matches!(
            Tensors::open(&path),
            Err(Error::Safetensors { .. })
        ));
    }
}
