//! Whole tables as their readers see them.

mod forms;

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

/// The notes of a table in one text.
fn notes(table: &ParsedTable) -> String {
    table.notes.join("\n")
}

/// Cells as `data set method condition metric number`, parts that are empty left out.
fn short(table: &ParsedTable) -> Vec<String> {
    let cells = cells(table).into_iter();
    cells
        .map(|(dataset, method, condition, metric, number)| {
            let parts = [dataset, method, condition, metric.to_string(), number];
            let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            parts.join(" ")
        })
        .collect()
}

fn with(text: &str, change: impl FnOnce(&mut Options)) -> ParsedTable {
    let mut options = Options::default();
    change(&mut options);
    parse("t.csv", text.as_bytes(), &options).unwrap()
}

#[test]
fn pandas_means_and_spreads_are_a_metric_with_its_spread() {
    for text in [
        "model,acc7_mean,acc7_std,mae_mean,mae_std\nA,0.3512,0.0102,0.912,0.013\n",
        ",acc7,acc7,mae,mae\n,mean,std,mean,std\nmodel,,,,\nA,0.3512,0.0102,0.912,0.013\n",
        "model,acc7,std,mae,std.1\nA,0.3512,0.0102,0.912,0.013\n",
        "model,statistic,acc7,mae\nA,mean,0.3512,0.912\nA,std,0.0102,0.013\n",
        "Model,acc7,MAE\nA,\"(0.3512, 0.0102)\",\"(0.912, 0.013)\"\n",
        "model & Acc-7 & MAE \\\\\nA & 35.12 & 0.912 \\\\\n & {\\tiny $\\pm$ 1.02} & {\\tiny $\\pm$ 0.013} \\\\\n",
    ] {
        let t = table(text);
        assert_eq!(short(&t), ["A acc7 35.12", "A mae 0.912"], "{text}");
        let sd = |at: usize| t.cells[at].number.sd.unwrap();
        assert!((sd(0) - 1.02).abs() < 1e-9 && sd(1) == 0.013, "{text}");
        assert!(t.left_out.is_empty(), "{text}");
    }
}

#[test]
fn units_are_chosen_column_by_column() {
    let t = table(
        "model,mosi_acc7,mosi_mae,mosi_corr,sims_corr,sims_acc2\n\
         A,31.36,116.37,48.08,0.345,0.7123\nB,28.91,111.02,50.07,0.312,0.7\n",
    );
    let printed = |at: usize| t.cells[at].number.text();
    assert_eq!(
        [printed(0), printed(1), printed(2)],
        ["31.36", "1.1637", "0.4808"]
    );
    assert_eq!([printed(3), printed(4)], ["0.345", "71.23"]);
    assert!(notes(&t).contains("MAE and Corr are printed times 100: MAE 116.37 is read as 1.1637"));
    assert!(notes(&t).contains("Acc-2 is in fractions there"));
    // One wrong cell of a column does not make it another unit.
    let t = table("model,mosi_corr\nA,0.48\nB,1.48\nC,0.50\n");
    assert_eq!(t.cells[1].number.text(), "1.48");
    // A line of fractions among percents, and a lone one.
    let t = table("model,acc2,f1\nA,0.834,0.833\nB,82.1,82.0\nC,81.7,0.816\n");
    assert_eq!(short(&t)[..2], ["A acc2 83.4", "A f1 83.3"]);
    assert_eq!(t.cells[5].number.text(), "0.816");
    assert!(notes(&t).contains("fractions in line 2") && notes(&t).contains("0.816 in line 4"));
}

#[test]
fn percent_signs_behind_fractions_are_no_units() {
    let t = table("method,mosi_acc2_h,mosi_mae\nA,0.8155%,0.939\nB,0.7409%,1.016\n");
    assert_eq!(t.cells[0].number.text(), "81.55");
    let note = "Acc-2 (Has0) is printed as fractions with percent signs: 0.8155% is read as 81.55%";
    assert!(notes(&t).contains(note), "{}", notes(&t));
    let t = table("method,mosi_acc2_h,mosi_mae\nA,0.8155%,0.939\nB,74.09%,1.016\n");
    assert_eq!(t.cells[0].number.text(), "0.8155");
}

#[test]
fn rates_in_percent_are_rates() {
    for text in [
        "missing rate (%),method,mae\n0,A,0.7\n50,A,0.9\n",
        "Missing Rate,method,mae\n0,A,0.7\n50,A,0.9\n",
        "method,metric,0,50\nA,mae,0.7,0.9\n",
        "method,metric,0%,50%\nA,mae,0.7,0.9\n",
        "Method,MAE\nmissing rate = 0%,\nA,0.7\nmissing rate = 50%,\nA,0.9\n",
    ] {
        let t = table(text);
        assert_eq!(
            short(&t),
            ["A rate 0 mae 0.7", "A rate 0.5 mae 0.9"],
            "{text}"
        );
    }
    let t = table("missing rate (%),method,mae\n0,A,0.7\n0.5,A,0.9\n");
    assert_eq!(short(&t)[1], "A rate 0.5 mae 0.9");
    assert!(notes(&t).contains("fractions"), "{}", notes(&t));
}

