//! Our side of the comparison in README.md: a model in memory that takes one turn per line of standard
//! input and answers with the seconds it took.

use std::io::{BufRead, Write};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use lnln_bench::data::dataset::{Block, SpecialTokens, Split, SplitName};
use lnln_bench::mask::{Condition, Keep};
use lnln_bench::model::{
    Batch, BertConfig, Choice, EncoderSetup, Engine, LabelStats, Model, Profile, Setup, Shapes,
    Trace, backward, entry,
};
use lnln_bench::train::evaluate::Evaluator;
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::view::{View, Views};
use lnln_bench::train::{Optimizers, Precision, native};
use tch::nn::VarStore;
use tch::{Device, Tensor};

/// Missing rates of an evaluation: 0 to 0.9.
const CONDITIONS: usize = 10;

/// Those of them that an epoch validates at: 0, 0.3, 0.6, 0.9.
const WATCHED: [usize; 4] = [0, 3, 6, 9];

/// Steps of an epoch.
const STEPS: usize = 4;

/// Samples of CMU-MOSI's training split.
const TRAINING_SAMPLES: usize = 1284;

/// Tokens of a text with its two ends, in turn: 15.5 in the mean, as in CMU-MOSI.
const LENGTHS: [usize; 8] = [6, 9, 11, 13, 15, 18, 22, 30];

static NEVER: AtomicBool = AtomicBool::new(false);

fn main() -> anyhow::Result<()> {
    let options: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [encoder, batch, threads, size, model] = options.as_slice() else {
        anyhow::bail!(
            "expected ENCODER (bert, bert-full, tiny, states) BATCH THREADS SIZE (mosi, aligned, small) MODEL, got \
             {options:?}"
        );
    };
    tch::set_num_threads(threads.parse()?);
    tch::manual_seed(1);
    let before = resident("VmRSS")?;
    let store = VarStore::new(Device::Cpu);
    let samples = Samples::new(batch.parse()?, encoder, size);
    let mut side = Side::new(&store, samples, &Choice::parse(model)?)?;
    let parameters: usize = store.variables().values().map(Tensor::numel).sum();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let started = Instant::now();
        match line?.as_str() {
            "train" => side.train()?,
            "evaluate" => side.evaluate(&side.conditions)?,
            "epoch" => side.epoch()?,
            // Beyond weights, gradients and two moments.
            "memory" => {
                let beyond = resident("VmHWM")?.saturating_sub(before);
                writeln!(out, "{}", beyond as f64 - 16.0 * parameters as f64)?;
                out.flush()?;
                continue;
            }
            other => anyhow::bail!("expected train, evaluate, epoch or memory, got {other}"),
        }
        writeln!(out, "{}", started.elapsed().as_secs_f64())?;
        out.flush()?;
    }
    Ok(())
}

struct Side {
    model: Box<dyn Model>,
    optimizers: Optimizers,
    tensors: SplitTensors,
    batch: Batch,
    /// The samples at every condition, and at those of validation.
    conditions: Vec<View>,
    monitored: Vec<View>,
}

