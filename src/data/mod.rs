//! Turns files into columns: pickles, prepared HDF5 files, data sets and their checks.
//!
//! ```text
//! pickle -> arrays, store -> dataset -> inspect
//! ```
//!
//! - [`pickle`] reads numpy pickles over a memory map and executes nothing; it knows no data set.
//! - [`arrays`] reads archives, folders and HDF5 files of plain arrays, as the same values.
//! - [`store`] writes and reads prepared HDF5 files and checks their checksums.
//! - [`dataset`] knows CMU-MOSI, CMU-MOSEI and CH-SIMS (`datasets.toml`), imports and checks them.
//! - [`inspect`] describes the contents of pickles and prepared files.

pub mod arrays;
pub mod dataset;
pub mod inspect;
pub mod pickle;
pub mod store;
