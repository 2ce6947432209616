//! `mask show`: draws one sample's masks in the terminal.

use std::path::PathBuf;

use lnln_bench::data::dataset::{
    Corpus, Modality, Outline, SpecialTokens, SplitName, VocabularyFile, separate,
};
use lnln_bench::mask::{self, Condition, EvaluationMasks, Keep, SplitShape};
use schemars::JsonSchema;
use serde::Serialize;

use super::Chosen;
use crate::cli::output;

/// Show the masks of one sample with the words that are kept.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lnln-bench mask show data/mosi.h5 --sample 'BI97DNYfe5I$_$1' --rate 0.5
  lnln-bench mask show data/mosi.h5 --sample 'BI97DNYfe5I$_$1' --rate 0.5 \\
      --masks block --seed 7
  lnln-bench mask show data/sims.h5 --sample 'video_0001$_$0001' --rate LV \\
      --masks modality --json

A full block is a kept position, a dot a masked one. If a sample has more frames than the line has
columns, shades show the share that is kept. Words come from the transcript if it has one word per
token. If not, or if the text fills all its steps and may have been truncated, the complete
transcript is printed; --vocab vocab.txt then shows the tokens themselves.")]
pub struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Sample id.
    #[arg(long, value_name = "ID")]
    sample: String,
    /// Condition: a missing rate from 0 to 1, missing modalities like LA, or l=RATE,a=RATE,v=RATE.
    #[arg(long, value_name = "CONDITION")]
    rate: Condition,
    /// The encoder's vocab.txt, or its folder.
    #[arg(long, value_name = "FILE")]
    vocab: Option<PathBuf>,
    /// Columns per line.
    #[arg(long, default_value_t = 72)]
    width: usize,
    /// Positions, words and rates as JSON.
    #[arg(long)]
    json: bool,
}

/// What `mask show --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct ShowRecord<'a> {
    dataset: &'a str,
    split: SplitName,
    sample: &'a str,
    mask_protocol: &'a str,
    version: u32,
    seed: u64,
    condition: String,
    rate_text: f64,
    rate_audio: f64,
    rate_vision: f64,
    /// Of the masks of the whole split.
    hash: String,
    kept: Kept<'a>,
    /// A word per valid token, null where they cannot be assigned.
    words: Option<&'a [String]>,
    /// The complete transcript where there are no words.
    transcript: Option<&'a str>,
}

/// Whether each valid position is kept.
#[derive(Serialize, JsonSchema)]
struct Kept<'a> {
    text: &'a [bool],
    audio: &'a [bool],
    vision: &'a [bool],
}

/// Run the subcommand.
pub fn run(args: Args) -> anyhow::Result<()> {
    let evaluation = EvaluationMasks::one(args.chosen.protocol(), args.rate)?;
    let vocabulary = args
        .vocab
        .as_deref()
        .map(VocabularyFile::read)
        .transpose()?;
    let (corpus, source) = args.chosen.open()?;
    let (outline, row) = find(&corpus, &args.sample)?;
    let (mask_protocol, seed) = (evaluation.mask_protocol, args.chosen.seed);
    let shape = SplitShape::from(&outline);
    let masks = source.masks(mask_protocol, &shape, seed, &evaluation.conditions)?;
    let keeps = masks.keeps(outline.name, args.rate)?;
    let keeps = keeps.map(|keep: Keep| keep.row(row).to_vec());
    let valid = Modality::ALL.map(|modality| outline.lengths(modality)[row] as usize);
    let kept: Vec<&[bool]> = keeps
        .iter()
        .zip(valid)
        .map(|(keep, n)| &keep[..n])
        .collect();
    let words = words(&corpus, &outline, row, valid[0], vocabulary.as_ref())?;
    let head = format!(
        "{} {} {}: {} v{} masks, seed {seed}, condition {}",
        corpus.name(),
        outline.name,
        args.sample,
        mask_protocol.name(),
        mask_protocol.version(),
        args.rate
    );
    if args.json {
        let [rate_text, rate_audio, rate_vision] = args.rate.rates();
        output::json_line(&ShowRecord {
            dataset: corpus.name(),
            split: outline.name,
            sample: &args.sample,
            mask_protocol: mask_protocol.name(),
            version: mask_protocol.version(),
            seed,
            condition: args.rate.to_string(),
            rate_text,
            rate_audio,
            rate_vision,
            hash: masks.hash(outline.name, args.rate)?,
            kept: Kept {
                text: kept[0],
                audio: kept[1],
                vision: kept[2],
            },
            words: words.as_deref().ok(),
            transcript: words.as_deref().err().map(String::as_str),
        })
    } else {
        output::write(&format!("{head}\n{}", draw(&args, &kept, &words)))
    }
}

