//! Checks that a text encoder's vocabulary is the one the data's token ids were made with.
//!
//! Ids of another vocabulary are in range as well and train without an error: CH-SIMS with an English BERT,
//! a cased BERT on uncased ids. The ids of some samples are decoded with `vocab.txt` and compared with
//! their transcripts.

use std::path::Path;

use super::error::Error;
use crate::data::dataset::{Block, Split, VocabularyFile};
use crate::mask::apply::UNKNOWN;
use crate::model::ModelError;
use crate::model::weights::hugging_face;

/// Samples of a split that are compared.
const SAMPLES: usize = 100;
/// Fewer tokens than these show nothing.
const FEWEST_TOKENS: usize = 20;
/// Share of tokens found in their transcripts below which the vocabulary is another one. Of another
/// vocabulary's tokens a few percent are found by chance, of the own nearly all.
const REFUSED: f64 = 0.5;
/// Share below which a warning is due.
const ODD: f64 = 0.9;
/// Samples that a message names.
const NAMED: usize = 2;

/// Compares the data's token ids with the vocabulary of a BERT folder; warns where a few tokens differ, or
/// the folder has no `vocab.txt`.
///
/// # Errors
/// [`Error::Vocabulary`] where most tokens are not in their transcripts, unless `any_vocabulary` is set;
/// those of reading `vocab.txt`.
pub(super) fn check(
    folder: &Path,
    dataset: &str,
    splits: &[Split],
    any_vocabulary: bool,
) -> Result<(), Error> {
    if any_vocabulary {
        return Ok(());
    }
    let file = folder.join("vocab.txt");
    if !file.exists() {
        // A link without target is named, not taken for a folder without the file.
        hugging_face::check_vocabulary_file(folder)?;
        tracing::warn!(
            "{}: no vocab.txt, so that the token ids of {dataset} were not compared with its transcripts; \
             download it next to the weights",
            folder.display()
        );
        return Ok(());
    }
    hugging_face::check_vocabulary_file(folder)?;
    let vocabulary = VocabularyFile::read(folder).map_err(|error| match error {
        crate::data::dataset::Error::Io { path, reason, .. } => Error::Model(ModelError::Read {
            path,
            source: reason,
        }),
        other => Error::Dataset(other),
    })?;
    let compared = Compared::of(&vocabulary, splits);
    let share = compared.share();
    if compared.tokens < FEWEST_TOKENS || share >= ODD {
        return Ok(());
    }
    let difference = Error::Vocabulary {
        file,
        dataset: dataset.to_owned(),
        found: compared.found,
        tokens: compared.tokens,
        examples: compared.examples.join("; "),
    };
    if share < REFUSED {
        Err(difference)
    } else {
        tracing::warn!("{difference}");
        Ok(())
    }
}

/// Tokens of some samples and how many of them are in their transcripts.
#[derive(Debug, Default)]
struct Compared {
    tokens: usize,
    found: usize,
    /// Samples with their decoded tokens and their transcripts, of those that differ most of all tokens.
    examples: Vec<String>,
}

impl Compared {
    fn of(vocabulary: &VocabularyFile, splits: &[Split]) -> Self {
        let mut all = Self::default();
        for split in splits {
            let Some(ids) = &split.text_bert else {
                continue;
            };
            let with_text: Vec<usize> = (0..split.len())
                .filter(|&row| !split.raw_text[row].trim().is_empty())
                .collect();
            let step = with_text.len().div_ceil(SAMPLES).max(1);
            for &row in with_text.iter().step_by(step) {
                all.add(vocabulary, split, ids, row);
            }
        }
        all
    }

    fn add(&mut self, vocabulary: &VocabularyFile, split: &Split, ids: &Block<i32>, row: usize) {
        let decoded = vocabulary.words(&words_of(ids.row(row), ids.width));
        let text = plain(&split.raw_text[row]);
        let found = decoded.iter().filter(|token| is_part(token, &text)).count();
        self.tokens += decoded.len();
        self.found += found;
        if self.examples.len() < NAMED && 2 * found < decoded.len() {
            let first: Vec<&str> = decoded.iter().take(8).map(String::as_str).collect();
            let raw: String = split.raw_text[row].chars().take(40).collect();
            let id = &split.ids[row];
            self.examples
                .push(format!("sample {id}: `{}` for `{raw}`", first.join(" ")));
        }
    }

    fn share(&self) -> f64 {
        self.found as f64 / self.tokens.max(1) as f64
    }
}

