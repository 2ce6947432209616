//! Words of the synthetic corpora, with their roles and token ids.

/// Effect of a word on a sample's sentiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// Adds its polarity, from -1 to 1.
    Sentiment(f64),
    /// Strengthens the sentiment word after it.
    Intensifier,
    /// Negates the sentiment word after it.
    Negator,
    Neutral,
}

/// Token ids of BERT's vocabularies.
pub const PAD: i64 = 0;
/// A word that is lost or unknown.
pub const UNK: i64 = 100;
pub const CLS: i64 = 101;
pub const SEP: i64 = 102;
/// Token id of the first word; the others follow.
pub const FIRST_WORD: i64 = 1000;

// Few enough that each word is frequent in some hundred samples.
const STRONG_POSITIVE: &str = "wonderful brilliant superb amazing perfect delightful excellent \
    fantastic";
const MILD_POSITIVE: &str = "good nice pleasant fun charming solid enjoyable clever";
const STRONG_NEGATIVE: &str = "terrible awful horrible dreadful atrocious unbearable pathetic \
    worthless";
const MILD_NEGATIVE: &str = "bad boring weak dull slow flat messy bland";
const INTENSIFIERS: &str = "very really extremely truly";
const NEGATORS: &str = "not never hardly";
const NEUTRAL: &str = "the a this that it movie film scene actor actress story plot music camera \
    director script ending minute people character dialogue screen theater review talk show guest \
    host audience question answer topic city house street morning evening year friend family work \
    school picture sound voice and or but with about from after before while when where here there \
    was is were had saw heard said";

/// All words in the order of their token ids.
pub fn words() -> Vec<(&'static str, Role)> {
    [
        (STRONG_POSITIVE, Role::Sentiment(1.0)),
        (MILD_POSITIVE, Role::Sentiment(0.5)),
        (STRONG_NEGATIVE, Role::Sentiment(-1.0)),
        (MILD_NEGATIVE, Role::Sentiment(-0.5)),
        (INTENSIFIERS, Role::Intensifier),
        (NEGATORS, Role::Negator),
        (NEUTRAL, Role::Neutral),
    ]
    .into_iter()
    .flat_map(|(words, role)| words.split_whitespace().map(move |word| (word, role)))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::data::dataset::synthetic::TOKEN_LIMIT;

    #[test]
    fn words_are_distinct_and_fit_the_limit() {
        let words = words();
        assert!((80..=300).contains(&words.len()), "{}", words.len());
        assert!(FIRST_WORD as usize + words.len() <= TOKEN_LIMIT);
        let distinct: HashSet<_> = words.iter().map(|(word, _)| word).collect();
        assert_eq!(distinct.len(), words.len());
    }
}
