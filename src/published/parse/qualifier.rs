//! Tells what stands in brackets behind the name of a data set: a remark, or the name of other data.

use super::condition::ConditionText;
use super::heading::{self, Word};
use super::modalities::ModalitySet;

/// Words of remarks that leave the data set what it is.
const REMARKS: &[&str] = &[
    "acl",
    "aligned",
    "all",
    "audio",
    "average",
    "avg",
    "bert",
    "best",
    "better",
    "bold",
    "chinese",
    "class",
    "classes",
    "classification",
    "clip",
    "clips",
    "cmu",
    "cn",
    "complete",
    "condition",
    "conditions",
    "corpus",
    "data",
    "dataset",
    "en",
    "english",
    "fig",
    "fold",
    "folds",
    "full",
    "glove",
    "higher",
    "incomplete",
    "lower",
    "mandarin",
    "mask",
    "masked",
    "masking",
    "masks",
    "mean",
    "means",
    "missing",
    "modalities",
    "modality",
    "movie",
    "movies",
    "multimodal",
    "nonaligned",
    "official",
    "opinion",
    "original",
    "ours",
    "percent",
    "protocol",
    "public",
    "published",
    "rate",
    "rates",
    "ratio",
    "regression",
    "reproduced",
    "result",
    "results",
    "reviews",
    "run",
    "runs",
    "sample",
    "samples",
    "seed",
    "seeds",
    "sentiment",
    "setting",
    "settings",
    "split",
    "standard",
    "supervised",
    "synthetic",
    "table",
    "test",
    "tested",
    "testing",
    "testset",
    "text",
    "trained",
    "training",
    "trimodal",
    "unaligned",
    "unsupervised",
    "utterance",
    "utterances",
    "v1",
    "video",
    "videos",
    "vision",
    "w",
    "weighted",
    "zh",
];

/// The text of a bracket or behind an `@` that follows directly, where it names other data:
/// `CMU-MOSI (speech)`, `mosi@speech`, and not `MOSI (aligned)` or `MOSI (missing rate = 50%)`.
/// `behind` is what follows the name; the bytes up to the end of the qualifier.
pub(super) fn other_data(behind: &str) -> Option<usize> {
    if let Some(rest) = behind.strip_prefix('@') {
        let word = |c: char| c.is_alphanumeric() || "-_".contains(c);
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        return (end > 0 && is_other(&rest[..end])).then_some(end + 1);
    }
    let inner = behind.trim_start();
    let start = behind.len() - inner.len();
    let close = match inner.chars().next()? {
        '(' => ')',
        '[' => ']',
        _ => return None,
    };
    let end = inner.find(close)?;
    is_other(&inner[1..end]).then_some(start + end + close.len_utf8())
}

/// Whether a qualifier is one that is not understood as a remark, a condition or a metric.
fn is_other(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    // `n = 686`
    let numeric = |w: &&str| w.len() == 1 || w.starts_with(|c: char| c.is_ascii_digit());
    if words.iter().all(numeric)
        || words.iter().any(|w| REMARKS.contains(w))
        || lower.contains("et al")
        || words
            .iter()
            .any(|w| w.len() == 4 && (w.starts_with("19") || w.starts_with("20")))
        || ConditionText::parse_rate(text).is_some()
    {
        return false;
    }
    // `speech` is a name for audio, too; data that were made of speech are named so.
    let modalities = ModalitySet::parse(text).is_some() && lower.trim() != "speech";
    let named = matches!(
        heading::word(text, &[]),
        Word::Unknown(_) | Word::Condition(_)
    );
    named && !modalities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_leave_a_data_set_what_it_is_and_other_words_do_not() {
        for text in [
            " (aligned)",
            " (missing rate = 50%)",
            " (%)",
            " [20]",
            " (2016)",
            " (Zadeh et al., 2016)",
            " (Zadeh 2016)",
            " (test set)",
            " (masks random v2)",
            " (synthetic data)",
            " (L)",
            " (text only)",
            " (Acc-7)",
            " (r = 0.5)",
            " (3 seeds)",
            " (w/o language)",
            " (Non0)",
            ", speech",
            " and MOSEI",
            "",
            " (n=686)",
            " (word-aligned)",
        ] {
            assert_eq!(other_data(text), None, "{text}");
        }
        for text in [
            " (speech)",
            " (speech-ibm)",
            "(lost-words)",
            " [ASR]",
            "@speech",
            "@speech-ibm",
        ] {
            assert_eq!(other_data(text), Some(text.len()), "{text}");
        }
        assert_eq!(other_data(" (speech), tested"), Some(" (speech)".len()));
    }
}
