//! Provides the hidden states of the text: a BERT inside the model, or ready-made states.

use std::path::{Path, PathBuf};

use tch::{Device, Tensor, nn};

pub use super::layers::{Bert, BertConfig};

use super::batch::Text;
use super::engine::Engine;
use super::error::{ModelError, Result, shape};
use super::layers::{Beside, Extension};
use super::trace::Trace;
use super::weights::hugging_face;

/// The text encoder a model is built with.
#[derive(Clone, Debug, PartialEq)]
pub enum EncoderSetup {
    /// A BERT inside the model, trained with it. Without a weight file its weights are random.
    Bert {
        config: BertConfig,
        weights: Option<PathBuf>,
    },
    /// No encoder: the batch brings hidden states of this width.
    States { width: i64 },
}

impl EncoderSetup {
    /// A Hugging Face BERT folder, to be fine-tuned.
    ///
    /// # Errors
    /// Those of [`hugging_face::open`].
    pub fn folder(dir: &Path) -> Result<Self> {
        let (config, weights) = hugging_face::open(dir)?;
        Ok(Self::Bert {
            config,
            weights: Some(weights),
        })
    }

    /// A small random BERT for demonstrations.
    pub fn tiny(vocab_size: i64) -> Self {
        Self::Bert {
            config: BertConfig::tiny(vocab_size),
            weights: None,
        }
    }

    /// The encoder of a stored reference case: a random BERT, or ready-made states.
    pub fn of_case(bert: Option<&BertConfig>, width: i64) -> Self {
        match bert {
            Some(config) => Self::Bert {
                config: config.clone(),
                weights: None,
            },
            None => Self::States { width },
        }
    }

    /// Features of a hidden state.
    pub fn width(&self) -> i64 {
        match self {
            Self::Bert { config, .. } => config.hidden_size,
            Self::States { width } => *width,
        }
    }
}

/// The encoder inside a model.
#[derive(Debug)]
pub enum TextEncoder {
    Bert(Box<Bert>),
    States { width: i64 },
}

impl TextEncoder {
    /// Builds the encoder under `path` and loads its weights where the setup names a file.
    ///
    /// # Errors
    /// Those of [`hugging_face::load`].
    pub fn new(path: &nn::Path<'_>, setup: &EncoderSetup) -> Result<Self> {
        match setup {
            EncoderSetup::States { width } => Ok(Self::States { width: *width }),
            EncoderSetup::Bert { config, weights } => {
                let bert = Bert::new(path, config);
                if let Some(file) = weights {
                    hugging_face::load(path, config, file)?;
                }
                Ok(Self::Bert(Box::new(bert)))
            }
        }
    }

