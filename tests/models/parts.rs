//! Batches in parts, and the engines: the same gradient.

use lnln_bench::model::*;
use tch::nn::VarStore;
use tch::{Kind, Tensor};

use super::bed::*;

/// The gradient of a batch, whole or in parts whose losses weigh as much as their share of samples.
fn gradients(model: &mut dyn Model, store: &VarStore, parts: &[Batch]) -> Vec<(String, Tensor)> {
    let samples: i64 = parts.iter().map(|part| part.masked.len()).sum();
    for part in parts {
        let losses = model.train(part, &mut Trace::off()).unwrap();
        let share = part.masked.len() as f64 / samples as f64;
        backward(model, &(losses.total * share)).unwrap();
    }
    let mut all: Vec<_> = store.variables().into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let gradient = |(name, mut tensor): (String, Tensor)| {
        let gradient = tensor.grad();
        let copy = if gradient.defined() {
            gradient.copy()
        } else {
            Tensor::zeros_like(&tensor)
        };
        tensor.zero_grad();
        (name, copy)
    };
    all.into_iter().map(gradient).collect()
}

pub fn in_double(batch: &Batch, from: i64, samples: i64) -> Batch {
    let rows = |t: &Tensor| t.narrow(0, from, samples);
    let double = |t: &Tensor| rows(t).to_kind(Kind::Double);
    let inputs = |i: &Inputs| Inputs {
        text: match &i.text {
            Text::Tokens(tokens) => Text::Tokens(rows(tokens)),
            Text::States(states) => Text::States(double(states)),
        },
        audio: double(&i.audio),
        vision: double(&i.vision),
        text_present: double(&i.text_present),
        text_lengths: rows(&i.text_lengths),
        audio_lengths: rows(&i.audio_lengths),
        vision_lengths: rows(&i.vision_lengths),
    };
    Batch {
        masked: inputs(&batch.masked),
        complete: batch.complete.as_ref().map(inputs),
        label: double(&batch.label),
        missing_rate: [0, 1, 2].map(|i: usize| double(&batch.missing_rate[i])),
        index: batch.index[from as usize..(from + samples) as usize].to_vec(),
        epoch: batch.epoch,
        position: batch.position,
    }
}

/// Without dropout, whose draws depend on the passes.
fn still_encoders() -> [EncoderSetup; 2] {
    let config = BertConfig {
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        ..BertConfig::tiny(120)
    };
    let weights = None;
    [
        EncoderSetup::States { width: 5 },
        EncoderSetup::Bert { config, weights },
    ]
}

/// Runs `check` on every model whose batches may be computed in parts, in double precision.
fn for_every_divisible(mut check: impl FnMut(&'static Entry, &EncoderSetup, Built)) {
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        for encoder in still_encoders() {
            let _rng = rng::seeded(17);
            let choice = base(entry);
            if !takes(&choice, &encoder, SHAPES) {
                continue;
            }
            let mut built = Built::still(&choice, &encoder);
            if built.model.is_divisible() {
                built.store.set_kind(Kind::Double);
                check(entry, &encoder, built);
            }
        }
    }
}

#[test]
fn parts_of_a_batch_add_up_to_its_gradient() {
    let mut divisible = Vec::new();
    for_every_divisible(|entry, encoder, mut built| {
        let all = batch(encoder, 7);
        for engine in [Engine::default(), Engine::REFERENCE, Engine::RECOMPUTE] {
            built.model.set_engine(engine);
            let model = built.model.as_mut();
            let whole = gradients(model, &built.store, &[in_double(&all, 0, 7)]);
            let parts = [(0, 3), (3, 3), (6, 1)].map(|(from, n)| in_double(&all, from, n));
            let parts = gradients(model, &built.store, &parts);
            for ((name, a), (_, b)) in whole.iter().zip(&parts) {
                let scale = a.abs().max().double_value(&[]).max(1.0);
                let error = (a - b).abs().max().double_value(&[]);
                assert!(error < 1e-12 * scale, "{} {name}: {error:e}", entry.name);
            }
        }
        divisible.push(entry.name);
    });
    assert!(
        ["lnln", "almt", "mult"]
            .iter()
            .all(|name| divisible.contains(name)),
        "{divisible:?}"
    );
}

#[test]
fn every_engine_gives_the_same_gradient() {
    for_every_divisible(|entry, encoder, mut built| {
        let batch = [in_double(&batch(encoder, 5), 0, 5)];
        let all = [Engine::default(), Engine::REFERENCE, Engine::RECOMPUTE].map(|engine| {
            built.model.set_engine(engine);
            gradients(built.model.as_mut(), &built.store, &batch)
        });
        for other in &all[1..] {
            for ((name, a), (_, b)) in all[0].iter().zip(other) {
                let error = (a - b).abs().max().double_value(&[]);
                assert!(error < 1e-10, "{} {name}: {error:e}", entry.name);
            }
        }
    });
}
