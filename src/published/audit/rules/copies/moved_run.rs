//! Finds runs of cells that are also printed at other conditions or for another data set.

use crate::published;
use crate::published::audit::arranged::ScoreColumn;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::{ParsedCell, ParsedCondition, names};

pub const RULE: Rule = Rule {
    name: "moved-run",
    definition: "at least four cells in a row, at least three of them different, that another \
                 table prints in the same order at other conditions or for another data set; other \
                 tables are those given and the published ones that the program carries",
    strength: "very unlikely",
    check,
};

/// Cells in a row that make a run, and different numbers among them.
const RUN: usize = 4;
const DIFFERENT: usize = 3;

/// A column that is searched for runs.
struct Other<'a> {
    /// For messages.
    place: String,
    dataset: &'a str,
    method: &'a str,
    metric: &'static str,
    cells: Vec<&'a ParsedCell>,
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let given: Vec<Other<'_>> = arranged.columns.iter().map(of_table).collect();
    let carried = published_columns();
    let mut out: Vec<Finding> = Vec::new();
    let carried: Vec<_> = carried.iter().filter(|o| !is_given(o, &given)).collect();
    for (i, column) in arranged.columns.iter().enumerate() {
        let tables = given.iter().enumerate();
        let tables = tables.filter(|(j, o)| o.place != column.table && is_copy(column, i, o, *j));
        let others = tables.map(|(_, o)| o).chain(carried.iter().copied());
        for other in others.filter(|o| o.metric == column.metric.name && elsewhere(column, o)) {
            let run = longest_run(&column.parts, other);
            if long(&run) && !is_one_origin(column, other) {
                add(&mut out, column, other, &run);
            }
        }
    }
    out
}

fn of_table<'a>(column: &ScoreColumn<'a>) -> Other<'a> {
    Other {
        place: column.table.to_string(),
        dataset: column.dataset,
        method: column.method,
        metric: column.metric.name,
        cells: column.parts.clone(),
    }
}

/// The carried tables' columns, without cells known to be wrong and rows quoted from other papers: those
/// are copies themselves.
fn published_columns() -> Vec<Other<'static>> {
    let mut out: Vec<Other<'static>> = Vec::new();
    let measured = published::all().filter(|p| !p.source.quotes(&p.cell.method));
    for p in measured.filter(|p| !p.cell.condition.is_mean() && p.known_error.is_none()) {
        let (c, place) = (p.cell, p.citation());
        let same = |o: &&mut Other<'_>| {
            (&*o.place, o.dataset, o.method, o.metric)
                == (&*place, &*c.dataset, &*c.method, c.metric.name)
        };
        match out.iter_mut().find(same) {
            Some(other) => other.cells.push(c),
            None => out.push(Other {
                place,
                dataset: &c.dataset,
                method: &c.method,
                metric: c.metric.name,
                cells: vec![c],
            }),
        }
    }
    out
}

/// Whether a published column is one of the given ones.
fn is_given(published: &Other<'_>, given: &[Other<'_>]) -> bool {
    given.iter().any(|g| {
        (g.dataset, g.metric) == (published.dataset, published.metric)
            && names::same(g.method, published.method)
            && published.cells.iter().all(|p| {
                let here = |c: &&ParsedCell| c.condition == p.condition && c.number.same(&p.number);
                g.cells.iter().copied().any(|c| here(&c))
            })
    })
}

/// Which of two given columns is the copy: a curve over rates has its order from nature, so the
/// one without rates is; else the later one.
fn is_copy(column: &ScoreColumn<'_>, place: usize, other: &Other<'_>, there: usize) -> bool {
    let rates = |cells: &[&ParsedCell]| {
        matches!(
            cells.first().map(|c| &c.condition),
            Some(ParsedCondition::Rate(_))
        )
    };
    match (rates(&column.parts), rates(&other.cells)) {
        (true, false) => false,
        (false, true) => true,
        _ => there < place,
    }
}

/// Whether one model on data of one origin is at the same conditions: it reads the same where what differs is masked.
fn is_one_origin(column: &ScoreColumn<'_>, other: &Other<'_>) -> bool {
    column.dataset != other.dataset && names::of_one(column.dataset, other.dataset)
}

/// Whether the same numbers there are no quotation: another data set or other conditions.
fn elsewhere(column: &ScoreColumn<'_>, other: &Other<'_>) -> bool {
    let axis = |condition: &ParsedCondition| std::mem::discriminant(condition);
    let here = column.parts.first().map(|c| axis(&c.condition));
    let there = other.cells.first().map(|c| axis(&c.condition));
    column.dataset != other.dataset || here != there
}

/// The longest run of equal digits, as the cells of `parts`.
fn longest_run<'a>(parts: &[&'a ParsedCell], other: &Other<'_>) -> Vec<&'a ParsedCell> {
    let mut best: &[&ParsedCell] = &[];
    for start in 0..parts.len() {
        for there in 0..other.cells.len() {
            let pairs = parts[start..].iter().zip(&other.cells[there..]);
            let n = pairs.take_while(|(a, b)| a.number.same(&b.number)).count();
            if n > best.len() {
                best = &parts[start..start + n];
            }
        }
    }
    best.to_vec()
}

fn long(run: &[&ParsedCell]) -> bool {
    let mut values: Vec<_> = run.iter().map(|c| c.number.units()).collect();
    values.sort_unstable();
    values.dedup();
    run.len() >= RUN && values.len() >= DIFFERENT
}

/// Adds a run to the finding about the same two rows of columns, or as one of its own.
fn add<'a>(
    out: &mut Vec<Finding>,
    column: &ScoreColumn<'a>,
    other: &Other<'_>,
    run: &[&'a ParsedCell],
) {
    let there = describe::about(&[&other.place, other.method, other.dataset]);
    let about = describe::about(&[column.method, column.dataset, column.table]);
    let why = format!("cells in a row print what stands elsewhere: {there}");
    let next = Finding::new(
        Strength::VeryUnlikely,
        about,
        why,
        run.iter().map(|c| column.seen(c)),
    );
    match out
        .iter_mut()
        .find(|f| (&f.about, &f.why) == (&next.about, &next.why))
    {
        Some(finding) => finding.cells.extend(next.cells),
        None => out.push(next),
    }
}
