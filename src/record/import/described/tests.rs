use super::super::source::Values;
use super::*;
use crate::mask::Condition;

const SAMPLES: usize = 60;

/// Sound predictions of two seeds at two rates, and the sample that each row is of.
struct File {
    ids: Vec<String>,
    truth: Vec<f32>,
    rows: Vec<InputRow>,
    samples: Vec<usize>,
}

/// An order that looks random, another one for each pass.
fn order(pass: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..SAMPLES).collect();
    order.sort_by_key(|i| (i * 7919 + 104_729 * (pass + 1)) * (i + 31 * pass + 3) % 1009);
    order
}

fn label(i: usize) -> f32 {
    (i * 37 % 61) as f32 / 10.0 - 3.0
}

fn file() -> File {
    let ids = (0..SAMPLES).map(|i| format!("Video{}$_${}", i / 12, i % 12 + 1));
    let ids: Vec<String> = ids.collect();
    let (mut rows, mut samples) = (Vec::new(), Vec::new());
    for pass in 0..4 {
        for (i, id) in ids.iter().enumerate() {
            samples.push(i);
            rows.push(InputRow {
                number: rows.len() as u64 + 2,
                id: id.clone(),
                condition: Condition::uniform(pass as f64 % 2.0 / 2.0).unwrap(),
                seed: pass as u64 / 2,
                prediction: ((i * 29 + pass) % 53) as f32 / 10.0,
                model: None,
                mask_protocol: None,
                mask_seed: None,
                mask_hash: None,
            });
        }
    }
    let truth = (0..SAMPLES).map(label).collect();
    File {
        ids,
        truth,
        rows,
        samples,
    }
}

impl File {
    /// What is found in a column whose value is made of pass and sample.
    fn found(
        &self,
        heading: &str,
        value: impl Fn(usize, usize) -> String,
    ) -> Result<Option<String>> {
        let indices: HashMap<&str, usize> = self
            .ids
            .iter()
            .enumerate()
            .map(|(i, id)| (&**id, i))
            .collect();
        let mut passes = Passes::new();
        for (row, input) in self.rows.iter().enumerate() {
            let masks = ("random".to_string(), 1111, input.condition);
            passes
                .entry((None, input.seed, masks))
                .or_default()
                .push(row);
        }
        let values = self.samples.iter().enumerate();
        let values = values.map(|(row, i)| Some(value(row / SAMPLES, *i)));
        let column = Values {
            heading: heading.to_string(),
            values: values.collect(),
        };
        let labels = Labels {
            indices: &indices,
            truth: &self.truth,
        };
        let described = Described {
            file: "p.csv",
            rows: &self.rows,
            passes: &passes,
            ids: &self.ids,
            labels: &labels,
        };
        assert!(is_described(heading));
        described.check(&column)
    }

    fn error(&self, heading: &str, value: impl Fn(usize, usize) -> String) -> String {
        self.found(heading, value).unwrap_err().to_string()
    }

    fn assert_silent(&self, heading: &str, value: impl Fn(usize, usize) -> String) {
        assert!(matches!(self.found(heading, value), Ok(None)), "{heading}");
    }
}

/// The column is right in the first three passes, and in another order in the last one.
fn last(pass: usize, i: usize) -> usize {
    if pass == 3 { order(3)[i] } else { i }
}

#[test]
fn positions_that_contradict_ids_are_refused() {
    let file = file();
    for first in [0, 1, 500] {
        file.assert_silent("index", |_, i| (i + first).to_string());
        let text = file.error("Index", |pass, i| (last(pass, i) + first).to_string());
        assert!(
            text.contains("column Index contradicts the ids for 5"),
            "{text}"
        );
        assert!(text.contains("position 0 of the test split"), "{text}");
    }
    // Of a table's own index those few rows are enough that contradict, but other orders are not: it may be another table's.
    for heading in ["", "Unnamed: 0", "level_0", "#"] {
        let text = file.error(heading, |pass, i| last(pass, i).to_string());
        assert!(text.contains("contradicts the ids for 5"), "{text}");
        file.assert_silent(heading, |pass, i| order(pass)[i].to_string());
    }
    let all = file.found("idx", |pass, i| format!("{}.0", order(pass)[i]));
    assert!(all.unwrap().unwrap().contains("in other orders"));
}

#[test]
fn numbers_that_are_no_positions_are_taken() {
    let file = file();
    file.assert_silent("index", |pass, i| (SAMPLES * pass + i).to_string());
    // Another order of the same data, and three samples named in another way.
    file.assert_silent("index", |_, i| order(1)[i].to_string());
    file.assert_silent("position", |_, i| {
        if i < 3 { (i + 1) % 3 } else { i }.to_string()
    });
    file.assert_silent("index", |pass, i| {
        (i * 7919 * (pass + 1) % 1009).to_string()
    });
    file.assert_silent("idx", |_, i| format!("x{i}"));
    let mut sorted = file;
    // Rows in another order, which are numbered.
    for pass in 0..4 {
        let start = pass * SAMPLES;
        let rows = sorted.rows[start..start + SAMPLES].to_vec();
        for (at, i) in order(pass).into_iter().enumerate() {
            sorted.rows[start + at] = rows[i].clone();
            sorted.samples[start + at] = at;
        }
    }
    sorted.assert_silent("index", |_, at| at.to_string());
}

#[test]
fn videos_and_clips_of_other_samples_are_refused() {
    let file = file();
    let video = |i: usize| format!("Video{}", i / 12);
    let clip = |i: usize| i % 12 + 1;
    file.assert_silent("video_id", |_, i| video(i));
    file.assert_silent("video", |_, i| format!("{}.mp4", video(order(0)[i])));
    let text = file.error("video_id", |pass, i| video(order(pass)[i]));
    assert!(
        text.contains("column video_id contradicts the ids"),
        "{text}"
    );
    let text = file.error("clip_id", |pass, i| clip(last(pass, i)).to_string());
    assert!(
        text.contains("column clip_id contradicts the ids"),
        "{text}"
    );
    // The number in another spelling, or from 0.
    file.assert_silent("segment", |_, i| format!("{:04}", clip(i)));
    file.assert_silent("clip", |_, i| (clip(i) - 1).to_string());
    file.assert_silent("clip", |_, i| {
        if i < 40 { clip(i) } else { i % 12 }.to_string()
    });
    let text = file.error("clip", |_, i| file.ids[order(0)[i]].clone());
    assert!(text.contains("contradicts"), "{text}");
    file.assert_silent("clip", |_, i| file.ids[i].clone());
}

#[test]
fn words_against_the_labels_are_refused() {
    let file = file();
    let word = |value: f32| match value {
        v if v > 0.0 => "Positive",
        v if v < 0.0 => "Negative",
        _ => "Neutral",
    };
    let word = |value: f32| word(value).to_string();
    file.assert_silent("annotation", |_, i| word(label(i)));
    let text = file.error("annotation", |pass, i| word(label(order(pass)[i])));
    assert!(
        text.contains("signs of the data's labels in another order"),
        "{text}"
    );
    assert!(text.contains("--column truth="), "{text}");
    // Classes that a model predicted, and words of something else.
    file.assert_silent("annotation", |pass, i| {
        word(label(i) + ((i * 13 + pass) % 7) as f32 / 2.0 - 1.2)
    });
    file.assert_silent("annotation", |_, i| ["A", "B"][i % 2].to_string());
    // Small labels are neutral.
    file.assert_silent("annotation", |_, i| word((label(i) / 0.5).trunc()));
    assert!(is_of_labels("Annotation") && !is_of_labels("clip"));
}
