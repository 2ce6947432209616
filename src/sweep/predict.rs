//! Predicts one split, or one sample of it, under one mask with the weights of a finished run.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tch::{Device, nn};

use super::error::Error;
use super::stored_weights::{Threads, check_weights, weights_file};
use crate::data::dataset::{Corpus, Modality, SplitName, file_name};
use crate::model::{Choice, Engine};
use crate::record::{EngineKind, Manifest, PredictionKey, Predictions, RunDir};
use crate::support::Progress;
use crate::train::data::{DataOptions, TrainData};
use crate::train::encoder::BERT_FOLDER;
use crate::train::evaluate::Evaluator;
use crate::train::new_data::Masking;
use crate::train::view::View;
use crate::train::{EncoderSpec, native, resume};

/// The prediction that is asked for.
pub struct Request {
    pub run: RunDir,
    /// Folder of prepared data sets.
    pub data: PathBuf,
    pub split: SplitName,
    /// One sample of the split; all where there is none.
    pub sample: Option<String>,
    pub maskings: Vec<Masking>,
    /// The metric whose weights are used, where the run's metrics chose different ones.
    pub metric: String,
    pub encoder: EncoderSpec,
    pub device: Device,
}

/// Predicts by a finished run's weights.
///
/// # Errors
/// [`Error::OtherData`], [`Error::OtherEncoder`] where data or encoder are not those the run was
/// trained with; [`Error::NoSample`]; [`Error::NoMetric`]; those of reading run, data and encoder.
pub fn predict(request: &Request, progress: &Progress) -> Result<Predictions, Error> {
    let (manifest, _) = request.run.checked_manifest()?;
    let Some(computing) = &manifest.training.computing else {
        return Err(Error::NoWeights {
            run: manifest.id.clone(),
        });
    };
    let weights = weights(&request.run, &request.metric, &manifest)?;
    check_weights(&manifest, &request.run)?;
    let _threads = Threads::of(&manifest, request.device);
    let path = request.data.join(file_name(&manifest.dataset.name));
    let corpus = Corpus::open(&path)?;
    let encoder = match &request.encoder {
        EncoderSpec::Auto => manifest
            .training
            .encoder
            .as_deref()
            .map_or(EncoderSpec::Auto, own_encoder),
        other => other.clone(),
    }
    .resolve(&corpus)?;
    check(&manifest, &corpus, &encoder)?;
    check_conditions(&request.maskings, &corpus.absent()?)?;
    let cache = request.data.join("encodings");
    let never = AtomicBool::new(false);
    if request.device.is_cuda() {
        native::deterministic(true)?;
    }
    let loading = DataOptions {
        encoder: &encoder,
        cache: &cache,
        device: request.device,
        // The encoder is the run's own, by its hash.
        any_vocabulary: true,
        progress,
    };
    let data = TrainData::open(&corpus, &loading, &never)?;
    let rows = rows(request, &data)?;
    let mut store = nn::VarStore::new(request.device);
    let choice = Choice::parse(&manifest.model.name)?;
    let mut model = data.model(&choice, &store)?;
    model.set_engine(Engine {
        reference: computing.engine == EngineKind::Reference,
        recompute: false,
    });
    resume::load_weights(&mut store, &weights)?;
    let tensors = &data.tensors[request.split as usize];
    let evaluator =
        Evaluator::new(computing.precision, &never).with_batch(computing.evaluation_batch);
    let split = &data.splits[request.split as usize];
    let mut predictions = Predictions::new();
    for masking in &request.maskings {
        let views = [view(request.split, masking, &data)?];
        let predicted = evaluator.predict_rows(model.as_ref(), tensors, rows.clone(), &views)?;
        let predicted = predicted.first().map_or(&[][..], Vec::as_slice);
        let key = PredictionKey {
            dataset: manifest.dataset.name.clone(),
            split: request.split.as_str().to_owned(),
            mask_protocol: masking.mask_protocol.name().to_owned(),
            mask_seed: masking.mask_seed,
            condition: masking.condition,
        };
        predictions.extend(
            &key,
            &split.ids[rows.clone()],
            &split.labels[rows.clone()],
            predicted,
        )?;
    }
    Ok(predictions)
}

