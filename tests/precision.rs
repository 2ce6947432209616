//! TF32 is a flag of the whole process: its tests have a process of their own, and are one after another.
#![cfg(feature = "torch")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use lnln_bench::data::dataset::{Block, Split, SplitName};
use lnln_bench::metric::protocol;
use lnln_bench::model::encoder::TextEncoder;
use lnln_bench::model::error::Result;
use lnln_bench::model::{
    Batch, GradClip, Inputs, Losses, Model, Recipe, Rule, Trace, TrainerOptions, constant, rng,
};
use lnln_bench::support::Progress;
use lnln_bench::train::evaluate::Evaluator;
use lnln_bench::train::monitored::Monitored;
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::trainer::{self, Data, Plan};
use lnln_bench::train::view::Views;
use lnln_bench::train::{Error, Files, Precision, Schedule, Selection, native};
use tch::{Device, Kind, Tensor, nn};

#[test]
fn tf32_is_allowed_where_it_was_asked_for_and_nowhere_else() {
    let _one_at_a_time = rng::seeded(1);
    assert!(!native::tf32_allowed(), "off by default");
    for (precision, allowed) in [
        (Precision::Fp32, false),
        (Precision::Tf32, true),
        (Precision::Bf16, false),
    ] {
        let mut guard = precision.enter(Device::Cpu).unwrap();
        assert_eq!(native::tf32_allowed(), allowed, "{precision}");
        guard.end_autocast().unwrap();
        assert_eq!(native::tf32_allowed(), allowed, "{precision}, backward");
        drop(guard);
        assert!(!native::tf32_allowed(), "{precision} leaves TF32 on");
    }
    // A frozen encoder computes in float32 within whatever surrounds it.
    let outer = Precision::Tf32.enter(Device::Cpu).unwrap();
    let inner = Precision::Fp32.enter(Device::Cpu).unwrap();
    assert!(!native::tf32_allowed());
    drop(inner);
    assert!(native::tf32_allowed());
    drop(outer);
    assert!(!native::tf32_allowed());
}

#[test]
fn a_fit_goes_back_in_tf32_but_without_autocast() {
    let _one_at_a_time = rng::seeded(1);
    for (precision, there, back) in [
        (Precision::Fp32, (false, Kind::Float), (false, Kind::Float)),
        (Precision::Tf32, (true, Kind::Float), (true, Kind::Float)),
        (
            Precision::Bf16,
            (false, Kind::BFloat16),
            (false, Kind::Float),
        ),
    ] {
        let notes = noted(precision);
        assert_eq!(notes.there, [there; EPOCHS], "{precision}");
        assert_eq!(notes.back, [back; EPOCHS], "{precision}, backward");
        assert!(!native::tf32_allowed(), "{precision} leaves TF32 on");
    }
}

/// Epochs of one pass each.
const EPOCHS: usize = 2;

const SAMPLES: usize = 4;

static NEVER: AtomicBool = AtomicBool::new(false);

/// Whether TF32 is allowed at a moment, and the kind of a product.
type Moment = (bool, Kind);

fn moment() -> Moment {
    let x = Tensor::ones([2, 2], (Kind::Float, Device::Cpu));
    (native::tf32_allowed(), x.matmul(&x).kind())
}

/// The settings in every forward pass and in every backward pass.
#[derive(Default)]
struct Notes {
    there: Vec<Moment>,
    back: Vec<Moment>,
}

/// prediction = weight * mean(audio), with notes taken.
struct Noting {
    weight: Tensor,
    notes: Arc<Mutex<Notes>>,
}

impl Model for Noting {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        self.notes.lock().unwrap().there.push(moment());
        let prediction = self.predict(&batch.masked, trace)?;
        Ok(Losses::l1(prediction, &batch.label))
    }

    fn predict(&self, inputs: &Inputs, _: &mut Trace) -> Result<Tensor> {
        let sides = [1i64, 2];
        let mean = inputs.audio.mean_dim(sides.as_slice(), false, Kind::Float);
        Ok((mean * &self.weight).unsqueeze(1))
    }

    /// The trainer calls it before a pass, at the end of the backward pass, when gradients exist, and
    /// in evaluation. One note for each forward pass is that of its backward pass.
    fn text_encoder(&self) -> Option<&TextEncoder> {
        let mut notes = self.notes.lock().unwrap();
        if self.weight.grad().defined() && notes.back.len() < notes.there.len() {
            notes.back.push(moment());
        }
        None
    }
}

fn split() -> Split {
    let block = |width: usize| Block {
        rows: SAMPLES,
        steps: 1,
        width,
        data: (0..SAMPLES * width).map(|i| i as f32).collect(),
    };
    Split {
        name: SplitName::Train,
        ids: (0..SAMPLES).map(|i| format!("sample{i}")).collect(),
        raw_text: vec![String::new(); SAMPLES],
        text_bert: None,
        special: None,
        text: Some(block(2)),
        audio: block(3),
        vision: block(2),
        text_lengths: vec![1; SAMPLES],
        audio_lengths: vec![1; SAMPLES],
        vision_lengths: vec![1; SAMPLES],
        labels: (0..SAMPLES).map(|i| i as f32 - 1.5).collect(),
        modality_labels: None,
    }
}

fn plan(precision: Precision) -> Plan {
    Plan {
        entry: &constant::ENTRY,
        recipe: Recipe {
            rule: Rule::Adam,
            learning_rate: 0.01,
            weight_decay: 0.0,
            batch_size: SAMPLES,
            epochs: EPOCHS as u32,
            clip: GradClip::None,
            trainer_options: TrainerOptions::NONE,
        },
        schedule: Schedule::Constant,
        rules: Selection::Last
            .resolve(protocol("mosi").unwrap())
            .unwrap()
            .into(),
        seed: 1,
        precision,
        micro_batch: SAMPLES,
        read_interval: 1,
    }
}

/// What is noted in a fit of this precision.
fn noted(precision: Precision) -> Notes {
    let folder = tempfile::tempdir().unwrap();
    let split = split();
    let tensors = SplitTensors::new(&split, Device::Cpu);
    let views = Views {
        dataset: "mosi",
        split: &split,
        text: &TextSource::Features,
        keep_encodings: false,
        device: Device::Cpu,
        interrupt: &NEVER,
    };
    let view = Rc::new(views.complete().unwrap());
    let noisy = |_: u32, _: &[i64]| Ok::<_, Error>(Rc::clone(&view));
    let data = Data {
        train: &tensors,
        complete: &view,
        noisy: &noisy,
        monitored: Monitored {
            split: &tensors,
            views: std::slice::from_ref(&*view),
            truth: &split.labels,
            evaluator: &Evaluator::new(precision, &NEVER),
        },
        others: Vec::new(),
    };
    let files = Files {
        best: folder.path().join("checkpoint.safetensors"),
        last: folder.path().join("last.safetensors"),
        log: folder.path().join("metrics.jsonl"),
        events: None,
        operations: None,
    };
    let mut store = nn::VarStore::new(Device::Cpu);
    let notes = Arc::new(Mutex::new(Notes::default()));
    let mut model = Noting {
        weight: store.root().var("weight", &[1], nn::Init::Const(0.5)),
        notes: Arc::clone(&notes),
    };
    let bar = Progress::hidden().bar("test", 1, "epochs");
    let plan = plan(precision);
    trainer::fit(&plan, &data, &mut model, &mut store, &files, &NEVER, &bar).unwrap();
    let mut notes = notes.lock().unwrap();
    std::mem::take(&mut *notes)
}
