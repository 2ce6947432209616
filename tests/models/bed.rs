//! What tests of models share: small inputs, and every model built for them.

use serde_json::Value;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use lnln_bench::model::*;
use lnln_bench::train::Optimizers;

pub const SHAPES: Shapes = Shapes {
    text_steps: 6,
    audio_steps: 7,
    vision_steps: 9,
    audio_width: 3,
    vision_width: 4,
};

/// Sixteen labels: what a data set is taken to hold.
const LABELS: [f32; 16] = [
    -1.0, -1.0, -1.0, 0.5, 0.5, 0.5, 2.0, 2.0, -1.0, -1.0, -1.0, 0.5, 0.5, 0.5, 2.0, 2.0,
];

/// A built model with its store.
pub struct Built {
    pub entry: &'static Entry,
    pub store: VarStore,
    pub model: Box<dyn Model>,
}

impl Built {
    pub fn new(entry: &'static Entry, encoder: &EncoderSetup) -> Self {
        Self::of(&base(entry), encoder)
    }

    pub fn of(choice: &Choice, encoder: &EncoderSetup) -> Self {
        Self::with(choice, encoder, choice.config(Profile::Mosi))
    }

    /// Of a name like `misa:compat`, with ready-made states.
    pub fn named(name: &str) -> Self {
        Self::of(&Choice::parse(name).unwrap(), &encoders()[0])
    }

    /// Without dropout and noise, whose draws depend on the passes.
    pub fn still(choice: &Choice, encoder: &EncoderSetup) -> Self {
        let mut config = choice.config(Profile::Mosi);
        for (name, value) in config.as_object_mut().unwrap() {
            match value {
                _ if !name.contains("dropout") && name != "noise" => {}
                Value::Array(parts) => parts.fill(0.0.into()),
                one => *one = 0.0.into(),
            }
        }
        Self::with(choice, encoder, config)
    }

    pub fn with(choice: &Choice, encoder: &EncoderSetup, config: Value) -> Self {
        Self::for_shapes(choice, encoder, config, (Profile::Mosi, SHAPES)).unwrap()
    }

    pub fn for_shapes(
        choice: &Choice,
        encoder: &EncoderSetup,
        config: Value,
        (profile, shapes): (Profile, Shapes),
    ) -> error::Result<Self> {
        let store = VarStore::new(Device::Cpu);
        let setup = Setup {
            path: store.root(),
            profile,
            shapes,
            encoder: encoder.clone(),
            labels: LabelStats::of(&LABELS),
            label_range: match profile {
                Profile::Mosi | Profile::Mosei => [-3.0, 3.0],
                Profile::Sims | Profile::SimsV2 => [-1.0, 1.0],
            },
            config,
        };
        Ok(Self {
            entry: choice.entry,
            model: (choice.entry.build)(&setup)?,
            store,
        })
    }

    /// Gradients of the loss, finite wherever one should be.
    pub fn check_gradients(&mut self, batch: &Batch, name: &str) {
        self.gradients(batch, name, false);
    }

    /// As [`check_gradients`](Self::check_gradients); and none is zero but those that must be.
    pub fn check_learning(&mut self, batch: &Batch, name: &str) {
        self.gradients(batch, name, true);
    }

    fn gradients(&mut self, batch: &Batch, name: &str, learning: bool) {
        let losses = self.model.train(batch, &mut Trace::off()).unwrap();
        let samples = batch.masked.len();
        assert_eq!(losses.prediction.size(), [samples, 1], "{name}");
        assert!(is_finite(&losses.total), "{name}");
        if !self.entry.trained {
            return;
        }
        backward(self.model.as_ref(), &losses.total).unwrap();
        for (parameter, mut tensor) in self.sorted() {
            let gradient = tensor.grad();
            let untouched = !tensor.requires_grad() || no_gradient(name, &parameter, batch.epoch);
            assert_eq!(gradient.defined(), !untouched, "{name}: {parameter}");
            assert!(untouched || is_finite(&gradient), "{name}: {parameter}");
            let zero = || gradient.norm().double_value(&[]) == 0.0;
            if learning && !untouched && !zero_gradient(&parameter) {
                assert!(!zero(), "{name}: {parameter} has a gradient of zero");
            }
            tensor.zero_grad();
        }
    }

