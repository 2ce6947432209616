//! Collects the evaluation masks of several conditions for one file.

use lnln_bench::data::dataset::{Corpus, Modality, SplitName};
use lnln_bench::mask::{
    self, Column, Condition, EvaluationMasks, SplitShape, Values, Variants, parse_list,
};

use super::{Chosen, absent};

/// Masks of several conditions.
pub struct Several {
    /// The arrays of the file.
    pub columns: Vec<Column>,
    pub corpus: Corpus,
    pub masks: Variants,
    pub conditions: Vec<Condition>,
    /// Modalities that the data do not have.
    pub absent: Vec<Modality>,
}

/// Reads stored masks and draws those that are not stored.
pub fn read(chosen: &Chosen, rates: &str) -> anyhow::Result<Several> {
    let conditions = parse_list(rates)?;
    let mut evaluation = EvaluationMasks::deal(&[chosen.protocol()], &conditions)?.swap_remove(0);
    let (corpus, source) = chosen.open()?;
    let absent = absent::leave_out(&corpus, &mut evaluation)?;
    let outlines = corpus.outlines()?;
    let shapes = outlines.each_ref().map(SplitShape::from);
    let conditions = &evaluation.conditions;
    let masks = source.of_splits(evaluation.mask_protocol, &shapes, chosen.seed, conditions)?;
    let mut columns = root(&masks, conditions, &corpus.content_hash);
    for outline in &outlines {
        columns.extend(split(&masks, conditions, outline.name, &outline.ids)?);
    }
    Ok(Several {
        columns,
        corpus,
        masks,
        conditions: evaluation.conditions,
        absent,
    })
}

impl Several {
    /// A description of the masks.
    pub fn describe(&self) -> String {
        let masks = &self.masks;
        format!(
            "{}, {} v{} masks of {} conditions, seed {}{}",
            self.corpus.spec.title,
            masks.mask_protocol,
            masks.version,
            self.conditions.len(),
            masks.seed,
            absent::note(&self.absent)
        )
    }
}

fn root(masks: &Variants, conditions: &[Condition], content_hash: &str) -> Vec<Column> {
    let names: Vec<String> = conditions.iter().map(Condition::to_string).collect();
    let nominal: Vec<f64> = conditions.iter().flat_map(Condition::rates).collect();
    let mask = [
        masks.mask_protocol.clone(),
        masks.version.to_string(),
        masks.seed.to_string(),
        masks.dataset.clone(),
    ];
    vec![
        texts("", "mask", mask.to_vec()),
        texts("", "content_hash", vec![content_hash.to_owned()]),
        Column {
            group: "",
            name: "nominal",
            shape: vec![conditions.len(), 3],
            values: Values::Floats(nominal),
        },
        texts("", "condition", names),
    ]
}

fn split(
    masks: &Variants,
    conditions: &[Condition],
    name: SplitName,
    ids: &[String],
) -> Result<Vec<Column>, mask::Error> {
    let group = name.as_str();
    let mut columns = vec![texts(group, "id", ids.to_vec())];
    for modality in Modality::ALL {
        let keeps = conditions
            .iter()
            .map(|condition| masks.keep(name, modality, *condition))
            .collect::<Result<Vec<_>, _>>()?;
        let steps = keeps.first().map_or(0, |keep| keep.steps);
        columns.push(Column {
            group,
            name: modality.as_str(),
            shape: vec![conditions.len(), ids.len(), steps],
            values: Values::Bools(keeps.into_iter().flat_map(|keep| keep.bits).collect()),
        });
    }
    let (mut hashes, mut realized) = (Vec::new(), Vec::new());
    for condition in conditions {
        hashes.push(masks.hash(name, *condition)?);
        let rates = masks.realized(name, *condition)?;
        realized.extend(rates.map(|rate| rate.unwrap_or(f64::NAN)));
    }
    columns.push(texts(group, "hash", hashes));
    columns.push(Column {
        group,
        name: "realized",
        shape: vec![conditions.len(), 3],
        values: Values::Floats(realized),
    });
    Ok(columns)
}

/// A list of texts.
pub fn texts(group: &'static str, name: &'static str, values: Vec<String>) -> Column {
    Column {
        group,
        name,
        shape: vec![values.len()],
        values: Values::Texts(values),
    }
}
