//! Compares the conditions of a run: what more is missing from has less to tell.

pub mod between;
pub mod jumps;
pub mod masked;
pub mod nothing;
pub mod steps;
