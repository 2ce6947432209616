//! What is odd about a data set without being wrong: a sentence each, with the first sample.

use std::collections::HashMap;

use super::carried::Carried;
use super::error::{Error, Result};
use super::labels;
use super::plan::Plan;
use super::spec::Spec;
use super::split::{Block, SplitName};
use super::vocabulary::{CLS, SEP};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What was found odd; empty where all is well.
    pub odd: Vec<String>,
}

impl Check {
    /// A check with what it found.
    pub fn new(name: &'static str, odd: Vec<String>) -> Self {
        Self { name, odd }
    }
}

/// Samples with the same oddity.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    count: usize,
    first: Option<String>,
}

impl Samples {
    /// One more.
    pub fn add(&mut self, sample: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| sample.to_owned());
    }

    /// `train: 3 samples WORDS (first: video$_$2)`, if there are any.
    pub fn say(&self, split: &str, words: &str) -> Option<String> {
        let samples = if self.count == 1 { "sample" } else { "samples" };
        let first = self.first.as_ref()?;
        Some(format!(
            "{split}: {} {samples} {words} (first: {first})",
            self.count
        ))
    }
}

/// Ids are unique in a split, and no sample of one official split is in another.
///
/// # Errors
/// [`Error::Sample`] naming the sample.
pub fn ids(plans: &[Plan<'_>]) -> Result<Check> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut odd = Vec::new();
    for plan in plans {
        let mut again = Samples::default();
        let mut own = HashMap::new();
        for id in &plan.ids {
            let twice = own.insert(id.as_str(), ()).is_some();
            match seen.get(id.as_str()) {
                _ if twice => return Err(twin(plan, id, plan.split())),
                Some(other) if plan.official().is_some() => return Err(twin(plan, id, other)),
                // A mixed split holds the training samples again, but should hold no others.
                Some(other) if *other != SplitName::Train.as_str() => again.add(id),
                _ => {}
            }
        }
        if plan.official().is_some() {
            seen.extend(plan.ids.iter().map(|id| (id.as_str(), plan.split())));
        }
        odd.extend(again.say(plan.split(), "also in valid or test"));
    }
    Ok(Check::new("ids are unique, splits share no sample", odd))
}

fn twin(plan: &Plan<'_>, id: &str, other: &str) -> Error {
    let problem = if other == plan.split() {
        "the id is there twice".to_owned()
    } else {
        format!("the sample is in {other} too")
    };
    Error::Sample {
        place: plan.columns.place("id"),
        sample: id.to_owned(),
        problem,
    }
}

/// Split sizes against the official ones.
pub fn sizes(counts: [usize; 3], spec: &Spec) -> Check {
    let odd = (counts != spec.counts).then(|| {
        format!(
            "{counts:?} samples in train, valid, test; the official split has {:?}",
            spec.counts
        )
    });
    Check::new(
        "split sizes are the official ones",
        odd.into_iter().collect(),
    )
}

/// Lengths of zero, and lengths the file did not have.
pub fn lengths(plans: &[Plan<'_>]) -> Check {
    let mut odd = Vec::new();
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
            odd.extend(empty.say(plan.split(), &format!("with no step of {name}")));
        }
        if !lengths.counted.is_empty() {
            let names = lengths.counted.join(", ");
            odd.push(format!(
                "{}: counted from zero frames: {names}",
                plan.split()
            ));
        }
    }
    Check::new("every sample has a length within its steps", odd)
}

/// Classes in words against the sign of the label; the range itself is checked before.
pub fn label_words(plans: &[Plan<'_>]) -> Check {
    let mut odd = Vec::new();
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
        odd.extend(samples.say(
            plan.split(),
            "with an annotation that contradicts the label",
        ));
    }
    Check::new("labels lie in their range", odd)
}

/// What the tokens of a sample are expected to look like, and the words for those that do not. That
/// the mask is ones, then zeros, is checked when it is read.
pub fn tokens(plans: &[Plan<'_>]) -> Check {
    let mut odd = Vec::new();
    for plan in plans {
        let Some(block) = &plan.text_bert else {
            continue;
        };
        let (mut first, mut last, mut beyond) = Default::default();
        for (row, id) in plan.ids.iter().enumerate().take(block.rows) {
            token_row(block, row, id, [&mut first, &mut last, &mut beyond]);
        }
        for (samples, words) in [
            (first, format!("whose text does not begin with CLS ({CLS})")),
            (last, format!("whose text does not end with SEP ({SEP})")),
            (beyond, "with tokens past the attention mask".to_owned()),
        ] {
            odd.extend(Samples::say(&samples, plan.split(), &words));
        }
    }
    Check::new(
        "texts begin with CLS, end with SEP and are padded with 0",
        odd,
    )
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

/// What is left out, and what MMSA's files have and this one has not.
pub fn columns(plans: &[Plan<'_>], ignored: &[String]) -> Check {
    let left_out = plans.iter().flat_map(|plan| &plan.ignored).chain(ignored);
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    let mut odd = Vec::new();
    if !left_out.is_empty() {
        odd.push(format!("ignored: {}", left_out.join(", ")));
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
            odd.push(format!("there is no {column}"));
        }
    }
    Check::new("every column is known and carried along", odd)
}