/// Accuracies and F1 of one run on MOSI's test set, Has0 first.
const HAS0_FIRST: &str = "Model,MOSI Acc-2,MOSI F1\nTFN,69.97/70.73,69.98/70.83\nMulT,73.18/74.70,73.21/74.81\n\
                          MISA,79.59/80.34,79.64/80.44\n";

#[test]
fn the_order_of_pairs_is_the_one_that_fits() {
    let t = table(HAS0_FIRST);
    assert_eq!(short(&t)[0], "mosi TFN acc2_has0 69.97");
    assert!(
        notes(&t).contains("Has0/Non0: 15 of 15 comparisons are possible so"),
        "{}",
        notes(&t)
    );
    let turned = table("Model,MOSI Acc-2\nTFN,70.73/69.97\nMulT,74.70/73.18\nMISA,80.34/79.59\n");
    assert_eq!(short(&turned)[0], "mosi TFN acc2_non0 70.73");
    assert!(
        notes(&turned).contains("comparisons are possible so"),
        "{}",
        notes(&turned)
    );
    let open = table("Model,MOSI F1\nTFN,71.3/70.2\n");
    assert!(
        notes(&open).contains("nothing in the table tells the order"),
        "{}",
        notes(&open)
    );
    let both = table("Model,MOSI Acc-2,MOSI F1\nTFN,71.3/70.2,71.2/70.1\n");
    assert!(
        notes(&both).contains("Has0/Non0 fits as well"),
        "{}",
        notes(&both)
    );
    let unknown = table("Model,IEMOCAP Acc-2\nTFN,71.3/70.2\n");
    assert!(notes(&unknown).contains("nothing in the table tells the order"));
    // A flag and a heading state it.
    let given = with(HAS0_FIRST, |o| {
        o.pair = Some(["non0", "has0"].map(str::to_string))
    });
    assert_eq!(short(&given)[0], "mosi TFN acc2_non0 69.97");
    let stated = table("Model,Acc-2 (Non0/Has0)\nTFN,71.3/70.2\n");
    assert_eq!(short(&stated), ["TFN acc2_non0 71.3", "TFN acc2_has0 70.2"]);
    assert!(!notes(&stated).contains("--pair"));
}

#[test]
fn two_metrics_in_a_cell_are_two_numbers() {
    let t = table("method,MOSI Non0 Acc / F1,MAE/Corr\nA,68.83 / 68.63,1.03/0.54\n");
    assert_eq!(
        short(&t),
        [
            "mosi A acc2_non0 68.83",
            "mosi A f1_non0 68.63",
            "A mae 1.03",
            "A corr 0.54"
        ]
    );
    assert!(refused("method,MAE/Corr\nA,1.03\n").contains("as many numbers, joined by /"));
}

#[test]
fn letters_name_missing_or_present_modalities_as_the_scores_tell() {
    let missing = table(
        "method,dataset,metric,L,A,V,none,mean\nDMD,mosei,f1_n,52.70,72.45,74.78,84.78,71.18\n",
    );
    assert_eq!(short(&missing)[0], "mosei DMD L missing f1_non0 52.70");
    assert_eq!(missing.cells[4].condition, ParsedCondition::MeanOverMissing);
    assert!(
        notes(&missing).contains("read as the missing ones"),
        "{}",
        notes(&missing)
    );
    let present = table(
        "modalities,method,mosei_f1_n\n{l},DMD,70.26\n{a},DMD,52.1\n\"{l, a}\",DMD,74.78\nT+V,DMD,75\n",
    );
    let conditions: Vec<String> = present
        .cells
        .iter()
        .map(|c| c.condition.to_string())
        .collect();
    assert_eq!(
        conditions,
        ["AV missing", "LV missing", "V missing", "A missing"]
    );
    assert!(
        notes(&present).contains("read as the present ones"),
        "{}",
        notes(&present)
    );
    let full = table("method,metric,{l},\"{l,a}\",\"{l,a,v}\"\nDMD,mae,0.8,0.8,0.8\n");
    assert_eq!(short(&full)[2], "DMD none missing mae 0.8");
    let open = table("case,method,mae\nL,A,0.8\n");
    assert_eq!(short(&open), ["A L missing mae 0.8"]);
    assert!(
        notes(&open).contains("fits as well (--modalities present)"),
        "{}",
        notes(&open)
    );
    let given = with("case,method,mae\nL,A,0.8\n", |o| {
        o.modalities = Some(Naming::Present)
    });
    assert_eq!(short(&given), ["A AV missing mae 0.8"]);
    let stated = table("available modalities,method,mae\nL,A,0.8\n");
    assert_eq!(short(&stated), ["A AV missing mae 0.8"]);
}

