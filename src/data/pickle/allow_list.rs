//! What a format that builds on pickles may name beyond plain data and arrays.

use super::global::Global;

/// The names and references a stream may hold. Neither is ever called or followed: the caller gets
/// a description of them ([`Value::call`](super::Value::call),
/// [`Value::reference`](super::Value::reference)).
#[derive(Clone, Copy, Debug)]
pub struct AllowList {
    /// Names of its own, `module.name`.
    pub names: &'static [&'static str],
    /// The constructors of [`super::global`] it uses; `None` for all.
    pub globals: Option<&'static [Global]>,
    /// Whether the stream refers to objects kept elsewhere (BINPERSID), and dicts carry attributes,
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

    /// What an allowed name stands for.
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

    const DIALECT: AllowList = AllowList {
        names: &["lib.part.make"],
        globals: Some(&[Global::OrderedDict]),
        objects: true,
    };

    #[test]
    fn only_exact_pairs_resolve() {
        let made = Some(Global::Named("lib.part.make"));
        assert_eq!(DIALECT.resolve("lib.part", "make"), made);
        for (module, name) in [
            ("lib", "make"),
            ("lib", "part.make"),
            ("lib.part.make", ""),
            ("", "lib.part.make"),
            ("os", "system"),
            ("numpy", "dtype"),
        ] {
            assert_eq!(DIALECT.resolve(module, name), None, "{module}.{name}");
        }
        let dict = DIALECT.resolve("collections", "OrderedDict");
        assert_eq!(dict, Some(Global::OrderedDict));
    }
}
