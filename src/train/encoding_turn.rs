//! Processes that share a folder of data make each encoding once: one encodes, the others wait.

use std::io;
use std::path::Path;

use crate::support::turn::{Turn, turn};

/// Waits until another process has made the file at `path`, or until it is this one's turn to: its
/// claim holds until it is dropped. `None` where `stop` ends the waiting, and where the folder takes
/// no claim: then everybody encodes for themselves, which costs time alone.
pub fn take(path: &Path, stop: &dyn Fn() -> bool) -> Option<Turn> {
    let mut said = String::new();
    let wait = |who: &str| {
        if stop() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        if said != who {
            who.clone_into(&mut said);
            let mut words = who.split_whitespace();
            let (host, process) = (words.next().unwrap_or("?"), words.next().unwrap_or("?"));
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
