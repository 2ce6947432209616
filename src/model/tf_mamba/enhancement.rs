//! Brings audio and vision to the steps of the text and adds what the text has that they resemble.

use tch::Tensor;
use tch::nn::{self, Init, Module, Path};

use super::{Config, NAME};
use crate::model::batch::check_features;
use crate::model::error::{ModelError, Result};
use crate::model::layers::{Lstm, LstmSize, init};
use crate::model::setup::Setup;
use crate::model::trace::Trace;

/// The factor of the similarities at the start is its inverse, as in CLIP.
const TEMPERATURE: f64 = 0.07;

/// Shortest vector that is scaled to length 1.
const SHORTEST: f64 = 1e-9;

/// Frames to pseudo-frames, one per step of the text.
#[derive(Debug)]
struct Aligner {
    lstm: Lstm,
}

impl Aligner {
    /// Parameters: `pred_output_position_inclu_blank.*`; the LSTM has as many units as the text has steps,
    /// and one for a frame that belongs to none.
    fn new(path: &Path<'_>, inputs: i64, text_steps: i64) -> Self {
        let size = LstmSize {
            layers: 2,
            ..LstmSize::single(inputs, text_steps + 1)
        };
        Self {
            lstm: Lstm::new(path / "pred_output_position_inclu_blank", size),
        }
    }

    /// (B, Tm, inputs) to (B, T, inputs).
    fn forward(&self, x: &Tensor, train: bool) -> Tensor {
        let (scores, _) = self.lstm.forward(x, train);
        let shares = scores.softmax(-1, scores.kind());
        let shares = shares.narrow(2, 1, shares.size()[2] - 1);
        shares.transpose(1, 2).matmul(x)
    }
}

/// Audio or vision.
#[derive(Debug)]
struct Modality {
    aligner: Aligner,
    norm: nn::LayerNorm,
    project: nn::Linear,
    common: nn::LayerNorm,
    /// Logarithm of the factor of the similarities.
    scale: Tensor,
    what: &'static str,
    inputs: i64,
}

/// The text and the enhanced modalities, (B, T, width) each.
#[derive(Debug)]
pub struct Enhanced {
    pub text: Tensor,
    pub audio: Tensor,
    pub vision: Tensor,
}

/// The enhancement of both.
#[derive(Debug)]
pub struct Enhancement {
    audio: Modality,
    vision: Modality,
    text_norm: nn::LayerNorm,
    text_project: nn::Linear,
    text_steps: i64,
}

impl Enhancement {
    /// Parameters: `ctc_{a,v}t.*`, `logit_scale_{a,v}t`, `proj_{a,v,t}.*`.
    pub fn new(path: &Path<'_>, setup: &Setup<'_>, config: &Config) -> Self {
        let shapes = &setup.shapes;
        let eps = config.layer_norm_eps;
        let modality = |letter: char, inputs: i64, what| {
            let projection = path / format!("proj_{letter}");
            let aligner = path / format!("ctc_{letter}t");
            let scale = Init::Const((1.0 / TEMPERATURE).ln());
            Modality {
                aligner: Aligner::new(&aligner, inputs, shapes.text_steps),
                norm: init::layer_norm_eps(&projection / 0, inputs, eps),
                project: init::linear(&projection / 1, inputs, config.width),
                common: init::layer_norm_eps(&projection / 2, config.width, eps),
                scale: path.var(&format!("logit_scale_{letter}t"), &[], scale),
                what,
                inputs,
            }
        };
        let (text, text_width) = (path / "proj_t", setup.encoder.width());
        Self {
            audio: modality('a', shapes.audio_width, "audio features"),
            vision: modality('v', shapes.vision_width, "vision features"),
            text_norm: init::layer_norm_eps(&text / 0, text_width, eps),
            text_project: init::linear(&text / 1, text_width, config.width),
            text_steps: shapes.text_steps,
        }
    }

    /// Text states, audio and vision (B, T or Tm, inputs).
    ///
    /// # Errors
    /// [`ModelError::Input`] for another width, or another number of steps of the text.
    pub fn forward(
        &self,
        states: &Tensor,
        audio: &Tensor,
        vision: &Tensor,
        train: bool,
        trace: &mut Trace,
    ) -> Result<Enhanced> {
        if states.size()[1] != self.text_steps {
            return Err(ModelError::Input {
                model: NAME,
                what: "text",
                expected: format!("{} steps, as many as it aligns to", self.text_steps),
                got: format!("{}", states.size()[1]),
            });
        }
        let text = self.text_project.forward(&self.text_norm.forward(states));
        let direction = normalized(&text);
        let mut enhance = |modality: &Modality, x: &Tensor, pseudo: &'static str| {
            check_features(x, i64::MAX, modality.inputs, NAME, modality.what)?;
            let aligned = modality.aligner.forward(x, train);
            trace.record(pseudo, &aligned);
            Ok(modality.enhance(&aligned, &text, &direction))
        };
        let vision = enhance(&self.vision, vision, "pseudo_v")?;
        let audio = enhance(&self.audio, audio, "pseudo_a")?;
        for (name, one) in [("tme_t", &text), ("tme_v", &vision), ("tme_a", &audio)] {
            trace.record(name, one);
        }
        Ok(Enhanced {
            text,
            audio,
            vision,
        })
    }
}

impl Modality {
    /// Pseudo-frames (B, T, inputs), text (B, T, width) and its vectors of length 1, to (B, T, width).
    fn enhance(&self, aligned: &Tensor, text: &Tensor, direction: &Tensor) -> Tensor {
        let projected = self.project.forward(&self.norm.forward(aligned));
        let common = self.common.forward(&projected);
        let similar = normalized(&common).matmul(&direction.transpose(1, 2)) * self.scale.exp();
        let weights = similar.softmax(-1, similar.kind());
        // Less than an even share counts as nothing; the rest keeps its weight.
        let above = weights.gt(1.0 / text.size()[1] as f64);
        common + (&weights * above.to_kind(weights.kind())).matmul(text)
    }
}

/// Rows of length 1.
fn normalized(x: &Tensor) -> Tensor {
    let norm = x.norm_scalaropt_dim(2, [-1i64].as_slice(), true);
    x / norm.clamp_min(SHORTEST)
}
