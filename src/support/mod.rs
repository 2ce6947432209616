//! File system, host, progress and logging: what every room may use. Imports nothing of this crate.

pub mod host;
pub mod logging;
pub mod progress;
pub mod pulse;
pub mod shell;
pub mod sweep_time;
pub mod turn;
pub mod words;

pub use progress::{Bar, Progress};
pub use sweep_time::SweepRuns;
