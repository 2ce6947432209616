//! Benchmark suite for multimodal sentiment analysis with missing data.
//!
//! Most users want the program (`lnln-bench --help`). The library is what it is made of, and works
//! without libtorch (`--no-default-features`) up to training:
//!
//! ```
//! use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
//! use lnln_bench::data::dataset::{Corpus, ImportOptions, SplitName, prepare};
//! use lnln_bench::mask::{self, Variants, apply};
//! use lnln_bench::metric;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! // Prepare: a pickle in MMSA's layout, here with synthetic data, becomes an HDF5 file.
//! let pickle = folder.join("demo-film.pkl");
//! write_demo(Demo::Film, &pickle, 1111, 0.05)?;
//! let prepared = prepare(&pickle, &ImportOptions::new(folder), &mut |_| {})?;
//! let corpus = Corpus::open(&prepared.path)?;
//! let test = corpus.split(SplitName::Test, false)?;
//!
//! // Mask: half of the audio frames of the test split become zero.
//! let condition = "0.5".parse()?;
//! let masks = Variants::of_corpus(mask::find("random")?, &corpus, 1111, &[condition])?;
//! let [_text, audio, _vision] = masks.keeps(SplitName::Test, condition)?;
//! let masked = apply::frames(&test.audio, &audio)?;
//! assert_ne!(masked, test.audio);
//!
//! // Score: the metrics of the data set, for a model that always predicts 0.
//! let protocol = metric::protocol(&corpus.spec.protocol)?;
//! let predictions = vec![0.0; test.labels.len()];
//! let scores = protocol.score(&predictions, &test.labels);
//! for (metric, score) in protocol.all().zip(scores) {
//!     match score {
//!         Ok(value) => println!("{}: {}", metric.title, metric.display(value)),
//!         Err(undefined) => println!("{}: n/a ({undefined})", metric.title),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! Imports run one way:
//!
//! ```text
//! cli -> sweep -> train -> model
//!                 train -> record, metric, mask -> data
//!        report -> record, published
//! ```
//!
//! - [`data`] turns files into columns: numpy pickles (never executed), HDF5, the registry of data
//!   sets, import and checks.
//! - [`mask`] draws masks as a pure function of a key, and applies them.
//! - [`metric`] scores slices of predictions.
//! - `model` holds the networks, their layers and the reading of weights.
//! - `train` fits one model: trainer, optimizer, schedule, checkpoints, memory plan.
//! - [`record`] is the folder of a run on disk, and imports external predictions.
//! - [`sweep`] plans and executes many runs, here or on a Slurm cluster, and reads their state.
//! - [`report`] groups runs, computes statistics and writes tables and figures.
//! - [`published`] reads tables of papers and audits them.
//! - [`selftest`] compares a build with stored numbers of the reference implementations.
//! - [`support`] holds the file system, the host, progress and logging.
//!
//! `model`, `train` and the parts of `sweep` and `selftest` that compute with tensors need the feature
//! `torch` (on by default).

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
