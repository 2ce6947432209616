//! Properties of the models, over the registry.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

mod bed;
mod bfloat16;
mod compat;
mod dmd;
mod engines;
mod hooks;
mod init;
mod memory;
mod mmim;
mod overfit;
mod parts;
mod properties;
mod proxy;
mod published;
mod resume;
mod same_bits;
mod shapes;
mod variants;