impl Side {
    fn new(store: &VarStore, samples: Samples, choice: &Choice) -> anyhow::Result<Self> {
        let setup = Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: samples.shapes,
            encoder: samples.encoder(),
            labels: LabelStats::of(&noise(TRAINING_SAMPLES, 1, 1).data),
            label_range: [-3.0, 3.0],
            config: choice.config(Profile::Mosi),
        };
        let mut model = (choice.entry.build)(&setup)?;
        model.set_engine(Engine::default());
        let recipe = (choice.entry.recipe)(Profile::Mosi);
        let optimizers = Optimizers::new(store, &recipe, model.as_ref())?;
        let tensors = SplitTensors::new(&samples.split, Device::Cpu);
        let at = |condition: usize| samples.at(|_, _| condition as f64 / CONDITIONS as f64);
        Ok(Self {
            model,
            optimizers,
            batch: samples.batch(&tensors)?,
            conditions: (0..CONDITIONS).map(at).collect::<Result<_, _>>()?,
            monitored: WATCHED.into_iter().map(at).collect::<Result<_, _>>()?,
            tensors,
        })
    }

    /// A step of every stage, the main one last; each call is the next epoch and its only batch.
    fn train(&mut self) -> anyhow::Result<()> {
        for stage in (0..self.optimizers.stages.len()).map(Some).chain([None]) {
            let name = stage.map(|index| self.optimizers.stages[index].0.name);
            self.optimizers.of(stage).zero_grad()?;
            let model = self.model.as_mut();
            let losses = entry::train(model, name, &self.batch, &mut Trace::off())?;
            backward(self.model.as_ref(), &losses.total)?;
            self.optimizers.of(stage).step(1.0)?;
        }
        // A teacher follows.
        tch::no_grad(|| self.model.after_step());
        self.batch.epoch += 1;
        // What a model remembers of batches before this one stays.
        self.batch.position += 1;
        native::keep_large_blocks(true);
        Ok(())
    }

    /// All samples under these views, by the function that evaluates runs.
    fn evaluate(&self, views: &[View]) -> anyhow::Result<()> {
        let evaluator = Evaluator::new(Precision::Fp32, &NEVER);
        evaluator.predict(self.model.as_ref(), &self.tensors, views)?;
        Ok(())
    }

    fn epoch(&mut self) -> anyhow::Result<()> {
        for _ in 0..STEPS {
            self.train()?;
        }
        self.evaluate(&self.monitored)
    }
}

/// Samples without anything missing.
struct Samples {
    split: Split,
    shapes: Shapes,
    text: TextSource,
    bert: BertConfig,
}

impl Samples {
    /// Of CMU-MOSI's published sizes, unaligned or aligned, with BERT-base or a tiny BERT; or small ones to try the
    /// program with.
    fn new(rows: usize, encoder: &str, size: &str) -> Self {
        let [text, audio, vision] = match size {
            "small" => [8, 20, 30],
            "aligned" => [50; 3],
            _ => [50, 375, 500],
        };
        let bert = if size == "small" || encoder == "tiny" {
            BertConfig::tiny(30522)
        } else {
            BertConfig {
                hidden_size: 768,
                num_hidden_layers: 12,
                num_attention_heads: 12,
                intermediate_size: 3072,
                ..BertConfig::tiny(30522)
            }
        };
        let states = encoder == "states";
        let length = |row: usize| match encoder {
            "bert" | "tiny" => LENGTHS[row % LENGTHS.len()].min(text),
            _ => text,
        };
        let lengths: Vec<usize> = (0..rows).map(length).collect();
        let all = |steps: usize| vec![steps as u32; rows];
        let split = Split {
            name: SplitName::Train,
            ids: (0..rows).map(|row| row.to_string()).collect(),
            raw_text: vec![String::new(); rows],
            text_bert: (!states).then(|| tokens(&lengths, text)),
            special: (!states).then(|| vec![SpecialTokens::default(); rows]),
            text: states.then(|| noise(rows, text, bert.hidden_size as usize)),
            audio: noise(rows, audio, 5),
            vision: noise(rows, vision, 20),
            text_lengths: lengths.iter().map(|&length| length as u32).collect(),
            audio_lengths: all(audio),
            vision_lengths: all(vision),
            labels: noise(rows, 1, 1).data,
            modality_labels: None,
        };
        Self {
            split,
            shapes: Shapes {
                text_steps: text as i64,
                audio_steps: audio as i64,
                vision_steps: vision as i64,
                audio_width: 5,
                vision_width: 20,
            },
            text: if states {
                TextSource::Features
            } else {
                TextSource::Tokens
            },
            bert,
        }
    }

