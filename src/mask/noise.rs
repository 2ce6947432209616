//! Training noise: missing rates of training samples, and how often their masks are drawn anew.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Condition, Error, MaskProtocol, Phase, Scope, Training, loader_processes, rates};
use crate::data::dataset::{Modality, SplitName};
use crate::support::nearest::hint;
use crate::support::{Classify, ErrorClass};

/// When training masks and rates are drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Noise {
    /// Complete training data.
    Clean,
    /// One noisy copy for the whole training.
    Fixed,
    /// This many noisy copies in turn.
    Cycle { copies: u32 },
    /// A new noisy copy every epoch.
    Fresh,
    /// The first copy of the published code for the whole training, under the mask protocol `reference`.
    Reference,
    /// The published code with this many loader processes: as [`Self::Reference`], but that a few samples
    /// of every epoch see new rates (see [`Self::redrawn`]).
    ReferenceLoader { processes: u32 },
    /// The published code without loader processes: the redraw lasts. It happens when sample 0 is
    /// fetched; here, at the start of every epoch except the first.
    ReferenceRefresh,
}

impl Noise {
    /// Number of the draw used in an epoch counted from 0, for [`super::Phase::Epoch`]; `None`
    /// for complete data.
    pub fn draw(self, epoch: u32) -> Option<u32> {
        match self {
            Self::Clean => None,
            Self::Fixed | Self::Reference => Some(0),
            // `cycle:0` cannot be parsed; built by hand it means one copy.
            Self::Cycle { copies } => Some(epoch % copies.max(1)),
            Self::Fresh | Self::ReferenceLoader { .. } | Self::ReferenceRefresh => Some(epoch),
        }
    }

    /// Whether a sample sees rates that are drawn anew in an epoch: shape (N), by index; empty where the
    /// whole epoch is of one draw. `order` is the order in which the epoch reads the samples (indices), in
    /// batches of `batch_size`. Neither batches that share a step nor passes over parts of a batch enter.
    pub fn redrawn(self, order: &[i64], batch_size: usize) -> Vec<bool> {
        match self {
            Self::ReferenceLoader { processes } => {
                loader_processes::redrawn(order, batch_size, processes as usize)
            }
            _ => Vec::new(),
        }
    }

    /// Whether it repeats the published code, with its mask protocol and its rates.
    pub fn is_published(self) -> bool {
        matches!(
            self,
            Self::Reference | Self::ReferenceLoader { .. } | Self::ReferenceRefresh
        )
    }

    /// The mask protocol of this noise: `reference` for the published ones; for the others the one
    /// called `asked`, or `random`.
    ///
    /// # Errors
    /// [`Error::UnknownMaskProtocol`]; [`Error::NoiseProtocol`] where published noise is requested with
    /// another mask protocol.
    pub fn mask_protocol(self, asked: Option<&str>) -> Result<&'static dyn MaskProtocol, Error> {
        let own = self.is_published().then_some("reference");
        match (own, asked) {
            (Some(own), Some(asked)) if own != asked => Err(Error::NoiseProtocol {
                noise: self.to_string(),
                own,
                asked: asked.to_owned(),
            }),
            _ => super::find(own.or(asked).unwrap_or("random")),
        }
    }

    /// Checks that this noise allows these rates.
    ///
    /// # Errors
    /// [`Error::NoiseRate`] where published noise is requested at one condition.
    pub fn check_rates(self, distribution: RateDistribution) -> Result<(), Error> {
        match distribution {
            RateDistribution::At(condition) if self.is_published() => Err(Error::NoiseRate {
                noise: self.to_string(),
                condition,
            }),
            _ => Ok(()),
        }
    }

    /// Checks that the copies this noise draws differ, where it draws several.
    ///
    /// # Errors
    /// [`Error::OneCopy`] under a [draw-invariant](MaskProtocol::is_draw_invariant) mask protocol at one condition.
    pub fn check_copies(
        self,
        mask_protocol: &dyn MaskProtocol,
        distribution: RateDistribution,
    ) -> Result<(), Error> {
        let several = matches!(
            self,
            Self::Cycle { copies: 2.. }
                | Self::Fresh
                | Self::ReferenceLoader { .. }
                | Self::ReferenceRefresh
        );
        match distribution {
            RateDistribution::At(condition) if several && mask_protocol.is_draw_invariant() => {
                Err(Error::OneCopy {
                    noise: self.to_string(),
                    mask_protocol: mask_protocol.name(),
                    condition,
                })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("clean"),
            Self::Fixed => f.write_str("fixed"),
            Self::Cycle { copies } => write!(f, "cycle:{copies}"),
            Self::Fresh => f.write_str("fresh"),
            Self::Reference => f.write_str("reference"),
            Self::ReferenceLoader { processes } => write!(f, "reference-loader:{processes}"),
            Self::ReferenceRefresh => f.write_str("reference-refresh"),
        }
    }
}

