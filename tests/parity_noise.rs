//! Training noise: the inputs of a model under `reference`, `reference-loader:W` and `reference-refresh` equal
//! those of the published loader in its stored states (`tests/golden/masks/loader_seed_S`).

#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::path::Path;

use lnln_bench::data::dataset::{Block, Split, SplitName, special_tokens};
use lnln_bench::mask::{Noise, NoiseDraw, NoiseSpec, RateDistribution};
use lnln_bench::selftest::compare::values;
use lnln_bench::selftest::tensors::Tensors;
use lnln_bench::train::order::shuffled;
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::view::{View, Views};
use tch::{Device, Tensor};

/// Mask seed of every published loader.
const MASK_SEED: u64 = 1111;

fn golden(seed: u64) -> Tensors {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/masks");
    Tensors::open(&folder.join(format!("loader_seed_{seed}.safetensors"))).unwrap()
}

/// A stored block; -1e30 stands for -inf, which loaders replace by 0.
fn block<T>(stored: &Tensors, name: &str, number: impl Fn(f64) -> T) -> Block<T> {
    let tensor = stored.f64(name).unwrap();
    let [rows, steps, width] = tensor.shape[..] else {
        panic!("{name}: {:?}", tensor.shape)
    };
    let clean = |&v: &f64| number(if v == -1e30 { 0.0 } else { v });
    Block {
        rows,
        steps,
        width,
        data: tensor.data.iter().map(clean).collect(),
    }
}

fn train(stored: &Tensors) -> Split {
    let lengths = |name: &str| -> Vec<u32> {
        let lengths = stored.i64(&format!("in.train.{name}_len")).unwrap();
        lengths.data.iter().map(|&n| n as u32).collect()
    };
    let text = block(stored, "in.train.text", |id| id as i32);
    let steps = text.width;
    let attention = text
        .data
        .chunks(3 * steps)
        .map(|sample| &sample[steps..2 * steps]);
    let text_lengths: Vec<u32> = attention
        .map(|row| row.iter().sum::<i32>() as u32)
        .collect();
    Split {
        name: SplitName::Train,
        ids: (0..text.rows).map(|row| format!("sample{row}")).collect(),
        raw_text: vec![String::new(); text.rows],
        special: Some(special_tokens(&text, &text_lengths)),
        text_lengths,
        text: None,
        audio: block(stored, "in.train.audio", |v| v as f32),
        vision: block(stored, "in.train.vision", |v| v as f32),
        audio_lengths: lengths("audio"),
        vision_lengths: lengths("vision"),
        labels: stored
            .f64("in.train.label")
            .unwrap()
            .data
            .iter()
            .map(|&y| y as f32)
            .collect(),
        modality_labels: None,
        text_bert: Some(text),
    }
}

/// The masked frames of a stored state, which stores them or their mask.
fn frames(stored: &Tensors, state: &str, modality: &str) -> Vec<f64> {
    if let Ok(masked) = stored.f64(&format!("{state}{modality}_m")) {
        return masked.data.clone();
    }
    let complete = block(stored, &format!("in.train.{modality}"), |v| v);
    let keep = stored.i64(&format!("{state}{modality}_keep")).unwrap();
    let values = complete.data.iter().enumerate();
    let kept = |index: usize| keep.data[index / complete.width] as f64;
    values.map(|(index, v)| v * kept(index)).collect()
}

/// The training split of a stored loader as an epoch, counted from 0, sees it.
fn view(split: &Split, stored: &Tensors, noise: Noise, draw: &NoiseDraw) -> View {
    let views = Views {
        interrupt: &std::sync::atomic::AtomicBool::new(false),
        dataset: "golden",
        split,
        text: &TextSource::Tokens,
        keep_encodings: false,
        device: Device::Cpu,
    };
    let training = NoiseSpec {
        kind: noise,
        mask_protocol: noise.mask_protocol(None).unwrap(),
        distribution: RateDistribution::HalfComplete,
        mask_seed: MASK_SEED,
    };
    let test = stored.f64("in.test.vision").unwrap();
    let test = (test.shape[0], test.shape[1]);
    views.noisy(&training, test, draw).unwrap()
}

