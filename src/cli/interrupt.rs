//! Ctrl-C and SIGTERM end a sweep between two steps; a second Ctrl-C ends the program at once.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// The flag that a signal raises. The first call registers it; make it early, since SIGUSR1 ends a
/// process that has not.
pub fn watch() -> anyhow::Result<Arc<AtomicBool>> {
    static FLAG: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
    let mut flag = FLAG.lock().unwrap_or_else(PoisonError::into_inner);
    match &*flag {
        Some(flag) => Ok(Arc::clone(flag)),
        None => {
            let raised = register()?;
            *flag = Some(Arc::clone(&raised));
            Ok(raised)
        }
    }
}

fn register() -> std::io::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    // Registered first, so that it acts on the second signal: by then the flag is up.
    flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&raised))?;
    for signal in [SIGINT, SIGTERM, SIGUSR1] {
        flag::register(signal, Arc::clone(&raised))?;
    }
    Ok(raised)
}
