//! Holds the inputs of models: one version of the samples, and a training batch.

use tch::Tensor;

use super::error::{ModelError, Result, shape};

/// The text of a batch of B samples with T positions.
#[derive(Debug)]
pub enum Text {
    /// (B, 3, T) int64: token ids, attention mask, segment ids, for an encoder inside the model.
    Tokens(Tensor),
    /// (B, T, H): hidden states of a frozen encoder, or the data file's own text features.
    States(Tensor),
}

impl Text {
    /// The tensor, whichever kind it is.
    pub fn tensor(&self) -> &Tensor {
        match self {
            Self::Tokens(tensor) | Self::States(tensor) => tensor,
        }
    }

    /// Applies `f` to the tensor, whichever kind it is.
    pub fn map(&self, f: impl FnOnce(&Tensor) -> Tensor) -> Self {
        match self {
            Self::Tokens(tensor) => Self::Tokens(f(tensor)),
            Self::States(tensor) => Self::States(f(tensor)),
        }
    }
}

/// One version, masked or complete, of the three modalities of B samples.
///
/// Lengths are valid steps per sample, padding excluded. LNLN and ALMT attend to padding and
/// ignore them; MulT and MISA need them.
#[derive(Debug)]
pub struct Inputs {
    pub text: Text,
    /// (B, Ta, da)
    pub audio: Tensor,
    /// (B, Tv, dv)
    pub vision: Tensor,
    /// (B, 1) share of the text's words that are present, as counted; 1 where not counted.
    pub text_present: Tensor,
    /// (B) int64
    pub text_lengths: Tensor,
    /// (B) int64
    pub audio_lengths: Tensor,
    /// (B) int64
    pub vision_lengths: Tensor,
}

impl Inputs {
    /// Number of samples.
    pub fn len(&self) -> i64 {
        self.audio.size()[0]
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples of several inputs of equal shapes, one after another.
    pub fn cat(parts: &[Self]) -> Self {
        let join = |of: &dyn Fn(&Self) -> &Tensor| {
            let tensors: Vec<&Tensor> = parts.iter().map(of).collect();
            Tensor::cat(&tensors, 0)
        };
        let text = join(&|part| part.text.tensor());
        Self {
            text: match parts.first().map(|part| &part.text) {
                Some(Text::States(_)) => Text::States(text),
                _ => Text::Tokens(text),
            },
            audio: join(&|part| &part.audio),
            vision: join(&|part| &part.vision),
            text_present: join(&|part| &part.text_present),
            text_lengths: join(&|part| &part.text_lengths),
            audio_lengths: join(&|part| &part.audio_lengths),
            vision_lengths: join(&|part| &part.vision_lengths),
        }
    }

    /// The samples `start..start + length` as views.
    pub fn narrow(&self, start: i64, length: i64) -> Self {
        let cut = |tensor: &Tensor| tensor.narrow(0, start, length);
        Self {
            text: self.text.map(cut),
            audio: cut(&self.audio),
            vision: cut(&self.vision),
            text_present: cut(&self.text_present),
            text_lengths: cut(&self.text_lengths),
            audio_lengths: cut(&self.audio_lengths),
            vision_lengths: cut(&self.vision_lengths),
        }
    }
}

/// A training batch of B samples.
#[derive(Debug)]
pub struct Batch {
    /// What is left after masking.
    pub masked: Inputs,
    /// The same samples with nothing missing; `None` for models that do not need them.
    pub complete: Option<Inputs>,
    /// (B, 1) regression label, in the data set's own range.
    pub label: Tensor,
    /// (B, 1) nominal missing rate of text, audio and vision.
    pub missing_rate: [Tensor; 3],
    /// Index of each sample in the training split, for models that keep a state per sample.
    pub index: Vec<i64>,
    /// Current epoch, counted from 1.
    pub epoch: u32,
    /// Batches of the epoch before this one, in the same stage.
    pub position: usize,
}

impl Batch {
    /// Checks the parts that every model reads: one label and one rate per sample and modality, and complete
    /// inputs, where there are any, of the masked ones' shapes.
    ///
    /// # Errors
    /// [`ModelError::Input`].
    pub fn check(&self, model: &'static str) -> Result<()> {
        let column = vec![self.masked.len(), 1];
        expect_shape(&self.label, &column, model, "label")?;
        for rate in &self.missing_rate {
            expect_shape(rate, &column, model, "missing rate")?;
        }
        let Some(complete) = &self.complete else {
            return Ok(());
        };
        let (masked, same) = (&self.masked, "complete inputs of the masked shape,");
        expect_shape(
            complete.text.tensor(),
            &masked.text.tensor().size(),
            model,
            same,
        )?;
        expect_shape(&complete.audio, &masked.audio.size(), model, same)?;
        expect_shape(&complete.vision, &masked.vision.size(), model, same)
    }

