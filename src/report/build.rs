//! Builds a report in memory: runs -> scores -> sections -> tests, tables and figures -> files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::changed;
use super::contents::SectionContents;
use super::error::{Error, Result};
use super::findings::SectionFindings;
use super::format::{self, Report, latex};
use super::manifest::{self, ReportManifest};
use super::numbering::Numbering;
use super::options::Options;
use super::test_plan::{check_primary, plan};
use super::tidy::summary;
use crate::mask::Condition;
use crate::metric::Metric;
use crate::record::{MaskGrid, RunDir, find_runs};
use crate::report::rows::baseline;
use crate::report::rows::doubtful;
use crate::report::rows::joined::LeftOut;
use crate::report::rows::order;
use crate::report::rows::reference::Reference;
use crate::report::rows::scores::{Basis, ScoredRun, score, score_elsewhere};
use crate::report::rows::section::{Section, Tests};
use crate::report::rows::sort::sections;
use crate::report::stats::compare::compare;
use crate::report::stats::{family, versions};
use crate::report::table::Table;

/// A report in memory.
pub(super) struct Built {
    /// Path within the report and bytes, the manifest last.
    pub files: Vec<(String, Vec<u8>)>,
    /// Ids of runs whose stored scores are not those of their predictions.
    pub wrong_scores: BTreeSet<String>,
    pub overviews: Vec<Table>,
    /// The row of each section that others are tested against.
    pub references: Vec<Reference>,
    /// Conditions at which rows lack numbers that others have.
    pub left_out: Vec<LeftOut>,
    /// Doubts about rows that are shown side by side.
    pub warnings: Vec<String>,
    /// What each section's numbers say.
    pub findings: Vec<SectionFindings>,
    /// Numbers of tables and figures.
    pub tables: usize,
    pub figures: usize,
    pub runs: usize,
    pub unfinished: Vec<RunDir>,
    /// Evaluations of finished runs that were passed over because they have no `DONE`.
    pub incomplete: Vec<PathBuf>,
}

/// The report of all finished runs in `roots`, which its manifest calls `sources`.
pub(super) fn build<P: AsRef<Path>>(
    roots: &[P],
    sources: &[String],
    options: &Options,
    basis: Basis,
) -> Result<Built> {
    let (dirs, unfinished) = find(roots)?;
    let incomplete = dirs.iter().flat_map(RunDir::incomplete_evaluations);
    let incomplete = incomplete.collect();
    let runs = load(&dirs, options, basis)?;
    let wrong = runs.iter().filter(|run| run.scores_differ);
    let wrong_scores = wrong.map(|run| run.manifest.id.clone()).collect();
    let count = runs
        .iter()
        .map(|r| &r.manifest_hash)
        .collect::<BTreeSet<_>>()
        .len();
    let sections = select_metrics(sections(runs)?, options)?;
    check_models(&sections, options)?;
    check_primary(&sections, options)?;
    let sections = show(
        versions::compare(tested(sections, count, options)?)?,
        options,
    );
    check_conditions(&sections, options)?;
    let part = |section| SectionContents::new(section, options);
    let parts: Result<Vec<SectionContents>> = sections.into_par_iter().map(part).collect();
    let parts = parts?;
    let numbering = Numbering::of(&parts);
    let mut files = files(&parts, &numbering, options)?;
    let manifest = ReportManifest::new(sources, options, &parts, &numbering, &files);
    files.push((manifest::NAME.to_string(), manifest.to_json()?));
    let findings = parts.iter().map(|part| SectionFindings {
        title: part.section.title.clone(),
        sentences: part.findings.sentences(),
    });
    let findings = findings.collect();
    let tables = parts.iter().flat_map(SectionContents::tables).count();
    let figures = parts.iter().flat_map(SectionContents::figures).count();
    let references = parts.iter().filter_map(|p| p.section.reference.clone());
    let references = references.collect();
    let left_out = parts.iter().flat_map(|p| {
        let shown = |one: &&LeftOut| p.section.rows.iter().any(|row| row.label == one.row);
        p.section.left_out.iter().filter(shown).cloned()
    });
    let left_out = left_out.collect();
    let warnings = parts.iter().flat_map(|p| doubtful::warnings(&p.section));
    let warnings = warnings.chain(unreadable(&parts)).collect();
    // In parallel: freeing the memory of millions of scores takes time.
    let overviews = parts
        .into_par_iter()
        .filter_map(|p| Some(p.shown.into_iter().next()?.0));
    Ok(Built {
        files,
        wrong_scores,
        overviews: overviews.collect(),
        references,
        left_out,
        warnings,
        findings,
        tables,
        figures,
        runs: count,
        unfinished,
        incomplete,
    })
}

