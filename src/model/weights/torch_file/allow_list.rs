//! Lists the pickle globals that a state dict needs and allows no others.

use crate::data::pickle::{AllowList, global::Global};

/// Makes a tensor of a storage.
pub const REBUILD_TENSOR: &str = "torch._utils._rebuild_tensor_v2";
/// Makes a parameter of a tensor.
pub const REBUILD_PARAMETER: &str = "torch._utils._rebuild_parameter";

/// What `data.pkl` may name.
pub const TORCH: AllowList = AllowList {
    names: &[
        REBUILD_TENSOR,
        REBUILD_PARAMETER,
        "torch.DoubleStorage",
        "torch.FloatStorage",
        "torch.HalfStorage",
        "torch.BFloat16Storage",
        "torch.LongStorage",
        "torch.IntStorage",
        "torch.ShortStorage",
        "torch.CharStorage",
        "torch.ByteStorage",
        "torch.BoolStorage",
    ],
    globals: Some(&[Global::OrderedDict]),
    objects: true,
};

/// Type of a tensor's elements, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DType {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

impl DType {
    /// The elements of a storage class.
    pub fn of_storage(class: &str) -> Option<Self> {
        Some(
            match class.strip_prefix("torch.")?.strip_suffix("Storage")? {
                "Double" => Self::F64,
                "Float" => Self::F32,
                "Half" => Self::F16,
                "BFloat16" => Self::BF16,
                "Long" => Self::I64,
                "Int" => Self::I32,
                "Short" => Self::I16,
                "Char" => Self::I8,
                "Byte" => Self::U8,
                "Bool" => Self::Bool,
                _ => return None,
            },
        )
    }

    /// Bytes of an element.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::BF16 | Self::I16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_storage_that_may_be_named_has_a_type() {
        for name in TORCH.names {
            let storage = name.ends_with("Storage");
            assert_eq!(DType::of_storage(name).is_some(), storage, "{name}");
        }
    }
}
