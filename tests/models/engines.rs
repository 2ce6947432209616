//! The fast engine, the reference one and recomputation compute one function, with a BERT inside: its layers
//! have ways of their own for each, and so do the parts that read all its rows or few.

use tch::{Kind, Tensor};

use lnln_bench::model::*;

use super::bed::*;

/// Loss, predictions in training and evaluation, and gradients by name.
struct Computed {
    values: Vec<(String, Tensor)>,
    gradients: Vec<(String, Tensor)>,
}

/// Four samples whose texts are of different lengths, in double precision.
fn padded(encoder: &EncoderSetup) -> Batch {
    let double = |x: &Tensor| x.to_kind(Kind::Double);
    let pad = |text: &Text| {
        text.map(|tokens| {
            let tokens = tokens.copy();
            for (sample, length) in [(0, 6), (1, 3), (2, 4), (3, 6)] {
                let steps = tokens.size()[2];
                let _ = tokens.get(sample).narrow(1, length, steps - length).zero_();
            }
            tokens
        })
    };
    let inputs = |x: &Inputs| Inputs {
        text: pad(&x.text),
        audio: double(&x.audio),
        vision: double(&x.vision),
        text_present: double(&x.text_present),
        text_lengths: Tensor::from_slice(&[6i64, 3, 4, 6]),
        audio_lengths: x.audio_lengths.shallow_clone(),
        vision_lengths: x.vision_lengths.shallow_clone(),
    };
    let batch = batch(encoder, 4);
    Batch {
        masked: inputs(&batch.masked),
        complete: batch.complete.as_ref().map(inputs),
        label: double(&batch.label),
        missing_rate: batch.missing_rate.each_ref().map(double),
        index: batch.index,
        epoch: batch.epoch,
        position: batch.position,
    }
}

fn computed(entry: &'static Entry, encoder: &EncoderSetup, engine: Engine) -> Computed {
    tch::manual_seed(29);
    let batch = padded(encoder);
    let mut built = Built::still(&base(entry), encoder);
    built.model.set_engine(engine);
    built.store.set_kind(Kind::Double);
    let before = built.predict(&batch.masked);
    let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
    backward(built.model.as_ref(), &losses.total).unwrap();
    let gradients = built.sorted().into_iter();
    Computed {
        values: vec![
            ("evaluation".to_owned(), before),
            ("training".to_owned(), losses.prediction.detach()),
            ("loss".to_owned(), losses.total.detach()),
        ],
        gradients: gradients.map(|(name, t)| (name, t.grad())).collect(),
    }
}

/// Largest difference over the largest magnitude, gradients against the largest of all.
fn compare(name: &str, a: &[(String, Tensor)], b: &[(String, Tensor)], scale: Option<f64>) {
    assert_eq!(a.len(), b.len(), "{name}");
    for ((what, a), (_, b)) in a.iter().zip(b) {
        assert_eq!(a.defined(), b.defined(), "{name}: {what}");
        if a.defined() {
            let own = b.abs().max().double_value(&[]);
            let error = (a - b).abs().max().double_value(&[]) / scale.unwrap_or(own);
            assert!(error < 1e-10, "{name}: {what}: {error}");
        }
    }
}

#[test]
fn engines_agree_with_a_bert_inside() {
    let config = BertConfig {
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        ..BertConfig::tiny(120)
    };
    let encoder = EncoderSetup::Bert {
        config,
        weights: None,
    };
    let _rng = rng::seeded(29);
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        let plain = computed(entry, &encoder, Engine::REFERENCE);
        let largest = plain
            .gradients
            .iter()
            .filter(|(_, gradient)| gradient.defined());
        let largest = largest.map(|(_, gradient)| gradient.abs().max().double_value(&[]));
        let largest = largest.fold(0.0, f64::max);
        assert!(largest > 0.0, "{}", entry.name);
        let words = |(name, gradient): &(String, Tensor)| {
            name.contains("word_embeddings") && gradient.defined()
        };
        assert!(plain.gradients.iter().any(words), "{}", entry.name);
        for (way, engine) in [
            ("fast", Engine::default()),
            ("recompute", Engine::RECOMPUTE),
        ] {
            let other = computed(entry, &encoder, engine);
            let name = format!("{} {way}", entry.name);
            compare(&name, &other.values, &plain.values, None);
            compare(&name, &other.gradients, &plain.gradients, Some(largest));
        }
    }
}

/// The second half of a backward pass computes under the precision of the first.
#[test]
fn recomputation_in_bfloat16_gives_the_gradient_of_its_value() {
    use lnln_bench::train::Precision;
    use tch::Device;
    let _rng = rng::seeded(29);
    let config = BertConfig {
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        ..BertConfig::tiny(120)
    };
    let encoder = EncoderSetup::Bert {
        config,
        weights: None,
    };
    let entry = find("almt").unwrap();
    let gradients = |engine: Engine, precision: Precision| {
        tch::manual_seed(29);
        let batch = batch(&encoder, 4);
        let mut built = Built::still(&Choice::parse(entry.name).unwrap(), &encoder);
        built.model.set_engine(engine);
        let guard = precision.enter(Device::Cpu).unwrap();
        let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
        drop(guard);
        // As the trainer does it.
        lnln_bench::model::entry::loss_backward(&losses.total).unwrap();
        let _guard = precision.enter(Device::Cpu).unwrap();
        built.model.text_encoder().unwrap().finish_backward();
        let named = built.sorted().into_iter().map(|(name, t)| (name, t.grad()));
        named.filter(|(_, t)| t.defined()).collect::<Vec<_>>()
    };
    let kept = gradients(Engine::default(), Precision::Bf16);
    let again = gradients(Engine::RECOMPUTE, Precision::Bf16);
    let single = gradients(Engine::default(), Precision::Fp32);
    let distance = |a: &[(String, Tensor)], b: &[(String, Tensor)]| {
        let pairs = a
            .iter()
            .zip(b)
            .filter(|((name, _), _)| name.contains("encoder.layer"));
        let (mut apart, mut size) = (0.0, 0.0);
        for ((_, a), (_, b)) in pairs {
            apart += (a - b).square().sum(Kind::Double).double_value(&[]);
            size += b.square().sum(Kind::Double).double_value(&[]);
        }
        assert!(size > 0.0);
        (apart / size).sqrt()
    };
    // What bfloat16 rounds away, and how much of it recomputation adds.
    let (rounding, added) = (distance(&kept, &single), distance(&again, &kept));
    assert!(rounding > 1e-4, "{rounding}");
    assert!(added < 0.1 * rounding, "{added} beside {rounding}");
}
