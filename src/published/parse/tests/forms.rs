//! Tables laid out as papers print them.

use super::*;

#[test]
fn headings_of_two_lines_sections_and_blocks_are_read() {
    let wanted = [
        "mosi A acc7 40.1",
        "mosi A mae 0.8",
        "mosei A acc7 50.1",
        "mosei A mae 0.6",
    ];
    for text in [
        ",MOSI,,MOSEI,\nMethod,Acc-7,MAE,Acc-7,MAE\nA,40.1,0.8,50.1,0.6\n",
        "Method,MOSI,,MOSEI,\n,Acc-7,MAE,Acc-7,MAE\nA,40.1,0.8,50.1,0.6\n",
        "Method,Acc-7,MAE\nCMU-MOSI,,\nA,40.1,0.8\nCMU-MOSEI,,\nA,50.1,0.6\n",
        "Method,Acc-7,MAE\nCMU-MOSI\nA,40.1,0.8\nCMU-MOSEI\nA,50.1,0.6\n",
        "MOSI,,,MOSEI,,\nMethod,Acc-7,MAE,Method,Acc-7,MAE\nA,40.1,0.8,A,50.1,0.6\n",
        "Table 1: MOSI,,\nMethod,Acc-7,MAE\nA,40.1,0.8\nTable 2: MOSEI,,\nMethod,Acc-7,MAE\nA,50.1,0.6\n",
        "Dataset,Method,Acc-7,MAE\nMOSI,A,40.1,0.8\nMOSEI,A,50.1,0.6\n",
        "Dataset;Method;Acc-7;MAE\nMOSI;A;40,1;0,8\nMOSEI;A;50,1;0,6\n",
        "| Dataset | Method | Acc-7 | MAE |\n|---|:-:|--:|--|\n| MOSI | A | **40.1** | 0.8 |\n| MOSEI | A | 50.1 | 0.6 |\n",
    ] {
        assert_eq!(short(&table(text)), wanted, "{text}");
    }
    // Methods side by side.
    let t = table("Method,MAE,Method,MAE\nA,0.8,C,0.7\nB,0.9,D,0.6\n");
    assert_eq!(
        short(&t),
        ["A mae 0.8", "C mae 0.7", "B mae 0.9", "D mae 0.6"]
    );
    assert_eq!((t.cells[1].line, t.cells[1].column), (2, 4));
}

#[test]
fn zeros_behind_every_number_of_a_column_state_no_precision() {
    let rows = |ends: [&str; 6]| {
        let row = |(at, end): (usize, &str)| format!("M{at},4{at}.{at}{end},0.{at}1\n");
        let rows: String = ends.into_iter().enumerate().map(row).collect();
        table(&format!(
            "Dataset,Method,Acc-7,MAE\n{}",
            rows.replace('M', "MOSI,M")
        ))
    };
    let t = rows(["0"; 6]);
    assert_eq!(short(&t)[2], "mosi M1 acc7 41.1");
    assert!(notes(&t).contains("40.00 is read as 40.0"), "{}", notes(&t));
    let t = rows(["0", "0", "0", "0", "0", "5"]);
    assert_eq!(short(&t)[2], "mosi M1 acc7 41.10");
    // Whole percents, by a program that prints two decimals.
    let whole: String = (0..6)
        .map(|at| format!("MOSI,M{at},4{at}.00,0.{at}1\n"))
        .collect();
    let t = table(&format!("Dataset,Method,Acc-7,MAE\n{whole}"));
    assert_eq!(short(&t)[2], "mosi M1 acc7 41");
}

