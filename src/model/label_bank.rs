//! Makes labels for single modalities during training (Self-MM, Yu et al., AAAI 2021).
//!
//! For every training sample the bank stores a label and a feature vector in four spaces (fusion, text,
//! audio, vision), and per space the mean features of samples labeled positive and negative (their
//! centers). A modality's label is moved by how much nearer its features are to the positive center than
//! the fused features are. Formulas: MMSA v2.2.1,
//! [trains/multiTask/SELF_MM.py](https://github.com/thuiar/MMSA/blob/a94e65d/src/MMSA/trains/multiTask/SELF_MM.py).
//!
//! All of it is in the model's store under `state.`, so that a checkpoint holds it and a resumed run
//! continues with it.

use tch::nn::Path;
use tch::{Kind, Tensor};

use super::error::{ModelError, Result};

/// The spaces, in the bank's order.
pub const SPACES: [&str; 4] = ["fusion", "text", "audio", "vision"];

/// Keeps quotients finite, as in the reference.
const EPS: f64 = 1e-8;

/// One space of the bank.
#[derive(Debug)]
struct Space {
    /// (N), 0 for samples not seen yet.
    labels: Tensor,
    /// (N, width)
    features: Tensor,
    /// (2, width): positive, negative.
    centers: Tensor,
}

impl Space {
    fn new(path: &Path<'_>, name: &str, samples: i64, width: i64) -> Self {
        let zeros = |what: &str, size: &[i64]| path.zeros_no_train(&format!("{what}_{name}"), size);
        Self {
            labels: zeros("labels", &[samples]),
            features: zeros("features", &[samples, width]),
            centers: zeros("centers", &[2, width]),
        }
    }

    /// How much nearer (B, width) is to the positive center than to the negative one, relative to the
    /// distance to the positive one: (B).
    fn leaning(&self, features: &Tensor) -> Tensor {
        let distance =
            |row| (features - self.centers.select(0, row)).norm_scalaropt_dim(2.0, [-1i64], false);
        let (positive, negative): (Tensor, Tensor) = (distance(0), distance(1));
        (negative - &positive) / (positive + EPS)
    }

    fn store(&mut self, index: &Tensor, features: &Tensor) {
        let _ = self.features.index_copy_(0, index, features);
    }

    /// The center of a side without any sample stays, or becomes NaN.
    fn recenter(&mut self, lose: bool) {
        for (row, side) in [self.labels.gt(0.0), self.labels.lt(0.0)]
            .iter()
            .enumerate()
        {
            let weights = side.to_kind(self.features.kind());
            let count = weights.sum(None::<Kind>);
            if lose || count.double_value(&[]) > 0.0 {
                let mean = self.features.transpose(0, 1).mv(&weights) / count;
                self.centers.select(0, row as i64).copy_(&mean);
            }
        }
    }
}

/// How labels and centers are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BankRules {
    /// Largest magnitude of a label.
    pub limit: f64,
    /// Whether the center of no samples becomes NaN, as in the reference, or keeps its value.
    pub lose_centers: bool,
}

/// Labels, features and centers of all training samples.
#[derive(Debug)]
pub struct LabelBank {
    spaces: [Space; 4],
    rules: BankRules,
}

impl LabelBank {
    /// An empty bank for `samples` training samples and features of these widths, in the order of
    /// [`SPACES`].
    ///
    /// Variables: `state.{labels,features,centers}_{space}`.
    pub fn new(path: &Path<'_>, samples: i64, widths: [i64; 4], rules: BankRules) -> Self {
        let state = path / "state";
        let space = |i: usize| Space::new(&state, SPACES[i], samples, widths[i]);
        Self {
            spaces: std::array::from_fn(space),
            rules,
        }
    }

    /// Checks that the bank has a row for each of these samples.
    ///
    /// # Errors
    /// [`ModelError::Input`].
    pub fn check(&self, index: &[i64], model: &'static str) -> Result<()> {
        let samples = self.spaces[0].labels.size()[0];
        match index
            .iter()
            .find(|&&sample| sample < 0 || sample >= samples)
        {
            None => Ok(()),
            Some(sample) => Err(ModelError::Input {
                model,
                what: "index of a sample in the training split",
                expected: format!("0 to {}, as the model was built for {samples}", samples - 1),
                got: sample.to_string(),
            }),
        }
    }

    /// Every space starts with the samples' own labels (B).
    pub fn start(&mut self, index: &Tensor, labels: &Tensor) {
        tch::no_grad(|| {
            for space in &mut self.spaces {
                let _ = space.labels.index_copy_(0, index, labels);
            }
        });
    }

    /// Current labels (B) of samples in each space.
    pub fn labels(&self, index: &Tensor) -> [Tensor; 4] {
        std::array::from_fn(|i| self.spaces[i].labels.index_select(0, index))
    }

    /// Updates the bank with the features, (B, width) per space, of a batch of `epoch` (from 1): from
    /// the second epoch on labels move, by the old centers; then features are stored and centers
    /// computed again.
    pub fn absorb(&mut self, index: &Tensor, features: [&Tensor; 4], epoch: u32) {
        tch::no_grad(|| {
            // Of a pass in bfloat16 too: the bank itself is not computed in it.
            let kind = self.spaces[0].features.kind();
            let features = features.map(|features| features.detach().to_kind(kind));
            if epoch > 1 {
                self.move_labels(index, &features, f64::from(epoch));
            }
            for (space, features) in self.spaces.iter_mut().zip(&features) {
                space.store(index, features);
                space.recenter(self.rules.lose_centers);
            }
        });
    }

    fn move_labels(&mut self, index: &Tensor, features: &[Tensor; 4], epoch: f64) {
        let fused = self.spaces[0].leaning(&features[0]);
        let label = self.spaces[0].labels.index_select(0, index);
        for (space, features) in self.spaces.iter_mut().zip(features).skip(1) {
            let own = space.leaning(features);
            let ratio = &own / (&fused + EPS);
            let new: Tensor = 0.5 * ratio * &label + 0.5 * (&label + own - &fused);
            let new = new.clamp(-self.rules.limit, self.rules.limit);
            let old = space.labels.index_select(0, index);
            let mixed = old * ((epoch - 1.0) / (epoch + 1.0)) + new * (2.0 / (epoch + 1.0));
            let _ = space.labels.index_copy_(0, index, &mixed);
        }
    }
}
