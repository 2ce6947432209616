//! Lock-free ownership: a directory belongs to the process it is named after while its heartbeat is fresh
//! (30 min).
//!
//! `SLOT/STARTED-HOST-PID/`: the slot is what several processes may want, the directory in it is named after
//! its owner. The first owner makes both under a hidden name and renames them; a process that takes over from a
//! dead owner renames its directory. A rename is one step, on local disks and over NFS, so of several processes
//! one succeeds, and a process that was taken for dead finds its directory gone. A process of the same
//! machine is dead when it has ended, one of another machine when its heartbeat is stale.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::fs::temporary_prefix;
use super::heartbeat::{Heartbeat, is_stale};
use super::host;

/// Renames that other processes may win before one gives up.
pub const TRIES: usize = 20;

/// A process that owns a directory, as told by the directory's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Seconds since 1970.
    pub started: u64,
    /// [`host::plain_name`] of its machine.
    pub host: String,
    pub pid: u32,
}

impl Owner {
    /// This process, from now on.
    pub fn here() -> Self {
        Self {
            started: host::now(),
            host: host::plain_name(),
            pid: std::process::id(),
        }
    }

    /// The name of its directory.
    pub fn name(&self) -> String {
        format!("{}-{}-{}", self.started, self.host, self.pid)
    }

    /// The owner with a directory of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let (started, rest) = name.split_once('-')?;
        let (host, pid) = rest.rsplit_once('-')?;
        Some(Self {
            started: started.parse().ok()?,
            host: host.to_owned(),
            pid: pid.parse().ok()?,
        })
    }

    /// Whether the process is alive, seen from the machine called `from`, given its last heartbeat.
    pub fn is_alive(&self, from: &str, beat: SystemTime) -> bool {
        if self.host == from {
            host::is_alive(self.pid, self.started)
        } else {
            !is_stale(beat)
        }
    }
}

/// Takes `slot/name`: renames the directory `left` there, which has no living owner, or makes a new one where
/// there is none. Returns `false` where another process was faster.
///
/// # Errors
/// If the folder of the slot cannot be written to.
pub fn take(slot: &Path, name: &str, left: Option<&Path>) -> io::Result<bool> {
    let mine = slot.join(name);
    let taken = match left {
        Some(left) if left.parent() == Some(slot) => fs::rename(left, &mine),
        Some(left) => fs::create_dir_all(slot).and_then(|()| fs::rename(left, &mine)),
        None => create(slot, name),
    };
    match taken {
        Ok(()) => Ok(true),
        Err(e) => match e.kind() {
            // NFS may report a rename that it has made as failed.
            ErrorKind::NotFound => Ok(mine.is_dir()),
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => Ok(false),
            _ => Err(e),
        },
    }
}

/// Makes the slot with a directory in it, in one step. An empty slot is replaced, one in use is not.
fn create(slot: &Path, name: &str) -> io::Result<()> {
    let folder = slot.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    let prefix = temporary_prefix(slot);
    builder.prefix(&prefix);
    // The default of 0700 would keep a group from working together.
    builder.permissions(Permissions::from_mode(0o777));
    let new = builder.tempdir_in(folder)?;
    fs::create_dir(new.path().join(name))?;
    // Dropping what has been renamed removes nothing.
    fs::rename(new.path(), slot)
}

/// A lease without data of its own: it is given back when dropped.
#[derive(Debug)]
pub struct Lease {
    slot: PathBuf,
    dir: PathBuf,
    _heartbeat: Heartbeat,
}

/// The answer to a request for a lease.
#[derive(Debug)]
pub enum Acquired {
    Mine(Lease),
    /// A living process has it.
    Held(Owner),
}

const HEARTBEAT: &str = "heartbeat";

impl Lease {
    /// Takes the lease on `slot`, unless a living process has it.
    ///
    /// # Errors
    /// If the folder of the slot cannot be written to, or other processes were faster [`TRIES`] times.
    pub fn acquire(slot: &Path) -> io::Result<Acquired> {
        let me = Owner::here();
        let dir = slot.join(me.name());
        for _ in 0..TRIES {
            let entries = fs::read_dir(slot).into_iter().flatten().flatten();
            let found: Vec<PathBuf> = entries
                .map(|entry| entry.path())
                .filter(|path| path.is_dir())
                .collect();
            if let Some(owner) = found.iter().find_map(|path| living_owner(path, &me.host)) {
                return Ok(Acquired::Held(owner));
            }
            if !take(slot, &me.name(), found.first().map(PathBuf::as_path))? {
                continue;
            }
            let heartbeat = dir.join(HEARTBEAT);
            // An earlier owner's file may be another user's, whose time cannot be set.
            let _ = fs::remove_file(&heartbeat);
            match File::create(&heartbeat) {
                // Another machine saw the dead owner's old heartbeat and took the directory over.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                created => created?,
            };
            return Ok(Acquired::Mine(Self {
                slot: slot.to_owned(),
                dir,
                _heartbeat: Heartbeat::start(heartbeat),
            }));
        }
        Err(ErrorKind::ResourceBusy.into())
    }
}

