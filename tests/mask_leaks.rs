//! What a model reads at rate 1 does not depend on the words and frames of a sample, from any source of
//! text, under every mask protocol, in evaluation and in training.

#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use lnln_bench::data::dataset::{Block, Modality, Split, SplitName, special_tokens};
use lnln_bench::mask::apply::UNKNOWN;
use lnln_bench::mask::{
    Condition, ExportMasks, MASK_PROTOCOLS, MaskProtocol, Noise, NoiseDraw, NoiseSpec,
    RateDistribution, SplitShape, Variants, parse_list,
};
use lnln_bench::model::encoder::{Bert, BertConfig};
use lnln_bench::selftest::compare::values;
use lnln_bench::support::Progress;
use lnln_bench::train::encoding::FrozenText;
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::view::{View, Views};
use tch::{Device, Tensor, nn};

static NEVER: AtomicBool = AtomicBool::new(false);

/// Positions of text, audio and vision of each sample, padding not counted: empty, of one word, full.
const LENGTHS: [[u32; 3]; 6] = [
    [0, 0, 0],
    [1, 1, 1],
    [2, 3, 5],
    [3, 5, 2],
    [5, 4, 4],
    [6, 6, 6],
];
const STEPS: usize = 6;
const WIDTH: usize = 4;

/// The columns of a data set's text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Columns {
    tokens: bool,
    features: bool,
}

/// A split whose words, frames and padding follow `salt`, and nothing else does.
fn split(columns: Columns, salt: usize) -> Split {
    let rows = LENGTHS.len();
    let noise = |kind: usize| Block {
        rows,
        steps: STEPS,
        width: WIDTH,
        data: (0..rows * STEPS * WIDTH)
            .map(|i| ((i * 7919 + kind * 31 + salt * 104_729) % 997) as f32 / 100.0 + 0.5)
            .collect(),
    };
    let lengths = |which: usize| LENGTHS.map(|lengths| lengths[which]).to_vec();
    let token = |row: usize, t: usize| match (LENGTHS[row][0] as usize, t) {
        (0, _) | (_, 0) => 101,
        (length, t) if t + 1 == length => 102,
        // Of padding too, where no encoder looks.
        _ => 1000 + ((row * 5 + t * 3 + salt * 11) % 400) as i32,
    };
    let sample = |row: usize| {
        let valid = move |t: usize| i32::from(t < LENGTHS[row][0] as usize);
        let ids = (0..STEPS).map(move |t| token(row, t));
        ids.chain((0..STEPS).map(valid)).chain([0; STEPS])
    };
    let tokens = Block {
        rows,
        steps: 3,
        width: STEPS,
        data: (0..rows).flat_map(sample).collect(),
    };
    let special = special_tokens(&tokens, &lengths(0));
    Split {
        name: SplitName::Train,
        ids: (0..rows).map(|row| format!("video$_${row}")).collect(),
        raw_text: vec![String::new(); rows],
        special: columns.tokens.then_some(special),
        text_bert: columns.tokens.then_some(tokens),
        text: columns.features.then(|| noise(1)),
        audio: noise(2),
        vision: noise(3),
        text_lengths: lengths(0),
        audio_lengths: lengths(1),
        vision_lengths: lengths(2),
        labels: vec![0.0; rows],
        modality_labels: None,
    }
}

/// Everything a model reads of text, audio and vision, and the counted share of text.
fn inputs(split: &Split, view: &View) -> [Vec<f64>; 4] {
    let index = Tensor::from_slice(&(0..split.len() as i64).collect::<Vec<_>>());
    let inputs = view.inputs(&SplitTensors::new(split, Device::Cpu), &index);
    [
        values(inputs.text.tensor()),
        values(&inputs.audio),
        values(&inputs.vision),
        values(&inputs.text_present),
    ]
}

