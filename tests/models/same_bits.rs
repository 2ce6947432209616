//! A prediction is a function of the weights, the sample and the condition, to the last bit.

use std::sync::atomic::AtomicBool;

use lnln_bench::data::dataset::{Block, Split, SplitName, special_tokens};
use lnln_bench::mask::{Condition, Keep};
use lnln_bench::model::*;
use lnln_bench::train::evaluate::Evaluator;
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::view::{View, Views};
use lnln_bench::train::{Error, Precision};
use tch::{Device, Tensor};

use super::bed::*;

static NEVER: AtomicBool = AtomicBool::new(false);

/// Samples per pass.
const BATCH: usize = 16;

/// A whole pass and a part of one.
const SAMPLES: usize = BATCH + 7;

/// Missing rates of text and of the other modalities: the first and the last have the same text.
const RATES: [[f64; 2]; 3] = [[0.0, 0.0], [0.9, 0.5], [0.0, 1.0]];

/// (rows, steps, width) numbers between -1 and 1.
fn noise(steps: usize, width: usize) -> Block<f32> {
    let number = |i: usize| ((i as f64 * 0.754_877_666_247).fract() * 2.0 - 1.0) as f32;
    Block {
        rows: SAMPLES,
        steps,
        width,
        data: (0..SAMPLES * steps * width).map(number).collect(),
    }
}

/// Samples in the shapes of the other tests, every text, audio and vision from one step to all long.
struct Samples {
    split: Split,
    text: TextSource,
}

impl Samples {
    fn new(encoder: &EncoderSetup) -> Self {
        let steps = [SHAPES.text_steps, SHAPES.audio_steps, SHAPES.vision_steps];
        let [text, audio, vision] = steps.map(|steps| steps as usize);
        let lengths = |steps: usize| -> Vec<u32> {
            (0..SAMPLES)
                .map(|row| 1 + (row * 5 % steps) as u32)
                .collect()
        };
        let tokens = |row: usize| {
            let length = 1 + row * 5 % text;
            let there = move |step: usize| i32::from(step < length);
            let id = move |step: usize| there(step) * (1 + ((row * text + step) * 37 % 90) as i32);
            let ids = (0..text).map(id);
            ids.chain((0..text).map(there)).chain((0..text).map(|_| 0))
        };
        let states = match encoder {
            EncoderSetup::States { width } => Some(noise(text, *width as usize)),
            EncoderSetup::Bert { .. } => None,
        };
        let source = if states.is_some() {
            TextSource::Features
        } else {
            TextSource::Tokens
        };
        let text_bert = Block {
            rows: SAMPLES,
            steps: 3,
            width: text,
            data: (0..SAMPLES).flat_map(tokens).collect(),
        };
        let split = Split {
            name: SplitName::Test,
            ids: (0..SAMPLES).map(|row| row.to_string()).collect(),
            raw_text: vec![String::new(); SAMPLES],
            special: (states.is_none()).then(|| special_tokens(&text_bert, &lengths(text))),
            text_bert: states.is_none().then_some(text_bert),
            text: states,
            audio: noise(audio, SHAPES.audio_width as usize),
            vision: noise(vision, SHAPES.vision_width as usize),
            text_lengths: lengths(text),
            audio_lengths: lengths(audio),
            vision_lengths: lengths(vision),
            labels: noise(1, 1).data,
            modality_labels: None,
        };
        Self {
            split,
            text: source,
        }
    }

    /// The samples with this share of text and of the other modalities masked.
    fn view(&self, [text, other]: [f64; 2]) -> View {
        let keep = |rate: f64, steps: i64, salt: usize| {
            let steps = steps as usize;
            let draw = |i: usize| ((i + salt) as f64 * 0.618_033_988_749).fract() >= rate;
            Keep {
                rows: SAMPLES,
                steps,
                bits: (0..SAMPLES * steps).map(draw).collect(),
            }
        };
        let keeps = [
            keep(text, SHAPES.text_steps, 1),
            keep(other, SHAPES.audio_steps, 2),
            keep(other, SHAPES.vision_steps, 3),
        ];
        let views = Views {
            dataset: "mosi",
            split: &self.split,
            text: &self.text,
            keep_encodings: false,
            device: Device::Cpu,
            interrupt: &NEVER,
        };
        let condition: Condition = "0.5".parse().unwrap();
        views.under(&keeps, condition).unwrap()
    }
}

