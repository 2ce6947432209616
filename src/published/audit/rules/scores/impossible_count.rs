//! Finds accuracies that no count of right predictions gives (the GRIM test).

use super::count_rows::{CountRow, CountTable, Sets, Share, tables, ways};
use super::other_samples::explaining;
use super::run_count::fewer;
use super::runs::Runs;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Rounding, Strength};

pub const RULE: Rule = Rule {
    name: "impossible-count",
    definition: "an accuracy that no whole numbers of right predictions give, for the samples of the \
                 test set and the number of runs",
    strength: "impossible at a condition where --seeds says how many runs there were; very unlikely \
               where the table's other cells, or the row's, show the number of runs and the rounding, \
               and in a table without conditions, whose numbers may be means over them; odd for a row \
               of which much does not fit what the rows beside it show, and where rows of one table \
               print different numbers of digits",
    check,
};

/// What the likelihood of a way must reach over chance before it is believed.
const BELIEF: f64 = 1e9;

/// Ways that explain a table less well than the best by no more than this are not ruled out.
const NEAR: f64 = 1e6;

/// Cells of a row from which on one finding is made of them.
const SEVERAL: usize = 4;

/// How often chance alone makes accuracies fit other samples, at most once in as many rows.
const CHANCE: f64 = 1e3;

/// The most runs that are tried to explain a row.
const MOST: u32 = 5;

/// Why rows with other numbers of digits make findings odd.
const SEVERAL_PAPERS: &str = "; rows print other numbers of digits, so that the table quotes several \
                              papers, whose runs may be others";

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut sets = Sets::default();
    let mut out = Vec::new();
    for table in tables(arranged) {
        // Without a condition a number may be a mean over conditions too, and of more runs than the user
        // states: the cells themselves must show that it is not.
        match arranged.settings.seeds {
            Some(runs) if !table.whole => out.extend(stated(arranged, &mut sets, &table, runs)),
            _ => out.extend(inferred(arranged, &mut sets, &table)),
        }
    }
    out
}

/// What does not fit the number of runs that the user states.
fn stated(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    table: &CountTable<'_>,
    runs: u32,
) -> Vec<Finding> {
    let stated = ways(runs, arranged.settings);
    let mut out: Vec<Finding> = Vec::new();
    // Asked for once, and only where much does not fit.
    let mut others: Option<Option<u64>> = None;
    for row in &table.rows {
        let wrong = sets.misfits(&row.shares, &stated);
        if wrong.len() >= SEVERAL {
            let other = *others.get_or_insert_with(|| explaining(arranged, sets, table));
            let all = arranged.statistics.all_samples(table.dataset);
            let other = other.filter(|samples| {
                let of_all = wrong.iter().filter(|share| all == Some(share.samples));
                let samples = *samples;
                let moved: Vec<Share<'_>> = of_all.map(|s| Share { samples, ..*s }).collect();
                !moved.is_empty() && sets.misfits(&moved, &stated).is_empty()
            });
            let mut finding = row_finding(arranged, sets, row, &wrong, &stated);
            if let Some(samples) = other {
                finding.why.push_str(&format!(
                    "; the accuracies of the table are counts of one run on {samples} samples: were all and only those of the \
                     test set scored?"
                ));
            }
            out.push(finding);
        } else {
            out.extend(wrong.iter().map(|share| {
                cell_finding(sets, share, &stated, Strength::Impossible, String::new())
            }));
        }
        out.extend(of_fewer_runs(arranged, sets, table, row, &wrong));
    }
    if table.mixes_digits() {
        for finding in &mut out {
            finding.strength = Strength::Odd;
            finding.why.push_str(SEVERAL_PAPERS);
        }
    }
    out
}

