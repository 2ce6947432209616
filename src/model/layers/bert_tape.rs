//! Runs a BERT's training pass without saving activations, and recomputes them in the backward pass.
//!
//! Only the inputs of the layers are saved. In the backward pass every layer runs once more with gradient,
//! from the last to the first, under the random draws of its first run.

use tch::Tensor;

use super::bert::Bert;
use super::bert_hook::Beside;
use super::bert_pass::{Context, Pass};
use crate::model::trace::Trace;

impl Bert {
    /// [`Bert::forward`] in training, leaving a [`Pass`] in place of activations.
    pub(super) fn forward_on_tape(
        &self,
        text: &Tensor,
        beside: Option<&Beside>,
        trace: &mut Trace,
    ) -> Tensor {
        // From libtorch's own stream, so that a pass is a function of that stream's seed.
        let seed = Tensor::randint(1 << 48, [1], (tch::Kind::Int64, tch::Device::Cpu));
        let seed = seed.int64_value(&[0]);
        let keys = self.keys(text);
        let mut inputs = Vec::new();
        let output = tch::no_grad(|| {
            tch::manual_seed(seed);
            let mut x = self.embed(text, true);
            trace.record("embedding", &x);
            let context = Context {
                keys: &keys,
                beside,
            };
            for (part, depth) in (1..).zip(0..self.depth()) {
                inputs.push(x.shallow_clone());
                tch::manual_seed(seed + part);
                x = self.part(depth, &x, context, true, trace);
            }
            x
        });
        let output = output.set_requires_grad(true);
        self.tape().borrow_mut().push(Pass {
            text: text.shallow_clone(),
            keys,
            beside: beside.map(Beside::shallow_clone),
            seed,
            inputs,
            output: output.shallow_clone(),
        });
        output
    }

    /// Propagates the gradient of the hidden states into the parameters. Call it after every backward
    /// pass; it does nothing where no pass was recorded.
    pub fn finish_backward(&self) {
        let passes = self.tape().take();
        for pass in passes {
            let mut gradient = pass.output.grad();
            if !gradient.defined() {
                continue;
            }
            let parts = (1..).zip(0..self.depth()).zip(&pass.inputs);
            for ((part, depth), input) in parts.collect::<Vec<_>>().into_iter().rev() {
                let input = input.detach().set_requires_grad(true);
                tch::manual_seed(pass.seed + part);
                let output = self.part(depth, &input, pass.context(), true, &mut Trace::off());
                pull(&output, &gradient);
                gradient = input.grad();
            }
            if !self.trains_embedding() {
                continue;
            }
            tch::manual_seed(pass.seed);
            pull(&self.embed(&pass.text, true), &gradient);
        }
    }

    /// Drops passes that had no backward pass.
    pub fn clear_tape(&self) {
        self.tape().borrow_mut().clear();
    }
}

/// Backward from `output` with this gradient of it: the product's sum has just that one.
fn pull(output: &Tensor, gradient: &Tensor) {
    (output * gradient).sum(output.kind()).backward();
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, nn::VarStore};

    use super::super::bert_config::BertConfig;
    use super::*;
    use crate::model::Engine;

    fn gradients(engine: Engine, dropout: f64) -> Vec<(String, Tensor)> {
        tch::manual_seed(3);
        let mut vs = VarStore::new(Device::Cpu);
        let config = BertConfig {
            hidden_dropout_prob: dropout,
            attention_probs_dropout_prob: dropout,
            ..BertConfig::tiny(20)
        };
        let mut bert = Bert::new(&vs.root(), &config);
        bert.set_engine(engine);
        vs.set_kind(Kind::Double);
        let ids = Tensor::from_slice(&[3i64, 4, 5, 0, 7, 8, 0, 0]).view([2, 4]);
        let text = Tensor::stack(
            &[&ids, &ids.ne(0).to_kind(Kind::Int64), &ids.zeros_like()],
            1,
        );
        let weights = Tensor::randn([2, 4, 32], (Kind::Double, Device::Cpu));
        for _ in 0..2 {
            let states = bert.forward(&text, true).unwrap();
            (states * &weights).sum(Kind::Double).backward();
            bert.finish_backward();
        }
        let mut all: Vec<_> = vs.variables().into_iter().collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all.into_iter().map(|(name, t)| (name, t.grad())).collect()
    }

    #[test]
    fn gradients_are_those_of_the_pass_that_saves_its_activations() {
        let _rng = crate::model::rng::seeded(3);
        let saved = gradients(Engine::default(), 0.0);
        let again = gradients(Engine::RECOMPUTE, 0.0);
        for ((name, a), (_, b)) in saved.iter().zip(&again) {
            assert_eq!(a.defined(), b.defined(), "{name}");
            assert!(!a.defined() || a.allclose(b, 1e-12, 1e-12, false), "{name}");
        }
    }

    #[test]
    fn dropout_is_drawn_once() {
        let _rng = crate::model::rng::seeded(3);
        let (first, second) = (
            gradients(Engine::RECOMPUTE, 0.3),
            gradients(Engine::RECOMPUTE, 0.3),
        );
        for ((name, a), (_, b)) in first.iter().zip(&second) {
            assert!(!a.defined() || a.equal(b), "{name}");
        }
        // One bias of the last norm sees the output's gradient alone, whatever was dropped; the
        // embeddings see every layer's draws, twice the same or their gradient would be another.
        let without = gradients(Engine::RECOMPUTE, 0.0);
        let words = |all: &[(String, Tensor)]| {
            let found = all
                .iter()
                .find(|(name, _)| name.contains("word_embeddings"));
            found.unwrap().1.shallow_clone()
        };
        assert!(!words(&first).equal(&words(&without)));
    }

    /// With draws of its own on the backward pass, the gradient would not be that of the value.
    #[test]
    fn the_gradient_is_that_of_the_value_under_dropout() {
        let _rng = crate::model::rng::seeded(3);
        let mut store = VarStore::new(Device::Cpu);
        let config = BertConfig {
            hidden_dropout_prob: 0.3,
            ..BertConfig::tiny(20)
        };
        let mut bert = Bert::new(&store.root(), &config);
        bert.set_engine(Engine::RECOMPUTE);
        store.set_kind(Kind::Double);
        let ids = Tensor::from_slice(&[3i64, 4, 5, 6]).view([1, 4]);
        let text = Tensor::stack(&[&ids, &ids.ones_like(), &ids.zeros_like()], 1);
        let loss = || {
            tch::manual_seed(9);
            bert.forward(&text, true)
                .unwrap()
                .square()
                .sum(Kind::Double)
        };
        let value = loss();
        value.backward();
        bert.finish_backward();
        let mut bias = store.variables()["encoder.layer.0.output.dense.bias"].shallow_clone();
        let slope = bias.grad().double_value(&[0]);
        let step = 1e-6;
        let shifted = |by: f64, bias: &mut Tensor| {
            let _ = tch::no_grad(|| bias.get(0).g_add_scalar_(by));
            let shifted = loss().double_value(&[]);
            bert.clear_tape();
            shifted
        };
        let up = shifted(step, &mut bias);
        let down = shifted(-2.0 * step, &mut bias);
        let measured = (up - down) / (2.0 * step);
        assert!(
            (slope - measured).abs() < 1e-5 * slope.abs().max(1.0),
            "{slope} {measured}"
        );
    }
}
