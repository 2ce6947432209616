//! The planned memory of a training step is what the allocator of libtorch sees one take.

use std::sync::atomic::AtomicBool;

use tch::nn::VarStore;
use tch::{Device, Tensor};

use lnln_bench::data::dataset::synthetic::{Demo, write_demo};
use lnln_bench::data::dataset::{Corpus, ImportOptions, Split, SplitName, prepare};
use lnln_bench::mask::{self, Noise, NoiseDraw, NoiseSpec, RateDistribution};
use lnln_bench::model::*;
use lnln_bench::train::memory_plan::{Demand, MemoryPlan};
use lnln_bench::train::native::MemoryWatch;
use lnln_bench::train::probe::{self, Probe};
use lnln_bench::train::tensors::SplitTensors;
use lnln_bench::train::text_source::TextSource;
use lnln_bench::train::view::{View, Views};
use lnln_bench::train::{MicroBatch, Optimizers, Precision};

use super::bed::{SHAPES, base, takes};

const BATCH: usize = 24;

static NEVER: AtomicBool = AtomicBool::new(false);

/// A demo corpus as a fit sees it.
struct Film {
    split: Split,
    train: SplitTensors,
    vocabulary: i64,
}

impl Film {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("demo-film.pkl");
        write_demo(Demo::Film, &source, 7, 0.1).unwrap();
        prepare(&source, &ImportOptions::new(folder.path()), &mut |_| {}).unwrap();
        let corpus = Corpus::open(&folder.path().join("demo-film.h5")).unwrap();
        let split = corpus.split(SplitName::Train, true).unwrap();
        let ids = &split.text_bert.as_ref().unwrap().data;
        Self {
            vocabulary: 1 + i64::from(*ids.iter().max().unwrap()).max(100),
            train: SplitTensors::new(&split, Device::Cpu),
            split,
        }
    }

    /// The training split complete, and as the first epoch of the published noise shows it.
    fn views(&self, encoder: &EncoderSetup) -> [View; 2] {
        let views = Views {
            dataset: "demo-film",
            split: &self.split,
            text: match encoder {
                EncoderSetup::Bert { .. } => &TextSource::Tokens,
                EncoderSetup::States { .. } => &TextSource::Features,
            },
            keep_encodings: false,
            device: Device::Cpu,
            interrupt: &NEVER,
        };
        let noise = NoiseSpec {
            kind: Noise::Fresh,
            mask_protocol: mask::find("random").unwrap(),
            distribution: RateDistribution::HalfComplete,
            mask_seed: 1,
        };
        let draw = NoiseDraw {
            seed: 1,
            number: 0,
            redrawn: Vec::new(),
        };
        [
            views.complete().unwrap(),
            views.noisy(&noise, (8, 24), &draw).unwrap(),
        ]
    }

    fn encoders(&self) -> [EncoderSetup; 2] {
        let width = self.split.text.as_ref().unwrap().width as i64;
        [
            EncoderSetup::States { width },
            EncoderSetup::tiny(self.vocabulary),
        ]
    }
}

impl Film {
    /// Every model that is trained, with ready-made states and with an encoder inside.
    fn cases(&self) -> Vec<Case<'_>> {
        let mut cases = Vec::new();
        for entry in MODELS.iter().filter(|entry| entry.trained) {
            let choice = base(entry);
            for encoder in self.encoders() {
                if takes(&choice, &encoder, SHAPES) {
                    cases.push(Case::new(self, choice.clone(), encoder));
                }
            }
        }
        cases
    }
}

/// A model and how it is trained.
#[derive(Clone)]
struct Case<'a> {
    film: &'a Film,
    choice: Choice,
    encoder: EncoderSetup,
    engine: Engine,
    precision: Precision,
    micro_batch: usize,
}

impl<'a> Case<'a> {
    fn new(film: &'a Film, choice: Choice, encoder: EncoderSetup) -> Self {
        Self {
            film,
            choice,
            encoder,
            engine: Engine::default(),
            precision: Precision::Fp32,
            micro_batch: BATCH,
        }
    }

    fn build(&self, store: &VarStore) -> Box<dyn Model> {
        let widths = [&self.film.split.audio, &self.film.split.vision].map(|block| block.width);
        let mut model = (self.choice.entry.build)(&Setup {
            path: store.root(),
            profile: Profile::Mosi,
            shapes: Shapes {
                text_steps: 20,
                audio_steps: 30,
                vision_steps: 24,
                audio_width: widths[0] as i64,
                vision_width: widths[1] as i64,
            },
            encoder: self.encoder.clone(),
            labels: LabelStats::of(&self.film.split.labels),
            label_range: [-3.0, 3.0],
            config: self.choice.config(Profile::Mosi),
        })
        .unwrap();
        model.set_engine(self.engine);
        model
    }

    /// As a run plans it.
    fn plan(&self, model: &mut dyn Model, store: &VarStore) -> MemoryPlan {
        let [complete, _] = self.film.views(&self.encoder);
        let entry = self.choice.entry;
        let probe = Probe {
            store,
            precision: self.precision,
            batch: &|samples| probe::batch(entry, &self.film.train, &complete, true, samples),
        };
        let recipe = (entry.recipe)(Profile::Mosi);
        let demand = Demand {
            data: 0,
            batch_size: BATCH,
            accumulates: false,
            stages: Optimizers::new(store, &recipe, model)
                .unwrap()
                .stage_bytes(),
            micro_batch: match self.micro_batch {
                BATCH => MicroBatch::Auto,
                samples => MicroBatch::Samples(samples),
            },
            budget: 12 << 30,
            engine: self.engine,
        };
        MemoryPlan::new(entry, model, &probe, demand).unwrap()
    }

