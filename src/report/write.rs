//! From folders of runs to a report folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::record::error::io;
use crate::record::{RunDir, find_runs};
use crate::support::fs::{is_temporary, write_all_atomic};

use super::cite;
use super::effort::effort;
use super::error::{Error, Result};
use super::format::{csv, html, latex};
use super::manifest::{self, ReportManifest};
use super::numbering::Numbering;
use super::options::{Layout, Options};
use super::place;
use crate::mask::Condition;
use crate::metric::Metric;
use crate::published::sources;
use crate::report::format::page::{self, Part};
use crate::report::rows::baseline;
use crate::report::rows::scores::{Basis, ScoredRun, score};
use crate::report::rows::section::{BASELINE, Section, Tests, sections};
use crate::report::stats::compare::compare;
use crate::report::table::Table;

/// A report on disk.
#[derive(Clone, Debug)]
pub struct Written {
    pub dir: PathBuf,
    /// Paths within `dir`, in the order they were written.
    pub files: Vec<String>,
    /// The overview table of each section.
    pub overviews: Vec<Table>,
    /// Ids of the other tables.
    pub others: Vec<String>,
    /// Runs the report rests on.
    pub runs: usize,
    /// Runs that were passed over because they have no `DONE`.
    pub unfinished: Vec<RunDir>,
}

/// Writes the report of all finished runs in `roots` (folders of runs, or single runs) to `out`:
/// `report.md`, `tables.tex`, `tables.csv`, `scores.csv`, `summary.csv`, `index.html`,
/// `citations.bib`, `figures/*.svg` and `.png`, and last `manifest.json`. The same runs give the same
/// bytes. Figures of an earlier report in `out` that this one lacks are removed.
///
/// # Errors
/// If a run cannot be trusted or two runs fill one place ([`Error`] says which), or `out` holds
/// something else. Nothing is written before all runs are read.
pub fn write_report<P: AsRef<Path>>(roots: &[P], out: &Path, options: &Options) -> Result<Written> {
    let earlier = earlier(out)?;
    let sources: Vec<String> = roots
        .iter()
        .map(|r| place::relative(r.as_ref(), out))
        .collect();
    let built = build(roots, &sources, options, Basis::Stored)?;
    save(out, &built.files, earlier.as_ref())?;
    Ok(Written {
        dir: out.to_path_buf(),
        files: built.files.into_iter().map(|(path, _)| path).collect(),
        overviews: built.overviews,
        others: built.others,
        runs: built.runs,
        unfinished: built.unfinished,
    })
}

/// A report in memory.
pub(super) struct Built {
    /// Path within the report and bytes, the manifest last.
    pub files: Vec<(String, Vec<u8>)>,
    /// Ids of runs whose stored scores are not those of their predictions.
    pub wrong_scores: BTreeSet<String>,
    overviews: Vec<Table>,
    others: Vec<String>,
    runs: usize,
    unfinished: Vec<RunDir>,
}

/// The report of all finished runs in `roots`, which its manifest calls `sources`.
pub(super) fn build<P: AsRef<Path>>(
    roots: &[P],
    sources: &[String],
    options: &Options,
    basis: Basis,
) -> Result<Built> {
    let (dirs, unfinished) = find(roots)?;
    let runs = load(&dirs, basis)?;
    let wrong = runs.iter().filter(|run| run.scores_differ);
    let wrong_scores = wrong.map(|run| run.manifest.id.clone()).collect();
    let count = runs
        .iter()
        .map(|r| &r.manifest_hash)
        .collect::<BTreeSet<_>>()
        .len();
    let sections = select_metrics(sections(select_models(runs, options)?)?, options)?;
    check_conditions(&sections, options)?;
    let part = |mut section| {
        baseline::add(&mut section)?;
        section.tests = tests(&section, count, options)?;
        Part::new(section, options)
    };
    let parts: Result<Vec<Part>> = sections.into_par_iter().map(part).collect();
    let parts = parts?;
    let numbering = Numbering::of(&parts);
    let mut files = files(&parts, &numbering, options)?;
    let manifest = ReportManifest::new(sources, options, &parts, &numbering, &files);
    files.push((manifest::NAME.to_string(), manifest.to_json()?));
    let others = parts.iter().flat_map(|p| p.tables().skip(1));
    let others = others.map(|table| table.id.clone()).collect();
    // Side by side: to free what millions of scores took is work as well.
    let overviews = parts
        .into_par_iter()
        .filter_map(|p| Some(p.shown.into_iter().next()?.0));
    Ok(Built {
        files,
        wrong_scores,
        overviews: overviews.collect(),
        others,
        runs: count,
        unfinished,
    })
}

