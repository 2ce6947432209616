//! This machine's name, its processes and its memory, read from Linux's `/proc`.

mod cgroup;

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The name of this machine; empty where the system does not tell.
pub fn name() -> String {
    // A node's name in Slurm, where one machine can be several.
    if let Ok(node) = std::env::var("SLURMD_NODENAME") {
        return node;
    }
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim_end().to_owned()
}

/// [`name`] with nothing in it but ASCII letters, digits and `-`, for names of files.
pub fn plain_name() -> String {
    plain(&name())
}

/// Any name with nothing in it but ASCII letters, digits and `-`.
pub fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(plain).collect()
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// Whether a process of this machine has the number.
pub fn has_process(pid: u32) -> bool {
    pid == std::process::id() || Path::new("/proc").join(pid.to_string()).exists()
}

/// Whether a process of this machine has the number, runs, and began no later than `started`, in seconds
/// since 1970: a number that another process has taken since does not count.
pub fn is_alive(pid: u32, started: u64) -> bool {
    // The clock may have been set a little meanwhile.
    start_of(pid).is_some_and(|start| start <= started.saturating_add(60))
}

/// Clock ticks per second in `/proc`, a constant of Linux.
const TICKS: u64 = 100;

/// When a process began, in seconds since 1970; `None` where there is none or it has ended and its parent has
/// not read how.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command in parentheses may hold blanks and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let (state, ticks) = (*fields.first()?, fields.get(19)?.parse::<u64>().ok()?);
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot: u64 = boot.trim().parse().ok()?;
    (!["Z", "X"].contains(&state)).then_some(boot + ticks / TICKS)
}

/// Whether this machine's CPU has a feature, as Linux names it: `avx2`, `amx_bf16`.
pub fn has_cpu_flag(flag: &str) -> bool {
    fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| is_flag_of(&text, flag))
}

/// Whether every processor of `/proc/cpuinfo` has the feature; false where no features are listed.
fn is_flag_of(cpuinfo: &str, flag: &str) -> bool {
    let lists = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut lists = lists.filter(|(name, _)| name.trim() == "flags").peekable();
    lists.peek().is_some() && lists.all(|(_, flags)| flags.split_whitespace().any(|f| f == flag))
}

/// Memory of this machine, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub total: u64,
    pub available: u64,
}

/// Memory that this process may use: that of the machine, or of its cgroup (a container, a Slurm job) where
/// that is less. `None` where the system does not tell.
pub fn memory() -> Option<Memory> {
    let machine = machine_memory()?;
    let cgroups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = cgroup::limits(&cgroups, Path::new("/sys/fs/cgroup"));
    Some(limits.into_iter().fold(machine, Memory::within))
}

impl Memory {
    /// This memory under a limit.
    fn within(self, limit: cgroup::Limit) -> Self {
        Self {
            total: self.total.min(limit.bytes),
            available: self.available.min(limit.bytes.saturating_sub(limit.used)),
        }
    }
}

fn machine_memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib << 10)
    };
    Some(Memory {
        total: bytes("MemTotal:")?,
        available: bytes("MemAvailable:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_alive_from_its_start_until_its_end() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let (pid, now) = (child.id(), now());
        assert!(is_alive(pid, now) && has_process(pid));
        assert!(!is_alive(pid, now - 3600), "another process had the number");
        child.kill().unwrap();
        while has_zombie(pid) == Some(false) {
            std::thread::yield_now();
        }
        assert!(has_process(pid) && !is_alive(pid, now), "it has ended");
        child.wait().unwrap();
        assert!(!has_process(pid) && !is_alive(pid, now));
    }

    fn has_zombie(pid: u32) -> Option<bool> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some(stat.rsplit_once(')')?.1.trim_start().starts_with('Z'))
    }

    #[test]
    fn features_are_those_that_every_processor_has() {
        let info = "processor\t: 0\nflags\t\t: fpu avx512_bf16 amx_bf16\nbugs\t\t: amx_tile\n\n\
                    processor\t: 1\nflags\t\t: fpu avx512_bf16\n";
        assert!(is_flag_of(info, "avx512_bf16") && is_flag_of(info, "fpu"));
        assert!(!is_flag_of(info, "amx_bf16"), "one processor has it");
        assert!(!is_flag_of(info, "avx512") && !is_flag_of(info, "amx_tile"));
        // As on ARM.
        assert!(!is_flag_of(
            "processor\t: 0\nFeatures\t: fp asimd bf16\n",
            "bf16"
        ));
        assert!(!is_flag_of("", "fpu"));
    }

    #[test]
    fn the_machine_has_a_name_and_memory() {
        assert!(!name().is_empty());
        let memory = memory().unwrap();
        assert!(memory.available <= memory.total && memory.total > 1 << 28);
    }
}
