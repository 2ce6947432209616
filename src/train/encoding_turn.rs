//! Lets one process encode a text while others that share the folder wait.

use std::io;
use std::path::Path;

use crate::support::turn::{Turn, turn};

/// Waits until another process has made the file at `path`, or until it is this one's turn to: its
/// claim holds until it is dropped. `None` where `stop` ends the waiting, and where the folder takes
/// no lock file: then each process encodes for itself, which costs only time.
pub fn take(path: &Path, stop: &dyn Fn() -> bool) -> Option<Turn> {
    let mut reported = String::new();
    let wait = |who: &str| {
        if stop() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        if reported != who {
            who.clone_into(&mut reported);
            let mut parts = who.split_whitespace();
            let (host, process) = (parts.next().unwrap_or("?"), parts.next().unwrap_or("?"));
            tracing::info!("waiting for process {process} on {host}, which encodes the same text");
        }
        Ok(())
    };
    match turn(path, wait) {
        Ok(turn) => Some(turn),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
        Err(error) => {
            tracing::warn!("encodings are not shared: {error}");
            None
        }
    }
}
