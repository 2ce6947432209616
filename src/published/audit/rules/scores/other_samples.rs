//! Finds accuracies that are counts of other samples than those of their heading.

use std::collections::BTreeMap;

use super::count_rows::{CountTable, Sets, Share, tables};
use super::exchanged_headings::{Found, joined};
use super::runs::Runs;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};

pub const RULE: Rule = Rule {
    name: "other-samples",
    definition: "accuracies of one metric and data set that counts of other samples explain a billion times better than \
                 counts of its own, by any number of runs up to ten: Acc-2 of Non0 under Has0 or the reverse, numbers \
                 of another data set, of the validation split, of a test loader that drops its last batch, Acc-7, Acc-5 and \
                 Acc-3 of labels other than 0 alone, or of one run on any other number of samples",
    strength: "odd, since a paper may have left out samples",
    check,
};

/// How many times better the other samples explain the numbers than their own do, and than chance does.
const BELIEF: f64 = 1e9;

/// The largest number of samples up to which all smaller ones are tried, and how much better one of them must explain
/// the numbers for a known set to be none: with many runs, a set explains much.
const TRIED: u64 = 1000;
const BETTER: f64 = 1e3;

/// Sizes of batches.
const BATCHES: [u64; 6] = [8, 16, 32, 64, 128, 256];

/// Part of the numbers that other samples must explain.
const MOST: f64 = 0.9;

/// Other samples that explain numbers.
struct Other {
    what: String,
    samples: u64,
    way: Runs,
    likelihood: f64,
    fit: usize,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut sets = Sets::default();
    let mut blocks: BTreeMap<_, Vec<Share<'_>>> = BTreeMap::new();
    // The accuracies of all samples together.
    let mut whole: BTreeMap<_, Vec<Share<'_>>> = BTreeMap::new();
    for table in tables(arranged) {
        let all = arranged.statistics.all_samples(table.dataset);
        for row in &table.rows {
            for share in row.independent(arranged) {
                let key = (share.seen.table, table.dataset, share.seen.cell.metric.name);
                add(blocks.entry(key).or_default(), share);
                if all == Some(share.samples) {
                    add(whole.entry((key.0, key.1)).or_default(), share);
                }
            }
        }
    }
    let mut out = Vec::new();
    let mut partial: BTreeMap<_, u64> = BTreeMap::new();
    for (key, shares) in &whole {
        let others = arranged.statistics.partial_samples(key.1);
        let known = best(arranged, &mut sets, shares, others);
        let least = known
            .as_ref()
            .map_or(0.0, |known| known.likelihood + BETTER.ln());
        let any = any_number(arranged, &mut sets, shares).filter(|any| any.likelihood > least);
        if let Some(other) = any.or(known) {
            partial.insert(*key, other.samples);
            out.push(of_a_part(&mut sets, shares, &other));
        }
    }
    let nonzero = of_nonzero(arranged, &mut sets, &whole);
    let mut of_sets: Vec<Found<'_>> = Vec::new();
    for (key @ (table, dataset, metric), shares) in &blocks {
        let is_nonzero = nonzero.iter().any(|(key, _)| key == &(*table, *dataset));
        if is_nonzero && shares.iter().any(|s| classes(s)) {
            continue;
        }
        let (first, own) = (shares[0].seen.cell, shares[0].samples);
        let others = arranged
            .statistics
            .other_samples(dataset, first.metric, own);
        let Some(other) = best(arranged, &mut sets, shares, others) else {
            continue;
        };
        let part = partial.get(&(*table, *dataset));
        let explained = part.is_some_and(|samples| {
            whole[&(*table, *dataset)]
                .iter()
                .any(|s| s.seen.cell.metric.name == *metric)
                && sets
                    .best(&moved(shares, *samples), &usual(arranged))
                    .is_some_and(|(likelihood, _)| likelihood >= other.likelihood)
        });
        if !explained {
            of_sets.push(Found {
                finding: of_another_set(&mut sets, shares, &other),
                key: *key,
                samples: other.what,
            });
        }
    }
    out.extend(joined(of_sets));
    out.extend(nonzero.into_iter().map(|(_, finding)| finding));
    out
}

/// Whether an accuracy is one of several classes, which all samples belong to.
fn classes(share: &Share<'_>) -> bool {
    ["acc7", "acc5", "acc3"].contains(&share.seen.cell.metric.name)
}