/// Distribution of the missing rates of training samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(
    tag = "rate_distribution",
    content = "condition",
    rename_all = "kebab-case"
)]
pub enum RateDistribution {
    /// The published one: per modality half of the samples complete, the others at a rate of their
    /// own, uniform in [0, 1) (see [`MaskProtocol::rates`]).
    HalfComplete,
    /// Every sample at this condition, to train a model for one missing rate.
    #[serde(rename = "constant")]
    At(Condition),
}

impl RateDistribution {
    /// Checks that a mask protocol draws training data at these rates, for runs of seed `run` with
    /// evaluation masks of seed `mask_seed`.
    ///
    /// # Errors
    /// [`Error::OneRate`] where it has no half-complete training; as [`MaskProtocol::fill`] where it
    /// cannot use one of the seeds.
    pub fn check(
        self,
        mask_protocol: &dyn MaskProtocol,
        run: u64,
        mask_seed: u64,
    ) -> Result<(), Error> {
        let scope = Scope {
            dataset: "",
            split: SplitName::Train,
            modality: Modality::Text,
            seed: run,
            phase: Phase::Epoch(0),
        };
        let no_samples = Training {
            ids: &[],
            vision_steps: 0,
            test: (0, 0),
            mask_seed,
        };
        if self == Self::HalfComplete {
            mask_protocol.rates(&scope, &no_samples)?;
        }
        mask_protocol.check_seed(mask_protocol.training_seed(run, mask_seed))
    }
}

/// Name of [`RateDistribution::HalfComplete`].
const HALF_COMPLETE: &str = "half-complete";

impl fmt::Display for RateDistribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HalfComplete => f.write_str(HALF_COMPLETE),
            Self::At(condition) => write!(f, "{condition}"),
        }
    }
}

impl FromStr for RateDistribution {
    type Err = rates::Error;

    /// `half-complete`, or a condition.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            HALF_COMPLETE => Ok(Self::HalfComplete),
            condition => condition.parse().map(Self::At),
        }
    }
}

/// Kinds of noise, for hints.
const NOISES: &str = "clean, fixed, fresh, cycle, reference, reference-loader, reference-refresh";

/// A training noise that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected training noise `clean`, `fixed`, `fresh`, `cycle:K`, `reference`, `reference-loader:W` or \
     `reference-refresh`, with K and W at least 1, got `{}`{}",
    .0,
    hint(.0.split(':').next().unwrap_or_default(), NOISES)
)]
pub struct ParseNoiseError(String);

impl Classify for ParseNoiseError {
    fn class(&self) -> ErrorClass {
        ErrorClass::Usage
    }
}

