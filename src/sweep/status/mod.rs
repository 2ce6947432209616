//! A folder of runs seen from outside: what there is, how far it has come, what it cost, what may go.
//!
//! ```text
//! run directories -> run -> sweep -> status
//!                     |        \-> clean <- reports
//!                     |-> measured -> estimate
//!                     \-> wait
//! ```
//!
//! Reads files only, from any shell, while others write them; needs no libtorch. Writes nothing; only
//! [`clean`] removes, and only what it has listed before.

pub mod clean;
pub mod estimate;
pub mod log;
pub mod measured;
pub mod overview;
pub mod reports;
pub mod run;
pub mod state;
pub mod wait;

pub use estimate::{Estimate, Question, estimate};
pub use measured::{Measured, measured};
pub use overview::{Status, Sweep, status};
pub use run::{Run, look};
pub use state::State;
