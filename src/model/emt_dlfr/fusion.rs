//! Exchanges the global context with the steps of each modality, layer by layer.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::Config;
use super::attention::padding;
use super::unit::Unit;
use crate::model::engine::Engine;
use crate::model::layers::init;
use crate::model::layers::positions::interleaved;

/// The layers, which share one unit and one pooling.
#[derive(Debug)]
pub struct Fusion {
    unit: Unit,
    /// Score of a modality's context: linear, tanh, linear.
    pooling: [nn::Linear; 2],
    depth: i64,
    compat: bool,
}

/// The results of the layers, and what the last of them read.
pub struct Fused {
    /// (B, 3 width) after all layers.
    pub context: Tensor,
    /// (B, 3, width) before the last layer.
    context_before: Tensor,
    /// (B, sum of steps, width) before the last layer.
    steps_before: Tensor,
    steps: [i64; 3],
    masks: [Tensor; 3],
}

impl Fused {
    /// The samples `start..start + samples`.
    pub fn narrow(&self, start: i64, samples: i64) -> Self {
        let cut = |x: &Tensor| x.narrow(0, start, samples);
        Self {
            context: cut(&self.context),
            context_before: cut(&self.context_before),
            steps_before: cut(&self.steps_before),
            steps: self.steps,
            masks: self.masks.each_ref().map(cut),
        }
    }
}

impl Fusion {
    /// Parameters: `mpus.0.0.0.layers.0.*` and `attn_pools.0.attention.{0,2}`, under which the reference
    /// lists what it repeats for every layer, modality and direction.
    pub fn new(path: &Path<'_>, config: &Config) -> Self {
        let unit = path / "mpus" / 0 / 0 / 0 / "layers" / 0;
        let (pooling, width) = (path / "attn_pools" / 0 / "attention", 3 * config.d_model);
        Self {
            unit: Unit::new(&unit, config),
            pooling: [
                init::linear(&pooling / 0, width, width),
                init::linear(&pooling / 2, width, 1),
            ],
            depth: config.fusion_layers,
            compat: config.compat,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        self.unit.set_engine(engine);
    }

    /// From the context (B, 3, width) and the steps of text, audio and vision (B, T, width), of which the
    /// first `lengths` (B) are attended to.
    pub fn forward(
        &self,
        context: &Tensor,
        modalities: &[Tensor; 3],
        lengths: [&Tensor; 3],
        train: bool,
    ) -> Fused {
        let steps = modalities.each_ref().map(|x| x.size()[1]);
        let mut x = Tensor::cat(modalities, 1) + positions(&modalities[0], steps);
        let mut context = context.shallow_clone();
        // The reference attends evenly to a text of no words; without a step there is nothing to attend to.
        let least = if self.compat { 0 } else { 1 };
        let masks = [0, 1, 2].map(|i: usize| {
            let least = if i == 0 { least } else { 1 };
            padding(&lengths[i].clamp_min(least), steps[i], x.kind())
        });
        let layout = (&steps, &masks);
        for _ in 1..self.depth {
            // Both sides read what the other was.
            let next = self.pool(&self.unit.to_context(&context, &x, layout, train));
            x = self.unit.to_steps(&x, &context, layout, train);
            context = next;
        }
        let pooled = self.pool(&self.unit.to_context(&context, &x, layout, train));
        Fused {
            context: pooled.flatten(1, 2),
            context_before: context,
            steps_before: x,
            steps,
            masks,
        }
    }

    /// The steps of text, audio and vision after the last layer, which only the reconstruction reads.
    pub fn finish(&self, fused: &Fused, train: bool) -> [Tensor; 3] {
        let (before, layout) = (&fused.steps_before, (&fused.steps, &fused.masks));
        let x = self
            .unit
            .to_steps(before, &fused.context_before, layout, train);
        let [text, audio, vision] = fused.steps;
        [
            x.narrow(1, 0, text),
            x.narrow(1, text, audio),
            x.narrow(1, text + audio, vision),
        ]
    }

    /// The contexts (B, 3 modalities, 3, width), weighted by their scores, to one (B, 3, width).
    fn pool(&self, contexts: &Tensor) -> Tensor {
        let [first, second] = &self.pooling;
        let scores = second.forward(&first.forward(&contexts.flatten(2, 3)).tanh());
        let weights = scores.softmax(1, scores.kind()).unsqueeze(3);
        (contexts * weights).sum_dim_intlist([1i64].as_slice(), false, None::<tch::Kind>)
    }
}

/// (sum of steps, width): every modality counts its own steps.
fn positions(like: &Tensor, steps: [i64; 3]) -> Tensor {
    let longest = steps.into_iter().fold(0, i64::max);
    let table = interleaved(longest, like.size()[2], like.device()).to_kind(like.kind());
    Tensor::cat(&steps.map(|steps| table.narrow(0, 0, steps)), 0)
}
