//! Computes what Self-MM and TETFN have in common: a head for the fused features and one per modality,
//! losses on labels that a [`LabelBank`] makes, and parameter groups.

use tch::nn::Path;
use tch::{Kind, Tensor};

use super::batch::Batch;
use super::error::Result;
use super::label_bank::{BankRules, LabelBank};
use super::layers::{PostFusion, PostFusionOutput};
use super::losses::{Losses, Term};
use super::recipe::{ParamGroup, Recipe};
use super::trace::Trace;

/// Outputs of the heads: fusion, text, audio, vision.
pub type Outputs = [PostFusionOutput; 4];

/// Sizes of the heads, in the order fusion, text, audio, vision.
#[derive(Clone, Copy, Debug)]
pub struct HeadSizes {
    /// Features that a head reads.
    pub inputs: [i64; 4],
    pub hidden: [i64; 4],
    pub dropouts: [f64; 4],
}

/// The heads and the labels they learn from.
#[derive(Debug)]
pub struct LabeledHeads {
    heads: [PostFusion; 4],
    bank: LabelBank,
}

impl LabeledHeads {
    /// Heads for `samples` training samples.
    ///
    /// Parameters: `post_{fusion,text,audio,video}_layer_{1,2,3}`; variables of [`LabelBank::new`].
    pub fn new(path: &Path<'_>, samples: usize, sizes: HeadSizes, rules: BankRules) -> Self {
        const NAMES: [&str; 4] = ["post_fusion", "post_text", "post_audio", "post_video"];
        let head = |i: usize| {
            let (inputs, hidden) = (sizes.inputs[i], sizes.hidden[i]);
            PostFusion::new(path, NAMES[i], inputs, hidden, sizes.dropouts[i])
        };
        Self {
            heads: std::array::from_fn(head),
            bank: LabelBank::new(path, samples as i64, sizes.hidden, rules),
        }
    }

    /// From the features that each head reads; traced as `feature_*` and `pred*`.
    pub fn forward(&self, read: [&Tensor; 4], train: bool, trace: &mut Trace) -> Outputs {
        let outputs: Outputs = std::array::from_fn(|i| self.heads[i].forward(read[i], train));
        const NAMES: [[&str; 2]; 4] = [
            ["feature_f", "pred"],
            ["feature_t", "pred_t"],
            ["feature_a", "pred_a"],
            ["feature_v", "pred_v"],
        ];
        for ([feature, prediction], output) in NAMES.into_iter().zip(&outputs) {
            trace.record(feature, &output.feature);
            trace.record(prediction, &output.prediction);
        }
        outputs
    }

    /// Checks that the batch's samples are among those that the heads were built for.
    ///
    /// # Errors
    /// [`ModelError::Input`](super::ModelError::Input).
    pub fn check(&self, batch: &Batch, model: &'static str) -> Result<()> {
        batch.check(model)?;
        self.bank.check(&batch.index, model)
    }

    /// One term per head on the present labels; then the bank takes in the batch's features.
    pub fn losses(&mut self, batch: &Batch, outputs: Outputs) -> Losses {
        let index = Tensor::from_slice(&batch.index).to_device(batch.label.device());
        if batch.epoch == 1 {
            self.bank.start(&index, &batch.label.flatten(0, -1));
        }
        let terms = self.terms(&outputs, &index);
        let features = std::array::from_fn(|i| &outputs[i].feature);
        self.bank.absorb(&index, features, batch.epoch);
        let [fusion, ..] = outputs;
        Losses::weighted(terms, fusion.prediction)
    }

    /// One term per head; a modality's counts the more, the further its label is from the sample's.
    fn terms(&self, outputs: &Outputs, index: &Tensor) -> Vec<Term> {
        const NAMES: [&str; 4] = ["M", "T", "A", "V"];
        let labels = self.bank.labels(index);
        let term = |i: usize| {
            let error = (outputs[i].prediction.flatten(0, -1) - &labels[i]).abs();
            let weighted = match i {
                0 => error,
                _ => error * (&labels[i] - &labels[0]).abs().tanh(),
            };
            Term {
                name: NAMES[i],
                weight: 1.0,
                value: weighted.mean(None::<Kind>),
            }
        };
        (0..NAMES.len()).map(term).collect()
    }
}

/// Learning rates and weight decays of text encoder, audio and vision networks over those of the rest.
#[derive(Clone, Copy, Debug)]
pub struct RelativeRates {
    pub learning_rates: [f64; 3],
    pub weight_decays: [f64; 3],
}

impl RelativeRates {
    /// MMSA's five groups: a trained text encoder's parameters with and without decay, those below
    /// `audio_model` and `video_model`, and all others.
    pub fn groups(&self, recipe: &Recipe, encoder_is_trained: bool) -> Vec<ParamGroup> {
        let group = |name, prefix: &str, i: usize| ParamGroup {
            name,
            prefixes: vec![prefix.to_owned()],
            containing: &[],
            learning_rate: recipe.learning_rate * self.learning_rates[i],
            weight_decay: recipe.weight_decay * self.weight_decays[i],
        };
        let mut groups = vec![
            group("audio", "audio_model", 1),
            group("vision", "video_model", 2),
            ParamGroup::all(recipe),
        ];
        if encoder_is_trained {
            groups.splice(0..0, group("bert", "text_model", 0).encoder());
        }
        groups
    }
}
