//! Tests whole tables in every format.

use super::figure::choice::Choice;
use super::figure::{curves, svg};
use super::fixture::{TOY, eleven, manifest, record, scored, section};
use super::format::{EXPORTERS, Report, html, latex, markdown, terminal};
use super::numbering::Numbering;
use super::table::build;
use super::tidy::summary;
use super::{Layout, Options};
use crate::report::contents::SectionContents;
use crate::report::format::terminal::Style;
use crate::report::rows::scores::score_by;
use crate::report::rows::section::Section;
use crate::report::rows::sort::sections;

/// A small grid, so that snapshots can be read.
const GRID: [f64; 3] = [0.0, 0.5, 1.0];

const REFERENCE: Style = Style {
    width: 100,
    color: false,
};

#[test]
fn tables_in_markdown() {
    let section = section(&GRID);
    let tables = TOY.metrics.iter().map(|m| build::by_rate(&section, m));
    let text: Vec<_> = tables.map(|t| markdown::table(&t, 3)).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn the_whole_page_in_markdown() {
    let part = SectionContents::new(section(&GRID), &Options::default()).unwrap();
    insta::assert_snapshot!(markdown::page(&[part]));
}

#[test]
fn tables_in_latex() {
    let section = section(&eleven());
    let tables = [
        build::overview(&section),
        build::by_rate(&section, &TOY.metrics[2]),
    ];
    let cited = latex::Cited::from([("LNLN".to_string(), "zhang2024towards".to_string())]);
    let text: Vec<_> = tables.iter().map(|t| latex::table(t, &cited)).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn tables_in_the_terminal() {
    let section = section(&eleven());
    let overview = terminal::tables(&[build::overview(&section)], REFERENCE);
    assert!(
        overview.lines().all(|l| l.chars().count() <= 100),
        "{overview}"
    );
    let wide = Style {
        width: 140,
        ..REFERENCE
    };
    let by_rate = terminal::tables(&[build::by_rate(&section, &TOY.metrics[0])], wide);
    insta::assert_snapshot!(format!("{overview}\n{by_rate}"));
}

#[test]
fn a_long_name_wraps_in_the_terminal_and_numbers_do_not() {
    let mut table = build::overview(&section(&GRID));
    table.rows[0].label = "LNLN (encoder features, learning rate 0.0001, noise cycle:3)".into();
    let narrow = Style {
        width: 60,
        ..REFERENCE
    };
    insta::assert_snapshot!(terminal::tables(&[table], narrow));
}

#[test]
fn columns_that_a_narrow_terminal_has_no_room_for_are_named() {
    let table = build::overview(&section(&GRID));
    let narrow = Style {
        width: 30,
        ..REFERENCE
    };
    let text = terminal::tables(std::slice::from_ref(&table), narrow);
    assert!(
        text.lines().skip(1).all(|l| l.chars().count() <= 30),
        "{text}"
    );
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("in the report's files): standard deviations, MAE ↓, Slope_x ↑."),
        "{text}"
    );
    // A heading has as many words in a line as its numbers leave room for.
    let mut wide = table.clone();
    wide.columns[0].title = "difference to LNLN (95 %)".into();
    wide.rows[0].cells[0].content = super::table::Content::Text {
        text: "-0.007 (-0.145 to 0.131)".into(),
        note: None,
    };
    let text = terminal::tables(&[wide], REFERENCE);
    assert!(text.contains("difference to LNLN (95"), "{text}");
}

#[test]
fn a_legend_that_tables_share_is_printed_once() {
    let section = section(&GRID);
    let table = build::overview(&section);
    let text = terminal::tables(&[table.clone(), table], REFERENCE);
    assert_eq!(text.matches("standard deviation").count(), 1, "{text}");
    let page = markdown::page(&[SectionContents::new(section, &Options::default()).unwrap()]);
    assert_eq!(
        page.matches("standard deviation (n-1)").count(),
        1,
        "{page}"
    );
    assert!(page.contains("[Legend](#toy-legend)"), "{page}");
}

/// The file of this name of a report on one section.
fn exported(file: &str, section: Section) -> String {
    let parts = [SectionContents::new(section, &Options::default()).unwrap()];
    let (numbering, layout) = (Numbering::of(&parts), Layout::Full);
    let summary = summary::frame(&parts, &numbering, layout).unwrap();
    let report = Report {
        parts: &parts,
        numbering: &numbering,
        layout,
        summary: &summary,
    };
    let exporter = EXPORTERS.iter().find(|exporter| exporter.file == file);
    String::from_utf8((exporter.unwrap().render)(&report).unwrap()).unwrap()
}

#[test]
fn scores_in_csv() {
    insta::assert_snapshot!(exported("scores.csv", section(&[0.0, 1.0])));
}

#[test]
fn summary_in_csv() {
    insta::assert_snapshot!(exported("summary.csv", section(&GRID)));
}

#[test]
fn the_page_in_html() {
    let part = SectionContents::new(section(&GRID), &Options::default()).unwrap();
    let parts = [part];
    let page = html::page(&parts, &Numbering::of(&parts)).unwrap();
    let loads = ["http://", "https://", "src=", "@import", "<link"];
    let without_namespace = page.replace("http://www.w3.org/2000/svg", "");
    assert!(loads.iter().all(|l| !without_namespace.contains(l)));
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    // Figures have a snapshot of their own.
    let body: Vec<_> = body
        .split("<svg")
        .map(|p| p.split_once("</svg>").map_or(p, |(_, after)| after))
        .collect();
    insta::assert_snapshot!(format!("{head}{}", body.join("[figure]")));
}

#[test]
fn a_figure_has_a_line_per_model_and_is_the_same_every_time() {
    let section = section(&GRID);
    let choice = Choice::new(&section, None, &TOY.metrics[1]);
    let draw = || {
        let drawing = curves::draw(&section, &TOY.metrics[1], "MAE <here>", &choice);
        svg::render(&drawing.unwrap().scene)
    };
    let svg = draw();
    assert_eq!(svg, draw());
    assert!(svg.contains("<title>MAE &lt;here&gt;</title>"));
    assert!(
        ["FLAT", "LNLN", "CONSTANT"]
            .iter()
            .all(|name| svg.contains(name))
    );
    insta::assert_snapshot!(svg);
}

#[test]
fn one_rate_gives_no_figure_and_no_mean() {
    let section = section(&[0.3]);
    let choice = Choice::new(&section, None, &TOY.metrics[1]);
    let drawing = curves::draw(&section, &TOY.metrics[0], "t", &choice);
    assert_eq!(drawing, None);
    let table = build::by_rate(&section, &TOY.metrics[0]);
    let titles: Vec<_> = table.columns.iter().map(|c| c.title.as_str()).collect();
    assert_eq!(titles, ["0.3"]);
}

#[test]
fn predictions_that_are_not_finite_have_no_score() {
    let mut run = record(manifest("lnln", 11, &GRID));
    let mut rows: Vec<_> = run.predictions.iter().collect();
    rows[0].prediction = f32::NAN;
    run.predictions = Default::default();
    rows.iter().for_each(|row| run.predictions.push(row));
    let curves = score_by(&TOY, run).unwrap().swap_remove(0).conditions;
    let values: Vec<_> = curves["mae"].values().collect();
    assert_eq!(
        values[0].as_ref().unwrap_err(),
        "some predictions are not finite"
    );
    assert!(values[1].is_ok() && values[2].is_ok());
}

#[test]
fn missing_predictions_are_an_error_that_names_the_run() {
    let mut run = record(manifest("lnln", 11, &GRID));
    run.manifest.masks[0]
        .conditions
        .push("0.7".parse().unwrap());
    let message = score_by(&TOY, run).unwrap_err().to_string();
    assert!(
        message
            .contains("run lnln-11: expected predictions under (masks/seed/condition) iid/1/0, "),
        "{message}"
    );

    let mut run = record(manifest("lnln", 11, &GRID));
    run.manifest.dataset.counts[2] = 11;
    let message = score_by(&TOY, run).unwrap_err().to_string();
    assert!(
        message.contains("for 11 test samples, each once, found 10 for 10 samples"),
        "{message}"
    );
}

#[test]
fn configurations_that_differ_get_rows_of_their_own() {
    let mut other = manifest("lnln", 11, &GRID);
    other.id = "other".into();
    other.training.encoder = Some("features".into());
    let runs = vec![scored(manifest("lnln", 11, &GRID)), scored(other)];
    let section = sections(runs).unwrap().swap_remove(0);
    let labels: Vec<_> = section.rows.iter().map(|r| r.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "LNLN (the file's text features)",
            "LNLN (tiny BERT trained with the model)"
        ]
    );
}

