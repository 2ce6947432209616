//! This machine: its name and processes, signs of life that other machines see, words for its shell.
//!
//! Knows nothing of data sets, runs or tensors. Machines that share a folder share no process table,
//! no clock and, over NFS, no dependable lock; what they share is that a rename is one step and that
//! a file's time moves on while somebody moves it.

pub mod host;
pub mod pulse;
pub mod shell;
pub mod turn;
