//! Finds numbers that a quoted row prints otherwise than its source.

use super::carried::{self, Agreement, CarriedRow};
use crate::published::audit::arranged::{ScoreRow, Seen};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::ParsedCell;

pub const RULE: Rule = Rule {
    name: "misquote",
    definition: "a row that agrees in most cells with the carried row of the same method, data set and \
                 condition (of complete data where the table names none): the cells that differ, and those that print each other's numbers; a row all of \
                 whose cells are those of another method there. A row that was measured again differs in all",
    strength: "very unlikely: the source prints another number; odd where the source quotes the row itself, \
               or its number is known to be wrong",
    check,
};

/// Equal cells that make a row a quotation.
const EQUAL: usize = 3;

/// Equal cells that make it that of another method.
const OTHERS: usize = 4;

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let rows = arranged.rows.iter();
    let found = rows.filter_map(|row| of_row(row).or_else(|| of_another(arranged, row)));
    found.collect()
}

/// A row that prints another method's. Constant predictors are alike whatever their method.
fn of_another(arranged: &Arranged<'_>, row: &ScoreRow<'_>) -> Option<Finding> {
    let is_all_of = |c: &&CarriedRow| {
        let agreement = carried::agreement(row, c);
        agreement.is_quotation() && agreement.equal >= OTHERS
    };
    let own = carried::quotable(row);
    if arranged.is_lost(row) || own.iter().any(is_all_of) {
        return None;
    }
    let other = carried::of_others(row).into_iter().find(is_all_of)?;
    // A paper may call one method by two names.
    let own_there = own.iter().find(|c| std::ptr::eq(c.sheet, other.sheet))?;
    let why = format!(
        "all {} cells are those of {} in {}, {}, not those of {}",
        carried::agreement(row, other).common(),
        other.method,
        other.source.short,
        other.sheet.title,
        own_there.method,
    );
    let about = describe::about(&[row.method, row.dataset, &row.condition.to_string()]);
    let table = row.table;
    let cells = row.cells.iter().map(|cell| Seen { table, cell });
    Some(Finding::new(Strength::VeryUnlikely, about, why, cells))
}

