//! Reads and writes `attempts/` and `failure.json` of a run's directory: which processes worked on it, and the
//! last error.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::error::{Result, io};
use super::run_dir::RunDir;
use crate::support::fs::write_atomic;
use crate::support::host;
use crate::support::lease::Owner;

/// One process that worked on a run: `attempts/NAME.json`, written at its start and replaced at its
/// end. An attempt without an end is running, or was killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub host: String,
    pub pid: u32,
    /// Where Slurm started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slurm: Option<SlurmTask>,
    /// Seconds since 1970.
    pub started: u64,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// A task of a job array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlurmTask {
    pub array_job: String,
    pub task: String,
    pub restarts: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    /// By a signal, with everything stored.
    Stopped,
    Failed,
    /// Another process had finished the run.
    AlreadyDone,
}

/// The last error of a run: `failure.json`. `DONE` and later attempts outdate it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Name of the attempt that failed.
    pub attempt: String,
    /// Seconds since 1970.
    pub time: u64,
    /// The error and its causes, outermost first.
    pub error: Vec<String>,
    /// Whether the training diverged: losses, gradients or weights were not finite. It would again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub diverged: bool,
    /// The output of the process, where it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// The command that repeats this run.
    pub command: String,
}

impl Attempt {
    /// This process, from now on, as a task of a job array where Slurm started it.
    pub fn here() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let slurm = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
        let restarts = variable("SLURM_RESTART_COUNT").and_then(|count| count.parse().ok());
        Self {
            host: host::name(),
            pid: std::process::id(),
            slurm: slurm.map(|(array_job, task)| SlurmTask {
                array_job,
                task,
                restarts: restarts.unwrap_or(0),
            }),
            started: host::now(),
            ended: None,
            outcome: None,
        }
    }

    /// An attempt of which only the directory's name is known.
    fn starting(owner: Owner) -> Self {
        Self {
            host: owner.host,
            pid: owner.pid,
            slurm: None,
            started: owner.started,
            ended: None,
            outcome: None,
        }
    }

    /// Its process, as the owner of a directory.
    pub fn as_owner(&self) -> Owner {
        Owner {
            started: self.started,
            host: host::plain(&self.host),
            pid: self.pid,
        }
    }

    /// Whether its process is alive, seen from this machine, given the run's last change.
    pub fn is_alive(&self, changed: SystemTime) -> bool {
        self.as_owner().is_alive(&host::plain_name(), changed)
    }

    /// The name of its file, without extension, and of its directory: no two attempts share one.
    pub fn name(&self) -> String {
        self.as_owner().name()
    }

    /// Its file.
    pub fn path(&self, dir: &RunDir) -> PathBuf {
        dir.attempts().join(format!("{}.json", self.name()))
    }

    /// Writes its file, replacing an earlier one.
    ///
    /// # Errors
    /// If the run's directory is gone, since another process has taken the run over, or cannot be written to.
    pub fn write(&self, dir: &RunDir) -> Result<()> {
        let folder = dir.attempts();
        match fs::create_dir(&folder) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(io("create", &folder)(e)),
            _ => {}
        }
        Ok(write_atomic(&self.path(dir), &json(self))?)
    }

    /// Whether Slurm started `self` for the very task that it started `other` for, later: what is left
    /// of `other` is on a node that Slurm has given up.
    pub fn replaces(&self, other: &Self) -> bool {
        let both = self.slurm.as_ref().zip(other.slurm.as_ref());
        both.is_some_and(|(own, other)| {
            (&own.array_job, &own.task) == (&other.array_job, &other.task)
                && own.restarts > other.restarts
        })
    }
}

