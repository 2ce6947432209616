//! Compares transcripts with tokens, without a vocabulary.
//!
//! Every word makes at least one token, and hardly any token is shorter than one character; and where a
//! transcript has as many words as tokens, equal words have equal tokens. Transcripts in another order
//! than tokens break both.

use super::same_words::{counts, equally_many};
use crate::data::dataset::check::Samples;
use crate::data::dataset::read::plan::Plan;
use crate::data::dataset::split::Block;
use crate::data::dataset::words::{is_chinese, separate};

/// Fewer samples, or fewer words that occur twice, show nothing.
pub const SAMPLES: usize = 6;
pub const WORDS: usize = 30;

/// The transcripts and tokens of a split that has tokens.
pub fn texts_of<'p>(plan: &'p Plan<'_>) -> Option<Texts<'p>> {
    Some(Texts {
        raw_text: &plan.raw_text,
        ids: &plan.ids,
        block: plan.text_bert.as_ref()?,
        lengths: &plan.lengths.text,
        lost: None,
    })
}

/// Transcripts and tokens of the same samples.
pub struct Texts<'a> {
    /// One per sample, or none at all.
    pub raw_text: &'a [String],
    pub ids: &'a [String],
    /// (N, 3, T)
    pub block: &'a Block<i32>,
    /// Valid tokens per sample.
    pub lengths: &'a [i32],
    /// A token that stands for a lost word: texts with one are not compared.
    pub lost: Option<i32>,
}

impl Texts<'_> {
    /// The samples whose transcript cannot be the text of their tokens, and what is said where those of the whole
    /// split are not.
    pub fn compare(&self, split: &str) -> (Samples, Option<String>) {
        let mut impossible = Samples::default();
        if self.raw_text.len() != self.block.rows || self.block.rows < SAMPLES {
            return (impossible, None);
        }
        let pairs: Vec<Pair<'_>> = self.pairs();
        for pair in pairs.iter().filter(|pair| pair.is_impossible()) {
            impossible.add(&self.ids[pair.row]);
        }
        let many = impossible.count() >= 3 && 4 * impossible.count() >= pairs.len();
        let unrelated = many && correlation(&pairs) < 0.7;
        let contradict = unrelated || agreement(&pairs).is_some_and(|share| share < 0.5);
        let said = contradict.then(|| {
            let fault = "with more words than tokens or more tokens than letters";
            let shown = impossible.describe(split, fault);
            format!(
                "the transcripts are not the text of the tokens: {}; one of them is in another order",
                shown.unwrap_or_else(|| "equal words have different tokens".to_owned())
            )
        });
        (impossible, said)
    }

    /// The pairs that can be compared; none where there are no transcripts.
    pub fn pairs(&self) -> Vec<Pair<'_>> {
        (0..self.block.rows.min(self.raw_text.len()))
            .filter_map(|row| self.pair(row))
            .collect()
    }

    fn pair(&self, row: usize) -> Option<Pair<'_>> {
        let valid = usize::try_from(*self.lengths.get(row)?).ok()?;
        let tokens = self.block.row(row).get(1..valid.checked_sub(1)?)?;
        let text = self.raw_text[row].to_lowercase();
        if text.trim().is_empty() || self.lost.is_some_and(|lost| tokens.contains(&lost)) {
            return None;
        }
        let chinese = text.chars().filter(|c| is_chinese(*c)).count();
        let spaced = text.split_whitespace().filter(|word| {
            word.chars().any(char::is_alphanumeric) && !word.chars().any(is_chinese)
        });
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        Some(Pair {
            row,
            tokens,
            bounds: (chinese + spaced.count(), letters),
            cut: valid == self.block.width,
            words: separate(&text),
        })
    }
}

/// A transcript and its tokens without CLS and SEP.
pub struct Pair<'p> {
    row: usize,
    pub words: Vec<String>,
    pub tokens: &'p [i32],
    /// Words at least, and letters.
    pub bounds: (usize, usize),
    /// The tokens fill all steps: the text was cut.
    cut: bool,
}

impl Pair<'_> {
    fn is_impossible(&self) -> bool {
        let (least, most) = self.bounds;
        let tokens = self.tokens.len();
        (tokens < least && !self.cut) || tokens > most
    }
}

/// Pearson's correlation of the numbers of words and tokens of texts that were not cut; 1 where either does
/// not vary.
fn correlation(pairs: &[Pair<'_>]) -> f64 {
    let whole = || pairs.iter().filter(|pair| !pair.cut);
    let count = whole().count().max(1) as f64;
    let of = |pair: &Pair<'_>| (pair.words.len() as f64, pair.tokens.len() as f64);
    let (x, y) = whole()
        .map(of)
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (x, y) = (x / count, y / count);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in whole().map(of) {
        xx += (a - x) * (a - x);
        yy += (b - y) * (b - y);
        xy += (a - x) * (b - y);
    }
    if xx == 0.0 || yy == 0.0 {
        1.0
    } else {
        xy / (xx * yy).sqrt()
    }
}

/// The share of words that have the token which the word has most often, among words that occur twice or
/// more in texts of as many words as tokens; `None` where they are few.
fn agreement(pairs: &[Pair<'_>]) -> Option<f64> {
    let tokens = counts(equally_many(pairs));
    let (mut same, mut all) = (0, 0);
    for counts in tokens.values() {
        let total: usize = counts.values().sum();
        if total > 1 {
            all += total;
            same += counts.values().max().copied().unwrap_or(0);
        }
    }
    (all >= WORDS).then(|| same as f64 / all as f64)
}