fn of_row(row: &ScoreRow<'_>) -> Option<Finding> {
    let all: Vec<(&CarriedRow, Agreement<'_>)> = carried::quotable(row)
        .into_iter()
        .map(|c| (c, carried::agreement(row, c)))
        .filter(|(_, a)| a.common() > EQUAL)
        .collect();
    // The first source of which the row is a quotation; later ones quote it too.
    let (carried, agreement) = all.iter().find(|(_, a)| quotes(a))?;
    finding(row, carried, agreement)
}

/// Whether the row is a quotation: most cells are equal, those that are each other's counted in.
fn quotes(agreement: &Agreement<'_>) -> bool {
    let alike = agreement.equal + agreement.exchanged.len();
    agreement.equal >= EQUAL
        && 2 * alike > agreement.common()
        && agreement.other.len() < agreement.equal
}

fn finding(row: &ScoreRow<'_>, carried: &CarriedRow, agreement: &Agreement<'_>) -> Option<Finding> {
    // Who prints another number for one that is known to be wrong corrects it, unless a digit slipped.
    let error = |there: &ParsedCell| carried.source.known_error(&carried.sheet.name, there);
    let mended = |(here, there): &&(&ParsedCell, &'static ParsedCell)| {
        error(there).is_some_and(|error| match &error.correct {
            Some(correct) => *correct == here.number.text(),
            None => !one_digit(&here.number.text(), &there.number.text()),
        })
    };
    let other: Vec<_> = agreement.other.iter().filter(|p| !mended(p)).collect();
    let exchanged = &agreement.exchanged;
    if other.is_empty() && exchanged.is_empty() {
        return None;
    }
    let printed = |(here, there): &(&ParsedCell, &'static ParsedCell)| {
        let (title, here, there) = (here.metric.title, here.number.text(), there.number.text());
        format!("{title} {here} (there {there})")
    };
    let mut parts = Vec::new();
    if !other.is_empty() {
        let cells: Vec<String> = other.iter().map(|p| printed(p)).collect();
        parts.push(describe::list(&cells));
    }
    if !exchanged.is_empty() {
        let cells: Vec<String> = exchanged.iter().map(printed).collect();
        parts.push(format!(
            "{}, which are each other's",
            describe::list(&cells)
        ));
    }
    let unsure = other.iter().any(|(_, there)| error(there).is_some());
    let strength = if unsure || carried.source.quotes(carried.method) {
        Strength::Odd
    } else {
        Strength::VeryUnlikely
    };
    let why = format!(
        "{} of {} are those of {}, {}; not {}",
        agreement.equal,
        describe::count(agreement.common(), "cell"),
        carried.source.short,
        carried.sheet.title,
        parts.join("; and "),
    );
    let about = describe::about(&[row.method, row.dataset, &row.condition.to_string()]);
    let table = row.table;
    let cells = other
        .iter()
        .copied()
        .chain(exchanged)
        .map(|(cell, _)| Seen { table, cell });
    Some(Finding::new(strength, about, why, cells))
}

/// Whether two printed numbers differ in one digit.
fn one_digit(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::rules::testing;

    const HEAD: &str = "rate,method,mosi_acc7,mosi_acc5,mosi_acc2_n,mosi_acc2_h,mosi_f1_n,mosi_f1_h,\
                        mosi_mae,mosi_corr\n";

    fn found(row: &str) -> Vec<Finding> {
        let text = format!("{HEAD}{row}\n");
        testing::found(RULE.name, &text)
    }

    #[test]
    fn cells_that_are_each_others_are_named() {
        let found = found("mean,MISA,29.85,33.08,71.49,70.00,71.28,70.33,1.085,0.524");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].strength, Strength::VeryUnlikely);
        let printed: Vec<_> = found[0].cells.iter().map(|c| &*c.printed).collect();
        assert_eq!(printed, ["70.00", "70.33"]);
        assert!(found[0].why.contains("each other's"), "{}", found[0].why);
    }

    #[test]
    fn quotations_corrections_and_other_runs_are_no_misquotes() {
        for row in [
            "mean,MISA,29.85,33.08,71.49,70.33,71.28,70.00,1.085,0.524",
            // With fewer digits.
            "mean,MISA,29.9,33.1,71.5,70.3,71.3,70.0,1.09,0.52",
            // The authors' correction of 37.25.
            "mean,CENET,30.38,33.62,71.46,67.73,68.41,64.85,1.080,0.504",
            "mean,MISA,29.91,33.31,71.09,70.93,71.68,70.70,1.095,0.534",
        ] {
            assert!(found(row).is_empty(), "{row}");
        }
    }

    #[test]
    fn a_row_of_another_method_is_found() {
        let found = found("mean,MMIM,29.85,33.08,71.49,70.33,71.28,70.00,1.085,0.524");
        assert_eq!(found.len(), 1);
        let expected = "all 8 cells are those of MISA in";
        assert!(found[0].why.contains(expected), "{}", found[0].why);
        assert_eq!(found[0].strength, Strength::VeryUnlikely);
    }

    #[test]
    fn a_table_without_rates_quotes_complete_data() {
        let row = |acc7: &str| {
            format!(
                "method,mosi_acc2_h,mosi_f1_h,mosi_acc5,mosi_acc7,mosi_mae,mosi_corr\n\
                 MFN,77.67,77.63,40.47,{acc7},0.9268,0.6702\n"
            )
        };
        let found = |text: &str| testing::found(RULE.name, text);
        assert!(
            found(&row("35.83")).is_empty(),
            "{:?}",
            found(&row("35.83"))
        );
        let all = found(&row("39.83"));
        assert_eq!(all.len(), 1);
        assert!(
            all[0].why.contains("Acc-7 39.83 (there 35.83)"),
            "{}",
            all[0].why
        );
    }

    #[test]
    fn one_other_digit_is_found() {
        let found = found("0.6,MISA,24.68,27.13,66.97,65.84,66.94,65.69,1.200,0.441");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].why.contains("Acc-5 27.13 (there 27.12)"),
            "{}",
            found[0].why
        );
    }
}
