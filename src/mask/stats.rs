//! Realized missing rates and their spread over samples.

use serde::Serialize;

use super::{Error, SplitShape, Variants};
use crate::data::dataset::Modality;

/// Realized missing rates of one modality at one condition. CLS and SEP are valid and never masked, so
/// text stays below its nominal rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Realized {
    pub modality: Modality,
    pub nominal: f64,
    /// Masked valid positions / valid positions of all samples together; `None` if none is valid.
    pub pooled: Option<f64>,
    /// Over samples that have a valid position.
    pub spread: Option<Spread>,
}

/// Mean, standard deviation (n - 1; 0 for a single sample) and range over samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub samples: usize,
    pub mean: f64,
    pub sd: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let (samples, n) = (values.len(), values.len() as f64);
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (samples > 0).then(|| Self {
            samples,
            mean,
            sd: (squares / (n - 1.0).max(1.0)).sqrt(),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// Realized missing rates of text, audio and vision of a split at every condition of `variants`.
///
/// # Errors
/// [`Error::NoSplit`] where the variants lack the split.
pub fn realized(variants: &Variants, split: &SplitShape) -> Result<Vec<[Realized; 3]>, Error> {
    let at = |condition: &super::Condition| -> Result<[Realized; 3], Error> {
        let keeps = variants.keeps(split.name, *condition)?;
        Ok(Modality::ALL.map(|modality| {
            let which = modality as usize;
            let (keep, lengths) = (&keeps[which], split.lengths[which]);
            let samples: Vec<f64> = keep.missing_rates(lengths).into_iter().flatten().collect();
            Realized {
                modality,
                nominal: condition.of(modality),
                pooled: keep.missing_rate(lengths),
                spread: Spread::of(&samples),
            }
        }))
    };
    variants.conditions.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::testing::{ids, shape};
    use crate::mask::{Random, parse_list};

    #[test]
    fn spread_of_known_numbers() {
        let spread = Spread::of(&[0.0, 0.5, 1.0]).unwrap();
        assert_eq!(
            (spread.mean, spread.sd, spread.min, spread.max),
            (0.5, 0.5, 0.0, 1.0)
        );
        assert_eq!(Spread::of(&[0.25]).unwrap().sd, 0.0);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn samples_without_a_valid_position_do_not_count() {
        let (ids, text, audio) = (ids(3), [4, 2, 3], [0, 5, 5]);
        let split = shape(&ids, [&text, &audio, &[0; 3]], [4, 5, 5]);
        let conditions = parse_list("0,1").unwrap();
        let variants = Variants::build(&Random, "toy", &[split], 1, &conditions).unwrap();
        let [text, audio, vision] = &realized(&variants, &split).unwrap()[1];
        // Everything but CLS and SEP: 2 of 4, 0 of 2, 1 of 3.
        assert_eq!(text.pooled, Some(3.0 / 9.0));
        assert_eq!(text.spread.unwrap().max, 0.5);
        assert_eq!(
            (audio.pooled, audio.spread.unwrap().samples),
            (Some(1.0), 2)
        );
        assert_eq!((vision.pooled, vision.spread), (None, None));
    }
}
