//! File system, host, progress and logging: what every module may use. Imports nothing of this crate.

pub mod color;
pub mod csv_field;
pub mod error_class;
pub mod file_kind;
pub mod file_name;
pub mod fs;
pub mod heartbeat;
pub mod host;
pub mod lease;
pub mod logging;
pub mod nearest;
pub mod progress;
pub mod row_names;
pub mod shell;
pub mod signals;
pub mod sweep_time;
pub mod words;

pub use error_class::{Classify, ErrorClass};
pub use file_kind::FileKind;
pub use progress::{Bar, Progress};
pub use sweep_time::SweepRuns;
