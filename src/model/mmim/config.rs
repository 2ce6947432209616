//! Lists MMIM's hyper-parameters and training settings, as MMSA tuned them.

use serde::{Deserialize, Serialize};

use crate::model::error::{ModelError, Result};
use crate::model::mmsa;
use crate::model::recipe::{GradClip, ParamGroup, Recipe, in_proportion};
use crate::model::setup::{LabelStats, Profile};
use crate::model::trainer_options::TrainerOptions;
use crate::model::variant;

/// The published training settings, the same for all data sets.
pub fn recipe(_profile: Profile) -> Recipe {
    let recipe = mmsa::recipe(1e-3, 1e-4, 32);
    Recipe {
        clip: GradClip::Norm(1.0),
        trainer_options: TrainerOptions {
            lr_plateau: Some(20),
            lr_divisor: 2,
            ..recipe.trainer_options
        },
        ..recipe
    }
}

/// Hyper-parameters under MMSA's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// LSTM states per direction.
    pub d_vh: i64,
    pub d_ah: i64,
    /// Features of the vectors of vision and audio.
    pub d_vout: i64,
    pub d_aout: i64,
    pub bidirectional: bool,
    /// Fused features.
    pub d_prjh: i64,
    pub dropout_prj: f64,
    /// Layers of the predictions of a modality from the fused features.
    pub cpc_layers: i64,
    /// Whether the mutual information between vision and audio is bounded too.
    pub add_va: bool,
    /// Batches whose samples the entropies remember.
    pub mem_size: usize,
    /// Weight of the contrastive bounds.
    pub alpha: f64,
    /// Weight of likelihoods and entropies.
    pub beta: f64,
    /// Learning rates and weight decays; those of a run replace `lr_main` and `weight_decay_main`, and
    /// move the others in proportion.
    pub lr_main: f64,
    pub lr_bert: f64,
    pub lr_mmilb: f64,
    pub weight_decay_main: f64,
    pub weight_decay_bert: f64,
    pub weight_decay_mmilb: f64,
    /// Share of an epoch's batches that the first stage reads.
    #[serde(default = "whole")]
    pub mi_share: f64,
    /// Added to the diagonals of covariances.
    #[serde(default)]
    pub jitter: f64,
    /// Whether the reference bugs described in `mmim.rs` are reproduced.
    #[serde(default, skip_serializing_if = "variant::is_no")]
    pub compat: bool,
}

fn whole() -> f64 {
    1.0
}

impl Config {
    /// MMSA's tuned values; the jitter is ours.
    pub fn of(profile: Profile) -> Self {
        Self {
            d_vh: 16,
            d_ah: 16,
            d_vout: 16,
            d_aout: 16,
            bidirectional: true,
            d_prjh: 128,
            dropout_prj: 0.1,
            cpc_layers: 1,
            add_va: false,
            mem_size: 1,
            alpha: 0.1,
            beta: 0.1,
            lr_main: 1e-3,
            lr_bert: 5e-5,
            lr_mmilb: 1e-3,
            weight_decay_main: 1e-4,
            weight_decay_bert: 1e-4,
            weight_decay_mmilb: 1e-4,
            mi_share: match profile {
                Profile::Mosei => 0.5,
                Profile::Mosi | Profile::Sims | Profile::SimsV2 => 1.0,
            },
            jitter: 1e-4,
            compat: false,
        }
    }

    /// A group of no parameters yet, at a published rate and decay as the recipe scales those of the
    /// main group.
    pub fn scaled(&self, recipe: &Recipe, rate: f64, decay: f64) -> ParamGroup {
        ParamGroup {
            learning_rate: in_proportion(recipe.learning_rate, rate, self.lr_main),
            weight_decay: in_proportion(recipe.weight_decay, decay, self.weight_decay_main),
            ..ParamGroup::all(recipe)
        }
    }

    /// Dimensions of the largest covariance.
    fn dimensions(&self) -> i64 {
        self.d_aout.max(self.d_vout) / 4
    }

    /// Checks sizes that depend on no data.
    ///
    /// # Errors
    /// [`ModelError::Config`].
    pub fn check(&self, model: &'static str) -> Result<()> {
        let refuse = |what, expected: &str, got: String| {
            Err(ModelError::Config {
                model,
                what,
                expected: expected.to_owned(),
                got,
            })
        };
        let narrow = self.d_aout.min(self.d_vout);
        if narrow < 4 {
            let expected = "at least 4 features, a fourth of which enters the entropy";
            return refuse("d_aout and d_vout", expected, narrow.to_string());
        }
        if self.cpc_layers < 1 {
            return refuse("cpc_layers", "at least 1", self.cpc_layers.to_string());
        }
        if !(0.0..=1.0).contains(&self.mi_share) {
            return refuse("mi_share", "between 0 and 1", self.mi_share.to_string());
        }
        if !self.compat && self.jitter <= 0.0 {
            let expected = "above 0, without which an entropy of few samples is infinite";
            return refuse("jitter", expected, self.jitter.to_string());
        }
        Ok(())
    }

    /// Checks that batches have samples of both signs for the covariances. Where no batch of a small training
    /// split has enough, the sound form warns and relies on `jitter`.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the smallest batch size that would do.
    pub fn check_batches(
        &self,
        recipe: &Recipe,
        labels: LabelStats,
        model: &'static str,
    ) -> Result<()> {
        let rarer = labels.positive.min(labels.negative);
        if rarer == 0 {
            let (positive, negative) = (labels.positive, labels.negative);
            return Err(ModelError::Config {
                model,
                what: "labels of the training split",
                expected: "positive and negative ones, whose entropies the loss holds".to_owned(),
                got: format!("{positive} positive and {negative} negative"),
            });
        }
        let enough = |batch: &usize| self.holds_enough(*batch, rarer, labels.count);
        if enough(&recipe.batch_size) {
            return Ok(());
        }
        let dimensions = self.dimensions();
        let needs = if self.compat {
            "twice the samples of either sign that a covariance"
        } else {
            "more samples of either sign than a covariance"
        };
        let advice = match (recipe.batch_size..=labels.count).find(enough) {
            Some(batch) => format!("--batch-size {batch} is enough"),
            None if self.compat => "the training split is too small".to_owned(),
            None => {
                tracing::warn!(
                    "{model}: the training split has {rarer} samples of one sign; covariances of {dimensions} \
                     dimensions need more, so that the entropies say little"
                );
                return Ok(());
            }
        };
        Err(ModelError::Config {
            model,
            what: "batch size",
            expected: format!(
                "with {} remembered, {needs} of {dimensions} dimensions needs ({advice})",
                match self.mem_size {
                    1 => "one batch".to_owned(),
                    batches => format!("{batches} batches"),
                }
            ),
            got: recipe.batch_size.to_string(),
        })
    }

    /// Whether the rarer sign is expected to have enough samples. The reference has no answer to too
    /// few, so that its smallest batch must do, with some to spare.
    fn holds_enough(&self, batch: usize, rarer: usize, samples: usize) -> bool {
        let batch = batch.min(samples);
        let last = match samples % batch {
            0 => batch,
            rest if self.compat => rest,
            _ => batch,
        };
        let rows = (self.mem_size * batch + last) as f64;
        let expected = rows * rarer as f64 / samples as f64;
        let needed = self.dimensions() as f64 + 1.0;
        expected >= if self.compat { 2.0 * needed } else { needed }
    }
}
