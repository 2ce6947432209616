//! Tests the marks of numbers in every format.

use super::contents::SectionContents;
use super::fixture::section;
use super::format::{html, latex, markdown, terminal};
use super::numbering::Numbering;
use super::options::Options;
use super::table::{Table, build};
use crate::report::format::terminal::Style;

/// FLAT's first number differs from the reference's and is the best of its column, its second the second
/// best.
fn marked(mut table: Table) -> Table {
    let cells = &mut table.rows[0].cells;
    (cells[0].best, cells[0].significant) = (true, true);
    (cells[1].best, cells[1].second) = (false, true);
    table
}

#[test]
fn the_best_is_bold_the_second_best_underlined_and_significance_a_star() {
    let plain = build::overview(&section(&[0.0, 0.5, 1.0]));
    let table = marked(plain.clone());
    let text = markdown::table(&table, 3);
    assert!(
        text.contains("| FLAT | **80.00**\\* ± 0.00 | <u>"),
        "{text}"
    );
    let text = latex::table(&table, &latex::Cited::new());
    assert!(text.contains("FLAT & \\textbf{80.00}$^{*}$"), "{text}");
    assert!(text.contains("& \\underline{"), "{text}");
    let show = |table: &Table, color| {
        let style = Style { width: 100, color };
        terminal::tables(std::slice::from_ref(table), style)
    };
    let text = show(&table, false);
    assert!(
        text.contains(">80.00* ±0.00") && text.contains(" _"),
        "{text}"
    );
    assert_ne!(show(&table, true), show(&plain, true));
}

#[test]
fn marks_are_on_the_page() {
    let mut part = SectionContents::new(section(&[0.0, 0.5, 1.0]), &Options::default()).unwrap();
    part.shown[0].0 = marked(part.shown[0].0.clone());
    let parts = [part];
    let page = html::page(&parts, &Numbering::of(&parts)).unwrap();
    assert_eq!(page.matches("<strong>80.00</strong>*").count(), 1);
}
