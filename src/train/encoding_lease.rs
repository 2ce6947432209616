//! Lets processes that share a folder of data make each encoding once: one encodes, the others wait.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::support::lease::{Acquired, Lease, Owner};

/// Pause between two looks for the file.
const PAUSE: Duration = Duration::from_millis(200);

/// What waiting for an encoding ended with.
#[derive(Debug)]
pub enum Encoding {
    /// The file is there.
    Stored,
    /// This process makes the file and drops the lease when it is there.
    Mine(Lease),
}

/// Waits until another process has made the file at `path`, or until this one has the lease on it. `None` where
/// `stop` ended the waiting, and where the folder cannot be written to: then every process encodes for itself,
/// which only costs time.
pub fn wait(path: &Path, stop: &dyn Fn() -> bool) -> Option<Encoding> {
    wait_or_fail(path, stop).unwrap_or_else(|error| {
        tracing::warn!("encodings are not shared: {error}");
        None
    })
}

fn wait_or_fail(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<Option<Encoding>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let slot = path.with_file_name(format!(".{name}.lease"));
    let mut reported: Option<Owner> = None;
    loop {
        if path.exists() {
            return Ok(Some(Encoding::Stored));
        }
        let owner = match Lease::acquire(&slot)? {
            // Its last owner may have finished between the two checks.
            Acquired::Mine(_) if path.exists() => return Ok(Some(Encoding::Stored)),
            Acquired::Mine(lease) => return Ok(Some(Encoding::Mine(lease))),
            Acquired::Held(owner) => owner,
        };
        if stop() {
            return Ok(None);
        }
        if reported.as_ref() != Some(&owner) {
            let Owner { host, pid, .. } = &owner;
            tracing::info!("waiting for process {pid} on {host}, which encodes the same text");
            reported = Some(owner);
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What every process does that wants the file; whether this one made it.
    fn make(path: &Path) -> bool {
        match wait(path, &|| false) {
            Some(Encoding::Stored) => false,
            Some(Encoding::Mine(lease)) => {
                std::thread::sleep(Duration::from_millis(50));
                fs::write(path, "made").unwrap();
                drop(lease);
                true
            }
            None => panic!("nothing stopped it"),
        }
    }

    #[test]
    fn of_many_one_makes_the_file_and_no_lease_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| made.fetch_add(usize::from(make(&path)), Ordering::SeqCst));
            }
        });
        assert_eq!(made.into_inner(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_process_that_fails_leaves_the_lease_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        drop(wait(&path, &|| false).unwrap());
        assert!(make(&path));
    }

    #[test]
    fn a_dead_process_s_lease_is_taken_and_another_machine_s_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h5");
        let slot = folder.path().join(".a.h5.lease");
        let dead = Owner {
            pid: u32::MAX - 7,
            ..Owner::here()
        };
        fs::create_dir_all(slot.join(dead.name())).unwrap();
        assert!(make(&path));
        fs::remove_file(&path).unwrap();
        let other = Owner {
            host: "elsewhere".into(),
            ..Owner::here()
        };
        fs::create_dir_all(slot.join(other.name())).unwrap();
        let checks = AtomicUsize::new(0);
        let stopped = wait(&path, &|| checks.fetch_add(1, Ordering::SeqCst) == 2);
        assert!(stopped.is_none());
        assert!(slot.join(other.name()).exists());
    }
}