/// What the font of PDF and PNG lacks, in one sentence for all figures.
fn unreadable(parts: &[SectionContents]) -> Option<String> {
    let figures = || parts.iter().flat_map(SectionContents::figures);
    let lacking = figures().flat_map(|figure| figure.lacking.iter().map(char::to_string));
    let lacking: BTreeSet<String> = lacking.collect();
    let first = figures().find(|figure| !figure.lacking.is_empty())?;
    let shown: Vec<&str> = lacking.iter().take(5).map(String::as_str).collect();
    Some(format!(
        "PDF and PNG figures, such as {}, show boxes or question marks for characters that their font lacks ({}{}): SVG and all \
         tables are right; a title in Latin, Greek or Cyrillic letters (--title of `score`) is right everywhere",
        first.path,
        shown.join(" "),
        if lacking.len() > shown.len() {
            " ..."
        } else {
            ""
        }
    ))
}

/// Tests all rows of all sections, whatever is shown of them.
fn tested(sections: Vec<Section>, runs: usize, options: &Options) -> Result<Vec<Section>> {
    let named = |m: &Metric| options.primary.as_deref() == Some(m.name);
    let used = |s: &Section, extra: &Metric| {
        named(extra) || s.metrics.iter().any(|m| m.name == extra.name)
    };
    let uses_extra = |s: &Section| s.protocol.extras.iter().any(|extra| used(s, extra));
    let extras = sections.iter().any(uses_extra);
    let test = |mut section| {
        baseline::add(&mut section)?;
        section.reference =
            Reference::of(&section.title, &section.rows, options.reference.as_deref())?;
        section.tests = tests(&section, runs, extras, options)?;
        Ok(section)
    };
    let sections: Result<Vec<Section>> = sections.into_par_iter().map(test).collect();
    let mut sections = sections?;
    let comparisons = sections
        .iter_mut()
        .filter_map(|section| match &mut section.tests {
            Tests::Done(comparison) => Some(&mut **comparison),
            Tests::Skipped(_) => None,
        });
    family::correct(&mut comparisons.collect::<Vec<_>>());
    Ok(sections)
}

/// Arranges the rows that are asked for, in sections that show some metric of some run.
fn show(mut sections: Vec<Section>, options: &Options) -> Vec<Section> {
    for section in &mut sections {
        section.arrange(&order::shown(section, options));
    }
    sections.retain(|s| !s.metrics.is_empty() && s.own_rows().next().is_some());
    sections
}

/// Tests a section's rows against its reference.
fn tests(section: &Section, runs: usize, extras: bool, options: &Options) -> Result<Tests> {
    let plan = match plan(section, runs, extras, options) {
        Ok(plan) => plan,
        Err(reason) => return Ok(Tests::Skipped(reason)),
    };
    match &section.reference {
        Some(reference) => Ok(Tests::Done(Box::new(compare(
            section,
            reference.row,
            plan,
        )?))),
        None => Ok(Tests::Skipped(
            "Differences were not tested: there is no model but the baseline.".to_string(),
        )),
    }
}

/// Finished and unfinished runs of all roots.
fn find<P: AsRef<Path>>(roots: &[P]) -> Result<(Vec<RunDir>, Vec<RunDir>)> {
    let (mut finished, mut unfinished) = (Vec::new(), Vec::new());
    for root in roots {
        let runs = find_runs(root.as_ref())?;
        let tested = runs.finished.into_iter();
        finished.extend(tested.filter(|dir| !dir.is_untested_trial()));
        unfinished.extend(runs.unfinished);
    }
    if finished.is_empty() && !roots.is_empty() {
        let paths = roots.iter().map(|root| root.as_ref().display().to_string());
        return Err(Error::OnlyTrials {
            paths: paths.collect::<Vec<_>>().join(", "),
        });
    }
    Ok((finished, unfinished))
}

/// Checks and scores all runs, in their order. A run that two roots hold counts once.
fn load(dirs: &[RunDir], options: &Options, basis: Basis) -> Result<Vec<ScoredRun>> {
    let dirs = readable(dirs, options);
    let scored = dirs.into_par_iter().map(|dir| {
        let masks = options.masks.get(&dir.id()).map(Vec::as_slice);
        let sealed = dir.sealed_under(masks)?;
        let unused = if masks.is_none() { sealed.unused } else { 0 };
        let own: Arc<[MaskGrid]> = sealed.manifest.masks.iter().map(MaskGrid::from).collect();
        let mut scored = score(dir, sealed, basis)?;
        for data in elsewhere(dir, masks) {
            let sealed = dir.sealed_on(Some(&data), masks)?;
            scored.extend(score_elsewhere(dir, &own, sealed, basis)?);
        }
        Ok((scored, unused))
    });
    let scored = scored.collect::<Result<Vec<_>>>()?;
    let unused = scored.iter().filter(|(_, unused)| *unused > 0).count();
    if unused > 0 {
        tracing::warn!(
            "{unused} runs were evaluated under some mask seeds at a part of their conditions only: shown are \
             the most conditions that share their mask seeds; run the sweep with all mask seeds and conditions \
             to fill in the others"
        );
    }
    let scored: Vec<_> = scored.into_iter().map(|(run, _)| run).collect();
    Ok(once(scored).into_iter().flatten().collect())
}

