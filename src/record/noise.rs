//! Training noise as manifests word it: `fresh (random)`, `fixed (reference at 0.5)`, `clean (random)`.

use super::EXTERNAL;
use crate::mask::Condition;

/// The words of a noise, its mask protocol, and the one condition of all samples, where there is one.
pub fn words(noise: &str, mask_protocol: &str, condition: Option<&str>) -> String {
    match condition {
        None => format!("{noise} ({mask_protocol})"),
        Some(condition) => format!("{noise} ({mask_protocol} at {condition})"),
    }
}

/// What the samples of a training lacked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lacked {
    /// Different samples different rates.
    Mixture,
    /// Nothing.
    Nothing,
    /// Every sample this condition.
    Condition(Condition),
    /// Nobody knows: trained outside this program.
    Unknown,
}

impl Lacked {
    /// Reads what [`words`] gave; older runs name the noise alone.
    pub fn of(words: &str) -> Self {
        let (noise, inside) = match words.strip_suffix(')').and_then(|w| w.split_once(" (")) {
            Some((noise, inside)) => (noise, inside),
            None => (words, ""),
        };
        let condition = inside
            .split_once(" at ")
            .map(|(_, condition)| condition.parse());
        match (noise, condition) {
            (EXTERNAL, _) => Self::Unknown,
            ("clean", _) => Self::Nothing,
            (_, Some(Ok(condition))) => Self::Condition(condition),
            _ => Self::Mixture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let condition = |text: &str| Lacked::Condition(text.parse().unwrap());
        for (noise, mask_protocol, at, expected) in [
            ("fresh", "random", None, Lacked::Mixture),
            ("reference", "reference", None, Lacked::Mixture),
            ("clean", "random", None, Lacked::Nothing),
            ("cycle:3", "block", Some("0.5"), condition("0.5")),
            ("fixed", "modality", Some("LA"), condition("LA")),
            (
                "fresh",
                "mixed",
                Some("l=0.2,a=0.7,v=0.7"),
                condition("l=0.2,a=0.7,v=0.7"),
            ),
        ] {
            assert_eq!(
                Lacked::of(&words(noise, mask_protocol, at)),
                expected,
                "{noise} {at:?}"
            );
        }
        assert_eq!(Lacked::of("fresh"), Lacked::Mixture);
        assert_eq!(Lacked::of("clean"), Lacked::Nothing);
        assert_eq!(Lacked::of(EXTERNAL), Lacked::Unknown);
    }
}