#[test]
fn settings_of_training_do_not_tell_baselines_apart() {
    let mut other = manifest("constant", 11, &GRID);
    other.id = "other".into();
    other.training.epochs += 3;
    let runs = vec![scored(manifest("constant", 11, &GRID)), scored(other)];
    let section = sections(runs).unwrap().swap_remove(0);
    let rows = section
        .rows
        .iter()
        .map(|r| (r.label.as_str(), r.runs.len()));
    assert_eq!(rows.collect::<Vec<_>>(), [("CONSTANT (baseline)", 1)]);
}

#[test]
fn a_seed_that_occurs_twice_is_an_error_that_says_how_the_runs_differ() {
    let mut other = manifest("lnln", 11, &GRID);
    other.id = "other".into();
    other.build.device = Some("H100".into());
    let runs = vec![scored(manifest("lnln", 11, &GRID)), scored(other)];
    assert_eq!(
        sections(runs).unwrap_err().to_string(),
        "runs lnln-11 and other are both LNLN on toy with seed 11, and differ only in \
         build.device (\"cpu\" and \"H100\"); a row holds a seed once, so leave one of them out"
    );
}

#[test]
fn other_data_or_masks_get_a_section_of_their_own() {
    let mut data = manifest("lnln", 11, &GRID);
    data.id = "data".into();
    data.dataset.content_hash = "facade00".into();
    let mut mask = manifest("lnln", 11, &GRID);
    mask.id = "mask".into();
    mask.masks[0].mask_protocol = "block".into();
    let runs = vec![manifest("lnln", 11, &GRID), data, mask];
    let sections = sections(runs.into_iter().map(scored).collect()).unwrap();
    let titles: Vec<_> = sections.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "Toy & co_1 (data c0ffee00, masks block v1)",
            "Toy & co_1 (data c0ffee00, masks iid v1)",
            "Toy & co_1 (data facade00, masks iid v1)"
        ]
    );
    assert_eq!(sections[0].slug, "toy-data-c0ffee00-masks-block-v1");
}
