//! Renders `scores.csv`: every score of every run, one line per metric and condition.

use std::collections::BTreeMap;
use std::fmt::Write;

use rayon::prelude::*;

use super::{Exporter, Report};
use crate::mask::Condition;
use crate::report::error::{Result, render};
use crate::report::rows::folds;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::report::tidy::columns::SCORES;
use crate::report::tidy::summary;

pub const EXPORTER: Exporter = Exporter {
    name: "scores",
    file: NAME,
    render: |report: &Report<'_>| {
        let sections: Vec<&Section> = report.parts.iter().map(|part| &part.section).collect();
        scores(&sections)
    },
};

const NAME: &str = "scores.csv";

/// Every score of every run. Text rather than a data frame, and section by section: there may be millions of lines.
pub fn scores(sections: &[&Section]) -> Result<Vec<u8>> {
    let parts = sections.par_iter().map(|section| section_scores(section));
    let mut all = vec![format!("{}\n", SCORES.map(|column| column.name).join(",")).into_bytes()];
    all.extend(parts.collect::<Result<Vec<_>>>()?);
    Ok(all.concat())
}

fn section_scores(section: &Section) -> Result<Vec<u8>> {
    let conditions: Result<BTreeMap<Condition, String>> = section
        .conditions
        .iter()
        .map(|condition| Ok((*condition, condition_fields(condition)?)))
        .collect();
    let conditions = conditions?;
    let mut out = String::new();
    for row in section.own_rows() {
        let curves = row.runs.iter().flat_map(|run| match run.parts() {
            [] => std::slice::from_ref(run),
            parts => parts,
        });
        for run in curves {
            run_scores(&mut out, section, row, run, &conditions)?;
        }
    }
    Ok(out.into_bytes())
}

/// The condition as text, and the missing rate of each modality.
fn condition_fields(condition: &Condition) -> Result<String> {
    let rates = condition.rates().map(|rate| rate.to_string());
    quoted(&[&condition.to_string(), &rates[0], &rates[1], &rates[2]])
}

/// A line per metric and condition of a run. What they share is quoted once: there are millions.
fn run_scores(
    out: &mut String,
    section: &Section,
    row: &ModelRow,
    run: &ScoredRun,
    conditions: &BTreeMap<Condition, String>,
) -> Result<()> {
    let (m, seed) = (&run.manifest, run.manifest.seed.to_string());
    let head = quoted(&[
        &m.dataset.name,
        m.dataset.version.as_deref().unwrap_or_default(),
        &folds::numbers(run).unwrap_or_default(),
        &summary::short(&m.dataset.content_hash),
        &row.model,
        &row.label,
        &row.configuration,
        if row.baseline { "true" } else { "false" },
        &seed,
        &run.mask.mask_protocol,
    ])?;
    let id = quoted(&[&m.id])?;
    for metric in &section.metrics {
        let (name, unit) = (metric.name, summary::unit(metric).unwrap_or_default());
        let curve = run.conditions.get(metric.name).into_iter().flatten();
        for (condition, value) in curve {
            let condition = conditions.get(condition).map_or("", String::as_str);
            // Writing to a string cannot fail.
            let _ = match value {
                Ok(value) => writeln!(out, "{head},{condition},{name},{unit},{value},,{id}"),
                Err(reason) => {
                    let reason = quoted(&[reason])?;
                    writeln!(out, "{head},{condition},{name},{unit},,{reason},{id}")
                }
            };
        }
    }
    Ok(())
}

/// Fields as a part of a line of CSV.
fn quoted(fields: &[&str]) -> Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(fields).map_err(render(NAME))?;
    let line = out.into_inner().map_err(|e| render(NAME)(e.into_error()))?;
    Ok(String::from_utf8_lossy(&line)
        .trim_end_matches('\n')
        .to_string())
}
