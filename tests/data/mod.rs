//! Small MMSA pickles, column by column, to be spoiled by the tests.

#![allow(dead_code, reason = "no test uses all of it")]

use std::io::Write;
use std::path::{Path, PathBuf};

use lnln_bench::data::dataset::{
    Corpus, ImportOptions, Imported, Padding, Split, SplitName, prepare,
};
use lnln_bench::data::pickle::Writer;
use lnln_bench::data::store;

/// Samples per split.
pub const SAMPLES: usize = 4;
/// Steps of text, audio, vision.
pub const STEPS: [usize; 3] = [6, 10, 8];

#[derive(Clone)]
pub enum Column {
    F64(Vec<usize>, Vec<f64>),
    F32(Vec<usize>, Vec<f32>),
    I64(Vec<usize>, Vec<i64>),
    Texts(Vec<String>),
    /// An array of this many texts per sample.
    Table(usize, Vec<String>),
    TextList(Vec<String>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    /// An array of this type and shape with these bytes.
    Raw(&'static str, Vec<usize>, Vec<u8>),
    /// A list of arrays of this width, one per sample; of one axis where the width is 0.
    Arrays(usize, Vec<Vec<f64>>),
    /// A list of texts that is the same in every split.
    Ids(Vec<String>),
}

/// How numbers are written.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    Little,
    /// Arrays of numbers; texts must be lists.
    Big,
}

impl Column {
    fn write(&self, order: Order, w: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        match (self, order) {
            (Self::F64(shape, values), Order::Little) => w.f64_array(shape, values),
            (Self::F64(shape, values), Order::Big) => {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
                w.array("f8", shape, bytes.len(), |out| out.write_all(&bytes))
            }
            (Self::I64(shape, values), Order::Little) => w.i64_array(shape, values),
            (Self::I64(shape, values), Order::Big) => {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
                w.array("i8", shape, bytes.len(), |out| out.write_all(&bytes))
            }
            (Self::TextList(texts) | Self::Ids(texts), _) => w.str_list(texts),
            (Self::Ints(values), _) => w.int_list(values),
            (Self::Floats(values), _) => {
                w.begin_list()?;
                values.iter().try_for_each(|value| w.float(*value))?;
                w.end_list()
            }
            (Self::Raw(code, shape, bytes), _) => {
                w.array(code, shape, bytes.len(), |out| out.write_all(bytes))
            }
            (Self::Arrays(width, samples), _) => {
                w.begin_list()?;
                for values in samples {
                    match width {
                        0 => w.f64_array(&[values.len()], values)?,
                        width => w.f64_array(&[values.len() / width, *width], values)?,
                    }
                }
                w.end_list()
            }
            (_, Order::Big) => panic!("not written in this order"),
            (Self::F32(shape, values), _) => w.f32_array(shape, values),
            (Self::Texts(texts), _) => w.unicode_array(texts),
            (Self::Table(width, texts), _) => {
                let text = |text: &String| -> Vec<u8> {
                    let padded = text.chars().chain(std::iter::repeat('\0')).take(12);
                    padded.flat_map(|c| u32::from(c).to_le_bytes()).collect()
                };
                let bytes: Vec<u8> = texts.iter().flat_map(text).collect();
                let shape = [texts.len() / width, *width];
                w.array("U12", &shape, bytes.len(), |out| out.write_all(&bytes))
            }
        }
    }

    /// Items of a list of texts.
    pub fn len_of_list(&self) -> usize {
        match self {
            Self::TextList(texts) => texts.len(),
            _ => panic!("no list of texts"),
        }
    }