    pub fn predict(&self, inputs: &Inputs) -> Tensor {
        tch::no_grad(|| self.model.predict(inputs, &mut Trace::off())).unwrap()
    }

    /// Two optimizer steps at a visible rate.
    pub fn fit(&mut self, batch: &Batch) {
        let mut recipe = (self.entry.recipe)(Profile::Mosi);
        recipe.learning_rate = 1e-3;
        let mut optimizers = Optimizers::new(&self.store, &recipe, self.model.as_ref()).unwrap();
        for _ in 0..2 {
            self.step(&mut optimizers, batch);
        }
    }

    /// One step of every stage, the main one last.
    pub fn step(&mut self, optimizers: &mut Optimizers, batch: &Batch) {
        if !self.entry.trained {
            return;
        }
        for stage in (0..optimizers.stages.len()).map(Some).chain([None]) {
            let name = stage.map(|index| optimizers.stages[index].0.name);
            let losses = entry::train(self.model.as_mut(), name, batch, &mut Trace::off());
            optimizers.of(stage).zero_grad().unwrap();
            backward(self.model.as_ref(), &losses.unwrap().total).unwrap();
            optimizers.of(stage).step(1.0).unwrap();
        }
        tch::no_grad(|| self.model.after_step());
    }

    pub fn sorted(&self) -> Vec<(String, Tensor)> {
        let mut variables: Vec<_> = self.store.variables().into_iter().collect();
        variables.sort_by(|a, b| a.0.cmp(&b.0));
        variables
    }
}

/// Trainable parameters that no loss of this variant reaches in this epoch.
fn no_gradient(variant: &str, parameter: &str, epoch: u32) -> bool {
    let is = |name: &str| variant.split([':', '+', ' ']).any(|part| part == name);
    // Read by the task BERT was pretrained on, and by MAG-BERT.
    let pooler = parameter.contains(".pooler.") && !is("bert_mag");
    // What a loss of weight 0 alone would reach.
    let switched_off = (is("no-l-adv") && parameter.starts_with("effective_discriminator"))
        || (is("no-l-rec") && parameter.starts_with("reconstructor"));
    // Moved by another stage, and without gradient in the main one; the projection is in no loss that a
    // stage differentiates before the memory is full.
    let other_stage = (is("mmim") && !is("compat") && parameter.starts_with("mi_"))
        || (is("mmim") && parameter.contains(".entropy_prj."));
    // Reconstruction begins in the second epoch.
    let later = is("tfr_net")
        && epoch == 1
        && (parameter.starts_with("generator_")
            || (parameter.starts_with("align_subnet") && parameter.contains("_final.")));
    // As published nothing trains it.
    let untrained = is("niat") && is("compat") && parameter.starts_with("discriminator.");
    pooler || switched_off || other_stage || later || untrained
}

/// Parameters whose true gradient is 0, so that it may come out as one: what is added to every key of an
/// attention alike, to every edge of a graph or to every score cancels in its softmax; what is added to
/// every sample cancels in batch statistics.
fn zero_gradient(parameter: &str) -> bool {
    let keys = [
        ".key.bias",
        ".norm_k.bias",
        ".Wk.bias",
        ".proj_modality2_k.bias",
    ];
    let edges = [".W_logit.bias", ".W_repr.bias", ".W_edge.bias"];
    let scores = ["attn_pools.0.attention.2.bias"];
    let normed = ["_projector.net.0.bias", "reconstruction.Model.model.3.bias"];
    let mut ends = keys.iter().chain(&edges).chain(&scores).chain(&normed);
    ends.any(|end| parameter.ends_with(end))
}

pub fn encoders() -> [EncoderSetup; 2] {
    [EncoderSetup::States { width: 5 }, EncoderSetup::tiny(120)]
}

