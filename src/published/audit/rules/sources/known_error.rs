//! Finds numbers quoted from a published cell that is known to be wrong.

use crate::published::audit::arranged::Seen;
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::parse::names;
use crate::published::{self, FoundBy, KnownError, Published};

pub const RULE: Rule = Rule {
    name: "known-error",
    definition: "a number quoted from a published table in which it is known to be wrong; only \
                 cells that no other rule is sure of",
    strength: "very unlikely to be right: it is documented",
    check,
};

fn check(arranged: &Arranged<'_>, before: &[Finding]) -> Vec<Finding> {
    let wrong: Vec<(Published, &KnownError)> = published::all()
        .filter_map(|p| Some((p, p.known_error?)))
        .collect();
    let mut out: Vec<Finding> = Vec::new();
    for seen in arranged.cells().filter(|s| !sure(before, s)) {
        if let Some((published, error)) = wrong.iter().find(|(p, _)| quotes(seen, p)) {
            let found_by = match error.found_by {
                FoundBy::Authors => "its authors say",
                FoundBy::Found => "found from the table",
            };
            let correct = error.correct.as_ref();
            let correct = correct.map_or(String::new(), |c| format!("; right is {c}"));
            let why = format!(
                "{} is wrong, {found_by}: {}{correct}",
                published.citation(),
                error.note
            );
            let next = Finding::new(Strength::VeryUnlikely, String::new(), why, [seen]);
            match out.iter_mut().find(|f| f.why == next.why) {
                Some(finding) => finding.cells.extend(next.cells),
                None => out.push(next),
            }
        }
    }
    for finding in &mut out {
        finding.about = about(finding);
    }
    out
}

/// The methods and data sets of a finding's cells.
fn about(finding: &Finding) -> String {
    let mut names: Vec<String> = Vec::new();
    for cell in &finding.cells {
        let name = describe::about(&[&cell.method, &cell.dataset]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join("; ")
}

/// Whether a rule before this one is sure of the cell.
fn sure(before: &[Finding], seen: &Seen<'_>) -> bool {
    let (line, column) = (seen.cell.line, seen.cell.column);
    before
        .iter()
        .any(|f| f.strength.strong() && f.names(seen.table, line, column))
}

fn quotes(seen: Seen<'_>, published: &Published) -> bool {
    let (here, there) = (seen.cell, published.cell);
    here.metric == there.metric
        && here.condition == there.condition
        && here.dataset == there.dataset
        && here.number.same(&there.number)
        && names::same(&here.method, &there.method)
}
