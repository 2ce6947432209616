//! Lists TETFN's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, Result};
use crate::model::layers::CrossmodalSize;
use crate::model::mmsa;
use crate::model::recipe::Recipe;
use crate::model::setup::Profile;
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings.
pub fn recipe(profile: Profile) -> Recipe {
    let (learning_rate, weight_decay, batch_size) = match profile {
        Profile::Mosi => (3e-4, 1e-2, 64),
        Profile::Mosei => (1e-4, 1e-2, 32),
        Profile::Sims => (3e-3, 1e-3, 64),
        Profile::SimsV2 => (3e-4, 1e-3, 64),
    };
    let recipe = mmsa::recipe(learning_rate, weight_decay, batch_size);
    Recipe {
        trainer_options: TrainerOptions {
            grad_accum: 4,
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub a_lstm_hidden_size: i64,
    pub v_lstm_hidden_size: i64,
    pub conv1d_kernel_size_l: i64,
    pub conv1d_kernel_size_a: i64,
    pub conv1d_kernel_size_v: i64,
    /// Common width of the sequences.
    pub dst_feature_dims: i64,
    pub nheads: i64,
    /// Where text is attended to, and in the transformers after the pairs.
    pub attn_dropout: f64,
    /// Where text attends to audio.
    pub attn_dropout_a: f64,
    /// Where text attends to vision.
    pub attn_dropout_v: f64,
    pub relu_dropout: f64,
    pub embed_dropout: f64,
    pub res_dropout: f64,
    pub post_fusion_dim: i64,
    pub post_text_dim: i64,
    pub post_audio_dim: i64,
    pub post_video_dim: i64,
    pub post_fusion_dropout: f64,
    pub post_text_dropout: f64,
    pub post_audio_dropout: f64,
    pub post_video_dropout: f64,
    /// Largest magnitude of a made label.
    #[serde(rename = "H")]
    pub label_limit: f64,
    /// Learning rates of the text encoder, audio and vision LSTMs over that of the rest.
    #[serde(default = "same")]
    pub relative_rates: [f64; 3],
    /// Weight decays of the same three over that of the rest.
    #[serde(default = "same")]
    pub relative_decays: [f64; 3],
    /// Whether the reference bugs described in `tetfn.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

fn same() -> [f64; 3] {
    [1.0; 3]
}

impl Config {
    /// MMSA's tuned values.
    pub fn of(profile: Profile) -> Self {
        let (lstms, kernels) = match profile {
            Profile::Mosi => ([16, 64], [1, 1, 3]),
            Profile::Mosei => ([32, 32], [1, 1, 1]),
            Profile::Sims => ([16, 64], [3, 5, 1]),
            Profile::SimsV2 => ([16, 32], [5, 3, 1]),
        };
        // Attention (three), rectifier, embedding, residual.
        let dropouts = match profile {
            Profile::Mosi | Profile::SimsV2 => [0.1, 0.0, 0.1, 0.0, 0.0, 0.1],
            Profile::Mosei => [0.1, 0.0, 0.1, 0.1, 0.1, 0.0],
            Profile::Sims => [0.0, 0.1, 0.0, 0.1, 0.0, 0.0],
        };
        // Fusion, text, audio, vision.
        let (posts, post_dropouts) = match profile {
            Profile::Mosi => ([64, 32, 32, 16], [0.0; 4]),
            Profile::Mosei => ([64, 64, 32, 16], [0.0, 0.1, 0.0, 0.1]),
            Profile::Sims => ([64, 64, 16, 32], [0.1, 0.0, 0.0, 0.0]),
            Profile::SimsV2 => ([128, 64, 16, 32], [0.1, 0.1, 0.0, 0.0]),
        };
        let (relative_rates, relative_decays) = match profile {
            Profile::Mosi => ([0.1, 5.0 / 3.0, 1.0], [0.1, 1.0, 0.0]),
            Profile::Mosei => ([0.3, 10.0, 50.0], [0.1, 0.0, 0.1]),
            Profile::Sims => ([0.01, 1.0, 1.0 / 6.0], [1.0, 0.0, 10.0]),
            Profile::SimsV2 => ([1.0 / 60.0, 5.0 / 3.0, 50.0 / 3.0], [1.0; 3]),
        };
        Self {
            a_lstm_hidden_size: lstms[0],
            v_lstm_hidden_size: lstms[1],
            conv1d_kernel_size_l: kernels[0],
            conv1d_kernel_size_a: kernels[1],
            conv1d_kernel_size_v: kernels[2],
            dst_feature_dims: 50,
            nheads: 5,
            attn_dropout: dropouts[0],
            attn_dropout_a: dropouts[1],
            attn_dropout_v: dropouts[2],
            relu_dropout: dropouts[3],
            embed_dropout: dropouts[4],
            res_dropout: dropouts[5],
            post_fusion_dim: posts[0],
            post_text_dim: posts[1],
            post_audio_dim: posts[2],
            post_video_dim: posts[3],
            post_fusion_dropout: post_dropouts[0],
            post_text_dropout: post_dropouts[1],
            post_audio_dropout: post_dropouts[2],
            post_video_dropout: post_dropouts[3],
            label_limit: 3.0,
            relative_rates,
            relative_decays,
            compat: false,
        }
    }

    /// Widths of the convolutions over text, audio and vision that are used.
    pub fn kernels(&self) -> [i64; 3] {
        let (text, audio) = (self.conv1d_kernel_size_l, self.conv1d_kernel_size_a);
        if self.compat {
            [text, audio, audio]
        } else {
            [text, audio, self.conv1d_kernel_size_v]
        }
    }

    /// Checks that the heads divide the width, and that sequences of `steps` steps, to which all three
    /// modalities are brought, are long enough.
    ///
    /// # Errors
    /// [`ModelError::Config`].
    pub fn check(&self, steps: i64, model: &'static str) -> Result<()> {
        let refuse = |what, expected, got| {
            Err(ModelError::Config {
                model,
                what,
                expected,
                got,
            })
        };
        let (width, heads) = (self.dst_feature_dims, self.nheads);
        if heads < 1 || width % heads != 0 {
            let expected = format!("a number that divides the width {width}");
            return refuse("nheads", expected, heads.to_string());
        }
        let [text, audio, vision] = self.kernels();
        let widest = text.max(audio).max(vision);
        if steps < widest {
            let expected = format!("at least {widest}, the width of a convolution");
            return refuse(
                "steps of the text",
                expected,
                format!("{steps} in the data"),
            );
        }
        Ok(())
    }

    /// Sizes of a transformer of this width and depth, without positions.
    pub fn stack(&self, width: i64, depth: i64, attention_dropout: f64) -> CrossmodalSize {
        CrossmodalSize {
            width,
            heads: self.nheads,
            depth,
            attention_dropout,
            relu_dropout: self.relu_dropout,
            residual_dropout: self.res_dropout,
            embedding_dropout: self.embed_dropout,
            positions: false,
            masked: true,
        }
    }
}
