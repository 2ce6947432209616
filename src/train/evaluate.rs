//! Predictions of a model for a whole split under views of it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::{Device, Kind, Tensor};

use super::out_of_memory::{self, Fault};
use super::precision::Precision;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, native};
use crate::model::{Inputs, Model, Trace};

/// Rows per forward pass where no gradient is kept.
const BATCH: usize = 64;

/// The rows that go through the model together with `row` where a split is predicted under one view:
/// alone, its last bits could be others.
pub fn pass_of(row: usize, split: &SplitTensors) -> Range<usize> {
    let start = row / BATCH * BATCH;
    start..split.len().min(start + BATCH)
}

/// Predicted labels in row order under each view, in smaller passes where memory runs out.
///
/// Where the text encoder is inside the model, samples go through it under all views at once: it
/// computes every text of a pass once, and the same sample at two conditions often has the same text.
///
/// # Errors
/// [`Error::OutOfMemory`] where not even one sample fits; [`Error::InterruptedEvaluation`] where
/// `interrupt` was raised.
pub fn predict(
    model: &dyn Model,
    split: &SplitTensors,
    views: &[View],
    precision: Precision,
    interrupt: &AtomicBool,
) -> Result<Vec<Vec<f32>>, Error> {
    predict_rows(model, (split, 0..split.len()), views, precision, interrupt)
}

/// [`predict`] of some rows alone.
///
/// # Errors
/// As [`predict`].
pub fn predict_rows(
    model: &dyn Model,
    (split, samples): (&SplitTensors, Range<usize>),
    views: &[View],
    precision: Precision,
    interrupt: &AtomicBool,
) -> Result<Vec<Vec<f32>>, Error> {
    let alike = split.labels.device() == Device::Cpu && views.iter().all(View::is_tokens);
    let mut predictions = Vec::with_capacity(views.len());
    let mut rows = BATCH;
    while predictions.len() < views.len() {
        let left = &views[predictions.len()..];
        let together = if alike { left.len().min(rows) } else { 1 };
        let evaluation = Evaluation {
            model,
            split,
            samples: samples.clone(),
            views: &left[..together],
            precision,
            interrupt,
        };
        match out_of_memory::caught(|| evaluation.in_passes(rows / together)) {
            Ok(made) => predictions.extend(made),
            Err(Fault::Other(error)) => return Err(error),
            Err(Fault::Memory(reason)) if rows == 1 => {
                return Err(Error::OutOfMemory {
                    model: "evaluation",
                    samples: 1,
                    reason,
                });
            }
            Err(Fault::Memory(reason)) => {
                rows /= 2;
                tracing::warn!("{reason}; evaluating {rows} samples at a time");
                native::release_cuda_memory(split.labels.device())?;
            }
        }
    }
    Ok(predictions)
}

/// Views that go through the model side by side.
struct Evaluation<'a> {
    model: &'a dyn Model,
    split: &'a SplitTensors,
    samples: Range<usize>,
    views: &'a [View],
    precision: Precision,
    interrupt: &'a AtomicBool,
}

impl Evaluation<'_> {
    /// With this many samples of each view per pass.
    fn in_passes(&self, samples: usize) -> Result<Vec<Vec<f32>>, Error> {
        tch::no_grad(|| {
            let device = self.split.labels.device();
            let _guard = self.precision.enter(device)?;
            let end_of_all = self.samples.end;
            let mut predictions = vec![Vec::with_capacity(self.samples.len()); self.views.len()];
            for start in self.samples.clone().step_by(samples) {
                if self.interrupt.load(Ordering::Relaxed) {
                    return Err(Error::InterruptedEvaluation);
                }
                let end = end_of_all.min(start + samples);
                let index = Tensor::arange_start(start as i64, end as i64, (Kind::Int64, device));
                let inputs = |view: &View| view.inputs(self.split, &index);
                let parts: Vec<Inputs> = self.views.iter().map(inputs).collect();
                let batch = match <[Inputs; 1]>::try_from(parts) {
                    Ok([only]) => only,
                    Err(parts) => Inputs::cat(&parts),
                };
                let batch = self.model.predict(&batch, &mut Trace::off())?;
                let values = Vec::<f32>::try_from(&batch.flatten(0, -1).to_kind(Kind::Float))?;
                let of_views = values.chunks(end - start);
                for (view, values) in predictions.iter_mut().zip(of_views) {
                    view.extend(values);
                }
            }
            Ok(predictions)
        })
    }
}
