//! Writes two synthetic corpora in MMSA's pickle layout, for the demo and for tests.
//!
//! The words of a sample decide its label (strong and mild sentiment words, intensifiers, negators);
//! audio and vision hint at it. `demo-film` has the form of MOSI (arrays of text, labels in [-3, 3]),
//! `demo-talk` that of SIMS (lists, labels in [-1, 1], labels per modality). Results on
//! them are not comparable with any published table.

mod sample;
pub mod vocabulary;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::registry;
use crate::data::dataset::split_name::SplitName;
use crate::data::pickle::Writer;
use crate::support::fs::write_atomic_with;
use sample::{Draw, Lexicon, Sample, frames};
use vocabulary::{CLS, PAD, SEP, words};

/// Every token id of the corpora is below this: the size of an embedding table that fits them.
pub const TOKEN_LIMIT: usize = 1400;

/// Width of the corpora's own `text` features.
const TEXT_WIDTH: usize = 16;

/// Share of audio values that are negative infinity, as in MOSI.
const INFINITE: f64 = 1e-3;

/// One of the two corpora.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demo {
    Film,
    Talk,
}

impl Demo {
    pub const ALL: [Self; 2] = [Self::Film, Self::Talk];

    /// Name in `datasets.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Film => "demo-film",
            Self::Talk => "demo-talk",
        }
    }

    /// Text steps; steps and width of audio; of vision.
    const fn shape(self) -> (usize, (usize, usize), (usize, usize)) {
        match self {
            Self::Film => (20, (30, 6), (24, 8)),
            Self::Talk => (16, (20, 9), (12, 12)),
        }
    }
}

/// Writes a corpus as a pickle. The same arguments give the same bytes anywhere. `scale`
/// multiplies the number of samples; 1 is the size in `datasets.toml`.
///
/// # Errors
/// [`Error::Io`] when `path` cannot be written.
pub fn write_demo(demo: Demo, path: &Path, seed: u64, scale: f64) -> Result<()> {
    let counts = registry::find(demo.name())?.counts;
    // The tables of the demo, which are built in, have them.
    let counts = counts.unwrap_or_default();
    let counts = counts.map(|n| ((n as f64 * scale).round() as usize).max(4));
    write_whole(path, |out| write_corpus(demo, counts, seed, out)).map_err(|reason| Error::Io {
        path: path.to_owned(),
        action: "write it",
        reason,
    })
}

/// Writes both corpora at full size as `folder/NAME.pkl`; returns their paths.
///
/// # Errors
/// As [`write_demo`].
pub fn write_all(folder: &Path, seed: u64) -> Result<Vec<PathBuf>> {
    Demo::ALL
        .into_iter()
        .map(|demo| {
            let path = folder.join(format!("{}.pkl", demo.name()));
            write_demo(demo, &path, seed, 1.0).map(|()| path)
        })
        .collect()
}

/// Writes `path` whole, in a folder that is created if need be.
fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let written = write_atomic_with(path, |file| {
        let mut buffered = BufWriter::new(file);
        fill(&mut buffered)?;
        buffered.flush()
    });
    written.map_err(|error| error.source)
}

fn write_corpus(demo: Demo, counts: [usize; 3], seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(demo as u64);
    let mut draw = Draw(rng);
    let lexicon = Lexicon::new(words());
    let features: Vec<f32> = (0..TOKEN_LIMIT * TEXT_WIDTH)
        .map(|_| 0.3 * draw.normal() as f32)
        .collect();
    let mut writer = Writer::new(out)?;
    writer.begin_dict()?;
    for (split, count) in SplitName::ALL.into_iter().zip(counts) {
        let columns = Columns::draw(demo, &lexicon, &mut draw, split, count);
        writer.str(split.as_str())?;
        columns.write(demo, &features, &mut draw, &mut writer)?;
    }
    writer.end_dict()?;
    writer.finish().map(drop)
}

/// One split before it is written.
#[derive(Default)]
struct Columns {
    ids: Vec<String>,
    raw_text: Vec<String>,
    text_bert: Vec<i64>,
    audio: Vec<f64>,
    vision: Vec<f64>,
    audio_lengths: Vec<i64>,
    vision_lengths: Vec<i64>,
    /// Fifths of one: labels are whole multiples of 0.2.
    fifths: Vec<f64>,
}

impl Columns {
    fn draw(demo: Demo, lexicon: &Lexicon, draw: &mut Draw, split: SplitName, n: usize) -> Self {
        let (steps, audio, vision) = demo.shape();
        let mut columns = Self::default();
        for index in 0..n {
            let sample = lexicon.sample(draw, steps - 2);
            columns
                .ids
                .push(format!("{split}{:03}$_${}", index / 10, index % 10));
            columns.words(lexicon, &sample, steps);
            let length = frames(draw, &sample, audio, 0.3, &mut columns.audio);
            columns.audio_lengths.push(length);
            let length = frames(draw, &sample, vision, 0.25, &mut columns.vision);
            columns.vision_lengths.push(length);
            columns
                .fifths
                .push((5.0 * limit(demo) * sample.value).round());
        }
        for value in &mut columns.audio {
            if *value != 0.0 && draw.chance(INFINITE) {
                *value = f64::NEG_INFINITY;
            }
        }
        columns
    }

    fn words(&mut self, lexicon: &Lexicon, sample: &Sample, steps: usize) {
        let text: Vec<&str> = sample
            .words
            .iter()
            .map(|word| lexicon.words[*word].0)
            .collect();
        self.raw_text.push(text.join(" "));
        let tokens = sample.words.iter().map(|word| Lexicon::token(*word));
        let tokens: Vec<i64> = [CLS].into_iter().chain(tokens).chain([SEP]).collect();
        let row = |value: &dyn Fn(usize) -> i64| (0..steps).map(value).collect::<Vec<_>>();
        self.text_bert
            .extend(row(&|t| tokens.get(t).copied().unwrap_or(PAD)));
        self.text_bert.extend(row(&|t| i64::from(t < tokens.len())));
        self.text_bert.extend(row(&|_| 0));
    }

