//! Finds a constant predictor by a single metric, at two or more conditions.
//!
//! A table of one metric has no second one to confirm it. The same constant at two conditions does: the
//! scores of a model that reads its input change with the condition.

use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::describe;
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

/// Conditions at which the metric must be that of one and the same constant.
const CONDITIONS: usize = 2;

/// A finding per metric; cells that are `named` already count no more.
pub fn findings(arranged: &Arranged<'_>, named: &[&ParsedCell]) -> Vec<Finding> {
    let columns = arranged.columns.iter();
    let columns = columns.filter(|c| !describe::is_constant(c.method));
    columns.filter_map(|c| column(arranged, c, named)).collect()
}

fn column(
    arranged: &Arranged<'_>,
    column: &ScoreColumn<'_>,
    named: &[&ParsedCell],
) -> Option<Finding> {
    let new = |c: &ParsedCell| !named.iter().any(|n| std::ptr::eq(*n, c));
    let baselines = arranged.statistics.baselines(column.dataset, column.metric);
    let each = baselines.into_iter().map(|(class, value)| {
        let parts = column.parts.iter().copied();
        let equal = parts.filter(|c| c.number.rounds_from(value) && new(c));
        let cells: Vec<_> = equal
            .filter(|c| !contradicted(arranged, column, c))
            .collect();
        (class, cells)
    });
    let (class, cells) = each
        .filter(|(_, cells)| cells.len() >= conditions(column))
        .max_by_key(|(_, cells)| cells.len())?;
    let exchanged = if class.contains("exchanged") {
        " (its F1 with the arguments exchanged)"
    } else {
        ""
    };
    let why = format!(
        "{} {} is that of a constant predictor{exchanged}, at {} of {} conditions; \
         other predictions can have it too",
        column.metric.title,
        cells[0].number.text(),
        cells.len(),
        column.parts.len(),
    );
    let conditions = describe::conditions(cells.iter().map(|c| &c.condition));
    let about = describe::about(&[column.method, column.dataset, &conditions]);
    let cells = cells.into_iter().map(|c| column.seen(c));
    Some(Finding::new(Strength::Odd, about, why, cells))
}

/// Conditions that are enough: all of them where so few digits are printed that models near the baseline
/// meet a constant's by chance.
fn conditions(column: &ScoreColumn<'_>) -> usize {
    let decimals = if column.metric.share { 1 } else { 3 };
    let fine = column.parts.iter().all(|c| c.number.decimals >= decimals);
    let enough = if fine { 0 } else { column.parts.len() };
    enough.max(CONDITIONS)
}

/// Whether a two-class metric of the same row is no constant's. Of these every constant is known.
fn contradicted(arranged: &Arranged<'_>, column: &ScoreColumn<'_>, cell: &ParsedCell) -> bool {
    let place = (column.table, column.dataset, column.method, &cell.condition);
    let rows = arranged.rows.iter();
    let mut others = rows
        .filter(|r| (r.table, r.dataset, r.method, r.condition) == place)
        .flat_map(|r| r.cells.iter().copied())
        .filter(|c| c.metric != cell.metric);
    others.any(|c| {
        let two = ["acc2", "f1"].iter().any(|m| c.metric.name.starts_with(m));
        let known = !arranged
            .statistics
            .baselines(&c.dataset, c.metric)
            .is_empty();
        two && known
            && !arranged
                .statistics
                .is_baseline(&c.dataset, c.metric, &c.number)
    })
}

#[cfg(test)]
mod tests {
    use crate::published::audit::{AuditSettings, Finding, Strength, TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    fn found(table: &str, metric: &str, statistics: &TestSetStatistics) -> Vec<Finding> {
        let options = Options {
            dataset: Some("mosi".to_string()),
            metric: Some(metric.to_string()),
            ..Options::default()
        };
        let table = parse("mine.csv", table.as_bytes(), &options).unwrap();
        let all = audit(&[table], statistics, AuditSettings::default()).into_iter();
        all.filter(|f| f.rule == "constant-predictor").collect()
    }

    /// Methods and printed numbers of findings, which are odd at most.
    fn cells(found: &[Finding]) -> Vec<(&str, Vec<&str>)> {
        assert!(found.iter().all(|f| f.strength == Strength::Odd));
        let each = found.iter().map(|f| {
            let printed: Vec<&str> = f.cells.iter().map(|c| &*c.printed).collect();
            (&*f.cells[0].method, printed)
        });
        each.collect()
    }

    #[test]
    fn one_metric_at_two_conditions_is_enough_and_at_one_is_not() {
        let table = "method,0,0.5,1,mean\n\
                     lost,57.77,57.77,57.77,57.77\n\
                     fades,80.12,57.77,57.77,65.22\n\
                     once,80.12,63.10,57.77,67.00\n\
                     both,57.77,63.10,42.23,54.37\n";
        let found = found(table, "acc2_non0", &TestSetStatistics::published());
        let expected = [
            ("lost", vec!["57.77", "57.77", "57.77"]),
            ("fades", vec!["57.77", "57.77"]),
        ];
        assert_eq!(cells(&found), expected);
        let why = "Acc-2 (Non0) 57.77 is that of a constant predictor, at 2 of 3 \
                   conditions; other predictions can have it too";
        assert_eq!(found[1].why, why);
        assert_eq!(found[1].about, "fades, mosi, rate 0.5 and 1");
    }

    #[test]
    fn labels_give_the_mae_of_constants() {
        let mut statistics = TestSetStatistics::published();
        let labels = [-2.0, -1.0, 0.0, 1.0, 1.2];
        statistics
            .add_labels("mosi", "mosi", [-3.0, 3.0], &labels)
            .unwrap();
        // Always 0 has 1.04, always 0.5 has 1.14.
        let table = "method,0,0.5,1\n\
                     fades,0.812,1.040,1.040\n\
                     two constants,0.812,1.040,1.140\n\
                     coarse,0.81,1.04,1.04\n\
                     coarse and lost,1.04,1.04,1.04\n";
        let expected = [
            ("fades", vec!["1.040", "1.040"]),
            ("coarse and lost", vec!["1.04", "1.04", "1.04"]),
        ];
        assert_eq!(cells(&found(table, "mae", &statistics)), expected);
    }

    #[test]
    fn an_f1_that_no_constant_has_speaks_against_its_accuracy() {
        let table = "rate,method,mosi_acc2_n,mosi_f1_n\n0.8,A,57.77,60.12\n0.9,A,57.77,59.33\n";
        assert!(found(table, "acc2_non0", &TestSetStatistics::published()).is_empty());
        let table = "rate,method,mosi_acc2_n\n0.8,A,57.77\n0.9,A,57.77\n";
        assert_eq!(
            found(table, "acc2_non0", &TestSetStatistics::published()).len(),
            1
        );
    }
}