/// The directories without copies that lack masks which another copy of the run has.
fn readable<'a>(dirs: &'a [RunDir], options: &Options) -> Vec<&'a RunDir> {
    let mut copies: BTreeMap<String, Vec<&RunDir>> = BTreeMap::new();
    for dir in dirs {
        copies.entry(dir.id()).or_default().push(dir);
    }
    let lacks = |dir: &RunDir| {
        let id = dir.id();
        let masks = options.masks.get(&id).filter(|_| copies[&id].len() > 1);
        masks.is_some_and(|masks| {
            let others = || copies[&id].iter().any(|copy| copy.is_done_under(masks));
            !dir.is_done_under(masks) && others()
        })
    };
    dirs.iter().filter(|dir| !lacks(dir)).collect()
}

/// Runs that several roots hold once: of copies under different evaluations the one with the most passes.
fn once(scored: Vec<Vec<ScoredRun>>) -> Vec<Vec<ScoredRun>> {
    let passes = |run: &Vec<ScoredRun>| -> usize {
        let masks = run.iter().map(|run| &run.mask);
        masks.map(|m| m.seeds.len() * m.conditions.len()).sum()
    };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut all: Vec<Vec<ScoredRun>> = Vec::new();
    for run in scored {
        let Some(first) = run.first() else {
            continue;
        };
        match places.get(&first.manifest_hash) {
            None => {
                places.insert(first.manifest_hash.clone(), all.len());
                all.push(run);
            }
            Some(place) if passes(&all[*place]) < passes(&run) => all[*place] = run,
            Some(_) => {}
        }
    }
    all
}

/// The other data that a run is tested on, by the masks it is read under, or by its evaluations.
fn elsewhere(dir: &RunDir, masks: Option<&[MaskGrid]>) -> BTreeSet<String> {
    match masks {
        Some(masks) => masks
            .iter()
            .filter_map(|grid| grid.tested_on.clone())
            .collect(),
        None => dir.tested_elsewhere(),
    }
}

/// Checks that every model of `--models` is there.
fn check_models(sections: &[Section], options: &Options) -> Result<()> {
    let rows = || sections.iter().flat_map(|section| &section.rows);
    let mut names = options.models.iter();
    match names.find(|name| !rows().any(|row| row.is_named(name))) {
        None => Ok(()),
        Some(name) => Err(Error::UnknownModel {
            name: name.clone(),
            known: Vec::from_iter(rows().map(|row| &*row.model).collect::<BTreeSet<_>>())
                .join(", "),
        }),
    }
}

/// Chooses the metrics named by `--metrics`, none in a section that has none of them. `f1_swapped` selects
/// `f1_swapped_non0` and `f1_swapped_has0`.
fn select_metrics(mut sections: Vec<Section>, options: &Options) -> Result<Vec<Section>> {
    if options.metrics.is_empty() {
        return Ok(sections);
    }
    let all = || sections.iter().flat_map(|s| s.protocol.all());
    let is_known = |name: &String| all().any(|metric| metric.is_named(name));
    if let Some(name) = options.metrics.iter().find(|m| !is_known(m)) {
        let known: BTreeSet<&str> = all().flat_map(|m| [m.name, m.stem()]).collect();
        return Err(Error::UnknownMetric {
            name: name.clone(),
            known: Vec::from_iter(known).join(", "),
        });
    }
    for section in &mut sections {
        let wanted = |m: &&'static Metric| options.metrics.iter().any(|name| m.is_named(name));
        section.metrics = section.protocol.all().filter(wanted).collect();
    }
    Ok(sections)
}

/// Checks that some section has every condition that is asked for.
fn check_conditions(sections: &[Section], options: &Options) -> Result<()> {
    let known: BTreeSet<Condition> = sections
        .iter()
        .flat_map(|s| &s.conditions)
        .copied()
        .collect();
    match options
        .matrix_conditions
        .iter()
        .find(|l| !known.contains(l))
    {
        None => Ok(()),
        Some(condition) => Err(Error::UnknownCondition {
            condition: condition.to_string(),
            known: Vec::from_iter(known.iter().map(Condition::to_string)).join(", "),
        }),
    }
}

/// Everything but the manifest, as (path, bytes).
fn files(
    parts: &[SectionContents],
    numbering: &Numbering,
    options: &Options,
) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = format::export(&Report {
        parts,
        numbering,
        layout: options.layout,
        summary: &summary::frame(parts, numbering, options.layout)?,
    })?;
    files.extend(latex::files(parts));
    for part in parts {
        let changed = part.changed.as_ref();
        let file = changed.map(|changed| changed::file(&part.section, changed));
        files.extend(file.transpose()?);
    }
    for figure in parts.iter().flat_map(SectionContents::figures) {
        let path = |extension: &str| format!("{}.{extension}", figure.path);
        files.push((path("svg"), figure.svg.clone().into_bytes()));
        let others = figure.others.iter();
        files.extend(others.map(|(format, bytes)| (path(format.extension()), bytes.clone())));
    }
    Ok(files)
}