/// The split that has a sample of this id, and its row there.
fn find(corpus: &Corpus, id: &str) -> anyhow::Result<(Outline, usize)> {
    for name in SplitName::ALL {
        let outline = corpus.outline(name)?;
        if let Some(row) = outline.ids.iter().position(|known| known == id) {
            return Ok((outline, row));
        }
    }
    let first = corpus
        .outline(SplitName::Test)?
        .ids
        .first()
        .cloned()
        .unwrap_or_default();
    let (dataset, sample) = (corpus.name().to_owned(), id.to_owned());
    Err(mask::Error::NoSample {
        dataset,
        sample,
        first,
    }
    .into())
}

/// A word for every valid token; the transcript if its words cannot be assigned to tokens.
type Words = Result<Vec<String>, String>;

fn words(
    corpus: &Corpus,
    outline: &Outline,
    row: usize,
    valid: usize,
    vocabulary: Option<&VocabularyFile>,
) -> anyhow::Result<Words> {
    let (reader, split) = (corpus.reader(), outline.name);
    if let (Some(vocabulary), true) = (vocabulary, reader.has(&format!("{split}/text_bert"))) {
        let ids = reader.numbers::<i32>(&format!("{split}/text_bert"))?;
        let steps = outline.steps[0];
        return Ok(Ok(vocabulary.words(&ids[row * 3 * steps..][..valid])));
    }
    let column = format!("{split}/raw_text");
    let transcript = if reader.has(&column) {
        reader.texts(&column)?.swap_remove(row)
    } else {
        String::new()
    };
    // Text features without token ids have words only.
    let special = (outline.special.as_ref()).map_or_else(SpecialTokens::default, |all| all[row]);
    Ok(fitting(&transcript, (valid, special), outline.steps[0]).ok_or(transcript))
}

/// A word for every position, if the transcript has as many beside CLS and SEP, with punctuation counted
/// or not.
///
/// A text that fills all its steps may have been truncated; equal numbers of words and tokens then do
/// not show that they correspond.
fn fitting(
    transcript: &str,
    (valid, special): (usize, SpecialTokens),
    steps: usize,
) -> Option<Vec<String>> {
    if valid >= steps {
        return None;
    }
    let plain: Vec<String> = transcript.split_whitespace().map(str::to_owned).collect();
    let ends = usize::from(special.cls) + usize::from(special.sep);
    let count = valid.saturating_sub(ends);
    let words = [plain, separate(transcript)]
        .into_iter()
        .find(|words| words.len() == count)?;
    let end = |is_there: bool, name: &str| is_there.then(|| name.to_owned());
    let (cls, sep) = (end(special.cls, "[CLS]"), end(special.sep, "[SEP]"));
    Some(cls.into_iter().chain(words).chain(sep).collect())
}

