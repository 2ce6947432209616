//! Properties every registered model must have.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use lnln_bench::model::*;
use lnln_bench::train::Optimizer;

const SHAPES: Shapes = Shapes {
    text_steps: 6,
    audio_steps: 7,
    vision_steps: 9,
    audio_width: 3,
    vision_width: 4,
};

/// A built model with its store.
struct Built {
    entry: &'static Entry,
    store: VarStore,
    model: Box<dyn Model>,
}

impl Built {
    fn new(entry: &'static Entry, encoder: &EncoderSetup) -> Self {
        Self::of(&Choice::parse(entry.name).unwrap(), encoder)
    }

    fn of(choice: &Choice, encoder: &EncoderSetup) -> Self {
        Self::with(choice, encoder, choice.config(Profile::Mosi))
    }

    /// Without dropout, whose draws depend on the passes.
    fn still(entry: &'static Entry, encoder: &EncoderSetup) -> Self {
        let choice = Choice::parse(entry.name).unwrap();
        let mut config = choice.config(Profile::Mosi);
        for (name, value) in config.as_object_mut().unwrap() {
            match value {
                _ if !name.contains("dropout") => {}
                Value::Array(parts) => parts.fill(0.0.into()),
                one => *one = 0.0.into(),
            }
        }
        Self::with(&choice, encoder, config)
    }

    fn with(choice: &Choice, encoder: &EncoderSetup, config: Value) -> Self {
        let store = VarStore::new(Device::Cpu);
        let setup = Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: SHAPES,
            encoder: encoder.clone(),
            labels: LabelStats::of(&[-1.0, -1.0, -1.0, 0.5, 0.5, 0.5, 2.0, 2.0]),
            config,
        };
        let model = (choice.entry.build)(&setup).unwrap();
        Self {
            entry: choice.entry,
            store,
            model,
        }
    }

    fn predict(&self, inputs: &Inputs) -> Tensor {
        tch::no_grad(|| self.model.predict(inputs, &mut Trace::off())).unwrap()
    }

    /// Two optimiser steps at a visible rate.
    fn fit(&mut self, batch: &Batch) {
        let mut recipe = (self.entry.recipe)(Profile::Mosi);
        recipe.learning_rate = 1e-3;
        let groups = self.model.groups(&recipe);
        let mut optimizer = Optimizer::new(&self.store, &recipe, &groups).unwrap();
        for _ in 0..2 {
            let losses = self.model.train(batch, &mut Trace::off()).unwrap();
            if self.entry.trained {
                optimizer.backward_step(&losses.total, 1.0).unwrap();
            }
        }
    }

    fn sorted(&self) -> Vec<(String, Tensor)> {
        let mut variables: Vec<_> = self.store.variables().into_iter().collect();
        variables.sort_by(|a, b| a.0.cmp(&b.0));
        variables
    }
}

fn encoders() -> [EncoderSetup; 2] {
    [EncoderSetup::States { width: 5 }, EncoderSetup::tiny(120)]
}

