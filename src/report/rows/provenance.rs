//! Describes where a section's numbers come from: data, masks, training, selection, build.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask;
use crate::metric::fixed;
use crate::record::Manifest;
use crate::record::manifest::{DatasetMetadata, Grade};

use crate::report::rows::config::{BASELINE, join};
use crate::report::rows::doubtful::mask_seeds;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::support::words::span;

/// Printed on top of every report and section with synthetic data.
pub const SYNTHETIC: &str = "Synthetic data: these numbers show that the pipeline works and say nothing about real corpora.";

/// What the data are not, in the first lines of a report: a sentence per property and data set.
pub fn cautions<'a>(sections: impl Iterator<Item = &'a Section>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for section in sections {
        for run in section.trainings() {
            let d = &run.manifest.dataset;
            let of = |text: String| format!("{}: {text}", d.title);
            let other = (d.published == Some(false)).then(|| {
                of(format!(
                    "{} is none of the published files (by SHA-256): compare these results with each other, and with \
                     published tables only where its content is known to be the same.",
                    d.source_name
                ))
            });
            let changed = d.difference.as_ref().map(|difference| {
                of(format!(
                    "{difference}. Results are not comparable with published ones, and none are shown."
                ))
            });
            let note = (!d.note.is_empty()).then(|| of(d.note.clone()));
            for text in [note, changed, other].into_iter().flatten() {
                if !all.contains(&text) {
                    all.push(text);
                }
            }
        }
    }
    all
}

/// Stands for what is unknown of external predictions.
const OUTSIDE: &str = "outside this program";

/// What the reproducibility grades mean.
pub const GRADES: &str = "Reproducibility: grade A is bit-identical anywhere, B bit-identical on the same \
                          CPU build, C within a stated spread; imported predictions have no grade. Tables and figures are grade A given \
                          the stored predictions.";

/// A named property of a section.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fact {
    pub name: &'static str,
    pub lines: Vec<String>,
}

/// Title of a report: the data sets of its sections.
pub fn report_title<'a>(sections: impl Iterator<Item = &'a Section>) -> String {
    let titles = sections.filter_map(|section| {
        let run = section.runs().next()?;
        Some(run.manifest.dataset.title.clone())
    });
    let titles = distinct(titles.collect()).join(", ");
    format!("Robustness to missing data: {titles}")
}

/// Data, masks, build and papers of a section; how each model was trained is a table. Where rows differ, there is
/// a line for every value, with the rows it holds for.
pub fn facts(section: &Section) -> Vec<Fact> {
    let of_run = |name, of: &dyn Fn(&ScoredRun) -> String| Fact {
        name,
        lines: grouped(section, of),
    };
    let by = |name, of: &dyn Fn(&Manifest) -> String| of_run(name, &|run| of(&run.manifest));
    let mut facts = vec![of_run("Data", &|run| match run.folds() {
        [] => data(&run.manifest.dataset),
        folds => pooled_data(&run.manifest, folds),
    })];
    if section.trained_on().is_some() {
        facts.push(by("Trained on", &|m| {
            m.trained_on.as_deref().map_or(String::new(), data)
        }));
    }
    if section
        .runs()
        .any(|run| !run.manifest.dataset.warnings.is_empty())
    {
        facts.push(by("Warnings when the data were prepared", &|m| {
            join(&m.dataset.warnings, "; ")
        }));
    }
    facts.push(by("Warnings when predictions were scored", &doubts));
    if section.runs().any(|run| with_key(&run.manifest).is_some()) {
        facts.push(by("Text encoder", &|m| {
            if m.model.name == BASELINE {
                return String::new();
            }
            with_key(m).unwrap_or_else(|| "no BERT folder".to_string())
        }));
    }
    facts.extend([
        of_run("Masks", &masks),
        by("Reproducibility", &grade),
        of_run("Build", &builds),
        Fact {
            name: "Papers",
            lines: papers(section),
        },
    ]);
    facts.retain(|fact| !fact.lines.is_empty());
    facts
}

/// The distinct values of all rows, each followed by the labels of its rows; without labels where all rows share
/// one. A row whose runs differ has the values of all of them.
fn grouped(section: &Section, of: &dyn Fn(&ScoredRun) -> String) -> Vec<String> {
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    for row in section.own_rows() {
        let each: Vec<String> = row.runs.iter().map(of).collect();
        let value = distinct(each).join(" and ");
        if value.is_empty() {
            continue;
        }
        match values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, rows)) => rows.push(&row.label),
            None => values.push((value, vec![&row.label])),
        }
    }
    if let [(value, _)] = values.as_slice() {
        return vec![value.clone()];
    }
    let each = values.into_iter();
    each.map(|(value, rows)| format!("{value} ({})", rows.join(", ")))
        .collect()
}

