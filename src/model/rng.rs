//! libtorch's random generator, which is one for the whole process.

use std::sync::{Mutex, MutexGuard, PoisonError};

static GENERATOR: Mutex<()> = Mutex::new(());

/// Seeds libtorch and keeps other callers of this function waiting until the guard is dropped.
///
/// Whoever needs reproducible draws holds the guard while drawing: initialization, dropout and
/// shuffling on other threads would otherwise take numbers from the same stream.
pub fn seeded(seed: i64) -> MutexGuard<'static, ()> {
    let guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed);
    guard
}
