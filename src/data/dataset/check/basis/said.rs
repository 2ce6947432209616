//! The words of every sample in their order: token ids, or the words of transcripts.

use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::synthetic::vocabulary::{CLS, SEP};
use crate::data::dataset::words::separate;

/// What is said in the samples of a split.
pub struct Said<'p> {
    pub plan: &'p Plan<'p>,
    pub words: Vec<Vec<String>>,
    /// What one of the words is: a token or a word.
    pub kind: &'static str,
    /// The text fills all steps of the tokens, so that its end may be cut; by sample.
    cut: Vec<bool>,
}

impl<'p> Said<'p> {
    /// Token ids where a split has them, else the words of its transcripts.
    pub fn of(plan: &'p Plan<'_>) -> Option<Self> {
        Self::tokens(plan).or_else(|| Self::transcripts(plan))
    }

    /// The words of transcripts, and the token ids; what a split has of both.
    pub fn all(plan: &'p Plan<'_>) -> Vec<Self> {
        let both = [Self::transcripts(plan), Self::tokens(plan)];
        both.into_iter().flatten().collect()
    }

    fn tokens(plan: &'p Plan<'_>) -> Option<Self> {
        let block = plan.text_bert.as_ref()?;
        let heard = |row: usize| {
            let (ids, rest) = block.row(row).split_at(block.width);
            let heard = ids.iter().zip(rest).filter(|(_, mask)| **mask > 0);
            heard.map(|(id, _)| i64::from(*id))
        };
        let words = (0..block.rows).map(|row| {
            let words = heard(row).filter(|id| ![0, CLS, SEP].contains(id));
            words.map(|id| id.to_string()).collect()
        });
        Self::new(plan, words.collect(), "token").map(|said| Self {
            cut: (0..block.rows)
                .map(|row| heard(row).count() == block.width)
                .collect(),
            ..said
        })
    }

    fn transcripts(plan: &'p Plan<'_>) -> Option<Self> {
        let words = |text: &String| separate(&text.to_lowercase());
        Self::new(plan, plan.raw_text.iter().map(words).collect(), "word")
    }

    fn new(plan: &'p Plan<'_>, words: Vec<Vec<String>>, kind: &'static str) -> Option<Self> {
        let is_whole = !words.is_empty() && words.len() == plan.ids.len();
        is_whole.then(|| Self {
            cut: vec![false; words.len()],
            plan,
            words,
            kind,
        })
    }

    /// Whether the end of a sample's text may be cut.
    pub fn is_cut(&self, row: usize) -> bool {
        self.cut[row]
    }
}