impl FromStr for Noise {
    type Err = ParseNoiseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = |text: &str| text.parse::<u32>().ok().filter(|count| *count > 0);
        match text {
            "clean" => Some(Self::Clean),
            "fixed" => Some(Self::Fixed),
            "fresh" => Some(Self::Fresh),
            "reference" => Some(Self::Reference),
            "reference-refresh" => Some(Self::ReferenceRefresh),
            _ => match text.split_once(':') {
                Some(("cycle", copies)) => count(copies).map(|copies| Self::Cycle { copies }),
                Some(("reference-loader", processes)) => {
                    count(processes).map(|processes| Self::ReferenceLoader { processes })
                }
                _ => None,
            },
        }
        .ok_or_else(|| ParseNoiseError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::{Random, Reference};

    const LOADER: Noise = Noise::ReferenceLoader { processes: 8 };

    #[test]
    fn draws_follow_the_noise() {
        let draws = |noise: Noise| (0..5).map(|epoch| noise.draw(epoch)).collect::<Vec<_>>();
        assert_eq!(draws(Noise::Clean), [None; 5]);
        assert_eq!(draws(Noise::Fixed), [Some(0); 5]);
        assert_eq!(draws(Noise::Cycle { copies: 2 }), [0, 1, 0, 1, 0].map(Some));
        assert_eq!(draws(LOADER), draws(Noise::Fresh));
        assert_eq!(draws(Noise::Fresh), [0, 1, 2, 3, 4].map(Some));
        assert_eq!(draws(Noise::Reference), draws(Noise::Fixed));
        assert_eq!(draws(Noise::ReferenceRefresh), draws(Noise::Fresh));
    }

    #[test]
    fn texts_round_trip_and_junk_is_refused() {
        for noise in [
            Noise::Clean,
            Noise::Fixed,
            Noise::Cycle { copies: 4 },
            LOADER,
            Noise::Fresh,
            Noise::Reference,
            Noise::ReferenceRefresh,
        ] {
            assert_eq!(noise.to_string().parse(), Ok(noise));
        }
        for junk in [
            "",
            "cycle",
            "cycle:",
            "cycle:0",
            "cycle:-1",
            "Fixed",
            "fresh:2",
            "reference-loader",
            "reference-loader:0",
            "reference:8",
        ] {
            let message = junk.parse::<Noise>().unwrap_err().to_string();
            assert!(message.contains(&format!("got `{junk}`")), "{message}");
            let hint = message.contains("did you mean `fixed`?");
            assert_eq!(hint, junk == "Fixed", "{message}");
        }
    }

    #[test]
    fn published_noise_has_its_own_mask_protocol_and_rates() {
        let mask_protocol = |noise: Noise, asked| {
            noise
                .mask_protocol(asked)
                .map(|mask_protocol| mask_protocol.name())
        };
        assert_eq!(mask_protocol(Noise::Reference, None).unwrap(), "reference");
        assert_eq!(mask_protocol(LOADER, None).unwrap(), "reference");
        assert_eq!(mask_protocol(Noise::Fresh, None).unwrap(), "random");
        assert_eq!(mask_protocol(Noise::Fixed, Some("block")).unwrap(), "block");
        let message = mask_protocol(Noise::Reference, Some("random"))
            .unwrap_err()
            .to_string();
        assert!(message.contains("noise `fixed` with `random`"), "{message}");
        let condition = RateDistribution::At("0.5".parse().unwrap());
        assert!(Noise::Fixed.check_rates(condition).is_ok());
        assert!(LOADER.check_rates(condition).is_err());
        let message = Noise::Reference
            .check_rates(condition)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("half of the samples complete"),
            "{message}"
        );
    }

    #[test]
    fn only_several_copies_have_to_differ() {
        let condition = RateDistribution::At("0.5".parse().unwrap());
        let check =
            |noise: Noise, distribution| noise.check_copies(&Reference, distribution).is_ok();
        for noise in [
            Noise::Fresh,
            Noise::Cycle { copies: 2 },
            LOADER,
            Noise::ReferenceRefresh,
        ] {
            assert!(!check(noise, condition) && check(noise, RateDistribution::HalfComplete));
            assert!(noise.check_copies(&Random, condition).is_ok());
        }
        let one = [
            Noise::Clean,
            Noise::Fixed,
            Noise::Cycle { copies: 1 },
            Noise::Reference,
        ];
        assert!(one.iter().all(|noise| check(*noise, condition)));
    }

    #[test]
    fn seeds_of_run_and_masks_are_both_checked() {
        let large = 111_001_111_011_111;
        let condition = RateDistribution::At("0.5".parse().unwrap());
        for (distribution, run, masks, fine) in [
            (RateDistribution::HalfComplete, 1, 1, true),
            (RateDistribution::HalfComplete, large, 1, false),
            (RateDistribution::HalfComplete, 1, large, false),
            // Its rates given, the run's seed decides nothing.
            (condition, large, 1, true),
            (condition, 1, large, false),
        ] {
            let found = distribution.check(&Reference, run, masks).is_ok();
            assert_eq!(found, fine, "{distribution} {run} {masks}");
            assert!(distribution.check(&Random, run, masks).is_ok());
        }
    }

    #[test]
    fn rate_distributions_round_trip() {
        for distribution in ["half-complete", "0.3", "LA", "l=0.2,a=0.7,v=0.7"] {
            assert_eq!(
                distribution
                    .parse::<RateDistribution>()
                    .unwrap()
                    .to_string(),
                distribution
            );
        }
        assert!("half".parse::<RateDistribution>().is_err());
    }
}
