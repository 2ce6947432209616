use tch::{Kind, Tensor};

use super::*;
use crate::model::{
    Batch, BertConfig, EncoderSetup, Inputs, LabelStats, Profile, Setup, Shapes, Text, lf_dnn, lnln,
};
use crate::train::Precision;

/// MOSI's unaligned file.
const SHAPES: Shapes = Shapes {
    text_steps: 50,
    audio_steps: 375,
    vision_steps: 500,
    audio_width: 5,
    vision_width: 20,
};

/// Samples of full length that are masked altogether.
fn batch(samples: usize, with_states: bool) -> Batch {
    let samples = samples as i64;
    let (float, int) = ((Kind::Float, Device::Cpu), (Kind::Int64, Device::Cpu));
    let inputs = |fill: i64| {
        let values = |steps: i64, width: i64| Tensor::full([samples, steps, width], fill, float);
        let lengths = |steps: i64| Tensor::full([samples], steps, int);
        let ids = Tensor::full([samples, SHAPES.text_steps], 7 + fill, int);
        Inputs {
            text: if with_states {
                Text::States(values(SHAPES.text_steps, 768))
            } else {
                Text::Tokens(Tensor::stack(
                    &[&ids, &ids.ones_like(), &ids.zeros_like()],
                    1,
                ))
            },
            audio: values(SHAPES.audio_steps, SHAPES.audio_width),
            vision: values(SHAPES.vision_steps, SHAPES.vision_width),
            text_present: Tensor::zeros([samples, 1], float),
            text_lengths: lengths(SHAPES.text_steps),
            audio_lengths: lengths(SHAPES.audio_steps),
            vision_lengths: lengths(SHAPES.vision_steps),
        }
    };
    let column = || Tensor::ones([samples, 1], float);
    Batch {
        masked: inputs(0),
        complete: Some(inputs(1)),
        label: column(),
        missing_rate: [column(), column(), column()],
        index: (0..samples).collect(),
        epoch: 1,
        position: 0,
    }
}

fn build(entry: &Entry, store: &nn::VarStore, encoder: EncoderSetup) -> Box<dyn Model> {
    let setup = Setup {
        path: store.root(),
        profile: Profile::Mosi,
        shapes: SHAPES,
        encoder,
        labels: LabelStats::of(&[0.0]),
        label_range: [-3.0, 3.0],
        config: (entry.config)(Profile::Mosi),
    };
    (entry.build)(&setup).unwrap()
}

fn demand(micro_batch: MicroBatch, batch_size: usize, budget: u64) -> Demand {
    Demand {
        data: 100 << 20,
        batch_size,
        accumulates: false,
        stages: 0,
        micro_batch,
        budget,
        engine: Engine::default(),
    }
}

/// The published setting: fine-tuned BERT-base, 64 samples a step.
#[test]
fn the_published_setting_plans_under_six_gibibytes() {
    let _rng = crate::model::rng::seeded(3);
    let config: BertConfig = serde_json::from_str(
        r#"{"vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
            "num_attention_heads": 12, "intermediate_size": 3072}"#,
    )
    .unwrap();
    let store = nn::VarStore::new(Device::Cpu);
    let encoder = EncoderSetup::Bert {
        config,
        weights: None,
    };
    let mut model = build(&lnln::ENTRY, &store, encoder);
    let probe = Probe {
        store: &store,
        precision: Precision::Fp32,
        batch: &|samples| batch(samples, false),
    };
    let demand = demand(MicroBatch::Auto, 64, 6 << 30);
    let six = MemoryPlan::new(&lnln::ENTRY, model.as_mut(), &probe, demand).unwrap();
    assert!(six.total() < 6 << 30, "{six}");
    assert!(six.micro_batch >= 16, "{six}");
    let twelve = MemoryPlan {
        budget: 12 << 30,
        ..six
    };
    assert_eq!(twelve.largest_micro_batch(true), Some(64), "{twelve}");
}

#[test]
fn a_batch_that_cannot_be_divided_is_refused_with_the_batch_that_fits() {
    let _rng = crate::model::rng::seeded(3);
    let store = nn::VarStore::new(Device::Cpu);
    let entry = &lf_dnn::ENTRY;
    let mut model = build(entry, &store, EncoderSetup::States { width: 768 });
    let probe = Probe {
        store: &store,
        precision: Precision::Fp32,
        batch: &|samples| batch(samples, true),
    };
    let mut plan = |micro_batch, batch_size, budget: u64| {
        let demand = demand(micro_batch, batch_size, budget);
        MemoryPlan::new(entry, model.as_mut(), &probe, demand)
    };
    let whole = plan(MicroBatch::Auto, 64, 12 << 30).unwrap();
    assert_eq!(whole.micro_batch, 64);
    assert!(whole.with(32) < whole.with(64), "{whole}");
    let divided = plan(MicroBatch::Samples(8), 64, 12 << 30).unwrap_err();
    assert!(matches!(divided, Error::NotDivisible { model: "lf_dnn" }));
    let budget = whole.total() - 1;
    let refused = plan(MicroBatch::Auto, 64, budget).unwrap_err().to_string();
    assert!(refused.contains("--batch-size 63 fits"), "{refused}");
    assert_eq!(plan(MicroBatch::Auto, 63, budget).unwrap().micro_batch, 63);
    // The program alone is more.
    let refused = plan(MicroBatch::Samples(64), 64, PROGRAM).unwrap_err();
    assert!(refused.to_string().contains("--memory-budget"), "{refused}");
}

#[test]
fn parts_are_even() {
    assert_eq!(even(64, 64), 64);
    assert_eq!(even(64, 40), 32);
    assert_eq!(even(64, 23), 22);
    assert_eq!(even(5, 100), 5);
    assert_eq!(even(64, 1), 1);
}