#[test]
fn spreads_in_percent_beside_fractions_are_told() {
    let of = |cells: [&str; 4]| {
        let rows = cells.iter().enumerate();
        let rows = rows.map(|(at, cell)| format!("| M{at} | {cell} |\n"));
        table(&format!(
            "| Method | MOSI Acc-7 |\n|---|---|\n{}",
            rows.collect::<String>()
        ))
    };
    let spreads = |t: &ParsedTable| -> Vec<f64> {
        let all = t.cells.iter().filter_map(|c| c.number.sd);
        all.map(|sd| (100.0 * sd).round() / 100.0).collect()
    };
    for (cells, wanted, told) in [
        (
            [
                "0.4312 \u{b1} 0.72",
                "0.4411 \u{b1} 0.31",
                "0.4215 \u{b1} 1.20",
                "0.3981 \u{b1} 0.55",
            ],
            [0.72, 0.31, 1.20, 0.55],
            true,
        ),
        (
            [
                "0.4312 (0.72)",
                "0.4411 (0.31)",
                "0.4215 (1.20)",
                "0.3981 (0.55)",
            ],
            [0.72, 0.31, 1.20, 0.55],
            true,
        ),
        (
            [
                "0.4312 \u{b1} 0.0072",
                "0.4411 \u{b1} 0.0031",
                "0.4215 \u{b1} 0.012",
                "0.3981 \u{b1} 0.0055",
            ],
            [0.72, 0.31, 1.20, 0.55],
            false,
        ),
        // Another metric in brackets.
        (
            [
                "0.4312 (0.4512)",
                "0.4411 (0.4611)",
                "0.4215 (0.4415)",
                "0.3981 (0.4181)",
            ],
            [45.12, 46.11, 44.15, 41.81],
            false,
        ),
    ] {
        let t = of(cells);
        assert_eq!(spreads(&t), wanted, "{cells:?}");
        assert_eq!(
            notes(&t).contains("spreads beside fractions are percent"),
            told
        );
    }
    let t = of([
        "0.4312 \u{b1} 0.72",
        "0.4411 \u{b1} 0.31",
        "0.4215 \u{b1} 1.20",
        "0.3981 \u{b1} 0.55",
    ]);
    assert!(notes(&t).contains("0.4312 \u{b1} 0.72 is read as 43.12 \u{b1} 0.72"));
}

#[test]
fn section_lines_that_are_not_understood_set_rows_apart_where_they_must() {
    let t = table("Method,MAE,Corr\nSetting one,,\nA,0.8,0.5\nSetting two,,\nA,0.9,0.4\n");
    assert_eq!(short(&t)[2], "A (Setting two) mae 0.9");
    let t = table("Method,MAE,Corr\nGraph methods,,\nA,0.8,0.5\nOthers,,\nB,0.9,0.4\n");
    assert_eq!(short(&t)[2], "B mae 0.9");
    assert!(
        notes(&t).contains("is named in section lines 2, 4"),
        "{}",
        notes(&t)
    );
}

#[test]
fn merged_cells_take_the_text_above_them() {
    let t = table("Rate,Method,MAE\n0.1,A,0.8\n,B,0.9\n0.2,A,1.0\n,B,1.1\n");
    assert_eq!(short(&t)[3], "B rate 0.2 mae 1.1");
    assert!(notes(&t).contains("empty cells of `Rate`"), "{}", notes(&t));
}

#[test]
fn marks_in_latex_set_rows_of_one_name_apart() {
    let methods = |second: &str| {
        let text = format!(
            "\\begin{{tabular}}{{lcc}}\nMethod & Acc-7 & MAE \\\\\n\\textbf{{MISA}} & 33.08 & 1.02 \\\\\n\
             {second} & 34.11 & 1.01 \\\\\n\\end{{tabular}}\n"
        );
        let table = parse("mosi.tex", text.as_bytes(), &Options::default())?;
        Ok::<_, Error>(
            table
                .cells
                .iter()
                .map(|c| c.method.clone())
                .collect::<Vec<_>>(),
        )
    };
    for second in [
        "MISA$^\\dagger$",
        "MISA$^*$",
        "MISA~\\cite{misa}",
        "MISA\\textsuperscript{\\dag}",
    ] {
        assert_eq!(methods(second).unwrap(), ["MISA", "MISA", second, second]);
    }
    assert_eq!(methods("MMIM$^*$").unwrap()[2], "MMIM");
    assert!(methods("MISA").is_err() && methods("\\underline{MISA}").is_err());
}

