//! Reads archives, folders and HDF5 files of plain arrays as dicts of splits and columns.
//!
//! `train/audio` names column `audio` of split `train`. Elements stay in the file until they are read in
//! blocks; compressed members are decompressed as they are read. `docs/own-data.md` describes the layout.

mod entry;
mod folder;
mod hdf5_file;
mod npy;
mod npz;
mod select;
mod tree;

#[cfg(test)]
mod tests;

pub use folder::{files, is_folder, name_in, open as open_folder};
pub use hdf5_file::{columns as open_hdf5_columns, open as open_hdf5};
pub use npz::{open as open_npz, shapes as npz_shapes};
pub use tree::NAMES;
