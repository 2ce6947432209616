//! Checks that lead to warnings, not errors; each warning names the first sample.

use std::collections::HashMap;

use super::carried::Carried;
use super::error::{Error, Result};
use super::labels;
use super::plan::Plan;
use super::spec::Spec;
use super::split::{Block, SplitName};
use super::vocabulary::{CLS, SEP};

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, such as `split sizes`.
    pub subject: &'static str,
    /// Printed if there is no warning.
    pub ok: String,
    pub warnings: Vec<String>,
}

impl Check {
    /// The result of a check of `subject`.
    pub fn new(subject: &'static str, ok: impl Into<String>, warnings: Vec<String>) -> Self {
        let ok = ok.into();
        Self {
            subject,
            ok,
            warnings,
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
            vec![format!("ok       {}: {}", self.subject, self.ok)]
        } else {
            let line = |warning| format!("warning  {warning}");
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

/// Checks that ids are unique in a split, and no sample of one official split is in another.
///
/// # Errors
/// [`Error::Sample`] naming the sample.
pub fn ids(plans: &[Plan<'_>]) -> Result<Check> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut warnings = Vec::new();
    for plan in plans {
        let mut again = Samples::default();
        let mut own = HashMap::new();
        for id in &plan.ids {
            let twice = own.insert(id.as_str(), ()).is_some();
            match seen.get(id.as_str()) {
                _ if twice => return Err(duplicate(plan, id, plan.split())),
                Some(other) if plan.official().is_some() => return Err(duplicate(plan, id, other)),
                // A mixed split repeats the training samples, but should repeat no others.
                Some(other) if *other != SplitName::Train.as_str() => again.add(id),
                _ => {}
            }
        }
        if plan.official().is_some() {
            seen.extend(plan.ids.iter().map(|id| (id.as_str(), plan.split())));
        }
        warnings.extend(again.describe(plan.split(), "also in valid or test"));
    }
    Ok(Check::new(
        "ids",
        "unique, no sample in two splits",
        warnings,
    ))
}

fn duplicate(plan: &Plan<'_>, id: &str, other: &str) -> Error {
    let problem = if other == plan.split() {
        "the id occurs twice".to_owned()
    } else {
        format!("the sample is also in {other}")
    };
    Error::Sample {
        place: plan.columns.place("id"),
        sample: id.to_owned(),
        problem,
    }
}

/// Compares split sizes with the official ones.
pub fn sizes(counts: [usize; 3], spec: &Spec) -> Check {
    let slashes = |counts: [usize; 3]| counts.map(|count| count.to_string()).join("/");
    let warning = (counts != spec.counts)
        .then(|| format!("{}, official {}", slashes(counts), slashes(spec.counts)));
    Check::new(
        "split sizes",
        slashes(counts),
        warning.into_iter().collect(),
    )
}

/// Finds lengths of zero and lengths that the file lacks.
pub fn lengths(plans: &[Plan<'_>]) -> Check {
    let mut warnings = Vec::new();
    for plan in plans {
        let lengths = &plan.lengths;
        for (name, lengths) in [
            ("text", &lengths.text),
            ("audio", &lengths.audio),
            ("vision", &lengths.vision),
        ] {
            let mut empty = Samples::default();
            let zero = plan.ids.iter().zip(lengths).filter(|(_, n)| **n == 0);
            zero.for_each(|(id, _)| empty.add(id));
            let fault = format!("with no step of {name}");
            warnings.extend(empty.describe(plan.split(), &fault));
        }
        if !lengths.counted.is_empty() {
            let names = lengths.counted.join(", ");
            warnings.push(format!(
                "{}: counted from zero frames: {names}",
                plan.split()
            ));
        }
    }
    Check::new("lengths", "at least one step in every modality", warnings)
}

/// Compares the classes of `annotations` with the sign of the label; the range is checked before.
pub fn label_words(plans: &[Plan<'_>]) -> Check {
    let mut warnings = Vec::new();
    for plan in plans {
        let words = plan.carried.iter().find_map(|column| match column {
            (name, Carried::Texts(texts)) if name == "annotations" => Some(texts),
            _ => None,
        });
        let main = plan.labels.first().filter(|(name, _)| name == labels::MAIN);
        let (Some(words), Some((_, values))) = (words, main) else {
            continue;
        };
        let mut samples = Samples::default();
        for ((id, word), value) in plan.ids.iter().zip(words).zip(values) {
            if labels::contradicts(word, *value) {
                samples.add(id);
            }
        }
        warnings.extend(samples.describe(
            plan.split(),
            "with an annotation that contradicts the label",
        ));
    }
    Check::new("labels", "within the range of the data set", warnings)
}

/// Checks the tokens of every sample. That the attention mask is ones, then zeros, is checked when it
/// is read.
pub fn tokens(plans: &[Plan<'_>]) -> Check {
    let mut warnings = Vec::new();
    for plan in plans {
        let Some(block) = &plan.text_bert else {
            continue;
        };
        let (mut first, mut last, mut beyond) = Default::default();
        for (row, id) in plan.ids.iter().enumerate().take(block.rows) {
            token_row(block, row, id, [&mut first, &mut last, &mut beyond]);
        }
        for (samples, fault) in [
            (first, format!("whose text does not begin with CLS ({CLS})")),
            (last, format!("whose text does not end with SEP ({SEP})")),
            (beyond, "with tokens past the attention mask".to_owned()),
        ] {
            warnings.extend(Samples::describe(&samples, plan.split(), &fault));
        }
    }
    Check::new("tokens", "CLS first, SEP last, padding 0", warnings)
}

fn token_row(block: &Block<i32>, row: usize, id: &str, [first, last, beyond]: [&mut Samples; 3]) {
    let (tokens, rest) = block.row(row).split_at(block.width);
    let valid = rest[..block.width].iter().filter(|m| **m == 1).count();
    let (text, padding) = tokens.split_at(valid);
    let is = |token: Option<&i32>, expected: i64| token.is_none_or(|t| i64::from(*t) == expected);
    if !is(text.first(), CLS) {
        first.add(id);
    }
    if !is(text.last(), SEP) {
        last.add(id);
    }
    if padding.iter().any(|token| *token != 0) {
        beyond.add(id);
    }
}

/// Finds columns that are ignored and columns that MMSA's files have and this one lacks.
pub fn columns(plans: &[Plan<'_>], ignored: &[String]) -> Check {
    let left_out = plans.iter().flat_map(|plan| &plan.ignored).chain(ignored);
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    let mut warnings = Vec::new();
    if !left_out.is_empty() {
        warnings.push(format!("ignored: {}", left_out.join(", ")));
    }
    for (column, missing) in [
        (
            "raw_text",
            plans.iter().any(|plan| plan.raw_text.is_empty()),
        ),
        (
            "text_bert",
            plans.iter().any(|plan| plan.text_bert.is_none()),
        ),
    ] {
        if missing {
            warnings.push(format!("no {column}"));
        }
    }
    Check::new("columns", "all known", warnings)
}
