//! Compares the registered models with their reference cases.

use std::path::Path;

use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::case::{Case, CaseError, Result, cast};
use super::compare::{norm, relative, total, values, worst};
use super::{Comparison, label_generation};
use crate::model::label_bank::SPACES;
use crate::model::{Batch, Engine, Inputs, Model, Trace, backward, entry};

mod follow;
mod groups;
mod inputs;

pub use groups::published;

/// Largest errors allowed, by quantity; `tests/golden/README.md` defines each. These are tighter than it
/// suggests: in float64 what it calls a real difference, in float32 about twice what it has seen.
#[derive(Clone, Copy, Debug)]
struct Tolerances {
    value: f64,
    /// Of [`TEMPERED`].
    tempered: f64,
    gradient: f64,
    trajectory: f64,
    parameters: f64,
}

/// A loss of EMT-DLFR, of similarities divided by a small temperature: in float32, with AVX2 and one thread, it is 2.8e-5
/// away.
const TEMPERED: &str = "loss.attra_gmc_tokens";

impl Tolerances {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Double => Self {
                value: 1e-10,
                tempered: 1e-10,
                gradient: 1e-10,
                trajectory: 1e-10,
                parameters: 1e-10,
            },
            _ => Self {
                value: 2e-5,
                tempered: 4e-5,
                gradient: 2e-5,
                trajectory: 1e-4,
                parameters: 2e-3,
            },
        }
    }
}

/// Where and in which precision a case is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    pub device: Device,
    /// `Double` for proof, `Float` for what training uses.
    pub kind: Kind,
    pub engine: Engine,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            kind: Kind::Double,
            engine: Engine::default(),
        }
    }
}

/// Runs the model case in `dir` and compares every stored number: outputs, losses, gradients, five
/// optimizer steps with the case's own optimizer settings, buffers; and which parameters are stepped
/// together. `None` where this build has no model of the case's name.
///
/// # Errors
/// [`CaseError`] where the case cannot be read, the model's parameters are others, or a model of the
/// registry knows no cases.
pub fn run(dir: &Path, setting: Setting) -> Result<Option<Vec<Comparison>>> {
    let case = Case::open(dir)?;
    let Ok(entry) = entry::find(&case.model) else {
        return Ok(None);
    };
    let mut store = VarStore::new(setting.device);
    let built = entry.build_case(&store.root(), &case.config, case.bert.as_ref());
    let built = built.ok_or_else(|| CaseError::Unread {
        case: case.name.clone(),
    })?;
    let mut model = built.map_err(|source| case.refused(source))?;
    model.set_engine(setting.engine);
    store.set_kind(setting.kind);
    let mut runner = Runner::new(&case, store, model, setting)?;
    let groups = groups::check(&case, runner.model.as_ref(), &runner.variables);
    runner.comparisons.push(groups);
    runner.run().map(Some)
}

/// A case and the model built for it.
struct Runner<'a> {
    case: &'a Case,
    store: VarStore,
    variables: Vec<Tensor>,
    model: Box<dyn Model>,
    batch: Batch,
    tolerances: Tolerances,
    comparisons: Vec<Comparison>,
}

impl<'a> Runner<'a> {
    fn new(
        case: &'a Case,
        store: VarStore,
        model: Box<dyn Model>,
        setting: Setting,
    ) -> Result<Self> {
        let variables = case.variables(&store)?;
        case.fill(&variables);
        Ok(Self {
            case,
            store,
            variables,
            model,
            batch: inputs::batch(case, setting)?,
            tolerances: Tolerances::of(setting.kind),
            comparisons: Vec::new(),
        })
    }

    fn run(mut self) -> Result<Vec<Comparison>> {
        self.prescribe();
        self.evaluate()?;
        self.set_labels();
        self.train_once()?;
        self.generate_labels()?;
        self.follow()?;
        self.find_uncompared();
        Ok(self.comparisons)
    }

    /// Evaluation passes with the initial parameters: `out.eval_*`. A case that stores both `NAME` and
    /// `NAME_m` has them of the complete and of the masked inputs; any other of what is evaluated.
    fn evaluate(&mut self) -> Result<()> {
        let of_masked = self.evaluated(&self.batch.masked)?;
        let complete = self.batch.complete.as_ref();
        let of_complete = complete.map(|inputs| self.evaluated(inputs)).transpose()?;
        let inputs = &self.batch.masked;
        let one = |i| self.model.predict(&inputs.narrow(i, 1), &mut Trace::off());
        let computed = tch::no_grad(|| {
            (0..inputs.len())
                .map(one)
                .collect::<std::result::Result<Vec<Tensor>, _>>()
        });
        let one_by_one = Tensor::cat(&computed.map_err(|e| self.case.refused(e))?, 0);
        let names = self.expected("out.eval_");
        let in_both = |name: &str| names.contains(&format!("{name}_m"));
        for name in &names {
            let masked = name.strip_suffix("_m").filter(|name| in_both(name));
            let got = match name.as_str() {
                "pred_one_by_one" => Some(&one_by_one),
                name if in_both(name) => of_complete.as_ref().and_then(|trace| trace.get(name)),
                name => of_masked.get(masked.unwrap_or(name)),
            };
            self.compare(&format!("out.eval_{name}"), got);
        }
        Ok(())
    }

    /// What a prediction records on the way.
    fn evaluated(&self, inputs: &Inputs) -> Result<Trace> {
        let mut trace = Trace::on();
        let predicted = tch::no_grad(|| self.model.predict(inputs, &mut trace));
        let _ = predicted.map_err(|source| self.case.refused(source))?;
        Ok(trace)
    }

