//! Looks for conditions that are not between their neighbors in rate.
//!
//! What is missing at one rate is missing at every higher one, so that predictions of a sample change step by step:
//! those at 0.3 and 0.5 are further apart, in the mean over samples, than those at 0.3 and 0.4, or 0.4 and 0.5.
//! Where two rates were exchanged, or one condition has predictions of another order, seed or model, they are not.

use crate::mask::{self, Condition};
use crate::record::import::join::{Joined, MaskKey};
use crate::record::import::plausible::{FEWEST, ROUNDING, Reference};

/// Standard errors of the paired difference of distances. Of 2000 sound passes of 700 runs of 22 models, under five
/// mask protocols, none is beyond 2.6.
const CERTAIN: f64 = 4.0;

/// The predictions of one condition with one rate for all modalities.
pub struct Pass<'a> {
    pub key: &'a MaskKey,
    pub rate: f64,
    pub values: &'a [f32],
}

impl<'a> Pass<'a> {
    /// Mask protocol and mask seed.
    const fn masks(&self) -> (&'a String, u64) {
        (&self.key.0, self.key.1)
    }
}

/// The passes of each mask protocol and mask seed, by rate.
pub fn chains(run: &Joined) -> Vec<Vec<Pass<'_>>> {
    series(run, |condition| condition.rate())
}

/// The passes of each mask protocol and mask seed whose rates `of` tells, by them.
pub fn series(run: &Joined, of: impl Fn(&Condition) -> Option<f64>) -> Vec<Vec<Pass<'_>>> {
    let passes = run.passes.iter().filter_map(|(key, values)| {
        let rate = of(&key.2)?;
        Some(Pass { key, rate, values })
    });
    let mut passes: Vec<_> = passes.collect();
    passes.sort_by(|a, b| a.masks().cmp(&b.masks()).then(a.rate.total_cmp(&b.rate)));
    let mut chains: Vec<Vec<Pass<'_>>> = Vec::new();
    for pass in passes {
        match chains.last_mut() {
            Some(chain) if chain[0].masks() == pass.masks() => chain.push(pass),
            _ => chains.push(vec![pass]),
        }
    }
    chains
}

/// Three rates in a row, the outer two of which are nearer to each other than one of them is to the middle one.
/// Masks of a protocol that this program does not have may not nest.
pub fn out_of_order(run: &Joined, reference: &Reference<'_>) -> Option<String> {
    let chains = chains(run);
    let nested = chains
        .iter()
        .filter(|chain| mask::find(&chain[0].key.0).is_ok());
    let triples = nested.flat_map(|chain| chain.windows(3));
    let near = f64::from(ROUNDING * (reference.range[1] - reference.range[0]));
    let pairs = triples.flat_map(|triple| {
        let [low, middle, high] = [0, 1, 2].map(|i| &triple[i]);
        [(low, middle, high), (high, middle, low)]
    });
    let apart = pairs.filter_map(|(end, middle, other)| {
        let excess = Excess::of(end.values, middle.values, other.values)?;
        (excess.errors > CERTAIN && excess.step - excess.both > near).then_some((
            excess,
            end.key.2,
            middle.key.2,
            other.key.2,
        ))
    });
    let (excess, end, middle, other) = apart.max_by(|a, b| a.0.errors.total_cmp(&b.0.errors))?;
    let Excess { step, both, errors } = excess;
    Some(format!(
        ": predictions at rate {middle} differ from those at {end} by {step:.3} in the mean, those at {other} by only \
         {both:.3} ({errors:.0} standard errors), although {middle} is between the two and masks nest: were rates \
         exchanged, or has one of them predictions of another order, seed or model?"
    ))
}

/// By how much one step is larger than two.
struct Excess {
    step: f64,
    both: f64,
    errors: f64,
}

impl Excess {
    fn of(end: &[f32], middle: &[f32], other: &[f32]) -> Option<Self> {
        let n = end.len() as f64;
        let far = |a: &f32, b: &f32| f64::from(a - b).abs();
        let each = end.iter().zip(middle).zip(other);
        let each = each.map(|((end, middle), other)| (far(end, middle), far(end, other)));
        let (mut step, mut both, mut squares) = (0.0, 0.0, 0.0);
        for (one, two) in each {
            step += one / n;
            both += two / n;
            squares += (one - two).powi(2) / n;
        }
        let variance = squares - (step - both).powi(2);
        let errors = (step - both) / (variance / (n - 1.0)).sqrt();
        (end.len() >= FEWEST && errors.is_finite()).then_some(Self { step, both, errors })
    }
}
