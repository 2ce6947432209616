//! Resolves a suite to settings: everything but data, model and seed that decides a run.

use super::train_on::TrainOn;
use super::{Error, MaskName, Suite};
use crate::data::dataset::Modality;
use crate::mask::{Condition, EvaluationMasks, MaskProtocol, Noise, RateDistribution};
use crate::record::{EngineKind, MaskGrid, Precision};
use crate::train::Selections;
use crate::train::schedule::Schedule;

/// Settings of a training and its tests. A suite has one, and one per training protocol.
#[derive(Clone)]
pub struct Settings {
    /// Masks of the test split.
    pub evaluation: Vec<EvaluationMasks>,
    /// Masks of the validation split, under the first mask seed.
    pub validation: Vec<(&'static dyn MaskProtocol, Condition)>,
    /// Seeds of the runs.
    pub seeds: Vec<u64>,
    /// Mask seeds of the test split; the first is that of validation and of published noise too.
    pub mask_seeds: Vec<u64>,
    /// Masks of the training noise.
    pub noise_protocol: &'static dyn MaskProtocol,
    pub noise: Noise,
    pub noise_rate: RateDistribution,
    pub selection: Selections,
    pub schedule: Schedule,
    pub precision: Precision,
    pub engine: EngineKind,
}

impl Settings {
    /// The settings of a suite, checked.
    ///
    /// # Errors
    /// Those of mask protocols, conditions and noise that do not go together; [`Error::NothingToDo`]
    /// without a mask seed.
    pub fn of(suite: &Suite) -> Result<Self, Error> {
        let evaluation = EvaluationMasks::deal(&suite.masks, &suite.rates.0)?;
        let noise = suite.train.noise;
        let settings = Self {
            validation: EvaluationMasks::choose(&evaluation, &suite.train.valid_rates.0),
            evaluation,
            seeds: unique(&suite.seeds),
            mask_seeds: unique(&suite.mask_seeds),
            noise_protocol: protocol_of(noise, suite.train.noise_masks)?,
            noise,
            noise_rate: suite.train.noise_rate,
            selection: suite.train.selection.clone(),
            schedule: suite.train.schedule,
            precision: suite.train.precision,
            engine: suite.train.engine,
        };
        settings.noise.check_rates(settings.noise_rate)?;
        if settings.mask_seeds.is_empty() {
            return Err(Error::NothingToDo { what: "mask seed" });
        }
        EvaluationMasks::check_seeds(&settings.evaluation, &settings.mask_seeds)?;
        Ok(settings)
    }

    /// What the test split is predicted under.
    pub fn masks(&self) -> Vec<MaskGrid> {
        let grid = |one: &EvaluationMasks| MaskGrid {
            mask_protocol: one.mask_protocol.name().to_owned(),
            version: one.mask_protocol.version(),
            seeds: one.seeds(&self.mask_seeds).to_vec(),
            conditions: one.conditions.clone(),
            tested_on: None,
        };
        self.evaluation.iter().map(grid).collect()
    }

    /// Unchanged, after a check that the mask protocol of the noise can draw training masks at its rates
    /// under every seed, in as many copies as the noise needs.
    ///
    /// # Errors
    /// As [`RateDistribution::check`] and [`Noise::check_copies`].
    pub fn checked(&self) -> Result<&Self, Error> {
        if self.noise == Noise::Clean {
            return Ok(self);
        }
        let (mask_protocol, distribution) = (self.noise_protocol, self.noise_rate);
        for run in &self.seeds {
            distribution.check(mask_protocol, *run, self.mask_seeds[0])?;
        }
        self.noise.check_copies(mask_protocol, distribution)?;
        Ok(self)
    }

    /// The trainings of a protocol: one, but for [`TrainOn::TestedRate`] one per condition.
    ///
    /// # Errors
    /// [`Error::TrainOn`] where noise or rates of the suite contradict the protocol.
    pub fn under(&self, suite: &Suite, train_on: TrainOn) -> Result<Vec<Self>, Error> {
        let asked = suite.train.noise_masks;
        let mixed = self.noise_rate == RateDistribution::HalfComplete;
        let against = |key, found: &dyn ToString, expected| {
            Err(Error::TrainOn {
                train_on,
                key,
                found: found.to_string(),
                expected,
            })
        };
        if !mixed && train_on != TrainOn::Clean {
            return against("noise_rate", &self.noise_rate, "half-complete");
        }
        if self.noise == Noise::Clean && train_on != TrainOn::Clean {
            return against("noise", &self.noise, "fresh, fixed, cycle:K or reference");
        }
        Ok(match train_on {
            TrainOn::Mixed => vec![self.checked()?.clone()],
            TrainOn::Clean => vec![Self {
                noise: Noise::Clean,
                noise_protocol: protocol_of(Noise::Clean, asked)?,
                noise_rate: RateDistribution::HalfComplete,
                ..self.clone()
            }],
            TrainOn::TestedRate => self.at_tested_rates(asked)?,
            TrainOn::Rate(condition) => vec![self.at_rate(condition)?],
        })
    }