    /// The single pass counts as one after many, whose state the case prescribes.
    fn prescribe(&mut self) {
        let (kind, device) = (self.batch.label.kind(), self.batch.label.device());
        self.batch.position = usize::MAX;
        let given = |name: &str| {
            let tensor = self.case.input(name);
            tensor.map(|tensor| cast(tensor, kind).to_device(device))
        };
        self.model.prescribe(&given);
    }

    /// Cases of models that make labels prescribe those of the single pass, which then counts as one
    /// of the second epoch: the first starts from the samples' own.
    fn set_labels(&mut self) {
        let state = self.store.variables();
        for space in SPACES {
            let given = match space {
                "fusion" => self.case.input("label"),
                _ => self.case.input(&format!("label_{space}")),
            };
            let labels = state.get(&format!("state.labels_{space}"));
            if let (Some(labels), Some(given)) = (labels, given) {
                self.batch.epoch = 2;
                tch::no_grad(|| labels.shallow_clone().copy_(&given.flatten(0, -1)));
            }
        }
    }

    fn generate_labels(&mut self) -> Result<()> {
        let (kind, device) = (self.batch.label.kind(), self.batch.label.device());
        for (name, error) in label_generation::run(self.case, kind, device)? {
            self.push(&name, error, self.tolerances.value);
        }
        Ok(())
    }

    /// One training pass and its gradients: `out.*`, `loss.*`, `buffer_after_1_forward.*`, `grad.*`.
    fn train_once(&mut self) -> Result<()> {
        let mut trace = Trace::on();
        let losses = self
            .model
            .train(&self.batch, &mut trace)
            .map_err(|source| self.case.refused(source))?;
        for name in self
            .expected("out.")
            .iter()
            // Labels that a case generates by themselves are compared with them.
            .filter(|name| !name.starts_with("gen_") || trace.get(name).is_some())
            .filter(|name| !name.starts_with("eval_"))
        {
            self.compare(&format!("out.{name}"), trace.get(name));
        }
        for name in self.expected("loss.") {
            let got = if name == "total" {
                Some(&losses.total)
            } else {
                losses.term(&name)
            };
            self.compare(&format!("loss.{name}"), got);
        }
        let buffers = self.store.variables();
        for name in self.expected("buffer_after_1_forward.") {
            self.compare(
                &format!("buffer_after_1_forward.{name}"),
                buffers.get(&name),
            );
        }
        backward(self.model.as_ref(), &losses.total).map_err(|source| self.case.refused(source))?;
        self.compare_gradients();
        Ok(())
    }

    /// Names of the expected tensors that start with `prefix`, without it.
    fn expected(&self, prefix: &str) -> Vec<String> {
        let rest = |name: &String| name.strip_prefix(prefix).map(str::to_owned);
        self.case.tensors.keys().filter_map(rest).collect()
    }

    fn push(&mut self, quantity: &str, error: f64, tolerance: f64) {
        let (case, quantity) = (self.case.name.clone(), quantity.to_owned());
        self.comparisons.push(Comparison {
            case,
            quantity,
            error,
            tolerance,
        });
    }

    /// Largest difference over the largest expected magnitude; infinite where nothing was computed.
    fn compare(&mut self, name: &str, got: Option<&Tensor>) {
        let error = match got {
            Some(got) => relative(got, &self.case.tensors[name]),
            None => f64::INFINITY,
        };
        let tolerance = match name {
            TEMPERED => self.tolerances.tempered,
            _ => self.tolerances.value,
        };
        self.push(name, error, tolerance);
    }

    /// Largest relative difference of any entry; NaN must meet NaN.
    fn compare_entries(&mut self, name: &str, got: &[f64], tolerance: f64) {
        let expected = self.case.tensors.get(name).map(values).unwrap_or_default();
        let scale: Vec<f64> = expected.iter().map(|e| e.abs()).collect();
        self.push(name, worst(got, &expected, &scale), tolerance);
    }

    fn compare_gradients(&mut self) {
        let gradients: Vec<Tensor> = self.variables.iter().map(Tensor::grad).collect();
        let read = |f: fn(&Tensor) -> f64| -> Vec<f64> {
            gradients
                .iter()
                .map(|g| if g.defined() { f(g) } else { f64::NAN })
                .collect()
        };
        let expected = |name: &str| self.case.tensors.get(name).map(values).unwrap_or_default();
        let (l2, sum) = (expected("grad.l2"), expected("grad.sum"));
        let floor = 0.01 * l2.iter().copied().fold(0.0, f64::max);
        let counts = self.variables.iter().map(|v| (v.numel() as f64).sqrt());
        // A gradient of zero is a sum that cancels: in single precision its rounding is not small beside
        // it, and is held to the tolerance that `tests/golden/README.md` suggests.
        let single = self.tolerances.value > 1e-9;
        let l2_scale: Vec<f64> = (l2.iter())
            .map(|&value| {
                if single && value < 1e-10 * floor {
                    10.0 * floor
                } else {
                    value + floor
                }
            })
            .collect();
        let sum_scale: Vec<f64> = counts.zip(&l2_scale).map(|(root, s)| root * s).collect();
        let error_l2 = worst(&read(norm), &l2, &l2_scale);
        let error_sum = worst(&read(total), &sum, &sum_scale);
        self.push("grad.l2", error_l2, self.tolerances.gradient);
        self.push("grad.sum", error_sum, self.tolerances.gradient);
    }

    /// Whatever the case stores and nothing above has compared counts as wrong.
    fn find_uncompared(&mut self) {
        let compared = |name: &&String| self.comparisons.iter().any(|o| o.quantity == **name);
        let names = self
            .case
            .tensors
            .keys()
            .filter(|name| !name.starts_with("in."));
        let rest: Vec<String> = names.filter(|name| !compared(name)).cloned().collect();
        for name in rest {
            self.push(&name, f64::INFINITY, self.tolerances.value);
        }
    }
}
