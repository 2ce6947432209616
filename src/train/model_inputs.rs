//! Describes what the model of a run reads, so that it can predict other files without the training data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::TrainData;
use super::error::Error;
use super::model_setup::ModelSetup;
use crate::data::dataset::new_samples::Expected;
use crate::data::dataset::{Modality, Moments, Scale, Spec};
use crate::model::{BertConfig, EncoderSetup, LabelStats, Shapes};
use crate::record::RunDir;
use crate::support::fs::write_atomic;

/// Raised whenever a current reader could misread the file.
const FORMAT: u32 = 1;

/// `inputs.json` of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInputs {
    format: u32,
    /// Name of the data set, which is part of the key of masks.
    pub dataset: String,
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// Padded steps of text, audio and vision, and features per step of audio and vision.
    pub shapes: Shapes,
    /// Features of a text state: of the file's text features or of a text encoder.
    pub text_width: i64,
    /// Sizes of the BERT whose weights are in the checkpoint; none where the model reads text states.
    pub bert: Option<BertConfig>,
    /// Modalities that no training sample has.
    pub absent: Vec<Modality>,
    /// Statistics of the training labels.
    pub labels: LabelStats,
    /// Per feature, of the training split; none where features were read as they are.
    pub standardization: BTreeMap<Modality, Standardization>,
    /// Scale of audio, vision and text features of the training split, as the model reads them; none in runs of
    /// earlier builds.
    #[serde(default)]
    pub scales: BTreeMap<Modality, Scale>,
    /// The data set's table: label range, metrics, settings of models.
    pub table: Spec,
}

/// A feature x is read as (x - mean) / deviation, computed in double precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standardization {
    pub mean: Vec<f64>,
    pub deviation: Vec<f64>,
}

impl ModelInputs {
    /// Those of a data set loaded for training.
    ///
    /// # Errors
    /// Those of reading the prepared file.
    pub fn of(data: &TrainData<'_>) -> Result<Self, Error> {
        let corpus = data.corpus;
        let mut standardization = BTreeMap::new();
        for modality in [Modality::Audio, Modality::Vision] {
            if let Some(moments) = Moments::stored(corpus.reader(), modality.as_str())? {
                standardization.insert(modality, Standardization::from(&moments));
            }
        }
        Ok(Self {
            format: FORMAT,
            dataset: corpus.name().to_owned(),
            layout: corpus.layout.clone(),
            shapes: data.shapes,
            text_width: data.encoder.width(),
            bert: match &data.encoder {
                EncoderSetup::Bert { config, .. } => Some(config.clone()),
                EncoderSetup::States { .. } => None,
            },
            absent: corpus.absent()?,
            labels: data.labels,
            standardization,
            scales: data.scales.clone(),
            table: corpus.spec.clone().into_owned(),
        })
    }

    /// Writes `inputs.json`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, run: &RunDir) -> Result<(), Error> {
        let json = serde_json::to_vec(self).map_err(|e| Error::Unexpected(e.to_string()))?;
        Ok(write_atomic(&run.inputs(), &json)?)
    }

    /// Reads the `inputs.json` of a finished run.
    ///
    /// # Errors
    /// [`Error::Record`] where the file is missing or is not what it was; [`Error::Inputs`].
    pub fn read(run: &RunDir) -> Result<Self, Error> {
        let bytes = run.checked_inputs()?;
        let wrong = |found: String| Error::Inputs {
            path: run.inputs(),
            found,
        };
        let inputs: Self = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        if inputs.format == FORMAT {
            Ok(inputs)
        } else {
            Err(wrong(format!("format {}", inputs.format)))
        }
    }

    /// The encoder inside the model, whose weights come from the checkpoint.
    pub fn encoder(&self) -> EncoderSetup {
        match &self.bert {
            Some(config) => EncoderSetup::Bert {
                config: config.clone(),
                weights: None,
            },
            None => EncoderSetup::States {
                width: self.text_width,
            },
        }
    }

    /// What builds the model, with [`Self::encoder`].
    pub fn setup<'a>(&'a self, encoder: &'a EncoderSetup) -> ModelSetup<'a> {
        ModelSetup {
            spec: &self.table,
            shapes: self.shapes,
            encoder,
            labels: self.labels,
        }
    }

    /// What a file must have. `reads_tokens`: text is read as token ids, by an encoder inside or outside of
    /// the model.
    pub fn expected(&self, reads_tokens: bool) -> Expected {
        let Shapes {
            text_steps,
            audio_steps,
            vision_steps,
            audio_width,
            vision_width,
        } = self.shapes;
        let text_width = (!reads_tokens).then_some(self.text_width as usize);
        let moments = |modality| self.standardization.get(&modality).map(Moments::from);
        Expected {
            steps: [text_steps, audio_steps, vision_steps].map(|steps| steps as usize),
            widths: [
                text_width,
                Some(audio_width as usize),
                Some(vision_width as usize),
            ],
            aligned: self.layout == "aligned",
            absent: Modality::ALL.map(|modality| self.absent.contains(&modality)),
            moments: [None, moments(Modality::Audio), moments(Modality::Vision)],
            scales: Modality::ALL.map(|modality| {
                let moments = moments(modality).filter(|_| modality != Modality::Text);
                let stored = self.scales.get(&modality).cloned();
                stored.or(moments.map(|moments| Scale::standardized(&moments)))
            }),
            label_offset: self.table.label_offset,
        }
    }
}

impl From<&Moments> for Standardization {
    fn from(moments: &Moments) -> Self {
        let all = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
        Self {
            mean: all(&moments.mean),
            deviation: all(&moments.deviation),
        }
    }
}

impl From<&Standardization> for Moments {
    /// Exactly the stored ones: a single is a double, and the nearest of a double that was read a bit off.
    fn from(stored: &Standardization) -> Self {
        let all = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
        Self {
            mean: all(&stored.mean),
            deviation: all(&stored.deviation),
        }
    }
}
