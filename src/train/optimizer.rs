//! Updates parameters by Adam or AdamW, step for step as `torch.optim` does.
//!
//! tch's own optimizers cannot hand out or take back their moments, which resuming a run needs, and
//! loop over tensors, thousands of small launches a step for a BERT. Here one fused call moves all.

use std::collections::{BTreeMap, HashMap};

use tch::{Kind, Tensor, nn::VarStore};

use super::native::{self, Moves, Rates};
use super::{memory, non_finite};
use crate::model::entry::ADAM_EPSILON;
use crate::model::losses::read_back;
use crate::model::{GradClip, ParamGroup, Recipe, Rule, Stage};

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;

/// What can go wrong with an optimizer's groups and its saved state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// A group that claims nothing.
    #[error("parameter group `{group}`: expected parameters starting with {prefixes}, found none")]
    EmptyGroup {
        group: &'static str,
        prefixes: String,
    },

    /// A gradient that would poison the weights; they are as they were.
    #[error("the gradient of {parameter} is not finite")]
    NotFinite { parameter: String },

    /// libtorch refused a step.
    #[error("the optimizer's step failed: {reason}")]
    Libtorch { reason: String },

    /// A saved state that lacks a parameter's entry.
    #[error("optimizer state: expected `{name}` with the other entries of its parameter, got none")]
    Missing { name: String },

    /// A saved state of another model.
    #[error("optimizer state: `{name}`: expected shape {expected:?}, got {got:?}")]
    Shape {
        name: String,
        expected: Vec<i64>,
        got: Vec<i64>,
    },
}

type Result<T> = std::result::Result<T, OptimizerError>;

/// First and second moment of a parameter's gradient.
#[derive(Debug)]
struct Moments {
    first: Tensor,
    second: Tensor,
}

/// A parameter with its history.
#[derive(Debug)]
struct Slot {
    name: String,
    parameter: Tensor,
    learning_rate: f64,
    weight_decay: f64,
    /// Steps taken with a gradient; the bias correction counts these alone.
    steps: i64,
    /// `None` until the first gradient.
    moments: Option<Moments>,
}

impl Moments {
    /// Zero, of a parameter's shape.
    fn of(parameter: &Tensor) -> Result<Self> {
        let zeros = || {
            let zeros = tch::no_grad(|| parameter.f_zeros_like());
            zeros.map_err(|error| OptimizerError::Libtorch {
                reason: error.to_string(),
            })
        };
        Ok(Self {
            first: zeros()?,
            second: zeros()?,
        })
    }
}

impl Slot {
    /// Starts the moments at zero where there are none.
    fn make_room(&mut self) -> Result<()> {
        if self.moments.is_none() {
            self.moments = Some(Moments::of(&self.parameter)?);
        }
        Ok(())
    }

    /// What parameters that move in one call have in common: learning rate and weight decay.
    fn rates(&self) -> (f64, f64) {
        (self.learning_rate, self.weight_decay)
    }
}

/// Adam or AdamW over the parameter groups of a model; betas 0.9 and 0.999, eps 1e-8 unless set otherwise.
#[derive(Debug)]
pub struct Optimizer {
    /// In front of parameter names in the saved state: the stage's name and a colon, or nothing.
    prefix: String,
    rule: Rule,
    clip: GradClip,
    /// Added to the root of the second moment.
    epsilon: f64,
    /// Sorted by name, so that sums over parameters have one order.
    slots: Vec<Slot>,
    /// Trainable parameters in no group: never updated, but counted in a norm.
    others: Vec<(String, Tensor)>,
    /// Float32 scalar: 1 from the first step on whose gradients or losses were not finite.
    broken: Tensor,
}

impl Optimizer {
    /// An optimizer over the trainable parameters of `store`.
    ///
    /// A parameter belongs to the first group that claims it, else to the first group without
    /// prefixes, else to none.
    ///
    /// # Errors
    /// [`OptimizerError::EmptyGroup`] where a group with prefixes claims nothing.
    pub fn new(store: &VarStore, recipe: &Recipe, groups: &[ParamGroup]) -> Result<Self> {
        Self::build(store, String::new(), (recipe.rule, recipe.clip), groups)
    }

