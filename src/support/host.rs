//! The name of this machine, and whether a process of it lives.

use sysinfo::{Pid, Process, ProcessStatus, ProcessesToUpdate, System};

/// The name of this machine; empty where the system does not say.
pub fn name() -> String {
    // A node's name in Slurm, where one machine can be several.
    std::env::var("SLURMD_NODENAME")
        .ok()
        .or_else(|| System::host_name().ok())
        .unwrap_or_default()
}

/// [`name`] with nothing in it but ASCII letters, digits and `-`, for names of files.
pub fn plain_name() -> String {
    plain(&name())
}

/// Any name likewise.
pub fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(plain).collect()
}

/// Whether a process of this machine has the number and began no later than `started`, in seconds
/// since 1970: a number that another process has taken since does not count.
pub fn lives(pid: u32, started: u64) -> bool {
    let pid = Pid::from_u32(pid);
    let Ok(mut system) = System::new() else {
        return false;
    };
    system.refresh_processes(ProcessesToUpdate::Some(&[pid]), true);
    // The clock may have been set a little meanwhile.
    let same = |process: &Process| {
        process.start_time() <= started.saturating_add(60)
            && !matches!(
                process.status(),
                ProcessStatus::Zombie | ProcessStatus::Dead
            )
    };
    system.process(pid).is_some_and(same)
}
