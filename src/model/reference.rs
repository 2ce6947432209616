//! Builds models in the form of their stored reference cases (`tests/golden/README.md`).

use serde::Deserialize;
use serde_json::Value;
use tch::nn;

use super::encoder::{BertConfig, EncoderSetup};
use super::entry::{Entry, Model, read_config};
use super::error::Result;
use super::setup::{CaseData, LabelStats, Profile, Setup, Shapes};
use super::variant::COMPAT;

impl Entry {
    /// The model of a case, from its `config` and `bert` tables: in the reference's form, reference
    /// bugs included. `None` where no case of the model can exist.
    pub fn build_case(
        &self,
        path: &nn::Path<'_>,
        config: &Value,
        bert: Option<&BertConfig>,
    ) -> Option<Result<Box<dyn Model>>> {
        let read = self.case?;
        Some(read(config).and_then(|data| (self.build)(&self.setup(path, config, bert, data))))
    }

    fn setup<'a>(
        &self,
        path: &nn::Path<'a>,
        config: &Value,
        bert: Option<&BertConfig>,
        data: CaseData,
    ) -> Setup<'a> {
        let mut config = config.clone();
        if self
            .variants
            .iter()
            .any(|variant| variant.name == COMPAT.name)
        {
            config[COMPAT.name] = Value::Bool(true);
        }
        Setup {
            path: path.clone(),
            // What is published for a data set is in the case's own table.
            profile: Profile::Mosi,
            shapes: data.shapes,
            encoder: EncoderSetup::of_case(bert, data.text_width),
            labels: LabelStats {
                count: data.samples,
                positive: 0,
                negative: 0,
                mean: 0.0,
                median: 0.0,
            },
            label_range: [-3.0, 3.0],
            config,
        }
    }
}

/// [`ReadCase`] for cases of MMSA's models.
pub(super) fn mmsa(config: &Value) -> Result<CaseData> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Steps {
        /// Text, audio, vision.
        Together { seq_lens: [i64; 3] },
        Apart {
            text_len: i64,
            audio_len: i64,
            vision_len: i64,
        },
    }
    #[derive(Deserialize)]
    struct Case {
        batch: usize,
        #[serde(flatten)]
        steps: Steps,
        /// Text, audio, vision.
        feature_dims: [i64; 3],
    }
    let case: Case = read_config("reference case of MMSA", config)?;
    let [text_steps, audio_steps, vision_steps] = match case.steps {
        Steps::Together { seq_lens } => seq_lens,
        Steps::Apart {
            text_len,
            audio_len,
            vision_len,
        } => [text_len, audio_len, vision_len],
    };
    let [text_width, audio_width, vision_width] = case.feature_dims;
    Ok(CaseData {
        shapes: Shapes {
            text_steps,
            audio_steps,
            vision_steps,
            audio_width,
            vision_width,
        },
        text_width,
        samples: case.batch,
    })
}

/// [`ReadCase`] for cases of models that summarize the modalities in tokens.
pub(super) fn tokens(config: &Value) -> Result<CaseData> {
    #[derive(Deserialize)]
    struct Case {
        batch: usize,
        text_len: i64,
        audio_len: i64,
        vision_len: i64,
        audio_dim: i64,
        vision_dim: i64,
        text_dim: i64,
    }
    let case: Case = read_config("reference case of tokens", config)?;
    Ok(CaseData {
        shapes: Shapes {
            text_steps: case.text_len,
            audio_steps: case.audio_len,
            vision_steps: case.vision_len,
            audio_width: case.audio_dim,
            vision_width: case.vision_dim,
        },
        text_width: case.text_dim,
        samples: case.batch,
    })
}