    /// Builds an encoder that the model changes from inside: `extend` gets its path and sizes.
    ///
    /// # Errors
    /// [`ModelError::Config`] for ready-made states; those of [`hugging_face::load`] and of `extend`.
    pub fn extended(
        path: &nn::Path<'_>,
        setup: &EncoderSetup,
        model: &'static str,
        extend: impl FnOnce(&nn::Path<'_>, &BertConfig) -> Result<Extension>,
    ) -> Result<Self> {
        match (Self::new(path, setup)?, setup) {
            (Self::Bert(bert), EncoderSetup::Bert { config, .. }) => {
                let extension = extend(path, config)?;
                Ok(Self::Bert(Box::new(bert.with(extension))))
            }
            _ => Err(needs_encoder(model)),
        }
    }

    /// Whether its states depend on the text alone, so that they serve any audio and vision.
    pub fn reads_text_alone(&self) -> bool {
        match self {
            Self::Bert(bert) => bert.reads_text_alone(),
            Self::States { .. } => true,
        }
    }

    /// Whether it has parameters, which are trained with the model's.
    pub fn is_trained(&self) -> bool {
        matches!(self, Self::Bert(_))
    }

    /// Whether two training passes over the same text give the same states.
    pub fn is_deterministic(&self) -> bool {
        match self {
            Self::Bert(bert) => !bert.config().has_dropout(),
            Self::States { .. } => true,
        }
    }

    /// Sets how to compute from now on.
    pub fn set_engine(&mut self, engine: Engine) {
        if let Self::Bert(bert) = self {
            bert.set_engine(engine);
        }
    }

    /// The second half of a backward pass where the encoder saves no activations; see
    /// [`Engine::recompute`].
    pub fn finish_backward(&self) {
        if let Self::Bert(bert) = self {
            bert.finish_backward();
        }
    }

    /// Drops passes that had no backward pass.
    pub fn clear_tape(&self) {
        if let Self::Bert(bert) = self {
            bert.clear_tape();
        }
    }

    /// (B, T, width) hidden states of `text`. Outside training, states that this encoder computed before
    /// are returned as they are.
    ///
    /// # Errors
    /// [`ModelError::Input`] where the text is of the other kind or of another width.
    pub fn encode(&self, text: &Text, model: &'static str, train: bool) -> Result<Tensor> {
        match (self, text) {
            (Self::Bert(bert), Text::Tokens(tokens)) => bert.forward(tokens, train),
            (Self::States { width }, Text::States(states))
                if states.size().last() == Some(width) =>
            {
                Ok(states.shallow_clone())
            }
            (Self::Bert(bert), Text::States(states))
                if !train && states.size().last() == Some(&bert.config().hidden_size) =>
            {
                Ok(states.shallow_clone())
            }
            _ => Err(self.mismatch(text, model)),
        }
    }

    /// (B, T, width) hidden states of `text` by an encoder that [`Self::extended`] gave a hook.
    ///
    /// # Errors
    /// [`ModelError::Input`] where the text is no tokens.
    pub fn encode_beside(
        &self,
        text: &Text,
        beside: &Beside,
        model: &'static str,
        train: bool,
        trace: &mut Trace,
    ) -> Result<Tensor> {
        match (self, text) {
            (Self::Bert(bert), Text::Tokens(tokens)) => {
                bert.forward_beside(tokens, beside, train, trace)
            }
            _ => Err(self.mismatch(text, model)),
        }
    }

    /// The tokens (B, 3, T) of `text`, for an encoder inside the model.
    ///
    /// # Errors
    /// [`ModelError::Input`] where either is ready-made states.
    pub fn tokens<'a>(&self, text: &'a Text, model: &'static str) -> Result<&'a Tensor> {
        match (self, text) {
            (Self::Bert(_), Text::Tokens(tokens)) => Ok(tokens),
            _ => Err(self.mismatch(text, model)),
        }
    }

    /// States (B, T, width) to (B, width): the pooler's output; of ready-made states the first.
    pub fn pool(&self, states: &Tensor) -> Tensor {
        match self {
            Self::Bert(bert) => bert.pool(states),
            Self::States { .. } => states.select(1, 0),
        }
    }

    fn mismatch(&self, text: &Text, model: &'static str) -> ModelError {
        let kind = match text {
            Text::Tokens(_) => "tokens",
            Text::States(_) => "hidden states",
        };
        let expected = match self {
            Self::Bert(_) => "(B, 3, T) tokens, as the model holds a text encoder".to_owned(),
            Self::States { width } => format!("(B, T, {width}) hidden states"),
        };
        let got = format!("{} {kind}", shape(&text.tensor().size()));
        ModelError::Input {
            model,
            what: "text",
            expected,
            got,
        }
    }
}

/// The error of a model that changes its text encoder from inside and is given none.
pub(super) fn needs_encoder(model: &'static str) -> ModelError {
    ModelError::Config {
        model,
        what: "text encoder",
        expected: "one inside the model, whose layers it changes (--encoder bert:DIR or tiny)"
            .to_owned(),
        got:
            "ready-made states (--encoder frozen:DIR or features); run it with a BERT, or another \
              model"
                .to_owned(),
    }
}

/// A BERT whose weights never change, outside any model.
#[derive(Debug)]
pub struct FrozenEncoder {
    // Owns the parameters that `bert` refers to.
    _store: nn::VarStore,
    bert: Bert,
}

impl FrozenEncoder {
    /// Loads a Hugging Face folder onto a device.
    ///
    /// # Errors
    /// Those of [`hugging_face::open`] and [`hugging_face::load`].
    pub fn open(dir: &Path, device: Device) -> Result<Self> {
        let (config, weights) = hugging_face::open(dir)?;
        let mut store = nn::VarStore::new(device);
        let bert = Bert::new(&store.root(), &config);
        hugging_face::load(&store.root(), &config, &weights)?;
        store.freeze();
        Ok(Self {
            _store: store,
            bert,
        })
    }

    /// Sizes of the encoder.
    pub fn config(&self) -> &BertConfig {
        self.bert.config()
    }

    /// Tokens (B, 3, T) to hidden states (B, T, hidden), without dropout and without gradient.
    ///
    /// # Errors
    /// Those of [`Bert::forward`].
    pub fn encode(&self, text: &Tensor) -> Result<Tensor> {
        tch::no_grad(|| self.bert.forward(text, false))
    }
}