/// The requested rows: all, or one sample's.
fn rows(request: &Request, data: &TrainData<'_>) -> Result<Range<usize>, Error> {
    let split = &data.splits[request.split as usize];
    let Some(sample) = &request.sample else {
        return Ok(0..split.len());
    };
    let row = split.ids.iter().position(|id| id == sample);
    let row = row.ok_or_else(|| Error::NoSample {
        sample: sample.clone(),
        split: request.split.as_str(),
        example: split.ids.first().cloned().unwrap_or_default(),
    })?;
    Ok(row..row + 1)
}

/// Refuses conditions at which a modality is missing that the run was trained without: they would read as if the
/// run had been tested without it.
///
/// # Errors
/// [`Error::AbsentCondition`].
pub(super) fn check_conditions(maskings: &[Masking], absent: &[Modality]) -> Result<(), Error> {
    let mut conditions = maskings.iter().map(|masking| masking.condition);
    match conditions.find(|condition| !condition.is_drawn_without(absent)) {
        None => Ok(()),
        Some(condition) => {
            let absent: Vec<&str> = absent.iter().map(|one| one.as_str()).collect();
            Err(Error::AbsentCondition {
                condition: condition.to_string(),
                absent: absent.join(" and no "),
            })
        }
    }
}

/// The split under a mask.
fn view(split: SplitName, masking: &Masking, data: &TrainData<'_>) -> Result<View, Error> {
    let &Masking {
        mask_protocol,
        mask_seed,
        condition,
    } = masking;
    let masks = data.masks(mask_protocol, split, mask_seed, &[condition])?;
    Ok(data.under(split, &masks.keeps(split, condition)?, condition)?)
}

/// The encoder a run was trained with. A manifest names a BERT by its hash only, so its folder comes
/// from [`BERT_FOLDER`]; where that is not set, [`check`] asks for the folder.
fn own_encoder(identity: &str) -> EncoderSpec {
    match identity.split_once(':') {
        None => identity.parse().unwrap_or_default(),
        Some((kind, _)) => match std::env::var_os(BERT_FOLDER) {
            Some(folder) if kind == "frozen" => EncoderSpec::Frozen(folder.into()),
            _ => EncoderSpec::Auto,
        },
    }
}

/// Checks that data and encoder are those of the training: the weights fit no others.
fn check(manifest: &Manifest, corpus: &Corpus, encoder: &EncoderSpec) -> Result<(), Error> {
    let (expected, found) = (&manifest.dataset.content_hash, &corpus.content_hash);
    if expected != found {
        return Err(Error::OtherData {
            dataset: manifest.dataset.name.clone(),
            expected: expected.clone(),
            found: found.clone(),
        });
    }
    let expected = manifest.training.encoder.clone().unwrap_or_default();
    let found = encoder.identity()?;
    if expected == found {
        Ok(())
    } else {
        Err(Error::OtherEncoder { expected, found })
    }
}

/// File of the weights that a metric chose.
pub(super) fn weights(run: &RunDir, metric: &str, manifest: &Manifest) -> Result<PathBuf, Error> {
    let selection = &manifest.selection;
    match selection.chosen_by(metric) {
        Some(epoch) => Ok(weights_file(run, epoch)),
        None => {
            let known: Vec<&str> = selection.chosen.keys().map(String::as_str).collect();
            Err(Error::NoMetric {
                found: metric.to_owned(),
                known: known.join(", "),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::fixture;

    #[test]
    fn weights_are_those_of_the_metric_named() {
        let mut manifest = fixture::manifest("lnln", 1, &[0.0]);
        let run = RunDir::open("runs/0123456789ab");
        assert_eq!(weights(&run, "acc7", &manifest).unwrap(), run.checkpoint());
        manifest.selection.chosen = BTreeMap::from([("acc7".to_owned(), 3), ("mae".to_owned(), 5)]);
        assert_eq!(
            weights(&run, "acc7", &manifest).unwrap(),
            run.epoch_checkpoint(3)
        );
        let refused = weights(&run, "acc_7", &manifest).unwrap_err().to_string();
        assert!(
            refused.contains("`acc_7`") && refused.contains("acc7, mae"),
            "{refused}"
        );
    }
}