/// Whether a model reads these shapes and this encoder, by its own account.
pub fn takes(choice: &Choice, encoder: &EncoderSetup, shapes: Shapes) -> bool {
    let outline = Outline {
        shapes,
        has_encoder: matches!(encoder, EncoderSetup::Bert { .. }),
    };
    choice
        .check(&choice.config(Profile::Mosi), &outline)
        .is_ok()
}

/// The model in the form that reads these shapes: as published, or a variant where the published form
/// needs audio and vision that are aligned with words.
pub fn form(entry: &Entry, shapes: Shapes) -> Choice {
    let variants = entry.variants.iter();
    let variants = variants.map(|variant| format!("{}:{}", entry.name, variant.name));
    let mut names = std::iter::once(entry.name.to_owned()).chain(variants);
    let encoder = EncoderSetup::tiny(120);
    let found = names.find(|name| takes(&Choice::parse(name).unwrap(), &encoder, shapes));
    Choice::parse(&found.unwrap()).unwrap()
}

/// The model in the form that reads this bed's shapes, which are not aligned.
pub fn base(entry: &Entry) -> Choice {
    form(entry, SHAPES)
}

/// Those of [`encoders`] that a model reads: all, or an encoder inside alone.
pub fn encoders_of(entry: &Entry) -> Vec<EncoderSetup> {
    let choice = base(entry);
    let mut read = Vec::from(encoders());
    read.retain(|encoder| takes(&choice, encoder, SHAPES));
    read
}

/// Runs `check` on every model with ready-made states, if it reads them, and with an encoder inside.
pub fn for_every_model(check: impl Fn(&'static Entry, &EncoderSetup)) {
    for entry in MODELS {
        for encoder in encoders_of(entry) {
            let _rng = rng::seeded(17);
            check(entry, &encoder);
        }
    }
}

/// As [`for_every_model`], with every named variant too.
pub fn for_every_variant(check: impl Fn(&Choice, &EncoderSetup)) {
    for_every_model(|entry, encoder| {
        let base = base(entry);
        check(&base, encoder);
        for variant in entry.variants {
            let text = format!("{}:{}", entry.name, variant.name);
            if text != base.name() {
                check(&Choice::parse(&text).unwrap(), encoder);
            }
        }
    });
}

/// Every model, and every variant that is another network or trains it otherwise.
pub fn networks() -> Vec<Choice> {
    let mut all = Vec::new();
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        all.push(base(entry));
        for variant in entry.variants {
            if ["compat", "concat-fusion"].contains(&variant.name) {
                all.push(Choice::parse(&format!("{}:{}", entry.name, variant.name)).unwrap());
            }
        }
    }
    all
}

/// Runs `check` on all [`networks`] with ready-made states, if they read them, and with an encoder inside.
pub fn for_every_network(check: impl Fn(&Choice, &EncoderSetup)) {
    for choice in networks() {
        for encoder in encoders_of(choice.entry) {
            let _rng = rng::seeded(17);
            check(&choice, &encoder);
        }
    }
}

/// `samples` random samples of unequal lengths; every second one loses half of each modality.
pub fn batch(encoder: &EncoderSetup, samples: i64) -> Batch {
    batch_of(encoder, samples, SHAPES)
}

