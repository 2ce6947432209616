//! Reads a stored reference case: `case.json` and `expected.safetensors`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tch::nn::VarStore;
use tch::{Kind, TchError, Tensor};

use crate::model::{BertConfig, GradClip, ModelError, Rule, entry};
use crate::support::{Classify, ErrorClass};
use crate::train::optimizer::OptimizerError;

/// What can go wrong with a case, short of wrong numbers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A file of the case cannot be read.
    #[error("{}: cannot read", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },

    /// `case.json` is not what this version reads.
    #[error("{}: not a reference case", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },

    /// `expected.safetensors` cannot be read.
    #[error("{}: cannot read tensors", path.display())]
    Tensors { path: PathBuf, source: TchError },

    /// The model's parameters are not those of the case.
    #[error(
        "{case}: parameters differ: the case alone has [{missing}], the model alone [{surplus}]"
    )]
    Parameters {
        case: String,
        missing: String,
        surplus: String,
    },

    /// A parameter of another shape.
    #[error("{case}: parameter `{name}`: expected shape {expected:?}, got {got:?}")]
    Shape {
        case: String,
        name: String,
        expected: Vec<i64>,
        got: Vec<i64>,
    },

    /// An input the case should hold.
    #[error("{case}: expected an input `{name}`, found none")]
    Input { case: String, name: String },

    /// The model refuses the case.
    #[error("{case}")]
    Model {
        case: String,
        source: Box<ModelError>,
    },

    /// A case of a model of the registry that no reference case exists for.
    #[error(
        "{case}: expected the model to read its reference cases (`case` in its registry entry)"
    )]
    Unread { case: String },

    /// The optimizer refuses the case.
    #[error("{case}")]
    Optimizer {
        case: String,
        source: OptimizerError,
    },
}

impl Classify for CaseError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Read { .. } => ErrorClass::Io,
            Self::Model { source, .. } => source.class(),
            Self::Json { .. }
            | Self::Tensors { .. }
            | Self::Parameters { .. }
            | Self::Shape { .. }
            | Self::Input { .. }
            | Self::Unread { .. }
            | Self::Optimizer { .. } => ErrorClass::Unexpected,
        }
    }
}

/// Results of reading and running cases.
pub type Result<T> = std::result::Result<T, CaseError>;

/// A parameter and the interval its values fill.
#[derive(Clone, Debug, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub shape: Vec<i64>,
    pub offset: f64,
    pub bound: f64,
}

impl Parameter {
    /// Whether it is a running statistic, which nothing differentiates or updates by gradient.
    pub fn is_buffer(&self) -> bool {
        [".running_mean", ".running_var"]
            .iter()
            .any(|end| self.name.ends_with(end))
    }

    /// Whether a part of it is the bias of attention keys among others. Such a bias cancels in the
    /// softmax: its true gradient is 0, and Adam follows the rounding noise instead.
    pub fn holds_key_bias(&self) -> bool {
        self.name.ends_with("in_proj_bias")
    }
}

/// Which parameters a group holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Members {
    /// The word `all`: every parameter that is not excluded.
    All(String),
    Names(Vec<String>),
}

/// A parameter group of the reference's optimizer.
#[derive(Clone, Debug, Deserialize)]
pub struct Group {
    pub lr: f64,
    pub weight_decay: f64,
    pub params: Members,
}

/// The reference's optimizer.
#[derive(Clone, Debug, Deserialize)]
pub struct OptimizerSpec {
    pub kind: Rule,
    #[serde(default = "adam_epsilon")]
    pub eps: f64,
    pub steps: usize,
    pub groups: Vec<Group>,
    #[serde(default)]
    pub excluded: Vec<String>,
    #[serde(default)]
    pub clip: GradClip,
}

fn adam_epsilon() -> f64 {
    entry::ADAM_EPSILON
}

/// The text encoder, under the names of `case.json`.
#[derive(Clone, Debug, Deserialize)]
struct BertSpec {
    vocab_size: i64,
    hidden: i64,
    layers: i64,
    heads: i64,
    intermediate: i64,
    max_position: i64,
    type_vocab: i64,
    layer_norm_eps: f64,
    dropout: f64,
}

impl From<BertSpec> for BertConfig {
    fn from(spec: BertSpec) -> Self {
        Self {
            vocab_size: spec.vocab_size,
            hidden_size: spec.hidden,
            num_hidden_layers: spec.layers,
            num_attention_heads: spec.heads,
            intermediate_size: spec.intermediate,
            max_position_embeddings: spec.max_position,
            type_vocab_size: spec.type_vocab,
            layer_norm_eps: spec.layer_norm_eps,
            hidden_dropout_prob: spec.dropout,
            attention_probs_dropout_prob: spec.dropout,
        }
    }
}

/// `case.json`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
struct Header {
    model: String,
    case: String,
    dataset_protocol: String,
    seed: u64,
    config: Value,
    bert: Option<BertSpec>,
    params: Vec<Parameter>,
    optimizer: OptimizerSpec,
}