#[test]
fn latex_tables_are_read_with_their_lines() {
    let text = "\\begin{table}\n\\begin{tabular}{lcc}\n\\toprule\n & \\multicolumn{2}{c}{MOSI} \\\\ \\cmidrule(lr){2-3}\n\
                Method & Acc-7 $\\uparrow$ & MAE $\\downarrow$ \\\\ \\midrule\n\
                \\multicolumn{3}{c}{\\textit{Random missing, $r = 0.5$}} \\\\\n\
                MISA~\\cite{misa} & $33.08^{*}$ & \\underline{1.02} \\\\\n\
                Ours$^\\dagger$ & \\textbf{38.27} & $0.98_{\\pm 0.01}$ \\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n";
    let t = parse("paper/t.tex", text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(
        short(&t),
        [
            "mosi MISA rate 0.5 acc7 33.08",
            "mosi MISA rate 0.5 mae 1.02",
            "mosi Ours rate 0.5 acc7 38.27",
            "mosi Ours rate 0.5 mae 0.98"
        ]
    );
    assert_eq!(
        (t.name.as_str(), t.cells[0].line, t.cells[3].column),
        ("paper/t.tex", 7, 3)
    );
    assert_eq!(t.cells[3].number.sd, Some(0.01));
}

#[test]
fn every_table_of_a_page_is_read() {
    let page = "# Results\n\n## MOSI\n\n| model | MAE |\n|---|---|\n| A | 0.9 |\n\n## SIMS: Acc-2 (%)\n\n\
                | model / missing rate | 0 | 0.5 | mean |\n|---|---|---|---|\n| A | 80.1 | 70.1 | 75.1 |\n\n\
                ## MOSI: improvement over the baseline\n\n| model | MAE |\n|---|---|\n| A | -0.1 |\n";
    let tables = parse_all("page.md", page.as_bytes(), &Options::default()).unwrap();
    let names: Vec<&str> = tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(
        names,
        ["page.md (table in line 5)", "page.md (table in line 11)"]
    );
    assert_eq!(short(&tables[0]), ["mosi A mae 0.9"]);
    assert_eq!(
        short(&tables[1]),
        [
            "sims A rate 0 acc2 80.1",
            "sims A rate 0.5 acc2 70.1",
            "sims A mean acc2 75.1"
        ]
    );
    assert!(
        notes(&tables[1]).contains("differences"),
        "{}",
        notes(&tables[1])
    );
    assert!(parse("page.md", page.as_bytes(), &Options::default()).is_err());
}

#[test]
fn errors_and_correlations_times_100_are_told_by_line() {
    let mixed = "Method,MOSI Acc-2,MOSI MAE,MOSI Corr\nTFN,78.3,97.0,65.2\nMulT,80.1,86.1,71.1\nMISA,81.8,78.3,76.1\n\
                 Ours,82.3,0.731,0.782\nlost,57.8,1.442,0.010\n";
    let t = table(mixed);
    let numbers = |metric: &str| -> Vec<String> {
        let cells = t.cells.iter().filter(|c| c.metric.name == metric);
        cells.map(|c| c.number.text()).collect()
    };
    assert_eq!(
        numbers("mae"),
        ["0.970", "0.861", "0.783", "0.731", "1.442"]
    );
    assert_eq!(
        numbers("corr"),
        ["0.652", "0.711", "0.761", "0.782", "0.010"]
    );
    let note = "MAE and Corr are printed times 100 in lines 2, 3, 4, unlike the lines beside: MAE 97.0 is read as 0.970";
    assert!(notes(&t).contains(note), "{}", notes(&t));
    // A point that is missing in one cell is an error of that cell.
    let t = table("Method,MOSI MAE,MOSI Corr\nA,71.3,0.78\nB,0.74,0.77\nC,0.81,0.72\n");
    assert_eq!(t.cells[0].number.text(), "71.3");
}

#[test]
fn all_lines_that_could_be_fractions_are_named() {
    let t = table("Method,MOSI Acc-2\nA,81.2\nB,80.9\nC,0.79\nD,0.801\nE,83.0\nF,0.785\n");
    let note = "3 numbers in lines 4, 5, 7 (0.79 first) are read as printed";
    assert!(notes(&t).contains(note), "{}", notes(&t));
}

#[test]
fn known_data_without_class_counts_is_noted() {
    for name in ["CH-SIMS v2", "SIMSv2", "CH-SIMS v2.0"] {
        let t = table(&format!("Dataset,Method,Acc-2,MAE\n{name},A,81.2,0.31\n"));
        assert_eq!(t.cells[0].dataset, "simsv2", "{name}");
        let note = "no class counts of simsv2 are known: without --data rules that need them pass over its 2 cells";
        assert!(notes(&t).contains(note), "{name}: {}", notes(&t));
    }
    let t = table("Dataset,Method,Acc-2,MAE\nCH-SIMS,A,81.2,0.41\n");
    assert!(!notes(&t).contains("class counts"), "{}", notes(&t));
}

const LATEX: &str = "\\begin{table}\\caption{CMU-MOSI}\n\\begin{tabular}{lccc}\nModel & Acc-7 & MAE & Corr \\\\\n\
                     A & 33.53 & 0.939 & 0.697 \\\\\n";

/// The table of LaTeX rows below a first one.
fn latex(rows: &str) -> ParsedTable {
    let text = format!("{LATEX}{rows}\\end{{tabular}}\n\\end{{table}}\n");
    let mut all = parse_all("t.tex", text.as_bytes(), &Options::default()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn commands_of_latex_that_nothing_defines_are_named() {
    let t = latex("B & \\rk{32.94}{5} & 1.016\\fn{1} & \\best{0.616} \\\\\n");
    assert_eq!(
        short(&t)[3..],
        ["mosi B acc7 32.94", "mosi B mae 1.016", "mosi B corr 0.616"]
    );
    assert!(
        notes(&t).contains("`\\rk{32.94}{5}`") && t.left_out.is_empty(),
        "{}",
        notes(&t)
    );
    let t = latex(
        "B & 32.94 & \\oursmae & 0.616 \\\\\nC & \\pair{81.2}{83.4} & \\na & 0.6 \\\\\n\\ours & \\a & \\b & \\c \\\\\n",
    );
    assert_eq!(t.left_out.cells, 5, "{}", notes(&t));
    assert!(notes(&t).contains("`\\pair{81.2}{83.4}`"), "{}", notes(&t));
    assert_eq!(t.cells.len(), 6);
    let defined = format!(
        "\\newcommand{{\\oursmae}}{{0.712}}\n{LATEX}B & 32.94 & \\oursmae & 0.616 \\\\\n\\end{{tabular}}"
    );
    let t = parse("t.tex", defined.as_bytes(), &Options::default()).unwrap();
    assert_eq!(
        (short(&t)[4].as_str(), t.cells[4].line),
        ("mosi B mae 0.712", 6)
    );
}

#[test]
fn what_latex_and_markdown_hide_is_not_read() {
    let t = latex(
        "\\iffalse\nB & 1 & 2 & 3 \\\\\n\\fi\nC & 32.94 & 1.016 & 0.616 \\\\\n% D & 1 & 2 & 3 \\\\\n",
    );
    assert_eq!((t.cells.len(), t.cells[3].line), (6, 8));
    let page = "# MOSI\n\n| model | MAE |\n|---|---|\n| A | 0.7 |\n<!-- | A | 0.9 | -->\n| B | 0.8 |\n\n<!--\n| model | MAE |\n\
                |---|---|\n| A | 0.6 |\n-->\n";
    assert_eq!(
        short(&parse("t.md", page.as_bytes(), &Options::default()).unwrap()),
        ["mosi A mae 0.7", "mosi B mae 0.8"]
    );
}

#[test]
fn errors_that_lost_their_points_are_read_with_them() {
    let t = table("Dataset,Method,MAE,Corr\nMOSI,A,939,697\nMOSI,B,1016,616\nMOSI,C,1030,614\n");
    assert_eq!(short(&t)[..2], ["mosi A mae 0.939", "mosi A corr 0.697"]);
    assert!(
        notes(&t).contains("MAE 939 is read as 0.939"),
        "{}",
        notes(&t)
    );
}

#[test]
fn headings_may_be_chinese_and_a_step_is_left_aside() {
    let text = "\u{6570}\u{636e}\u{96c6},\u{7f3a}\u{5931}\u{7387},\u{6a21}\u{578b},step,\u{4e03}\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387},\
                \u{51c6}\u{786e}\u{7387},\u{76f8}\u{5173}\u{7cfb}\u{6570}\nMOSI,0.1,A,400,40.1,80.2,0.71\nMOSI,\u{5747}\u{503c},A,400,40.1,80.2,0.71\n";
    let table = parse("t.csv", text.as_bytes(), &Options::default()).unwrap();
    let names: Vec<&str> = table.cells.iter().map(|c| c.metric.name).collect();
    assert_eq!(names[..3], ["acc7", "acc2", "corr"]);
    let first = &table.cells[0];
    assert_eq!((&*first.dataset, &*first.method), ("mosi", "A"));
    assert_eq!(first.condition.to_string(), "rate 0.1");
    assert!(table.cells[3].condition.is_mean() && table.left_out.is_empty());
}

#[test]
fn a_table_without_headings_is_told_so() {
    let told = |text: &str| {
        let read = parse("t.csv", text.as_bytes(), &Options::default());
        read.unwrap_err().to_string()
    };
    let text = "0.0,A,33.58,80.74,0.937\n0.0,B,36.25,80.82,0.696\n";
    for text in [text.to_string(), text.replace(',', "|")] {
        assert!(told(&text).contains("names no column"), "{}", told(&text));
    }
    let rates = told("method,0,0.1,0.25\nA,33.58,80.74,0.9\nB,33.58,80.74,0.9\n");
    assert!(rates.contains("of no metric"), "{rates}");
}
