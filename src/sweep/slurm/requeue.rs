//! A task that was told of its time limit puts itself back into the queue.

use super::client;

/// What the environment says of the task that this process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub array_job: String,
    pub index: String,
    /// How often it was queued again.
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

/// Queues this task again, unless it was often enough; whether Slurm took it. Without Slurm, or where
/// it refuses, the next submission goes on with the cell.
pub fn again(max_requeues: u32) -> bool {
    let Some(task) = here() else {
        return false;
    };
    if task.restarts >= max_requeues {
        tracing::warn!(
            "queued again {max_requeues} times already; `run --launcher slurm` goes on with it"
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