/// Cells that fit the stated runs, in a row that is of fewer, and do not fit those.
fn of_fewer_runs(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    table: &CountTable<'_>,
    row: &CountRow<'_>,
    known: &[Share<'_>],
) -> Vec<Finding> {
    let Some(fewer) = fewer(arranged, sets, table, row) else {
        return Vec::new();
    };
    let mut wrong = sets.misfits(&row.shares, &[fewer.way]);
    // Not where the row is of fewer runs in part only.
    if wrong.len() >= SEVERAL || SEVERAL * wrong.len() > row.shares.len() {
        return Vec::new();
    }
    let is = |a: &Share<'_>, b: &Share<'_>| std::ptr::eq(a.seen.cell, b.seen.cell);
    let fit = row.shares.len() - wrong.len();
    wrong.retain(|share| !known.iter().any(|k| is(k, share)));
    let rest = format!("; {fit} of {} of the row do fit", accuracies(&row.shares));
    wrong
        .iter()
        .map(|share| {
            let strength = Strength::VeryUnlikely;
            cell_finding(sets, share, &[fewer.way], strength, rest.clone())
        })
        .collect()
}

/// What does not fit the number of runs that the table itself shows.
fn inferred(arranged: &Arranged<'_>, sets: &mut Sets, table: &CountTable<'_>) -> Vec<Finding> {
    let all: Vec<Share<'_>> = table.rows.iter().flat_map(|r| r.shares.clone()).collect();
    let given = arranged.settings;
    let mut usual = match given.seeds {
        Some(runs) => ways(runs, given),
        None => Runs::usual(),
    };
    usual.retain(|way| given.rounding.is_none_or(|r| r == way.rounding));
    let believed = sets.best(&all, &usual).filter(|(l, _)| *l >= BELIEF.ln());
    let Some((best, way)) = believed else {
        return Vec::new();
    };
    // A cell is wrong by every way that is near the best one, and by the other rounding of its runs.
    let mut near = vec![way];
    for other in usual {
        let close = sets.log_likelihood(&all, other) >= best - NEAR.ln();
        if other != way && (other.runs == way.runs || close) {
            near.push(other);
        }
    }
    let misfits = sets.misfits(&all, &near).len();
    let rest = format!(
        "; {} of {} of the table do fit",
        all.len() - misfits,
        accuracies(&all)
    );
    let mut out = Vec::new();
    for row in &table.rows {
        let wrong = sets.misfits(&row.shares, &near);
        // A row of which much does not fit came about otherwise, quoted from another paper perhaps. Of a
        // row of few cells only the table can tell.
        let few = match row.shares.len() {
            1..SEVERAL => misfits <= 1.max(all.len() / 20),
            n => wrong.len() <= 1.max(n / 5),
        };
        if few {
            out.extend(wrong.iter().map(|share| {
                cell_finding(sets, share, &near, Strength::VeryUnlikely, rest.clone())
            }));
        } else if wrong.len() >= SEVERAL {
            let mut finding = row_finding(arranged, sets, row, &wrong, &near);
            finding.strength = Strength::Odd;
            finding.why.push_str(&rest);
            out.push(finding);
        }
    }
    out
}

/// One finding for a cell.
fn cell_finding(
    sets: &mut Sets,
    share: &Share<'_>,
    ways: &[Runs],
    strength: Strength,
    rest: String,
) -> Finding {
    let cell = share.seen.cell;
    let text = cell.number.text();
    let samples = share.samples;
    let why = match ways[0].runs {
        1 => format!("no run on {samples} samples has {text}{rest}"),
        n => format!(
            "no {n} runs on {samples} samples{} have the mean {text}{rest}",
            rounding(ways)
        ),
    };
    let about = describe::about(&[
        &cell.method,
        &cell.dataset,
        cell.metric.title,
        &cell.condition.to_string(),
    ]);
    let mut finding = Finding::new(strength, about, why, [share.seen]);
    finding.nearest = sets.nearest(share, ways);
    finding
}

/// One finding for a row of which several cells do not fit.
fn row_finding(
    arranged: &Arranged<'_>,
    sets: &mut Sets,
    row: &CountRow<'_>,
    wrong: &[Share<'_>],
    stated: &[Runs],
) -> Finding {
    let chance: f64 = row
        .shares
        .iter()
        .map(|share| {
            let most = stated.iter().map(|way| sets.density(share, *way));
            1.0 - most.fold(0.0, f64::max)
        })
        .sum();
    let others: Vec<Runs> = (1..=MOST)
        .flat_map(|n| ways(n, arranged.settings))
        .filter(|way| way.runs != stated[0].runs)
        .collect();
    let shares = row.independent(arranged);
    let explained = sets
        .best(&shares, &others)
        .filter(|(l, _)| *l >= BELIEF.ln());
    let explained = explained.filter(|(_, way)| {
        let misfits = sets.misfits(&row.shares, &[*way]).len();
        10 * misfits <= row.shares.len()
    });
    let nonzero = arranged
        .statistics
        .nonzero_samples(&wrong[0].seen.cell.dataset);
    let nonzero = nonzero.filter(|samples| are_counts_of(sets, wrong, *samples, stated));
    let reason = match (nonzero, explained) {
        (Some(samples), _) => format!(
            "they are counts of {samples} samples, those whose label is not 0: were the others left out?"
        ),
        (None, Some((_, way))) => format!("they are numbers of {}", way.describe()),
        (None, None) if wrong.len() as f64 >= 0.8 * chance => format!(
            "chance leaves {chance:.0}, and no number of runs from 1 to {MOST} explains the row: how \
             it was averaged is open"
        ),
        (None, None) => "no single number of runs explains the row".to_string(),
    };
    let why = format!(
        "{} of {} fit no {} on the samples of the test set; {reason}",
        wrong.len(),
        accuracies(&row.shares),
        match stated[0].runs {
            1 => "single run".to_string(),
            n => format!("{n} runs"),
        },
    );
    let cell = wrong[0].seen.cell;
    let about = describe::about(&[row.method, &cell.dataset]);
    Finding::new(
        Strength::Impossible,
        about,
        why,
        wrong.iter().map(|s| s.seen),
    )
}

/// Whether accuracies that all samples belong to fit fewer samples, and chance would not make that.
fn are_counts_of(sets: &mut Sets, wrong: &[Share<'_>], samples: u64, stated: &[Runs]) -> bool {
    let shares = wrong.iter().filter(|s| s.samples != samples);
    let moved: Vec<Share<'_>> = shares.map(|s| Share { samples, ..*s }).collect();
    let fit = moved.len() - sets.misfits(&moved, stated).len();
    let chance: f64 = moved
        .iter()
        .map(|share| {
            let each = stated.iter().map(|way| sets.density(share, *way));
            each.fold(0.0, f64::max).max(1e-6).ln()
        })
        .sum();
    fit == moved.len() && moved.len() == wrong.len() && chance < -CHANCE.ln()
}

/// `40 accuracies`.
fn accuracies(shares: &[Share<'_>]) -> String {
    describe::count_as(shares.len(), "accuracy", "accuracies")
}

/// Where runs are rounded before the mean is taken; nothing where both ways were tried.
fn rounding(ways: &[Runs]) -> &'static str {
    match ways {
        [
            Runs {
                rounding: Rounding::EveryRun,
                runs: 2..,
            },
        ] => ", each rounded to four decimals,",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// Means over ten missing rates and three runs, in a table that does not state it.
    const ABLATION: &[u8] =
        include_bytes!("../../../../../published/lnln-2024/ablation_components.csv");

    fn found(table: &[u8], seeds: Option<u32>) -> Vec<Finding> {
        let table = parse("mine.csv", table, &Options::default()).unwrap();
        let settings = AuditSettings {
            seeds,
            ..AuditSettings::default()
        };
        let all = audit(&[table], &TestSetStatistics::published(), settings).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn stated_runs_make_no_mean_over_conditions_impossible() {
        let found = found(ABLATION, Some(3));
        assert!(found.is_empty(), "{} findings", found.len());
    }

    #[test]
    fn stated_runs_make_a_count_impossible_at_a_condition() {
        let found = found(b"rate,model,mosi_acc7\n0,A,33.30\n0,B,33.38\n", Some(1));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].strength, Strength::Impossible);
        assert_eq!(found[0].cells[0].printed, "33.30");
    }

    #[test]
    fn counts_without_the_labels_of_zero_are_named() {
        let mut text = "rate,model,mosi_acc7,mosi_acc5\n".to_string();
        for (rate, right) in [(0, 223), (1, 218), (2, 195), (3, 186)] {
            let of = |right: i32| 100.0 * f64::from(right) / 656.0;
            text += &format!("0.{rate},A,{:.2},{:.2}\n", of(right), of(right + 17));
        }
        let found = found(text.as_bytes(), Some(1));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].why.contains("656 samples, those whose label"),
            "{}",
            found[0].why
        );
    }

    #[test]
    fn a_table_without_conditions_must_show_its_runs_itself() {
        let sound = (200..220).map(|right| {
            let percent = 100.0 * f64::from(right) / 686.0;
            format!("model {right},{percent:.2}\n")
        });
        let sound: String = sound.collect();
        let table = format!("model,mosi_acc7\n{sound}wrong,33.30\n");
        for seeds in [None, Some(1)] {
            let found = found(table.as_bytes(), seeds);
            assert_eq!(found.len(), 1, "{seeds:?}");
            assert_eq!(found[0].strength, Strength::VeryUnlikely, "{seeds:?}");
            assert_eq!(found[0].cells[0].method, "wrong", "{seeds:?}");
        }
        assert!(found(b"model,mosi_acc7\nwrong,33.30\n", Some(1)).is_empty());
    }
}