#[test]
fn a_line_of_means_among_seeds_is_a_mean() {
    let t = table("method,seed,mae\nA,1,0.71\nA,2,0.73\nA,mean,0.72\nA,std,0.01\n");
    assert_eq!(
        short(&t),
        ["A (seed 1) mae 0.71", "A (seed 2) mae 0.73", "A mae 0.72"]
    );
    assert_eq!(
        t.cells.iter().map(|c| c.averaged).collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(t.cells[2].number.sd, Some(0.01));
    let t = table("run,mae\nseed 1,0.71\nseed 2,0.73\nAvg.,0.72\n");
    assert!(t.cells[2].averaged && !t.cells[0].averaged);
}

#[test]
fn what_is_left_out_is_counted_and_noted() {
    let t = table("case,method,mae,bleu,Venue\nL,A,0.8,12,ACL\nRandom,A,0.9,13,ACL\n");
    let counts = (t.left_out.lines, t.left_out.columns, t.left_out.cells);
    assert_eq!(counts, (1, 1, 0));
    assert_eq!(t.left_out.to_string(), "1 line, 1 column");
    assert!(
        notes(&t).contains("line 3 left out: `Random` is no rate"),
        "{}",
        notes(&t)
    );
    assert!(notes(&t).contains("name no metric, rate or set of modalities: bleu"));
    // A quantity that is known to be no score is named but not counted.
    let t = table("method,mae,Loss,Params (M),macro F1,val_mae\nA,0.8,12,3,70,0.7\n");
    assert!(t.left_out.is_empty() && t.cells.len() == 1);
    assert!(
        notes(&t).contains("Loss, Params (M), macro F1, val_mae"),
        "{}",
        notes(&t)
    );
    let t = table("method,metric,value\nA,mae,0.8\nA,bleu,2\n");
    assert_eq!((t.cells.len(), t.left_out.lines), (1, 1));
    let t = table("method,statistic,mae\nA,std,0.1\nB,mean,0.8\n");
    assert_eq!((t.cells.len(), t.left_out.cells), (1, 1));
}

#[test]
fn names_are_known_without_their_references() {
    let t = table("method,mae\nCENET [20],0.9\nMISA (ACM MM 2020),0.8\nLNLN\u{2020},0.7\n");
    assert_eq!(short(&t), ["CENET mae 0.9", "MISA mae 0.8", "LNLN mae 0.7"]);
    assert!(notes(&t).contains("`CENET [20]` is CENET"), "{}", notes(&t));
    // Marks that set two rows apart stay.
    let t = table("method,mae\nMISA,0.9\nMISA*,0.8\n");
    assert_eq!(short(&t), ["MISA mae 0.9", "MISA* mae 0.8"]);
}

#[test]
fn a_data_set_that_resembles_a_known_one_is_noted() {
    let t = table("method,MOSI-clean MAE\nA,0.8\n");
    assert!(notes(&t).contains("holds that of mosi"), "{}", notes(&t));
    let t = table("method,MAE\nA,0.8\n");
    assert!(
        notes(&t).contains("pass over 1 cell (--dataset NAME)"),
        "{}",
        notes(&t)
    );
}

#[test]
fn methods_may_be_columns_and_lines_may_be_differences() {
    let options = |o: &mut Options| o.metric = Some("acc2".to_string());
    let t = with("eta,TFN,MISA\n0.1,70.1,71.2\n0.2,69.1,70.2\n", options);
    assert_eq!(short(&t)[1], "MISA rate 0.1 acc2 71.2");
    assert!(
        notes(&t).contains("taken for methods: TFN, MISA"),
        "{}",
        notes(&t)
    );
    let t = table("Model,Acc7\nA,33.6\nB,35.2\n\u{394},+1.6\n");
    assert_eq!(t.cells.len(), 2);
    assert!(t.left_out.is_empty() && notes(&t).contains("no rule is about `\u{394}`"));
}

#[test]
fn a_percent_sign_is_the_unit_of_its_number() {
    let t = table("method,corr,acc2\nA,0.348,72.7\nB,37.6%,0.5%\n");
    assert_eq!(
        short(&t),
        ["A corr 0.348", "A acc2 72.7", "B corr 0.376", "B acc2 0.5"]
    );
}

#[test]
fn counters_of_pandas_and_rates_above_metrics_are_read() {
    let t = table(",MOSI,MOSI.1,MOSEI,MOSEI.1\nModel,Acc-7,MAE,Acc-7,MAE\nA,40,0.8,50,0.6\n");
    assert_eq!(short(&t)[1..3], ["mosi A mae 0.8", "mosei A acc7 50"]);
    let t = table("Missing Rate,0%,,10%,\nModel,Acc-2,F1,Acc-2,F1\nA,82.1,82,80,79.9\n");
    assert_eq!(short(&t)[2], "A rate 0.1 acc2 80");
}

#[test]
fn samples_with_a_label_of_zero_tie_the_two_accuracies() {
    // 82.54/84.77 as Non0/Has0 would have 40 right more on the 30 samples that only Has0 has.
    let t = table("Model,MOSI Acc-2\nTFN,-/80.8\nSelf-MM,82.54/84.77\n");
    assert_eq!(
        short(&t)[..2],
        ["mosi TFN acc2_non0 80.8", "mosi Self-MM acc2_has0 82.54"]
    );
}

#[test]
fn a_column_of_known_data_sets_is_one() {
    let t = table("Task,Model name,MAE\nCMU-MOSI,A,0.7\nCH-SIMS,A,0.4\n");
    assert_eq!(short(&t), ["mosi A mae 0.7", "sims A mae 0.4"]);
}

#[test]
fn a_table_that_contradicts_itself_does_not_stand_for_the_others() {
    let sound = "| method | MOSI MAE |\n|---|---|\n| A | 0.91 |\n";
    let twice = "| method | MOSI MAE | MOSI MAE |\n|---|---|---|\n| A | 0.91 | 0.95 |\n";
    let no_number = "| method | MOSI MAE |\n|---|---|\n| A | l.232 |\n";
    let all = |text: &str| parse_all("t.md", text.as_bytes(), &Options::default());
    for wrong in [twice, no_number] {
        let tables = all(&format!("{sound}\ntext\n\n{wrong}\nmore\n\n{sound}")).unwrap();
        assert_eq!(tables.len(), 2);
        let left_out: LeftOut = tables.iter().map(|t| t.left_out).sum();
        assert_eq!(left_out.tables, 1);
        let noted = |n: &&String| n.starts_with("table in line 7 left out: line 9");
        assert!(
            tables[1].notes.iter().find(noted).is_some(),
            "{:?}",
            tables[1].notes
        );
        assert!(all(wrong).is_err());
        assert!(all(&format!("{wrong}\ntext\n\n{wrong}")).is_err());
    }
}

#[test]
fn a_column_data_beside_the_data_set_is_what_it_was_read_from() {
    let names = |text: &str| -> Vec<(String, String)> {
        let cells = table(text).cells.into_iter();
        cells.map(|c| (c.dataset, c.method)).collect()
    };
    let of = |d: &str, m: &str| (d.to_string(), m.to_string());
    let one = "dataset,data,model,rate,metric,value\n\
               mosi,80e80302d73f,A,0,mae,0.9\nsims,1b8e80302d7f,A,0,mae,0.4\n";
    assert_eq!(names(one), [of("mosi", "A"), of("sims", "A")]);
    let several = "dataset,data,model,rate,metric,value\n\
                   mosi,80e80302d73f,A,0,mae,0.9\nmosi,1b8e80302d7f,A,0,mae,0.91\n";
    let both = [
        of("mosi", "A (data 80e80302d73f)"),
        of("mosi", "A (data 1b8e80302d7f)"),
    ];
    assert_eq!(names(several), both);
    let alone = "data,model,rate,metric,value\nMOSI,A,0,mae,0.9\n";
    assert_eq!(names(alone), [of("mosi", "A")]);
}

#[test]
fn rates_in_two_units_are_refused_with_their_lines() {
    let text = refused("rate,method,mae\n0,A,1.0\n0.1,A,1.1\n0.2,A,1.1\n50,A,1.2\n1,A,1.3\n");
    assert!(
        text.contains("line 5: missing rates mix fractions and percent: 0.1, 0.2 in lines 3, 4 beside 50 in line 5"),
        "{text}"
    );
    let text = refused("model,dataset,metric,0.1,60\nA,mosi,acc7,43.05,28.14\n");
    assert!(text.contains("0.1 in the headings beside 60"), "{text}");
    let text = refused("rate,method,mae\n0,A,1.0\n50,A,1.1\n90,A,1.2\n1,A,1.4\n");
    assert!(text.contains("1 in line 5 beside 50, 90"), "{text}");
    let percent = table("rate (%),method,mae\n0.5,A,1.0\n5,A,1.1\n");
    assert_eq!(percent.cells[0].condition.to_string(), "rate 0.005");
    let signs = table("rate,method,mae\n0.5,A,1.0\n60%,A,1.1\n");
    assert_eq!(signs.cells[1].condition.to_string(), "rate 0.6");
}