impl Failure {
    /// Writes `failure.json`, replacing an earlier one.
    ///
    /// # Errors
    /// If the run's directory cannot be written to.
    pub fn write(&self, dir: &RunDir) -> Result<()> {
        Ok(write_atomic(&dir.failure(), &json(self))?)
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Text and numbers cannot fail to serialize.
    let mut json = serde_json::to_vec_pretty(value).unwrap_or_default();
    json.push(b'\n');
    json
}

impl RunDir {
    /// The attempts at this run, oldest first; what cannot be read is left out.
    pub fn read_attempts(&self) -> Vec<Attempt> {
        let entries = fs::read_dir(self.attempts()).into_iter().flatten();
        let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).ok()?).ok();
        let files = entries.flatten().map(|entry| entry.path());
        let files = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
        let mut attempts: Vec<Attempt> = files.filter_map(read).collect();
        attempts.sort_by(|a, b| (a.started, &a.host, a.pid).cmp(&(b.started, &b.host, b.pid)));
        attempts
    }

    /// The current or last attempt: the one that the directory of an unfinished run is named after, since clocks
    /// of other machines may differ, even if it has not written its file yet.
    pub fn owner(&self) -> Option<Attempt> {
        let name = self.path().file_name().unwrap_or_default();
        let named = Owner::parse(&name.to_string_lossy());
        let mut attempts = self.read_attempts();
        match named {
            Some(owner) => attempts
                .into_iter()
                .find(|attempt| attempt.as_owner() == owner)
                .or_else(|| Some(Attempt::starting(owner))),
            None => attempts.pop(),
        }
    }

    /// Whether this process advanced the run: finished it, or stored a checkpoint.
    pub fn advanced_here(&self) -> bool {
        let (host, pid) = (host::name(), std::process::id());
        let attempts = self.read_attempts().into_iter();
        let mut ours = attempts.filter(|attempt| attempt.host == host && attempt.pid == pid);
        let stored = |since: u64| {
            let changed =
                fs::metadata(self.last_checkpoint()).and_then(|metadata| metadata.modified());
            let since = UNIX_EPOCH + Duration::from_secs(since);
            changed.is_ok_and(|changed| changed >= since)
        };
        ours.next_back()
            .is_some_and(|ours| ours.outcome == Some(Outcome::Done) || stored(ours.started))
    }

    /// The last error of this run; `None` where there was none.
    pub fn read_failure(&self) -> Option<Failure> {
        serde_json::from_slice(&fs::read(self.failure()).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_read_in_order_and_an_end_replaces_a_start() {
        let runs = tempfile::tempdir().unwrap();
        let dir = RunDir::create(runs.path(), "a").unwrap();
        let mut attempts = [30, 7].map(|started| Attempt {
            host: "n1.cluster".into(),
            pid: 12,
            slurm: None,
            started,
            ended: None,
            outcome: None,
        });
        attempts.iter().for_each(|a| a.write(&dir).unwrap());
        attempts[1].ended = Some(9);
        attempts[1].outcome = Some(Outcome::Stopped);
        attempts[1].write(&dir).unwrap();
        let [later, earlier] = attempts;
        assert_eq!(dir.read_attempts(), [earlier, later]);
        assert_eq!(dir.read_failure(), None);
    }

    #[test]
    fn a_folder_that_is_gone_is_not_made_again() {
        let runs = tempfile::tempdir().unwrap();
        let dir = RunDir::open(runs.path().join("a"));
        Attempt::here().write(&dir).unwrap_err();
        assert!(!dir.path().exists());
    }

    #[test]
    fn a_directory_s_owner_is_the_attempt_it_is_named_after_whatever_the_clocks() {
        let runs = tempfile::tempdir().unwrap();
        let late = Attempt::here();
        let early = Attempt {
            host: "elsewhere".into(),
            started: late.started - 90,
            ..late.clone()
        };
        let dir = RunDir::create(runs.path(), &early.name()).unwrap();
        late.write(&dir).unwrap();
        // It is about to write its file.
        assert_eq!(dir.owner().map(|owner| owner.name()), Some(early.name()));
        early.write(&dir).unwrap();
        assert_eq!(dir.owner(), Some(early));
        let other = RunDir::create(runs.path(), "lnln-11").unwrap();
        assert_eq!(other.owner(), None);
        late.write(&other).unwrap();
        assert_eq!(other.owner(), Some(late));
    }

    #[test]
    fn a_run_is_advanced_by_the_process_that_stores_a_checkpoint_or_finishes_it() {
        let runs = tempfile::tempdir().unwrap();
        let dir = RunDir::create(runs.path(), "a").unwrap();
        assert!(!dir.advanced_here());
        let mut ours = Attempt::here();
        let other = Attempt {
            pid: ours.pid + 1,
            ..ours.clone()
        };
        other.write(&dir).unwrap();
        fs::write(dir.last_checkpoint(), "state").unwrap();
        assert!(!dir.advanced_here(), "another process stored it");
        ours.write(&dir).unwrap();
        assert!(dir.advanced_here());
        let old = UNIX_EPOCH + Duration::from_secs(ours.started - 60);
        let mut options = fs::File::options();
        let file = options.append(true).open(dir.last_checkpoint()).unwrap();
        file.set_modified(old).unwrap();
        assert!(!dir.advanced_here(), "it was stored before");
        ours.outcome = Some(Outcome::Done);
        ours.write(&dir).unwrap();
        assert!(dir.advanced_here());
    }
}
