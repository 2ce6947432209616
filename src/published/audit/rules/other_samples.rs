//! Finds accuracies that are counts of other samples than those of their heading.

use std::collections::BTreeMap;

use super::count_rows::{Sets, Share, tables};
use super::runs::Runs;
use super::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "other-samples",
    definition: "accuracies of one metric and data set that counts of other samples explain a billion times better than \
                 counts of its own, by any number of runs up to ten: Acc-2 of Non0 under Has0 or the reverse, or numbers \
                 of another data set",
    strength: "odd, since a paper may have left out samples",
    check,
};

/// How many times better the other samples explain the numbers than their own do, and than chance does.
const BELIEF: f64 = 1e9;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut sets = Sets::default();
    let mut blocks: BTreeMap<_, Vec<Share<'_>>> = BTreeMap::new();
    for table in tables(arranged) {
        for row in &table.rows {
            for share in row.independent(arranged) {
                let key = (share.seen.table, table.dataset, share.seen.cell.metric.name);
                let block = blocks.entry(key).or_default();
                // A number that several methods print is one piece of evidence.
                if !block
                    .iter()
                    .any(|known| known.number().same(share.number()))
                {
                    block.push(share);
                }
            }
        }
    }
    let found = blocks.values();
    found
        .filter_map(|block| finding(arranged, &mut sets, block))
        .collect()
}

fn finding(arranged: &Arranged<'_>, sets: &mut Sets, shares: &[Share<'_>]) -> Option<Finding> {
    let cell = shares.first()?.seen.cell;
    let own = shares.first()?.samples;
    let given = arranged.settings.rounding;
    let mut usual = Runs::usual();
    usual.retain(|way| given.is_none_or(|rounding| rounding == way.rounding));
    let (here, _) = sets.best(shares, &usual)?;
    let others = arranged
        .statistics
        .other_samples(&cell.dataset, cell.metric, own);
    let explained = others.into_iter().filter_map(|(what, samples)| {
        let moved = shares.iter().map(|share| Share { samples, ..*share });
        let moved: Vec<Share<'_>> = moved.collect();
        let (there, way) = sets.best(&moved, &usual)?;
        let fit = moved.len() - sets.misfits(&moved, &[way]).len();
        Some((there, way, what, samples, fit))
    });
    let (there, way, what, samples, fit) = explained.max_by(|a, b| a.0.total_cmp(&b.0))?;
    if there < BELIEF.ln() || there - here.max(0.0) < BELIEF.ln() {
        return None;
    }
    let misfits = sets.misfits(shares, &[way]).len();
    let why = format!(
        "{fit} of {} are counts of {} on {samples} samples, those of {what}; of its own {own} samples only {} are: are these \
         numbers of {what}?",
        describe::count_as(shares.len(), "different accuracy", "different accuracies"),
        way.describe(),
        shares.len() - misfits,
    );
    let about = describe::about(&[&cell.dataset, cell.metric.title]);
    Some(Finding::new(
        Strength::Odd,
        about,
        why,
        shares.iter().map(|s| s.seen),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    /// Findings of twenty means of `runs` runs on `samples` samples.
    fn found(heading: &str, samples: u64, runs: u64) -> Vec<Finding> {
        let mut text = format!("rate,method,{heading}\n");
        for (method, step) in [("A", 13), ("B", 17)] {
            for i in 0..10 {
                let right = samples * runs * 3 / 4 - step * i - step;
                let percent = 100.0 * right as f64 / (samples * runs) as f64;
                text += &format!("{},{method},{percent:.2}\n", i as f64 / 10.0);
            }
        }
        testing::found(RULE.name, &text)
    }

    #[test]
    fn accuracies_under_the_other_heading_are_found() {
        for runs in [1, 3] {
            let all = found("mosi_acc2_h", 656, runs);
            assert_eq!(all.len(), 1, "{runs}");
            assert!(
                all[0].why.contains("those of Acc-2 (Non0)"),
                "{}",
                all[0].why
            );
            let all = found("mosi_acc2_n", 686, runs);
            assert!(
                all[0].why.contains("those of Acc-2 (Has0)"),
                "{}",
                all[0].why
            );
            assert!(found("mosi_acc2_n", 656, runs).is_empty());
            assert!(found("mosi_acc2_h", 686, runs).is_empty());
            assert!(found("mosi_acc7", 686, runs).is_empty());
        }
    }

    #[test]
    fn accuracies_of_another_data_set_are_found() {
        let all = found("mosei_acc7", 686, 1);
        assert!(all[0].why.contains("those of mosi"), "{}", all[0].why);
        // Of no known test set, and of so many samples that everything fits.
        assert!(found("mosi_acc7", 611, 1).is_empty());
        assert!(found("mosei_acc7", 4659, 3).is_empty());
    }
}