    /// The complete inputs.
    ///
    /// # Errors
    /// [`ModelError::Input`] where the batch was made without them.
    pub fn complete(&self, model: &'static str) -> Result<&Inputs> {
        self.complete.as_ref().ok_or(ModelError::Input {
            model,
            what: "complete inputs",
            expected: shape(&self.masked.audio.size()),
            got: "none".to_owned(),
        })
    }
}

fn expect_shape(
    tensor: &Tensor,
    expected: &[i64],
    model: &'static str,
    what: &'static str,
) -> Result<()> {
    let got = tensor.size();
    if got == expected {
        return Ok(());
    }
    let (expected, got) = (shape(expected), shape(&got));
    Err(ModelError::Input {
        model,
        what,
        expected,
        got,
    })
}

/// Checks features (B, T, width) with at most `steps` steps; `what` names the modality.
pub(super) fn check_features(
    x: &Tensor,
    steps: i64,
    width: i64,
    model: &'static str,
    what: &'static str,
) -> Result<()> {
    let size = x.size();
    if size.len() == 3 && size[1] <= steps && size[2] == width {
        return Ok(());
    }
    let limit = if steps == i64::MAX {
        "T".to_owned()
    } else {
        format!("up to {steps}")
    };
    let expected = format!("(B, {limit}, {width})");
    Err(ModelError::Input {
        model,
        what,
        expected,
        got: shape(&size),
    })
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    fn zeros(size: &[i64]) -> Tensor {
        Tensor::zeros(size, (Kind::Float, Device::Cpu))
    }

    fn inputs(frames: i64) -> Inputs {
        Inputs {
            text: Text::States(zeros(&[2, 4, 3])),
            audio: zeros(&[2, frames, 5]),
            vision: zeros(&[2, 6, 7]),
            text_present: zeros(&[2, 1]),
            text_lengths: zeros(&[2]),
            audio_lengths: zeros(&[2]),
            vision_lengths: zeros(&[2]),
        }
    }

    fn batch(label: &[i64], frames: i64) -> Batch {
        Batch {
            masked: inputs(5),
            complete: Some(inputs(frames)),
            label: zeros(label),
            missing_rate: [zeros(&[2, 1]), zeros(&[2, 1]), zeros(&[2, 1])],
            index: vec![0, 1],
            epoch: 1,
            position: 0,
        }
    }

    #[test]
    fn flat_labels_are_refused_rather_than_broadcast() {
        assert!(batch(&[2, 1], 5).check("m").is_ok());
        let error = batch(&[2], 5).check("m").unwrap_err().to_string();
        assert_eq!(error, "m: expected label of shape (2, 1), got (2)");
    }

    #[test]
    fn versions_of_different_length_are_refused() {
        let error = batch(&[2, 1], 6).check("m").unwrap_err().to_string();
        assert!(error.contains("(2, 5, 5), got (2, 6, 5)"), "{error}");
    }

    #[test]
    fn narrowed_inputs_keep_every_column() {
        let one = inputs(5).narrow(1, 1);
        assert_eq!((one.len(), one.text.tensor().size()), (1, vec![1, 4, 3]));
        assert_eq!(one.vision_lengths.size(), [1]);
        let three = Inputs::cat(&[one, inputs(5)]);
        assert_eq!(
            (three.len(), three.text.tensor().size()),
            (3, vec![3, 4, 3])
        );
    }
}
