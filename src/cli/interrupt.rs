//! Turns Ctrl-C and SIGTERM into a flag that ends a sweep between two steps; a second Ctrl-C ends the
//! program at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

/// The flag that a signal raises. The first call registers the handlers; call it early, since an
/// unhandled SIGUSR1 ends the process.
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

/// Whether SIGUSR1 arrived: batch systems send it some time before they end a process.
pub fn was_warned() -> bool {
    WARNED.load(Ordering::Relaxed)
}

/// Whether SIGTERM arrived.
pub fn was_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Waits at most half a minute for SIGTERM.
pub fn wait_for_end() {
    let started = Instant::now();
    while !was_ended() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn register() -> std::io::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    // Registered first, so that it acts on the second signal, when the flag is raised already.
    flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&raised))?;
    flag::register(SIGUSR1, Arc::clone(&WARNED))?;
    flag::register(SIGTERM, Arc::clone(&ENDED))?;
    for signal in [SIGINT, SIGTERM, SIGUSR1] {
        flag::register(signal, Arc::clone(&raised))?;
    }
    keep_from_computing_threads()?;
    Ok(raised)
}

/// Blocks the signals in this thread and those it starts, and handles them in a thread of their own.
///
/// A signal handler's stack frame can overwrite values that libtorch's generated code keeps below the
/// stack pointer (oneDNN, backward pass of an LSTM on AVX-512), which corrupted the heap.
fn keep_from_computing_threads() -> std::io::Result<()> {
    let ours = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1]);
    // Threads and processes inherit the mask, and so does this process after a restart.
    ours.thread_block()?;
    let wait = move || {
        // Fails only for invalid sets.
        let _ = ours.thread_unblock();
        loop {
            std::thread::park();
        }
    };
    let signals = std::thread::Builder::new().name(THREAD.to_owned());
    signals.spawn(wait)?;
    Ok(())
}

/// Name of the thread that handles signals.
const THREAD: &str = "signals";
