//! From pickles and arrays to prepared files and masks: what is read, refused and warned about.

#![allow(clippy::unwrap_used, reason = "a failed test should panic")]

mod between;
mod by_python;
mod export;
mod fixtures;
mod hostile;
mod import;
mod irregular;
mod labels;
mod layouts;
mod leftovers;
mod masks;
mod numpy;
mod orders;
mod padding;
mod plausible;
mod properties;
mod refused;
mod remedies;
mod rows;
mod scales;
mod tokens;

#[path = "../data/mod.rs"]
mod data;
#[path = "../prepared/mod.rs"]
mod prepared;
#[path = "../python/mod.rs"]
mod python;
