//! Predictions of a model for a whole split under one view of it.

use tch::Tensor;

use super::fault::{self, Fault};
use super::precision::Precision;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, native};
use crate::model::{Model, Trace};

/// Clips per forward pass where no gradient is kept.
const BATCH: i64 = 64;

/// Predicted labels in row order, in smaller passes where memory runs out.
///
/// # Errors
/// [`Error::OutOfMemory`] where not even one clip fits.
pub fn predict(
    model: &dyn Model,
    split: &SplitTensors,
    view: &View,
    precision: Precision,
) -> Result<Vec<f32>, Error> {
    let mut clips = BATCH;
    loop {
        match fault::caught(|| predict_by(model, split, view, precision, clips)) {
            Ok(predictions) => return Ok(predictions),
            Err(Fault::Other(error)) => return Err(error),
            Err(Fault::Memory(reason)) if clips == 1 => {
                return Err(Error::OutOfMemory {
                    model: "evaluation",
                    clips: 1,
                    reason,
                });
            }
            Err(Fault::Memory(reason)) => {
                clips /= 2;
                tracing::warn!("{reason}; evaluating {clips} clips at a time");
                native::release_cuda_memory(split.labels.device())?;
            }
        }
    }
}

fn predict_by(
    model: &dyn Model,
    split: &SplitTensors,
    view: &View,
    precision: Precision,
    clips: i64,
) -> Result<Vec<f32>, Error> {
    tch::no_grad(|| {
        let device = split.labels.device();
        let _guard = precision.enter(device)?;
        let mut predictions = Vec::with_capacity(split.len());
        let rows = split.len() as i64;
        let mut start = 0;
        while start < rows {
            let end = rows.min(start + clips);
            let index = Tensor::arange_start(start, end, (tch::Kind::Int64, device));
            let inputs = view.inputs(split, &index);
            let batch = model.predict(&inputs, &mut Trace::off())?.flatten(0, -1);
            predictions.extend(Vec::<f32>::try_from(&batch.to_kind(tch::Kind::Float))?);
            start = end;
        }
        Ok(predictions)
    })
}
