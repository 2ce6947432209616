//! Finds root mean squared errors and mean squared errors that the mean absolute error beside them rules out.

use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "squared-error",
    definition: "RMSE below MAE, MSE below the square of MAE or of RMSE: no errors have them, and no mean over runs \
                 either, since a mean of squares is never below the square of the mean",
    strength: "impossible",
    check,
};

/// Two metrics of a row: the second is at least the first to this power.
const PAIRS: [(&str, &str, i32); 3] = [("mae", "rmse", 1), ("mae", "mse", 2), ("rmse", "mse", 2)];

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    arranged.rows.iter().filter_map(finding).collect()
}

/// The first pair of a row that no errors have.
fn finding(row: &ScoreRow<'_>) -> Option<Finding> {
    let pairs = PAIRS.into_iter();
    let (small, large, power) = pairs
        .filter_map(|(small, large, power)| Some((row.get(small)?, row.get(large)?, power)))
        .find(|(small, large, power)| is_impossible(small, large, *power))?;
    let bound = small.number.value.powi(power);
    let of = if power == 2 { "the square of " } else { "" };
    let exchanged = if is_impossible(large, small, power) {
        ""
    } else {
        " (exchanged they fit)"
    };
    let why = format!(
        "{} {} is below {of}{} {}, {bound:.*}, which no errors allow{exchanged}",
        large.metric.title,
        large.number.text(),
        small.metric.title,
        small.number.text(),
        large.number.decimals + 1,
    );
    let titles = describe::metrics([small, large]);
    let about = describe::about(&[row.method, row.dataset, &titles, &row.condition.to_string()]);
    let table = row.table;
    let seen = [small, large].map(|cell| Seen { table, cell });
    Some(Finding::new(Strength::Impossible, about, why, seen))
}

/// Whether the larger error is below the power of the smaller one, whatever the digits behind the printed ones.
fn is_impossible(small: &ParsedCell, large: &ParsedCell, power: i32) -> bool {
    let half = |cell: &ParsedCell| 0.5 * cell.number.ulp();
    let least = (small.number.value - half(small)).max(0.0).powi(power);
    large.number.value + half(large) < least - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    fn found(head: &str, line: &str) -> Vec<String> {
        let text = format!("method,mosi_mae,{head}\n{line}\n");
        let all = testing::found(RULE.name, &text);
        all.into_iter().map(|f| f.why).collect()
    }

    #[test]
    fn errors_that_rule_each_other_out_are_found() {
        assert!(found("mosi_rmse,mosi_mse", "A,0.744,0.972,0.945").is_empty());
        // Within rounding, and the mean of squares over runs that differ.
        assert!(found("mosi_mse", "A,0.7,0.5").is_empty());
        assert!(found("mosi_rmse,mosi_mse", "A,0.744,0.972,0.990").is_empty());
        assert_eq!(
            found("mosi_rmse", "A,0.972,0.744"),
            ["RMSE 0.744 is below MAE 0.972, 0.9720, which no errors allow (exchanged they fit)"]
        );
        assert_eq!(
            found("mosi_mse", "A,1.422,0.994"),
            [
                "MSE 0.994 is below the square of MAE 1.422, 2.0221, which no errors allow (exchanged they fit)"
            ]
        );
        assert_eq!(found("mosi_rmse,mosi_mse", "A,0.744,0.972,0.845").len(), 1);
    }
}
