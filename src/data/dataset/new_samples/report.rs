//! Counts what was found in a file, and describes it.

use serde::Serialize;

use super::Expected;
use super::lost::{MissingAs, Steps};
use crate::data::dataset::levels;
use crate::data::dataset::modality::Modality;
use crate::data::dataset::scale::{self, Scale};
use crate::data::dataset::spread::{Kinds, Spread};

/// What is lost of one modality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Lost {
    /// Valid steps of all samples.
    pub steps: u64,
    /// Steps of zeros, in samples that have others too.
    pub zero_steps: u64,
    /// Steps of NaN.
    pub nan_steps: u64,
    /// Steps that are taken as missing.
    pub missing_steps: u64,
    /// Samples of which no step is left.
    pub missing_samples: u64,
    /// Samples without any step that is not zero, whether or not they are taken as missing.
    pub zero_samples: u64,
    /// Samples that are longer than those of the training, and cut.
    pub cut_samples: u64,
    /// Samples with values past their length, which are not read.
    pub samples_past_length: u64,
    /// Samples of which the last step within the length is zero, and others are not.
    pub samples_ending_in_zeros: u64,
    /// Single values that are not finite, taken as 0.
    pub not_finite: u64,
    /// Whether the file does not have the modality.
    pub absent: bool,
}

/// What a step of a modality is.
fn unit(modality: Modality) -> &'static str {
    if modality == Modality::Text {
        "word"
    } else {
        "frame"
    }
}

impl Lost {
    pub(super) fn add(&mut self, steps: Steps) {
        self.steps += steps.valid as u64;
        self.nan_steps += steps.nan as u64;
        self.missing_steps += steps.lost as u64;
        if steps.lost == steps.valid && steps.valid > 0 {
            self.missing_samples += 1;
        }
        if steps.zero == steps.valid {
            self.zero_samples += 1;
        } else {
            self.zero_steps += steps.zero as u64;
        }
    }
}

/// What was found in a column of features.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub lost: Lost,
    /// Features as the model reads them, without missing frames.
    pub spread: Spread,
    /// Values as they are in the file, without missing frames.
    pub kinds: Kinds,
    /// One past the last frame of each sample that is not zero.
    pub ends: Vec<usize>,
    /// Hashes of the frames of each sample, as they are in the file; none of frames that are all equal.
    pub prints: Vec<Option<u64>>,
}

/// What was found in a file and how it was taken.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub samples: usize,
    /// Text, audio, vision.
    pub lost: [Lost; 3],
    /// Of features as the model reads them.
    pub spreads: [Spread; 3],
    /// Of features as they are in the file; none of a file that is standardized already.
    pub kinds: [Option<Kinds>; 3],
}

impl Report {
    /// What a user must know of the file, a line each: first what was taken as it is expected, then what
    /// needs a look.
    pub fn describe(
        &self,
        expected: &Expected,
        missing_as: MissingAs,
    ) -> (Vec<String>, Vec<String>) {
        let (mut notes, mut warnings) = (Vec::new(), Vec::new());
        notes.extend(self.shares(expected));
        self.scales(expected, &mut notes, &mut warnings);
        for modality in Modality::ALL {
            let which = modality as usize;
            if !expected.absent[which] {
                self.one(expected, missing_as, modality, &mut notes, &mut warnings);
            }
        }
        (notes, warnings)
    }

    /// How much of each modality that the run reads is missing in the file.
    fn shares(&self, expected: &Expected) -> Option<String> {
        let read = Modality::ALL
            .into_iter()
            .filter(|modality| !expected.absent[*modality as usize]);
        let shares = read.map(|modality| {
            let lost = &self.lost[modality as usize];
            let what = unit(modality);
            match lost.nan_steps {
                _ if lost.absent => format!("all of {modality}"),
                0 => format!(
                    "{} of {} {what}s of {modality}",
                    lost.missing_steps, lost.steps
                ),
                nan => format!(
                    "{} of {} {what}s of {modality} ({nan} of NaN)",
                    lost.missing_steps, lost.steps
                ),
            }
        });
        let shares: Vec<String> = shares.collect();
        (!shares.is_empty()).then(|| format!("missing in the file: {}", shares.join(", ")))
    }

    /// Compares the scale of the features with that of the training.
    fn scales(&self, expected: &Expected, notes: &mut Vec<String>, warnings: &mut Vec<String>) {
        let mut unknown = Vec::new();
        for modality in Modality::ALL {
            let which = modality as usize;
            let read = expected.widths[which].is_some() && !expected.absent[which];
            if !read || self.lost[which].absent {
                continue;
            }
            match &expected.scales[which] {
                None => unknown.push(modality.to_string()),
                Some(scale) => {
                    let found = Scale::new(&self.spreads[which]);
                    let found = found.as_ref();
                    let difference = found.and_then(|f| scale.difference(f, self.samples));
                    let difference = difference
                        .or_else(|| self.function(expected, which, scale))
                        .or_else(|| levels::difference(scale, found?, self.samples));
                    warnings.extend(difference.map(|text| format!("{modality}: {text}")));
                }
            }
        }
        if !unknown.is_empty() {
            notes.push(format!(
                "the run holds no statistics of its training features (it was trained by an earlier build): \
                 whether {} has their scale was not checked",
                unknown.join(" or ")
            ));
        }
    }

