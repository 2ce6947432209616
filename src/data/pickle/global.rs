//! Lists the only names that a pickle may refer to.

/// A constructor that this reader understands and never calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// Makes an empty array that BUILD fills.
    Reconstruct,
    /// Makes an array from a buffer (protocol 5).
    FromBuffer,
    /// Makes a numpy scalar.
    Scalar,
    /// The array type, first argument of [`Global::Reconstruct`].
    NdArray,
    /// The element type's constructor.
    DType,
    /// Turns Latin-1 text into bytes (protocols 0 to 2 have no byte strings).
    Encode,
    Bytes,
    ByteArray,
    /// Sets have opcodes from protocol 4 on.
    Set,
    FrozenSet,
    Complex,
    Slice,
    Range,
    /// Read as a dict.
    OrderedDict,
    /// Read as a dict; its factory is not called.
    DefaultDict,
    /// Makes an object of any class; known so that the error names the class.
    Reconstructor,
    /// A built-in type as a value: a default dict's factory, or `object`.
    Type,
    /// A name of an [`AllowList`](super::AllowList).
    Named(&'static str),
}

impl Global {
    /// Whether this is a class, not a function.
    pub fn is_class(self) -> bool {
        !matches!(
            self,
            Self::Reconstruct
                | Self::FromBuffer
                | Self::Scalar
                | Self::Encode
                | Self::Reconstructor
                | Self::Named(_)
        )
    }

    /// Whether `__new__` makes it empty for any arguments, to be filled by `__init__`.
    pub fn is_filled_after_creation(self) -> bool {
        matches!(
            self,
            Self::Set | Self::OrderedDict | Self::DefaultDict | Self::ByteArray
        )
    }
}

const MULTIARRAY: &[&str] = &["numpy.core.multiarray", "numpy._core.multiarray"];
const NUMERIC: &[&str] = &["numpy.core.numeric", "numpy._core.numeric"];
const NUMPY: &[&str] = &["numpy"];
const MEMMAP: &[&str] = &["numpy.core.memmap", "numpy._core.memmap"];
const MATRIX: &[&str] = &["numpy", "numpy.matrixlib.defmatrix"];
/// The old name of `builtins`, which Python 3 writes in protocols 0 to 2.
const BUILTINS: &[&str] = &["builtins", "__builtin__"];
const COLLECTIONS: &[&str] = &["collections"];

/// Allowed modules and names, with their constructor; anything else is refused. numpy 2 renamed
/// `numpy.core` to `numpy._core`.
pub const ALLOWED: &[(&[&str], &str, Global)] = &[
    (MULTIARRAY, "_reconstruct", Global::Reconstruct),
    (MULTIARRAY, "scalar", Global::Scalar),
    (NUMERIC, "_frombuffer", Global::FromBuffer),
    (NUMPY, "ndarray", Global::NdArray),
    // Their states are those of plain arrays.
    (NUMPY, "memmap", Global::NdArray),
    (MEMMAP, "memmap", Global::NdArray),
    (MATRIX, "matrix", Global::NdArray),
    (NUMPY, "dtype", Global::DType),
    (&["_codecs"], "encode", Global::Encode),
    (BUILTINS, "bytes", Global::Bytes),
    // Not as `__builtin__.bytearray`, protocols 0 to 2: no array file has one.
    (&["builtins"], "bytearray", Global::ByteArray),
    (BUILTINS, "set", Global::Set),
    (BUILTINS, "frozenset", Global::FrozenSet),
    (BUILTINS, "complex", Global::Complex),
    (BUILTINS, "slice", Global::Slice),
    (&["builtins"], "range", Global::Range),
    (&["__builtin__"], "xrange", Global::Range),
    (COLLECTIONS, "OrderedDict", Global::OrderedDict),
    (COLLECTIONS, "defaultdict", Global::DefaultDict),
    (
        &["copyreg", "copy_reg"],
        "_reconstructor",
        Global::Reconstructor,
    ),
    (BUILTINS, "object", Global::Type),
    (BUILTINS, "list", Global::Type),
    (BUILTINS, "dict", Global::Type),
    (BUILTINS, "tuple", Global::Type),
    (BUILTINS, "int", Global::Type),
    (BUILTINS, "float", Global::Type),
    (BUILTINS, "bool", Global::Type),
    (BUILTINS, "str", Global::Type),
    (&["__builtin__"], "unicode", Global::Type),
    (&["__builtin__"], "long", Global::Type),
];

/// The constructor behind an allowed name.
pub fn resolve(module: &str, name: &str) -> Option<Global> {
    ALLOWED
        .iter()
        .find(|(modules, n, _)| *n == name && modules.contains(&module))
        .map(|(_, _, global)| *global)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_pairs_resolve() {
        assert_eq!(resolve("numpy", "dtype"), Some(Global::DType));
        assert_eq!(
            resolve("numpy._core.numeric", "_frombuffer"),
            Some(Global::FromBuffer)
        );
        for (module, name) in [
            ("os", "system"),
            ("numpy", "load"),
            ("numpy.core.multiarray", "ndarray"),
            ("builtins", "eval"),
            ("builtins", "getattr"),
            ("numpy", "core.multiarray._reconstruct"),
            ("__builtin__", "bytearray"),
            ("", ""),
        ] {
            assert_eq!(resolve(module, name), None, "{module}.{name}");
        }
    }
}
