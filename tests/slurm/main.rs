//! Sweeps on a real Slurm: a cluster of several nodes on this machine, up in a second.
//!
//! ```sh
//! apt-get install --no-install-recommends slurmctld slurmd slurm-client munge
//! cargo test --release --test slurm -- --ignored --test-threads 1 --skip a_real_time_limit
//! ```
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]
#![allow(clippy::print_stdout, reason = "a test says what it met")]

mod arrays;
mod cluster;
mod losses;
mod sweep;
