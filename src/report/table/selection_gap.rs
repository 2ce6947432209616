//! Builds the table of the selection gap: every model by every selection rule, and their differences.

use super::build::{heading, synthetic};
use super::phrases::seeds;
use super::{Cell, Column, Content, Table, TableRow, reason};
use crate::report::origin::Origin;
use crate::report::rows::aggregate::SeedSummary;
use crate::report::rows::section::Section;
use crate::report::stats::selection_gap::{Difference, GapMetric, GapRow, SelectionGap};

/// Why a difference has no interval.
const NO_INTERVAL: &str =
    "No interval: it takes two seeds, and a metric that is a function of sums over samples.";

/// The table, a block per metric, the primary one first.
pub fn table(section: &Section, gap: &SelectionGap) -> Table {
    let mut reasons = Vec::new();
    let count = gap.rows.first().map_or(0, |row| row.metrics.len());
    let mut rows = Vec::new();
    for metric in 0..count {
        for row in &gap.rows {
            rows.push(line(section, gap, row, &row.metrics[metric], &mut reasons));
        }
    }
    let title = format!(
        "{}: selection gap, {}{}",
        section.title,
        gap.aggregate.title(),
        synthetic(section)
    );
    Table {
        id: format!("{}-selection-gap", section.slug),
        title,
        stub: "model, metric".to_string(),
        columns: columns(gap),
        rows,
        masks: section.masks(),
        reference: None,
        reasons,
        legend: Vec::new(),
        notes: notes(section, gap),
    }
}

fn columns(gap: &SelectionGap) -> Vec<Column> {
    let column = |group: &str, title: &str, name: String| Column {
        group: group.to_string(),
        title: title.to_string(),
        name,
        // Each block has its own.
        metrics: Vec::new(),
        higher_is_better: false,
    };
    let mut columns: Vec<Column> = gap
        .rules
        .iter()
        .map(|rule| column("weights selected by", rule, rule.clone()))
        .collect();
    for rule in &gap.rules[1..] {
        let group = format!("{rule} − {}", gap.rules[0]);
        for (title, name) in [
            ("difference", "difference"),
            ("95 % from", "low"),
            ("to", "high"),
        ] {
            columns.push(column(&group, title, format!("{rule} {name}")));
        }
    }
    columns
}

fn line(
    section: &Section,
    gap: &SelectionGap,
    row: &GapRow,
    of: &GapMetric,
    reasons: &mut Vec<String>,
) -> TableRow {
    let model = &section.rows[row.index];
    let origin = model.origin(gap.aggregate.conditions());
    let mut contents: Vec<Content> = Vec::new();
    for summary in &of.by_rule {
        contents.push(score(summary, of, reasons));
    }
    for difference in &of.differences {
        contents.extend(change(difference.as_ref(), of, reasons));
    }
    let cell = |content| match content {
        Content::Missing => Cell::new(content, Origin::Nothing),
        content => Cell::new(content, origin.clone()),
    };
    TableRow {
        block: heading(of.metric),
        label: model.label.clone(),
        baseline: false,
        cells: contents.into_iter().map(cell).collect(),
    }
}

fn score(summary: &SeedSummary, of: &GapMetric, reasons: &mut Vec<String>) -> Content {
    let scale = of.metric.scale();
    match summary {
        SeedSummary::Known(summary) => Content::Number {
            value: summary.mean * scale,
            sd: summary.sd.map(|sd| sd * scale),
            decimals: of.metric.decimals,
        },
        SeedSummary::Missing => Content::Missing,
        SeedSummary::Undefined(why) => Content::Undefined {
            reason: reason(reasons, format!("Undefined: {why}.")),
        },
    }
}

/// Difference and interval.
fn change(
    difference: Option<&Difference>,
    of: &GapMetric,
    reasons: &mut Vec<String>,
) -> [Content; 3] {
    let number = |value: f64| Content::Number {
        value: value * of.metric.scale(),
        sd: None,
        decimals: of.metric.decimals,
    };
    let Some(difference) = difference else {
        return [Content::Missing, Content::Missing, Content::Missing];
    };
    let [low, high] = match difference.interval {
        Some(interval) => interval.map(number),
        None => {
            let reason = reason(reasons, NO_INTERVAL.to_string());
            [Content::Undefined { reason }, Content::Undefined { reason }]
        }
    };
    [number(difference.summary.mean), low, high]
}

fn notes(section: &Section, gap: &SelectionGap) -> Vec<String> {
    let first = &gap.rules[0];
    let rows = || gap.rows.iter().map(|row| &section.rows[row.index]);
    let spread = rows().any(|row| row.runs.len() > 1);
    let mut notes = vec![
        format!(
            "{}; scores are not rounded before they are averaged.",
            seeds(rows(), spread)
        ),
        format!(
            "Each training shown stores the weights that every rule chooses; all are tested under the same \
             conditions. Differences are the rule's minus those of {first}, within each training; their 95 % intervals hold \
             for other samples and other seeds. Where less is better (↓), a negative difference is a better score."
        ),
    ];
    let valid = gap.rules.iter().filter_map(|rule| {
        let metric = section.protocol.metric(rule.strip_prefix("valid:")?)?;
        Some(format!(
            "The rule {rule} takes the epoch with the best validation {}.",
            metric.title
        ))
    });
    notes.extend(valid);
    if gap.rules.iter().any(|rule| rule == "paper") {
        notes.push(
            "The rule paper takes for each metric the epoch with its best value on the test split at missing rate 0.5, as \
             LNLN's published code does. What it gains comes from looking at test labels; over all conditions it may gain nothing."
                .to_string(),
        );
    }
    notes.extend(order(gap));
    if !gap.left_out.is_empty() {
        notes.push(format!(
            "Not shown: {} (only the weights of one rule were kept).",
            gap.left_out.join(", ")
        ));
    }
    notes
}

/// Whether the order of the models depends on the rule; `None` for fewer than two models.
fn order(gap: &SelectionGap) -> Option<String> {
    let first = gap.orders.first().filter(|order| order.len() > 1)?;
    let by = format!(
        "by {} ({}), best first",
        gap.primary.title,
        gap.aggregate.title()
    );
    Some(if gap.changes_order() {
        let each = gap.rules.iter().zip(&gap.orders);
        let each = each.map(|(rule, order)| format!("{} by {rule}", order.join(", ")));
        format!(
            "The order of the models {by}, changes with the rule: {}.",
            each.collect::<Vec<_>>().join("; ")
        )
    } else {
        format!(
            "The order of the models {by}, is the same by every rule: {}.",
            first.join(", ")
        )
    })
}