    /// The same column for another split: a sample is in one split only.
    fn of(&self, name: &str, split: &str) -> Self {
        let prefix = |texts: &[String]| texts.iter().map(|id| format!("{split}-{id}")).collect();
        match self {
            _ if split == "train" || name != "id" => self.clone(),
            Self::Texts(ids) => Self::Texts(prefix(ids)),
            Self::TextList(ids) => Self::TextList(prefix(ids)),
            Self::Table(width, ids) => Self::Table(*width, prefix(ids)),
            other => other.clone(),
        }
    }
}

/// A pickle with these splits.
pub fn pickle(splits: &[(&str, &Small)], order: Order) -> Vec<u8> {
    let mut w = Writer::new(Vec::new()).unwrap();
    w.begin_dict().unwrap();
    for (split, columns) in splits {
        w.str(split).unwrap();
        w.begin_dict().unwrap();
        for (name, column) in &columns.0 {
            w.str(name).unwrap();
            column.of(name, split).write(order, &mut w).unwrap();
        }
        w.end_dict().unwrap();
    }
    w.end_dict().unwrap();
    let mut bytes = w.finish().unwrap();
    if order == Order::Big {
        // The byte order in the state of a dtype, as a string of one character.
        let little = b"\x8c\x01<";
        for at in 0..bytes.len() - little.len() {
            if bytes[at..].starts_with(little) {
                bytes[at + 2] = b'>';
            }
        }
    }
    bytes
}

/// Columns of every split, in file order.
#[derive(Clone)]
pub struct Small(pub Vec<(&'static str, Column)>);

impl Small {
    /// An unaligned file with MOSI's widths.
    pub fn new() -> Self {
        let [text, audio, vision] = STEPS;
        let ids: Vec<String> = (0..SAMPLES).map(|i| format!("video$_${i}")).collect();
        let words: Vec<String> = (0..SAMPLES).map(|i| format!("words {i} 好")).collect();
        let wave = |n: usize| (0..n).map(|i| (i % 97) as f64 / 8.0 - 3.0).collect();
        Self(vec![
            ("raw_text", Column::Texts(words)),
            (
                "audio",
                Column::F64(vec![SAMPLES, audio, 5], wave(SAMPLES * audio * 5)),
            ),
            (
                "vision",
                Column::F64(vec![SAMPLES, vision, 20], wave(SAMPLES * vision * 20)),
            ),
            ("id", Column::Texts(ids)),
            ("text_bert", Column::I64(vec![SAMPLES, 3, text], tokens())),
            ("audio_lengths", Column::Ints(vec![3, 10, 0, 7])),
            ("vision_lengths", Column::Ints(vec![8, 1, 2, 3])),
            (
                "regression_labels",
                Column::F64(vec![SAMPLES], vec![-3.0, 0.0, 0.2, 3.0]),
            ),
        ])
    }

    pub fn set(mut self, name: &'static str, column: Column) -> Self {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = column,
            None => self.0.push((name, column)),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| *known != name);
        self
    }

    /// Bytes of a pickle with these columns in all three splits.
    pub fn bytes(&self) -> Vec<u8> {
        let splits = ["train", "valid", "test"].map(|split| (split, self));
        pickle(&splits, Order::Little)
    }

    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("small.pkl");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }
}

/// (N, 3, T): sample i has i + 2 valid tokens.
pub fn tokens() -> Vec<i64> {
    let row = |i: usize, part: usize, t: usize| match (part, t < i + 2) {
        (0, true) if t == 0 => 101,
        (0, true) if t == i + 1 => 102,
        (0, true) => 1000 + (i * 10 + t) as i64,
        (1, true) => 1,
        _ => 0,
    };
    let cells = (0..SAMPLES).flat_map(|i| (0..3).map(move |part| (i, part)));
    cells
        .flat_map(|(i, part)| (0..STEPS[0]).map(move |t| row(i, part, t)))
        .collect()
}

/// Options for a file of MOSI's widths with other sizes.
pub fn mosi(folder: impl Into<PathBuf>) -> ImportOptions {
    named(folder, "mosi")
}

/// Options for a file of a data set that is not recognized by itself.
pub fn named(folder: impl Into<PathBuf>, name: &str) -> ImportOptions {
    ImportOptions {
        dataset: Some(name.into()),
        ..ImportOptions::new(folder)
    }
}

/// Prepares bytes; what was found, and the training split.
pub fn import(bytes: Vec<u8>, change: impl Fn(&mut ImportOptions)) -> (Imported, Split) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    std::fs::write(&source, bytes).unwrap();
    let mut options = mosi(folder.path());
    change(&mut options);
    let imported = prepare(&source, &options, &mut |_| {}).unwrap();
    store::verify(&imported.path, |_| ()).unwrap();
    let corpus = Corpus::open(&imported.path).unwrap();
    let split = corpus.split(SplitName::Train, corpus.text_width.is_some());
    (imported, split.unwrap())
}

pub fn plain(small: &Small) -> (Imported, Split) {
    import(small.bytes(), |_| {})
}

/// The warnings of a check.
pub fn of(imported: &Imported, subject: &str) -> Vec<String> {
    let found = imported.warnings.iter();
    found
        .filter(|text| text.starts_with(subject))
        .cloned()
        .collect()
}

