//! Finds Has0 and Non0 accuracies that are not of the same predictions.

use crate::published::audit::arranged::{ScoreRow, Seen, slack};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{Number, ParsedCell};

pub const RULE: Rule = Rule {
    name: "tied-accuracy",
    definition: "Acc-2 of Has0 and Non0 of which one has more right predictions than the other by less \
                 than none or more than there are labels of zero: Has0 adds those samples and nothing else",
    strength: "odd: impossible for one set of predictions, but columns may be of different weights",
    check,
};

/// Both accuracies of a row and how many more are right by Has0, with the bounds of that number.
struct Tie<'a> {
    non0: Seen<'a>,
    has0: Seen<'a>,
    more: f64,
    zeros: u64,
}

/// Rows whose ties are broken in one direction, from which on one reason is likely.
const SEVERAL: usize = 3;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut rows: Vec<(&ScoreRow<'_>, Vec<Tie<'_>>)> = Vec::new();
    for row in &arranged.rows {
        let Some(tie) = tie(arranged, row) else {
            continue;
        };
        let same = |r: &ScoreRow<'_>| {
            (r.table, r.dataset, r.method) == (row.table, row.dataset, row.method)
        };
        match rows.iter_mut().find(|(r, _)| same(r)) {
            Some((_, ties)) => ties.push(tie),
            None => rows.push((row, vec![tie])),
        }
    }
    // Of most rows of a table; where weights were chosen by metric, others have more.
    let fewer = |table: &str| {
        let has = |row: &&ScoreRow<'_>| {
            let both = ["acc2_non0", "acc2_has0"].map(|metric| row.get(metric).is_some());
            row.table == table && both == [true; 2]
        };
        let all = arranged.rows.iter().filter(has).count();
        let here = rows.iter().filter(|(row, _)| row.table == table);
        let ties: Vec<&Tie<'_>> = here.flat_map(|(_, ties)| ties).collect();
        let most = ties.len() >= SEVERAL && 3 * ties.len() >= 2 * all;
        most && ties.iter().all(|tie| tie.more < 0.0)
    };
    rows.iter()
        .filter_map(|(row, ties)| finding(row, ties, fewer(row.table)))
        .collect()
}

/// The tie of a row that is broken.
fn tie<'a>(arranged: &Arranged<'_>, row: &ScoreRow<'a>) -> Option<Tie<'a>> {
    let (non0, has0) = (row.get("acc2_non0")?, row.get("acc2_has0")?);
    let samples = |c: &ParsedCell| arranged.statistics.samples(row.dataset, c.metric);
    let (few, all) = (samples(non0)?, samples(has0)?);
    let zeros = all.checked_sub(few)?;
    let right = |n: &Number, of: u64| n.value / 100.0 * of as f64;
    let samples_of = |n: &Number, of: u64| slack(n) / 100.0 * of as f64;
    let more = right(&has0.number, all) - right(&non0.number, few);
    let slack = samples_of(&has0.number, all) + samples_of(&non0.number, few);
    let broken = more < -slack || more > zeros as f64 + slack;
    let table = row.table;
    broken.then_some(Tie {
        non0: Seen { table, cell: non0 },
        has0: Seen { table, cell: has0 },
        more,
        zeros,
    })
}

fn finding(row: &ScoreRow<'_>, ties: &[Tie<'_>], fewer: bool) -> Option<Finding> {
    let off = |t: &Tie<'_>| (t.more - t.zeros as f64).max(-t.more);
    let worst = ties.iter().max_by(|a, b| off(a).total_cmp(&off(b)))?;
    let at = match worst.non0.cell.condition.to_string() {
        condition if condition.is_empty() => String::new(),
        condition => format!(" at {condition}"),
    };
    let others = match ties.len() {
        1 => String::new(),
        n => format!(
            " ({} of other conditions too)",
            describe::count(n - 1, "pair")
        ),
    };
    // A rounded number on the bound would contradict the sentence.
    let size = worst.more.abs();
    let bound = if worst.more < 0.0 { 0 } else { worst.zeros };
    let digits = usize::from(size.round() as u64 <= bound);
    let why = format!(
        "Has0 {} is {size:.digits$} {} right predictions than Non0 {}{at}{others}, where 0 to {} more are \
         possible, the labels of zero: {}the columns are of different predictions, or wrong",
        worst.has0.cell.number.text(),
        if worst.more < 0.0 { "fewer" } else { "more" },
        worst.non0.cell.number.text(),
        worst.zeros,
        if fewer {
            "predictions of exactly 0, as rounded ones are, count as negative in Non0 and not in Has0; or "
        } else {
            ""
        },
    );
    let conditions = describe::conditions(ties.iter().map(|t| &t.non0.cell.condition));
    let about = describe::about(&[row.method, row.dataset, "Acc-2", &conditions]);
    let cells = ties.iter().flat_map(|t| [t.non0, t.has0]);
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{AuditSettings, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    #[test]
    fn more_than_the_labels_of_zero_are_found() {
        let text = "rate,method,mosi_acc2_n,mosi_acc2_h\n0.7,S,64.76,67.51\n0.9,S,55.95,58.97\n\
                    0.7,T,64.76,63.55\n";
        let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
        let statistics = TestSetStatistics::published();
        let all = audit(&[table], &statistics, AuditSettings::default()).into_iter();
        let found: Vec<_> = all.filter(|f| f.rule == RULE.name).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].strength, found[0].cells.len()),
            (Strength::Odd, 4)
        );
        assert!(found[0].why.contains("38 more right"), "{}", found[0].why);
    }

    #[test]
    fn rounded_predictions_are_named_where_all_methods_have_fewer() {
        let text = "method,mosi_acc2_n,mosi_acc2_h\nA,81.55,73.47\nB,77.29,71.57\nC,79.27,72.16\n";
        let all = crate::published::audit::rules::testing::found(RULE.name, text);
        assert_eq!(all.len(), 3);
        assert!(all[0].why.contains("as rounded ones are"), "{}", all[0].why);
        let all = crate::published::audit::rules::testing::found(
            RULE.name,
            "method,mosi_acc2_n,mosi_acc2_h\nA,81.55,73.47\n",
        );
        assert!(!all[0].why.contains("rounded"), "{}", all[0].why);
    }

    #[test]
    fn a_number_above_the_bound_is_not_printed_as_the_bound() {
        // 480 of 656 and 510.3 of 686.
        let text = "rate,method,mosi_acc2_n,mosi_acc2_h\n0.1,A,73.17,74.39\n";
        let all = crate::published::audit::rules::testing::found(RULE.name, text);
        assert!(all[0].why.contains("30.3 more right"), "{}", all[0].why);
    }
}
