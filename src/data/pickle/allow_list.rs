//! Lists the names that a stream may use in addition to plain data and arrays.

use super::global::Global;

/// The names and references that a stream may use. Neither is ever called or followed: the caller gets
/// a description of them ([`Value::call`](super::Value::call),
/// [`Value::reference`](super::Value::reference)).
#[derive(Clone, Copy, Debug)]
pub struct AllowList {
    /// Additional names, `module.name`.
    pub names: &'static [&'static str],
    /// The allowed constructors of [`super::global`]; `None` for all.
    pub globals: Option<&'static [Global]>,
    /// Whether the stream may refer to external objects (BINPERSID), and dicts may have attributes,
    /// which are not read.
    pub objects: bool,
}

impl AllowList {
    /// Arrays and plain data, all inside the stream.
    pub const NUMPY: Self = Self {
        names: &[],
        globals: None,
        objects: false,
    };

    /// The constructor of an allowed name.
    pub(super) fn resolve(&self, module: &str, name: &str) -> Option<Global> {
        let own = |known: &&&str| known.rsplit_once('.') == Some((module, name));
        if let Some(known) = self.names.iter().find(own) {
            return Some(Global::Named(known));
        }
        let global = super::global::resolve(module, name)?;
        let used = self.globals.is_none_or(|globals| globals.contains(&global));
        used.then_some(global)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW_LIST: AllowList = AllowList {
        names: &["lib.part.make"],
        globals: Some(&[Global::OrderedDict]),
        objects: true,
    };

    #[test]
    fn only_exact_pairs_resolve() {
        let made = Some(Global::Named("lib.part.make"));
        assert_eq!(ALLOW_LIST.resolve("lib.part", "make"), made);
        for (module, name) in [
            ("lib", "make"),
            ("lib", "part.make"),
            ("lib.part.make", ""),
            ("", "lib.part.make"),
            ("os", "system"),
            ("numpy", "dtype"),
        ] {
            assert_eq!(ALLOW_LIST.resolve(module, name), None, "{module}.{name}");
        }
        let dict = ALLOW_LIST.resolve("collections", "OrderedDict");
        assert_eq!(dict, Some(Global::OrderedDict));
    }
}
