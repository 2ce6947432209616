//! Heartbeat of a process: it renews a file's time while it lives, which other machines can see.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

/// Pause between two beats.
const BEAT: Duration = Duration::from_secs(60);

/// Age at which a heartbeat counts as stopped: many beats, so that neither a slow network file system nor
/// clocks that differ by minutes cost a living process its work.
pub const STALE: Duration = Duration::from_secs(1800);

/// Whether the last beat is too old. A time in the future is that of another machine's clock.
pub fn is_stale(beat: SystemTime) -> bool {
    beat.elapsed().is_ok_and(|age| age >= STALE)
}

/// Beats until it is dropped, or until the file is gone.
#[derive(Debug)]
pub struct Heartbeat {
    /// Dropping it ends the thread.
    _end: Sender<()>,
}

impl Heartbeat {
    /// Renews the time of the file at `path` once a minute.
    pub fn start(path: PathBuf) -> Self {
        Self::every(BEAT, path)
    }

    fn every(beat: Duration, path: PathBuf) -> Self {
        let (end, ended) = channel();
        let beats = move || {
            while ended.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
                let file = File::options().append(true).open(&path);
                let renewed = file.and_then(|file| file.set_modified(SystemTime::now()));
                if renewed.is_err_and(|e| e.kind() == ErrorKind::NotFound) {
                    return;
                }
            }
        };
        // Without the thread other machines may take this process for dead, which costs work and no result.
        let _ = thread::Builder::new().name("heartbeat".into()).spawn(beats);
        Self { _end: end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_time_is_renewed_until_the_heartbeat_is_dropped() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let changed = || file.path().metadata().unwrap().modified().unwrap();
        file.as_file().set_modified(long_ago).unwrap();
        assert!(is_stale(changed()));
        let heartbeat = Heartbeat::every(Duration::from_millis(1), file.path().to_owned());
        while is_stale(changed()) {
            thread::yield_now();
        }
        drop(heartbeat);
        // A beat may be under way.
        thread::sleep(Duration::from_millis(100));
        file.as_file().set_modified(long_ago).unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(is_stale(changed()));
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_heartbeat_stale() {
        assert!(!is_stale(SystemTime::now() + 2 * STALE));
        assert!(is_stale(SystemTime::now() - 2 * STALE));
    }
}