pub fn warned(imported: &Imported, words: &[&str]) {
    let has = |text: &String| words.iter().all(|word| text.contains(word));
    let warnings = &imported.warnings;
    assert!(
        warnings.iter().any(has),
        "{words:?} is not in {warnings:#?}"
    );
}

pub fn refusal(bytes: Vec<u8>, change: impl Fn(&mut ImportOptions)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.pkl");
    std::fs::write(&source, bytes).unwrap();
    let mut options = mosi(folder.path().join("data"));
    change(&mut options);
    let error = prepare(&source, &options, &mut |_| {}).unwrap_err();
    error.to_string()
}

/// Frames (CLIPS, steps, width) that are 1.5, 2.5, ... where valid, with the padding at one end.
pub fn frames(steps: usize, width: usize, lengths: [usize; SAMPLES], padding: Padding) -> Column {
    let mut values = Vec::new();
    for length in lengths {
        let valid: Vec<f64> = (0..length * width).map(|i| 1.5 + i as f64).collect();
        let zeros = vec![0.0; (steps - length) * width];
        match padding {
            Padding::Left => values.extend([zeros, valid].concat()),
            Padding::Right => values.extend([valid, zeros].concat()),
        }
    }
    Column::F64(vec![SAMPLES, steps, width], values)
}

/// Widths of text, audio and vision of [`many`], and its steps.
pub const WIDTHS: [usize; 3] = [7, 5, 20];
pub const MANY_STEPS: usize = 12;

/// An aligned split of `count` samples with as many tokens as words, frames that all differ, and labels
/// from -3 to 3. Splits with other seeds have other samples.
pub fn many(count: usize, seed: u64) -> Small {
    const WORDS: [&str; 10] = [
        "good", "bad", "film", "plot", "very", "not", "but", "great", "dull", "end",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = move |below: usize| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let (mut texts, mut tokens, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let mut features: [Vec<f64>; 3] = Default::default();
    for sample in 0..count {
        let words: Vec<usize> = (0..3 + sample % 7).map(|_| draw(WORDS.len())).collect();
        let length = words.len() + 2;
        let text: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
        texts.push(text.join(" "));
        let ids = words.iter().map(|word| 2000 + *word as i64);
        let ids: Vec<i64> = [101].into_iter().chain(ids).chain([102]).collect();
        tokens.extend((0..MANY_STEPS).map(|t| ids.get(t).copied().unwrap_or(0)));
        tokens.extend((0..MANY_STEPS).map(|t| i64::from(t < length)));
        tokens.extend([0; MANY_STEPS]);
        for (values, width) in features.iter_mut().zip(WIDTHS) {
            let size = MANY_STEPS * width;
            let valid = length * width;
            values.extend((0..size).map(|at| {
                if at < valid {
                    draw(2000) as f64 / 64.0 + 0.5
                } else {
                    0.0
                }
            }));
        }
        labels.push((sample * 7 % 31) as f64 / 5.0 - 3.0);
    }
    let [text, audio, vision] = features;
    let ids = (0..count).map(|i| format!("video{seed}$_${i}")).collect();
    let frames = |width: usize, values| Column::F64(vec![count, MANY_STEPS, width], values);
    Small(vec![
        ("id", Column::TextList(ids)),
        ("raw_text", Column::TextList(texts)),
        ("text_bert", Column::I64(vec![count, 3, MANY_STEPS], tokens)),
        ("text", frames(WIDTHS[0], text)),
        ("audio", frames(WIDTHS[1], audio)),
        ("vision", frames(WIDTHS[2], vision)),
        ("regression_labels", Column::F64(vec![count], labels)),
    ])
}

/// The values of a column of numbers.
pub fn numbers(small: &Small, name: &str) -> Vec<f64> {
    match small.0.iter().find(|(known, _)| *known == name) {
        Some((_, Column::F64(_, values))) => values.clone(),
        Some((_, Column::I64(_, values))) => values.iter().map(|v| *v as f64).collect(),
        _ => panic!("no numbers in {name}"),
    }
}

/// Three splits of [`many`], each changed.
pub fn three(change: impl Fn(Small) -> Small) -> [Small; 3] {
    [(24, 1), (12, 2), (14, 3)].map(|(count, seed)| change(many(count, seed)))
}

/// Bytes of a pickle of [`three`].
pub fn three_bytes(change: impl Fn(Small) -> Small) -> Vec<u8> {
    let [train, valid, test] = three(change);
    let splits = [("train", &train), ("valid", &valid), ("test", &test)];
    pickle(&splits, Order::Little)
}
