//! Reads a folder of runs: state, progress and cost of every run, and what can be removed.
//!
//! ```text
//! run directories -> stored_run -> overview
//!                     |        \-> clean <- reports
//!                     |-> measured -> estimate
//!                     \-> wait
//! ```
//!
//! Reads files only, from any shell, while other processes write them; needs no libtorch. Writes nothing;
//! only [`clean`] removes, and only what it has listed before.

pub mod clean;
pub mod estimate;
pub mod log;
pub mod measured;
pub mod overview;
pub mod reports;
pub mod state;
pub mod stored_run;
pub mod wait;

pub use estimate::{Estimate, Question, estimate};
pub use measured::{Measured, measured};
pub use overview::{Status, SweepStatus, status};
pub use state::RunState;
pub use stored_run::{StoredRun, stored_runs};