fn bits(predictions: &[f32]) -> Vec<u32> {
    predictions.iter().map(|p| p.to_bits()).collect()
}

fn check(choice: &Choice, encoder: &EncoderSetup, engine: Engine, precision: Precision) {
    let name = format!("{} {encoder:?} {engine:?} {precision}", choice.name());
    let samples = Samples::new(encoder);
    let tensors = SplitTensors::new(&samples.split, Device::Cpu);
    let mut built = Built::of(choice, encoder);
    if choice.entry.trained {
        built.fit(&batch(encoder, 5));
    }
    built.model.set_engine(engine);
    let evaluator = Evaluator::new(precision, &NEVER).with_batch(BATCH);
    let predict = |rates: &[[f64; 2]]| -> Vec<Vec<u32>> {
        let views: Vec<View> = rates.iter().map(|&rates| samples.view(rates)).collect();
        let predicted = evaluator.predict(built.model.as_ref(), &tensors, &views);
        predicted.unwrap().iter().map(|p| bits(p)).collect()
    };
    let together = predict(&RATES);
    if choice.entry.trained {
        assert_ne!(together[0], together[1], "{name}: masks change nothing");
    }
    let mut backwards = RATES;
    backwards.reverse();
    let mut turned = predict(&backwards);
    turned.reverse();
    assert_eq!(together, turned, "{name}: in another order");
    for (rates, expected) in RATES.iter().zip(&together).skip(1) {
        assert_eq!(&predict(&[*rates])[0], expected, "{name}: alone {rates:?}");
    }
    let view = [samples.view(RATES[1])];
    for row in [BATCH - 1, SAMPLES - 1] {
        let one = evaluator.predict_rows(built.model.as_ref(), &tensors, row..row + 1, &view);
        let expected = &together[1][row..=row];
        assert_eq!(bits(&one.unwrap()[0]), expected, "{name}: sample {row}");
    }
}

#[test]
fn every_model_predicts_a_condition_as_it_does_among_others() {
    for_every_model(|entry, encoder| {
        let choice = base(entry);
        check(&choice, encoder, Engine::default(), Precision::Fp32);
    });
}

#[test]
fn every_engine_and_precision_does_too() {
    for_every_model(|entry, encoder| {
        let choice = base(entry);
        check(&choice, encoder, Engine::REFERENCE, Precision::Fp32);
        // Not every CPU has a recurrent kernel in bfloat16.
        if ["almt", "lnln", "mult"].contains(&entry.name) {
            check(&choice, encoder, Engine::default(), Precision::Bf16);
        }
    });
}

/// LNLN where so many samples fit into memory.
struct Cramped {
    model: Box<dyn Model>,
    room: i64,
}

impl Model for Cramped {
    fn train(&mut self, _: &Batch, _: &mut Trace) -> error::Result<Losses> {
        unreachable!("only evaluated")
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> error::Result<Tensor> {
        let samples = inputs.len();
        assert!(
            samples <= self.room,
            "CUDA out of memory. Tried to allocate {samples} MiB"
        );
        self.model.predict(inputs, trace)
    }

    fn text_encoder(&self) -> Option<&encoder::TextEncoder> {
        self.model.text_encoder()
    }
}

#[test]
fn where_memory_runs_out_all_passes_are_of_one_smaller_size_that_can_be_repeated() {
    let _rng = rng::seeded(17);
    let encoder = EncoderSetup::tiny(120);
    let samples = Samples::new(&encoder);
    let tensors = SplitTensors::new(&samples.split, Device::Cpu);
    let views = RATES.map(|rates| samples.view(rates));
    let mut model = Cramped {
        model: Built::new(&lnln::ENTRY, &encoder).model,
        room: 5,
    };
    let evaluator = Evaluator::new(Precision::Fp32, &NEVER).with_batch(BATCH);
    let halved = evaluator.predict(&model, &tensors, &views).unwrap();
    assert_eq!(evaluator.batch(), 4);
    model.room = i64::MAX;
    let again = Evaluator::new(Precision::Fp32, &NEVER).with_batch(4);
    assert_eq!(halved, again.predict(&model, &tensors, &views).unwrap());
    model.room = 0;
    let refused = evaluator.predict(&model, &tensors, &views);
    assert!(matches!(
        refused,
        Err(Error::OutOfMemory { samples: 1, .. })
    ));
}