    fn encoder(&self) -> EncoderSetup {
        match self.text {
            TextSource::Tokens => EncoderSetup::Bert {
                config: self.bert.clone(),
                weights: None,
            },
            _ => EncoderSetup::States {
                width: self.bert.hidden_size,
            },
        }
    }

    fn views(&self) -> Views<'_> {
        Views {
            dataset: "mosi",
            split: &self.split,
            text: &self.text,
            keep_encodings: false,
            device: Device::Cpu,
            interrupt: &NEVER,
        }
    }

    /// What the rates of modality and sample leave: of frames the last ones, of words those whose own draw
    /// is above.
    fn at(&self, rate: impl Fn(usize, usize) -> f64) -> anyhow::Result<View> {
        let rows = self.split.len();
        let frames = |modality: usize, steps: usize| Keep {
            rows,
            steps,
            bits: (0..rows * steps)
                .map(|i| (i % steps) as f64 / steps as f64 >= rate(modality, i / steps))
                .collect(),
        };
        let words = |steps: usize| Keep {
            rows,
            steps,
            bits: (0..rows * steps)
                .map(|i| {
                    let (row, place) = (i / steps, i % steps);
                    let last = self.split.text_lengths[row] as usize - 1;
                    let draw = (i as f64 * 0.618_033_988_749).fract();
                    place == 0 || place >= last || draw >= rate(0, row)
                })
                .collect(),
        };
        let shapes = self.shapes;
        let text = match self.text {
            TextSource::Tokens => words(shapes.text_steps as usize),
            _ => frames(0, shapes.text_steps as usize),
        };
        let keeps = [
            text,
            frames(1, shapes.audio_steps as usize),
            frames(2, shapes.vision_steps as usize),
        ];
        let condition: Condition = "0.5".parse()?;
        Ok(self.views().under(&keeps, condition)?)
    }

    /// Half the samples lose nothing in a modality, the others half of it, as in the reference's
    /// training.
    fn batch(&self, tensors: &SplitTensors) -> anyhow::Result<Batch> {
        let rate = |modality: usize, row: usize| {
            if (row >> modality).is_multiple_of(2) {
                0.0
            } else {
                0.5
            }
        };
        let rows = self.split.len();
        let index: Vec<i64> = (0..rows as i64).collect();
        let rows_of = Tensor::from_slice(&index);
        let rates = |modality: usize| {
            let rates: Vec<f32> = (0..rows).map(|row| rate(modality, row) as f32).collect();
            Tensor::from_slice(&rates).unsqueeze(1)
        };
        Ok(Batch {
            masked: self.at(rate)?.inputs(tensors, &rows_of),
            complete: Some(self.views().complete()?.inputs(tensors, &rows_of)),
            label: tensors.labels.shallow_clone(),
            missing_rate: [0, 1, 2].map(rates),
            index,
            epoch: 1,
            position: 0,
        })
    }
}

/// (rows, steps, width) numbers between -1 and 1 without a pattern that matters.
fn noise(rows: usize, steps: usize, width: usize) -> Block<f32> {
    let number = |i: usize| ((i as f64 * 0.754_877_666_247).fract() * 2.0 - 1.0) as f32;
    Block {
        rows,
        steps,
        width,
        data: (0..rows * steps * width).map(number).collect(),
    }
}

/// (rows, 3, steps) token ids, attention mask, segment ids.
fn tokens(lengths: &[usize], steps: usize) -> Block<i32> {
    let mut data = Vec::new();
    for (row, &length) in lengths.iter().enumerate() {
        let id = |place: usize| 1000 + ((row * steps + place) * 7919 % 29_000) as i32;
        let there = |place: usize| place < length;
        data.extend((0..steps).map(|place| if there(place) { id(place) } else { 0 }));
        data.extend((0..steps).map(|place| i32::from(there(place))));
        data.extend(std::iter::repeat_n(0, steps));
    }
    Block {
        rows: lengths.len(),
        steps: 3,
        width: steps,
        data,
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
