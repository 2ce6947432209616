//! MISA, modality-invariant and -specific representations (Hazarika et al., ACM MM 2020; MMSA's form).
//!
//! Each modality becomes one vector, which is split into a private part and a part in a shared space; a
//! transformer layer over the six parts makes the prediction. Three auxiliary losses keep private and
//! shared parts apart (difference), the shared parts together (central moments), and both together
//! faithful to the modality (reconstruction). Formulas and defaults: MMSA v2.2.1,
//! [MISA.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/models/singleTask/MISA.py),
//! [functions.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/utils/functions.py) and
//! [config_regression.json](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/config/config_regression.json).
//!
//! Reference bug: audio and vision are read for as many frames as the *text* has tokens, whatever their
//! own lengths. Here each is read for its own length; `misa:compat` keeps the text's. A classifier of the
//! six parts is computed and enters no loss; it and an unused layer norm exist as parameters, so that the
//! reference's checkpoints fit. The transformer's dropout is 0.1, whatever the configuration gives, as in
//! the reference. Where two shared parts have equal moments, as those of a batch of one sample have, the
//! gradient of their distance is 0 here and infinite in the reference.
//!
//! MMSA's steps over two batches and its early stop, which monitors the mean squared error, apply only
//! where a run requests them. MMSA drops the batches that fill no group at the end of an epoch; here
//! they always make a step of their own, since such a loss depends on the number of samples and on no
//! choice of the authors. MMSA's configuration names a weight decay that its trainer never uses: there is
//! none here.
//!
//! Text as published is a fine-tuned BERT (`--encoder bert:DIR`).

use tch::nn::{self, Module};
use tch::{Reduction, Tensor};

use self::reader::FrameReader;
use self::space::{Parts, Space, difference, reconstruction, similarity};
use super::batch::{Batch, Inputs};
use super::encoder::TextEncoder;
use super::engine::Engine;
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::layers::{EncoderLayer, EncoderLayerSize, init, mean_of_valid};
use super::losses::{Losses, Term};
use super::reference;
use super::search_space;
use super::setup::Setup;
use super::trace::Trace;
use super::variant::COMPAT;

mod config;
mod reader;
mod space;

pub use config::Config;

/// Registry entry.
pub static ENTRY: Entry = Entry {
    name: NAME,
    title: "MISA",
    citation: "Devamanyu Hazarika, Roger Zimmermann, Soujanya Poria: MISA: Modality-Invariant and \
               -Specific Representations for Multimodal Sentiment Analysis. ACM Multimedia 2020",
    summary: "private and shared parts of each modality, kept apart by three losses",
    trained: true,
    needs_complete: false,
    recipe: config::recipe,
    config: |profile| super::entry::to_json(&Config::of(profile)),
    space: &[search_space::dropout("dropout")],
    variants: &[COMPAT],
    check: None,
    build,
    case: Some(reference::mmsa),
};

const NAME: &str = "misa";

/// The network.
#[derive(Debug)]
pub struct Misa {
    encoder: TextEncoder,
    vision: FrameReader,
    audio: FrameReader,
    /// Text, vision, audio.
    spaces: [Space; 3],
    shared: nn::Linear,
    discriminator: nn::Linear,
    transformer: EncoderLayer,
    fusion: [nn::Linear; 2],
    config: Config,
}