    fn labels(&self) -> Vec<f64> {
        self.fifths.iter().map(|fifths| fifths / 5.0).collect()
    }

    /// MMSA's columns: arrays of text for `demo-film`, lists and labels per modality for `demo-talk`.
    fn write<W: Write>(
        &self,
        demo: Demo,
        features: &[f32],
        draw: &mut Draw,
        w: &mut Writer<W>,
    ) -> io::Result<()> {
        let (n, (steps, audio, vision)) = (self.ids.len(), demo.shape());
        w.begin_dict()?;
        for (name, texts) in [("raw_text", &self.raw_text), ("id", &self.ids)] {
            w.str(name)?;
            match demo {
                Demo::Film => w.unicode_array(texts)?,
                Demo::Talk => w.str_list(texts)?,
            }
        }
        w.str("text_bert")?;
        w.i64_array(&[n, 3, steps], &self.text_bert)?;
        w.str("text")?;
        w.f32_array(&[n, steps, TEXT_WIDTH], &self.text(features, steps))?;
        w.str("audio")?;
        w.f64_array(&[n, audio.0, audio.1], &self.audio)?;
        w.str("vision")?;
        w.f64_array(&[n, vision.0, vision.1], &self.vision)?;
        w.str("audio_lengths")?;
        w.int_list(&self.audio_lengths)?;
        w.str("vision_lengths")?;
        w.int_list(&self.vision_lengths)?;
        self.write_labels(demo, draw, w)?;
        w.end_dict()
    }

    fn write_labels<W: Write>(
        &self,
        demo: Demo,
        draw: &mut Draw,
        w: &mut Writer<W>,
    ) -> io::Result<()> {
        let labels = self.labels();
        let n = [labels.len()];
        let classes: Vec<f64> = labels.iter().map(|label| sign(*label) + 1.0).collect();
        w.str("classification_labels")?;
        w.f64_array(&n, &classes)?;
        w.str("regression_labels")?;
        w.f64_array(&n, &labels)?;
        if demo == Demo::Film {
            let names = ["Negative", "Neutral", "Positive"];
            let words: Vec<&str> = classes.iter().map(|class| names[*class as usize]).collect();
            w.str("annotations")?;
            return w.unicode_array(&words);
        }
        for modality in ["T", "A", "V"] {
            let mut noisy = |fifths: &f64| (fifths + draw.normal()).round().clamp(-5.0, 5.0) / 5.0;
            let values: Vec<f64> = self.fifths.iter().map(&mut noisy).collect();
            w.str(&format!("regression_labels_{modality}"))?;
            w.f64_array(&n, &values)?;
        }
        Ok(())
    }

    /// Replaces frozen text features by a fixed random vector per token, zero on padding.
    fn text(&self, features: &[f32], steps: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.ids.len() * steps * TEXT_WIDTH);
        for sample in self.text_bert.chunks_exact(3 * steps) {
            for token in &sample[..steps] {
                // Token ids are never negative.
                let at = *token as usize * TEXT_WIDTH;
                match *token {
                    PAD => out.extend([0.0; TEXT_WIDTH]),
                    _ => out.extend_from_slice(&features[at..at + TEXT_WIDTH]),
                }
            }
        }
        out
    }
}

/// Largest label.
fn limit(demo: Demo) -> f64 {
    match demo {
        Demo::Film => 3.0,
        Demo::Talk => 1.0,
    }
}

/// -1, 0 or 1; unlike `signum`, 0 for 0.
fn sign(label: f64) -> f64 {
    if label == 0.0 { 0.0 } else { label.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::pickle::{Limits, Pickle};

    fn corpus(demo: Demo, seed: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_corpus(demo, [60, 20, 20], seed, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(corpus(Demo::Film, 7), corpus(Demo::Film, 7));
        assert_ne!(corpus(Demo::Film, 7), corpus(Demo::Film, 8));
    }

    /// The corpora must be the same on every machine and in every version.
    #[test]
    fn the_bytes_are_these() {
        let hash = |demo| blake3::hash(&corpus(demo, 0)).to_hex()[..16].to_owned();
        assert_eq!(
            [hash(Demo::Film), hash(Demo::Talk)],
            ["be58708239cff586", "f067bf0f1e09aa07"]
        );
    }

    #[test]
    fn labels_lie_on_the_grid_and_some_are_zero() {
        for demo in Demo::ALL {
            let pickle = Pickle::from_bytes(corpus(demo, 3), Limits::default()).unwrap();
            let train = pickle.root().get("train").unwrap();
            let labels = train.get("regression_labels").unwrap().array().unwrap();
            let labels = labels.to_vec::<f64>().unwrap();
            assert!(labels.iter().all(|label| label.abs() <= limit(demo)));
            assert!(
                labels
                    .iter()
                    .all(|label| (label * 5.0 - (label * 5.0).round()).abs() < 1e-9)
            );
            let zeros = labels.iter().filter(|label| **label == 0.0).count();
            assert!((1..30).contains(&zeros), "{zeros}");
            let tokens = train.get("text_bert").unwrap().array().unwrap();
            let tokens = tokens.to_vec::<i64>().unwrap();
            assert!(
                tokens
                    .iter()
                    .all(|token| (0..TOKEN_LIMIT as i64).contains(token))
            );
        }
    }
}
