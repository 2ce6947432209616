//! One process at a time makes a file that many want; the others wait until it is there.
//!
//! Who makes the file puts another beside it, `.NAME.claim`, which names machine and process and gives
//! a sign of life ([`Pulse`]). It is no lock: a claim whose process is gone, or has been quiet for long,
//! is taken away. Where a rename meets another at the wrong moment two processes make the same file,
//! which costs time alone, since the file appears whole.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::host;
use super::pulse::{Pulse, QUIET};

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// What a wait for one's turn ends with.
#[derive(Debug)]
pub enum Turn {
    /// The file is there.
    There,
    /// To make the file; drop it when that is done, well or not.
    Mine(Claim),
}

/// The right to make a file, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    words: String,
    _pulse: Pulse,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Only one's own: who was taken for dead has nothing to take away.
        if fs::read_to_string(&self.path).is_ok_and(|words| words == self.words) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Waits until the file at `path` is there or this process may make it. `wait` is called before every
/// pause with the words of who makes it, and ends the waiting with an error.
///
/// # Errors
/// If the folder cannot be written, and what `wait` returns.
pub fn turn<E: From<io::Error>>(
    path: &Path,
    mut wait: impl FnMut(&str) -> Result<(), E>,
) -> Result<Turn, E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let claim = path.with_file_name(format!(".{name}.claim"));
    let mut last: Option<(Seen, Instant)> = None;
    loop {
        if path.exists() {
            return Ok(Turn::There);
        }
        if let Some(mine) = make(&claim)? {
            // Its maker may have finished between the two looks.
            return Ok(if path.exists() {
                Turn::There
            } else {
                Turn::Mine(mine)
            });
        }
        let Some(seen) = Seen::look(&claim) else {
            continue;
        };
        let since = match &last {
            Some((known, since)) if *known == seen => *since,
            _ => Instant::now(),
        };
        if seen.is_dead() || since.elapsed() >= QUIET {
            take_away(&claim, &seen)?;
            continue;
        }
        wait(&seen.words)?;
        last = Some((seen, since));
        std::thread::sleep(LOOK);
    }
}

/// Makes the claim; `None` where there is one.
fn make(path: &Path) -> io::Result<Option<Claim>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    let words = format!("{} {} {now}\n", host::plain_name(), std::process::id());
    // Written elsewhere and given its name whole, or another process could read half of it.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".claim-").suffix(".tmp");
    // The default is 0600, which would keep a group from seeing whose turn it is.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut whole = builder.tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
    whole.write_all(words.as_bytes())?;
    match whole.persist_noclobber(path) {
        Ok(_) => Ok(Some(Claim {
            path: path.to_owned(),
            words,
            _pulse: Pulse::of(path.to_owned()),
        })),
        Err(_) if path.exists() => Ok(None),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(e) => Err(e.error),
    }
}

/// A claim as it was found. That it stays the same is judged by this machine's clock alone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    words: String,
    changed: SystemTime,
}

impl Seen {
    /// `None` where the claim is gone.
    fn look(path: &Path) -> Option<Self> {
        Some(Self {
            changed: fs::metadata(path).ok()?.modified().ok()?,
            // What may not be read can still be seen to change.
            words: fs::read_to_string(path).unwrap_or_default(),
        })
    }

    /// Whether its process was one of this machine and is gone.
    fn is_dead(&self) -> bool {
        let mut words = self.words.split_whitespace();
        let (Some(host), Some(pid), Some(started)) = (words.next(), words.next(), words.next())
        else {
            return false;
        };
        let (Ok(pid), Ok(started)) = (pid.parse(), started.parse()) else {
            return false;
        };
        host == host::plain_name() && !host::lives(pid, started)
    }
}

/// Takes away a dead claim: of several who find it dead, one does.
fn take_away(path: &Path, dead: &Seen) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let id = (host::plain_name(), std::process::id());
    let aside = path.with_file_name(format!("{name}-{}-{}", id.0, id.1));
    match fs::rename(path, &aside) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
        Ok(()) => {
            // Another may have been faster, and this is a living one's claim: it goes back, unless
            // there is a third by now.
            if Seen::look(&aside).is_some_and(|seen| seen.words != dead.words) {
                let _ = fs::hard_link(&aside, path);
            }
            fs::remove_file(&aside)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// What everybody does who wants the file; whether this one made it.
    fn want(path: &Path) -> bool {
        match turn::<io::Error>(path, |_| Ok(())).unwrap() {
            Turn::There => false,
            Turn::Mine(claim) => {
                std::thread::sleep(Duration::from_millis(50));
                fs::write(path, "made").unwrap();
                drop(claim);
                true
            }
        }
    }

    #[test]
    fn of_many_one_makes_the_file_and_no_claim_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let made = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| *made.lock().unwrap() += usize::from(want(&path)));
            }
        });
        assert_eq!(*made.lock().unwrap(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn who_fails_leaves_the_turn_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        drop(turn::<io::Error>(&path, |_| Ok(())).unwrap());
        assert!(want(&path));
    }

    #[test]
    fn a_dead_process_s_claim_is_taken_and_a_foreign_one_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let claim = folder.path().join(".a.h5.claim");
        let dead = format!("{} {} 7\n", host::plain_name(), u32::MAX - 7);
        fs::write(&claim, dead).unwrap();
        assert!(want(&path));
        fs::remove_file(&path).unwrap();
        fs::write(&claim, "elsewhere 1 7\n").unwrap();
        let mut looks = 0;
        let waited = turn(&path, |who| {
            assert_eq!(who, "elsewhere 1 7\n");
            looks += 1;
            match looks {
                3 => Err(io::Error::other("enough")),
                _ => Ok(()),
            }
        });
        assert_eq!(waited.unwrap_err().to_string(), "enough");
        assert!(claim.exists());
    }
}
