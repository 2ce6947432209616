//! Reads the memory limits of this process's control groups, which `/proc/meminfo` does not show.

use std::fs;
use std::path::{Path, PathBuf};

/// A limit of memory, and what is used of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    pub bytes: u64,
    /// Without file caches that the system would give back.
    pub used: u64,
}

/// Names of the files of one version of cgroups.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// Key in `memory.stat` of caches that are given back.
    cache: &'static str,
}

const VERSION_1: Files = Files {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    cache: "total_inactive_file",
};
const VERSION_2: Files = Files {
    limit: "memory.max",
    used: "memory.current",
    cache: "inactive_file",
};

/// The limits of the groups in `cgroups`, the text of `/proc/self/cgroup`, and of all groups above them.
/// `root` is where cgroups are mounted. Inside a container the own group is the root itself.
pub(super) fn limits(cgroups: &str, root: &Path) -> Vec<Limit> {
    let mut all = Vec::new();
    for line in cgroups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let (mount, files) = if controllers.split(',').any(|name| name == "memory") {
            (root.join("memory"), VERSION_1)
        } else if controllers.is_empty() {
            (root.to_owned(), VERSION_2)
        } else {
            continue;
        };
        let own = Path::new(path.trim_start_matches('/'));
        let folders = own.ancestors().map(|folder| mount.join(folder));
        all.extend(folders.filter_map(|folder| limit(&folder, &files)));
    }
    all
}

/// The limit of one group; `None` where it has none.
fn limit(folder: &Path, files: &Files) -> Option<Limit> {
    let number = |name: &str| read(&folder.join(name))?.trim().parse::<u64>().ok();
    let bytes = number(files.limit)?;
    let stat = read(&folder.join("memory.stat")).unwrap_or_default();
    let cache = stat.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == files.cache).then(|| value.trim().parse::<u64>().ok())?
    });
    let used = number(files.used).unwrap_or(0);
    Some(Limit {
        bytes,
        used: used.saturating_sub(cache.unwrap_or(0)),
    })
}

fn read(path: &PathBuf) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, folder: &str, files: &[(&str, &str)]) {
        let folder = root.join(folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn limits_of_the_group_and_of_those_above_it_are_found() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let job = [
            ("memory.max", "2147483648\n"),
            ("memory.current", "1000\n"),
            ("memory.stat", "anon 5\ninactive_file 400\n"),
        ];
        write(root, "slurm/job_7", &job);
        write(root, "slurm/job_7/step_0", &[("memory.max", "max\n")]);
        let found = limits("0::/slurm/job_7/step_0\n", root);
        let expected = Limit {
            bytes: 2 << 30,
            used: 600,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn both_versions_and_a_container_s_own_root_are_read() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let files = [
            ("memory.limit_in_bytes", "4096\n"),
            ("memory.usage_in_bytes", "96"),
        ];
        write(root, "memory/docker/ab", &files);
        let found = limits("4:cpu:/x\n5:memory:/docker/ab\n", root);
        assert_eq!(
            found,
            [Limit {
                bytes: 4096,
                used: 96
            }]
        );
        write(root, "", &[("memory.max", "8192")]);
        let found = limits("0::/\n", root);
        assert_eq!(
            found,
            [Limit {
                bytes: 8192,
                used: 0
            }]
        );
        assert_eq!(limits("", root), []);
        assert_eq!(limits("nonsense\n0::/../..\n", &root.join("none")), []);
    }
}
