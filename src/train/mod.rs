//! Training and evaluation of one model on one data set.

pub mod checkpoint;
pub mod config;
pub mod device;
pub mod encoder;
pub mod encoding;
pub mod epoch_log;
pub mod error;
pub mod evaluate;
pub mod native;
pub mod optimizer;
pub mod order;
pub mod schedule;
pub mod tensors;
pub mod trainer;
pub mod view;

pub use config::{Overrides, Selection};
pub use device::DeviceSpec;
pub use encoder::EncoderSpec;
pub use error::Error;
pub use optimizer::Optimizer;
pub use schedule::Schedule;
