//! Our side of the comparison in README.md: a model in memory that takes one step per line of
//! standard input and answers with the seconds it took.

use std::io::{BufRead, Write};
use std::time::Instant;

use lnln_bench::model::{
    Batch, BertConfig, EncoderSetup, Engine, Inputs, LabelStats, Model, Profile, Setup, Shapes,
    Text, Trace, backward, lnln,
};
use lnln_bench::train::Optimizer;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const SHAPES: Shapes = Shapes {
    text_steps: 50,
    audio_steps: 375,
    vision_steps: 500,
    audio_width: 5,
    vision_width: 20,
};

fn main() -> anyhow::Result<()> {
    let options: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [encoder, batch, threads] = options.as_slice() else {
        anyhow::bail!("expected ENCODER (bert, states) BATCH THREADS, got {options:?}");
    };
    tch::set_num_threads(threads.parse()?);
    tch::manual_seed(1);
    let before = resident("VmRSS")?;
    let store = VarStore::new(Device::Cpu);
    let mut side = Side::new(&store, encoder == "bert", batch.parse()?)?;
    let parameters: usize = store.variables().values().map(Tensor::numel).sum();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match line?.as_str() {
            "train" => writeln!(out, "{}", side.train()?)?,
            "evaluate" => writeln!(out, "{}", side.evaluate()?)?,
            // Beyond weights, gradients and two moments.
            "memory" => {
                let beyond = resident("VmHWM")?.saturating_sub(before);
                writeln!(out, "{}", beyond as f64 - 16.0 * parameters as f64)?;
            }
            other => anyhow::bail!("expected train, evaluate or memory, got {other}"),
        }
        out.flush()?;
    }
    Ok(())
}

struct Side {
    model: Box<dyn Model>,
    optimizer: Optimizer,
    batch: Batch,
}

impl Side {
    fn new(store: &VarStore, bert: bool, rows: i64) -> anyhow::Result<Self> {
        let config = BertConfig {
            vocab_size: 30522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            ..BertConfig::tiny(30522)
        };
        let encoder = match bert {
            true => EncoderSetup::Bert {
                config,
                weights: None,
            },
            false => EncoderSetup::States { width: 768 },
        };
        let setup = Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: SHAPES,
            encoder,
            labels: LabelStats::of(&[0.0]),
            config: (lnln::ENTRY.config)(Profile::Mosi),
        };
        let mut model = (lnln::ENTRY.build)(&setup)?;
        model.set_engine(Engine::default());
        let recipe = (lnln::ENTRY.recipe)(Profile::Mosi);
        let optimizer = Optimizer::new(store, &recipe, &model.groups(&recipe))?;
        let batch = batch(rows, bert);
        Ok(Self {
            model,
            optimizer,
            batch,
        })
    }

    fn train(&mut self) -> anyhow::Result<f64> {
        let started = Instant::now();
        self.optimizer.zero_grad();
        let losses = self.model.train(&self.batch, &mut Trace::off())?;
        backward(self.model.as_ref(), &losses.total)?;
        self.optimizer.step(1.0)?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn evaluate(&self) -> anyhow::Result<f64> {
        let started = Instant::now();
        let _ = tch::no_grad(|| self.model.predict(&self.batch.masked, &mut Trace::off()))?;
        Ok(started.elapsed().as_secs_f64())
    }
}

/// Half the clips lose nothing in a modality, the others half of it, as in the reference's training.
fn batch(rows: i64, bert: bool) -> Batch {
    let noise = |size: &[i64]| Tensor::randn(size, (Kind::Float, Device::Cpu));
    let rate = |modality: i64| {
        let lossy = (0..rows).map(|row| if (row >> modality) % 2 == 0 { 0.0 } else { 0.5 });
        Tensor::from_slice(&lossy.collect::<Vec<f32>>()).view([rows, 1])
    };
    let rates = [rate(0), rate(1), rate(2)];
    let drop = |x: &Tensor, rate: &Tensor| {
        let size = x.size();
        let steps = Tensor::arange(size[1], (Kind::Float, Device::Cpu)) / size[1] as f64;
        let keep = steps.unsqueeze(0).ge_tensor(rate);
        (x * keep.unsqueeze(-1)).contiguous()
    };
    let text = match bert {
        true => {
            let ids = Tensor::randint_low(1000, 30000, [rows, 1, 50], (Kind::Int64, Device::Cpu));
            let lost = Tensor::arange(50, (Kind::Float, Device::Cpu)).view([1, 1, 50]) / 50.0;
            let lost = lost.lt_tensor(&rates[0].view([rows, 1, 1]));
            let masked = ids.masked_fill(&lost, 100);
            let rest = |ids: &Tensor| Tensor::cat(&[ids, &ids.ones_like(), &ids.zeros_like()], 1);
            [Text::Tokens(rest(&masked)), Text::Tokens(rest(&ids))]
        }
        false => {
            let states = noise(&[rows, 50, 768]);
            [Text::States(drop(&states, &rates[0])), Text::States(states)]
        }
    };
    let (audio, vision) = (noise(&[rows, 375, 5]), noise(&[rows, 500, 20]));
    let lengths = |steps: i64| Tensor::full([rows], steps, (Kind::Int64, Device::Cpu));
    let inputs = |text: Text, audio: Tensor, vision: Tensor| Inputs {
        text,
        audio,
        vision,
        text_present: Tensor::ones([rows, 1], (Kind::Float, Device::Cpu)),
        text_lengths: lengths(50),
        audio_lengths: lengths(375),
        vision_lengths: lengths(500),
    };
    let [masked, complete] = text;
    Batch {
        masked: inputs(masked, drop(&audio, &rates[1]), drop(&vision, &rates[2])),
        complete: Some(inputs(complete, audio, vision)),
        label: noise(&[rows, 1]),
        missing_rate: rates,
        index: (0..rows).collect(),
        epoch: 1,
    }
}

/// Bytes of this process by the kernel's count.
fn resident(what: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(what));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    let kib = kib.ok_or_else(|| anyhow::anyhow!("expected {what} in /proc/self/status"))?;
    Ok(kib.parse::<u64>()? * 1024)
}