    /// An optimizer over the parameters of a stage's groups. Its saved state has other names than the
    /// main stage's, so that both may move one parameter.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_stage(store: &VarStore, stage: &Stage) -> Result<Self> {
        let prefix = format!("{}:", stage.name);
        Self::build(store, prefix, (stage.rule, stage.clip), &stage.groups)
    }

    fn build(
        store: &VarStore,
        prefix: String,
        (rule, clip): (Rule, GradClip),
        groups: &[ParamGroup],
    ) -> Result<Self> {
        let mut parameters: Vec<(String, Tensor)> = store
            .variables()
            .into_iter()
            .filter(|(_, tensor)| tensor.requires_grad())
            .collect();
        parameters.sort_by(|a, b| a.0.cmp(&b.0));
        check_groups(groups, &parameters)?;
        let (mut slots, mut others) = (Vec::new(), Vec::new());
        for (name, parameter) in parameters {
            match ParamGroup::index(groups, &name) {
                None => others.push((name, parameter)),
                Some(place) => slots.push(Slot {
                    name,
                    parameter,
                    learning_rate: groups[place].learning_rate,
                    weight_decay: groups[place].weight_decay,
                    steps: 0,
                    moments: None,
                }),
            }
        }
        Ok(Self {
            prefix,
            rule,
            clip,
            epsilon: ADAM_EPSILON,
            slots,
            others,
            broken: Tensor::zeros([0i64; 0], (Kind::Float, store.device())),
        })
    }

    /// With this small number added to the root of the second moment.
    #[must_use]
    pub fn with_epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// That moves nothing any more once this or the other has found something that is not finite, nor does the
    /// other then.
    #[must_use]
    pub fn stopping_with(mut self, other: &Self) -> Self {
        self.broken = other.broken.shallow_clone();
        self
    }

    /// Forgets every gradient, as PyTorch's does unless told otherwise: none is held beside the
    /// activations of the next pass, which neither reads zeros nor adds to them.
    ///
    /// # Errors
    /// [`OptimizerError::Libtorch`].
    pub fn zero_grad(&mut self) -> Result<()> {
        let slots = self.slots.iter().map(|slot| &slot.parameter);
        let others = self.others.iter().map(|(_, parameter)| parameter);
        let parameters: Vec<&Tensor> = slots.chain(others).collect();
        native::forget_gradients(&parameters).map_err(|reason| OptimizerError::Libtorch { reason })
    }

    /// Allocates the moments of every parameter that has a gradient: all the memory that
    /// [`Self::step`] needs. It may be called again where it failed.
    ///
    /// # Errors
    /// [`OptimizerError::Libtorch`].
    pub fn make_room(&mut self) -> Result<()> {
        let slots = self.slots.iter_mut();
        let mut moving = slots.filter(|slot| slot.parameter.grad().defined());
        moving.try_for_each(Slot::make_room)
    }

    /// Bytes of the moments of all parameters of its groups.
    pub fn moment_bytes(&self) -> u64 {
        let slots = self.slots.iter();
        2 * slots.map(|slot| memory::size(&slot.parameter)).sum::<u64>()
    }

    /// Clips the gradients and updates every parameter that has one.
    ///
    /// `factor` is the schedule's, by which each group's learning rate is multiplied. A parameter
    /// without gradient is left alone, its decay included.
    ///
    /// # Errors
    /// [`OptimizerError::NotFinite`] where a gradient is not finite after clipping: nothing is moved
    /// then. [`OptimizerError::Libtorch`].
    pub fn step(&mut self, factor: f64) -> Result<()> {
        self.advance(factor, &[])?;
        let broken = tch::no_grad(|| self.broken());
        if read_back(&[broken]).iter().all(|&flag| flag == 0.0) {
            return Ok(());
        }
        self.take_back();
        Err(OptimizerError::NotFinite {
            parameter: self.broken_gradient().unwrap_or_default(),
        })
    }

    /// [`Self::step`] that leaves the finding on the device: where a gradient or one of these loss scalars is not finite,
    /// no parameter is moved in this step or a later one, and [`Self::broken`] tells it.
    ///
    /// # Errors
    /// [`OptimizerError::Libtorch`].
    pub fn advance(&mut self, factor: f64, losses: &[&Tensor]) -> Result<()> {
        self.make_room()?;
        tch::no_grad(|| {
            self.clip_gradients();
            let gradients = self.gradients();
            let checked: Vec<&Tensor> = gradients.iter().chain(losses.iter().copied()).collect();
            native::find_broken(&checked, &self.broken)
                .map_err(|reason| OptimizerError::Libtorch { reason })?;
            self.move_parameters(factor)
        })
    }

    /// (1) float64 on the parameters' device: 1 where a step was not taken, 0 otherwise.
    pub fn broken(&self) -> Tensor {
        self.broken.to_kind(Kind::Double).reshape([1])
    }

    /// The name of the first parameter whose gradient is not finite.
    pub fn broken_gradient(&self) -> Option<String> {
        non_finite::first_of(&self.named_gradients()).map(str::to_owned)
    }

    /// Forgets a step that moved nothing.
    fn take_back(&mut self) {
        let _ = tch::no_grad(|| self.broken.zero_());
        let slots = self.slots.iter_mut();
        let moving = slots.filter(|slot| slot.parameter.grad().defined());
        moving.for_each(|slot| slot.steps -= 1);
    }

    /// One fused call for all parameters of equal rates.
    fn move_parameters(&mut self, factor: f64) -> Result<()> {
        let rule = self.rule;
        let mut moving: Vec<(&mut Slot, Tensor)> = Vec::new();
        for slot in &mut self.slots {
            let gradient = slot.parameter.grad();
            if gradient.defined() {
                slot.steps += 1;
                moving.push((slot, gradient));
            }
        }
        moving.sort_by(|(a, _), (b, _)| {
            let ((ra, da), (rb, db)) = (a.rates(), b.rates());
            ra.total_cmp(&rb).then(da.total_cmp(&db))
        });
        for group in moving.chunk_by(|(a, _), (b, _)| a.rates() == b.rates()) {
            let (learning_rate, decay) = group[0].0.rates();
            let rates = Rates {
                decoupled: rule == Rule::AdamW,
                rate: learning_rate * factor,
                betas: [BETA1, BETA2],
                decay,
                eps: self.epsilon,
            };
            fused(group, rates, &self.broken)?;
        }
        Ok(())
    }

    /// `zero_grad`, backward of `loss`, `step`.
    ///
    /// # Errors
    /// [`OptimizerError::Libtorch`].
    pub fn backward_step(&mut self, loss: &Tensor, factor: f64) -> Result<()> {
        self.zero_grad()?;
        loss.backward();
        self.step(factor)
    }

    /// Euclidean norm over all gradients, as a scalar on the parameters' device; `None` without any.
    pub fn gradient_norm(&self) -> Option<Tensor> {
        let norms: Vec<Tensor> = self.gradients().iter().map(Tensor::norm).collect();
        (!norms.is_empty()).then(|| Tensor::stack(&norms, 0).norm())
    }

    fn gradients(&self) -> Vec<Tensor> {
        let named = self.named_gradients().into_iter();
        named.map(|(_, gradient)| gradient).collect()
    }

    /// The gradients there are, those that move parameters first.
    fn named_gradients(&self) -> Vec<(String, Tensor)> {
        let slots = self.slots.iter().map(|slot| (&slot.name, &slot.parameter));
        let others = self
            .others
            .iter()
            .map(|(name, parameter)| (name, parameter));
        slots
            .chain(others)
            .map(|(name, parameter)| (name.clone(), parameter.grad()))
            .filter(|(_, gradient)| gradient.defined())
            .collect()
    }

    /// Clips the gradients as they are, between two batches that make one step.
    pub fn clip(&self) {
        tch::no_grad(|| self.clip_gradients());
    }

    /// As `torch.nn.utils.clip_grad_value_` and `clip_grad_norm_`.
    fn clip_gradients(&self) {
        match self.clip {
            GradClip::None => {}
            GradClip::Value(limit) => {
                for mut gradient in self.gradients() {
                    let _ = gradient.clamp_(-limit, limit);
                }
            }
            GradClip::Norm(limit) => {
                let Some(norm) = self.gradient_norm() else {
                    return;
                };
                let scale = ((norm + 1e-6).reciprocal() * limit).clamp_max(1.0);
                for mut gradient in self.gradients() {
                    let _ = gradient.g_mul_(&scale);
                }
            }
        }
    }

    /// Moments and step counts, to be saved with the parameters: per parameter that has been
    /// stepped `NAME.exp_avg`, `NAME.exp_avg_sq` and `NAME.step` (int64 scalar), with `STAGE:` in front
    /// where the optimizer is a stage's.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = Vec::new();
        for slot in &self.slots {
            let Some(moments) = &slot.moments else {
                continue;
            };
            let name = format!("{}{}", self.prefix, slot.name);
            state.push((format!("{name}.exp_avg"), moments.first.shallow_clone()));
            state.push((format!("{name}.exp_avg_sq"), moments.second.shallow_clone()));
            state.push((format!("{name}.step"), Tensor::from(slot.steps)));
        }
        state
    }

    /// Takes back what [`Self::state`] gave. Parameters without any entry start anew; entries of
    /// unknown names are ignored.
    ///
    /// # Errors
    /// [`OptimizerError::Missing`] where only part of a parameter's entries is there,
    /// [`OptimizerError::Shape`]; nothing is changed then.
    pub fn load_state(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        let entries: HashMap<&str, &Tensor> = state.iter().map(|(n, t)| (n.as_str(), t)).collect();
        let loaded: Vec<_> = self
            .slots
            .iter()
            .map(|slot| load_slot(slot, &self.prefix, &entries))
            .collect::<Result<_>>()?;
        for (slot, loaded) in self.slots.iter_mut().zip(loaded) {
            let (steps, moments) = loaded.map_or((0, None), |(steps, m)| (steps, Some(m)));
            slot.steps = steps;
            slot.moments = moments;
        }
        Ok(())
    }
}