/// Views of a split through one source of text.
fn views<'a>(split: &'a Split, text: &'a TextSource) -> Views<'a> {
    Views {
        dataset: "mosi",
        split,
        text,
        keep_encodings: false,
        device: Device::Cpu,
        interrupt: &NEVER,
    }
}

/// A frozen encoder with weights of no meaning.
fn frozen(folder: &Path) -> TextSource {
    let config = r#"{"model_type": "bert", "vocab_size": 1500, "hidden_size": 8,
        "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16,
        "max_position_embeddings": 16, "type_vocab_size": 2}"#;
    std::fs::write(folder.join("config.json"), config).unwrap();
    let config: BertConfig = serde_json::from_str(config).unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    Bert::new(&store.root(), &config);
    let tensors: Vec<(String, Tensor)> = store.variables().into_iter().collect();
    Tensor::write_safetensors(&tensors, folder.join("model.safetensors")).unwrap();
    let (cache, progress) = (folder.join("cache"), Progress::hidden());
    let encoder = FrozenText::open(folder, cache, Device::Cpu, &progress).unwrap();
    TextSource::Frozen(Box::new(encoder))
}

/// Those that take all of a sample at rate 1; what others leave is tested beside them.
fn protocols() -> impl Iterator<Item = &'static &'static dyn MaskProtocol> {
    MASK_PROTOCOLS
        .iter()
        .filter(|one| !one.leaves_one_modality())
}

/// The conditions of a protocol at which some modality has rate 1.
fn missing(mask_protocol: &dyn MaskProtocol) -> Vec<Condition> {
    let all = parse_list("1,L,A,V,LA,LV,AV,l=1,a=0.5,v=1,l=0.5,a=1,v=0").unwrap();
    let takes = |condition: &Condition| mask_protocol.kinds().contains(&condition.kind());
    let taken: Vec<Condition> = all.into_iter().filter(takes).collect();
    assert!(!taken.is_empty(), "{}", mask_protocol.name());
    taken
}

/// Compares two samples sets that differ in everything a mask at rate 1 removes.
fn assert_nothing_survives(
    text: &TextSource,
    columns: Columns,
    condition: Condition,
    what: &str,
    view: impl Fn(&Views<'_>, &SplitShape<'_>) -> View,
) {
    let [one, other] = [1, 2].map(|salt| {
        let split = split(columns, salt);
        inputs(
            &split,
            &view(&views(&split, text), &SplitShape::from(&split)),
        )
    });
    let complete = split(columns, 1);
    for modality in Modality::ALL {
        if condition.of(modality) < 1.0 {
            continue;
        }
        let which = modality as usize;
        let (mut one, mut other) = (one[which].clone(), other[which].clone());
        if modality == Modality::Text && matches!(text, TextSource::Features) && columns.tokens {
            // The rows of CLS and SEP stay (docs/masks.md).
            let special = complete.special.as_ref().unwrap();
            for (row, special) in special.iter().enumerate() {
                let length = LENGTHS[row][0] as usize;
                for t in
                    (0..length).filter(|&t| special.cls && t == 0 || special.sep && t + 1 == length)
                {
                    for states in [&mut one, &mut other] {
                        states[(row * STEPS + t) * WIDTH..][..WIDTH].fill(0.0);
                    }
                }
            }
        }
        assert_eq!(one, other, "{what}: {modality}");
        match (modality, text) {
            (Modality::Text, TextSource::Tokens) => {
                let ids = one.chunks(3 * STEPS).map(|sample| &sample[..STEPS]);
                for (row, ids) in ids.enumerate() {
                    let length = LENGTHS[row][0] as usize;
                    let expected = (0..STEPS).map(|t| match t {
                        _ if t >= length => 0.0,
                        0 => 101.0,
                        t if t + 1 == length => 102.0,
                        _ => f64::from(UNKNOWN),
                    });
                    assert_eq!(
                        ids,
                        expected.collect::<Vec<_>>(),
                        "{what}: text of sample {row}"
                    );
                }
            }
            // Its states depend on the lengths; that they are equal is all there is to know.
            (Modality::Text, TextSource::Frozen(_)) => {}
            _ => assert!(one.iter().all(|value| *value == 0.0), "{what}: {modality}"),
        }
    }
    if condition.of(Modality::Text) == 1.0 {
        assert_eq!(one[3], other[3], "{what}: share of text present");
        let words = LENGTHS.map(|lengths| lengths[0] > if columns.tokens { 2 } else { 0 });
        for (share, has_words) in one[3].iter().zip(words) {
            assert_eq!(*share, f64::from(u8::from(!has_words)), "{what}");
        }
    }
}