/// The same in these shapes.
pub fn batch_of(encoder: &EncoderSetup, samples: i64, shapes: Shapes) -> Batch {
    let float = (Kind::Float, Device::Cpu);
    let rate = Tensor::from_slice(
        &(0..samples)
            .map(|i| (i % 2) as f32 / 2.0)
            .collect::<Vec<_>>(),
    );
    let keep =
        |steps: i64| Tensor::rand([samples, steps, 1], float).ge_tensor(&rate.view([-1, 1, 1]));
    let steps = [shapes.text_steps, shapes.audio_steps, shapes.vision_steps];
    let audio =
        Tensor::randn([samples, steps[1], shapes.audio_width], float) * valid(samples, steps[1]);
    let vision =
        Tensor::randn([samples, steps[2], shapes.vision_width], float) * valid(samples, steps[2]);
    let text = text(encoder, samples, steps[0]);
    let gone = text.map(|text| match encoder {
        EncoderSetup::States { .. } => text * keep(steps[0]),
        EncoderSetup::Bert { .. } => {
            let (ids, mask) = (text.narrow(1, 0, 1), text.narrow(1, 1, 1));
            let kept = keep(steps[0]).transpose(1, 2).logical_or(&mask.eq(0));
            let ids = ids.where_self(&kept, &ids.full_like(100));
            Tensor::cat(&[ids, text.narrow(1, 1, 2)], 1)
        }
    });
    let missing_rate = [0, 1, 2].map(|_| rate.view([-1, 1]));
    Batch {
        masked: Inputs {
            text_present: 1.0 - rate.view([-1, 1]),
            ..inputs(gone, &audio * keep(steps[1]), &vision * keep(steps[2]))
        },
        complete: Some(inputs(text, audio, vision)),
        label: Tensor::randn([samples, 1], float),
        missing_rate,
        index: (0..samples).collect(),
        epoch: 1,
        position: 0,
    }
}

/// (B) valid steps out of so many: some samples have all, others up to three fewer.
pub fn lengths(samples: i64, steps: i64) -> Tensor {
    Tensor::from_slice(
        &(0..samples)
            .map(|i| steps - (2 * i + steps) % 4)
            .collect::<Vec<_>>(),
    )
}

/// (B, steps, 1), 1 on valid steps and 0 on padding.
fn valid(samples: i64, steps: i64) -> Tensor {
    let positions = Tensor::arange(steps, (Kind::Int64, Device::Cpu)).unsqueeze(0);
    let valid = positions.lt_tensor(&lengths(samples, steps).unsqueeze(1));
    valid.unsqueeze(2).to_kind(Kind::Float)
}

pub fn text(encoder: &EncoderSetup, samples: i64, steps: i64) -> Text {
    let valid = valid(samples, steps);
    match encoder {
        EncoderSetup::States { width } => {
            let states = Tensor::randn([samples, steps, *width], (Kind::Float, Device::Cpu));
            Text::States(states * valid)
        }
        EncoderSetup::Bert { .. } => {
            let options = (Kind::Int64, Device::Cpu);
            let mask = valid.squeeze_dim(2).to_kind(Kind::Int64);
            let ids = Tensor::randint_low(1, 100, [samples, steps], options) * &mask;
            Text::Tokens(Tensor::stack(&[&ids, &mask, &ids.zeros_like()], 1))
        }
    }
}

pub fn inputs(text: Text, audio: Tensor, vision: Tensor) -> Inputs {
    let samples = audio.size()[0];
    let text_steps = match &text {
        Text::Tokens(tokens) => tokens.size()[2],
        Text::States(states) => states.size()[1],
    };
    Inputs {
        text_present: Tensor::ones([samples, 1], (Kind::Float, Device::Cpu)),
        text_lengths: lengths(samples, text_steps),
        audio_lengths: lengths(samples, audio.size()[1]),
        vision_lengths: lengths(samples, vision.size()[1]),
        text,
        audio,
        vision,
    }
}

/// The same samples with everything missing.
pub fn nothing_of(batch: Batch, encoder: &EncoderSetup) -> Batch {
    let (text, audio, vision) = (batch.masked.text, batch.masked.audio, batch.masked.vision);
    let gone = text.map(|text| match encoder {
        EncoderSetup::States { .. } => text.zeros_like(),
        EncoderSetup::Bert { .. } => {
            // Padding stays what it is.
            let ids = text.narrow(1, 1, 1) * 100;
            Tensor::cat(&[ids, text.narrow(1, 1, 2)], 1)
        }
    });
    let masked = inputs(gone, audio.zeros_like(), vision.zeros_like());
    Batch {
        masked: Inputs {
            text_present: masked.text_present.zeros_like(),
            ..masked
        },
        missing_rate: batch.missing_rate.map(|rate| rate.ones_like()),
        ..batch
    }
}

pub fn is_finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}
