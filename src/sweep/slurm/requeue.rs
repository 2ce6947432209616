//! Puts a task back into the queue after the signal that announces its time limit.

use super::client;

/// The task that this process is, by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub array_job: String,
    pub index: String,
    /// Number of times it was queued again.
    pub restarts: u32,
}

/// The task of a job array that this process is, if any.
pub fn here() -> Option<Here> {
    let word = |name: &str| std::env::var(name).ok();
    Some(Here {
        array_job: word("SLURM_ARRAY_JOB_ID")?,
        index: word("SLURM_ARRAY_TASK_ID")?,
        restarts: word("SLURM_RESTART_COUNT").map_or(0, |count| count.parse().unwrap_or(0)),
    })
}

/// Queues this task again, unless the limit is reached; whether it was queued. Where it was not, the
/// next submission resumes the run.
pub fn again(max_requeues: u32) -> bool {
    let Some(task) = here() else {
        return false;
    };
    if task.restarts >= max_requeues {
        tracing::warn!(
            "queued again {max_requeues} times already; `run --launcher slurm` resumes it"
        );
        return false;
    }
    match client::requeue(&task.array_job, &task.index) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!("not queued again: {error}");
            false
        }
    }
}
