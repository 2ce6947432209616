//! Whole tables as their readers see them.

use super::*;

fn table(text: &str) -> ParsedTable {
    parse("t.csv", text.as_bytes(), &Options::default()).unwrap()
}

fn refused(text: &str) -> String {
    let error = parse("t.csv", text.as_bytes(), &Options::default());
    error.unwrap_err().to_string()
}

/// Cells as (data set, method, condition, metric, number).
fn cells(table: &ParsedTable) -> Vec<(String, String, String, &'static str, String)> {
    let cells = table.cells.iter();
    cells
        .map(|c| {
            let (dataset, method) = (c.dataset.clone(), c.method.clone());
            let condition = c.condition.to_string();
            (dataset, method, condition, c.metric.name, c.number.text())
        })
        .collect()
}

#[test]
fn long_and_both_wide_forms_are_the_same_table() {
    let wide = table("rate,method,mosi_acc7,mosi_mae\n0,A,43.05,0.771\n0.5,A,28.14,1.124\n");
    let long = table(
        "dataset,model,rate,metric,value\nMOSI,A,0.0,Acc-7,43.05\nMOSI,A,0.0,MAE,0.771\n\
         MOSI,A,0.5,Acc-7,28.14\nMOSI,A,0.5,MAE,1.124\n",
    );
    let by_rate =
        table("model,dataset,metric,0,0.5\nA,mosi,acc7,43.05,28.14\nA,mosi,mae,0.771,1.124\n");
    let sorted = |t: &ParsedTable| {
        let mut cells = cells(t);
        cells.sort();
        cells
    };
    assert_eq!(cells(&wide), cells(&long));
    assert_eq!(sorted(&wide), sorted(&by_rate));
}

#[test]
fn spreads_pairs_percent_signs_and_empty_cells_are_understood() {
    let t = table(
        "Method,Missing rate,MOSI Acc-2,MOSI MAE\nA,50%,70.5% / 69.3%,1.1\u{b1}0.2\nB,50%,-,n/a\n",
    );
    let half = "rate 0.5".to_string();
    let row = |metric, number: &str| {
        (
            "mosi".into(),
            "A".into(),
            half.clone(),
            metric,
            number.into(),
        )
    };
    assert_eq!(
        cells(&t),
        [
            row("acc2_non0", "70.5"),
            row("acc2_has0", "69.3"),
            row("mae", "1.1")
        ]
    );
    assert_eq!(t.cells[2].number.sd, Some(0.2));
}

#[test]
fn our_own_summary_is_a_table() {
    let t = table(
        "dataset,model,mask_protocol,metric,rate,mean,sd,n,direction\n\
         demo,a,random,acc7,0.0,0.3770833,0.01,2,higher\n\
         demo,a,random,acc7,mean_0_0.9,0.3,0.01,2,higher\n\
         demo,a,random,acc7,auc,0.3,0.01,2,higher\n",
    );
    assert_eq!(t.cells[0].number.text(), "37.70833");
    assert_eq!(t.cells[1].condition, ParsedCondition::MeanOverRates);
    assert_eq!((t.cells.len(), t.cells[0].method.as_str()), (2, "a"));
    assert!(t.notes.iter().any(|n| n.contains("`auc`")), "{:?}", t.notes);
    assert!(
        t.notes.iter().any(|n| n.contains("n, direction")),
        "{:?}",
        t.notes
    );
}

#[test]
fn columns_of_settings_are_part_of_the_rows_name() {
    let t = table("dataset,alpha,beta,acc5\nsims,0.9,0,34.6\nsims,0.5,0,33.0\n");
    assert_eq!(t.cells[0].method, "alpha 0.9");
    let t = table("method,table,mae\nA,4,1.0\nA,5,1.1\n");
    assert_eq!(t.cells[1].method, "A (table 5)");
}

#[test]
fn what_is_wrong_is_named_with_line_and_column() {
    assert_eq!(
        refused("rate,method,mosi_acc7\n0,A,43.05\n0.1,A,4x.2\n"),
        "t.csv, line 3, column 3 (`mosi_acc7`): expected a number, or - for none, found `4x.2`"
    );
    assert_eq!(
        refused("rate,method,mae\n0,A,1.0\n0.1,A\n"),
        "t.csv: line 3: expected 3 columns as in the heading, found 2"
    );
    assert_eq!(
        refused("rate,method,mae\n0,A,1.0\n0,A,1.1\n"),
        "t.csv, line 3: A, rate 0, MAE is there twice (first on line 2); a table has one number \
         for a data set, method, condition and metric"
    );
    assert!(refused("a,b\n1,2\n").contains("no column holds numbers"));
    assert!(refused("model,0,0.5\nA,1,2\n").contains("--metric"));
    assert!(
        refused("model,metric,value\nA,bleu,2\n").contains("column 3 (`value`): expected a metric")
    );
}
