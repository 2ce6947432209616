//! Ctrl-C and SIGTERM end a sweep between two steps; a second Ctrl-C ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
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

static WARNED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static ENDED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether SIGUSR1 came: batch systems send it some time before they end a process.
pub fn was_warned() -> bool {
    WARNED.load(Ordering::Relaxed)
}

/// Whether SIGTERM came.
pub fn was_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Waits for SIGTERM, for half a minute at most.
pub fn wait_for_end() {
    let started = Instant::now();
    while !was_ended() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn register() -> std::io::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    // Registered first, so that it acts on the second signal: by then the flag is up.
    flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&raised))?;
    flag::register(SIGUSR1, Arc::clone(&WARNED))?;
    flag::register(SIGTERM, Arc::clone(&ENDED))?;
    for signal in [SIGINT, SIGTERM, SIGUSR1] {
        flag::register(signal, Arc::clone(&raised))?;
    }
    keep_from_computing_threads()?;
    Ok(raised)
}

/// Leaves the signals to a thread that does nothing else; this one and those it starts never take one.
///
/// A handler's frame is laid where libtorch's generated code (oneDNN, the backward pass of an LSTM on
/// AVX-512) still keeps numbers: a signal in its midst has ended programs in a torn heap.
fn keep_from_computing_threads() -> std::io::Result<()> {
    let ours = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1]);
    // Threads and processes inherit what is blocked, this one too where it was started over.
    ours.thread_block()?;
    let wait = move || {
        // It fails for sets that do not exist alone.
        let _ = ours.thread_unblock();
        loop {
            std::thread::park();
        }
    };
    let signals = std::thread::Builder::new().name(THREAD.to_owned());
    signals.spawn(wait)?;
    Ok(())
}

/// Name of the thread that takes signals.
const THREAD: &str = "signals";
