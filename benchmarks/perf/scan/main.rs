//! Times steps of TF-Mamba with the scan in loops of its own beside the scan step by step, turn by turn (README.md).

#![allow(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::time::Instant;

use anyhow::{Context, bail};
use lnln_bench::model::layers::selective_scan::{Order, ScanInputs, selective_scan};
use lnln_bench::model::{
    Batch, EncoderSetup, Engine, Inputs, LabelStats, Model, Profile, Setup, Shapes, Text, Trace,
    backward, tf_mamba,
};
use lnln_bench::train::{Optimizer, native};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

/// CMU-MOSI's.
const SHAPES: Shapes = Shapes {
    text_steps: 50,
    audio_steps: 375,
    vision_steps: 500,
    audio_width: 5,
    vision_width: 20,
};

/// Features of BERT-base's states.
const STATES: i64 = 768;

/// Channels and states of a scan with the settings for CMU-MOSI.
const SCAN: [i64; 2] = [512, 12];

/// Scans of a step: two directions of two branches of two context layers, and of one query layer.
const SCANS: usize = 10;

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [samples, threads, pairs] = words.as_slice() else {
        bail!("expected SAMPLES THREADS PAIRS, got {words:?}");
    };
    let samples: i64 = samples.parse().context("SAMPLES")?;
    tch::set_num_threads(threads.parse().context("THREADS")?);
    let pairs: usize = pairs.parse().context("PAIRS")?;
    native::keep_large_blocks(true);
    tch::manual_seed(1);
    let batch = batch(samples);
    let engines = [Engine::default(), Engine::REFERENCE];
    let mut sides = [Side::new(engines[0])?, Side::new(engines[1])?];
    compare("training step", pairs, |side| sides[side].train(&batch))?;
    compare("prediction", pairs, |side| {
        sides[side].predict(&batch.masked)
    })?;
    let scan = scan(samples);
    compare("its scans alone, with gradients", pairs, |side| {
        (0..SCANS).for_each(|_| run(&scan, engines[side]).backward());
        Ok(())
    })?;
    compare("its scans alone, without", pairs, |side| {
        tch::no_grad(|| {
            (0..SCANS).for_each(|_| {
                let _ = run(&scan, engines[side]);
            });
        });
        Ok(())
    })
}

/// Prints median seconds of both sides and of the ratios over pairs of turns, by the clock and of the processor;
/// a first pair is not counted.
fn compare(
    what: &str,
    pairs: usize,
    mut turn: impl FnMut(usize) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut timed = |side| -> anyhow::Result<[f64; 2]> {
        let (started, worked) = (Instant::now(), processor()?);
        turn(side)?;
        Ok([started.elapsed().as_secs_f64(), processor()? - worked])
    };
    let mut turns = [Vec::new(), Vec::new()];
    for pair in 0..=pairs {
        let (ours, theirs) = (timed(0)?, timed(1)?);
        for (clock, turns) in turns.iter_mut().enumerate().filter(|_| pair > 0) {
            turns.push([ours[clock], theirs[clock]]);
        }
    }
    show(&format!("{what}, clock"), &turns[0]);
    show(&format!("{what}, processor"), &turns[1]);
    Ok(())
}

/// Seconds that this process has computed for, in hundredths.
fn processor() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the name in brackets, the twelfth and thirteenth numbers are ticks in the program and in the system.
    let behind = status.rsplit(')').next().unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn show(what: &str, turns: &[[f64; 2]]) {
    let ratios = sorted(turns.iter().map(|[ours, theirs]| ours / theirs));
    let side = |side: usize| median(&sorted(turns.iter().map(|both| both[side])));
    println!(
        "{what}: loops {:.3} s, step by step {:.3} s, ratio {:.3} ({:.3} to {:.3})",
        side(0),
        side(1),
        median(&ratios),
        ratios[0],
        ratios[ratios.len() - 1],
    );
}

fn sorted(numbers: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    f64::midpoint(sorted[middle], sorted[(sorted.len() - 1) / 2])
}

