//! Counts the operations that libtorch dispatches in training steps, by name.
//!
//! On a device an operation costs the host some microseconds, whatever its size; where a step has thousands of
//! small ones, the device waits for the host. What PyTorch's profiler calls a function is counted here
//! by the same hooks, without its cost in time and memory.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::path::Path;

use super::Error;
use super::native::{self, checked};
use crate::support::fs::write_atomic;

unsafe extern "C" {
    fn lnln_count_operations() -> *mut c_char;
    fn lnln_counted_operations() -> *mut c_char;
}

/// The operation by which the host reads a number, for which it waits.
pub const READ: &str = "aten::_local_scalar_dense";

/// Calls of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those of other operations included, which dispatch again.
    pub all: usize,
    /// Those by this program or by the backward pass.
    pub outermost: usize,
}

/// A count under way, of which a process has one at a time.
#[derive(Debug)]
pub struct OperationCount(());

impl OperationCount {
    /// Counts from here on.
    ///
    /// # Errors
    /// [`Error::Libtorch`] where another count is under way.
    pub fn start() -> Result<Self, Error> {
        // SAFETY: the message, if there is one, is taken over by `checked`.
        checked(unsafe { lnln_count_operations() })?;
        Ok(Self(()))
    }

    /// Calls by the operation's name, and the end of the count.
    pub fn finish(self) -> BTreeMap<String, Calls> {
        std::mem::forget(self);
        counted()
    }
}

impl Drop for OperationCount {
    fn drop(&mut self) {
        drop(counted());
    }
}

fn counted() -> BTreeMap<String, Calls> {
    // SAFETY: a text that this side owns now, ended by a zero.
    let lines = unsafe {
        let text = lnln_counted_operations();
        let lines = CStr::from_ptr(text).to_string_lossy().into_owned();
        native::free(text);
        lines
    };
    let line = |line: &str| {
        let mut fields = line.split('\t');
        let name = fields.next()?.to_owned();
        let [all, outermost] = [fields.next()?, fields.next()?].map(|n| n.parse().unwrap_or(0));
        Some((name, Calls { all, outermost }))
    };
    lines.lines().filter_map(line).collect()
}

/// Writes the mean calls per step as CSV, the most frequent operations first: `operation`, `calls`, `outermost`.
/// The first line is their sum.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, calls: &BTreeMap<String, Calls>, steps: usize) -> Result<(), Error> {
    let per_step = |count: usize| count as f64 / steps.max(1) as f64;
    let mut rows: Vec<(&str, Calls)> = calls
        .iter()
        .map(|(name, calls)| (&**name, *calls))
        .collect();
    rows.sort_by(|a, b| b.1.all.cmp(&a.1.all).then(a.0.cmp(b.0)));
    rows.insert(0, ("all", sum(calls)));
    let line = |(name, calls): &(&str, Calls)| {
        format!(
            "{name},{},{}\n",
            per_step(calls.all),
            per_step(calls.outermost)
        )
    };
    let text: String = rows.iter().map(line).collect();
    Ok(write_atomic(
        path,
        format!("operation,calls,outermost\n{text}").as_bytes(),
    )?)
}

/// Calls of all operations together.
pub fn sum(calls: &BTreeMap<String, Calls>) -> Calls {
    calls.values().fold(Calls::default(), |sum, calls| Calls {
        all: sum.all + calls.all,
        outermost: sum.outermost + calls.outermost,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_means_per_step() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operations.csv");
        let calls = |all, outermost| Calls { all, outermost };
        let counted = BTreeMap::from([
            ("aten::add".to_owned(), calls(3, 2)),
            ("aten::mm".to_owned(), calls(8, 0)),
        ]);
        write(&path, &counted, 2).unwrap();
        let expected = "operation,calls,outermost\nall,5.5,1\naten::mm,4,0\naten::add,1.5,1\n";
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }
}
