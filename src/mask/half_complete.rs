//! Draws the missing rates of training samples: half of them complete, the others at any rate.

use super::key::{Key, Purpose, uniform};
use super::{MaskProtocol, Scope};

/// Half-complete missing rates under keyed randomness, shape (N).
///
/// Every sample draws two numbers from its own stream. Samples are sorted by the first one (equal ones
/// by id); the first half (rounded down) is complete, each other sample has its second number as
/// rate. So the result depends on which samples there are but not on their order.
pub(super) fn half_complete<F>(mask_protocol: &F, scope: &Scope, ids: &[String]) -> Vec<f64>
where
    F: MaskProtocol + ?Sized,
{
    let key = Key::new(Purpose::Rate, mask_protocol, scope);
    let draw = |id: &String| {
        let mut stream = key.stream(id);
        (uniform(&mut stream), uniform(&mut stream))
    };
    let draws: Vec<(f64, f64)> = ids.iter().map(draw).collect();
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by(|&a, &b| {
        draws[a]
            .0
            .total_cmp(&draws[b].0)
            .then_with(|| ids[a].cmp(&ids[b]))
    });
    let mut rates: Vec<f64> = draws.iter().map(|(_, rate)| *rate).collect();
    order[..ids.len() / 2]
        .iter()
        .for_each(|&complete| rates[complete] = 0.0);
    rates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Modality, SplitName};
    use crate::mask::{Phase, Random};

    const SCOPE: Scope = Scope {
        dataset: "mosi",
        split: SplitName::Train,
        modality: Modality::Text,
        seed: 1111,
        phase: Phase::Epoch(0),
    };

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("v$_${i}")).collect()
    }

    /// Changed rates here mean changed training data for every user: raise the mask protocol's version.
    #[test]
    fn keyed_rates_are_frozen() {
        let rates = half_complete(&Random, &SCOPE, &ids(6));
        let drawn = [0.7266020427989314, 0.8108830620516302, 0.9684359179065541];
        assert_eq!(rates, [0.0, drawn[0], drawn[1], 0.0, drawn[2], 0.0]);
    }

    #[test]
    fn order_does_not_matter() {
        let forward = ids(301);
        let backward: Vec<String> = forward.iter().rev().cloned().collect();
        let rates = half_complete(&Random, &SCOPE, &forward);
        let mut reversed = half_complete(&Random, &SCOPE, &backward);
        reversed.reverse();
        assert_eq!(rates, reversed);
    }

    #[test]
    fn modalities_and_draws_choose_their_halves_independently() {
        let complete = |scope: Scope| -> Vec<bool> {
            half_complete(&Random, &scope, &ids(4000))
                .iter()
                .map(|r| *r == 0.0)
                .collect()
        };
        let base = complete(SCOPE);
        for other in [
            Scope {
                modality: Modality::Audio,
                ..SCOPE
            },
            Scope {
                phase: Phase::Epoch(1),
                ..SCOPE
            },
            Scope {
                seed: 1112,
                ..SCOPE
            },
        ] {
            let both = base
                .iter()
                .zip(complete(other))
                .filter(|(a, b)| **a && *b)
                .count() as f64;
            // Hypergeometric: mean 1000, standard deviation n / (4 sqrt(n - 1)).
            assert!(
                (both - 1000.0).abs() < 4.0 * 4000.0 / (4.0 * 3999.0f64.sqrt()),
                "{both}"
            );
        }
    }

    #[test]
    fn rates_of_the_other_half_are_uniform() {
        let rates = half_complete(&Random, &SCOPE, &ids(4000));
        let noisy: Vec<f64> = rates.into_iter().filter(|rate| *rate > 0.0).collect();
        let mean = noisy.iter().sum::<f64>() / noisy.len() as f64;
        assert!(
            (mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / noisy.len() as f64).sqrt(),
            "{mean}"
        );
    }
}