    /// The plan; random numbers, weights and gradients are as they were before it.
    fn plan_without_trace(&self) -> MemoryPlan {
        let name = self.choice.name();
        let store = VarStore::new(Device::Cpu);
        let mut model = self.build(&store);
        // What is not trained must be restored, not reset.
        for (_, mut variable) in store.variables() {
            if !variable.requires_grad() {
                let _ = tch::no_grad(|| variable.g_add_scalar_(0.25));
            }
        }
        let draw = || Tensor::rand([4], (tch::Kind::Float, Device::Cpu));
        let before = bits(&store);
        tch::manual_seed(23);
        let drawn = draw();
        tch::manual_seed(23);
        let plan = self.plan(model.as_mut(), &store);
        assert!(draw().equal(&drawn), "{name}");
        assert!(bits(&store) == before, "{name}");
        for variable in store.trainable_variables() {
            assert!(!variable.grad().defined(), "{name}");
        }
        plan
    }

    /// The most that two steps of training hold, from the parameters on.
    fn held(&self) -> u64 {
        let (entry, train) = (self.choice.entry, &self.film.train);
        let [complete, noisy] = self.film.views(&self.encoder);
        let watch = MemoryWatch::start(Device::Cpu).unwrap();
        let store = VarStore::new(Device::Cpu);
        let mut model = self.build(&store);
        let recipe = (entry.recipe)(Profile::Mosi);
        let mut optimizers = Optimizers::new(&store, &recipe, model.as_ref()).unwrap();
        let rows: Vec<i64> = (0..2 * BATCH as i64).collect();
        for (position, rows) in rows.chunks(BATCH).enumerate() {
            for stage in (0..optimizers.stages.len()).map(Some).chain([None]) {
                let name = stage.map(|index| optimizers.stages[index].0.name);
                optimizers.of(stage).zero_grad().unwrap();
                for part in rows.chunks(self.micro_batch) {
                    let index = Tensor::from_slice(part);
                    let batch = Batch {
                        masked: noisy.inputs(train, &index),
                        complete: (entry.needs_complete).then(|| complete.inputs(train, &index)),
                        label: train.labels.index_select(0, &index),
                        missing_rate: noisy.rates(&index),
                        index: part.to_vec(),
                        epoch: 1,
                        position,
                    };
                    let guard = self.precision.enter(Device::Cpu).unwrap();
                    let losses = entry::train(model.as_mut(), name, &batch, &mut Trace::off());
                    drop(guard);
                    backward(model.as_ref(), &losses.unwrap().total).unwrap();
                }
                optimizers.of(stage).step(1.0).unwrap();
            }
        }
        watch.held().iter().copied().max().unwrap() as u64
    }

    /// Planned by held bytes, with both.
    fn ratio(&self) -> (f64, String) {
        let plan = self.plan_without_trace();
        assert_eq!(plan.micro_batch, self.micro_batch, "{plan}");
        let (planned, held) = (plan.total() - plan.program, self.held());
        let ratio = planned as f64 / held as f64;
        let name = self.choice.name();
        (
            ratio,
            format!("{name}: {planned} / {held} = {ratio:.3}: {plan}"),
        )
    }
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn the_plan_of_every_model_is_what_a_step_holds() {
    let _rng = rng::seeded(17);
    let film = Film::new();
    let mut cases = film.cases();
    let lnln = Choice::parse("lnln").unwrap();
    let bert = EncoderSetup::Bert {
        config: BertConfig {
            hidden_size: 256,
            num_hidden_layers: 4,
            num_attention_heads: 4,
            intermediate_size: 1024,
            ..BertConfig::tiny(film.vocabulary)
        },
        weights: None,
    };
    let large = Case::new(&film, lnln, bert);
    cases.extend([
        Case {
            engine: Engine::RECOMPUTE,
            ..large.clone()
        },
        Case {
            engine: Engine::REFERENCE,
            ..large.clone()
        },
        Case {
            precision: Precision::Bf16,
            ..large.clone()
        },
        Case {
            micro_batch: 6,
            ..large.clone()
        },
        large,
    ]);
    let ratios: Vec<(f64, String)> = cases.iter().map(Case::ratio).collect();
    let wrong: Vec<&String> = (ratios.iter())
        .filter(|(ratio, _)| !(0.98..=1.25).contains(ratio))
        .map(|(_, figures)| figures)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Variables with their bits: NaN equals itself.
fn bits(store: &VarStore) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = (store.variables().into_iter())
        .map(|(name, variable)| {
            let values = Vec::<f32>::try_from(&variable.flatten(0, -1)).unwrap();
            (
                name,
                values.into_iter().flat_map(f32::to_ne_bytes).collect(),
            )
        })
        .collect();
    all.sort();
    all
}

/// Of a model with stages, and of one with both encoders and engines; the test above sees all.
#[test]
fn planning_leaves_no_trace() {
    let _rng = rng::seeded(17);
    let film = Film::new();
    let mut cases = film.cases();
    cases.retain(|case| ["lnln", "mmim"].contains(&case.choice.name().as_str()));
    let tiny = cases
        .iter()
        .find(|case| case.encoder.width() == 32)
        .unwrap();
    cases.push(Case {
        engine: Engine::RECOMPUTE,
        ..tiny.clone()
    });
    assert!(cases.len() > 3);
    for case in &cases {
        case.plan_without_trace();
    }
}
