//! Lists EMT-DLFR's hyper-parameters and training settings, as its authors give them.

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, Result};
use crate::model::mmsa;
use crate::model::recipe::{ParamGroup, Recipe, in_proportion};
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings; the rate is that of all parameters but those of the encoders.
pub fn recipe(profile: Profile) -> Recipe {
    let config = Config::of(profile);
    let batch_size = if profile == Profile::Mosei { 16 } else { 32 };
    let rate = config.learning_rate_other;
    let recipe = mmsa::recipe(rate, config.weight_decay_other, batch_size);
    Recipe {
        trainer_options: TrainerOptions {
            grad_accum: 4,
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters under the authors' names. Reference cases are computed without dropout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// LSTM states of audio and vision.
    pub a_lstm_hidden_size: i64,
    pub v_lstm_hidden_size: i64,
    /// Features of a frame and of the vector of audio and vision.
    pub audio_out: i64,
    pub video_out: i64,
    /// Common width of the fusion, its layers and heads.
    pub d_model: i64,
    pub fusion_layers: i64,
    pub heads: i64,
    /// Hidden features of the feed-forward part over `d_model`.
    pub ff_expansion: i64,
    #[serde(default)]
    pub attn_dropout: f64,
    #[serde(default)]
    pub ff_dropout: f64,
    /// Hidden features of the predictors of global context, text, audio and vision.
    pub gmc_tokens_pred_dim: i64,
    pub text_pred_dim: i64,
    pub audio_pred_dim: i64,
    pub video_pred_dim: i64,
    pub post_fusion_dim: i64,
    #[serde(default)]
    pub post_fusion_dropout: f64,
    /// Weight of the attraction between the views, the complete view's error included.
    pub loss_attra_weight: f64,
    /// Weight of the reconstruction.
    pub loss_recon_weight: f64,
    /// Learning rates and weight decays; those of a run replace `learning_rate_other` and
    /// `weight_decay_other`, and move the others in proportion.
    #[serde(default)]
    pub learning_rate_bert: f64,
    #[serde(default)]
    pub learning_rate_audio: f64,
    #[serde(default)]
    pub learning_rate_video: f64,
    #[serde(default)]
    pub learning_rate_other: f64,
    #[serde(default)]
    pub weight_decay_bert: f64,
    #[serde(default)]
    pub weight_decay_audio: f64,
    #[serde(default)]
    pub weight_decay_video: f64,
    #[serde(default)]
    pub weight_decay_other: f64,
    /// Whether the reference bug described in `emt_dlfr.rs` is reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

impl Config {
    /// The authors' values. Nothing is published for SIMSv2, which gets SIMS's.
    pub fn of(profile: Profile) -> Self {
        let (mosi, mosei) = (profile == Profile::Mosi, profile == Profile::Mosei);
        let sims = !mosi && !mosei;
        let weight = if sims { 0.5 } else { 1.0 };
        let [bert, audio, video, other] = match profile {
            Profile::Mosi => [5e-5, 1e-3, 1e-4, 1e-3],
            Profile::Mosei => [2e-5, 1e-4, 1e-4, 1e-4],
            Profile::Sims | Profile::SimsV2 => [2e-5, 1e-3, 1e-3, 1e-3],
        };
        Self {
            a_lstm_hidden_size: if mosi { 32 } else { 16 },
            v_lstm_hidden_size: if mosi { 64 } else { 32 },
            audio_out: 16,
            video_out: 32,
            d_model: if sims { 32 } else { 128 },
            fusion_layers: match profile {
                Profile::Mosi => 3,
                Profile::Mosei => 2,
                Profile::Sims | Profile::SimsV2 => 4,
            },
            heads: 4,
            ff_expansion: 4,
            attn_dropout: if mosi { 0.3 } else { 0.0 },
            ff_dropout: if mosi { 0.1 } else { 0.0 },
            gmc_tokens_pred_dim: 128,
            text_pred_dim: 256,
            audio_pred_dim: 8,
            video_pred_dim: 16,
            post_fusion_dim: if mosei { 128 } else { 256 },
            post_fusion_dropout: if mosi { 0.3 } else { 0.0 },
            loss_attra_weight: weight,
            loss_recon_weight: weight,
            learning_rate_bert: bert,
            learning_rate_audio: audio,
            learning_rate_video: video,
            learning_rate_other: other,
            weight_decay_bert: 1e-3,
            weight_decay_audio: match profile {
                Profile::Mosi => 1e-2,
                Profile::Mosei => 1e-3,
                Profile::Sims | Profile::SimsV2 => 0.0,
            },
            weight_decay_video: if sims { 0.0 } else { 1e-3 },
            weight_decay_other: if sims { 0.0 } else { 1e-3 },
            compat: false,
        }
    }

    /// Checks sizes that depend on no data.
    ///
    /// # Errors
    /// [`ModelError::Config`].
    pub fn check(&self, model: &'static str) -> Result<()> {
        let refuse = |what, expected: String, got: i64| {
            Err(ModelError::Config {
                model,
                what,
                expected,
                got: got.to_string(),
            })
        };
        if self.heads < 1 || self.d_model % self.heads != 0 {
            let expected = format!("a multiple of {} heads", self.heads);
            return refuse("d_model", expected, self.d_model);
        }
        if self.fusion_layers < 1 {
            return refuse("fusion_layers", "at least 1".to_owned(), self.fusion_layers);
        }
        Ok(())
    }

    /// Text encoder, readers of audio and vision, the rest; no decay on biases and norms of the first.
    pub fn groups(&self, recipe: &Recipe, encoder_is_trained: bool) -> Vec<ParamGroup> {
        let group = |name, prefix: &str, rate, decay| ParamGroup {
            name,
            prefixes: vec![prefix.to_owned()],
            containing: &[],
            learning_rate: in_proportion(recipe.learning_rate, rate, self.learning_rate_other),
            weight_decay: in_proportion(recipe.weight_decay, decay, self.weight_decay_other),
        };
        let (audio, video) = (self.weight_decay_audio, self.weight_decay_video);
        let mut groups = vec![
            group("audio", "audio_model.", self.learning_rate_audio, audio),
            group("vision", "video_model.", self.learning_rate_video, video),
            ParamGroup::all(recipe),
        ];
        if encoder_is_trained {
            let (rate, decay) = (self.learning_rate_bert, self.weight_decay_bert);
            let bert = group("bert", "text_model.", rate, decay);
            let bare = ParamGroup {
                name: "bert without decay",
                containing: &["bias", "LayerNorm"],
                weight_decay: 0.0,
                ..bert.clone()
            };
            groups.splice(0..0, [bare, bert]);
        }
        groups
    }
}