    /// Features that a function changed, by the values that they lack.
    fn function(&self, expected: &Expected, which: usize, scale: &Scale) -> Option<String> {
        let kinds = self.kinds[which].as_ref()?;
        // Standardized values tell nothing of those before.
        let raw = expected.moments[which].as_ref().map(Scale::raw);
        scale::function(raw.as_ref().unwrap_or(scale), kinds, self.samples)
    }

    fn one(
        &self,
        expected: &Expected,
        missing_as: MissingAs,
        modality: Modality,
        notes: &mut Vec<String>,
        warnings: &mut Vec<String>,
    ) {
        let (lost, samples) = (&self.lost[modality as usize], self.samples);
        let unit = unit(modality);
        if lost.absent {
            notes.push(format!(
                "the file has no {modality}: taken as missing in all {samples} samples"
            ));
            return;
        }
        if lost.missing_samples > 0 {
            notes.push(format!(
                "{} of {samples} samples have no {unit} of {modality}: taken as missing",
                lost.missing_samples
            ));
        } else if lost.zero_samples > 0 {
            notes.push(format!(
                "{} of {samples} samples have no {unit} of {modality} that is not zero: taken as values \
                 (--missing-as {})",
                lost.zero_samples,
                missing_as.as_str()
            ));
        }
        // Without standardization a frame of zeros is what a missing one is to the model.
        let matters = expected.moments[modality as usize].is_some() || modality == Modality::Text;
        if lost.zero_steps > 0 && missing_as == MissingAs::Found && matters {
            notes.push(format!(
                "{} of {} {unit}s of {modality} are zero in samples that have others: taken as values; \
                 --missing-as zeros takes them as missing",
                lost.zero_steps, lost.steps
            ));
        }
        if lost.cut_samples > 0 {
            let steps = expected.steps[modality as usize];
            warnings.push(format!(
                "{} of {samples} samples have more than {steps} steps of {modality}, the most that the run was \
                 trained with: their first {steps} are read",
                lost.cut_samples
            ));
        }
        if lost.samples_past_length > 0 {
            warnings.push(format!(
                "{} of {samples} samples have values of {modality} past their length, which are not read: are \
                 features and lengths in the same order?",
                lost.samples_past_length
            ));
        }
        if 2 * lost.samples_ending_in_zeros > samples as u64 {
            warnings.push(format!(
                "{} of {samples} samples end in a zero {unit} of {modality} within their length: do lengths count \
                 padding?",
                lost.samples_ending_in_zeros
            ));
        }
        if lost.not_finite > 0 {
            warnings.push(format!(
                "{} values of {modality} are not finite in frames that have others: taken as 0",
                lost.not_finite
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a run that reads audio and vision alone.
    fn expected(scales: [Option<Scale>; 3]) -> Expected {
        Expected {
            steps: [1; 3],
            widths: [None, Some(3), Some(3)],
            aligned: false,
            absent: [true, false, false],
            moments: [None, None, None],
            scales,
            label_offset: 0.0,
        }
    }

    #[test]
    fn a_scale_that_the_run_does_not_hold_is_named_as_not_checked() {
        let mut spread = Spread::default();
        for value in 0..40_u8 {
            let value = f32::from(value);
            spread.add(&[value, value + 1.0, -value - 1.0], 3, (0, 1));
        }
        let report = Report {
            samples: 40,
            spreads: [Spread::default(), spread.clone(), spread.clone()],
            ..Report::default()
        };
        let scale = || Scale::new(&spread);
        let describe = |scales| report.describe(&expected(scales), MissingAs::Found);
        let (notes, warnings) = describe([None, scale(), scale()]);
        assert!(!notes.iter().any(|note| note.contains("not checked")));
        assert!(warnings.is_empty(), "{warnings:?}");
        let (notes, _) = describe([None, scale(), None]);
        let note = notes.iter().find(|note| note.contains("not checked"));
        assert!(note.unwrap().contains("whether vision has"), "{notes:?}");
    }

    #[test]
    fn turned_signs_are_named_with_their_modality() {
        let spread = |sign: f32| {
            let mut spread = Spread::default();
            for value in 0..40_u8 {
                let value = |i: u8| sign * (f32::from(value) + 0.1 * f32::from(i));
                let frame: Vec<f32> = (0..8).map(value).collect();
                spread.add(&frame, 8, (0, 1));
            }
            spread
        };
        let report = Report {
            samples: 40,
            spreads: [Spread::default(), spread(-1.0), spread(1.0)],
            ..Report::default()
        };
        let scale = || Scale::new(&spread(1.0));
        let expected = expected([None, scale(), scale()]);
        let (_, warnings) = report.describe(&expected, MissingAs::Found);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("audio: the means of 8 dimensions"));
    }
}