/// Moves these parameters along their gradients.
fn fused(group: &[(&mut Slot, Tensor)], rates: Rates, broken: &Tensor) -> Result<()> {
    // Nearly always one count for all; a scalar each would be two hundred transfers a step.
    let mut counts: BTreeMap<i64, Tensor> = BTreeMap::new();
    for (slot, _) in group {
        let scalar = (Kind::Float, slot.parameter.device());
        counts
            .entry(slot.steps)
            .or_insert_with(|| Tensor::full([0i64; 0], slot.steps, scalar));
    }
    let moments = group.iter().filter_map(|(slot, _)| slot.moments.as_ref());
    let (first, second): (Vec<&Tensor>, Vec<&Tensor>) =
        moments.map(|m| (&m.first, &m.second)).unzip();
    let parameters: Vec<&Tensor> = group.iter().map(|(slot, _)| &slot.parameter).collect();
    let gradients: Vec<&Tensor> = group.iter().map(|(_, gradient)| gradient).collect();
    let steps: Vec<&Tensor> = group.iter().map(|(slot, _)| &counts[&slot.steps]).collect();
    let moves = Moves {
        parameters: &parameters,
        gradients: &gradients,
        first: &first,
        second: &second,
        steps: &steps,
        broken,
    };
    native::fused_adam(&moves, rates).map_err(|reason| OptimizerError::Libtorch { reason })
}

