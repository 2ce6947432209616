//! Benchmark suite for multimodal sentiment analysis with missing data.
//!
//! Data flows one way through the rooms of this crate:
//!
//! ```text
//! pickle -> store -> dataset -> mask ----+
//!                                        +-> train -> sweep -> record -> report
//!                   model (tensors) -----+
//!                   metric (slices) -----+                   \-> runs
//! ```
//!
//! - [`pickle`] reads numpy pickles over a memory map and executes nothing; it knows no dataset.
//! - [`torch_file`] reads the weights of `torch.save` with it, for text encoders.
//! - [`store`] is the HDF5 schema: atomic writer, reader, checksums.
//! - [`dataset`] knows CMU-MOSI, CMU-MOSEI and CH-SIMS (`datasets.toml`), imports and checks them.
//! - [`inspect`] shows what a pickle or a prepared file holds.
//! - [`mask`] says what is missing, as a pure function of a key.
//! - [`metric`] scores plain slices.
//! - [`model`] holds the networks, [`train`] fits one of them, [`sweep`] fits many.
//! - [`record`] is what a run leaves behind; [`report`] turns records into tables and figures.
//! - [`runs`] looks at folders of runs while they are written: progress, costs, what may go.
//! - [`score`] makes records of predictions from elsewhere.
//! - [`printed`] reads tables of scores from CSV; [`published`] holds those of papers; [`audit`] finds
//!   cells in them that cannot be, or were copied.
//! - [`slurm`] hands the cells of a sweep to a cluster.
//! - [`system`] is this machine, below all rooms: its name, its processes, signs of life.
//! - [`parity`] holds all of it against numbers of the reference implementations.
//!
//! Everything but `model`, `train`, `sweep` and the tensor half of `parity` builds without
//! libtorch (`--no-default-features`).

pub mod data;
pub mod mask;
pub mod metric;
#[cfg(feature = "torch")]
pub mod model;
pub mod published;
pub mod record;
pub mod report;
pub mod selftest;
pub mod support;
pub mod sweep;
#[cfg(feature = "torch")]
pub mod train;
