//! The words of the synthetic corpora, their roles and token ids.

/// What a word does to a clip's sentiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    /// Adds its polarity, from -1 to 1.
    Sentiment(f64),
    /// Strengthens the sentiment word after it.
    Intensifier,
    /// Turns the sentiment word after it.
    Negator,
    Neutral,
}

/// Token ids of BERT's vocabularies.
pub const PAD: i64 = 0;
pub const CLS: i64 = 101;
pub const SEP: i64 = 102;
/// Token id of the first word; the others follow.
pub const FIRST_WORD: i64 = 1000;

const STRONG_POSITIVE: &str = "wonderful brilliant superb amazing perfect delightful stunning \
    hilarious masterful unforgettable gorgeous thrilling excellent outstanding fantastic";
const MILD_POSITIVE: &str = "good nice pleasant fun charming solid enjoyable sweet clever warm \
    fresh likable decent smooth lively";
const STRONG_NEGATIVE: &str = "terrible awful horrible dreadful atrocious unbearable disgusting \
    disastrous pathetic miserable hideous appalling worthless insulting abysmal";
const MILD_NEGATIVE: &str = "bad boring weak dull slow flat messy silly bland clumsy forced noisy \
    tired shallow annoying";
const INTENSIFIERS: &str = "very really extremely truly so absolutely";
const NEGATORS: &str = "not never hardly barely";
const NEUTRAL: &str = "the a this that it movie film scene actor actress story plot music camera \
    director script ending beginning minute hour people character dialogue screen theater ticket \
    review talk show guest host audience question answer topic city house car street morning \
    evening week year friend family work school food water table chair window door phone book \
    paper picture color light sound voice and or but with about from into over under after before \
    while when where who which there here was is are were had have did does saw watched heard said \
    told went came made took gave";

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
    use crate::dataset::synthetic::TOKEN_LIMIT;

    #[test]
    fn words_are_distinct_and_fit_the_limit() {
        let words = words();
        assert!((150..=300).contains(&words.len()), "{}", words.len());
        assert!(FIRST_WORD as usize + words.len() <= TOKEN_LIMIT);
        let distinct: HashSet<_> = words.iter().map(|(word, _)| word).collect();
        assert_eq!(distinct.len(), words.len());
    }
}
