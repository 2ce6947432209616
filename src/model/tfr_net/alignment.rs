//! Relates the modalities to each other step by step, and mixes the steps for the reconstruction.

use tch::Tensor;
use tch::nn::Path;

use super::{Config, NAME};
use crate::model::batch::check_features;
use crate::model::error::{ModelError, Result};
use crate::model::layers::{Crossmodal, init};
use crate::model::setup::Setup;

/// Names of text, audio and vision in parameter names.
const LETTERS: [char; 3] = ['l', 'a', 'v'];

/// The names of the features, for messages.
const FEATURES: [&str; 3] = ["text features", "audio features", "vision features"];

/// One modality.
#[derive(Debug)]
struct Modality {
    /// (width, inputs, kernel) of a convolution over time without bias; `None` where the features have the
    /// common width already.
    convolution: Option<Tensor>,
    /// Over the steps of the modality itself.
    memory: Crossmodal,
    /// Its steps attending to those of the other two, in the order of [`LETTERS`].
    crossmodal: [Crossmodal; 2],
    /// Over the features, with the steps as embedding.
    temporal: Crossmodal,
    inputs: i64,
    steps: i64,
}

/// The alignment of the three modalities.
#[derive(Debug)]
pub struct Alignment {
    modalities: [Modality; 3],
    text_dropout: f64,
    compat: bool,
}

impl Alignment {
    /// Parameters: `proj_{l,a,v}`, `trans_{l,a,v}_with_{l,a,v}`, `trans_{l,a,v}_mem`,
    /// `trans_{l,a,v}_final`.
    pub fn new(path: &Path<'_>, setup: &Setup<'_>, config: &Config) -> Self {
        let shapes = &setup.shapes;
        let steps = [shapes.text_steps, shapes.audio_steps, shapes.vision_steps];
        let kernels = [
            config.conv1d_kernel_size_l,
            config.conv1d_kernel_size_a,
            config.conv1d_kernel_size_v,
        ];
        let dropouts = [
            config.attn_dropout,
            config.attn_dropout_a,
            config.attn_dropout_v,
        ];
        let width = config.dst_feature_dim_nheads[0];
        let widths = setup.widths();
        let modality = |i: usize| {
            let letter = LETTERS[i];
            let (inputs, kernel) = (widths[i], kernels[i]);
            let weight = (path / format!("proj_{letter}")).var(
                "weight",
                &[width, inputs, kernel],
                init::fan_in(inputs * kernel),
            );
            let transformer = |name: &str, size| {
                Crossmodal::new(&(path / format!("trans_{letter}_{name}")), size).fused()
            };
            let own = config.stack(config.own_depth(), config.attn_dropout);
            Modality {
                convolution: (inputs != width).then_some(weight),
                crossmodal: others(i).map(|other| {
                    let size = config.stack(config.nlevels, dropouts[other]);
                    transformer(&format!("with_{}", LETTERS[other]), size)
                }),
                memory: transformer("mem", own),
                temporal: transformer("final", config.temporal_stack(steps[i])),
                inputs,
                steps: steps[i],
            }
        };
        Self {
            modalities: [0, 1, 2].map(modality),
            text_dropout: config.text_dropout,
            compat: config.compat,
        }
    }

    /// Text states, audio and vision (B, T, inputs) to (B, T, 3 width) each: what the steps make of their
    /// own modality and of the other two.
    ///
    /// # Errors
    /// [`ModelError::Input`] for another width or number of steps.
    pub fn forward(&self, inputs: [&Tensor; 3], train: bool) -> Result<[Tensor; 3]> {
        for i in [0, 1, 2] {
            self.modalities[i].check(inputs[i], FEATURES[i])?;
        }
        let text = inputs[0].dropout(self.text_dropout, train);
        let [of_text, of_audio, of_vision] = &self.modalities;
        let x = [
            of_text.project(&text),
            of_audio.project(inputs[1]),
            of_vision.project(inputs[2]),
        ];
        Ok([0, 1, 2].map(|i: usize| {
            let modality = &self.modalities[i];
            let [first, second] = others(i);
            let parts = [
                modality.memory.forward(&x[i], None, train),
                modality.crossmodal[0].forward(&x[i], Some(&x[first]), train),
                modality.crossmodal[1].forward(&x[i], Some(&x[second]), train),
            ];
            Tensor::cat(&parts, 2)
        }))
    }

    /// The results of [`Self::forward`], (B, T, 3 width) each, made ready for reconstruction: mixed across
    /// features within a sample or, as published, across the samples of the batch.
    pub fn mix(&self, aligned: &[Tensor; 3], train: bool) -> [Tensor; 3] {
        [0, 1, 2].map(|i: usize| {
            let transformer = &self.modalities[i].temporal;
            let features = aligned[i].transpose(1, 2);
            if self.compat {
                let samples = features.transpose(0, 1);
                let mixed = transformer.forward(&samples, None, train);
                mixed.transpose(0, 1).transpose(1, 2)
            } else {
                transformer.forward(&features, None, train).transpose(1, 2)
            }
        })
    }
}

impl Modality {
    fn check(&self, x: &Tensor, what: &'static str) -> Result<()> {
        check_features(x, self.steps, self.inputs, NAME, what)?;
        // The steps are the embedding of a transformer.
        if x.size()[1] == self.steps {
            return Ok(());
        }
        Err(ModelError::Input {
            model: NAME,
            what,
            expected: format!("{} steps", self.steps),
            got: format!("{}", x.size()[1]),
        })
    }

    /// (B, T, inputs) to (B, T, width).
    fn project(&self, x: &Tensor) -> Tensor {
        let Some(weight) = &self.convolution else {
            return x.shallow_clone();
        };
        let padding = (weight.size()[2] - 1) / 2;
        let convolved = x
            .transpose(1, 2)
            .conv1d(weight, None::<&Tensor>, 1, padding, 1, 1);
        convolved.transpose(1, 2)
    }
}

/// Indices of the two other modalities.
fn others(i: usize) -> [usize; 2] {
    match i {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}