impl Misa {
    /// Builds the network.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(setup: &Setup<'_>, config: Config) -> Result<Self> {
        let (path, width) = (&setup.path, config.hidden_size);
        let [text_width, audio_width, vision_width] = setup.widths();
        // In the reference's checkpoints, read by nothing.
        let unused = init::layer_norm(path / "tlayer_norm", 2 * text_width);
        freeze([unused.ws, unused.bs]);
        let (shared, judge) = (path / "shared", path / "sp_discriminator");
        let (layers, fusion) = (path / "transformer_encoder" / "layers", path / "fusion");
        let size = EncoderLayerSize {
            width,
            heads: 2,
            hidden: 2048,
            dropout: config.transformer_dropout,
        };
        let discriminator = init::linear(&judge / "sp_discriminator_layer_1", width, 4);
        freeze([
            Some(discriminator.ws.shallow_clone()),
            discriminator.bs.as_ref().map(Tensor::shallow_clone),
        ]);
        Ok(Self {
            encoder: TextEncoder::new(&(path / "bertmodel" / "model"), &setup.encoder)?,
            vision: FrameReader::new(path, 'v', "vision features", vision_width),
            audio: FrameReader::new(path, 'a', "audio features", audio_width),
            spaces: [
                Space::new(path, 't', 1, text_width, width),
                Space::new(path, 'v', 1, 4 * vision_width, width),
                Space::new(path, 'a', 3, 4 * audio_width, width),
            ],
            shared: init::linear(&shared / "shared_1", width, width),
            discriminator,
            transformer: EncoderLayer::new(&(&layers / 0), size),
            fusion: [
                init::linear(&fusion / "fusion_layer_1", 6 * width, 3 * width),
                init::linear(&fusion / "fusion_layer_3", 3 * width, 1),
            ],
            config,
        })
    }

    /// One vector per modality: text, vision, audio.
    fn read(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<[Tensor; 3]> {
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        trace.record("bert", &states);
        let lengths = |own| {
            if self.config.compat {
                &inputs.text_lengths
            } else {
                own
            }
        };
        let text = mean_of_valid(&states, &inputs.text_lengths);
        let vision = lengths(&inputs.vision_lengths);
        let vision = self.vision.forward(&inputs.vision, vision, train)?;
        let audio = lengths(&inputs.audio_lengths);
        let audio = self.audio.forward(&inputs.audio, audio, train)?;
        trace.record("utterance_text", &text);
        trace.record("utterance_video", &vision);
        trace.record("utterance_audio", &audio);
        Ok([text, vision, audio])
    }

    fn split(&self, utterances: &[Tensor; 3], trace: &mut Trace) -> [Parts; 3] {
        const NAMES: [[&str; 3]; 3] = [
            ["proj_t", "private_t", "shared_t"],
            ["proj_v", "private_v", "shared_v"],
            ["proj_a", "private_a", "shared_a"],
        ];
        std::array::from_fn(|i| {
            let space = &self.spaces[i];
            let projected = space.project(&utterances[i]);
            let parts = Parts {
                private: space.private.forward(&projected).sigmoid(),
                shared: self.shared.forward(&projected).sigmoid(),
                projected,
            };
            let tensors = [&parts.projected, &parts.private, &parts.shared];
            for (name, tensor) in NAMES[i].into_iter().zip(tensors) {
                trace.record(name, tensor);
            }
            parts
        })
    }

    /// (B, 1)
    fn fuse(&self, parts: &[Parts; 3], train: bool, trace: &mut Trace) -> Tensor {
        let [t, v, a] = parts;
        let six = [
            &t.private, &v.private, &a.private, &t.shared, &v.shared, &a.shared,
        ];
        let tokens = self.transformer.forward(&Tensor::stack(&six, 1), train);
        trace.record("fused", &tokens.transpose(0, 1));
        let [first, second] = &self.fusion;
        let hidden = first.forward(&tokens.flatten(1, 2));
        second.forward(&hidden.dropout(self.config.dropout, train).relu())
    }
}

/// No loss reaches these parameters.
fn freeze(parameters: [Option<Tensor>; 2]) {
    for parameter in parameters.into_iter().flatten() {
        let _ = parameter.set_requires_grad(false);
    }
}

impl Model for Misa {
    fn train(&mut self, batch: &Batch, trace: &mut Trace) -> Result<Losses> {
        batch.check(NAME)?;
        let utterances = self.read(&batch.masked, true, trace)?;
        let parts = self.split(&utterances, trace);
        let [t, v, a] = &parts;
        if trace.is_on() {
            let mean = (&t.shared + &v.shared + &a.shared) / 3.0;
            trace.record("sp", &self.discriminator.forward(&mean));
        }
        let prediction = self.fuse(&parts, true, trace);
        trace.record("pred", &prediction);
        let term = |name, weight, value| Term {
            name,
            weight,
            value,
        };
        let error = prediction.mse_loss(&batch.label, Reduction::Mean);
        let terms = vec![
            term("cls", 1.0, error),
            term("diff", self.config.diff_weight, difference(&parts)),
            term("cmd", self.config.sim_weight, similarity(&parts)),
            term(
                "recon",
                self.config.recon_weight,
                reconstruction(&self.spaces, &parts),
            ),
        ];
        Ok(Losses::weighted(terms, prediction))
    }

    fn predict(&self, inputs: &Inputs, trace: &mut Trace) -> Result<Tensor> {
        let utterances = self.read(inputs, false, trace)?;
        let parts = self.split(&utterances, trace);
        let prediction = self.fuse(&parts, false, trace);
        trace.record("pred", &prediction);
        Ok(prediction)
    }

    fn text_encoder(&self) -> Option<&TextEncoder> {
        Some(&self.encoder)
    }

    fn set_engine(&mut self, engine: Engine) {
        self.encoder.set_engine(engine);
    }
}

fn build(setup: &Setup<'_>) -> Result<Box<dyn Model>> {
    Ok(Box::new(Misa::new(
        setup,
        read_config(NAME, &setup.config)?,
    )?))
}
