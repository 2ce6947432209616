//! Predictions of a model for a whole split under one view of it.

use tch::Tensor;

use super::Error;
use super::tensors::SplitTensors;
use super::view::View;
use crate::model::{Model, Trace};

/// Clips per forward pass where no gradient is kept.
const BATCH: i64 = 64;

/// Predicted labels in row order.
pub fn predict(model: &dyn Model, split: &SplitTensors, view: &View) -> Result<Vec<f32>, Error> {
    tch::no_grad(|| {
        let mut predictions = Vec::with_capacity(split.len());
        let rows = split.len() as i64;
        let mut start = 0;
        while start < rows {
            let count = BATCH.min(rows - start);
            let index = Tensor::arange_start(
                start,
                start + count,
                (tch::Kind::Int64, split.labels.device()),
            );
            let inputs = view.inputs(split, &index);
            let batch = model.predict(&inputs, &mut Trace::off())?.flatten(0, -1);
            predictions.extend(Vec::<f32>::try_from(&batch.to_kind(tch::Kind::Float))?);
            start += count;
        }
        Ok(predictions)
    })
}