/// Tables whose Acc-7, Acc-5 and Acc-3 are counted over the labels that are not 0, as Acc-2 (Non0) is.
fn of_nonzero<'a>(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    whole: &BTreeMap<(&'a str, &'a str), Vec<Share<'_>>>,
) -> Vec<((&'a str, &'a str), Finding)> {
    let mut out = Vec::new();
    for (key, shares) in whole {
        let shares: Vec<Share<'_>> = shares.iter().filter(|s| classes(s)).copied().collect();
        let Some(samples) = arranged.statistics.nonzero_samples(key.1) else {
            continue;
        };
        let what = "labels other than 0 alone".to_string();
        if let Some(other) = best(arranged, sets, &shares, vec![(what, samples)]) {
            out.push((*key, of_a_part(sets, &shares, &other)));
        }
    }
    out
}

/// Adds a share; a number that several methods print is one piece of evidence.
fn add<'a>(block: &mut Vec<Share<'a>>, share: Share<'a>) {
    if !block
        .iter()
        .any(|known| known.number().same(share.number()))
    {
        block.push(share);
    }
}

fn usual(arranged: &Arranged<'_>) -> Vec<Runs> {
    let given = arranged.settings.rounding;
    let mut usual = Runs::usual();
    usual.retain(|way| given.is_none_or(|rounding| rounding == way.rounding));
    usual
}

/// The shares as those of other samples.
fn moved<'a>(shares: &[Share<'a>], samples: u64) -> Vec<Share<'a>> {
    let of = |share: &Share<'a>| Share { samples, ..*share };
    shares.iter().map(of).collect()
}

/// The samples that explain the numbers best, where they do so much better than their own.
fn best(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    shares: &[Share<'_>],
    others: Vec<(String, u64)>,
) -> Option<Other> {
    let own = shares.first()?.samples;
    let usual = usual(arranged);
    // Few numbers can show nothing.
    let one = usual.first()?;
    let can = |other: &(String, u64)| at_most(&moved(shares, other.1), *one) >= BELIEF.ln();
    if !others.iter().any(can) {
        return None;
    }
    let (here, _) = sets.best(shares, &usual)?;
    let explained = others.into_iter().filter_map(|(what, samples)| {
        let moved = moved(shares, samples);
        // What cannot be better than their own by enough is not enumerated.
        let worth = |way: &&Runs| at_most(&moved, **way) - here.max(0.0) >= BELIEF.ln();
        let ways: Vec<Runs> = usual.iter().filter(worth).copied().collect();
        let (likelihood, way) = sets.best(&moved, &ways)?;
        let fit = moved.len() - sets.misfits(&moved, &[way]).len();
        Some(Other {
            what,
            samples,
            way,
            likelihood,
            fit,
        })
    });
    let other = explained.max_by(|a, b| a.likelihood.total_cmp(&b.likelihood))?;
    let sure = other.likelihood >= BELIEF.ln() && other.likelihood - here.max(0.0) >= BELIEF.ln();
    let most = other.fit as f64 >= MOST * shares.len() as f64;
    (sure && most && !is_of_fewer(sets, shares, own, &other)).then_some(other)
}

/// The number of samples of which one run explains the numbers best, whether or not a set is known to have as many.
fn any_number(arranged: &Arranged<'_>, sets: &mut Sets, shares: &[Share<'_>]) -> Option<Other> {
    let way = usual(arranged).into_iter().find(|way| way.runs == 1)?;
    let own = shares
        .first()
        .filter(|share| share.samples <= TRIED)?
        .samples;
    let belief = BELIEF.ln();
    let few = (own / 16).max(BATCHES[0]);
    if at_most(&moved(shares, few), way) < belief {
        return None;
    }
    let (here, _) = sets.best(shares, &usual(arranged))?;
    // Numbers of Non0 under the other heading are found by themselves.
    let known = arranged
        .statistics
        .nonzero_samples(&shares[0].seen.cell.dataset);
    let all = few..=own + own / 8;
    let all = all.filter(|samples| *samples != own && Some(*samples) != known);
    let all = all.map(|samples| (samples, sets.log_likelihood(&moved(shares, samples), way)));
    let (samples, likelihood) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let moved = moved(shares, samples);
    let fit = moved.len() - sets.misfits(&moved, &[way]).len();
    let most = fit as f64 >= MOST * shares.len() as f64;
    let sure = most && likelihood >= belief && likelihood - here.max(0.0) >= belief;
    let what = if BATCHES.contains(&samples) {
        format!("one batch of {samples}")
    } else if samples < own {
        format!("a test set without {}", own - samples)
    } else {
        format!("a test set with {} more", samples - own)
    };
    sure.then_some(Other {
        what,
        samples,
        way,
        likelihood,
        fit,
    })
}

