//! Facts of a manifest that every writer of run directories states alike.

use super::manifest::DatasetMetadata;
use crate::data::dataset::Corpus;
use crate::metric::{Protocol, baseline};

/// Stands in a manifest for what this program cannot know of predictions made elsewhere.
pub const EXTERNAL: &str = "external";

/// The rule of selection by the best test epoch, as the LNLN paper has it.
pub const PAPER: &str = "paper";

/// Version of this tool with the commit it was built from.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("LNLN_BENCH_GIT"));

impl DatasetMetadata {
    /// The facts of a prepared data set; `train_labels` give the baselines by every metric.
    pub fn of(corpus: &Corpus, protocol: &Protocol, train_labels: &[f32]) -> Self {
        Self {
            name: corpus.name().to_owned(),
            title: corpus.spec.title.clone(),
            synthetic: corpus.spec.synthetic,
            protocol: corpus.spec.protocol.clone(),
            label_range: corpus.spec.label_range,
            source_name: corpus.source_name.clone(),
            source_sha256: corpus.source_sha256.clone(),
            content_hash: corpus.content_hash.clone(),
            counts: corpus.counts,
            baselines: baseline::constants(protocol.all(), train_labels),
            citation: corpus.spec.citation.clone(),
        }
    }
}
