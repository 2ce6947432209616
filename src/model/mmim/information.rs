//! Bounds the mutual information between modalities from below: likelihood and entropy (Barber and
//! Agakov, 2003).

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::config::Config;
use super::linear;
use super::memory::{Memory, Moments};
use crate::model::batch::Batch;
use crate::model::trace::Trace;

/// Two linear layers with a rectifier between them.
#[derive(Debug)]
struct Mlp([nn::Linear; 2]);

impl Mlp {
    /// Parameters: `0`, `2`.
    fn new(path: &Path<'_>, inputs: i64, outputs: i64) -> Self {
        Self([
            linear(path / 0, inputs, outputs),
            linear(path / 2, outputs, outputs),
        ])
    }

    /// (B, inputs) to (B, outputs); without `learn` its parameters get no gradient.
    fn forward(&self, x: &Tensor, learn: bool) -> Tensor {
        let Self([first, second]) = self;
        apply(second, &apply(first, x, learn).relu(), learn)
    }
}

/// A linear layer, whose parameters get a gradient where it learns.
fn apply(layer: &nn::Linear, x: &Tensor, learn: bool) -> Tensor {
    if learn {
        layer.forward(x)
    } else {
        let bias = layer.bs.as_ref().map(Tensor::detach);
        x.linear(&layer.ws.detach(), bias.as_ref())
    }
}

/// How much one modality tells of another, y.
#[derive(Debug)]
struct Pair {
    mean: Mlp,
    log_variance: Mlp,
    projection: nn::Linear,
    memory: Memory,
    /// Names in traces of positive and negative samples, and in reference cases.
    traced: [&'static str; 2],
    given: [&'static str; 2],
    /// Indices among text, audio, vision.
    x: usize,
    y: usize,
}

impl Pair {
    /// log p(y | x) of a normal distribution, up to a constant, in the mean over samples.
    fn likelihood(&self, [x, y]: [&Tensor; 2], with_variance: bool, learn: bool) -> Tensor {
        let (mean, log_variance) = (
            self.mean.forward(x, learn),
            self.log_variance.forward(x, learn),
        );
        let error = -(mean - y).square() / 2.0 / log_variance.exp();
        let terms = if with_variance {
            error - log_variance / 2.0
        } else {
            error
        };
        terms
            .sum_dim_intlist([-1i64].as_slice(), false, None::<Kind>)
            .mean(None::<Kind>)
    }
}

/// All pairs of modalities whose mutual information is bounded.
#[derive(Debug)]
pub struct Information {
    pairs: Vec<Pair>,
    compat: bool,
    jitter: f64,
    mem_size: usize,
}

impl Information {
    /// Parameters: `mi_{tv,ta,va}.mlp_{mu,logvar}.{0,2}`, `mi_*.entropy_prj.0`; variables: those of
    /// [`Memory::new`]. `widths` are the features of text, audio and vision vectors.
    pub fn new(path: &Path<'_>, widths: [i64; 3], config: &Config) -> Self {
        let pair = |name: &str, x: usize, y: usize, traced, given| {
            let own = path / format!("mi_{name}");
            let (inputs, outputs) = (widths[x], widths[y]);
            let projected = outputs / 4;
            Pair {
                mean: Mlp::new(&(&own / "mlp_mu"), inputs, outputs),
                log_variance: Mlp::new(&(&own / "mlp_logvar"), inputs, outputs),
                projection: linear(&own / "entropy_prj" / 0, outputs, projected),
                memory: Memory::new(path, name, config.mem_size, projected),
                traced,
                given,
                x,
                y,
            }
        };
        let mut pairs = vec![
            pair(
                "tv",
                0,
                2,
                ["sample_tv_pos", "sample_tv_neg"],
                ["mem_tv_pos", "mem_tv_neg"],
            ),
            pair(
                "ta",
                0,
                1,
                ["sample_ta_pos", "sample_ta_neg"],
                ["mem_ta_pos", "mem_ta_neg"],
            ),
        ];
        if config.add_va {
            let (traced, given) = (
                ["sample_va_pos", "sample_va_neg"],
                ["mem_va_pos", "mem_va_neg"],
            );
            pairs.push(pair("va", 2, 1, traced, given));
        }
        Self {
            pairs,
            compat: config.compat,
            jitter: config.jitter,
            mem_size: config.mem_size,
        }
    }

    /// The sum of all likelihoods; where they do not learn, their networks get no gradient.
    pub fn likelihood(&self, vectors: &[Tensor; 3], learn: bool) -> Tensor {
        let one = |pair: &Pair| {
            let of = [&vectors[pair.x], &vectors[pair.y]];
            pair.likelihood(of, !self.compat, learn)
        };
        let sum = self.pairs.iter().map(one).reduce(|sum, next| sum + next);
        sum.unwrap_or_else(|| Tensor::zeros([0i64; 0], (vectors[0].kind(), vectors[0].device())))
    }

    /// The sum of all entropies, over the batch and those before it; 0 while these are too few. The
    /// memory then holds the batch.
    pub fn entropy(&mut self, vectors: &[Tensor; 3], batch: &Batch, trace: &mut Trace) -> Tensor {
        let label = batch.label.flatten(0, -1);
        let signs = Tensor::stack(&[label.gt(0.0), label.lt(0.0)], 0);
        let jitter = (!self.compat).then_some(self.jitter);
        let mut sum = Tensor::zeros([0i64; 0], (self.kind(), label.device()));
        for pair in &mut self.pairs {
            let samples = apply(&pair.projection, &vectors[pair.y], self.compat).tanh();
            for (sign, name) in pair.traced.into_iter().enumerate() {
                trace.compute(name, || {
                    let rows = signs.get(sign as i64).nonzero().flatten(0, -1);
                    samples.index_select(0, &rows)
                });
            }
            let moments = Moments::of(&samples.to_kind(pair.memory.kind()), &signs);
            if batch.position == 0 {
                pair.memory.clear();
            }
            if batch.position >= self.mem_size {
                sum += pair.memory.entropy(&moments, jitter);
            }
            pair.memory.keep(&moments, batch.position);
        }
        sum
    }

    /// What it computes entropies in, also where the batch is computed in bfloat16.
    fn kind(&self) -> Kind {
        self.pairs
            .first()
            .map_or(Kind::Float, |pair| pair.memory.kind())
    }

    /// Fills the memory as a reference case prescribes: `mem_{tv,ta,va}_{pos,neg}`, (rows, features) of
    /// one batch.
    pub fn prescribe(&mut self, given: &dyn Fn(&str) -> Option<Tensor>) {
        for pair in &mut self.pairs {
            if let (Some(positive), Some(negative)) = (given(pair.given[0]), given(pair.given[1])) {
                let samples = Tensor::cat(&[&positive, &negative], 0);
                let (rows, split) = (samples.size()[0], positive.size()[0]);
                let row = Tensor::arange(rows, (Kind::Int64, samples.device()));
                let signs = Tensor::stack(&[row.lt(split), row.ge(split)], 0);
                pair.memory.clear();
                pair.memory.keep(&Moments::of(&samples, &signs), 0);
            }
        }
    }
}
