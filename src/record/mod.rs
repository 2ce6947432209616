//! What a run leaves behind: the layout of `runs/ID/`, written by the sweep and read by reports.
//!
//! | file | holds |
//! |---|---|
//! | `config.toml` | the resolved configuration of the run |
//! | `manifest.json` | [`Manifest`]: data, mask, model, seed, selection, build |
//! | `metrics.jsonl` | one line per epoch |
//! | `checkpoint.safetensors` | the selected weights |
//! | `predictions.parquet` | [`Predictions`]: one row per (mask, rate, sample) |
//! | `DONE` | written last, holds the checksum of `predictions.parquet` |

pub mod manifest;

pub use manifest::Manifest;
