//! Slurm: the cells of a sweep as job arrays.
//!
//! ```text
//! manifest -> array (which tasks) -> script -> client (sbatch) -> jobs.jsonl
//!                                     jobs.jsonl -> client (squeue) -> queue
//! ```
//!
//! Result files are the only truth. Slurm is asked what is queued, so that nothing is submitted twice,
//! and never whether a cell is done; no database is needed, and a job that Slurm has forgotten is gone.
//! Needs no libtorch.

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