fn holds(seed: u64, noise: Noise, epoch: u32, state: &str) {
    let stored = golden(seed);
    let split = train(&stored);
    let draw = NoiseDraw::of_epoch(noise, seed, epoch, (&[], 1)).unwrap();
    let view = view(&split, &stored, noise, &draw);
    // Reversed, since a batch may have any order.
    let order: Vec<i64> = (0..split.len() as i64).rev().collect();
    let index = Tensor::from_slice(&order);
    let inputs = view.inputs(&SplitTensors::new(&split, Device::Cpu), &index);
    let state = format!("out.train.{state}.");
    let backwards = |stored: Vec<f64>| -> Vec<f64> {
        let width = stored.len() / split.len();
        stored.chunks(width).rev().flatten().copied().collect()
    };
    let named = |name: &str| stored.f64(&format!("{state}{name}")).unwrap().data.clone();
    let what = format!("seed {seed}, {noise}, epoch {epoch}");
    let text = values(inputs.text.tensor());
    assert_eq!(text, backwards(named("text_m")), "{what}: text");
    let audio = backwards(frames(&stored, &state, "audio"));
    assert_eq!(values(&inputs.audio), audio, "{what}: audio");
    let vision = backwards(frames(&stored, &state, "vision"));
    assert_eq!(values(&inputs.vision), vision, "{what}: vision");
    for (rates, letter) in view.rates(&index).iter().zip(["l", "a", "v"]) {
        let rates_now = backwards(named(&format!("rate_{letter}")));
        let single: Vec<f64> = rates_now.iter().map(|&r| f64::from(r as f32)).collect();
        assert_eq!(values(rates), single, "{what}: rates of {letter}");
    }
}

#[test]
fn reference_noise_is_the_published_loaders_first_state_in_every_epoch() {
    for seed in [1111, 1113] {
        for epoch in [0, 1, 7] {
            holds(seed, Noise::Reference, epoch, "initial");
        }
    }
}

#[test]
fn reference_refresh_is_the_published_loader_without_processes() {
    for seed in [1111, 1113] {
        holds(seed, Noise::ReferenceRefresh, 0, "initial");
        for epoch in 1..=3 {
            holds(
                seed,
                Noise::ReferenceRefresh,
                epoch,
                &format!("refresh{epoch}"),
            );
        }
    }
}

/// Text, audio and vision of all samples, and their rates, a row per sample.
fn rows(split: &Split, view: &View) -> [Vec<Vec<f64>>; 6] {
    let index = Tensor::from_slice(&(0..split.len() as i64).collect::<Vec<_>>());
    let inputs = view.inputs(&SplitTensors::new(split, Device::Cpu), &index);
    let [text, audio, vision] = view.rates(&index);
    let tensors = [
        inputs.text.tensor(),
        &inputs.audio,
        &inputs.vision,
        &text,
        &audio,
        &vision,
    ];
    tensors.map(|tensor| {
        let values = values(tensor);
        let width = values.len() / split.len();
        values.chunks(width).map(<[f64]>::to_vec).collect()
    })
}

/// Samples that the process of sample 0 serves after it have new rates under the same draws, all others are
/// those of the published loader's first state.
#[test]
fn reference_loader_changes_the_rates_of_a_few_samples_in_each_epoch() {
    let noise = Noise::ReferenceLoader { processes: 2 };
    for seed in [1111, 1113] {
        let stored = golden(seed);
        let split = train(&stored);
        let first = NoiseDraw::of_epoch(Noise::Reference, seed, 0, (&[], 1)).unwrap();
        let first = rows(&split, &view(&split, &stored, Noise::Reference, &first));
        let (mut changed, mut new_rates) = (0, Vec::new());
        for epoch in 0..6 {
            let order = shuffled(split.len(), seed, epoch + 1);
            let draw = NoiseDraw::of_epoch(noise, seed, epoch, (&order, 2)).unwrap();
            let now = rows(&split, &view(&split, &stored, noise, &draw));
            assert!(draw.redrawn[0] && draw.redrawn.contains(&false));
            for (row, &redrawn) in draw.redrawn.iter().enumerate() {
                if !redrawn {
                    assert!(
                        (0..6).all(|k| now[k][row] == first[k][row]),
                        "{seed} {epoch} {row}"
                    );
                    continue;
                }
                changed += 1;
                new_rates.push(now[3][row][0]);
                let masked = |rows: &[Vec<f64>]| -> Vec<bool> {
                    rows[row].iter().map(|id| *id == 100.0).collect()
                };
                let (now_masked, first_masked) = (masked(&now[0]), masked(&first[0]));
                // One position's draw decides at both rates, so that one mask contains the other.
                let (less, more) = if now[3][row] <= first[3][row] {
                    (now_masked, first_masked)
                } else {
                    (first_masked, now_masked)
                };
                assert!(
                    less.iter().zip(&more).all(|(less, more)| *more || !less),
                    "{seed} {epoch} {row}"
                );
            }
        }
        new_rates.sort_by(f64::total_cmp);
        let complete = new_rates.iter().filter(|rate| **rate == 0.0).count();
        new_rates.dedup();
        assert!(
            complete > 0 && new_rates.len() + complete > changed,
            "{new_rates:?}"
        );
    }
}
