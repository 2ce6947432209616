//! Training and evaluation of one model on one data set.

pub mod checkpoint;
pub mod config;
pub mod device;
pub mod encoder;
pub mod encoding;
pub mod epoch_log;
pub mod error;
pub mod evaluate;
mod exact;
pub mod fault;
pub mod habit;
pub mod memory;
pub mod native;
pub mod optimizer;
pub mod order;
pub mod patience;
pub mod precision;
mod present;
pub mod schedule;
pub mod selection;
pub mod state;
pub mod tensors;
pub mod trainer;
pub mod trouble;
pub mod view;
pub mod watch;

pub use config::Overrides;
pub use device::DeviceSpec;
pub use encoder::EncoderSpec;
pub use error::Error;
pub use habit::Habit;
pub use memory::{Bytes, MicroBatch};
pub use optimizer::Optimizer;
pub use precision::Precision;
pub use schedule::Schedule;
pub use selection::Selection;