/// The number of samples that explains a table's accuracies of all samples, for rules that find rows which do not fit.
pub fn explaining(arranged: &Arranged<'_>, sets: &mut Sets, table: &CountTable<'_>) -> Option<u64> {
    let all = arranged.statistics.all_samples(table.dataset);
    let mut shares = Vec::new();
    for row in &table.rows {
        let of_all = row.independent(arranged).into_iter();
        of_all
            .filter(|share| all == Some(share.samples))
            .for_each(|share| add(&mut shares, share));
    }
    any_number(arranged, sets, &shares).map(|other| other.samples)
}

/// Logarithm of how much better than chance a way explains shares at most: where it explains all of them.
fn at_most(shares: &[Share<'_>], way: Runs) -> f64 {
    let each = shares.iter().map(|share| {
        let printable = 100.0 * 10f64.powi(share.number().decimals as i32) + 1.0;
        let values = (share.samples * u64::from(way.runs) + 1) as f64;
        (printable / values).max(1.0).ln()
    });
    each.sum()
}

/// Whether one run on fewer samples, of which nothing is known, explains the numbers better still.
fn is_of_fewer(sets: &mut Sets, shares: &[Share<'_>], own: u64, other: &Other) -> bool {
    if own > TRIED || other.way.runs == 1 {
        return false;
    }
    let one = Runs {
        runs: 1,
        rounding: other.way.rounding,
    };
    (own / 4..own).any(|samples| {
        let likelihood = sets.log_likelihood(&moved(shares, samples), one);
        likelihood > other.likelihood + BETTER.ln()
    })
}

/// How many numbers are of the other samples, and how many of their own.
fn counted(sets: &mut Sets, shares: &[Share<'_>], other: &Other) -> String {
    let own = shares.len() - sets.misfits(shares, &[other.way]).len();
    format!(
        "{} of {} are counts of {} on {} samples, those of {}; of its own {} samples only {own} are",
        other.fit,
        describe::count_as(shares.len(), "different accuracy", "different accuracies"),
        other.way.describe(),
        other.samples,
        other.what,
        shares[0].samples,
    )
}

fn of_another_set(sets: &mut Sets, shares: &[Share<'_>], other: &Other) -> Finding {
    let cell = shares[0].seen.cell;
    let why = format!(
        "{}: are these numbers of {}?",
        counted(sets, shares, other),
        other.what
    );
    let about = describe::about(&[&cell.dataset, cell.metric.title]);
    Finding::new(Strength::Odd, about, why, shares.iter().map(|s| s.seen))
}

fn of_a_part(sets: &mut Sets, shares: &[Share<'_>], other: &Other) -> Finding {
    let cell = shares[0].seen.cell;
    let why = format!(
        "{}: was the whole test split scored?",
        counted(sets, shares, other)
    );
    let metrics = describe::metrics(shares.iter().map(|s| s.seen.cell));
    let about = describe::about(&[&cell.dataset, &metrics]);
    Finding::new(Strength::Odd, about, why, shares.iter().map(|s| s.seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

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

    /// Two methods over the rates 0 to 0.9 in a wide table by metric, with a line of means for each: right predictions of
    /// `samples` in one run.
    fn of_all_metrics(samples: u64) -> Vec<Finding> {
        let mut text = "rate,method,mosi_acc7,mosi_acc5,mosi_acc2_h,mosi_mae\n".to_string();
        for (method, step) in [("A", 13), ("B", 17)] {
            let mut sums = [0.0; 3];
            for i in 0..10 {
                let of = |part: u64| samples * part / 100 - (step * i + part) * samples / 686;
                let shares = [44, 51, 81].map(|part| 100.0 * of(part) as f64 / samples as f64);
                let [acc7, acc5, acc2] = shares;
                text += &format!("0.{i},{method},{acc7:.2},{acc5:.2},{acc2:.2},0.8{i}1\n");
                for (sum, share) in sums.iter_mut().zip(shares) {
                    *sum += share / 10.0;
                }
            }
            let [acc7, acc5, acc2] = sums;
            text += &format!("mean,{method},{acc7:.2},{acc5:.2},{acc2:.2},0.856\n");
        }
        testing::found(RULE.name, &text)
    }

    #[test]
    fn several_rates_and_metrics_are_of_one_part_of_the_samples() {
        for (samples, what) in [
            (640, "drops the last batch (of 64/128)"),
            (672, "drops the last batch (of 16/24/32/48)"),
            (229, "those of the validation split"),
        ] {
            let all = of_all_metrics(samples);
            assert_eq!(all.len(), 1, "{samples}: {all:?}");
            assert!(all[0].why.contains(what), "{}", all[0].why);
            assert_eq!(all[0].about, "mosi, Acc-7, Acc-5 and Acc-2 (Has0)");
        }
        assert!(of_all_metrics(686).is_empty());
    }

    #[test]
    fn exchanged_headings_are_one_finding() {
        let mut text = "method,mosi_acc2_n,mosi_acc2_h,mosi_f1_n,mosi_f1_h\n".to_string();
        for i in 0..12 {
            let (few, all) = (530 - 13 * i, 548 - 14 * i);
            let [few, all] = [100.0 * few as f64 / 656.0, 100.0 * all as f64 / 686.0];
            text += &format!("M{i},{all:.2},{few:.2},{:.2},{:.2}\n", all - 0.1, few - 0.1);
        }
        let all = testing::found_all(&text);
        assert_eq!(all.len(), 1, "{all:?}");
        assert!(
            all[0].why.starts_with("headings exchanged"),
            "{}",
            all[0].why
        );
    }

    #[test]
    fn any_other_number_of_samples_is_named() {
        for (samples, what) in [
            (64, "on 64 samples, those of one batch of 64"),
            (685, "on 685 samples, those of a test set without 1;"),
            (611, "on 611 samples, those of a test set without 75"),
        ] {
            let all = of_all_metrics(samples);
            assert_eq!(all.len(), 1, "{samples}: {all:?}");
            assert!(all[0].why.contains(what), "{}", all[0].why);
        }
    }

    #[test]
    fn accuracies_of_labels_other_than_zero_are_found() {
        let table = |samples: u64| {
            let mut text = "method,mosi_acc7,mosi_acc5,mosi_acc2_h\n".to_string();
            for i in 0..9 {
                let of = |right: u64, all: u64| 100.0 * right as f64 / all as f64;
                let (acc7, acc5) = (of(225 - 7 * i, samples), of(243 - 9 * i, samples));
                text += &format!("M{i},{acc7:.2},{acc5:.2},{:.2}\n", of(548 - 11 * i, 686));
            }
            testing::found(RULE.name, &text)
        };
        let all = table(656);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].about, "mosi, Acc-7 and Acc-5");
        assert!(
            all[0].why.contains("those of labels other than 0"),
            "{}",
            all[0].why
        );
        assert!(table(686).is_empty());
    }

    #[test]
    fn accuracies_of_another_data_set_are_found() {
        let all = found("mosei_acc7", 686, 1);
        assert!(all[0].why.contains("those of mosi"), "{}", all[0].why);
        // Of the validation split, and of loaders that drop a last batch.
        for (heading, samples, runs, what) in [
            ("mosi_acc7", 229, 1, "those of the validation split"),
            ("mosi_acc7", 640, 1, "drops the last batch (of 64/128)"),
            ("mosi_acc2_h", 640, 3, "drops the last batch (of 64/128)"),
            ("mosi_acc7", 512, 1, "drops the last batch (of 256)"),
        ] {
            let all = found(heading, samples, runs);
            assert_eq!(all.len(), 1, "{heading} {samples}: {all:?}");
            assert!(all[0].why.contains(what), "{}", all[0].why);
        }
        // Of no known test set, in three runs, and of so many samples that everything fits.
        assert!(found("mosi_acc7", 611, 3).is_empty());
        assert!(found("mosei_acc7", 4659, 3).is_empty());
    }
}