/// Resamples a section's rows against its reference.
fn tests(section: &Section, runs: usize, options: &Options) -> Result<Tests> {
    let effort = match effort(section, runs, options) {
        Ok(effort) => effort,
        Err(reason) => return Ok(Tests::Left(reason)),
    };
    let alone = "Differences were not tested: there is no model but the baseline.";
    match reference(section, options)? {
        Some(place) => Ok(Tests::Done(Box::new(compare(section, place, effort)?))),
        None => Ok(Tests::Left(alone.to_string())),
    }
}

/// The row that others are tested against.
fn reference(section: &Section, options: &Options) -> Result<Option<usize>> {
    let models = || section.rows.iter().enumerate().filter(|(_, r)| !r.baseline);
    let named = |name: &str| {
        let found = models().find(|(_, r)| r.model == name || r.label == name);
        found.map(|(place, _)| place)
    };
    match &options.reference {
        Some(name) => {
            let known: Vec<&str> = models().map(|(_, r)| r.model.as_str()).collect();
            let unknown = || Error::UnknownReference {
                name: name.clone(),
                known: known.join(", "),
            };
            named(name).map(Some).ok_or_else(unknown)
        }
        None => Ok(named("lnln").or_else(|| models().next().map(|(place, _)| place))),
    }
}

/// Finished and unfinished runs of all roots.
fn find<P: AsRef<Path>>(roots: &[P]) -> Result<(Vec<RunDir>, Vec<RunDir>)> {
    let (mut finished, mut unfinished) = (Vec::new(), Vec::new());
    for root in roots {
        let runs = find_runs(root.as_ref())?;
        finished.extend(runs.finished);
        unfinished.extend(runs.unfinished);
    }
    Ok((finished, unfinished))
}

/// Checks and scores all runs, in their order. A run that two roots hold counts once.
fn load(dirs: &[RunDir], basis: Basis) -> Result<Vec<ScoredRun>> {
    let scored = dirs.par_iter().map(|dir| score(dir, dir.sealed()?, basis));
    let (mut runs, mut seen) = (Vec::new(), BTreeSet::new());
    for run in scored.collect::<Result<Vec<_>>>()? {
        let hashes = |r: &ScoredRun| (r.manifest_hash.clone(), r.predictions_hash.clone());
        if run.first().is_some_and(|first| seen.insert(hashes(first))) {
            runs.extend(run);
        }
    }
    Ok(runs)
}

fn select_models(mut runs: Vec<ScoredRun>, options: &Options) -> Result<Vec<ScoredRun>> {
    let known: BTreeSet<_> = runs.iter().map(|r| r.manifest.model.name.clone()).collect();
    if let Some(name) = options.models.iter().find(|m| !known.contains(*m)) {
        return Err(Error::UnknownModel {
            name: name.clone(),
            known: Vec::from_iter(known).join(", "),
        });
    }
    let wanted = |name: &String| options.models.is_empty() || options.models.contains(name);
    runs.retain(|r| r.manifest.model.name == BASELINE || wanted(&r.manifest.model.name));
    Ok(runs)
}

/// Sections that are left without a metric are left out. `f1_swapped` stands for `f1_swapped_non0` and
/// `f1_swapped_has0`.
fn select_metrics(mut sections: Vec<Section>, options: &Options) -> Result<Vec<Section>> {
    if options.metrics.is_empty() {
        return Ok(sections);
    }
    let known: BTreeSet<_> = sections
        .iter()
        .flat_map(|s| s.protocol.all().map(|m| m.name.to_string()))
        .collect();
    let stems = || {
        sections
            .iter()
            .flat_map(|s| s.protocol.all().map(|m| m.stem()))
    };
    let is_known = |name: &String| known.contains(name) || stems().any(|stem| stem == name);
    if let Some(name) = options.metrics.iter().find(|m| !is_known(m)) {
        return Err(Error::UnknownMetric {
            name: name.clone(),
            known: Vec::from_iter(known).join(", "),
        });
    }
    for section in &mut sections {
        let asked = |m: &Metric, name: &String| name == m.name || name == m.stem();
        let wanted = |m: &&'static Metric| options.metrics.iter().any(|name| asked(m, name));
        section.metrics = section.protocol.all().filter(wanted).collect();
    }
    sections.retain(|s| !s.metrics.is_empty());
    Ok(sections)
}

