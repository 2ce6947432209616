//! Writes findings as text and as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::overview::{Overview, overviews};
use super::{Finding, RULES, Strength};
use crate::published::parse::{LeftOut, ParsedTable};

/// Cells a finding lists in the text; JSON has all.
const SHOWN: usize = 4;

/// Findings by strength, for a terminal or a pipe.
pub fn text(tables: &[ParsedTable], findings: &[Finding]) -> String {
    let mut out = String::new();
    for table in tables {
        out.push_str(&format!("{}: {} cells\n", table.name, table.cells.len()));
        for overview in overviews(table) {
            out.push_str(&format!("  read  {}\n", overview.text()));
        }
        for note in &table.notes {
            out.push_str(&format!("  note: {note}\n"));
        }
    }
    for strength in [Strength::Impossible, Strength::VeryUnlikely, Strength::Odd] {
        let of_strength: Vec<_> = findings.iter().filter(|f| f.strength == strength).collect();
        if !of_strength.is_empty() {
            out.push_str(&format!(
                "\n{} ({})\n",
                strength.describe(),
                of_strength.len()
            ));
            of_strength.iter().for_each(|f| out.push_str(&finding(f)));
        }
    }
    out.push('\n');
    out.push_str(&last_line(tables, findings));
    out
}

fn finding(finding: &Finding) -> String {
    let place = |p: &super::CellLocation| format!("{}:{}:{}", p.table, p.line, p.column);
    let mut places: Vec<String> = finding.cells.iter().take(SHOWN).map(place).collect();
    if finding.cells.len() > SHOWN {
        places.push(format!("and {} more", finding.cells.len() - SHOWN));
    }
    format!(
        "  {}: {}\n      {}\n      {}\n",
        finding.rule,
        finding.about,
        finding.why,
        places.join(", ")
    )
}

/// The summary, and what of the tables no rule saw.
fn last_line(tables: &[ParsedTable], findings: &[Finding]) -> String {
    let left_out: LeftOut = tables.iter().map(|t| t.left_out).sum();
    if left_out.is_empty() {
        return summary(findings);
    }
    let found = if findings.is_empty() {
        format!("nothing found in the rest by {} rules", RULES.len())
    } else {
        summary(findings)
    };
    format!("{found}; warning: {left_out} not checked (see the notes above)")
}

/// `5 impossible, 3 very unlikely, 2 odd`, or that there is nothing.
pub fn summary(findings: &[Finding]) -> String {
    let count = |s: Strength| {
        let n = findings.iter().filter(|f| f.strength == s).count();
        (n > 0).then(|| format!("{n} {}", s.describe()))
    };
    let all = [Strength::Impossible, Strength::VeryUnlikely, Strength::Odd];
    let counts: Vec<String> = all.into_iter().filter_map(count).collect();
    if counts.is_empty() {
        format!("nothing found by {} rules", RULES.len())
    } else {
        counts.join(", ")
    }
}

/// What `audit --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    tables: Vec<Sheet<'a>>,
    rules: Vec<RuleLine>,
    findings: &'a [Finding],
}

#[derive(Serialize, JsonSchema)]
struct Sheet<'a> {
    name: &'a str,
    cells: usize,
    /// What was read, by data set.
    read: Vec<Overview>,
    notes: &'a [String],
    /// What no rule saw because it was not understood.
    left_out: LeftOut,
}

#[derive(Serialize, JsonSchema)]
struct RuleLine {
    name: &'static str,
    definition: &'static str,
    strength: &'static str,
}

/// Everything, with every cell, as one document.
pub fn document<'a>(tables: &'a [ParsedTable], findings: &'a [Finding]) -> Document<'a> {
    let tables = tables.iter().map(|t| Sheet {
        name: &t.name,
        cells: t.cells.len(),
        read: overviews(t),
        notes: &t.notes,
        left_out: t.left_out,
    });
    let rules = RULES.iter().map(|r| RuleLine {
        name: r.name,
        definition: r.definition,
        strength: r.strength,
    });
    Document {
        tables: tables.collect(),
        rules: rules.collect(),
        findings,
    }
}
