//! Seeds libtorch's random generator, of which a process has one.

use std::sync::{Mutex, MutexGuard, PoisonError};

static GENERATOR: Mutex<()> = Mutex::new(());

/// Seeds libtorch and blocks other callers of this function until the guard is dropped.
///
/// Hold the guard while drawing numbers that must be reproducible: initialization, dropout and
/// shuffling on other threads would otherwise draw from the same stream.
pub fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    let guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}
