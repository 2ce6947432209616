//! Training: optimisers and learning-rate schedules.

pub mod optimizer;
pub mod schedule;

pub use optimizer::Optimizer;
pub use schedule::Schedule;
