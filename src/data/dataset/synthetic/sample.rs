//! Makes synthetic samples: words that express a sentiment, frames that correlate with it.
//!
//! Only additions, multiplications and divisions are used, so that the same seed gives the same
//! bits on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::vocabulary::{FIRST_WORD, Role};

/// Draws from raw ChaCha words.
pub struct Draw(pub ChaCha8Rng);

impl Draw {
    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n - 1)
    }

    /// Nearly normal, mean 0 and variance 1: the sum of twelve uniform numbers, minus six. The
    /// usual formulas need logarithms, whose last bit differs between machines.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// A sample's words and their sentiment.
pub struct Sample {
    /// Indices into the vocabulary.
    pub words: Vec<usize>,
    /// Sentiment from -1 to 1, with the noise of a human rating.
    pub value: f64,
}

/// The vocabulary sorted by role.
pub struct Lexicon {
    pub words: Vec<(&'static str, Role)>,
    positive: Vec<usize>,
    negative: Vec<usize>,
    intensifiers: Vec<usize>,
    negators: Vec<usize>,
    neutral: Vec<usize>,
}

impl Lexicon {
    pub fn new(words: Vec<(&'static str, Role)>) -> Self {
        let select = |wanted: fn(Role) -> bool| {
            let roles = words.iter().enumerate();
            roles
                .filter(|(_, (_, role))| wanted(*role))
                .map(|(index, _)| index)
                .collect()
        };
        Self {
            positive: select(|role| matches!(role, Role::Sentiment(p) if p > 0.0)),
            negative: select(|role| matches!(role, Role::Sentiment(p) if p < 0.0)),
            intensifiers: select(|role| role == Role::Intensifier),
            negators: select(|role| role == Role::Negator),
            neutral: select(|role| role == Role::Neutral),
            words,
        }
    }

    /// Token id of a word.
    pub fn token(index: usize) -> i64 {
        FIRST_WORD + index as i64
    }

    /// Draws a sample of three to `most` words. One in ten has neutral words only and value 0.
    pub fn sample(&self, draw: &mut Draw, most: usize) -> Sample {
        let count = 3 + draw.below(most - 2);
        let mood = if draw.chance(0.1) {
            None
        } else {
            Some(2.0 * draw.unit() - 1.0)
        };
        let mut words = Vec::with_capacity(count);
        while words.len() < count {
            match mood {
                Some(mood) if draw.chance(0.4) => self.phrase(draw, mood, count, &mut words),
                _ => words.push(pick(draw, &self.neutral)),
            }
        }
        let score = self.score(&words);
        let value = match mood {
            Some(_) => 1.3 * score / (score.abs() + 1.5) + 0.06 * draw.normal(),
            None => 0.0,
        };
        Sample {
            words,
            value: value.clamp(-1.0, 1.0),
        }
    }

    /// A sentiment word that leans to the mood, sometimes with a modifier before it.
    fn phrase(&self, draw: &mut Draw, mood: f64, count: usize, words: &mut Vec<usize>) {
        if words.len() + 1 < count {
            if draw.chance(0.2) {
                words.push(pick(draw, &self.intensifiers));
            } else if draw.chance(0.15) {
                words.push(pick(draw, &self.negators));
            }
        }
        let positive = draw.chance(0.5 + 0.45 * mood);
        words.push(pick(
            draw,
            if positive {
                &self.positive
            } else {
                &self.negative
            },
        ));
    }

    /// Sum of polarities, each changed by the modifier before it.
    fn score(&self, words: &[usize]) -> f64 {
        let mut factor = 1.0;
        let mut score = 0.0;
        for index in words {
            match self.words[*index].1 {
                Role::Sentiment(polarity) => {
                    score += factor * polarity;
                    factor = 1.0;
                }
                Role::Intensifier => factor = 1.6,
                Role::Negator => factor = -0.8,
                Role::Neutral => factor = 1.0,
            }
        }
        score
    }
}

fn pick(draw: &mut Draw, from: &[usize]) -> usize {
    from[draw.below(from.len())]
}

/// Appends `steps * width` values of frames of one modality and returns the valid length: smooth noise,
/// the sentiment added to the first two channels, some zero frames inside the valid span, zeros past
/// its end.
pub fn frames(
    draw: &mut Draw,
    sample: &Sample,
    (steps, width): (usize, usize),
    strength: f64,
    out: &mut Vec<f64>,
) -> i64 {
    let wanted = sample.words.len() as f64 * (steps as f64 / 14.0) * (0.7 + 0.6 * draw.unit());
    let length = (wanted as usize).clamp(3, steps);
    let mut last = vec![0.0; width];
    for step in 0..steps {
        let lost = step >= length || draw.chance(0.02);
        for (channel, last) in last.iter_mut().enumerate() {
            *last = 0.6 * *last + 0.8 * draw.normal();
            let hint = if channel < 2 {
                strength * sample.value
            } else {
                0.0
            };
            out.push(if lost { 0.0 } else { *last + hint });
        }
    }
    length as i64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::data::dataset::synthetic::vocabulary::words;

    #[test]
    fn draws_have_the_moments_they_claim() {
        let mut draw = Draw(ChaCha8Rng::seed_from_u64(1));
        let values: Vec<f64> = (0..20_000).map(|_| draw.normal()).collect();
        let mean = values.iter().sum::<f64>() / 2e4;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 2e4;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }

    #[test]
    fn modifiers_change_the_word_after_them() {
        let lexicon = Lexicon::new(words());
        let index = |word: &str| lexicon.words.iter().position(|(w, _)| *w == word).unwrap();
        let score =
            |text: &str| lexicon.score(&text.split_whitespace().map(index).collect::<Vec<_>>());
        assert_eq!(score("the film was wonderful"), 1.0);
        assert_eq!(score("not wonderful but good"), -0.8 + 0.5);
        assert_eq!(score("very bad and awful"), -0.8 - 1.0);
    }
}