/// Whether every condition that is asked for is one of some section.
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
        Some(condition) => Err(Error::UnknownLevel {
            condition: condition.to_string(),
            known: Vec::from_iter(known.iter().map(Condition::to_string)).join(", "),
        }),
    }
}

/// Bytes of one file.
type Render<'a> = Box<dyn Fn() -> Result<Vec<u8>> + Sync + 'a>;

/// Everything but the manifest, as (path, bytes).
fn files(
    parts: &[Part],
    numbering: &Numbering,
    options: &Options,
) -> Result<Vec<(String, Vec<u8>)>> {
    let published: Vec<String> = match options.layout {
        Layout::Paper => sources().iter().map(|s| s.bibtex.clone()).collect(),
        Layout::Full => Vec::new(),
    };
    let sections: Vec<&Section> = parts.iter().map(|p| &p.section).collect();
    let tables = || parts.iter().flat_map(Part::tables);
    let citations = || cite::bibliography(sections.iter().copied(), &published);
    let texts: [(&str, Render<'_>); 7] = [
        ("report.md", Box::new(|| Ok(page::markdown(parts).into()))),
        (
            "tables.tex",
            Box::new(|| Ok(latex::tables(tables()).into())),
        ),
        ("scores.csv", Box::new(|| csv::scores(&sections))),
        (
            "summary.csv",
            Box::new(|| csv::summary(&sections, numbering)),
        ),
        ("tables.csv", Box::new(|| csv::tables(tables(), numbering))),
        ("citations.bib", Box::new(|| Ok(citations().into()))),
        (
            "index.html",
            Box::new(|| Ok(html::page(parts, numbering)?.into())),
        ),
    ];
    let file = |(path, render): &(&str, Render<'_>)| Ok((path.to_string(), render()?));
    let mut files = texts.par_iter().map(file).collect::<Result<Vec<_>>>()?;
    for figure in parts.iter().flat_map(Part::figures) {
        let svg = figure.svg.clone().into_bytes();
        files.push((format!("{}.svg", figure.path), svg));
        files.push((format!("{}.png", figure.path), figure.png.clone()));
    }
    Ok(files)
}

/// The files of the report that `out` holds already, if any.
fn earlier(out: &Path) -> Result<Option<Vec<String>>> {
    let path = out.to_path_buf();
    if out.exists() && !out.is_dir() {
        return Err(Error::InTheWay { path });
    }
    if let Ok(json) = fs::read(out.join(manifest::NAME)) {
        let paths = ReportManifest::paths(&json);
        return paths.map(Some).ok_or(Error::InTheWay { path });
    }
    // A report that was interrupted has no manifest yet; its files may be overwritten.
    let ours = |name: &str| FILES.contains(&name) || is_temporary(name);
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    if entries
        .into_iter()
        .all(|e| ours(&e.file_name().to_string_lossy()))
    {
        Ok(None)
    } else {
        Err(Error::InTheWay { path })
    }
}

/// What a report folder holds beside the manifest.
const FILES: [&str; 8] = [
    "citations.bib",
    "report.md",
    "tables.tex",
    "tables.csv",
    "scores.csv",
    "summary.csv",
    "index.html",
    "figures",
];

fn save(out: &Path, files: &[(String, Vec<u8>)], earlier: Option<&Vec<String>>) -> Result<()> {
    let figures = out.join("figures");
    fs::create_dir_all(&figures).map_err(io("create", &figures))?;
    let places: Vec<(PathBuf, &[u8])> = files
        .iter()
        .map(|(path, bytes)| (out.join(path), &bytes[..]))
        .collect();
    // The manifest vouches for the others, so it comes when they are there.
    let (others, manifest) = places.split_at(places.len().saturating_sub(1));
    write_all_atomic(others)?;
    write_all_atomic(manifest)?;
    let kept = |path: &String| files.iter().any(|(p, _)| p == path);
    // Only names of the form that this room writes: the manifest may have been edited.
    let figure = |path: &String| {
        let name = path
            .strip_prefix("figures/")
            .and_then(|p| p.strip_suffix(".svg").or(p.strip_suffix(".png")));
        name.is_some_and(|n| crate::report::rows::section::slug(n) == n)
    };
    let old = earlier.into_iter().flatten();
    for path in old.filter(|p| figure(p) && !kept(p)) {
        let path = out.join(path);
        if path.exists() {
            fs::remove_file(&path).map_err(io("remove", &path))?;
        }
    }
    Ok(())
}
