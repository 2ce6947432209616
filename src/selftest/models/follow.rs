//! Repeats the five optimizer steps of a case with the model's own parameter groups.

use std::collections::BTreeMap;

use tch::Tensor;

use super::Runner;
use super::groups;
use crate::model::{Trace, backward};
use crate::selftest::case::{CaseError, Result};
use crate::selftest::compare::{norm, relative, values, worst};
use crate::train::Optimizer;

impl Runner<'_> {
    /// From the initial parameters: `trajectory.*`.
    pub fn follow(&mut self) -> Result<()> {
        self.case.fill(&self.variables);
        let (recipe, groups) = groups::of_steps(self.case, self.model.as_ref());
        let case = self.case.name.clone();
        let refused = |source| CaseError::Optimizer {
            case: case.clone(),
            source,
        };
        let optimizer = Optimizer::new(&self.store, &recipe, &groups).map_err(refused)?;
        let mut optimizer = optimizer.with_epsilon(self.case.optimizer.eps);
        let mut totals = Vec::new();
        let mut states = BTreeMap::<String, Vec<Tensor>>::new();
        let names = self.expected("trajectory.");
        for step in 0..self.case.optimizer.steps {
            self.batch.epoch = step as u32 + 1;
            let losses = self.model.train(&self.batch, &mut Trace::off());
            let losses = losses.map_err(|source| self.case.refused(source))?;
            totals.push(losses.total.double_value(&[]));
            optimizer.zero_grad().map_err(refused)?;
            let model = self.model.as_ref();
            backward(model, &losses.total).map_err(|source| self.case.refused(source))?;
            optimizer.step(1.0).map_err(refused)?;
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
        self.compare_parameters();
        Ok(())
    }

    /// Norms of the parameters after the steps, but in single precision those that wander by
    /// rounding alone.
    fn compare_parameters(&mut self) {
        let name = "trajectory.param_l2";
        let expected = self.case.tensors.get(name).map(values).unwrap_or_default();
        let single = self.tolerances.value > 1e-9;
        let parameters = self
            .case
            .parameters
            .iter()
            .zip(&self.variables)
            .zip(expected);
        let (got, expected): (Vec<f64>, Vec<f64>) = parameters
            .filter(|((parameter, _), _)| !(single && parameter.holds_key_bias()))
            .map(|((parameter, variable), expected)| {
                if parameter.is_buffer() {
                    (f64::NAN, expected)
                } else {
                    (norm(variable), expected)
                }
            })
            .unzip();
        let scale: Vec<f64> = expected.iter().map(|e| e.abs()).collect();
        self.push(
            name,
            worst(&got, &expected, &scale),
            self.tolerances.parameters,
        );
    }
}
