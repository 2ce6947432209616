//! Looks for a value that lost its last digits: a job that ended within a number and was resumed.

use crate::record::import::join::Joined;
use crate::record::import::plausible::{Check, FEWEST, Finding, Reference, name};

/// Digits behind the point that a cut value has at most, and all others at least.
const CUT: usize = 1;
const OTHERS: usize = 4;

/// Most values that are cut.
const FEW: usize = 2;

/// Few values with hardly a digit among many with all of theirs. Ends of the label range are those of clipping.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let [low, high] = reference.range;
    let mut cut = Vec::new();
    let mut total = 0;
    for (key, pass) in &run.passes {
        for (p, id) in pass.iter().zip(reference.ids) {
            // Models without an intercept answer 0 where nothing is left.
            let is_nothing = *p == 0.0 && key.2.rates() != [0.0; 3];
            if *p <= low || *p >= high || is_nothing {
                continue;
            }
            total += 1;
            match decimals(*p) {
                ..=CUT if cut.len() == FEW => return None,
                ..=CUT => cut.push((key, id, p)),
                OTHERS.. => {}
                _ => return None,
            }
        }
    }
    let (key, id, p) = cut.first().filter(|_| total >= FEWEST)?;
    Some(Finding {
        check: Check::Range,
        wrong: false,
        text: format!(
            "{}, condition {}: the prediction of `{id}` is {p}, all others have {OTHERS} digits behind the point and more: did the \
             program that wrote it end within the number, or was a missing prediction filled?",
            name(run),
            key.2
        ),
    })
}

/// Digits behind the point of the shortest number that is this one.
fn decimals(value: f32) -> usize {
    let text = value.to_string();
    text.split_once('.').map_or(0, |(_, digits)| digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::import::plausible::testing;

    fn found(values: &[f32]) -> Option<String> {
        let mut pass: Vec<f32> = (0..200)
            .map(|i| (i as f32).mul_add(0.01, 0.123_45))
            .collect();
        pass[..values.len()].copy_from_slice(values);
        let ids: Vec<String> = (0..200).map(|i| format!("v$_${i}")).collect();
        let truth = vec![0.0; 200];
        let reference = testing::reference(&ids, &truth);
        finding(&testing::complete(pass), &reference).map(|finding| finding.text)
    }

    #[test]
    fn one_value_that_was_cut_is_found() {
        assert_eq!(found(&[]), None);
        assert!(
            found(&[-0.9])
                .unwrap()
                .contains("the prediction of `v$_$0` is -0.9")
        );
        assert!(found(&[-1.0]).is_some());
        // Rounded ones, clipped ones, and many.
        assert_eq!(found(&[0.9, 0.125]), None);
        assert_eq!(found(&[3.0, -3.0]), None);
        assert_eq!(found(&[0.5, 0.6, 0.7]), None);
    }
}
