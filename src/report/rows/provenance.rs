//! Where a section's numbers come from, in words.

use crate::metric::fixed;
use crate::record::{EXTERNAL, Manifest, PAPER};

use crate::report::rows::config::join;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::{ModelRow, Section};

/// Printed on top of every report and section that holds made-up data.
pub const SYNTHETIC: &str = "Synthetic data: these numbers show that the pipeline works and say nothing about real corpora.";

/// What a manifest says of predictions that were made elsewhere.
const OUTSIDE: &str = "outside this program";

/// What the reproducibility grades mean.
pub const GRADES: &str = "Grades: A bit-identical anywhere; B bit-identical on the same CPU \
                          build; C within a stated spread. Tables and figures are grade A given \
                          the stored predictions.";

/// A named fact about a section.
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
    vec![
        by("Data", &data),
        of_run("Masks", &masks),
        by("Training noise", &|m| m.training.noise.clone()),
        by("Text encoder", &|m| m.training.encoder.clone()),
        by("Training", &training),
        of_run("Selection", &selection),
        by("Reproducibility", &|m| format!("grade {}", m.build.grade)),
        of_run("Build", &builds),
        Fact {
            name: "Models",
            text: models(section),
        },
    ]
}

/// The distinct values with the labels of their rows; a value that all rows share stands alone.
fn grouped(section: &Section, of: &dyn Fn(&ScoredRun) -> String) -> String {
    let mut values: Vec<(String, Vec<&str>)> = Vec::new();
    for (row, run) in section
        .own_rows()
        .flat_map(|row| row.runs.iter().map(move |run| (row, run)))
    {
        let value = of(run);
        let place = values
            .iter()
            .position(|(v, _)| *v == value)
            .unwrap_or_else(|| {
                values.push((value, Vec::new()));
                values.len() - 1
            });
        if values[place].1.last() != Some(&&*row.label) {
            values[place].1.push(&row.label);
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

fn data(m: &Manifest) -> String {
    let d = &m.dataset;
    let kind = if d.synthetic { "synthetic" } else { "real" };
    let [train, valid, test] = d.counts;
    let [low, high] = d.label_range;
    format!(
        "{kind}, {}, {train}/{valid}/{test} samples, labels {low} to {high}, metrics {}; source {} \
         (SHA-256 {}), content {}",
        d.name, d.protocol, d.source_name, d.source_sha256, d.content_hash
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

fn training(m: &Manifest) -> String {
    let t = &m.training;
    match t.epochs {
        0 if t.noise == EXTERNAL => OUTSIDE.to_string(),
        0 => "none".to_string(),
        epochs => {
            let trainer_options = match t.trainer_options.as_str() {
                "" => String::new(),
                trainer_options => format!(", {trainer_options}"),
            };
            format!(
                "{epochs} epochs, batch size {}, learning rate {}, weight decay {}{trainer_options}",
                t.batch_size, t.learning_rate, t.weight_decay
            )
        }
    }
}

fn selection(run: &ScoredRun) -> String {
    let s = &run.manifest.selection;
    let own = |part: &ScoredRun| part.manifest.selection.conditions == part.mask.conditions;
    let rates = match run.parts() {
        parts if !parts.is_empty() && parts.iter().all(own) => "the tested rate".to_string(),
        _ => format!("rates {}", join(&s.conditions, ", ")),
    };
    match s.rule.as_str() {
        PAPER => format!(
            "best test epoch by {} at {rates}, as in the paper",
            s.metric
        ),
        "last" => "last epoch".to_string(),
        EXTERNAL => OUTSIDE.to_string(),
        rule => format!("{rule} by {} at {rates}", s.metric),
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
    format!(
        "lnln-bench {}, libtorch {}, {}, {} threads",
        b.version, b.libtorch, b.device, b.threads
    )
}

/// Whether the predictions were made by another program.
pub fn outside(m: &Manifest) -> bool {
    m.training.noise == EXTERNAL
}

/// Trainable scalars; `None` where nobody stated them.
pub fn parameters(m: &Manifest) -> Option<u64> {
    let known = !outside(m) || m.model.parameters > 0;
    known.then_some(m.model.parameters)
}

/// Minutes of training and evaluation; `None` where that was not here.
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
        let parameters = match parameters(&row.runs.first()?.manifest) {
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
            row.label.clone(),
            m.seed.to_string(),
            if outside(m) {
                OUTSIDE.to_string()
            } else {
                m.selection.epoch.to_string()
            },
            minutes(m).map_or(OUTSIDE.to_string(), |minutes| fixed(minutes, 1)),
            run.predictions_hash.clone(),
        ]
    };
    rows.map(show).collect()
}