/// Each text that is not empty once, in the order of their first places.
fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn data(d: &DatasetMetadata) -> String {
    let kind = if d.synthetic { "synthetic" } else { "real" };
    let [train, valid, test] = d.counts;
    let [low, high] = d.label_range;
    format!(
        "{kind}, {}, {train}/{valid}/{test} samples, {}labels {low} to {high}, metric set {}; source {} \
         (SHA-256 {}), hash of the prepared content {}",
        d.name,
        shapes(d),
        d.protocol,
        d.source_name,
        d.source_sha256,
        d.content_hash
    )
}

/// Steps and features per step, where the record has them.
fn shapes(d: &DatasetMetadata) -> String {
    (d.shapes.as_ref()).map_or_else(String::new, |shapes| format!("{shapes}, "))
}

/// The data of pooled folds: what they share, then each of them.
fn pooled_data(m: &Manifest, folds: &[ScoredRun]) -> String {
    let d = &m.dataset;
    let kind = if d.synthetic { "synthetic" } else { "real" };
    let [low, high] = d.label_range;
    let each = folds.iter().map(|run| {
        let d = &run.manifest.dataset;
        let [train, valid, test] = d.counts;
        format!(
            "fold {}: {train}/{valid}/{test} samples, source {} (SHA-256 {}), content {}",
            d.fold.unwrap_or_default(),
            d.source_name,
            d.source_sha256,
            d.content_hash
        )
    });
    format!(
        "{kind}, {}, {} folds, pooled, {}labels {low} to {high}, metric set {}; {}",
        d.name,
        folds.len(),
        shapes(d),
        d.protocol,
        each.collect::<Vec<_>>().join("; ")
    )
}

fn masks(run: &ScoredRun) -> String {
    let grid = &run.mask;
    let (seeds, conditions) = (join(&grid.seeds, ", "), join(&grid.conditions, ", "));
    let s = if grid.seeds.len() == 1 { "" } else { "s" };
    let what = mask::find(&grid.mask_protocol).map_or("", |protocol| protocol.summary());
    let what = if what.is_empty() {
        String::new()
    } else {
        format!(" ({what})")
    };
    format!(
        "{} v{}{what}, mask seed{s} {seeds}, conditions {conditions}",
        grid.mask_protocol, grid.version
    )
}

/// The text encoder with the hash of its folder; `None` where it has none.
fn with_key(m: &Manifest) -> Option<String> {
    let (words, hash) = (m.training.encoder_words()?, m.training.encoder_hash()?);
    Some(format!("{words}, read from files with blake3 {hash}"))
}

fn grade(m: &Manifest) -> String {
    let grade = m.build.grade;
    let meaning = |grade: Grade| match grade {
        Grade::A => "bit-identical anywhere",
        Grade::B => "bit-identical on the same CPU build",
        Grade::C => "within a stated spread",
    };
    grade.map_or(OUTSIDE.to_string(), |grade| {
        format!("grade {grade}, {}", meaning(grade))
    })
}

/// The builds of all trainings, each once.
fn builds(run: &ScoredRun) -> String {
    let all = run.trainings().map(|run| build(&run.manifest)).collect();
    distinct(all).join(" and ")
}

fn build(m: &Manifest) -> String {
    let b = &m.build;
    let mut parts = vec![format!("lnln-bench {}", b.version)];
    parts.extend(
        b.libtorch
            .as_ref()
            .map(|version| format!("libtorch {version}")),
    );
    parts.extend(b.device.clone());
    parts.extend(b.threads.map(|count| plural(count, "thread")));
    parts.extend(m.external.as_ref().map(|external| {
        format!(
            "external predictions from {} (blake3 {})",
            external.file, external.blake3
        )
    }));
    parts.join(", ")
}

/// What was odd about external predictions, and what was not looked at.
fn doubts(m: &Manifest) -> String {
    let Some(external) = &m.external else {
        return String::new();
    };
    let mut parts = external.doubts.clone();
    if !external.allowed.is_empty() {
        let checks = external.allowed.join(", ");
        parts.push(format!("{}: not checked: {checks}", m.model.title));
    }
    join(&parts, "; ")
}

/// Whether the predictions are external.
pub fn outside(m: &Manifest) -> bool {
    m.external.is_some()
}

/// Minutes of training and evaluation; `None` for external predictions.
pub fn minutes(m: &Manifest) -> Option<f64> {
    (!outside(m)).then_some(m.wall_seconds / 60.0)
}