/// The ids of the words of a sample of shape (3, width): those the attention mask covers, without CLS, SEP
/// and unknown ones.
fn words_of(sample: &[i32], width: usize) -> Vec<i32> {
    /// `[CLS]` and `[SEP]` of every BERT that MMSA's files were made with.
    const ENDS: [i32; 2] = [101, 102];
    let (ids, mask) = sample.split_at(width.min(sample.len()));
    let valid = ids.iter().zip(mask).filter(|(_, mask)| **mask != 0);
    let is_word = |id: &i32| !ENDS.contains(id) && *id != UNKNOWN;
    valid.map(|(id, _)| *id).filter(is_word).collect()
}

/// A transcript as its tokens spell it: lower case, without white space.
fn plain(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_whitespace());
    shown.flat_map(char::to_lowercase).collect()
}

/// Whether a token is part of a transcript.
fn is_part(token: &str, text: &str) -> bool {
    let token = plain(token.strip_prefix("##").unwrap_or(token));
    !token.is_empty() && text.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::SplitName;

    /// Words from id 200 on.
    const WORDS: [&str; 6] = ["this", "film", "was", "really", "good", "##ly"];
    /// Those of another vocabulary.
    const OTHERS: [&str; 6] = ["be", "##\u{4e0d}", "cinema", "##ought", "\u{597d}", "good"];

    fn vocabulary(words: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut lines: Vec<String> = (0..400).map(|id| format!("[unused{id}]")).collect();
        for (index, word) in words.iter().enumerate() {
            lines[200 + index] = (*word).to_owned();
        }
        std::fs::write(folder.path().join("vocab.txt"), lines.join("\n")).unwrap();
        folder
    }

    /// Samples of the words at these indices, all alike.
    fn split(name: SplitName, words: &[i32], raw_text: &str) -> Split {
        let (rows, width) = (12, 12);
        let mut sample = vec![0; 3 * width];
        let ids: Vec<i32> = [101]
            .into_iter()
            .chain(words.iter().map(|word| 200 + word))
            .chain([102])
            .collect();
        sample[..ids.len()].copy_from_slice(&ids);
        sample[width..width + ids.len()].fill(1);
        Split {
            name,
            ids: (0..rows).map(|row| format!("{name}-{row}")).collect(),
            raw_text: vec![raw_text.to_owned(); rows],
            text_bert: Some(Block {
                rows,
                steps: 3,
                width,
                data: sample.repeat(rows),
            }),
            special: None,
            text: None,
            audio: Block::default(),
            vision: Block::default(),
            text_lengths: vec![ids.len() as u32; rows],
            audio_lengths: vec![1; rows],
            vision_lengths: vec![1; rows],
            labels: vec![0.0; rows],
            modality_labels: None,
        }
    }

    fn splits(words: &[i32], raw_text: &str) -> [Split; 3] {
        SplitName::ALL.map(|name| split(name, words, raw_text))
    }

    #[test]
    fn the_own_vocabulary_is_accepted_and_another_is_refused_with_samples() {
        let data = splits(&[0, 1, 2, 3, 4, 5], "This film was\u{a0}REALLY goodly");
        check(vocabulary(&WORDS).path(), "mosi", &data, false).unwrap();
        let other = vocabulary(&OTHERS);
        let refused = check(other.path(), "mosi", &data, false).unwrap_err();
        let message = refused.to_string();
        for part in [
            "vocab.txt",
            "mosi",
            "of 216 tokens",
            "sample train-0: `",
            "for `This film was",
            "--any-vocabulary",
        ] {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
        check(other.path(), "mosi", &data, true).unwrap();
    }

    #[test]
    fn data_that_shows_nothing_is_accepted() {
        let other = vocabulary(&OTHERS);
        check(other.path(), "mosi", &splits(&[0, 1, 2], " "), false).unwrap();
        let mut few = splits(&[0, 1, 2], "this film was");
        for split in &mut few {
            split.raw_text[2..].fill(String::new());
        }
        check(other.path(), "mosi", &few, false).unwrap();
        let mut without = splits(&[0, 1, 2], "this film was");
        without.iter_mut().for_each(|split| split.text_bert = None);
        check(other.path(), "mosi", &without, false).unwrap();
    }

    #[test]
    fn a_folder_without_vocabulary_is_accepted_and_a_pointer_is_not() {
        let data = splits(&[0, 1, 2], "this film was");
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), "mosi", &data, false).unwrap();
        let file = folder.path().join("vocab.txt");
        std::fs::write(&file, "version https://git-lfs.github.com/spec/v1\noid").unwrap();
        let error = check(folder.path(), "mosi", &data, false).unwrap_err();
        assert!(error.to_string().contains("git lfs pull"), "{error}");
        std::fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("gone", &file).unwrap();
        let error = check(folder.path(), "mosi", &data, false).unwrap_err();
        assert!(error.to_string().contains("a link to a file"), "{error}");
    }
}
