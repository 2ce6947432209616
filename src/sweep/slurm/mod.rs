//! Submits the runs of a sweep to Slurm as job arrays.
//!
//! ```text
//! manifest -> array (which tasks) -> script -> client (sbatch) -> jobs.jsonl
//!                                     jobs.jsonl -> client (squeue) -> queue
//! ```
//!
//! Only result files decide whether a run is done. Slurm's queue is read so that nothing is submitted
//! twice; no accounting database is needed, and a job that is no longer in the queue counts as ended. Needs
//! no libtorch.

pub mod array;
pub mod client;
pub mod error;
pub mod jobs;
pub mod option;
pub mod options;
pub mod requeue;
pub mod script;
pub mod submit;

pub use error::Error;
pub use jobs::Queue;
pub use options::Options;
pub use submit::{Submission, submit};