/// The citations of the models, each once.
fn papers(section: &Section) -> Vec<String> {
    let runs = section.runs();
    let citations = runs.map(|run| run.manifest.model.citation.as_str());
    let all: BTreeSet<&str> = citations.filter(|text| !text.is_empty()).collect();
    all.into_iter().map(String::from).collect()
}

/// What was tested, in a line: data, samples, masks, conditions, seeds.
pub fn tested_on(section: &Section) -> String {
    let Some(run) = section.runs().next() else {
        return String::new();
    };
    let (d, grid) = (&run.manifest.dataset, &run.mask);
    let [train, valid, test] = d.counts;
    let kind = if d.synthetic { ", synthetic" } else { "" };
    let models = section.own_rows().filter(|row| !row.baseline);
    let models: Vec<usize> = models.map(|row| row.runs.len()).collect();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for seeds in &models {
        *counts.entry(*seeds).or_default() += 1;
    }
    let each: Vec<String> = match counts.iter().collect::<Vec<_>>()[..] {
        [(seeds, _)] => vec![format!("{} each", plural(*seeds, "seed"))],
        ref several => several
            .iter()
            .map(|(seeds, count)| format!("{count} with {}", plural(**seeds, "seed")))
            .collect(),
    };
    let seeds = each.join(", ");
    let samples = match (run.folds(), section.trained_on()) {
        ([], Some(other)) => format!("trained on {} and tested on {test} samples", other.title),
        ([], None) => {
            format!("trained on {train}, validated on {valid} and tested on {test} samples")
        }
        (folds, _) => {
            let counts = |split: usize| {
                folds
                    .iter()
                    .map(move |run| run.manifest.dataset.counts[split])
            };
            let tested: usize = counts(2).sum();
            let [train, valid, test] = [0, 1, 2].map(|split| {
                let (least, most) = (counts(split).min(), counts(split).max());
                span(least.unwrap_or_default(), most.unwrap_or_default())
            });
            format!(
                "{} folds of {train} training, {valid} validation and {test} test samples, each of all {tested} tested once,",
                folds.len()
            )
        }
    };
    let what = mask::find(&grid.mask_protocol).map_or("", |protocol| protocol.summary());
    // The first clause; the whole is in the list of data, masks and build.
    let what = match what.split([';', ':']).next() {
        Some(first) if !first.is_empty() => format!(" ({first})"),
        _ => String::new(),
    };
    format!(
        "{} ({seeds}), {samples} of {}{kind}; masks {} v{}{what}, {}, {}.",
        plural(models.len(), "model"),
        d.title,
        grid.mask_protocol,
        grid.version,
        count_of_mask_seeds(section, grid.seeds.len()),
        plural(section.conditions.len(), "condition"),
    )
}

/// `2 mask seeds`; where models have different ones, how many each and all have. `usual` is the number without
/// models.
fn count_of_mask_seeds(section: &Section, usual: usize) -> String {
    let models = section.own_rows().filter(|row| !row.baseline);
    let seeds: BTreeSet<&[u64]> = models.map(mask_seeds).collect();
    if seeds.len() < 2 {
        let count = seeds.first().map_or(usual, |seeds| seeds.len());
        return plural(count, "mask seed");
    }
    let counts = || seeds.iter().map(|seeds| seeds.len());
    let (least, most) = (counts().min(), counts().max());
    let s = if most == Some(1) { "" } else { "s" };
    let all: BTreeSet<u64> = seeds
        .iter()
        .flat_map(|seeds| seeds.iter().copied())
        .collect();
    format!(
        "{} mask seed{s} for each model, {} different ones in all",
        span(least.unwrap_or_default(), most.unwrap_or_default()),
        all.len()
    )
}

/// A count with its noun, `1 seed`, `2 seeds`.
pub fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// Headers of [`runs`].
pub const RUN_COLUMNS: [&str; 6] = [
    "run",
    "model",
    "seed",
    "selected epoch",
    "minutes",
    "predictions (blake3)",
];

/// One row per run: id, model, seed, selected epoch, wall time, and what its scores come from.
pub fn runs(section: &Section) -> Vec<[String; 6]> {
    let rows = section
        .own_rows()
        .flat_map(|row| row.trainings().map(move |run| (row, run)));
    let show = |(row, run): (&ModelRow, &ScoredRun)| {
        let m = &run.manifest;
        [
            m.id.clone(),
            m.dataset.fold.map_or_else(
                || row.label.clone(),
                |fold| format!("{}, fold {fold}", row.label),
            ),
            m.seed.to_string(),
            if outside(m) {
                OUTSIDE.to_string()
            } else {
                m.selection.epoch.to_string()
            },
            minutes(m).map_or(OUTSIDE.to_string(), |minutes| fixed(minutes, 1)),
            run.predictions_hash(),
        ]
    };
    rows.map(show).collect()
}
