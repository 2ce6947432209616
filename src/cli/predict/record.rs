//! What `predict --json` prints, and its scores as a table.

use std::collections::BTreeMap;
use std::path::Path;

use lnln_bench::data::dataset::Modality;
use lnln_bench::data::dataset::new_samples::Lost;
use lnln_bench::metric::{self, Protocol};
use lnln_bench::record::new_predictions::{NewPredictions, Pass};
use lnln_bench::record::{Group, Manifest};
use lnln_bench::sweep::predict_new::Outcome;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::output;

/// What `predict --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct PredictRecord<'a> {
    run: &'a str,
    model: &'a str,
    seed: u64,
    /// Data set of the training.
    dataset: &'a str,
    /// Smallest and largest label of the training's data set: predictions are on this scale, not clipped.
    label_range: [f32; 2],
    /// Text encoder of the run; a folder by the hash of its weights.
    encoder: Option<&'a str>,
    /// The new file; null for the run's own data.
    input: Option<&'a Path>,
    /// Kind of that file.
    source: Option<&'a str>,
    /// Name of the split in the file.
    split: &'a str,
    samples: usize,
    /// What is lost in the file, by modality; null for the run's own data.
    missing: Option<BTreeMap<Modality, &'a Lost>>,
    /// What was assumed about the file, and how missing parts were taken.
    assumed: &'a [String],
    /// What is dubious.
    warnings: &'a [String],
    conditions: Vec<ConditionRecord>,
    /// The file that has the predictions; they are below where there is none.
    out: Option<&'a Path>,
    /// A row per sample and condition; null where they are in `out`.
    predictions: Option<Vec<Row>>,
    #[serde(skip)]
    protocol: &'static Protocol,
}

/// The masks of one condition, and the scores under them.
#[derive(Serialize, JsonSchema)]
struct ConditionRecord {
    mask_protocol: String,
    mask_seed: u64,
    condition: String,
    /// Samples with a label.
    labelled: usize,
    /// By metric: a fraction, or in label units; null where it is undefined. Without labels there are none.
    scores: BTreeMap<&'static str, Option<f64>>,
}

/// One prediction.
#[derive(Serialize, JsonSchema)]
struct Row {
    id: String,
    prediction: f32,
    /// Null without a label.
    truth: Option<f32>,
    mask_protocol: String,
    mask_seed: u64,
    condition: String,
}

impl<'a> PredictRecord<'a> {
    /// Of a new file.
    pub fn new(outcome: &'a Outcome, input: &'a Path) -> anyhow::Result<Self> {
        let of = |modality: Modality| (modality, &outcome.lost[modality as usize]);
        let mut record = Self::of(&outcome.manifest, &outcome.split, &outcome.predictions)?;
        record.input = Some(input);
        record.source = Some(outcome.kind);
        record.missing = Some(Modality::ALL.map(of).into_iter().collect());
        record.assumed = &outcome.assumed;
        record.warnings = &outcome.warnings;
        Ok(record)
    }

    /// Of a split of the run's own data.
    pub fn stored(
        manifest: &'a Manifest,
        split: &'a str,
        groups: &[Group],
    ) -> anyhow::Result<Self> {
        let first = groups.first();
        let pass = |group: &Group| Pass {
            mask_protocol: group.key.mask_protocol.clone(),
            mask_seed: group.key.mask_seed,
            condition: group.key.condition,
            prediction: group.prediction.clone(),
        };
        let predictions = NewPredictions {
            ids: first.map(|group| group.ids.clone()).unwrap_or_default(),
            truth: first.map(|group| group.truth.iter().copied().map(Some).collect()),
            passes: groups.iter().map(pass).collect(),
            with_masks: true,
        };
        Self::of(manifest, split, &predictions)
    }

    fn of(
        manifest: &'a Manifest,
        split: &'a str,
        predictions: &NewPredictions,
    ) -> anyhow::Result<Self> {
        let protocol = metric::protocol(&manifest.dataset.protocol)?;
        let truth = predictions.truth.as_deref();
        let passes = predictions.passes.iter();
        Ok(Self {
            run: &manifest.id,
            model: &manifest.model.name,
            seed: manifest.seed,
            dataset: &manifest.dataset.name,
            label_range: manifest.dataset.label_range,
            encoder: manifest.training.encoder.as_deref(),
            input: None,
            source: None,
            split,
            samples: predictions.ids.len(),
            missing: None,
            assumed: &[],
            warnings: &[],
            conditions: passes
                .clone()
                .map(|pass| condition(predictions, protocol, pass))
                .collect(),
            out: None,
            predictions: Some(
                passes
                    .flat_map(|pass| rows(predictions, truth, pass))
                    .collect(),
            ),
            protocol,
        })
    }

    /// With the predictions in a file, if there is one.
    pub fn with_out(mut self, out: Option<&'a Path>) -> Self {
        if out.is_some() {
            self.out = out;
            self.predictions = None;
        }
        self
    }

    /// Scores, a line per condition; `None` without labels.
    pub fn score_table(&self) -> Option<String> {
        if self.conditions.iter().all(|one| one.scores.is_empty()) {
            return None;
        }
        let metrics = self.protocol.metrics;
        let mut table = output::table();
        let names = metrics.iter().map(|metric| metric.title);
        table.set_header(["masks", "condition"].into_iter().chain(names));
        for one in &self.conditions {
            let score =
                |metric: &metric::Metric| match one.scores.get(metric.name).copied().flatten() {
                    Some(value) => metric.display(value),
                    None => "undefined".to_owned(),
                };
            let scores = metrics.iter().map(score);
            let masks = [one.mask_protocol.clone(), one.condition.clone()];
            table.add_row(masks.into_iter().chain(scores));
        }
        Some(table.to_string())
    }
}

fn condition(
    predictions: &NewPredictions,
    protocol: &'static Protocol,
    pass: &Pass,
) -> ConditionRecord {
    let truth = predictions.truth.iter().flatten();
    let scores = predictions.scores(protocol, pass).unwrap_or_default();
    let scores = scores.into_iter().map(|(name, score)| (name, score.ok()));
    ConditionRecord {
        mask_protocol: pass.mask_protocol.clone(),
        mask_seed: pass.mask_seed,
        condition: pass.condition.to_string(),
        labelled: truth.flatten().count(),
        scores: scores.collect(),
    }
}

fn rows<'p>(
    predictions: &'p NewPredictions,
    truth: Option<&'p [Option<f32>]>,
    pass: &'p Pass,
) -> impl Iterator<Item = Row> + 'p {
    let each = predictions.ids.iter().zip(&pass.prediction).enumerate();
    each.map(move |(row, (id, prediction))| Row {
        id: id.clone(),
        prediction: *prediction,
        truth: truth.and_then(|truth| truth[row]),
        mask_protocol: pass.mask_protocol.clone(),
        mask_seed: pass.mask_seed,
        condition: pass.condition.to_string(),
    })
}
