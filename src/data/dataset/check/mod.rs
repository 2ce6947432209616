//! Checks whose findings are warnings, not errors; each warning names the first sample. What cannot be right
//! is an error.

mod between_labels;
mod by_sample;
mod chance;
mod classes;
mod columns;
mod copied;
mod copies;
mod counters;
mod cut;
mod cut_texts;
mod drift;
mod dropout;
mod edges;
mod equal_neighbors;
mod extents;
mod features;
mod filled_frames;
mod filled_labels;
mod fold_tests;
mod frequent_label;
mod halves;
mod id_forms;
mod id_order;
mod id_videos;
mod label_blocks;
mod label_keys;
mod label_leaks;
mod label_orders;
mod label_parts;
mod label_rows;
mod label_runs;
mod label_stretches;
mod label_videos;
mod label_words;
mod labels;
mod length_batches;
mod length_offset;
mod length_order;
mod lost_block;
mod lost_starts;
mod lost_words;
mod main_labels;
mod mean_labels;
mod mojibake;
mod names;
mod official_labels;
mod overlaps;
mod own_axes;
mod own_steps;
mod processed_labels;
mod random_tokens;
mod relation;
mod repeated_texts;
mod repeats;
mod reshaped;
mod rounded;
mod said;
mod same_words;
mod sample_steps;
mod samples;
mod scattered;
mod shifted_lengths;
mod sorted_values;
mod splits;
mod spoken;
mod spreads;
mod starts;
mod steps;
mod structure;
mod text_order;
mod texts;
mod tokens;
mod told_labels;
mod transcripts;
mod videos;
mod windows;
mod word_leaks;

pub use by_sample::scaled_by_sample;
pub use columns::{columns, lengths};
pub use copied::copied;
pub use copies::copies;
pub use counters::{counters, twins};
pub use dropout::dropout;
pub use edges::edges;
pub use extents::extents;
pub use features::{features, lengths_of_frames};
pub use filled_frames::filled_frames;
pub use fold_tests::fold_tests;
pub use halves::halves;
pub use label_leaks::label_leaks;
pub use labels::{labels, unusual_labels};
pub use lost_block::lost_block;
pub use lost_starts::lost_starts;
pub use names::{misspelt, names};
pub use overlaps::overlaps;
pub use own_axes::own_axes;
pub use own_steps::own_steps;
pub use repeats::repeats;
pub use reshaped::reshaped;
pub use rounded::rounded;
pub use sample_steps::SampleSteps;
pub use samples::samples;
pub use scattered::scattered;
pub use sorted_values::sorted_values;
pub use splits::{ids, sizes, widths};
pub use spreads::{large, spreads};
pub use starts::starts;
pub use structure::marks;
pub use text_order::text_order;
pub use texts::Texts;
pub use tokens::{padded, replaced, tokens};
pub use told_labels::told_labels;
pub use transcripts::transcripts;
pub use videos::videos;
pub use windows::windows;

use super::error::{Error, Result};

/// The subjects of all checks. `--accept` takes them with `-` in place of blanks.
const SUBJECTS: [&str; 15] = [
    "columns",
    "names",
    "widths",
    "ids",
    "videos",
    "split sizes",
    "lengths",
    "labels",
    "tokens",
    "transcripts",
    "source",
    "features",
    "padding",
    "frames",
    "samples",
];

/// The subject of this name in `--accept`.
///
/// # Errors
/// [`Error::UnknownCheck`], which lists the known ones.
pub fn subject(name: &str) -> Result<&'static str> {
    let named = |subject: &&&str| flag_name(subject) == name;
    let known = SUBJECTS.iter().find(named);
    known.copied().ok_or_else(|| Error::UnknownCheck {
        name: name.to_owned(),
        known: SUBJECTS.map(flag_name).join(", "),
    })
}

/// A subject as `--accept` takes it.
pub fn flag_name(subject: &str) -> String {
    subject.replace(' ', "-")
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, such as `split sizes`.
    pub subject: &'static str,
    /// Printed if there is no warning.
    pub ok: String,
    pub warnings: Vec<String>,
    /// The warnings are known and not repeated.
    pub accepted: bool,
    /// The data have nothing that could be checked.
    pub is_idle: bool,
}

impl Check {
    /// The result of a check of `subject`.
    pub fn new(subject: &'static str, ok: impl Into<String>, warnings: Vec<String>) -> Self {
        let ok = ok.into();
        Self {
            subject,
            ok,
            warnings,
            accepted: false,
            is_idle: false,
        }
    }

    /// A check without anything to check.
    pub fn idle(subject: &'static str) -> Self {
        Self {
            is_idle: true,
            ..Self::new(subject, "none", Vec::new())
        }
    }

    /// The warnings, each with the subject in front.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let with_subject = |warning| format!("{}: {warning}", self.subject);
        self.warnings.iter().map(with_subject)
    }

    /// One line per warning, or one line that all is well.
    pub fn lines(&self) -> Vec<String> {
        if self.warnings.is_empty() {
            let state = if self.is_idle { "-       " } else { "ok      " };
            vec![format!("{state} {}: {}", self.subject, self.ok)]
        } else {
            let level = if self.accepted {
                "accepted"
            } else {
                "warning "
            };
            let line = |warning| format!("{level} {warning}");
            self.warnings().map(line).collect()
        }
    }
}

/// Samples with the same fault.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    count: usize,
    first: Option<String>,
}

impl Samples {
    /// Number of samples.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds a sample.
    pub fn add(&mut self, sample: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| sample.to_owned());
    }

    /// `train: 3 samples FAULT (first: video$_$2)`, if there are any.
    pub fn describe(&self, split: &str, fault: &str) -> Option<String> {
        let samples = if self.count == 1 { "sample" } else { "samples" };
        let first = self.first.as_ref()?;
        Some(format!(
            "{split}: {} {samples} {fault} (first: {first})",
            self.count
        ))
    }
}
