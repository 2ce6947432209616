//! What tests of models share: small inputs, and every model built for them.

use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use lnln_bench::model::*;
use lnln_bench::train::Optimizer;

pub const SHAPES: Shapes = Shapes {
    text_steps: 6,
    audio_steps: 7,
    vision_steps: 9,
    audio_width: 3,
    vision_width: 4,
};

/// A built model with its store.
pub struct Built {
    pub entry: &'static Entry,
    pub store: VarStore,
    pub model: Box<dyn Model>,
}

impl Built {
    pub fn new(entry: &'static Entry, encoder: &EncoderSetup) -> Self {
        Self::of(&Choice::parse(entry.name).unwrap(), encoder)
    }

    pub fn of(choice: &Choice, encoder: &EncoderSetup) -> Self {
        Self::with(choice, encoder, choice.config(Profile::Mosi))
    }

    /// Without dropout, whose draws depend on the passes.
    pub fn still(entry: &'static Entry, encoder: &EncoderSetup) -> Self {
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

    pub fn with(choice: &Choice, encoder: &EncoderSetup, config: Value) -> Self {
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

    pub fn predict(&self, inputs: &Inputs) -> Tensor {
        tch::no_grad(|| self.model.predict(inputs, &mut Trace::off())).unwrap()
    }

    /// Two optimiser steps at a visible rate.
    pub fn fit(&mut self, batch: &Batch) {
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

    pub fn sorted(&self) -> Vec<(String, Tensor)> {
        let mut variables: Vec<_> = self.store.variables().into_iter().collect();
        variables.sort_by(|a, b| a.0.cmp(&b.0));
        variables
    }
}

pub fn encoders() -> [EncoderSetup; 2] {
    [EncoderSetup::States { width: 5 }, EncoderSetup::tiny(120)]
}

/// Runs `check` on every model with ready-made states and with an encoder inside.
pub fn for_every_model(check: impl Fn(&'static Entry, &EncoderSetup)) {
    for entry in MODELS {
        for encoder in encoders() {
            let _rng = rng::seeded(17);
            check(entry, &encoder);
        }
    }
}

/// As [`for_every_model`], with every named variant too.
pub fn for_every_variant(check: impl Fn(&Choice, &EncoderSetup)) {
    for_every_model(|entry, encoder| {
        check(&Choice::parse(entry.name).unwrap(), encoder);
        for variant in entry.variants {
            let text = format!("{}:{}", entry.name, variant.name);
            check(&Choice::parse(&text).unwrap(), encoder);
        }
    });
}

/// `clips` random clips; every second one loses half of each modality.
pub fn batch(encoder: &EncoderSetup, clips: i64) -> Batch {
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
        masked: Inputs {
            text_present: 1.0 - rate.view([-1, 1]),
            ..inputs(gone, &audio * keep(7), &vision * keep(9))
        },
        complete: Some(inputs(text, audio, vision)),
        label: Tensor::randn([clips, 1], float),
        missing_rate,
        index: (0..clips).collect(),
        epoch: 1,
    }
}

pub fn text(encoder: &EncoderSetup, clips: i64) -> Text {
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

pub fn inputs(text: Text, audio: Tensor, vision: Tensor) -> Inputs {
    let clips = audio.size()[0];
    let lengths = |steps: i64| Tensor::full([clips], steps, (Kind::Int64, Device::Cpu));
    Inputs {
        text,
        audio,
        vision,
        text_present: Tensor::ones([clips, 1], (Kind::Float, Device::Cpu)),
        text_lengths: lengths(6),
        audio_lengths: lengths(7),
        vision_lengths: lengths(9),
    }
}

pub fn is_finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}
