//! Checkpoints: named tensors and a line of state in one safetensors file, written atomically.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tch::{Kind, Tensor};

use super::Error;
use crate::record;

/// Key of the one metadata entry; a single entry keeps the header's bytes deterministic.
const STATE: &str = "lnln_bench_state";

/// Write `tensors` and `state` (any JSON text) to `path`: temporary file, sync, rename.
pub fn save(path: &Path, tensors: &[(String, Tensor)], state: &str) -> Result<(), Error> {
    let copies = tensors
        .iter()
        .map(|(_, tensor)| bytes(tensor))
        .collect::<Result<Vec<_>, _>>()?;
    let mut views = Vec::with_capacity(tensors.len());
    for ((name, tensor), (dtype, data)) in tensors.iter().zip(&copies) {
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        let view = TensorView::new(*dtype, shape, data).map_err(|e| broken(path, e))?;
        views.push((name.as_str(), view));
    }
    let metadata = HashMap::from([(STATE.to_owned(), state.to_owned())]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(|e| broken(path, e))?;
    Ok(record::write_atomic(path, &file)?)
}

/// Read what [`save`] wrote: tensors by name (on the CPU) and the state text.
pub fn load(path: &Path) -> Result<(Vec<(String, Tensor)>, String), Error> {
    let file = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    let (_, header) = SafeTensors::read_metadata(&file).map_err(|e| broken(path, e))?;
    let state = header
        .metadata()
        .as_ref()
        .and_then(|m| m.get(STATE))
        .cloned()
        .unwrap_or_default();
    let stored = SafeTensors::deserialize(&file).map_err(|e| broken(path, e))?;
    let mut tensors = Vec::new();
    for (name, view) in stored.tensors() {
        let kind = kind_of(view.dtype()).ok_or_else(|| {
            broken(
                path,
                format!("tensor {name} has unsupported type {:?}", view.dtype()),
            )
        })?;
        let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        tensors.push((name, Tensor::f_from_data_size(view.data(), &shape, kind)?));
    }
    Ok((tensors, state))
}

fn bytes(tensor: &Tensor) -> Result<(Dtype, Vec<u8>), Error> {
    let dtype = match tensor.kind() {
        Kind::Float => Dtype::F32,
        Kind::Double => Dtype::F64,
        Kind::Int64 => Dtype::I64,
        Kind::Bool => Dtype::BOOL,
        kind => {
            return Err(Error::Unexpected(format!(
                "cannot store a tensor of kind {kind:?}"
            )));
        }
    };
    let local = tensor.detach().to_device(tch::Device::Cpu).contiguous();
    let mut data = vec![0; local.numel() * local.kind().elt_size_in_bytes()];
    let count = local.numel();
    local.f_copy_data_u8(&mut data, count)?;
    Ok((dtype, data))
}

fn kind_of(dtype: Dtype) -> Option<Kind> {
    match dtype {
        Dtype::F32 => Some(Kind::Float),
        Dtype::F64 => Some(Kind::Double),
        Dtype::I64 => Some(Kind::Int64),
        Dtype::BOOL => Some(Kind::Bool),
        _ => None,
    }
}

fn broken(path: &Path, reason: impl ToString) -> Error {
    Error::Checkpoint {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_comes_back_and_bytes_are_deterministic() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        let tensors = vec![
            (
                "w".to_owned(),
                Tensor::from_slice(&[1.5f32, -2.0, 3.0, 0.25]).view([2, 2]),
            ),
            ("step".to_owned(), Tensor::from_slice(&[7i64])),
        ];
        save(&a, &tensors, "{\"epoch\":3}").unwrap();
        save(&b, &tensors, "{\"epoch\":3}").unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
        let (back, state) = load(&a).unwrap();
        assert_eq!(state, "{\"epoch\":3}");
        let find = |name: &str| &back.iter().find(|(known, _)| known == name).unwrap().1;
        assert_eq!(*find("w"), tensors[0].1);
        assert_eq!(*find("step"), tensors[1].1);
    }

    #[test]
    fn a_broken_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broken.safetensors");
        std::fs::write(&path, b"nonsense").unwrap();
        assert!(
            load(&path)
                .unwrap_err()
                .to_string()
                .contains("broken.safetensors")
        );
    }
}
