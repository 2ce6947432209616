//! Errors of a pickle that say how to mend what was read wrongly.

use crate::data::{Column, SAMPLES, STEPS, Small, refusal, tokens};

fn refused(small: &Small, words: &[&str]) {
    let error = refusal(small.bytes(), |_| {});
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

#[test]
fn errors_name_the_remedy() {
    let small = Small::new;
    let ids = (0..SAMPLES).map(|at| at.to_string()).collect();
    refused(
        &small().set("id", Column::Ids(ids)),
        &[
            "also in train",
            "count up from 0 in each split",
            "f'valid$_${i}'",
        ],
    );
    refused(
        &small().set("audio_lengths", Column::Ints(vec![3, 11, 0, 7])),
        &["found 11", "numpy.minimum(audio_lengths, 10)"],
    );
    let texts = ["1,5", "-2,0", "0", "1"].map(str::to_owned);
    refused(
        &small().set("regression_labels", Column::Texts(texts.to_vec())),
        &["\"1,5\"", "float(text.replace(',', '.'))"],
    );
    let label = Column::Floats(vec![1.0; SAMPLES]);
    refused(
        &small().without("regression_labels").set("label", label),
        &["label is there", "name it regression_labels"],
    );
    let flat = Column::F64(vec![SAMPLES, STEPS[1]], vec![0.5; SAMPLES * STEPS[1]]);
    refused(
        &small().set("audio", flat),
        &["one feature per step is written as array[:, :, None]"],
    );
    let left = tokens()
        .chunks(STEPS[0])
        .flat_map(|row| row.iter().rev().copied().collect::<Vec<i64>>())
        .collect();
    refused(
        &small().set("text_bert", Column::I64(vec![SAMPLES, 3, STEPS[0]], left)),
        &["padded at the beginning", "padding_location='end'"],
    );
}
