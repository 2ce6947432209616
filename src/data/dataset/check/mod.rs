//! Checks whose findings are warnings, not errors; each warning names the first sample. What cannot be right
//! is an error.

mod basis;
mod features;
mod labels;
mod lengths;
mod splits;
mod texts;
mod unseen;

pub use basis::sample_steps::SampleSteps;
pub use features::{
    codes, column_major, copied, counters, decimals, dropout, edges, equal_shares, features,
    filled_frames, half_bits, half_shift, halves, integer_bits, large, lengths_of_frames,
    lost_block, lost_starts, marks, over_samples, overlaps, own_axes, own_steps, repeats, reshaped,
    rounded, running_scale, scaled_by_sample, scaled_with_padding, scattered, sorted_values,
    spreads, starts, twins,
};
pub use labels::{label_leaks, labels, told_labels, unusual_labels};
pub use lengths::{extents, in_one_byte, maxima, of_other_rows, windows};
pub use splits::{
    columns, copies, fold_tests, ids, lengths, misspelt, names, samples, sizes, videos, widths,
};
pub use texts::{Texts, padded, replaced, text_order, tokens, transcripts};

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
        let first = unseen::escaped(self.first.as_ref()?);
        Some(format!(
            "{split}: {} {samples} {fault} (first: {first})",
            self.count
        ))
    }
}
