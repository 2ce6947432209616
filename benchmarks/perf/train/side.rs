//! Our side of the comparison in README.md: a model in memory that takes one step per line of
//! standard input and answers with the seconds it took.

use std::io::{BufRead, Write};
use std::time::Instant;

use lnln_bench::model::{
    Batch, BertConfig, EncoderSetup, Engine, Inputs, LabelStats, Model, Profile, Setup, Shapes,
    Text, Trace, backward, lnln,
};
use lnln_bench::train::{Optimizer, native};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

const SHAPES: Shapes = Shapes {
    text_steps: 50,
    audio_steps: 375,
    vision_steps: 500,
    audio_width: 5,
    vision_width: 20,
};

/// Tokens of a text with its two ends, in turn: 15.5 in the mean, as in CMU-MOSI.
const LENGTHS: [i64; 8] = [6, 9, 11, 13, 15, 18, 22, 30];

/// Missing rates of an evaluation: 0 to 0.9.
const LEVELS: i64 = 10;

/// Clips that go through the model under all levels at once, as in `train::evaluate`.
const CLIPS: i64 = 64 / LEVELS;

fn main() -> anyhow::Result<()> {
    let options: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [encoder, batch, threads] = options.as_slice() else {
        anyhow::bail!("expected ENCODER (bert, bert-full, states) BATCH THREADS, got {options:?}");
    };
    tch::set_num_threads(threads.parse()?);
    tch::manual_seed(1);
    let before = resident("VmRSS")?;
    let store = VarStore::new(Device::Cpu);
    let mut side = Side::new(&store, encoder, batch.parse()?)?;
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
    /// The clips at every level.
    levels: Vec<Inputs>,
}

impl Side {
    fn new(store: &VarStore, encoder: &str, rows: i64) -> anyhow::Result<Self> {
        let config = BertConfig {
            vocab_size: 30522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            ..BertConfig::tiny(30522)
        };
        let clips = Clips::new(rows, encoder);
        let encoder = match encoder {
            "states" => EncoderSetup::States { width: 768 },
            _ => EncoderSetup::Bert {
                config,
                weights: None,
            },
        };
        let setup = Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: SHAPES,
            encoder,
            labels: LabelStats::of(&[0.0]),
            label_range: [-3.0, 3.0],
            config: (lnln::ENTRY.config)(Profile::Mosi),
        };
        let mut model = (lnln::ENTRY.build)(&setup)?;
        model.set_engine(Engine::default());
        let recipe = (lnln::ENTRY.recipe)(Profile::Mosi);
        let optimizer = Optimizer::new(store, &recipe, &model.groups(&recipe))?;
        let at = |level| clips.at(&[0, 1, 2].map(|_| clips.rate(level as f64 / LEVELS as f64)));
        Ok(Self {
            model,
            optimizer,
            batch: clips.batch(),
            levels: (0..LEVELS).map(at).collect(),
        })
    }

    fn train(&mut self) -> anyhow::Result<f64> {
        let started = Instant::now();
        self.optimizer.zero_grad();
        let losses = self.model.train(&self.batch, &mut Trace::off())?;
        backward(self.model.as_ref(), &losses.total)?;
        self.optimizer.step(1.0)?;
        native::keep_large_blocks(true);
        Ok(started.elapsed().as_secs_f64())
    }

    /// All clips at all levels.
    fn evaluate(&self) -> anyhow::Result<f64> {
        let started = Instant::now();
        tch::no_grad(|| match self.levels[0].text {
            Text::Tokens(_) => self.evaluate_together(),
            Text::States(_) => self.levels.iter().try_for_each(|level| self.predict(level)),
        })?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn evaluate_together(&self) -> anyhow::Result<()> {
        let rows = self.levels[0].len();
        for start in (0..rows).step_by(CLIPS as usize) {
            let part = |level: &Inputs| level.narrow(start, CLIPS.min(rows - start));
            let parts: Vec<Inputs> = self.levels.iter().map(part).collect();
            self.predict(&Inputs::cat(&parts))?;
        }
        Ok(())
    }

    fn predict(&self, inputs: &Inputs) -> anyhow::Result<()> {
        let _ = self.model.predict(inputs, &mut Trace::off())?;
        Ok(())
    }
}

/// Clips without anything missing.
struct Clips {
    rows: i64,
    text: Text,
    audio: Tensor,
    vision: Tensor,
}