fn draw(args: &Args, kept: &[&[bool]], words: &Words) -> String {
    let mut text = String::new();
    for (modality, kept) in Modality::ALL.iter().zip(kept) {
        let masked = kept.iter().filter(|kept| !**kept).count();
        let unit = if *modality == Modality::Text {
            "tokens"
        } else {
            "frames"
        };
        let modality = modality.as_str();
        let share = masked as f64 / kept.len().max(1) as f64;
        let line = picture(kept, args.width);
        text.push_str(&format!("  {modality:6}  {line}\n"));
        let note = format!("{masked} of {} {unit} masked ({share:.3})", kept.len());
        text.push_str(&format!("          {note}\n"));
    }
    match words {
        Ok(words) => {
            let shown = words.iter().zip(kept[0]);
            let shown = shown.map(|(word, kept)| if *kept { word.as_str() } else { "[UNK]" });
            text.push_str(&wrap(shown, args.width));
        }
        Err(transcript) => {
            text.push_str(&wrap(transcript.split_whitespace(), args.width));
            text.push_str(
                "\n          the complete transcript, which does not have one word per token or may have been \
                 truncated; use --vocab vocab.txt to show the tokens",
            );
        }
    }
    text
}

/// From all masked to all kept.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// The valid positions of one sample as at most `width` characters: full where all positions of a
/// character are kept, a dot where none is.
fn picture(kept: &[bool], width: usize) -> String {
    let columns = kept.len().min(width.max(1));
    let column = |index: usize| {
        let (start, end) = (
            index * kept.len() / columns,
            (index + 1) * kept.len() / columns,
        );
        let part = &kept[start..end];
        let count = part.iter().filter(|kept| **kept).count();
        match count {
            0 => SHADES[0],
            all if all == part.len() => SHADES[4],
            some => SHADES[1 + 3 * some / (part.len() + 1)],
        }
    };
    (0..columns).map(column).collect()
}

/// Joins words into lines of at most `width` characters, one word at least.
fn wrap<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> String {
    let (mut text, mut column) = ("  words  ".to_owned(), 0);
    for word in words {
        let length = word.chars().count() + 1;
        if column + length > width && column > 0 {
            text.push_str("\n         ");
            column = 0;
        }
        text.push(' ');
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: SpecialTokens = SpecialTokens {
        cls: true,
        sep: true,
    };

    /// 48 words with a comma are 49 tokens; T = 50 leaves 48 of them, as many as there are words.
    #[test]
    fn a_text_that_may_have_been_truncated_has_no_words() {
        let transcript = format!("well, {}", ["word"; 47].join(" "));
        assert_eq!(fitting(&transcript, (50, BOTH), 50), None);
        let complete = fitting(&transcript, (51, BOTH), 52).unwrap();
        assert_eq!(complete[..4], ["[CLS]", "well", ",", "word"]);
        assert_eq!((complete.len(), complete[50].as_str()), (51, "[SEP]"));
        assert_eq!(fitting(&transcript, (51, BOTH), 51), None);
    }

    #[test]
    fn words_are_counted_with_and_without_punctuation() {
        let fitting = |valid, special| {
            fitting("well, yes", (valid, special), 50).map(|words| words.join(" "))
        };
        assert_eq!(fitting(4, BOTH).as_deref(), Some("[CLS] well, yes [SEP]"));
        assert_eq!(fitting(5, BOTH).as_deref(), Some("[CLS] well , yes [SEP]"));
        assert_eq!([3, 6].map(|valid| fitting(valid, BOTH)), [None, None]);
        let none = SpecialTokens::default();
        assert_eq!(fitting(2, none).as_deref(), Some("well, yes"));
        assert_eq!(fitting(3, none).as_deref(), Some("well , yes"));
        assert_eq!(fitting(4, none), None);
    }

    #[test]
    fn short_samples_show_every_position_and_long_ones_shares() {
        assert_eq!(picture(&[true, false, true], 10), "█·█");
        let kept = (0..40).map(|t| t < 10 || (20..22).contains(&t) || (30..38).contains(&t));
        let kept: Vec<bool> = kept.collect();
        assert_eq!(picture(&kept, 4), "█·░▓");
        assert_eq!(picture(&[], 4), "");
        assert_eq!(picture(&[true], 0), "█");
    }
}
