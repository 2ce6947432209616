//! The registries as `list` prints them: data sets, models, mask protocols, metrics and audit rules.

use std::path::Path;

use lnln_bench::data::dataset::{self, Corpus, DatasetName, Spec, file_name};
use lnln_bench::mask::{self, MaskProtocol};
use lnln_bench::metric::{self, Direction, Metric, Protocol};
use lnln_bench::published::audit::{self, Rule};
use schemars::JsonSchema;
use serde::Serialize;

use super::output;

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub enum What {
    Datasets,
    Models,
    Masks,
    Metrics,
    Rules,
    Runs,
}

/// What `list --json` prints; a registry that is not asked for is left out.
#[derive(Serialize, JsonSchema)]
pub struct Registries {
    #[serde(skip_serializing_if = "Option::is_none")]
    datasets: Option<Vec<DatasetRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<ModelRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    masks: Option<Vec<MaskRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Vec<MetricRecord>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<RuleRecord>>,
}

#[derive(Serialize, JsonSchema)]
struct DatasetRecord {
    name: String,
    title: String,
    language: String,
    /// Smallest and largest label.
    label_range: [f32; 2],
    /// Name of the metrics' protocol.
    protocol: String,
    synthetic: bool,
    /// Where its table is: `built in` or a file.
    table: String,
    /// What is prepared of it in the folder of `--data`: itself, versions, folds.
    prepared: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct ModelRecord {
    /// With the variant, if it is one: `lnln:no-rec`.
    name: String,
    summary: &'static str,
    /// Of the paper; empty for variants.
    citation: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct MaskRecord {
    name: &'static str,
    version: u32,
    /// Kinds of conditions that it takes, as text.
    conditions: String,
    definition: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct MetricRecord {
    protocol: &'static str,
    name: &'static str,
    title: &'static str,
    /// `higher` or `lower`.
    better: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct RuleRecord {
    name: &'static str,
    definition: &'static str,
    strength: &'static str,
}

impl Registries {
    /// All of them, or one; data sets with what is prepared in the folder `data`.
    pub fn of(what: Option<What>, data: &Path) -> Self {
        let is_asked = |one: What| what.is_none_or(|what| what == one);
        Self {
            datasets: is_asked(What::Datasets).then(|| datasets(data)),
            models: is_asked(What::Models).then(models),
            masks: is_asked(What::Masks).then(|| {
                mask::MASK_PROTOCOLS
                    .iter()
                    .map(|one| mask_record(*one))
                    .collect()
            }),
            metrics: is_asked(What::Metrics).then(metrics),
            rules: is_asked(What::Rules)
                .then(|| audit::RULES.iter().map(|rule| rule_record(rule)).collect()),
        }
    }

    /// A table for each.
    pub fn tables(&self) -> Vec<String> {
        let datasets = table(
            &[
                "data set", "title", "labels", "metrics", "table", "prepared",
            ],
            &self.datasets,
            |one| {
                let [low, high] = one.label_range;
                vec![
                    one.name.clone(),
                    one.title.clone(),
                    format!("{low} to {high}"),
                    one.protocol.clone(),
                    one.table.clone(),
                    one.prepared.join(", "),
                ]
            },
        );
        let models = table(&["model", "summary", "source"], &self.models, |one| {
            vec![
                one.name.clone(),
                one.summary.to_owned(),
                one.citation.to_owned(),
            ]
        });
        let masks = &["mask protocol", "version", "conditions", "definition"];
        let masks = table(masks, &self.masks, |one| {
            vec![
                one.name.to_owned(),
                one.version.to_string(),
                one.conditions.clone(),
                one.definition.to_owned(),
            ]
        });
        let metrics = table(
            &["protocol", "metric", "title", "better"],
            &self.metrics,
            |one| {
                [one.protocol, one.name, one.title, one.better]
                    .map(str::to_owned)
                    .to_vec()
            },
        );
        let rules = table(
            &["audit rule", "looks for", "strength"],
            &self.rules,
            |one| {
                [one.name, one.definition, one.strength]
                    .map(str::to_owned)
                    .to_vec()
            },
        );
        [datasets, models, masks, metrics, rules]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A table of the records, if there are any.
fn table<T>(
    head: &[&str],
    records: &Option<Vec<T>>,
    row: impl Fn(&T) -> Vec<String>,
) -> Option<String> {
    let mut table = output::wrapped_table();
    table
        .set_header(head)
        .add_rows(records.as_ref()?.iter().map(row));
    Some(table.to_string())
}

/// Every registered data set, and those that have a table in their prepared file alone.
fn datasets(data: &Path) -> Vec<DatasetRecord> {
    let mut prepared = dataset::prepared_names(data);
    let mut of = |base: &str| {
        let own = |name: &mut String| DatasetName::of(name).base == base;
        prepared.extract_if(.., own).collect::<Vec<_>>()
    };
    let registered = dataset::registry().iter();
    let mut records: Vec<_> = registered
        .map(|spec| dataset_record(spec, of(&spec.name)))
        .collect();
    while let Some(name) = prepared.first().cloned() {
        let base = DatasetName::of(&name).base;
        let own = |name: &mut String| DatasetName::of(name).base == base;
        let names: Vec<String> = prepared.extract_if(.., own).collect();
        match Corpus::open(&data.join(file_name(&name))) {
            Ok(corpus) => {
                let mut record = dataset_record(&corpus.spec, names);
                record.name = base.to_owned();
                records.push(record);
            }
            Err(error) => tracing::warn!("{}: {error}", names.join(", ")),
        }
    }
    records
}

fn dataset_record(spec: &Spec, prepared: Vec<String>) -> DatasetRecord {
    DatasetRecord {
        name: spec.name.clone(),
        title: spec.title.clone(),
        language: spec.language.clone(),
        label_range: spec.label_range,
        protocol: spec.protocol.clone(),
        synthetic: spec.synthetic,
        table: spec.origin.to_string(),
        prepared,
    }
}

#[cfg(feature = "torch")]
fn models() -> Vec<ModelRecord> {
    let mut records = Vec::new();
    for entry in lnln_bench::model::MODELS {
        records.push(ModelRecord {
            name: entry.name.to_owned(),
            summary: entry.summary,
            citation: entry.citation,
        });
        records.extend(entry.variants.iter().map(|variant| ModelRecord {
            name: format!("{}:{}", entry.name, variant.name),
            summary: variant.summary,
            citation: "",
        }));
    }
    records
}

#[cfg(not(feature = "torch"))]
fn models() -> Vec<ModelRecord> {
    tracing::warn!("this build has no libtorch, and so no models");
    Vec::new()
}

fn mask_record(mask_protocol: &'static dyn MaskProtocol) -> MaskRecord {
    MaskRecord {
        name: mask_protocol.name(),
        version: mask_protocol.version(),
        conditions: mask::describe(mask_protocol.kinds()),
        definition: mask_protocol.summary(),
    }
}

fn metrics() -> Vec<MetricRecord> {
    let of =
        |protocol: &'static Protocol| protocol.all().map(|metric| metric_record(protocol, metric));
    metric::PROTOCOLS
        .iter()
        .flat_map(|protocol| of(protocol))
        .collect()
}

fn metric_record(protocol: &Protocol, metric: &Metric) -> MetricRecord {
    MetricRecord {
        protocol: protocol.name,
        name: metric.name,
        title: metric.title,
        better: match metric.direction {
            Direction::HigherIsBetter => "higher",
            Direction::LowerIsBetter => "lower",
        },
    }
}

fn rule_record(rule: &Rule) -> RuleRecord {
    RuleRecord {
        name: rule.name,
        definition: rule.definition,
        strength: rule.strength,
    }
}