impl Clips {
    fn new(rows: i64, encoder: &str) -> Self {
        let noise = |size: &[i64]| Tensor::randn(size, (Kind::Float, Device::Cpu));
        let text = match encoder {
            "states" => Text::States(noise(&[rows, 50, 768])),
            _ => Text::Tokens(tokens(rows, encoder == "bert-full")),
        };
        let (audio, vision) = (noise(&[rows, 375, 5]), noise(&[rows, 500, 20]));
        Self {
            rows,
            text,
            audio,
            vision,
        }
    }

    /// (rows, 1) of this rate.
    fn rate(&self, rate: f64) -> Tensor {
        Tensor::full([self.rows, 1], rate, (Kind::Float, Device::Cpu))
    }

    /// What these rates (rows, 1) of text, audio and vision leave.
    fn at(&self, rates: &[Tensor; 3]) -> Inputs {
        let drop = |x: &Tensor, rate: &Tensor| {
            let size = x.size();
            let steps = Tensor::arange(size[1], (Kind::Float, Device::Cpu)) / size[1] as f64;
            let keep = steps.unsqueeze(0).ge_tensor(rate);
            (x * keep.unsqueeze(-1)).contiguous()
        };
        let lengths = |steps: i64| Tensor::full([self.rows], steps, (Kind::Int64, Device::Cpu));
        Inputs {
            text: match &self.text {
                Text::Tokens(tokens) => Text::Tokens(lose(tokens, &rates[0])),
                Text::States(states) => Text::States(drop(states, &rates[0])),
            },
            audio: drop(&self.audio, &rates[1]),
            vision: drop(&self.vision, &rates[2]),
            text_present: self.rate(1.0),
            text_lengths: lengths(50),
            audio_lengths: lengths(375),
            vision_lengths: lengths(500),
        }
    }

    /// Half the clips lose nothing in a modality, the others half of it, as in the reference's
    /// training.
    fn batch(&self) -> Batch {
        let rate = |modality: i64| {
            let lossy = |row: i64| if (row >> modality) % 2 == 0 { 0.0 } else { 0.5 };
            let rates: Vec<f32> = (0..self.rows).map(lossy).collect();
            Tensor::from_slice(&rates).view([self.rows, 1])
        };
        let rates = [rate(0), rate(1), rate(2)];
        Batch {
            masked: self.at(&rates),
            complete: Some(self.at(&[0, 1, 2].map(|_| self.rate(0.0)))),
            label: Tensor::randn([self.rows, 1], (Kind::Float, Device::Cpu)),
            missing_rate: rates,
            index: (0..self.rows).collect(),
            epoch: 1,
        }
    }
}

/// (rows, 3, 50) token ids, attention mask, segment ids; all 50 positions attended to if `full`.
fn tokens(rows: i64, full: bool) -> Tensor {
    let ids = Tensor::randint_low(1000, 30000, [rows, 50], (Kind::Int64, Device::Cpu));
    let length = |row: i64| {
        if full {
            50
        } else {
            LENGTHS[row as usize % LENGTHS.len()]
        }
    };
    let lengths: Vec<i64> = (0..rows).map(length).collect();
    let lengths = Tensor::from_slice(&lengths).unsqueeze(1);
    let attended = Tensor::arange(50, (Kind::Int64, Device::Cpu))
        .unsqueeze(0)
        .lt_tensor(&lengths);
    let attended = attended.to_kind(Kind::Int64);
    Tensor::stack(
        &[&ids * &attended, attended.shallow_clone(), ids.zeros_like()],
        1,
    )
}

/// Words become [UNK] (100), each where its own draw lies below the rate; the two ends stay.
fn lose(tokens: &Tensor, rate: &Tensor) -> Tensor {
    let size = tokens.size();
    let draws = Tensor::arange(size[0] * size[2], (Kind::Double, Device::Cpu)) * 0.618_033_988_749;
    let draws = (&draws - draws.floor()).view([size[0], size[2]]);
    let (ids, attended) = (tokens.select(1, 0), tokens.select(1, 1));
    let place = attended.cumsum(1, Kind::Int64);
    let last = attended.sum_dim_intlist(1, true, Kind::Int64);
    let word = place
        .gt(1)
        .logical_and(&place.lt_tensor(&last))
        .logical_and(&attended.gt(0));
    let lost = draws.lt_tensor(rate).logical_and(&word);
    Tensor::stack(
        &[ids.masked_fill(&lost, 100), attended, tokens.select(1, 2)],
        1,
    )
}

/// Bytes of this process by the kernel's count.
fn resident(what: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(what));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    let kib = kib.ok_or_else(|| anyhow::anyhow!("expected {what} in /proc/self/status"))?;
    Ok(kib.parse::<u64>()? * 1024)
}
