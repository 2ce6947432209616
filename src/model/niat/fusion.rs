//! Fuses text, audio and vision into one vector.

use tch::Tensor;
use tch::nn::Path;

use super::alignment::align;
use super::{Config, NAME};
use crate::model::batch::{Inputs, check_features};
use crate::model::encoder::TextEncoder;
use crate::model::engine::Engine;
use crate::model::error::{ModelError, Result};
use crate::model::layers::valid;
use crate::model::layers::{Crossmodal, init};
use crate::model::setup::{Setup, Shapes};
use crate::model::trace::Trace;

/// Text encoder, a convolution over the steps of each modality, a transformer over their outputs side by
/// side; the vector is its output at the first step, that of CLS.
#[derive(Debug)]
pub struct Fusion {
    pub encoder: TextEncoder,
    /// (width, inputs, kernel) without bias: text, audio, vision.
    convolutions: [Tensor; 3],
    transformer: Crossmodal,
    shapes: Shapes,
    aligns: bool,
    causal: bool,
    compat: bool,
    pub engine: Engine,
}

impl Fusion {
    /// Parameters: `text_model.model.*`, `proj_{l,a,v}.weight`, `fusion_trans.*`.
    ///
    /// # Errors
    /// Those of [`TextEncoder::new`].
    pub fn new(path: &Path<'_>, setup: &Setup<'_>, config: &Config) -> Result<Self> {
        let (inputs, shapes) = (setup.widths(), setup.shapes);
        let (widths, kernels) = (config.widths(), config.kernels());
        let convolution = |i: usize| {
            let path = path / format!("proj_{}", ['l', 'a', 'v'][i]);
            let size = [widths[i], inputs[i], kernels[i]];
            path.var("weight", &size, init::fan_in(inputs[i] * kernels[i]))
        };
        let steps = [shapes.audio_steps, shapes.vision_steps];
        Ok(Self {
            encoder: TextEncoder::new(&(path / "text_model" / "model"), &setup.encoder)?,
            convolutions: [0, 1, 2].map(convolution),
            transformer: Crossmodal::new(&(path / "fusion_trans"), config.transformer()),
            shapes,
            aligns: !config.aligned.unwrap_or(true) || steps != [shapes.text_steps; 2],
            causal: config.fus_attn_mask,
            compat: config.compat,
            engine: Engine::default(),
        })
    }

    /// (B, width)
    ///
    /// # Errors
    /// [`ModelError::Input`] where the inputs do not fit.
    pub fn forward(&self, inputs: &Inputs, train: bool, trace: &mut Trace) -> Result<Tensor> {
        let (audio, vision) = (&inputs.audio, &inputs.vision);
        let [of_audio, of_vision] = [self.shapes.audio_width, self.shapes.vision_width];
        check_features(audio, i64::MAX, of_audio, NAME, "audio features")?;
        check_features(vision, i64::MAX, of_vision, NAME, "vision features")?;
        let states = self.encoder.encode(&inputs.text, NAME, train)?;
        let steps = states.size()[1];
        let [audio, vision] = if self.aligns {
            let words = &inputs.text_lengths - 2;
            let align = |x, lengths| align(x, lengths, &words, steps, self.compat);
            let audio = align(audio, &inputs.audio_lengths);
            let vision = align(vision, &inputs.vision_lengths);
            trace.record("audio_aligned", &audio);
            trace.record("vision_aligned", &vision);
            [audio, vision]
        } else {
            [self.aligned(audio, steps)?, self.aligned(vision, steps)?]
        };
        // Under a causal mask the first step sees itself alone.
        let read = if self.causal && !self.engine.reference {
            1
        } else {
            steps
        };
        let convolved = [&states, &audio, &vision];
        let convolved: [Tensor; 3] =
            std::array::from_fn(|i| convolve(convolved[i], &self.convolutions[i], read));
        let joined = Tensor::cat(&convolved, 2);
        let fused = if self.causal {
            self.transformer.forward(&joined, None, train)
        } else {
            let lengths = inputs.text_lengths.clamp(1, steps);
            let mask = valid(&lengths, steps).unsqueeze(1).unsqueeze(1);
            self.transformer.forward_within(&joined, &mask, train)
        };
        Ok(fused.select(1, 0))
    }

    /// Features that have a frame for each of the text's steps.
    fn aligned(&self, x: &Tensor, steps: i64) -> Result<Tensor> {
        let got = x.size()[1];
        if got == steps {
            return Ok(x.shallow_clone());
        }
        Err(ModelError::Input {
            model: NAME,
            what: "aligned features",
            expected: format!("{steps} steps, as the text has"),
            got: got.to_string(),
        })
    }
}

/// The first `read` outputs of a convolution over (B, T, inputs) that keeps the number of steps, to
/// (B, read, width).
fn convolve(x: &Tensor, weight: &Tensor, read: i64) -> Tensor {
    let padding = (weight.size()[2] - 1) / 2;
    let x = x.narrow(1, 0, (read + padding).min(x.size()[1]));
    let x = x.transpose(1, 2);
    let convolved = x.conv1d(weight, None::<&Tensor>, 1, padding, 1, 1);
    convolved.narrow(2, 0, read).transpose(1, 2)
}