/// Sources of text with the columns they need.
fn sources(frozen: TextSource) -> Vec<(&'static str, TextSource, Columns)> {
    let columns = |tokens, features| Columns { tokens, features };
    vec![
        ("token ids", TextSource::Tokens, columns(true, false)),
        ("frozen states", frozen, columns(true, false)),
        ("features", TextSource::Features, columns(false, true)),
        (
            "features beside ids",
            TextSource::Features,
            columns(true, true),
        ),
    ]
}

#[test]
fn nothing_survives_rate_one_in_evaluation() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, columns) in sources(frozen(folder.path())) {
        for mask_protocol in protocols() {
            for condition in missing(*mask_protocol) {
                let what = format!("{name}, {} at {condition}", mask_protocol.name());
                assert_nothing_survives(&text, columns, condition, &what, |views, shape| {
                    let drawn = Variants::build(*mask_protocol, "mosi", &[*shape], 3, &[condition]);
                    let keeps = drawn.unwrap().keeps(SplitName::Train, condition).unwrap();
                    views.under(&keeps, condition).unwrap()
                });
            }
        }
    }
}

#[test]
fn nothing_survives_rate_one_in_training() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, columns) in sources(frozen(folder.path())) {
        for mask_protocol in protocols() {
            for condition in missing(*mask_protocol) {
                for (kind, epoch) in [
                    (Noise::Fixed, 0),
                    (Noise::Cycle { copies: 2 }, 3),
                    (Noise::Fresh, 2),
                ] {
                    let what = format!("{name}, {kind} {} at {condition}", mask_protocol.name());
                    assert_nothing_survives(&text, columns, condition, &what, |views, _| {
                        let noise = NoiseSpec {
                            kind,
                            mask_protocol: *mask_protocol,
                            distribution: RateDistribution::At(condition),
                            mask_seed: 1111,
                        };
                        let draw = NoiseDraw::of_epoch(kind, 1, epoch, (&[], 2)).unwrap();
                        views.noisy(&noise, (3, 4), &draw).unwrap()
                    });
                }
            }
        }
    }
}

/// The columns that `export` writes for other programs.
#[test]
fn nothing_survives_rate_one_in_an_export() {
    use lnln_bench::data::dataset::export::ApplyMasks;
    let columns = Columns {
        tokens: false,
        features: true,
    };
    for mask_protocol in protocols() {
        for condition in missing(*mask_protocol) {
            let split = split(columns, 1);
            let shape = SplitShape::from(&split);
            let drawn = Variants::build(*mask_protocol, "mosi", &[shape], 3, &[condition]);
            let masks = ExportMasks::new(&drawn.unwrap(), condition).unwrap();
            let blocks = [split.text.as_ref().unwrap(), &split.audio, &split.vision];
            for (modality, block) in Modality::ALL.into_iter().zip(blocks) {
                let rows = 0..block.rows;
                let masked = masks
                    .frames(split.name, modality, rows, block.clone())
                    .unwrap();
                let left = masked.data.iter().any(|value| *value != 0.0);
                let what = format!("{} at {condition}: {modality}", mask_protocol.name());
                assert!(!left || condition.of(modality) < 1.0, "{what}");
            }
        }
    }
}
