//! Ctrl-C and SIGTERM end a sweep between two steps; a second Ctrl-C ends the program at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// A flag that a signal raises.
pub fn watch() -> anyhow::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    // Registered first, so that it acts on the second signal: by then the flag is up.
    flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&raised))?;
    for signal in [SIGINT, SIGTERM, SIGUSR1] {
        flag::register(signal, Arc::clone(&raised))?;
    }
    Ok(raised)
}
