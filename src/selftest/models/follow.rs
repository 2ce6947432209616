//! Repeats the five optimizer steps of a case with the model's own parameter groups.

use std::collections::BTreeMap;

use tch::Tensor;

use super::Runner;
use super::groups;
use crate::model::{Losses, Trace, When, backward, entry};
use crate::selftest::case::{CaseError, Result};
use crate::selftest::compare::{norm, relative, values, worst};
use crate::train::Optimizers;
use crate::train::optimizer::OptimizerError;
use crate::train::optimizers::StageIndex;

impl Runner<'_> {
    /// From the initial parameters: `trajectory.*`.
    pub fn follow(&mut self) -> Result<()> {
        self.case.fill(&self.variables);
        let optimizers = groups::of_steps(self.case, self.model.as_ref(), &self.store);
        let mut optimizers = optimizers.map_err(|source| self.stopped(source))?;
        let (before_epoch, before_step): (Vec<_>, Vec<_>) =
            (0..optimizers.stages.len()).partition(|&stage| {
                matches!(optimizers.stages[stage].0.when, When::BeforeEpoch { .. })
            });
        let steps = self.case.optimizer.steps;
        for (i, stage) in before_epoch.into_iter().enumerate() {
            let losses = (0..steps).map(|step| self.step(&mut optimizers, Some(stage), step));
            let totals = losses.map(|losses| Ok(losses?.total.double_value(&[])));
            let totals = totals.collect::<Result<Vec<f64>>>()?;
            let name = format!("trajectory.stage{}", i + 1);
            self.compare_entries(&name, &totals, self.tolerances.trajectory);
        }
        let (mut totals, mut terms) = (Vec::new(), Vec::new());
        let mut states = BTreeMap::<String, Vec<Tensor>>::new();
        let names = self.expected("trajectory.");
        let mut teacher = Vec::new();
        for step in 0..steps {
            teacher.push(self.norm_of_teacher());
            for stage in &before_step {
                self.step(&mut optimizers, Some(*stage), step)?;
            }
            let losses = self.step(&mut optimizers, None, step)?;
            tch::no_grad(|| self.model.after_step());
            totals.push(losses.total.double_value(&[]));
            terms.extend(losses.terms.iter().map(|term| term.value.double_value(&[])));
            let variables = self.store.variables();
            for name in &names {
                if let Some(state) = variables.get(&format!("state.{name}")) {
                    states.entry(name.clone()).or_default().push(state.copy());
                }
            }
        }
        for (name, steps) in states {
            let name = format!("trajectory.{name}");
            let error = relative(&Tensor::stack(&steps, 0), &self.case.tensors[&name]);
            self.push(&name, error, self.tolerances.trajectory);
        }
        self.compare_entries("trajectory.loss", &totals, self.tolerances.trajectory);
        if names.iter().any(|name| name == "teacher_l2") {
            self.compare_entries(
                "trajectory.teacher_l2",
                &teacher,
                self.tolerances.trajectory,
            );
        }
        if names.iter().any(|name| name == "components") {
            self.compare_entries("trajectory.components", &terms, self.tolerances.trajectory);
        }
        self.compare_parameters();
        Ok(())
    }

    /// Euclidean norm of all parameters of a teacher.
    fn norm_of_teacher(&self) -> f64 {
        let all = self.store.variables().into_iter();
        let own = all.filter(|(name, _)| name.starts_with("teacher."));
        let squares = own.map(|(_, tensor)| norm(&tensor).powi(2));
        squares.sum::<f64>().sqrt()
    }

    /// One step of a stage; the batch counts as an epoch of its own, and as one of several of an epoch.
    fn step(
        &mut self,
        optimizers: &mut Optimizers,
        stage: StageIndex,
        step: usize,
    ) -> Result<Losses> {
        (self.batch.epoch, self.batch.position) = (step as u32 + 1, step);
        let name = stage.map(|index| optimizers.stages[index].0.name);
        let losses = entry::train(self.model.as_mut(), name, &self.batch, &mut Trace::off());
        let losses = losses.map_err(|source| self.case.refused(source))?;
        let group = self.batches_of_group();
        let optimizer = optimizers.of(stage);
        if step.is_multiple_of(group) {
            optimizer
                .zero_grad()
                .map_err(|source| self.stopped(source))?;
        }
        let done = backward(self.model.as_ref(), &losses.total);
        done.map_err(|source| self.case.refused(source))?;
        optimizer.step(1.0).map_err(|source| self.stopped(source))?;
        if group > 1 && (step + 1).is_multiple_of(group) {
            optimizer.step(1.0).map_err(|source| self.stopped(source))?;
        }
        Ok(losses)
    }

    /// Batches whose gradients are summed, where each is followed by a step as well; else 1.
    fn batches_of_group(&self) -> usize {
        let batches = self.case.config["update_epochs"].as_u64().unwrap_or(1);
        if self.model.updates_within_group() {
            batches as usize
        } else {
            1
        }
    }

    fn stopped(&self, source: OptimizerError) -> CaseError {
        CaseError::Optimizer {
            case: self.case.name.clone(),
            source,
        }
    }

    /// Norms of the parameters after the steps. A parameter whose gradient is zero wanders by rounding alone,
    /// which Adam magnifies: in single precision it is left out, as one that holds biases of keys beside
    /// others is; in double precision it is held to the tolerance that `tests/golden/README.md` suggests,
    /// beside the largest norm.
    fn compare_parameters(&mut self) {
        let name = "trajectory.param_l2";
        let read = |name| self.case.tensors.get(name).map(values).unwrap_or_default();
        let (expected, gradients) = (read(name), read("grad.l2"));
        let largest = |all: &[f64]| all.iter().copied().fold(0.0, f64::max);
        let (largest, rounding) = (largest(&expected), 1e-12 * largest(&gradients));
        let single = self.tolerances.value > 1e-9;
        let (mut got, mut scale, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        let parameters = self.case.parameters.iter().zip(&self.variables);
        for ((parameter, variable), (expected, gradient)) in
            parameters.zip(expected.into_iter().zip(gradients))
        {
            let wanders = gradient < rounding;
            if single && (wanders || parameter.holds_key_bias()) {
                continue;
            }
            got.push(if parameter.is_buffer() {
                f64::NAN
            } else {
                norm(variable)
            });
            scale.push(if wanders {
                10.0 * (expected + 0.01 * largest)
            } else {
                expected.abs()
            });
            kept.push(expected);
        }
        let error = worst(&got, &kept, &scale);
        self.push(name, error, self.tolerances.parameters);
    }
}
