//! Where a loss that is not finite comes from.

use tch::Tensor;

use super::tensors::SplitTensors;
use crate::model::{Batch, Inputs, Model, Trace};

/// The first tensor that is not finite, in the order parameters, inputs, intermediate results,
/// losses; with the rows of the batch it is not finite in, where it has rows.
pub fn first_non_finite(
    model: &mut dyn Model,
    batch: &Batch,
    weights: &[(String, Tensor)],
) -> String {
    let clips = batch.masked.len();
    let parameters = weights
        .iter()
        .map(|(n, t)| (format!("parameter {n}"), t.shallow_clone()));
    let mut inputs = input_tensors("masked", &batch.masked);
    if let Some(complete) = &batch.complete {
        inputs.extend(input_tensors("complete", complete));
    }
    inputs.push(("label".to_owned(), batch.label.shallow_clone()));
    let found = parameters.chain(inputs).find(|(_, tensor)| !finite(tensor));
    if let Some((name, tensor)) = found {
        return describe(&name, &tensor, clips);
    }
    let mut trace = Trace::on();
    // Dropout may have drawn what made it overflow: then the second pass is sound.
    let losses = tch::no_grad(|| model.train(batch, &mut trace));
    let named = trace.iter().find(|(_, tensor)| !finite(tensor));
    match (named, losses) {
        (Some((name, tensor)), _) => describe(&format!("result {name}"), tensor, clips),
        (None, Ok(losses)) => {
            let term = losses.terms.iter().find(|term| !finite(&term.value));
            term.map_or(
                "a gradient or a dropped-out value of the first pass alone".to_owned(),
                |t| format!("loss {}", t.name),
            )
        }
        (None, Err(error)) => error.to_string(),
    }
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

fn finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}

/// The name, with the rows in question where the tensor has one row per clip.
fn describe(name: &str, tensor: &Tensor, clips: i64) -> String {
    let size = tensor.size();
    if size.len() < 2 || size[0] != clips || name.starts_with("parameter") {
        return name.to_owned();
    }
    let broken = tensor
        .isfinite()
        .logical_not()
        .flatten(1, -1)
        .any_dim(1, false);
    let rows: Vec<String> = (0..clips)
        .filter(|&row| broken.int64_value(&[row]) == 1)
        .map(|row| row.to_string())
        .collect();
    format!("{name}, row {} of the batch", rows.join(", "))
}

/// The ids of these rows of a split.
pub fn clips(split: &SplitTensors, rows: &[i64]) -> String {
    let ids = rows.iter().map(|&row| split.ids[row as usize].as_str());
    ids.collect::<Vec<_>>().join(", ")
}
