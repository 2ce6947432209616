//! Turns the token ids of a sample into words.

use std::collections::HashMap;
use std::path::Path;

use super::error::{Error, Result};

/// The entries of a BERT `vocab.txt`: line number = token id.
#[derive(Clone, Debug)]
pub struct VocabularyFile(HashMap<i32, String>);

impl VocabularyFile {
    /// Reads `vocab.txt`, or the one in a folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read(path: &Path) -> Result<Self> {
        let file = if path.is_dir() {
            path.join("vocab.txt")
        } else {
            path.to_owned()
        };
        let text = std::fs::read_to_string(&file).map_err(|reason| Error::Io {
            path: file,
            action: "read the vocabulary",
            reason,
        })?;
        let entries = text.lines().enumerate();
        Ok(Self(
            entries
                .map(|(id, word)| (id as i32, word.to_owned()))
                .collect(),
        ))
    }

    /// The words of token ids; an id beyond the file is printed as a number.
    pub fn words(&self, ids: &[i32]) -> Vec<String> {
        let word = |id: &i32| self.0.get(id).cloned().unwrap_or_else(|| format!("#{id}"));
        ids.iter().map(word).collect()
    }
}

/// The words of a transcript as BERT's basic tokenizer separates them: at white space, around
/// punctuation, around every Chinese character.
pub fn separate(raw_text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for c in raw_text.chars() {
        let alone = c.is_ascii_punctuation()
            || is_chinese(c)
            || ('\u{3000}'..'\u{3030}').contains(&c)
            || ('\u{ff00}'..'\u{ff10}').contains(&c);
        match words.last_mut() {
            _ if c.is_whitespace() => open = false,
            Some(word) if open && !alone => word.push(c),
            _ => {
                words.push(c.to_string());
                open = !alone;
            }
        }
    }
    words
}

pub(super) fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c) || ('\u{3400}'..='\u{4dbf}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_separated_as_tokens_are() {
        assert_eq!(
            separate("It's  good, really"),
            ["It", "'", "s", "good", ",", "really"]
        );
        assert_eq!(
            separate("我喜欢 OK吗?"),
            ["我", "喜", "欢", "OK", "吗", "?"]
        );
        assert!(separate(" ").is_empty());
    }

    #[test]
    fn a_vocabulary_gives_words_for_ids() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vocab.txt"), "[PAD]\ngood\n##ly\n").unwrap();
        let vocabulary = VocabularyFile::read(folder.path()).unwrap();
        assert_eq!(vocabulary.words(&[1, 2, 9]), ["good", "##ly", "#9"]);
        let missing = VocabularyFile::read(&folder.path().join("x"))
            .unwrap_err()
            .to_string();
        assert!(missing.contains("read the vocabulary"), "{missing}");
    }
}
