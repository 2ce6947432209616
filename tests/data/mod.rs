//! Small MMSA pickles, column by column, to be spoiled by the tests.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};

use lnln_bench::pickle::Writer;

/// Clips per split.
pub const CLIPS: usize = 4;
/// Steps of text, audio, vision.
pub const STEPS: [usize; 3] = [6, 10, 8];

#[derive(Clone)]
pub enum Column {
    F64(Vec<usize>, Vec<f64>),
    I64(Vec<usize>, Vec<i64>),
    Texts(Vec<String>),
    TextList(Vec<String>),
    Ints(Vec<i64>),
}

/// Columns of every split, in file order.
#[derive(Clone)]
pub struct Small(pub Vec<(&'static str, Column)>);

impl Small {
    /// An unaligned file with MOSI's widths.
    pub fn new() -> Self {
        let [text, audio, vision] = STEPS;
        let ids: Vec<String> = (0..CLIPS).map(|i| format!("video$_${i}")).collect();
        let words: Vec<String> = (0..CLIPS).map(|i| format!("words {i} 好")).collect();
        let wave = |n: usize| (0..n).map(|i| (i % 97) as f64 / 8.0 - 3.0).collect();
        Self(vec![
            ("raw_text", Column::Texts(words)),
            (
                "audio",
                Column::F64(vec![CLIPS, audio, 5], wave(CLIPS * audio * 5)),
            ),
            (
                "vision",
                Column::F64(vec![CLIPS, vision, 20], wave(CLIPS * vision * 20)),
            ),
            ("id", Column::Texts(ids)),
            ("text_bert", Column::I64(vec![CLIPS, 3, text], tokens())),
            ("audio_lengths", Column::Ints(vec![3, 10, 0, 7])),
            ("vision_lengths", Column::Ints(vec![8, 1, 2, 3])),
            (
                "regression_labels",
                Column::F64(vec![CLIPS], vec![-3.0, 0.0, 0.2, 3.0]),
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
        let mut w = Writer::new(Vec::new()).unwrap();
        w.begin_dict().unwrap();
        for split in ["train", "valid", "test"] {
            w.str(split).unwrap();
            w.begin_dict().unwrap();
            for (name, column) in &self.0 {
                w.str(name).unwrap();
                match column {
                    Column::F64(shape, values) => w.f64_array(shape, values),
                    Column::I64(shape, values) => w.i64_array(shape, values),
                    Column::Texts(texts) => w.unicode_array(texts),
                    Column::TextList(texts) => w.str_list(texts),
                    Column::Ints(values) => w.int_list(values),
                }
                .unwrap();
            }
            w.end_dict().unwrap();
        }
        w.end_dict().unwrap();
        w.finish().unwrap()
    }

    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("small.pkl");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }
}

/// (N, 3, T): clip i has i + 2 valid tokens.
pub fn tokens() -> Vec<i64> {
    let row = |i: usize, part: usize, t: usize| match (part, t < i + 2) {
        (0, true) => 100 + (i * 10 + t) as i64,
        (1, true) => 1,
        _ => 0,
    };
    let cells = (0..CLIPS).flat_map(|i| (0..3).map(move |part| (i, part)));
    cells
        .flat_map(|(i, part)| (0..STEPS[0]).map(move |t| row(i, part, t)))
        .collect()
}
