//! Reads named weights from any file format that Hugging Face writes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

use super::index::WeightIndex;
use crate::model::error::{ModelError, Result};
use crate::model::weights::torch_file::{self, Array, DType, TorchFile};

/// An open weight file.
#[derive(Debug)]
pub struct WeightFile {
    path: PathBuf,
    stored: Stored,
}

#[derive(Debug)]
enum Stored {
    Safetensors(HashMap<String, Tensor>),
    Torch(Box<TorchFile>),
    /// Files, and which of them holds a name.
    Several(Vec<WeightFile>, HashMap<String, usize>),
}

impl WeightFile {
    /// Opens `model.safetensors`, a file of `torch.save` where the name ends in `.bin`, or the files
    /// of an index where it ends in `.index.json`.
    ///
    /// # Errors
    /// [`ModelError::Torch`], [`ModelError::TorchFile`], [`ModelError::WeightIndex`].
    pub fn open(path: &Path) -> Result<Self> {
        if WeightIndex::is_index(path) {
            return Self::open_several(path);
        }
        let stored = if path.extension().is_some_and(|end| end == "bin") {
            TorchFile::open(path)
                .map(|file| Stored::Torch(Box::new(file)))
                .map_err(refused(path))?
        } else {
            Tensor::read_safetensors(path)
                .map(|tensors| Stored::Safetensors(tensors.into_iter().collect()))
                .map_err(failed(path))?
        };
        Ok(Self {
            path: path.to_owned(),
            stored,
        })
    }

    fn open_several(path: &Path) -> Result<Self> {
        let (mut files, mut indices) = (Vec::new(), HashMap::new());
        for (file, names) in WeightIndex::read(path)?.files {
            let file = Self::open(&file)?;
            if let Some(name) = names.iter().find(|name| file.size(name).is_none()) {
                let file = file.path.display();
                return Err(ModelError::WeightIndex {
                    path: path.to_owned(),
                    what: format!("expected parameter `{name}` in {file}, found none"),
                });
            }
            indices.extend(names.into_iter().map(|name| (name, files.len())));
            files.push(file);
        }
        Ok(Self {
            path: path.to_owned(),
            stored: Stored::Several(files, indices),
        })
    }

    /// Names of all tensors.
    pub fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.stored {
            Stored::Safetensors(tensors) => Box::new(tensors.keys().map(String::as_str)),
            Stored::Torch(file) => Box::new(file.names()),
            Stored::Several(_, indices) => Box::new(indices.keys().map(String::as_str)),
        }
    }

    /// The shape of a tensor; `None` where there is none of this name.
    pub fn size(&self, name: &str) -> Option<Vec<i64>> {
        match &self.stored {
            Stored::Safetensors(tensors) => tensors.get(name).map(Tensor::size),
            Stored::Torch(file) => Some(file.shape(name)?.iter().map(|&n| n as i64).collect()),
            Stored::Several(files, indices) => files[*indices.get(name)?].size(name),
        }
    }

    /// A tensor on the CPU.
    ///
    /// # Errors
    /// [`ModelError::TorchFile`] where its bytes are damaged, [`ModelError::Torch`].
    pub fn read(&self, name: &str) -> Result<Tensor> {
        let none = || ModelError::MissingWeight {
            path: self.path.clone(),
            name: name.to_owned(),
            expected: "any".to_owned(),
            nearest: "none".to_owned(),
        };
        match &self.stored {
            Stored::Safetensors(tensors) => tensors
                .get(name)
                .map(Tensor::shallow_clone)
                .ok_or_else(none),
            Stored::Torch(file) => {
                let array = file.read(name).map_err(refused(&self.path))?;
                tensor(&array.ok_or_else(none)?).map_err(failed(&self.path))
            }
            Stored::Several(files, indices) => {
                let index = indices.get(name).ok_or_else(none)?;
                files[*index].read(name)
            }
        }
    }
}

fn tensor(array: &Array<'_>) -> std::result::Result<Tensor, tch::TchError> {
    let size: Vec<i64> = array.shape.iter().map(|&n| n as i64).collect();
    Tensor::f_from_data_size(&array.bytes, &size, kind(array.dtype))
}

fn kind(dtype: DType) -> Kind {
    match dtype {
        DType::F64 => Kind::Double,
        DType::F32 => Kind::Float,
        DType::F16 => Kind::Half,
        DType::BF16 => Kind::BFloat16,
        DType::I64 => Kind::Int64,
        DType::I32 => Kind::Int,
        DType::I16 => Kind::Int16,
        DType::I8 => Kind::Int8,
        DType::U8 => Kind::Uint8,
        DType::Bool => Kind::Bool,
    }
}

fn refused(path: &Path) -> impl Fn(torch_file::Error) -> ModelError + '_ {
    |reason| ModelError::TorchFile {
        path: path.to_owned(),
        reason,
    }
}

fn failed(path: &Path) -> impl Fn(tch::TchError) -> ModelError + '_ {
    |source| ModelError::Torch {
        doing: format!("reading {}", path.display()),
        source,
    }
}
