//! Finds the first tensor of a pass that is not finite.

use tch::{Kind, Tensor};

use super::tensors::SplitTensors;
use crate::model::{Batch, Inputs, Model, Trace, entry};

/// The first tensor of a pass that is not finite, in the order parameters, inputs, intermediate
/// results, losses; with the samples it is not finite in, where it has a row per sample.
///
/// It computes the pass of `stage`, `None` for the main one, again: seed libtorch as before the first time, so that dropout repeats.
pub fn first_of_pass(
    model: &mut dyn Model,
    stage: Option<&'static str>,
    batch: &Batch,
    weights: &[(String, Tensor)],
    ids: &[String],
) -> String {
    if let Some(name) = first_of(weights) {
        return format!("parameter {name}");
    }
    let sample = |row: usize| ids[batch.index[row] as usize].as_str();
    let mut inputs = input_tensors("masked", &batch.masked);
    if let Some(complete) = &batch.complete {
        inputs.extend(input_tensors("complete", complete));
    }
    inputs.push(("label".to_owned(), batch.label.shallow_clone()));
    if let Some((name, tensor)) = inputs.iter().find(|(_, tensor)| !is_finite(tensor)) {
        return describe(name, tensor, batch.masked.len(), sample);
    }
    let mut trace = Trace::on();
    let losses = tch::no_grad(|| entry::train(model, stage, batch, &mut trace));
    let named = trace.iter().find(|(_, tensor)| !is_finite(tensor));
    match (named, losses) {
        (Some((name, tensor)), _) => describe(
            &format!("result {name}"),
            tensor,
            batch.masked.len(),
            sample,
        ),
        (None, Ok(losses)) => {
            let term = losses.terms.iter().find(|term| !is_finite(&term.value));
            let name = |name| format!("loss {name}");
            term.map_or("none when computed again".to_owned(), |t| name(t.name))
        }
        (None, Err(error)) => error.to_string(),
    }
}

/// The name of the first of these floats that is not finite, by one check of all of them: a
/// synchronization for each would cost more than the sums.
pub fn first_of(named: &[(String, Tensor)]) -> Option<&str> {
    let floats = named
        .iter()
        .filter(|(_, tensor)| tensor.is_floating_point());
    let sums: Vec<Tensor> = floats
        .clone()
        // A sum of what is finite may overflow; the check of each tensor below decides.
        .map(|(_, tensor)| tch::no_grad(|| tensor.sum(Kind::Float)))
        .collect();
    if sums.is_empty() || is_finite(&Tensor::stack(&sums, 0)) {
        return None;
    }
    let mut floats = floats.filter(|(_, tensor)| !is_finite(tensor));
    floats.next().map(|(name, _)| name.as_str())
}

/// The ids of these rows of a split.
pub fn samples(split: &SplitTensors, rows: &[i64]) -> String {
    let ids = rows.iter().map(|&row| split.ids[row as usize].as_str());
    ids.collect::<Vec<_>>().join(", ")
}

fn input_tensors(version: &str, inputs: &Inputs) -> Vec<(String, Tensor)> {
    let parts = [
        ("text", inputs.text.tensor()),
        ("audio", &inputs.audio),
        ("vision", &inputs.vision),
    ];
    let named =
        |(name, tensor): (&str, &Tensor)| (format!("{version} {name}"), tensor.shallow_clone());
    parts.map(named).into()
}

fn is_finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}

/// The name, with the samples in question where the tensor has one row for each.
fn describe<'a>(
    name: &str,
    tensor: &Tensor,
    samples: i64,
    sample: impl Fn(usize) -> &'a str,
) -> String {
    let size = tensor.size();
    if size.len() < 2 || size[0] != samples {
        return name.to_owned();
    }
    let broken = tensor
        .isfinite()
        .logical_not()
        .flatten(1, -1)
        .any_dim(1, false);
    let broken = (0..samples).filter(|&row| broken.int64_value(&[row]) == 1);
    let ids: Vec<&str> = broken.map(|row| sample(row as usize)).collect();
    format!("{name} of {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn the_first_that_is_not_finite_is_found_and_large_ones_pass() {
        let named = |values: &[f64]| -> Vec<(String, Tensor)> {
            let tensor = |v: &f64| Tensor::full([3], *v, (Kind::Float, Device::Cpu));
            let all = values.iter().enumerate();
            all.map(|(i, v)| (format!("p{i}"), tensor(v))).collect()
        };
        assert_eq!(first_of(&named(&[1.0, -2.0])), None);
        // Their sum is infinite, they are not.
        assert_eq!(first_of(&named(&[3e38, 1.0])), None);
        assert_eq!(
            first_of(&named(&[3e38, f64::NAN, f64::INFINITY])),
            Some("p1")
        );
        assert_eq!(first_of(&named(&[1.0, f64::NEG_INFINITY])), Some("p1"));
        let counts = vec![("n".to_owned(), Tensor::from_slice(&[1i64]))];
        assert_eq!(first_of(&counts), None);
    }
}
