//! The only names a pickle may refer to.

/// A numpy or codec constructor this reader understands (and never calls).
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
    /// Turns Latin-1 text into bytes (protocol 2 has no byte strings).
    Encode,
    ByteArray,
    Bytes,
}

/// Exact (module, name) pairs; anything else is refused. numpy 2 renamed `numpy.core` to
/// `numpy._core`, Python 3 renamed `__builtin__` to `builtins`.
pub const ALLOWED: &[(&str, &str, Global)] = &[
    ("numpy.core.multiarray", "_reconstruct", Global::Reconstruct),
    (
        "numpy._core.multiarray",
        "_reconstruct",
        Global::Reconstruct,
    ),
    ("numpy.core.multiarray", "scalar", Global::Scalar),
    ("numpy._core.multiarray", "scalar", Global::Scalar),
    ("numpy.core.numeric", "_frombuffer", Global::FromBuffer),
    ("numpy._core.numeric", "_frombuffer", Global::FromBuffer),
    ("numpy", "ndarray", Global::NdArray),
    ("numpy", "dtype", Global::DType),
    ("_codecs", "encode", Global::Encode),
    ("builtins", "bytearray", Global::ByteArray),
    ("__builtin__", "bytearray", Global::ByteArray),
    ("builtins", "bytes", Global::Bytes),
    ("__builtin__", "bytes", Global::Bytes),
];

/// The constructor behind an allowed name.
pub fn resolve(module: &str, name: &str) -> Option<Global> {
    ALLOWED
        .iter()
        .find(|(m, n, _)| *m == module && *n == name)
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
            ("numpy", "core.multiarray._reconstruct"),
        ] {
            assert_eq!(resolve(module, name), None, "{module}.{name}");
        }
    }
}
