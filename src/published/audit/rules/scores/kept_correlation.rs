//! Finds tables in which most methods keep a correlation at a missing rate of 1, where nothing is left to read.

use std::collections::BTreeMap;

use crate::published::audit::arranged::{ScoreRow, Seen, sub_table};
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition};

/// Correlation that is none of a model without input: sound tables have at most 0.13 in any method at rate 1. At other
/// rates models may predict one class alone and keep such a correlation.
const CORR: f64 = 0.3;

/// Methods that tell.
const METHODS: usize = 3;

/// A correlation with the accuracies beside it that are no better than one class for all samples.
type Row<'a> = (&'a ParsedCell, Vec<&'a ParsedCell>);

/// Methods of a table and data set at rate 1, with those that are odd.
#[derive(Default)]
struct Group<'a> {
    methods: usize,
    odd: Vec<Row<'a>>,
}

/// A finding per table and data set.
pub fn findings(arranged: &Arranged<'_>) -> Vec<Finding> {
    let last = ParsedCondition::rate(1.0);
    let rows = arranged.rows.iter();
    let mut groups: BTreeMap<_, Group<'_>> = BTreeMap::new();
    for row in rows.filter(|row| Some(row.condition) == last.as_ref()) {
        if let Some(odd) = judge(arranged, row) {
            let key = (row.table, sub_table(row.method), row.dataset);
            let group = groups.entry(key).or_default();
            group.methods += 1;
            group.odd.extend(odd);
        }
    }
    let most = |group: &Group<'_>| group.methods >= METHODS && 2 * group.odd.len() > group.methods;
    let found = groups.iter().filter(|(_, group)| most(group));
    found
        .filter_map(|((table, ..), group)| finding(table, group))
        .collect()
}

/// Nothing for a row that does not tell; else its correlation, if it is odd.
fn judge<'a>(arranged: &Arranged<'_>, row: &ScoreRow<'a>) -> Option<Option<Row<'a>>> {
    let corr = row.get("corr").filter(|c| !c.averaged)?;
    let larger = |cell: &ParsedCell| {
        let all = arranged.statistics.larger_classes(row.dataset, cell.metric);
        all.into_iter().min_by(f64::total_cmp)
    };
    let known = |cell: &&ParsedCell| cell.metric.name.starts_with("acc2") && larger(cell).is_some();
    let two: Vec<&ParsedCell> = row.cells.iter().copied().filter(known).collect();
    if two.is_empty() || describe::is_constant(row.method) {
        return None;
    }
    let is_low = |c: &&ParsedCell| larger(c).is_some_and(|share| c.number.value <= share);
    let low: Vec<&ParsedCell> = two.into_iter().filter(is_low).collect();
    let is_odd = (CORR..=1.0).contains(&corr.number.value) && !low.is_empty();
    Some(is_odd.then_some((corr, low)))
}

fn finding(table: &str, group: &Group<'_>) -> Option<Finding> {
    let lowest = |row: &&Row<'_>| row.1[0].number.value;
    let order = |a: &&Row<'_>, b: &&Row<'_>| lowest(a).total_cmp(&lowest(b));
    let (corr, low) = group.odd.iter().min_by(order)?;
    let why = format!(
        "Corr {} beside {} {} at rate 1, and so in {} of {} methods, where nothing is left to read and sound tables have \
         a Corr near 0: is Corr that of the predictions of all rates together (a list or metric that is not emptied between \
         them)?",
        corr.number.text(),
        low[0].metric.title,
        low[0].number.text(),
        group.odd.len(),
        group.methods,
    );
    let about = describe::about(&[&corr.dataset, "Corr and Acc-2", "rate 1"]);
    let cells = group.odd.iter();
    let cells = cells.flat_map(|(corr, low)| [*corr].into_iter().chain(low.iter().copied()));
    let cells = cells.map(|cell| Seen { table, cell });
    Some(Finding::new(Strength::Odd, about, why, cells))
}

#[cfg(test)]
mod tests {
    use crate::published::audit::rules::testing;

    fn found(lines: &str) -> Vec<String> {
        let text = format!("rate,method,mosi_acc2_h,mosi_mae,mosi_corr\n{lines}");
        let all = testing::found("narrow-error", &text).into_iter();
        all.map(|f| f.why)
            .filter(|why| why.contains("of all rates together"))
            .collect()
    }

    #[test]
    fn correlations_over_all_rates_are_found_where_nothing_is_left() {
        let all = found(
            "0,A,78.1,0.95,0.68\n0,B,77.3,0.97,0.66\n0,C,76.9,0.99,0.64\n\
             1,A,48.6,1.36,0.42\n1,B,52.3,1.38,0.37\n1,C,55.1,1.40,0.21\n",
        );
        assert_eq!(all.len(), 1);
        assert!(
            all[0].starts_with(
                "Corr 0.42 beside Acc-2 (Has0) 48.6 at rate 1, and so in 2 of 3 methods"
            ),
            "{all:?}"
        );
    }

    #[test]
    fn methods_that_have_lost_what_they_read_and_other_rates_pass() {
        let nothing = "1,A,48.6,1.45,0.04\n1,B,52.3,1.44,-0.03\n1,C,55.1,1.46,0.06\n";
        let collapsed = "0.9,A,44.7,1.41,0.36\n0.9,B,55.2,1.39,0.41\n0.9,C,44.9,1.38,0.34\n";
        let text_alone = "1,A,61.2,1.36,0.32\n1,B,60.3,1.38,0.31\n1,C,62.1,1.40,0.34\n";
        let two = "1,A,48.6,1.36,0.42\n1,B,52.3,1.38,0.37\n";
        for lines in [nothing, collapsed, text_alone, two] {
            assert!(found(lines).is_empty(), "{lines}");
        }
    }
}
