//! Looks for predictions that are means of others: a seed that is the mean of the other seeds, a rate that was filled
//! by a line between its neighbors.

use crate::record::import::join::Joined;
use crate::record::import::plausible::rates::between::{are_near, varies};
use crate::record::import::plausible::rates::steps::chains;
use crate::record::import::plausible::{Check, Finding, Reference, name, other_seeds};

/// Part of the label range up to which predictions are a mean: what three decimals leave.
const NEAR: f32 = 2e-4;

/// A seed or a rate that is a mean.
pub fn finding(run: &Joined, runs: &[Joined], reference: &Reference<'_>) -> Option<Finding> {
    let near = NEAR * (reference.range[1] - reference.range[0]);
    let text = of_seeds(run, runs, near).or_else(|| of_rates(run, near))?;
    Some(Finding {
        check: Check::Copies,
        wrong: false,
        text: format!("{}{text}", name(run)),
    })
}

/// A run whose predictions are the means of two or more other seeds of its model, under every condition.
fn of_seeds(run: &Joined, runs: &[Joined], near: f32) -> Option<String> {
    let others: Vec<&Joined> = other_seeds(run, runs).collect();
    let mean = |(key, pass): (_, &Vec<f32>)| {
        if !varies(pass) {
            return None;
        }
        let passes: Option<Vec<&Vec<f32>>> = others.iter().map(|o| o.passes.get(key)).collect();
        let passes = passes.filter(|passes| passes.len() > 1)?;
        let at = |i: usize| passes.iter().map(|p| p[i]).sum::<f32>() / passes.len() as f32;
        let mean: Vec<f32> = (0..pass.len()).map(at).collect();
        // Seeds with equal predictions are no means of each other.
        let other = passes.iter().any(|other| !are_near(pass, other, near));
        Some(other && is_mean(pass, &mean, near))
    };
    let known: Vec<bool> = run.passes.iter().filter_map(mean).collect();
    (known.contains(&true) && known.iter().all(|equal| *equal)).then(|| {
        format!(
            ": the predictions are the means of those of the other {} seeds, for every sample and condition: a mean is no \
             seed, and reports take it for one",
            others.len()
        )
    })
}

/// A rate whose predictions are on the line between those at the rates beside it.
fn of_rates(run: &Joined, near: f32) -> Option<String> {
    let chains = chains(run);
    let mut triples = chains.iter().flat_map(|chain| chain.windows(3));
    let triple = triples.find(|triple| {
        let [low, middle, high] = [0, 1, 2].map(|i| &triple[i]);
        let part = ((middle.rate - low.rate) / (high.rate - low.rate)) as f32;
        let both = low.values.iter().zip(high.values);
        let line: Vec<f32> = both.map(|(a, b)| a + part * (b - a)).collect();
        // Equal predictions at all three are those of masks that were not applied.
        let other = !are_near(low.values, high.values, near);
        high.rate < 1.0 && other && is_mean(middle.values, &line, near)
    })?;
    Some(format!(
        ", condition {}: the predictions are on the line between those at {} and {}, for every sample: was a missing rate \
         interpolated?",
        triple[1].key.2, triple[0].key.2, triple[2].key.2
    ))
}

fn is_mean(pass: &[f32], mean: &[f32], near: f32) -> bool {
    varies(pass) && are_near(pass, mean, near)
}
