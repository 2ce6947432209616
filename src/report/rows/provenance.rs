//! Describes where a section's numbers come from: data, masks, training, selection, build.

use crate::metric::fixed;
use crate::record::manifest::DatasetMetadata;
use crate::record::selection::SelectionMetadata;
use crate::record::{Manifest, SelectionRule};

use crate::report::rows::config::BASELINE;
use crate::report::rows::config::{TrainingNoise, join, or_external};
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::{ModelRow, Section};

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
                    "{} is not a published file (by its SHA-256).",
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
pub const GRADES: &str = "Grades: A bit-identical anywhere; B bit-identical on the same CPU \
                          build; C within a stated spread. Tables and figures are grade A given \
                          the stored predictions.";

/// A named property of a section.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fact {
    pub name: &'static str,
    pub text: String,
}

/// Data, masks, training, selection and build of a section. Where rows differ, every value is
/// followed by the rows it holds for.
pub fn facts(section: &Section) -> Vec<Fact> {
    let of_run = |name, of: &dyn Fn(&ScoredRun) -> String| Fact {
        name,
        text: grouped(section, of),
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
        facts.push(by("Warnings of prepare", &|m| {
            join(&m.dataset.warnings, "; ")
        }));
    }
    facts.extend([
        of_run("Masks", &masks),
        of_run("Training noise", &|run| or_external(TrainingNoise::of(run))),
        by("Text encoder", &|m| {
            or_external(m.training.encoder.as_ref())
        }),
        by("Training", &training),
        of_run("Selection", &selection),
        by("Reproducibility", &grade),
        of_run("Build", &builds),
        Fact {
            name: "Models",
            text: models(section),
        },
    ]);
    facts
}

/// The distinct values with the labels of their rows; without labels where all rows share one.
fn grouped(section: &Section, of: &dyn Fn(&ScoredRun) -> String) -> String {
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    for (row, run) in section
        .own_rows()
        .flat_map(|row| row.runs.iter().map(move |run| (row, run)))
    {
        let value = of(run);
        let index = values
            .iter()
            .position(|(v, _)| *v == value)
            .unwrap_or_else(|| {
                values.push((value, Vec::new()));
                values.len() - 1
            });
        if values[index].1.last() != Some(&&*row.label) {
            values[index].1.push(&row.label);
        }
    }
    match values.as_slice() {
        [(value, _)] => value.clone(),
        _ => {
            let each = values
                .iter()
                .map(|(v, rows)| format!("{v} ({})", rows.join(", ")));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

fn data(d: &DatasetMetadata) -> String {
    let kind = if d.synthetic { "synthetic" } else { "real" };
    let [train, valid, test] = d.counts;
    let [low, high] = d.label_range;
    format!(
        "{kind}, {}, {train}/{valid}/{test} samples, labels {low} to {high}, metrics {}; source {} \
         (SHA-256 {}), content {}",
        d.name, d.protocol, d.source_name, d.source_sha256, d.content_hash
    )
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
        "{kind}, {}, {} folds, pooled, labels {low} to {high}, metrics {}; {}",
        d.name,
        folds.len(),
        d.protocol,
        each.collect::<Vec<_>>().join("; ")
    )
}

fn masks(run: &ScoredRun) -> String {
    let mask = &run.mask;
    let (seeds, conditions) = (join(&mask.seeds, ", "), join(&mask.conditions, ", "));
    format!(
        "{} v{}, seeds {seeds}, rates {conditions}",
        mask.mask_protocol, mask.version
    )
}

fn grade(m: &Manifest) -> String {
    let grade = m.build.grade;
    grade.map_or(OUTSIDE.to_string(), |grade| format!("grade {grade}"))
}

fn training(m: &Manifest) -> String {
    let t = &m.training;
    if outside(m) {
        return OUTSIDE.to_string();
    }
    if t.epochs == 0 || m.model.name == BASELINE {
        return "none".to_string();
    }
    let options = t.trainer_options.to_string();
    let comma = if options.is_empty() { "" } else { ", " };
    format!(
        "{} epochs, batch size {}, learning rate {}, weight decay {}{comma}{options}",
        t.epochs, t.batch_size, t.learning_rate, t.weight_decay
    )
}

fn selection(run: &ScoredRun) -> String {
    let s = &run.manifest.selection;
    let own = |part: &ScoredRun| part.manifest.selection.conditions == part.mask.conditions;
    let rates = match run.parts() {
        parts if !parts.is_empty() && parts.iter().all(own) => "the tested rate".to_string(),
        _ => format!("rates {}", join(&s.conditions, ", ")),
    };
    let all = run.manifest.selections();
    let all: Vec<String> = all.map(|one| described(one, &rates)).collect();
    all.join("; also evaluated: ")
}

/// A selection over these rates.
fn described(s: &SelectionMetadata, rates: &str) -> String {
    let metric = s.metric.as_deref().unwrap_or("each metric");
    match s.rule {
        Some(SelectionRule::Paper) => {
            format!("best test epoch by {metric} at {rates}, as in the paper")
        }
        Some(SelectionRule::Last) => "last epoch".to_string(),
        Some(SelectionRule::Validation) => format!("validation by {metric} at {rates}"),
        None => OUTSIDE.to_string(),
    }
}

/// The builds of all trainings, each once.
fn builds(run: &ScoredRun) -> String {
    let mut all: Vec<String> = run.trainings().map(|run| build(&run.manifest)).collect();
    all.dedup();
    all.join(", ")
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
    parts.extend(b.threads.map(|count| format!("{count} threads")));
    parts.extend(m.external.as_ref().map(|external| {
        format!(
            "external predictions from {} (blake3 {})",
            external.file, external.blake3
        )
    }));
    parts.join(", ")
}

/// Whether the predictions are external.
pub fn outside(m: &Manifest) -> bool {
    m.external.is_some()
}

/// Minutes of training and evaluation; `None` for external predictions.
pub fn minutes(m: &Manifest) -> Option<f64> {
    (!outside(m)).then_some(m.wall_seconds / 60.0)
}

fn models(section: &Section) -> String {
    let each = section.own_rows().filter_map(|row| {
        let model = &row.runs.first()?.manifest.model;
        let citation = if model.citation.is_empty() {
            String::new()
        } else {
            format!("; {}", model.citation)
        };
        let parameters = match model.parameters {
            Some(count) => format!("{count} parameters"),
            None => "number of parameters not stated".to_string(),
        };
        Some(format!("{} ({parameters}{citation})", row.label))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Headers of [`runs`].
pub const RUN_COLUMNS: [&str; 6] = [
    "run",
    "model",
    "seed",
    "epoch",
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
