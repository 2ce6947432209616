//! TETFN, text-enhanced transformer fusion network (Wang et al., Pattern Recognition 136, 2023; MMSA's
//! form).
//!
//! Each modality, read by a text encoder or an LSTM and brought to a common width by a convolution over
//! time, attends to the other two through transformers. Where audio meets vision, one of them first
//! queries the text and the other queries what it has found (the text-enhanced block). The last steps of
//! all three are fused. As in Self-MM, a head per modality learns labels that are made during training by
//! the `LabelBank`; it reads the largest value of each feature over time. Formulas and defaults: MMSA
//! v2.2.1,
//! [models/multiTask/TETFN.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/multiTask/TETFN.py),
//! [trains/multiTask/TETFN.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/multiTask/TETFN.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! The paper claims that text, which says most about sentiment, should guide how audio and vision are
//! read, and that labels per modality keep what differs between modalities. It reads vision through a
//! vision transformer; MMSA's form reads the data file's features.
//!
//! Reference bugs: the convolution over vision is as wide as audio's (`conv1d_kernel_size_a`), its own
//! width is not read; and, as in Self-MM, a class center without any sample becomes NaN, and every label
//! after it. Here vision has its own width, and the center keeps its value; `tetfn:compat` is as
//! published. They differ in the shape of one weight where the two widths differ (MOSI, SIMS, SIMSv2), so
//! that published checkpoints of these data sets are read by `tetfn:compat` alone.
//!
//! The authors' design, kept as it is: files that are not aligned are brought to the text's steps by
//! average pooling; LSTMs and transformers read padding like all other steps, and the last step is
//! padding for all but the longest samples; only the text-enhanced blocks add positions, and a step
//! whose first feature is exactly 0 gets none.
//!
//! MMSA's steps over four batches and its early stop apply only where a run requests them. MMSA drops the
//! batches that fill no group at the end of an epoch; here they always make a step of their own.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`), in two parameter groups of its own.

use tch::Tensor;

use self::network::{Attending, Projection, Readers};
use super::batch::{Batch, Inputs, check_features};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::label_bank::BankRules;
use super::layers::align;
use super::losses::Losses;
use super::made_labels::{HeadSizes, LabeledHeads, Outputs, RelativeRates};
use super::recipe::{ParamGroup, Recipe};
use super::reference;
use super::search_space;
use super::setup::{Setup, Shapes};
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod network;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "TETFN",
    citation: "Di Wang, Xutong Guo, Yumin Tian, Jinhui Liu, LiHuo He, Xuemei Luo: TETFN: A Text \
               Enhanced Transformer Fusion Network for Multimodal Sentiment Analysis. Pattern \
               Recognition 136, 2023",
    summary: "transformers between modalities that text guides, with labels made per modality",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[
        search_space::dropout("embed_dropout"),
        search_space::dropout("relu_dropout"),
        search_space::dropout("res_dropout"),
        search_space::dropout("post_fusion_dropout"),
    ],
    variants: &[COMPAT],
    build,
    check: Some(|config, outline| {
        read_config::<Config>(NAME, config)?.check(outline.shapes.text_steps, NAME)
    }),
    case: Some(reference::mmsa),
};

const NAME: &str = "tetfn";

/// The network.
#[derive(Debug)]
pub struct Tetfn {
    encoder: TextEncoder,
    text: Projection,
    readers: Readers,
    attending: Attending,
    heads: LabeledHeads,
    shapes: Shapes,
    rates: RelativeRates,
}

impl Tetfn {
    /// Builds the network, with a row in the label bank for every training sample.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`]; [`ModelError::Config`](super::ModelError::Config) for texts of fewer
    /// steps than a convolution is wide.
    pub fn new(setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let path = &setup.path;
        let width = config.dst_feature_dims;
        let [text, ..] = setup.widths();
        config.check(setup.shapes.text_steps, NAME)?;
        let sizes = HeadSizes {
            inputs: [6 * width, width, width, width],
            hidden: [
                config.post_fusion_dim,
                config.post_text_dim,
                config.post_audio_dim,
                config.post_video_dim,
            ],
            dropouts: [
                config.post_fusion_dropout,
                config.post_text_dropout,
                config.post_audio_dropout,
                config.post_video_dropout,
            ],
        };
        let rules = BankRules {
            limit: config.label_limit,
            lose_centers: config.compat,
        };
        let kernel = config.conv1d_kernel_size_l;
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            text: Projection::new(&(path / "proj_l"), text, width, kernel),
            readers: Readers::new(setup, config),
            attending: Attending::new(path, config),
            heads: LabeledHeads::new(path, setup.labels.count, sizes, rules),
            shapes: setup.shapes,
            rates: RelativeRates {
                learning_rates: config.relative_rates,
                weight_decays: config.relative_decays,
            },
        })
    }

    fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Outputs> {
        let [audio, vision] = [self.shapes.audio_width, self.shapes.vision_width];
        check_features(&inputs.audio, i64::MAX, audio, NAME, "audio features")?;
        check_features(&inputs.vision, i64::MAX, vision, NAME, "vision features")?;
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let steps = states.size()[1];
        let (audio, vision) = (align(&inputs.audio, steps), align(&inputs.vision, steps));
        trace.record("bert", &states);
        trace.record("audio_aligned", &audio);
        trace.record("vision_aligned", &vision);
        let text = self.text.forward(&states);
        let [audio, vision] = self.readers.forward([&audio, &vision]);
        // As the reference stores them, (B, width, T).
        trace.record("audio_rep", &audio.transpose(1, 2));
        trace.record("vision_rep", &vision.transpose(1, 2));
        let fused = self.attending.forward([&text, &audio, &vision], train);
        let [text, audio, vision] = [text, audio, vision].map(|x| x.amax([1i64].as_slice(), false));
        let read = [&fused, &text, &audio, &vision];
        Ok(self.heads.forward(read, train, trace))
    }
}

impl Model for Tetfn {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        self.heads.check(batch, NAME)?;
        let outputs = self.forward(&batch.masked, true, trace)?;
        Ok(self.heads.losses(batch, outputs))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let [fusion, ..] = self.forward(inputs, false, trace)?;
        Ok(fusion.prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }

    fn groups(&self, recipe: &Recipe) -> Vec<ParamGroup> {
        self.rates.groups(recipe, self.encoder.is_trained())
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Tetfn::new(
        setup,
        &read_config(NAME, &setup.config)?,
    )?))
}