/// Runs `check` on every model with ready-made states and with an encoder inside.
fn for_every_model(check: impl Fn(&'static Entry, &EncoderSetup)) {
    for entry in MODELS {
        for encoder in encoders() {
            let _rng = rng::seeded(17);
            check(entry, &encoder);
        }
    }
}

/// As [`for_every_model`], with every named variant too.
fn for_every_variant(check: impl Fn(&Choice, &EncoderSetup)) {
    for_every_model(|entry, encoder| {
        check(&Choice::parse(entry.name).unwrap(), encoder);
        for variant in entry.variants {
            let text = format!("{}:{}", entry.name, variant.name);
            check(&Choice::parse(&text).unwrap(), encoder);
        }
    });
}

/// `clips` random clips; every second one loses half of each modality.
fn batch(encoder: &EncoderSetup, clips: i64) -> Batch {
    let float = (Kind::Float, Device::Cpu);
    let rate = Tensor::from_slice(&(0..clips).map(|i| (i % 2) as f32 / 2.0).collect::<Vec<_>>());
    let keep =
        |steps: i64| Tensor::rand([clips, steps, 1], float).ge_tensor(&rate.view([-1, 1, 1]));
    let audio = Tensor::randn([clips, 7, 3], float);
    let vision = Tensor::randn([clips, 9, 4], float);
    let text = text(encoder, clips);
    let gone = text.map(|text| match encoder {
        EncoderSetup::States { .. } => text * keep(6),
        EncoderSetup::Bert { .. } => {
            let ids = text.narrow(1, 0, 1);
            let kept = keep(6).transpose(1, 2);
            let ids = ids.where_self(&kept, &ids.full_like(100));
            Tensor::cat(&[ids, text.narrow(1, 1, 2)], 1)
        }
    });
    let missing_rate = [0, 1, 2].map(|_| rate.view([-1, 1]));
    Batch {
        masked: inputs(gone, &audio * keep(7), &vision * keep(9)),
        complete: Some(inputs(text, audio, vision)),
        label: Tensor::randn([clips, 1], float),
        missing_rate,
        index: (0..clips).collect(),
        epoch: 1,
    }
}

fn text(encoder: &EncoderSetup, clips: i64) -> Text {
    match encoder {
        EncoderSetup::States { width } => Text::States(Tensor::randn(
            [clips, 6, *width],
            (Kind::Float, Device::Cpu),
        )),
        EncoderSetup::Bert { .. } => {
            let options = (Kind::Int64, Device::Cpu);
            let ids = Tensor::randint_low(1, 100, [clips, 6], options);
            let tokens = [&ids, &ids.ones_like(), &ids.zeros_like()];
            Text::Tokens(Tensor::stack(&tokens, 1))
        }
    }
}

fn inputs(text: Text, audio: Tensor, vision: Tensor) -> Inputs {
    let clips = audio.size()[0];
    let lengths = |steps: i64| Tensor::full([clips], steps, (Kind::Int64, Device::Cpu));
    Inputs {
        text,
        audio,
        vision,
        text_lengths: lengths(6),
        audio_lengths: lengths(7),
        vision_lengths: lengths(9),
    }
}

fn is_finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}

#[test]
fn losses_and_gradients_are_finite() {
    for_every_variant(|choice, encoder| {
        let (mut built, name) = (Built::of(choice, encoder), choice.name());
        let batch = batch(encoder, 4);
        let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
        assert_eq!(losses.prediction.size(), [4, 1], "{}", name);
        assert!(is_finite(&losses.total), "{}", name);
        if !choice.entry.trained {
            return;
        }
        losses.total.backward();
        for (parameter, tensor) in built.sorted() {
            let gradient = tensor.grad();
            let untouched = !tensor.requires_grad() || parameter.contains(".pooler.");
            assert_eq!(gradient.defined(), !untouched, "{name}: {parameter}");
            assert!(untouched || is_finite(&gradient), "{name}: {parameter}");
        }
    });
}

#[test]
fn same_seed_gives_same_bytes() {
    for_every_model(|entry, encoder| {
        let run = || {
            tch::manual_seed(5);
            let batch = batch(encoder, 5);
            let mut built = Built::new(entry, encoder);
            built.fit(&batch);
            let prediction = built.predict(&batch.masked);
            (built.sorted(), prediction)
        };
        let ((first, p), (second, q)) = (run(), run());
        assert!(p.equal(&q), "{}", entry.name);
        for ((name, a), (_, b)) in first.iter().zip(&second) {
            assert!(a.equal(b), "{}: {name}", entry.name);
        }
    });
}

#[test]
fn saved_parameters_predict_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.safetensors");
    for_every_model(|entry, encoder| {
        let batch = batch(encoder, 3);
        let mut built = Built::new(entry, encoder);
        built.fit(&batch);
        built.store.save(&file).unwrap();
        let mut other = Built::new(entry, encoder);
        other.store.load(&file).unwrap();
        assert!(
            other
                .predict(&batch.masked)
                .equal(&built.predict(&batch.masked)),
            "{}",
            entry.name
        );
    });
}

