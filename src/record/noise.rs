//! Training noise as manifests word it: `fresh (random)`, `fixed (reference at 0.5)`, `clean (random)`.

use super::EXTERNAL;
use crate::mask::Level;

/// The words of a noise, its mask family, and the one level of all clips, where there is one.
pub fn words(noise: &str, family: &str, level: Option<&str>) -> String {
    match level {
        None => format!("{noise} ({family})"),
        Some(level) => format!("{noise} ({family} at {level})"),
    }
}

/// What the clips of a training lacked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lacked {
    /// Different clips different rates.
    Mixture,
    /// Nothing.
    Nothing,
    /// Every clip this level.
    Level(Level),
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
        let level = inside.split_once(" at ").map(|(_, level)| level.parse());
        match (noise, level) {
            (EXTERNAL, _) => Self::Unknown,
            ("clean", _) => Self::Nothing,
            (_, Some(Ok(level))) => Self::Level(level),
            _ => Self::Mixture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let level = |text: &str| Lacked::Level(text.parse().unwrap());
        for (noise, family, at, expected) in [
            ("fresh", "random", None, Lacked::Mixture),
            ("reference", "reference", None, Lacked::Mixture),
            ("clean", "random", None, Lacked::Nothing),
            ("cycle:3", "block", Some("0.5"), level("0.5")),
            ("fixed", "modality", Some("LA"), level("LA")),
            (
                "fresh",
                "mixed",
                Some("l=0.2,a=0.7,v=0.7"),
                level("l=0.2,a=0.7,v=0.7"),
            ),
        ] {
            assert_eq!(
                Lacked::of(&words(noise, family, at)),
                expected,
                "{noise} {at:?}"
            );
        }
        assert_eq!(Lacked::of("fresh"), Lacked::Mixture);
        assert_eq!(Lacked::of("clean"), Lacked::Nothing);
        assert_eq!(Lacked::of(EXTERNAL), Lacked::Unknown);
    }
}