/// A model that is trained; both sides start with the same parameters.
struct Side {
    model: Box<dyn Model>,
    optimizer: Optimizer,
}

impl Side {
    fn new(engine: Engine) -> anyhow::Result<Self> {
        tch::manual_seed(2);
        let store = VarStore::new(Device::Cpu);
        let mut model = (tf_mamba::ENTRY.build)(&Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: SHAPES,
            encoder: EncoderSetup::States { width: STATES },
            labels: LabelStats::of(&[0.0]),
            label_range: [-3.0, 3.0],
            config: (tf_mamba::ENTRY.config)(Profile::Mosi),
        })?;
        model.set_engine(engine);
        let recipe = (tf_mamba::ENTRY.recipe)(Profile::Mosi);
        let optimizer = Optimizer::new(&store, &recipe, &model.groups(&recipe))?;
        Ok(Self { model, optimizer })
    }

    fn train(&mut self, batch: &Batch) -> anyhow::Result<()> {
        self.optimizer.zero_grad()?;
        let losses = self.model.train(batch, &mut Trace::off())?;
        backward(self.model.as_ref(), &losses.total)?;
        self.optimizer.step(1.0)?;
        Ok(())
    }

    fn predict(&self, inputs: &Inputs) -> anyhow::Result<()> {
        let _ = tch::no_grad(|| self.model.predict(inputs, &mut Trace::off()))?;
        Ok(())
    }
}

fn inputs(text: Tensor, audio: Tensor, vision: Tensor) -> Inputs {
    let samples = audio.size()[0];
    let all = |steps: i64| Tensor::full([samples], steps, (Kind::Int64, Device::Cpu));
    Inputs {
        text: Text::States(text),
        audio,
        vision,
        text_present: Tensor::ones([samples, 1], FLOAT),
        text_lengths: all(SHAPES.text_steps),
        audio_lengths: all(SHAPES.audio_steps),
        vision_lengths: all(SHAPES.vision_steps),
    }
}

/// Every second sample without half of its steps.
fn batch(samples: i64) -> Batch {
    let [text, audio, vision] = [
        (SHAPES.text_steps, STATES),
        (SHAPES.audio_steps, SHAPES.audio_width),
        (SHAPES.vision_steps, SHAPES.vision_width),
    ]
    .map(|(steps, width)| Tensor::randn([samples, steps, width], FLOAT));
    let rate = Tensor::arange(samples, FLOAT).remainder(2.0) * 0.5;
    let masked = |x: &Tensor| {
        let kept = Tensor::rand([samples, x.size()[1], 1], FLOAT);
        x * kept.ge_tensor(&rate.view([-1, 1, 1]))
    };
    Batch {
        masked: inputs(masked(&text), masked(&audio), masked(&vision)),
        complete: Some(inputs(text, audio, vision)),
        label: Tensor::randn([samples, 1], FLOAT),
        missing_rate: [0, 1, 2].map(|_| rate.unsqueeze(1)),
        index: (0..samples).collect(),
        epoch: 1,
        position: 0,
    }
}

/// u, step sizes, rates, what enters and leaves, skip.
fn scan(samples: i64) -> [Tensor; 6] {
    let ([channels, states], steps) = (SCAN, SHAPES.text_steps);
    let sequence = |width: i64| Tensor::randn([samples, steps, width], FLOAT);
    let rates = Tensor::arange_start(1, states + 1, FLOAT);
    [
        sequence(channels),
        sequence(channels).sigmoid() * 0.1,
        (-rates).repeat([channels, 1]),
        sequence(states),
        sequence(states),
        Tensor::ones([channels], FLOAT),
    ]
    .map(|x| x.set_requires_grad(true))
}

fn run([u, delta, a, b, c, skip]: &[Tensor; 6], engine: Engine) -> Tensor {
    let inputs = ScanInputs {
        u,
        delta,
        a,
        b,
        c,
        skip,
    };
    selective_scan(&inputs, Order::FirstToLast, engine).mean(Kind::Float)
}