/// A case in memory; all floating-point tensors float64 on the CPU.
#[derive(Debug)]
pub struct Case {
    /// `model/case`.
    pub name: String,
    pub model: String,
    /// Data set whose published settings the case is of.
    pub protocol: String,
    pub seed: u64,
    /// Hyper-parameters under the reference's names.
    pub config: Value,
    pub bert: Option<BertConfig>,
    pub parameters: Vec<Parameter>,
    pub optimizer: OptimizerSpec,
    /// Inputs and expected numbers, sorted by name.
    pub tensors: BTreeMap<String, Tensor>,
}

impl Case {
    /// Reads the case in `dir`.
    ///
    /// # Errors
    /// [`CaseError::Read`], [`CaseError::Json`], [`CaseError::Tensors`].
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("case.json");
        let text = fs::read_to_string(&path).map_err(|source| CaseError::Read {
            path: path.clone(),
            source,
        })?;
        let header: Header =
            serde_json::from_str(&text).map_err(|source| CaseError::Json { path, source })?;
        let path = dir.join("expected.safetensors");
        let tensors = Tensor::read_safetensors(&path)
            .map_err(|source| CaseError::Tensors { path, source })?;
        Ok(Self {
            name: format!("{}/{}", header.model, header.case),
            model: header.model,
            protocol: header.dataset_protocol,
            seed: header.seed,
            config: header.config,
            bert: header.bert.map(BertConfig::from),
            parameters: header.params,
            optimizer: header.optimizer,
            tensors: tensors.into_iter().collect(),
        })
    }

    /// The error of a model that does not take the case.
    pub fn refused(&self, source: ModelError) -> CaseError {
        CaseError::Model {
            case: self.name.clone(),
            source: Box::new(source),
        }
    }

    /// The input `in.NAME`.
    pub fn input(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(&format!("in.{name}"))
    }

    /// The input `in.NAME`, which must be there.
    ///
    /// # Errors
    /// [`CaseError::Input`].
    pub fn require(&self, name: &str) -> Result<&Tensor> {
        let missing = || CaseError::Input {
            case: self.name.clone(),
            name: name.to_owned(),
        };
        self.input(name).ok_or_else(missing)
    }

    /// The variables of `store` in the order of the case, after a check that both know the same
    /// names and shapes.
    ///
    /// # Errors
    /// [`CaseError::Parameters`], [`CaseError::Shape`].
    pub fn variables(&self, store: &VarStore) -> Result<Vec<Tensor>> {
        let mut own = store.variables();
        // What a model remembers of the training samples is not in reference checkpoints.
        own.retain(|name, _| !name.starts_with("state."));
        let mut ordered = Vec::with_capacity(self.parameters.len());
        let mut missing = BTreeSet::new();
        for parameter in &self.parameters {
            match own.remove(&parameter.name) {
                None => _ = missing.insert(parameter.name.clone()),
                Some(tensor) if tensor.size() == parameter.shape => ordered.push(tensor),
                Some(tensor) => return Err(self.wrong_shape(parameter, &tensor)),
            }
        }
        if missing.is_empty() && own.is_empty() {
            return Ok(ordered);
        }
        let join = |names: BTreeSet<String>| Vec::from_iter(names).join(", ");
        let (case, surplus) = (self.name.clone(), join(own.into_keys().collect()));
        Err(CaseError::Parameters {
            case,
            missing: join(missing),
            surplus,
        })
    }

    fn wrong_shape(&self, parameter: &Parameter, tensor: &Tensor) -> CaseError {
        CaseError::Shape {
            case: self.name.clone(),
            name: parameter.name.clone(),
            expected: parameter.shape.clone(),
            got: tensor.size(),
        }
    }

    /// Sets every variable to the values the case prescribes for its name.
    pub fn fill(&self, variables: &[Tensor]) {
        for (parameter, tensor) in self.parameters.iter().zip(variables) {
            let count = parameter.shape.iter().product::<i64>() as usize;
            let values: Vec<f64> = uniform(&parameter.name, self.seed)
                .take(count)
                .map(|u| parameter.offset + parameter.bound * (2.0 * u - 1.0))
                .collect();
            let values = Tensor::from_slice(&values).view(parameter.shape.as_slice());
            tch::no_grad(|| tensor.shallow_clone().copy_(&values));
        }
    }
}

/// Increment of splitmix64.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// Numbers in [0, 1) that belong to a name: splitmix64 seeded by the name's FNV-1a hash.
fn uniform(name: &str, seed: u64) -> impl Iterator<Item = f64> + use<> {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let start = hash ^ seed.wrapping_mul(GAMMA);
    (1u64..).map(move |i| {
        let z = start.wrapping_add(i.wrapping_mul(GAMMA));
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53)
    })
}

/// The cast of a case's tensor to the precision of a run; integers stay.
pub fn cast(tensor: &Tensor, kind: Kind) -> Tensor {
    if tensor.is_floating_point() {
        tensor.to_kind(kind)
    } else {
        tensor.shallow_clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_rule_matches_its_test_vector() {
        let values: Vec<f64> = uniform("w", 1).take(4).map(|u| 2.0 * u - 1.0).collect();
        let expected = [
            -0.5326886565198663,
            -0.017436564983384306,
            -0.03400481071696837,
            0.6732444424433055,
        ];
        assert_eq!(values, expected);
    }
}
