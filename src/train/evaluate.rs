//! Predicts a split under views of it.
//!
//! A prediction is a function of the weights, the sample and the view, to the last bit: a pass holds
//! the same neighboring samples of the split under one view, whatever other views and samples are
//! predicted. libtorch's kernels compute the last elements of a tensor by other instructions than the
//! rest, and matrix products are cut by their shapes, so that in another pass a sample's last bits
//! could differ.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use tch::{Kind, Tensor};

use super::out_of_memory::{self, Fault};
use super::precision::Precision;
use super::tensors::SplitTensors;
use super::view::View;
use super::{Error, native};
use crate::model::{Inputs, Model, Text, Trace};

/// Samples per pass where memory allows it. Another number changes the last bits of predictions.
pub const BATCH: usize = 64;

/// How a run is evaluated.
#[derive(Debug)]
pub struct Evaluator<'a> {
    precision: Precision,
    interrupt: &'a AtomicBool,
    batch: Cell<usize>,
}

impl<'a> Evaluator<'a> {
    /// In passes of [`BATCH`] samples; `interrupt` ends an evaluation.
    pub fn new(precision: Precision, interrupt: &'a AtomicBool) -> Self {
        Self {
            precision,
            interrupt,
            batch: Cell::new(BATCH),
        }
    }

    /// In passes of `batch` samples, to repeat the predictions of a run that was evaluated so.
    pub fn with_batch(self, batch: usize) -> Self {
        self.batch.set(batch.max(1));
        self
    }

    /// Samples per pass, fewer than at the start if memory ran out.
    pub fn batch(&self) -> usize {
        self.batch.get()
    }

    /// # Errors
    /// [`Error::InterruptedEvaluation`] if `interrupt` was raised.
    pub fn stop_if_raised(&self) -> Result<(), Error> {
        if self.interrupt.load(Ordering::Relaxed) {
            Err(Error::InterruptedEvaluation)
        } else {
            Ok(())
        }
    }

    /// Predicted labels in row order under each view.
    ///
    /// Where memory runs out, all views start again with half the samples per pass, for this call and
    /// every later one; the log warns of it, since last bits may change.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] if not even one sample fits; [`Error::InterruptedEvaluation`] if
    /// `interrupt` was raised.
    pub fn predict(
        &self,
        model: &dyn Model,
        split: &SplitTensors,
        views: &[View],
    ) -> Result<Vec<Vec<f32>>, Error> {
        self.predict_rows(model, split, 0..split.len(), views)
    }

    /// [`Self::predict`] of some rows alone, by the passes that hold them.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn predict_rows(
        &self,
        model: &dyn Model,
        split: &SplitTensors,
        rows: Range<usize>,
        views: &[View],
    ) -> Result<Vec<Vec<f32>>, Error> {
        loop {
            let batch = self.batch();
            // Passes begin at multiples of the batch.
            let first = rows.start / batch * batch;
            let end = split.len().min(rows.end.next_multiple_of(batch));
            let passes = || self.passes(model, split, first..end, views);
            match out_of_memory::caught(passes) {
                Ok(mut predictions) => {
                    for of_view in &mut predictions {
                        of_view.truncate(rows.end - first);
                        of_view.drain(..rows.start - first);
                    }
                    return Ok(predictions);
                }
                Err(Fault::Other(error)) => return Err(error),
                Err(Fault::Memory(reason)) if batch == 1 => {
                    return Err(Error::OutOfMemory {
                        model: "evaluation",
                        samples: 1,
                        reason,
                    });
                }
                Err(Fault::Memory(reason)) => {
                    self.batch.set(batch / 2);
                    tracing::warn!(
                        "{reason}; evaluating {} samples per pass, not {batch}: the last bits of \
                         predictions may differ from those of a run with more memory",
                        batch / 2
                    );
                    native::release_cuda_memory(split.labels.device())?;
                }
            }
        }
    }

    /// Predictions for `rows` under each view, the first row at the start of a pass.
    fn passes(
        &self,
        model: &dyn Model,
        split: &SplitTensors,
        rows: Range<usize>,
        views: &[View],
    ) -> Result<Vec<Vec<f32>>, Error> {
        tch::no_grad(|| {
            let device = split.labels.device();
            let _guard = self.precision.enter(device)?;
            let mut predictions = vec![Vec::with_capacity(rows.len()); views.len()];
            for start in rows.clone().step_by(self.batch()) {
                let end = rows.end.min(start + self.batch());
                let index = Tensor::arange_start(start as i64, end as i64, (Kind::Int64, device));
                let mut texts = SharedTexts::of(views, &index);
                for (which, view) in views.iter().enumerate() {
                    self.stop_if_raised()?;
                    let inputs = texts.encoded(model, which, view.inputs(split, &index))?;
                    let made = model.predict(&inputs, &mut Trace::off())?;
                    let values = Vec::<f32>::try_from(&made.flatten(0, -1).to_kind(Kind::Float))?;
                    predictions[which].extend(values);
                }
            }
            Ok(predictions)
        })
    }
}

/// The hidden states of texts that several views have in common in one pass, as views do that differ in
/// audio and vision alone. They go through the text encoder once.
///
/// All texts of the pass must be equal: encoded among others, a text could have other last bits.
struct SharedTexts {
    /// By view, the first view with the same texts; none where the model has token ids of no view.
    first: Vec<Option<usize>>,
    /// By view, the states that a later view needs.
    states: Vec<Option<Tensor>>,
}

impl SharedTexts {
    fn of(views: &[View], index: &Tensor) -> Self {
        let tokens: Vec<Option<Tensor>> = views.iter().map(|view| view.tokens(index)).collect();
        let first = tokens.iter().enumerate().map(|(which, text)| {
            let text = text.as_ref()?;
            let same = |other: &Option<Tensor>| other.as_ref().is_some_and(|t| t.equal(text));
            Some(tokens[..which].iter().position(same).unwrap_or(which))
        });
        Self {
            first: first.collect(),
            states: views.iter().map(|_| None).collect(),
        }
    }

    /// `inputs` of view number `which`, its tokens replaced by their states where views share them.
    fn encoded(
        &mut self,
        model: &dyn Model,
        which: usize,
        inputs: Inputs,
    ) -> Result<Inputs, Error> {
        // A hook inside the encoder reads audio and vision, in which views with one text differ.
        let encoder = model.text_encoder();
        let encoder = encoder.filter(|encoder| encoder.reads_text_alone());
        let (Some(first), Some(encoder)) = (self.first[which], encoder) else {
            return Ok(inputs);
        };
        let later = self.first[which + 1..].contains(&Some(first));
        if first == which && !later {
            return Ok(inputs);
        }
        let states = match self.states[first].take() {
            Some(states) => states,
            None => encoder.encode(&inputs.text, "text encoder", false)?,
        };
        let text = Text::States(states.shallow_clone());
        if later {
            self.states[first] = Some(states);
        }
        Ok(Inputs { text, ..inputs })
    }
}
