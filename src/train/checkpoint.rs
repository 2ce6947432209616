//! Reads and writes checkpoints: named tensors and a line of state in one safetensors file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use memmap2::{Mmap, UncheckedAdvice};
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use tch::{Device, Kind, Tensor};

use super::Error;
use crate::support::fs::write_atomic_with;

/// Key of the one metadata entry; a single entry keeps the header's bytes deterministic.
const STATE: &str = "lnln_bench_state";

/// Elements copied at a time on their way to the disk: weights and moments are never in memory twice.
const PIECE: usize = 1 << 20;

/// Write `tensors` and `state` (any JSON text) to `path`: temporary file, sync, rename.
pub fn save(path: &Path, tensors: &[(String, Tensor)], state: &str) -> Result<(), Error> {
    let mut ordered = tensors
        .iter()
        .map(|(name, tensor)| Ok((dtype_of(tensor)?, name, tensor)))
        .collect::<Result<Vec<_>, Error>>()?;
    // The format's order: wide elements first, so that every tensor is aligned.
    ordered.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let header = header(&ordered, state).map_err(|e| broken(path, e))?;
    Ok(write_atomic_with(path, |out| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        ordered
            .iter()
            .try_for_each(|(_, _, tensor)| write_elements(out, tensor))
    })?)
}

/// The JSON in front of the elements, padded to eight bytes.
fn header(
    ordered: &[(Dtype, &String, &Tensor)],
    state: &str,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut start = 0;
    let infos = ordered.iter().map(|(dtype, name, tensor)| {
        let end = start + tensor.numel() * tensor.kind().elt_size_in_bytes();
        let info = TensorInfo {
            dtype: *dtype,
            shape: tensor.size().iter().map(|&n| n as usize).collect(),
            data_offsets: (start, end),
        };
        start = end;
        ((*name).clone(), info)
    });
    let state = HashMap::from([(STATE.to_owned(), state.to_owned())]);
    let metadata = Metadata::new(Some(state), infos.collect())?;
    let mut text = serde_json::to_vec(&metadata)?;
    text.resize(text.len().next_multiple_of(8), b' ');
    Ok(text)
}

/// The elements in row-major order, piece by piece.
fn write_elements(out: &mut dyn Write, tensor: &Tensor) -> io::Result<()> {
    let flat = tensor.detach().contiguous().view([-1]);
    let (count, size) = (flat.numel(), flat.kind().elt_size_in_bytes());
    let mut piece = vec![0; count.min(PIECE) * size];
    for start in (0..count).step_by(PIECE) {
        let len = PIECE.min(count - start);
        let part = flat.narrow(0, start as i64, len as i64);
        let bytes = &mut piece[..len * size];
        let local = part.f_to_device(Device::Cpu).map_err(io::Error::other)?;
        local.f_copy_data_u8(bytes, len).map_err(io::Error::other)?;
        out.write_all(bytes)?;
    }
    Ok(())
}

/// Read what [`save`] wrote: tensors by name (on the CPU) and the state text.
pub fn load(path: &Path) -> Result<(Vec<(String, Tensor)>, String), Error> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    // SAFETY: the map is read-only and private; files of this name are replaced, never changed.
    let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(path, e))?;
    let (_, header) = SafeTensors::read_metadata(&map).map_err(|e| broken(path, e))?;
    let state = header
        .metadata()
        .as_ref()
        .and_then(|m| m.get(STATE))
        .cloned()
        .unwrap_or_default();
    let stored = SafeTensors::deserialize(&map).map_err(|e| broken(path, e))?;
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
        // SAFETY: pages of a read-only map of a file; read again they hold the same. A hint that
        // may be refused without harm.
        let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
    }
    Ok((tensors, state))
}

fn dtype_of(tensor: &Tensor) -> Result<Dtype, Error> {
    match tensor.kind() {
        Kind::Float => Ok(Dtype::F32),
        Kind::Double => Ok(Dtype::F64),
        Kind::Int64 => Ok(Dtype::I64),
        Kind::Bool => Ok(Dtype::BOOL),
        kind => Err(Error::Unexpected(format!(
            "cannot store a tensor of kind {kind:?}"
        ))),
    }
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
    use safetensors::tensor::TensorView;

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
    fn files_are_those_the_format_s_own_writer_makes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let long = Tensor::arange(2 * PIECE as i64 + 3, (Kind::Float, Device::Cpu));
        let square = Tensor::arange(6, (Kind::Double, Device::Cpu)).view([2, 3]);
        let tensors = vec![
            ("b.long".to_owned(), long),
            ("turned".to_owned(), square.tr()),
            (
                "a.none".to_owned(),
                Tensor::zeros([0, 2], (Kind::Float, Device::Cpu)),
            ),
            ("step".to_owned(), Tensor::from(7i64)),
            ("flag".to_owned(), Tensor::from_slice(&[true, false])),
        ];
        save(&path, &tensors, "{\"epoch\":3}").unwrap();
        let bytes = |t: &Tensor| {
            let mut bytes = vec![0; t.numel() * t.kind().elt_size_in_bytes()];
            t.contiguous().copy_data_u8(&mut bytes, t.numel());
            bytes
        };
        let data: Vec<Vec<u8>> = tensors.iter().map(|(_, t)| bytes(t)).collect();
        let views = tensors.iter().zip(&data).map(|((name, t), data)| {
            let shape = t.size().iter().map(|&n| n as usize).collect();
            let view = TensorView::new(dtype_of(t).unwrap(), shape, data).unwrap();
            (name.as_str(), view)
        });
        let state = HashMap::from([(STATE.to_owned(), "{\"epoch\":3}".to_owned())]);
        let expected = safetensors::serialize(views, Some(state)).unwrap();
        assert!(std::fs::read(&path).unwrap() == expected);
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
