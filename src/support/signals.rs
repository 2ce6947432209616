//! Sets how the process takes signals that would end it in the middle of a write.

use nix::sys::signal::{SigHandler, Signal, signal};

/// Makes a write beyond the limit on file sizes (`ulimit -f`) an error that names the file; by default the
/// process ends at SIGXFSZ without a word.
pub fn ignore_file_size_signal() {
    // SAFETY: no handler is installed, the signal is only ignored.
    let ignored = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
    // It cannot fail for a signal that exists; if it did, the default would stay.
    let _ = ignored;
}