impl Drop for Lease {
    /// Removes this process's directory alone: where it was taken for dead there is nothing to remove.
    fn drop(&mut self) {
        let _ = fs::remove_file(self.dir.join(HEARTBEAT))
            .and_then(|()| fs::remove_dir(&self.dir))
            .and_then(|()| fs::remove_dir(&self.slot));
    }
}

/// The owner of a directory in a slot, if it is alive as seen from the machine called `from`.
fn living_owner(dir: &Path, from: &str) -> Option<Owner> {
    let owner = Owner::parse(&dir.file_name()?.to_string_lossy())?;
    let changed = |path: &Path| {
        fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    let beat = changed(&dir.join(HEARTBEAT)).max(changed(dir));
    let beat = beat.unwrap_or(SystemTime::UNIX_EPOCH);
    owner.is_alive(from, beat).then_some(owner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::super::heartbeat::STALE;
    use super::*;

    fn held(slot: &Path) -> Option<Owner> {
        match Lease::acquire(slot).unwrap() {
            Acquired::Mine(_) => None,
            Acquired::Held(owner) => Some(owner),
        }
    }

    #[test]
    fn names_are_read_back() {
        let owner = Owner {
            started: 7,
            host: "gpu-node-3".into(),
            pid: 12,
        };
        assert_eq!(Owner::parse(&owner.name()), Some(owner));
        assert_eq!(Owner::parse("7-12"), None);
        assert_eq!(Owner::parse("x-a-12"), None);
    }

    #[test]
    fn of_many_one_has_the_lease_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let slot = folder.path().join("a.lease");
        let (owners, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || loop {
            if let Ok(Acquired::Mine(lease)) = Lease::acquire(&slot) {
                let now = owners.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(5));
                owners.fetch_sub(1, Ordering::SeqCst);
                return drop(lease);
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(work);
            }
        });
        assert_eq!(most.into_inner(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_dead_process_s_lease_is_taken_over_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let slot = folder.path().join("a.lease");
        let dead = Owner {
            pid: u32::MAX - 7,
            ..Owner::here()
        };
        fs::create_dir_all(slot.join(dead.name())).unwrap();
        fs::write(slot.join(dead.name()).join(HEARTBEAT), "").unwrap();
        assert_eq!(held(&slot), None);
        assert!(!slot.exists());
    }

    #[test]
    fn another_machine_s_lease_is_taken_over_once_its_heartbeat_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let slot = folder.path().join("a.lease");
        let owner = Owner {
            host: "elsewhere".into(),
            ..Owner::here()
        };
        let dir = slot.join(owner.name());
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(HEARTBEAT), "").unwrap();
        assert_eq!(held(&slot), Some(owner));
        for path in [dir.join(HEARTBEAT), dir.clone()] {
            let long_ago = SystemTime::now() - 2 * STALE;
            File::open(path).unwrap().set_modified(long_ago).unwrap();
        }
        let Acquired::Mine(lease) = Lease::acquire(&slot).unwrap() else {
            panic!("expected the lease");
        };
        assert!(!dir.exists());
        // The owner that was taken for dead finds nothing, and takes nothing away from the new one.
        assert!(lease.dir.join(HEARTBEAT).exists());
        drop(lease);
        assert!(!slot.exists());
    }

    #[test]
    fn a_directory_in_a_slot_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let slot = folder.path().join("a");
        assert!(take(&slot, "one", None).unwrap());
        assert!(!take(&slot, "two", None).unwrap(), "the slot is in use");
        fs::write(slot.join("one/work"), "x").unwrap();
        assert!(take(&slot, "two", Some(&slot.join("one"))).unwrap());
        assert!(!take(&slot, "three", Some(&slot.join("one"))).unwrap());
        assert_eq!(fs::read(slot.join("two/work")).unwrap(), b"x");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
