//! A throw-away cluster.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Up while it lives.
pub struct Cluster {
    folder: TempDir,
    configuration: PathBuf,
}

/// A task of an array as squeue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The task's own job number, which equals the array's for one task of it.
    pub raw: String,
    pub array: String,
    pub index: String,
    pub state: String,
    pub node: String,
}

fn script(name: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm");
    Command::new(path.join(name))
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}

impl Cluster {
    /// Nodes of one core each; an array's indices lie below 5.
    pub fn up(nodes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("cluster");
        let mut up = script("up");
        up.args(["-n", &nodes.to_string(), "-c", "1"]);
        up.args(["-x", "MaxArraySize=5"]).arg(&place);
        let output = succeed(&mut up);
        let configuration = String::from_utf8(output.stdout).unwrap().trim().into();
        Self {
            folder,
            configuration,
        }
    }

    /// Loses a node: `crash` with its jobs, `split` while they live on.
    pub fn lose(&self, node: &str, how: &str) {
        let place = self.folder.path().join("cluster");
        succeed(script("down").arg(place).args([node, how]));
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", &self.configuration);
        command
    }

    pub fn call(&self, program: &str, arguments: &[&str]) -> String {
        let output = succeed(self.command(program).args(arguments));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is queued or runs; the report's job has no index and is left out.
    pub fn rows(&self) -> Vec<Row> {
        let text = self.call("squeue", &["-h", "-r", "-o", "%A %F %K %T %N"]);
        let row = |line: &str| {
            let mut words = line.split(' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_default();
            let (raw, array, index, state, node) = (next(), next(), next(), next(), next());
            Row {
                raw,
                array,
                index,
                state,
                node,
            }
        };
        let rows = text.lines().map(row);
        rows.filter(|row| row.index != "N/A").collect()
    }

    /// Waits until nothing is queued any more, the report's job included.
    pub fn wait_until_idle(&self) {
        self.wait("an idle cluster", || {
            self.call("squeue", &["-h"]).trim().is_empty().then_some(())
        });
    }

    /// Waits for something, and shows the queue where it does not come.
    pub fn wait<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if started.elapsed() > Duration::from_secs(300) {
                println!("{}", self.call("squeue", &["-r"]));
                panic!("waited in vain for {what}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let place = self.folder.path().join("cluster");
        let down = script("down").arg(place).status();
        if !down.is_ok_and(|status| status.success()) {
            println!("the cluster could not be taken down");
        }
    }
}
