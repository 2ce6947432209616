//! What a training step and an evaluation of every model cost on a device at CMU-MOSEI's sizes, and
//! what a sweep of all of them would: see README.md.
#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::time::Instant;

use lnln_bench::model::{
    Batch, EncoderSetup, Engine, Entry, Inputs, LabelStats, MODELS, Outline, Profile, Setup,
    Shapes, Text, Trace, When, backward, entry,
};
use lnln_bench::train::{DeviceSpec, Optimizers, device};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// CMU-MOSEI as MMSA has it, unaligned.
const SHAPES: Shapes = Shapes {
    text_steps: 50,
    audio_steps: 500,
    vision_steps: 500,
    audio_width: 74,
    vision_width: 35,
};

/// Samples in train, valid and test.
const SAMPLES: [f64; 3] = [16_326.0, 1_871.0, 4_659.0];

/// Conditions of validation and of evaluation.
const CONDITIONS: [f64; 2] = [4.0, 11.0];

/// Width of BERT-base's hidden states, which a frozen encoder gives.
const WIDTH: i64 = 768;

fn main() -> anyhow::Result<()> {
    let options: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let word = |place: usize, default: &str| {
        let given = options.get(place).map(String::as_str);
        given.unwrap_or(default).to_owned()
    };
    let device = device::open(word(0, "auto").parse::<DeviceSpec>()?)?;
    let (batch, turns): (i64, u32) = (word(1, "16").parse()?, word(2, "3").parse()?);
    if device == Device::Cpu {
        // Processor time of one thread says the same on a busy machine as on a quiet one.
        tch::set_num_threads(1);
    }
    println!("on {device:?}, batches of {batch}");
    println!("| model | epochs | s (ms) | e (ms) | one seed (h) |\n|---|---|---|---|---|");
    let mut sum = 0.0;
    let models = word(3, "");
    let asked = |name: &str| models.is_empty() || models.split(',').any(|model| model == name);
    let trained = MODELS.iter().filter(|entry| entry.trained);
    for entry in trained.filter(|entry| asked(entry.name)) {
        if !reads_states(entry) {
            println!("| {} | needs a BERT inside | | | |", entry.name);
            continue;
        }
        let cost = Cost::measure(entry, device, batch, turns)?;
        sum += cost.hours();
        let (s, e) = (cost.train * 1e3, cost.predict * 1e3);
        let (name, epochs, hours) = (entry.name, cost.epochs, cost.hours());
        println!("| {name} | {epochs} | {s:.2} | {e:.2} | {hours:.1} |");
    }
    println!("| all, one seed | | | | {sum:.0} |");
    Ok(())
}

/// Whether the model reads ready-made states and frames that are not aligned.
fn reads_states(entry: &Entry) -> bool {
    let outline = Outline {
        shapes: SHAPES,
        has_encoder: false,
    };
    let config = (entry.config)(Profile::for_dataset("mosei"));
    entry
        .check
        .is_none_or(|check| check(&config, &outline).is_ok())
}

/// Of one model, per sample.
struct Cost {
    epochs: f64,
    train: f64,
    predict: f64,
}

impl Cost {
    fn measure(entry: &Entry, device: Device, batch: i64, turns: u32) -> anyhow::Result<Self> {
        let store = VarStore::new(device);
        let profile = Profile::for_dataset("mosei");
        let mut model = (entry.build)(&Setup {
            path: store.root(),
            profile,
            label_range: [-3.0, 3.0],
            shapes: SHAPES,
            encoder: EncoderSetup::States { width: WIDTH },
            labels: LabelStats::of(&vec![0.5; batch as usize]),
            config: (entry.config)(profile),
        })?;
        model.set_engine(Engine::default());
        let recipe = (entry.recipe)(profile);
        let mut optimizers = Optimizers::new(&store, &recipe, model.as_ref())?;
        let samples = samples(batch, device);
        let mut train = 0.0;
        // Of every stage, the main one last, as much as it takes in an epoch.
        for stage in (0..optimizers.stages.len()).map(Some).chain([None]) {
            let described = stage.map(|index| &optimizers.stages[index].0);
            let share = match described.map(|stage| stage.when) {
                Some(When::BeforeEpoch { share }) => share,
                Some(When::BeforeStep) | None => 1.0,
            };
            let name = described.map(|stage| stage.name);
            let mut step = || -> anyhow::Result<()> {
                optimizers.of(stage).zero_grad()?;
                let losses = entry::train(model.as_mut(), name, &samples, &mut Trace::off())?;
                backward(model.as_ref(), &losses.total)?;
                Ok(optimizers.of(stage).step(1.0)?)
            };
            train += share * seconds(device, turns, &mut step)? / batch as f64;
        }
        let mut predict = || -> anyhow::Result<()> {
            let _ = tch::no_grad(|| model.predict(&samples.masked, &mut Trace::off()))?;
            Ok(())
        };
        let predict = seconds(device, turns, &mut predict)? / batch as f64;
        let epochs = f64::from(recipe.epochs);
        Ok(Self {
            epochs,
            train,
            predict,
        })
    }

    /// One training with its validations, and its evaluation.
    fn hours(&self) -> f64 {
        let ([train, valid, test], [validation, conditions]) = (SAMPLES, CONDITIONS);
        let epoch = train * self.train + valid * validation * self.predict;
        (self.epochs * epoch + test * conditions * self.predict) / 3600.0
    }
}

/// The least of some turns, after one that counts for nothing: of processor time on the CPU, of passing
/// time on a card.
fn seconds(
    device: Device,
    turns: u32,
    work: &mut dyn FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    work()?;
    let mut least = f64::INFINITY;
    for _ in 0..turns {
        let (started, before) = (Instant::now(), processor_seconds()?);
        work()?;
        let took = match device {
            Device::Cuda(card) => {
                tch::Cuda::synchronize(card as i64);
                started.elapsed().as_secs_f64()
            }
            _ => processor_seconds()? - before,
        };
        least = least.min(took);
    }
    Ok(least)
}

/// Of this process, in hundredths, as Linux counts them.
fn processor_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold spaces.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2);
    let ticks: Vec<u64> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

/// Samples of noise with nothing missing, since no model computes less where something is.
fn samples(rows: i64, device: Device) -> Batch {
    let noise = |size: &[i64]| Tensor::randn(size, (Kind::Float, device));
    let lengths = |steps: i64| Tensor::full([rows], steps, (Kind::Int64, device));
    let whole = || Tensor::zeros([rows, 1], (Kind::Float, device));
    let inputs = || Inputs {
        text: Text::States(noise(&[rows, SHAPES.text_steps, WIDTH])),
        audio: noise(&[rows, SHAPES.audio_steps, SHAPES.audio_width]),
        vision: noise(&[rows, SHAPES.vision_steps, SHAPES.vision_width]),
        text_present: whole() + 1.0,
        text_lengths: lengths(SHAPES.text_steps),
        audio_lengths: lengths(SHAPES.audio_steps),
        vision_lengths: lengths(SHAPES.vision_steps),
    };
    Batch {
        masked: inputs(),
        complete: Some(inputs()),
        label: noise(&[rows, 1]),
        missing_rate: [whole(), whole(), whole()],
        index: (0..rows).collect(),
        epoch: 1,
        position: usize::MAX,
    }
}
