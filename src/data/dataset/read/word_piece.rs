//! Tokenizes transcripts as BERT does, with the ids of Hugging Face's `BertTokenizer`: white space and control
//! characters, Chinese characters, accents and case, punctuation, then the longest known pieces of each word.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::columns::Columns;
use crate::data::dataset::digest;
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::split::Block;

/// Words of more characters are unknown.
const LONGEST_WORD: usize = 100;

/// Control, format and private characters but white space, the null character and the replacement character.
static REMOVED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[[\p{Cc}\p{Cf}\p{Co}\x{fffd}]--[\t\n\r]]"));

/// Chinese characters, each of which is a word.
static CHINESE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[\x{4e00}-\x{9fff}\x{3400}-\x{4dbf}\x{20000}-\x{2a6df}\x{2a700}-\x{2b73f}\x{2b740}-\x{2b81f}\x{2b920}-\x{2ceaf}\x{f900}-\x{faff}\x{2f800}-\x{2fa1f}]",
    )
});

/// Accents, once letters are decomposed.
static ACCENTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{Mn}"));

/// A character of punctuation, or others up to the next one or to white space.
static WORDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{P}[:punct:]]|[^\s\p{P}[:punct:]]+"));

fn pattern(text: &str) -> Regex {
    // Constants, all of which the tests use.
    Regex::new(text).expect("a regular expression")
}

/// The part of `tokenizer_config.json` that changes ids.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Config {
    #[serde(default = "yes")]
    do_lower_case: bool,
    #[serde(default = "yes")]
    tokenize_chinese_chars: bool,
    /// As `do_lower_case` where it is null or absent.
    strip_accents: Option<bool>,
}

const fn yes() -> bool {
    true
}

/// What a vocabulary of another form is, and what to do.
const OF_TOKENIZERS: &str = "tokenizer.json; for a BERT, write vocab.txt beside it: python -c \"import json; v = \
     json.load(open('tokenizer.json', encoding='utf8'))['model']['vocab']; print(*sorted(v, key=v.get), sep='\\n', \
     file=open('vocab.txt', 'w', encoding='utf8'))\"";
const OF_BYTE_PAIRS: &str = "vocab.json, the vocabulary of byte pairs, as of RoBERTa or GPT-2, whose tokens these models do not \
     take: give the vocab.txt of the BERT whose tokens they read";

/// The form of a vocabulary in JSON.
fn in_json(text: &str) -> &'static str {
    let is_tokenizer = text.contains("\"model\"") && text.contains("\"vocab\"");
    if is_tokenizer {
        OF_TOKENIZERS
    } else {
        OF_BYTE_PAIRS
    }
}

/// What a folder without vocab.txt has in its place.
fn without_lines(folder: &Path) -> Option<&'static str> {
    let has = |name: &str| folder.join(name).is_file();
    match (has("tokenizer.json"), has("vocab.json")) {
        (_, true) => Some(OF_BYTE_PAIRS),
        (true, false) => Some(OF_TOKENIZERS),
        (false, false) => None,
    }
}

/// A vocabulary with the rules of its tokenizer.
#[derive(Debug)]
pub struct WordPiece {
    ids: HashMap<String, i32>,
    config: Config,
    unknown: i32,
    first: i32,
    last: i32,
    /// What was assumed about the rules.
    pub assumption: Option<String>,
    /// Names vocabulary and rules, for the record: SHA-256 of the file and the rules.
    pub identity: String,
}

