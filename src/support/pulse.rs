//! A file whose time moves on while its process lives: the sign of life that other machines see.

use std::fs::File;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

/// Pause between two signs of life.
const BEAT: Duration = Duration::from_secs(60);

/// What has given no sign of life for so long is taken for dead: many beats, so that neither a slow
/// network file system nor clocks that differ by minutes kill anybody.
pub const QUIET: Duration = Duration::from_secs(1800);

/// Whether what changed then is taken for dead. A time to come is that of another machine's clock.
pub fn is_quiet(changed: SystemTime) -> bool {
    changed.elapsed().is_ok_and(|age| age >= QUIET)
}

/// Beats until it is dropped, or until the file is gone.
#[derive(Debug)]
pub struct Pulse {
    /// Its end ends the thread.
    _end: Sender<()>,
}

impl Pulse {
    /// Sets the time of the file at `path` again and again.
    pub fn of(path: PathBuf) -> Self {
        Self::every(BEAT, path)
    }

    fn every(beat: Duration, path: PathBuf) -> Self {
        let (end, ended) = channel();
        let beats = move || {
            while ended.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
                let file = File::options().append(true).open(&path);
                let touched = file.and_then(|file| file.set_modified(SystemTime::now()));
                if touched.is_err_and(|e| e.kind() == ErrorKind::NotFound) {
                    return;
                }
            }
        };
        // Without the thread others may take this process for dead, which costs work and no result.
        let _ = thread::Builder::new().name("pulse".into()).spawn(beats);
        Self { _end: end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_time_moves_on_while_its_process_lives_and_no_longer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let changed = || file.path().metadata().unwrap().modified().unwrap();
        file.as_file().set_modified(long_ago).unwrap();
        assert!(is_quiet(changed()));
        let pulse = Pulse::every(Duration::from_millis(1), file.path().to_owned());
        while is_quiet(changed()) {
            thread::yield_now();
        }
        drop(pulse);
        // A beat may be under way.
        thread::sleep(Duration::from_millis(100));
        file.as_file().set_modified(long_ago).unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(is_quiet(changed()));
    }

    #[test]
    fn a_clock_that_is_ahead_kills_nobody() {
        assert!(!is_quiet(SystemTime::now() + 2 * QUIET));
        assert!(is_quiet(SystemTime::now() - 2 * QUIET));
    }
}