#[test]
fn everything_missing_still_gives_a_prediction() {
    for_every_variant(|choice, encoder| {
        let (built, name) = (Built::of(choice, encoder), choice.name());
        let complete = batch(encoder, 2).complete.unwrap();
        let nothing = inputs(
            complete.text.map(|text| match encoder {
                EncoderSetup::States { .. } => text.zeros_like(),
                EncoderSetup::Bert { .. } => {
                    let ids = text.narrow(1, 0, 1).full_like(100);
                    Tensor::cat(&[ids, text.narrow(1, 1, 2)], 1)
                }
            }),
            complete.audio.zeros_like(),
            complete.vision.zeros_like(),
        );
        let prediction = built.predict(&nothing);
        assert_eq!(prediction.size(), [2, 1], "{}", name);
        assert!(is_finite(&prediction), "{}", name);
    });
}

#[test]
fn one_clip_can_be_trained_on() {
    for_every_model(|entry, encoder| {
        let mut built = Built::new(entry, encoder);
        let losses = built
            .model
            .train(&batch(encoder, 1), &mut Trace::off())
            .unwrap();
        assert!(is_finite(&losses.total), "{}", entry.name);
    });
}

#[test]
fn text_of_the_other_kind_is_refused() {
    let [states, tokens] = encoders();
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        let _rng = rng::seeded(17);
        for (inside, given) in [(&states, &tokens), (&tokens, &states)] {
            let mut built = Built::new(entry, inside);
            let error = built
                .model
                .train(&batch(given, 2), &mut Trace::off())
                .unwrap_err();
            assert!(
                error.to_string().contains("text"),
                "{}: {error}",
                entry.name
            );
        }
    }
}

#[test]
fn batch_without_complete_inputs_is_refused_where_they_are_needed() {
    for_every_model(|entry, encoder| {
        let mut built = Built::new(entry, encoder);
        let mut batch = batch(encoder, 2);
        batch.complete = None;
        let result = built.model.train(&batch, &mut Trace::off());
        assert_eq!(result.is_err(), entry.needs_complete, "{}", entry.name);
    });
}

#[test]
fn constant_is_the_median() {
    let built = Built::new(&constant::ENTRY, &encoders()[0]);
    let prediction = built.predict(&batch(&encoders()[0], 2).masked);
    assert!(prediction.equal(&prediction.full_like(0.5)));
}

/// The gradient of a batch, whole or in parts whose losses weigh as much as their share of clips.
fn gradients(model: &mut dyn Model, store: &VarStore, parts: &[Batch]) -> Vec<(String, Tensor)> {
    let clips: i64 = parts.iter().map(|part| part.masked.len()).sum();
    for part in parts {
        let losses = model.train(part, &mut Trace::off()).unwrap();
        let share = part.masked.len() as f64 / clips as f64;
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

fn in_double(batch: &Batch, from: i64, clips: i64) -> Batch {
    let rows = |t: &Tensor| t.narrow(0, from, clips);
    let double = |t: &Tensor| rows(t).to_kind(Kind::Double);
    let inputs = |i: &Inputs| Inputs {
        text: match &i.text {
            Text::Tokens(tokens) => Text::Tokens(rows(tokens)),
            Text::States(states) => Text::States(double(states)),
        },
        audio: double(&i.audio),
        vision: double(&i.vision),
        text_lengths: rows(&i.text_lengths),
        audio_lengths: rows(&i.audio_lengths),
        vision_lengths: rows(&i.vision_lengths),
    };
    Batch {
        masked: inputs(&batch.masked),
        complete: batch.complete.as_ref().map(inputs),
        label: double(&batch.label),
        missing_rate: [0, 1, 2].map(|i: usize| double(&batch.missing_rate[i])),
        index: batch.index[from as usize..(from + clips) as usize].to_vec(),
        epoch: batch.epoch,
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
            let mut built = Built::still(entry, &encoder);
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
        for engine in [Engine::default(), Engine::PLAIN, Engine::RECOMPUTE] {
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
        let all = [Engine::default(), Engine::PLAIN, Engine::RECOMPUTE].map(|engine| {
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