fn check_groups(groups: &[ParamGroup], parameters: &[(String, Tensor)]) -> Result<()> {
    let empty = |group: &&ParamGroup| {
        !group.prefixes.is_empty() && !parameters.iter().any(|(name, _)| group.claims(name))
    };
    match groups.iter().find(empty) {
        None => Ok(()),
        Some(group) => Err(OptimizerError::EmptyGroup {
            group: group.name,
            prefixes: group.prefixes.join(" or "),
        }),
    }
}

/// Steps and copies of the moments of one parameter; `None` where no entry of it exists.
fn load_slot(
    slot: &Slot,
    prefix: &str,
    entries: &HashMap<&str, &Tensor>,
) -> Result<Option<(i64, Moments)>> {
    let name = &slot.name;
    let names = ["exp_avg", "exp_avg_sq", "step"].map(|end| format!("{prefix}{name}.{end}"));
    let found = names
        .each_ref()
        .map(|name| entries.get(name.as_str()).copied());
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    let get = |i: usize| {
        found[i].ok_or_else(|| OptimizerError::Missing {
            name: names[i].clone(),
        })
    };
    let moment = |i: usize| {
        let (saved, expected) = (get(i)?, slot.parameter.size());
        if saved.size() != expected {
            let (name, got) = (names[i].clone(), saved.size());
            return Err(OptimizerError::Shape {
                name,
                expected,
                got,
            });
        }
        let mut own = tch::no_grad(|| slot.parameter.zeros_like());
        own.copy_(saved);
        Ok(own)
    };
    let moments = Moments {
        first: moment(0)?,
        second: moment(1)?,
    };
    let steps = get(2)?
        .to_kind(Kind::Int64)
        .sum(Kind::Int64)
        .int64_value(&[]);
    Ok(Some((steps, moments)))
}

#[cfg(test)]
mod tests;