    /// The same for data without these modalities: without the conditions at which one of them is missing,
    /// as it is at every condition. `None` where nothing is left to test.
    pub fn present(&self, absent: &[Modality]) -> Option<Self> {
        let mut present = self.clone();
        present.evaluation = EvaluationMasks::present(present.evaluation, absent);
        (present.validation).retain(|(_, condition)| condition.is_drawn_without(absent));
        let has_validation = self.validation.is_empty() || !present.validation.is_empty();
        (has_validation && !present.evaluation.is_empty()).then_some(present)
    }

    /// One training whose samples are all at a condition, validated and tested as any other.
    fn at_rate(&self, condition: Condition) -> Result<Self, Error> {
        let one = Self {
            noise: at_one_rate(self.noise, self.noise_protocol),
            noise_rate: RateDistribution::At(condition),
            ..self.clone()
        };
        one.checked()?;
        Ok(one)
    }

    /// A training per condition, validated and tested at it. Masks are of the tested mask protocol unless the
    /// noise has its own; mask protocols that are trained for alike share a training.
    fn at_tested_rates(&self, asked: Option<MaskName>) -> Result<Vec<Self>, Error> {
        let mut all: Vec<Self> = Vec::new();
        for EvaluationMasks {
            mask_protocol,
            conditions,
        } in &self.evaluation
        {
            let noise_protocol = match self.noise {
                published if published.is_published() => self.noise_protocol,
                _ => asked.map_or(*mask_protocol, |asked| asked.0),
            };
            for &condition in conditions {
                let here = EvaluationMasks {
                    mask_protocol: *mask_protocol,
                    conditions: vec![condition],
                };
                let distribution = RateDistribution::At(condition);
                let known = all.iter_mut().find(|one| {
                    one.noise_rate == distribution
                        && one.noise_protocol.name() == noise_protocol.name()
                });
                match known {
                    Some(one) => one.evaluation.push(here),
                    None => all.push(Self {
                        validation: vec![(*mask_protocol, condition)],
                        evaluation: vec![here],
                        noise: at_one_rate(self.noise, noise_protocol),
                        noise_rate: distribution,
                        noise_protocol,
                        ..self.clone()
                    }),
                }
            }
        }
        for one in &all {
            one.checked()?;
        }
        Ok(all)
    }
}

/// The noise that draws masks as often, without a mixture of rates: MMSA trains under LNLN's masks
/// at one rate. Where only rates are drawn anew one copy is left, and `fresh`, the default, becomes
/// `fixed`.
fn at_one_rate(noise: Noise, mask_protocol: &dyn MaskProtocol) -> Noise {
    match noise {
        published if published.is_published() => Noise::Fixed,
        Noise::Fresh if mask_protocol.is_draw_invariant() => Noise::Fixed,
        other => other,
    }
}

/// Each seed once, in order.
fn unique(seeds: &[u64]) -> Vec<u64> {
    let mut known = std::collections::BTreeSet::new();
    let new = seeds.iter().filter(|seed| known.insert(**seed));
    new.copied().collect()
}

/// The mask protocol of a noise, given the one that the suite asks for.
fn protocol_of(noise: Noise, asked: Option<MaskName>) -> Result<&'static dyn MaskProtocol, Error> {
    let name = asked.as_ref().map(MaskName::as_ref);
    Ok(noise.mask_protocol(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(more: &str) -> Suite {
        let text = format!("datasets = ['mosi']\nmodels = ['lnln']\n{more}");
        toml::from_str(&text).unwrap()
    }

    /// Noise and what is tested, a line per training.
    fn trainings(suite: &Suite, train_on: TrainOn) -> Vec<String> {
        let base = Settings::of(suite).unwrap();
        let show = |one: &Settings| {
            let (noise, mask_protocol, rate) =
                (one.noise, one.noise_protocol.name(), one.noise_rate);
            let validation = one
                .validation
                .iter()
                .map(|(f, l)| format!("{}/{l}", f.name()));
            let validation: Vec<_> = validation.collect();
            let validation = validation.join(" ");
            format!(
                "{noise} {mask_protocol} {rate}: {validation}: {:?}",
                one.evaluation
            )
        };
        base.under(suite, train_on)
            .unwrap()
            .iter()
            .map(show)
            .collect()
    }

    #[test]
    fn at_the_tested_rate_there_is_a_training_per_condition() {
        let suite = suite("rates = '0,0.5'");
        let [zero, half] = &trainings(&suite, TrainOn::TestedRate)[..] else {
            panic!("expected two trainings");
        };
        assert_eq!(
            zero,
            "fresh random 0: random/0: [random at [Condition { rates: [0.0, 0.0, 0.0] }]]"
        );
        assert!(half.starts_with("fresh random 0.5: random/0.5: "), "{half}");
        assert_eq!(trainings(&suite, TrainOn::Mixed).len(), 1);
        let clean = trainings(&suite, TrainOn::Clean);
        assert!(
            clean[0].starts_with("clean random half-complete: "),
            "{clean:?}"
        );
    }

    #[test]
    fn at_a_fixed_rate_there_is_one_training_tested_at_every_condition() {
        let plain = suite("rates = '0,0.5'\n[train]\nvalid_rates = '0,0.5'");
        let rate = "rate:0.3".parse().unwrap();
        let fixed = trainings(&plain, rate);
        assert_eq!(fixed.len(), 1);
        let mixed = &trainings(&plain, TrainOn::Mixed)[0];
        let tested = |training: &str| training.split_once(": ").unwrap().1.to_owned();
        assert_eq!(tested(&fixed[0]), tested(mixed));
        assert!(
            fixed[0].starts_with("fresh random 0.3: random/0 "),
            "{fixed:?}"
        );
        // What a flag says is the same training.
        let by_flag = suite("rates = '0,0.5'\n[train]\nvalid_rates = '0,0.5'\nnoise_rate = '0.3'");
        let base = Settings::of(&by_flag).unwrap();
        let same = Settings::of(&plain).unwrap().under(&plain, rate).unwrap();
        let noise = |one: &Settings| (one.noise, one.noise_rate, one.noise_protocol.name());
        assert_eq!(noise(&base), noise(&same[0]));
        let published = suite("masks = ['reference']\n[train]\nnoise = 'reference'");
        let fixed = trainings(&published, rate);
        assert!(fixed[0].starts_with("fixed reference 0.3: "), "{fixed:?}");
    }

    #[test]
    fn mask_protocols_trained_for_alike_share_a_training() {
        let own = suite("rates = '0.5'\nmasks = ['random', 'block']");
        let all = trainings(&own, TrainOn::TestedRate);
        assert_eq!(all.len(), 2, "{all:?}");
        assert!(all[1].starts_with("fresh block 0.5: block/0.5"), "{all:?}");
        let one =
            suite("rates = '0.5'\nmasks = ['random', 'block']\n[train]\nnoise_masks = 'random'");
        let all = trainings(&one, TrainOn::TestedRate);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(
            all[0].contains("[random at") && all[0].contains("block at"),
            "{all:?}"
        );
    }

    /// It draws nothing but rates anew, so that of the others one copy is left too.
    #[test]
    fn the_published_noise_keeps_its_masks_and_loses_its_mixture() {
        for noise in ["reference", "reference-loader:8", "reference-refresh"] {
            let train = format!("[train]\nnoise = '{noise}'");
            let suite = suite(&format!("rates = '0.5'\nmasks = ['reference']\n{train}"));
            let all = trainings(&suite, TrainOn::TestedRate);
            assert!(
                all[0].starts_with("fixed reference 0.5: reference/0.5"),
                "{all:?}"
            );
        }
    }

    #[test]
    fn noise_that_repeats_itself_is_called_fixed() {
        let two = "rates = '0.5'\nmasks = ['random', 'reference-tfr']";
        let all = trainings(&suite(two), TrainOn::TestedRate);
        assert!(all[0].starts_with("fresh random 0.5: "), "{all:?}");
        assert!(all[1].starts_with("fixed reference-tfr 0.5: "), "{all:?}");
        let own = "rates = '0.5'\n[train]\nnoise_masks = 'reference'";
        let all = trainings(&suite(own), TrainOn::TestedRate);
        assert!(
            all[0].starts_with("fixed reference 0.5: random/0.5"),
            "{all:?}"
        );
        let cycle = suite(&format!("{two}\n[train]\nnoise = 'cycle:2'"));
        let base = Settings::of(&cycle).unwrap();
        let refused = base.under(&cycle, TrainOn::TestedRate).err().unwrap();
        let refused = refused.to_string();
        assert!(
            refused.contains("cycle:2") && refused.contains("--noise fixed"),
            "{refused}"
        );
    }

    #[test]
    fn one_rate_under_masks_that_repeat_themselves_wants_fixed_noise() {
        let checked = |more: &str| {
            let masks = format!("[train]\nnoise_masks = 'reference'\n{more}");
            let checked = Settings::of(&suite(&masks)).unwrap();
            checked.checked().map(drop).map_err(|e| e.to_string())
        };
        for noise in ["", "noise = 'cycle:3'"] {
            let refused = checked(&format!("noise_rate = '0.5'\n{noise}")).unwrap_err();
            assert!(refused.contains("--noise fixed"), "{refused}");
        }
        checked("noise_rate = '0.5'\nnoise = 'fixed'").unwrap();
        // Rates are drawn anew.
        checked("").unwrap();
    }

    #[test]
    fn seeds_that_the_noise_cannot_use_are_found_before_training() {
        let checked = |more: &str, noise: &str, train_on| {
            let suite = suite(&format!("{more}\n[train]\n{noise}"));
            let under = Settings::of(&suite).unwrap().under(&suite, train_on);
            under.map(drop).map_err(|e| e.to_string())
        };
        let mixed = |more, noise| checked(more, noise, TrainOn::Mixed);
        let published = "noise = 'reference'";
        let tfr = "masks = ['reference-tfr']\nmask_seeds = [111001111011111]";
        let refused = mixed(tfr, published).unwrap_err();
        assert!(refused.contains("seed 111001111011111"), "{refused}");
        mixed(tfr, "").unwrap();
        let refused = mixed("seeds = [1, 4294967296]", published).unwrap_err();
        assert!(refused.contains("seed 4294967296"), "{refused}");
        // The first mask seed is the one that trains.
        mixed("mask_seeds = [1, 4294967296]", published).unwrap();
        let large = "mask_seeds = [4294967296]";
        assert!(mixed(large, published).is_err());
        let refused = checked(large, "noise_masks = 'reference'", TrainOn::TestedRate);
        let refused = refused.unwrap_err();
        assert!(refused.contains("seed 4294967296"), "{refused}");
    }

    #[test]
    fn masks_are_checked_before_anything_is_read() {
        let seeds = |more: &str| Settings::of(&suite(more)).map(|settings| settings.mask_seeds);
        assert_eq!(seeds("mask_seeds = [2, 1, 2]").unwrap(), [2, 1]);
        let refused = seeds("masks = ['reference']\nmask_seeds = [1, 4294967296]").unwrap_err();
        assert!(refused.to_string().contains("4294967296"), "{refused}");
        let tfr = "[train]\nnoise = 'fixed'\nnoise_masks = 'reference-tfr'";
        let mixed = Settings::of(&suite(tfr)).unwrap();
        let refused = mixed.checked().err().unwrap().to_string();
        assert!(refused.contains("--noise-rate"), "{refused}");
        let half = Settings::of(&suite(&format!("{tfr}\nnoise_rate = '0.5'"))).unwrap();
        assert!(half.checked().is_ok());
        assert_eq!(trainings(&suite(tfr), TrainOn::TestedRate).len(), 11);
    }

    #[test]
    fn what_contradicts_a_protocol_is_named() {
        let message = |more: &str, train_on| {
            let suite = suite(more);
            let base = Settings::of(&suite).unwrap();
            base.under(&suite, train_on).err().unwrap().to_string()
        };
        let clean = message("[train]\nnoise = 'clean'", TrainOn::Mixed);
        assert!(clean.contains("noise = \"clean\""), "{clean}");
        let rate = message("[train]\nnoise_rate = '0.5'", TrainOn::TestedRate);
        assert!(
            rate.contains("tested-rate") && rate.contains("half-complete"),
            "{rate}"
        );
    }
}