impl WordPiece {
    /// Reads `vocab.txt`, or that of a folder, and the rules in `tokenizer_config.json` beside it. Without that
    /// file text becomes lower case, as is Hugging Face's default.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Layout`] for a vocabulary without `[UNK]`, `[CLS]` or `[SEP]`, or a
    /// `tokenizer_config.json` that is none.
    pub fn read(path: &Path) -> Result<Self> {
        let vocabulary = if path.is_dir() {
            path.join("vocab.txt")
        } else {
            path.to_owned()
        };
        if let Some(other) = without_lines(path).filter(|_| !vocabulary.is_file()) {
            return Err(Error::Layout {
                place: path.display().to_string(),
                expected: "vocab.txt, the vocabulary of a BERT, a token a line".to_owned(),
                found: other.to_owned(),
            });
        }
        let text = read(&vocabulary)?;
        let rules = vocabulary.with_file_name("tokenizer_config.json");
        let (config, assumption) = if rules.is_file() {
            (read(&rules)?, None)
        } else {
            let assumption = format!(
                "tokens in lower case, without accents: {} has no tokenizer_config.json beside it",
                vocabulary.display()
            );
            ("{}".to_owned(), Some(assumption))
        };
        let config = serde_json::from_str(&config).map_err(|reason| Error::Layout {
            place: rules.display().to_string(),
            expected: "the settings of a tokenizer as JSON".to_owned(),
            found: reason.to_string(),
        })?;
        let ids: HashMap<String, i32> = (0..)
            .zip(text.lines())
            .map(|(id, token)| (token.trim_end().to_owned(), id))
            .collect();
        let special = |token: &str| {
            ids.get(token).copied().ok_or_else(|| Error::Layout {
                place: vocabulary.display().to_string(),
                expected: format!("the vocabulary of a BERT, with {token}, a token a line"),
                found: if text.trim_start().starts_with('{') {
                    in_json(&text).to_owned()
                } else {
                    format!("{} lines without it", ids.len())
                },
            })
        };
        Ok(Self {
            identity: format!("{} {config:?}", digest::of_bytes(text.as_bytes())),
            unknown: special("[UNK]")?,
            first: special("[CLS]")?,
            last: special("[SEP]")?,
            config,
            ids,
            assumption,
        })
    }

    /// The ids of a text between `[CLS]` and `[SEP]`.
    pub fn ids(&self, text: &str) -> Vec<i32> {
        let text = self.normal(text);
        let mut ids = vec![self.first];
        for word in WORDS.find_iter(&text) {
            self.pieces(word.as_str(), &mut ids);
        }
        ids.push(self.last);
        ids
    }

    /// `text_bert` (N, 3, T) of the transcripts of a split, with what was cut.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] without transcripts.
    pub fn block(
        &self,
        columns: &Columns<'_>,
        raw_text: &[String],
        tokens: usize,
    ) -> Result<(Block<i32>, Option<String>)> {
        if raw_text.is_empty() {
            return Err(columns.missing("column raw_text, of which --tokenize makes tokens".into()));
        }
        let mut data = Vec::with_capacity(raw_text.len() * 3 * tokens);
        let mut cut = 0;
        for text in raw_text {
            let mut ids = self.ids(text);
            if ids.len() > tokens {
                cut += 1;
                ids.truncate(tokens.saturating_sub(1));
                ids.push(self.last);
            }
            let mask = ids.len();
            ids.resize(tokens, 0);
            data.extend(ids);
            data.extend((0..tokens).map(|token| i32::from(token < mask)));
            data.extend(std::iter::repeat_n(0, tokens));
        }
        let block = Block {
            rows: raw_text.len(),
            steps: 3,
            width: tokens,
            data,
        };
        let note = (cut > 0).then(|| {
            format!(
                "{}: {cut} of {} transcripts are cut to {tokens} tokens",
                columns.split,
                raw_text.len()
            )
        });
        Ok((block, note))
    }

    /// The text without what is removed, in lower case and without accents where the rules ask for it.
    fn normal(&self, text: &str) -> String {
        let config = self.config;
        let mut text = REMOVED.replace_all(text, "").into_owned();
        if config.tokenize_chinese_chars {
            text = CHINESE.replace_all(&text, " $0 ").into_owned();
        }
        if config.strip_accents.unwrap_or(config.do_lower_case) {
            let decomposed: String = text.nfd().collect();
            text = ACCENTS.replace_all(&decomposed, "").into_owned();
        }
        if config.do_lower_case {
            // Character by character: a sigma at the end of a word is as any other.
            text = text.chars().flat_map(char::to_lowercase).collect();
        }
        text
    }

    /// Adds the pieces of a word: from the left the longest that are known, or the unknown token.
    fn pieces(&self, word: &str, ids: &mut Vec<i32>) {
        let before = ids.len();
        if word.chars().count() > LONGEST_WORD {
            ids.push(self.unknown);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let mark = if rest.len() < word.len() { "##" } else { "" };
            let ends = rest.char_indices().rev().map(|(at, c)| at + c.len_utf8());
            let mut known = ends.filter_map(|end| {
                let id = self.ids.get(&format!("{mark}{}", &rest[..end]))?;
                Some((end, *id))
            });
            let Some((end, id)) = known.next() else {
                ids.truncate(before);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|reason| Error::Io {
        path: path.to_owned(),
        action: "read it",
        reason,
    })
}
