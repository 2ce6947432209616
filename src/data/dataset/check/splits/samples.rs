//! Finds samples that are there twice, and features that several samples share.

use std::collections::HashMap;

use crate::data::dataset::check::Check;
use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;

/// Values other than zero below which features are alike by chance.
const VALUES: usize = 12;

/// Fewer frames are alike where an extractor saw little, and then in fewer than this part of the samples.
const FRAMES: usize = 3;
const PART: f64 = 0.02;

/// Samples of an unknown text that may be equal in a small split, and the part that may be in any: some say the same, and
/// counts of words are alike more often. Rows that were written twice are equally far apart.
const SAME: usize = 3;
const OFTEN: f64 = 0.25;

/// Samples of a split that do not have one and the same features.
const ALL: usize = 8;

/// Finds samples that are there twice under different ids, and features that several samples share.
pub fn samples(plans: &[Plan<'_>], profiles: &Profiles) -> Check {
    let mut warnings = Vec::new();
    let mut seen: HashMap<u128, Sample<'_>> = HashMap::new();
    let mut shared: [HashMap<u128, Sample<'_>>; 3] = Default::default();
    for plan in plans.iter().filter(|plan| plan.official().is_some()) {
        let of = |column| profiles.of(plan.split(), column);
        let (Some(audio), Some(vision)) = (of("audio"), of("vision")) else {
            continue;
        };
        let mut twice = Pairs::default();
        let mut alike: [[Pairs<'_>; 2]; 3] = Default::default();
        let is_text_known = plan.text_bert.is_some() || plan.raw_text.iter().any(|t| !t.is_empty());
        for row in 0..plan.ids.len() {
            let sample = Sample { plan, row };
            let frames = [&audio[row], &vision[row]];
            if frames.iter().all(|profile| profile.end == 0) {
                continue;
            }
            let hash = Profile::combined(frames, &sample.text());
            if let Some(other) = seen.get(&hash) {
                twice.add(*other, sample);
                continue;
            }
            seen.insert(hash, sample);
            let all = [
                Some(&audio[row]),
                Some(&vision[row]),
                of("text").map(|t| &t[row]),
            ];
            for (at, profile) in all.into_iter().enumerate() {
                // A short or constant span is alike by chance.
                let Some(profile) = profile.filter(|p| p.values >= VALUES && !p.constant) else {
                    continue;
                };
                let other = *shared[at].entry(profile.hash).or_insert(sample);
                // Equal texts have equal features. Without tokens or transcripts they are not known, and few.
                let is_unknown = at == 2 && !is_text_known;
                let is_same_text = at == 2 && is_text_known && other.text() == sample.text();
                if !other.is(sample) && !is_same_text {
                    alike[at][usize::from(profile.end < FRAMES || is_unknown)].add(other, sample);
                }
            }
        }
        let fault = "equal to another one in everything but the id";
        warnings.extend(twice.describe(plan, fault));
        for (column, [long, short]) in ["audio", "vision", "text features"].iter().zip(alike) {
            let fault = format!("with the {column} of another sample");
            warnings.extend(long.describe(plan, &fault));
            let part = PART * plan.ids.len() as f64;
            let is_odd = if *column == "text features" && !is_text_known {
                let most = short.most_equally_far();
                let often = OFTEN * plan.ids.len() as f64;
                most >= SAME && most as f64 >= part
                    || short.count >= SAME && short.count as f64 >= often
            } else {
                short.count as f64 >= part
            };
            if is_odd {
                warnings.extend(short.describe(plan, &fault));
            }
        }
    }
    warnings.extend(one_for_all(plans, profiles));
    Check::new("samples", "all different", warnings)
}

/// Splits of which every sample has the same few values in a column.
fn one_for_all(plans: &[Plan<'_>], profiles: &Profiles) -> Vec<String> {
    let official = plans.iter().filter(|plan| plan.official().is_some());
    let each = official.flat_map(|plan| ["text", "audio", "vision"].map(|column| (plan, column)));
    let found = each.filter_map(|(plan, column)| {
        let all = profiles.of(plan.split(), column)?;
        let first = all.first().filter(|first| first.values < VALUES)?;
        let is_one = all.len() >= ALL && all.iter().all(|other| other.hash == first.hash);
        // Zeros and single values are found where features are.
        (is_one && first.end > 0 && !first.constant).then(|| {
            format!(
                "{}: every sample has the same {column} (first: {}): was one row repeated?",
                plan.split(),
                plan.ids[0]
            )
        })
    });
    found.collect()
}

/// A sample of a split.
#[derive(Clone, Copy)]
struct Sample<'p> {
    plan: &'p Plan<'p>,
    row: usize,
}

impl Sample<'_> {
    fn id(&self) -> &str {
        &self.plan.ids[self.row]
    }

    fn is(&self, other: Sample<'_>) -> bool {
        self.plan.split() == other.plan.split() && self.row == other.row
    }

    /// What tells its text from others: its tokens, or its transcript.
    fn text(&self) -> Vec<u8> {
        match &self.plan.text_bert {
            Some(block) => block
                .row(self.row)
                .iter()
                .flat_map(|token| token.to_le_bytes())
                .collect(),
            None => self
                .plan
                .raw_text
                .get(self.row)
                .map(|text| text.clone().into_bytes())
                .unwrap_or_default(),
        }
    }
}

/// Samples that are like another one, and the first such pair.
#[derive(Default)]
struct Pairs<'p> {
    count: usize,
    /// How many are so many rows behind one of a split.
    far: HashMap<(&'p str, isize), usize>,
    first: Option<(Sample<'p>, Sample<'p>)>,
}

impl<'p> Pairs<'p> {
    fn add(&mut self, other: Sample<'p>, own: Sample<'p>) {
        self.count += 1;
        let far = own.row.cast_signed() - other.row.cast_signed();
        *self.far.entry((other.plan.split(), far)).or_default() += 1;
        self.first.get_or_insert((own, other));
    }

    fn most_equally_far(&self) -> usize {
        self.far.values().copied().max().unwrap_or_default()
    }

    fn describe(&self, plan: &Plan<'_>, fault: &str) -> Option<String> {
        let (own, other) = self.first?;
        let samples = if self.count == 1 { "sample" } else { "samples" };
        let whose = if other.plan.split() == plan.split() {
            String::new()
        } else {
            format!(" of {}", other.plan.split())
        };
        Some(format!(
            "{}: {} {samples} {fault} (first: {} and {}{whose})",
            plan.split(),
            self.count,
            own.id(),
            other.id()
        ))
    }
}
