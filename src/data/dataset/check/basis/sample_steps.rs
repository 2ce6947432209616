//! Lengths of the samples of a split: a long sample has many frames of audio and vision and many tokens.
//!
//! In the files of CMU-MOSI and CMU-MOSEI the rank correlation of any two is 0.8 to 0.95.

use super::relation::{Relation, deviation};
use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::plan::Plan;

/// Correlation, and its standard errors, of lengths that go together; and by how many those differ that do not.
const TOGETHER: f64 = 0.5;
pub const CERTAIN: f64 = 6.0;

/// Lengths of the samples of a split, by modality; not a number where a sample has none.
#[derive(Clone)]
pub struct SampleSteps {
    pub split: String,
    /// The half of the split that this is.
    half: Option<usize>,
    pub ids: Vec<String>,
    pub steps: [Vec<f64>; 3],
    /// No text holds a comma, though some hold other marks.
    pub lacks_commas: bool,
}

/// Texts with marks without which none has to hold a comma. In 200 texts of CH-SIMS 55 or more have marks, 104 or more a comma.
const MARKED: usize = 10;

/// Deviation of the lengths of a half, as a share of that of all, that is judged.
const UNSORTED: f64 = 0.6;

/// The modalities beside each one: text, audio and vision in this order.
pub const OTHERS: [[usize; 2]; 3] = [[1, 2], [0, 2], [0, 1]];

/// The order in which modalities are judged: of two alone it is audio or vision that is named.
pub const JUDGED: [usize; 3] = [1, 2, 0];

impl SampleSteps {
    /// Of a split; lengths of 0 are those of a sample without the modality, and a modality without several steps has
    /// none at all.
    pub fn new(split: &str, ids: &[String], steps: [Vec<usize>; 3]) -> Self {
        let known = |steps: Vec<usize>| {
            let known = steps
                .into_iter()
                .map(|n| if n > 0 { n as f64 } else { f64::NAN });
            known.collect()
        };
        Self {
            split: split.to_owned(),
            half: None,
            ids: ids.to_vec(),
            steps: steps.map(known),
            lacks_commas: false,
        }
    }

    pub fn of(plan: &Plan<'_>, profiles: &Profiles) -> Self {
        let of = |column: &'static str, lengths: &[i32]| {
            let features = plan.features_of(column);
            let tokens = column == "text" && plan.text_bert.is_some();
            let several = features.is_some_and(|features| features.steps > 1) || tokens;
            if !several {
                return Vec::new();
            }
            let own = features.is_some_and(|features| features.own_steps().is_some());
            let given = ["lengths", "mask"]
                .iter()
                .any(|end| plan.columns.get(&format!("{column}_{end}")).is_some());
            match profiles.of(plan.split(), column) {
                // Steps that are taken from the text show nothing of the frames.
                Some(profiles) if !(tokens || own || given) => ends(profiles),
                _ => lengths.iter().map(|n| (*n).max(0) as usize).collect(),
            }
        };
        let lengths = &plan.lengths;
        let steps = [
            of("text", &lengths.text),
            of("audio", &lengths.audio),
            of("vision", &lengths.vision),
        ];
        Self {
            lacks_commas: lacks_commas(&plan.raw_text),
            ..Self::new(plan.split(), &plan.ids, steps)
        }
    }

    /// One half of the samples.
    pub fn part(&self, which: usize) -> Self {
        let middle = self.ids.len() / 2;
        let range = [0..middle, middle..self.ids.len()][which].clone();
        let part = |steps: &Vec<f64>| steps.get(range.clone()).unwrap_or_default().to_vec();
        Self {
            split: self.split.clone(),
            half: Some(which),
            ids: self.ids[range.clone()].to_vec(),
            steps: self.steps.each_ref().map(part),
            lacks_commas: self.lacks_commas,
        }
    }

    /// One half of the samples, unless they are sorted by length, so that it has lengths of one kind.
    pub fn half(&self, which: usize) -> Option<Self> {
        let half = self.part(which);
        let mut pairs = half.steps.iter().zip(&self.steps);
        let is_varied = pairs.all(|(half, all)| match (deviation(half), deviation(all)) {
            (Some(half), Some(all)) => half >= UNSORTED * all,
            (None, None) => true,
            _ => false,
        });
        is_varied.then_some(half)
    }

    /// The rank correlation of the lengths of two modalities over the samples that have both.
    pub fn relation(&self, a: usize, b: usize) -> Option<Relation> {
        Relation::of_ranks(&self.steps[a], &self.steps[b])
    }

    /// The split, and which half of it.
    pub fn name(&self) -> String {
        match self.half {
            None => self.split.clone(),
            Some(half) => format!("{}, {} half", self.split, ["first", "second"][half]),
        }
    }

    pub fn kind(&self) -> &'static str {
        if self.half.is_some() { "half" } else { "split" }
    }

    /// What it is compared with: the other splits, or the other half.
    pub fn others(&self) -> &'static str {
        if self.half.is_some() {
            "half"
        } else {
            "splits"
        }
    }

    /// The id of the first sample.
    pub fn first(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }
}

/// Whether lengths go together as those of speech.
pub fn goes_together(relation: &Relation) -> bool {
    relation.correlation >= TOGETHER && relation.errors() >= CERTAIN
}

/// Whether texts were cut at their first comma, as it seems.
fn lacks_commas(texts: &[String]) -> bool {
    let with = |marks: &'static [char]| {
        texts
            .iter()
            .filter(move |text| text.contains(marks))
            .count()
    };
    with(&['.', '?', '!', '。', '？', '！']) >= MARKED && with(&[',', '，']) == 0
}

/// Where the frames of every sample end.
fn ends(profiles: &[Profile]) -> Vec<usize> {
    profiles.iter().map(|profile| profile.end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_have_marks_and_no_comma_are_told() {
        let texts = |text: &str, count| vec![text.to_owned(); count];
        assert!(lacks_commas(&texts("不是来抓你的。", 12)));
        assert!(!lacks_commas(&texts("不是来抓你的。", 9)));
        assert!(!lacks_commas(&texts("闭嘴，不是来抓你的。", 12)));
        assert!(!lacks_commas(&texts("NOT A MARK", 12)));
    }
}
