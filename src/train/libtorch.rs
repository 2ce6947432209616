//! Finds the folder of the libtorch that this process has loaded.

use std::fs;
use std::path::{Path, PathBuf};

/// File that every libtorch has.
const LIBRARY: &str = "libtorch_cpu.so";

/// The folder of the loaded libtorch, where its CUDA half is too if it has one.
///
/// # Errors
/// Why it is not known.
pub fn folder() -> Result<PathBuf, String> {
    const MAPS: &str = "/proc/self/maps";
    let maps = fs::read(MAPS).map_err(|error| format!("cannot read {MAPS}: {error}"))?;
    of_maps(&String::from_utf8_lossy(&maps))
        .ok_or_else(|| format!("{MAPS} lists no {LIBRARY} of this process"))
}

/// The folder in the list of a process's mapped files, whose lines end with a path after five fields.
fn of_maps(maps: &str) -> Option<PathBuf> {
    let mut paths = maps
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]));
    let library = paths.find(|path| Path::new(path).ends_with(LIBRARY))?;
    Path::new(library).parent().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_this_process() {
        assert!(folder().unwrap().join(LIBRARY).is_file());
    }

    #[test]
    fn a_path_may_have_spaces() {
        let maps = "7f00-7f01 r-xp 00000000 08:01 12     /lib/libc.so.6\n\
                    7f02-7f03 r-xp 00000000 08:01 34     /my env/torch/lib/libtorch_cpu.so\n";
        assert_eq!(of_maps(maps), Some(PathBuf::from("/my env/torch/lib")));
        assert_eq!(of_maps("7f00-7f01 rw-p 00000000 00:00 0 \n"), None);
    }
}
