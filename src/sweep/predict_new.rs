//! Predicts the samples of a file that a run was not trained with.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tch::{Device, nn};

use super::error::Error;
use super::predict::{check_conditions, weights};
use super::stored_weights::{Threads, check_weights};
use crate::data::dataset::new_samples::{Lost, ReadOptions};
use crate::data::dataset::{Input, Modality, NewSamples, unusual_labels};
use crate::mask::Noise;
use crate::metric::correlation::pearson;
use crate::model::{Choice, Engine};
use crate::record::new_predictions::{NewPredictions, Pass};
use crate::record::{EngineKind, Manifest, RunDir};
use crate::support::Progress;
use crate::train::encoder::BERT_FOLDER;
use crate::train::evaluate::Evaluator;
use crate::train::model_inputs::ModelInputs;
use crate::train::new_data::{self, Masking, NewDataPredictor};
use crate::train::text_source::TextSource;
use crate::train::{EncoderSpec, native, resume};

/// The prediction that is asked for.
pub struct Request {
    pub run: RunDir,
    /// Any file or folder that `prepare` reads, or a prepared file.
    pub input: PathBuf,
    pub read: ReadOptions,
    pub maskings: Vec<Masking>,
    /// Whether rows name their masks.
    pub with_masks: bool,
    /// The metric whose weights are used, where the run's metrics chose different ones.
    pub metric: String,
    pub encoder: EncoderSpec,
    pub device: Device,
}

/// Predictions, and what was found in the file.
pub struct Outcome {
    pub manifest: Manifest,
    pub predictions: NewPredictions,
    /// Kind of the source.
    pub kind: &'static str,
    /// Name of the split in the file.
    pub split: String,
    /// What is lost of text, audio and vision.
    pub lost: [Lost; 3],
    /// What was assumed about the file, and how missing parts were taken.
    pub assumed: Vec<String>,
    /// What is dubious.
    pub warnings: Vec<String>,
}

/// Predicts by a finished run's weights.
///
/// # Errors
/// [`Error::NoInputs`] for a run that does not describe its inputs; those of reading run, file and encoder.
pub fn predict(request: &Request, progress: &Progress) -> Result<Outcome, Error> {
    let (manifest, _) = request.run.checked_manifest()?;
    let Some(computing) = &manifest.training.computing else {
        return Err(Error::NoWeights {
            run: manifest.id.clone(),
        });
    };
    let weights = weights(&request.run, &request.metric, &manifest)?;
    check_weights(&manifest, &request.run)?;
    if !request.run.inputs().is_file() {
        return Err(Error::NoInputs {
            run: request.run.path().to_owned(),
        });
    }
    let inputs = ModelInputs::read(&request.run)?;
    let encoder = encoder(&manifest, &request.encoder)?;
    let reads_tokens = encoder != EncoderSpec::Features;
    let expected = inputs.expected(reads_tokens);
    let absent = Modality::ALL
        .into_iter()
        .filter(|one| expected.absent[*one as usize]);
    check_conditions(&request.maskings, &absent.collect::<Vec<_>>())?;
    let input = Input::open(&request.input)?;
    let mut samples = NewSamples::read(&input, &expected, &request.read)?;

    let _threads = Threads::of(&manifest, request.device);
    if request.device.is_cuda() {
        native::deterministic(true)?;
    }
    let never = AtomicBool::new(false);
    // A frozen encoder's states of new samples are not kept.
    let cache = tempfile::tempdir().map_err(|e| Error::io(&std::env::temp_dir(), e))?;
    let text = TextSource::open(&encoder, cache.path(), request.device, progress)?;
    let sizes = match &text {
        TextSource::Frozen(frozen) => Some(frozen.config()),
        _ => inputs.bert.as_ref(),
    };
    new_data::check_tokens(&samples, sizes, &encoder, &input.name())?;
    let mut store = nn::VarStore::new(request.device);
    let choice = Choice::parse(&manifest.model.name)?;
    let setup = inputs.encoder();
    let mut model = inputs.setup(&setup).model(&choice, &store)?;
    model.set_engine(Engine {
        reference: computing.engine == EngineKind::Reference,
        recompute: false,
    });
    resume::load_weights(&mut store, &weights)?;
    let evaluator =
        Evaluator::new(computing.precision, &never).with_batch(computing.evaluation_batch);
    let predictor = NewDataPredictor {
        model: model.as_ref(),
        evaluator: &evaluator,
        text: &text,
        device: request.device,
        dataset: &inputs.dataset,
        interrupt: &never,
    };
    let bar = progress.bar(input.name(), samples.len() as u64, "samples");
    let predicted = predictor.predict(&mut samples, &request.maskings, &bar);
    bar.finish();
    let predicted = predicted?;
    let (mut assumed, mut warnings) = (samples.assumed.clone(), samples.warnings.clone());
    let (notes, dubious) = samples
        .report()
        .describe(&expected, request.read.missing_as);
    assumed.extend(notes);
    warnings.extend(dubious);
    warnings.extend(samples.order());
    warnings.extend(samples.repeated());
    let lost = samples.report().lost.clone();
    warnings.extend(trained_on_complete(&manifest, &lost));
    let truth = labels(&samples, &inputs, &mut warnings);
    warnings.extend(far_outside(&predicted, inputs.table.label_range));
    let complete = request.maskings.iter().zip(&predicted);
    let mut complete = complete.filter(|(masking, _)| masking.condition.rates() == [0.0; 3]);
    if let (Some(truth), Some((_, predicted))) = (&truth, complete.next()) {
        warnings.extend(against_labels(predicted, truth));
    }
    let passes = request.maskings.iter().zip(predicted);
    let passes = passes.map(|(masking, prediction)| Pass {
        mask_protocol: masking.mask_protocol.name().to_owned(),
        mask_seed: masking.mask_seed,
        condition: masking.condition,
        prediction,
    });
    Ok(Outcome {
        predictions: NewPredictions {
            passes: passes.collect(),
            truth,
            with_masks: request.with_masks,
            ids: std::mem::take(&mut samples.ids),
        },
        kind: input.kind,
        split: samples.split().to_owned(),
        manifest,
        lost,
        assumed,
        warnings,
    })
}

/// The encoder of a run, with its folder where one is needed: the weights of a BERT that was trained with the
/// model are in the checkpoint.
fn encoder(manifest: &Manifest, asked: &EncoderSpec) -> Result<EncoderSpec, Error> {
    let expected = manifest.training.encoder.clone().unwrap_or_default();
    let (kind, hash) = expected.split_once(':').unwrap_or((&expected, ""));
    let found = match (asked, kind) {
        (EncoderSpec::Auto, "frozen") => match std::env::var_os(BERT_FOLDER) {
            Some(folder) => EncoderSpec::Frozen(folder.into()),
            None => {
                return Err(Error::FrozenEncoder {
                    hash: hash.to_owned(),
                });
            }
        },
        (EncoderSpec::Auto, "features") => return Ok(EncoderSpec::Features),
        (EncoderSpec::Auto, _) => return Ok(EncoderSpec::Tiny),
        (other, _) => other.clone(),
    };
    let identity = found.identity()?;
    if identity == expected {
        Ok(found)
    } else {
        Err(Error::OtherEncoder {
            expected,
            found: identity,
        })
    }
}

/// A run trained on complete samples has never seen a missing part.
fn trained_on_complete(manifest: &Manifest, lost: &[Lost; 3]) -> Option<String> {
    let noise = manifest.training.noise.as_ref()?;
    let missing = lost
        .iter()
        .any(|lost| lost.absent || lost.missing_steps > 0);
    (noise.noise == Noise::Clean && missing).then(|| {
        "parts are missing, and the run was trained on complete samples: its predictions of samples with \
         missing parts may be far off; a run trained with noise (`run --noise fresh`) has seen such samples"
            .to_owned()
    })
}

/// Predictions further outside of the labels' range than it is wide show features of another kind.
fn far_outside(predicted: &[Vec<f32>], [low, high]: [f32; 2]) -> Option<String> {
    let width = high - low;
    let far = |value: &&f32| **value < low - width || **value > high + width;
    let all = || predicted.iter().flatten();
    let count = all().filter(far).count();
    let farthest = all().max_by(|a, b| (*a - low).abs().total_cmp(&(*b - low).abs()))?;
    (count > 0).then(|| {
        format!(
            "{count} of {} predictions are far outside [{low}, {high}], the range of the run's labels (farthest: \
             {farthest}): the features may be of another extractor or scale than those of the training",
            all().count()
        )
    })
}

/// Predictions for complete samples that have nothing to do with the labels, or the opposite sign.
fn against_labels(predicted: &[f32], truth: &[Option<f32>]) -> Option<String> {
    /// Fewer show nothing.
    const ENOUGH: usize = 30;
    let pairs = predicted.iter().zip(truth);
    let pairs = pairs.filter_map(|(prediction, label)| Some((*prediction, (*label)?)));
    let (predictions, labels): (Vec<f32>, Vec<f32>) = pairs.unzip();
    let r = pearson(&predictions, &labels).ok()?;
    let n = labels.len();
    let chance = 2.0 / (n as f64).sqrt();
    let what = if n < ENOUGH || r >= chance {
        return None;
    } else if r > -chance {
        "have nothing to do with"
    } else {
        "run against"
    };
    Some(format!(
        "predictions {what} the labels of the file (correlation {r:.2} over {n} samples): are they of these samples, \
         with the sign of the training's, and features in the order of the ids?"
    ))
}

/// The labels, where they are on the scale of the run.
fn labels(
    samples: &NewSamples<'_>,
    inputs: &ModelInputs,
    warnings: &mut Vec<String>,
) -> Option<Vec<Option<f32>>> {
    const TOLERANCE: f32 = 1e-5;
    let labels = samples.labels.as_ref()?;
    let [low, high] = inputs.table.label_range;
    let known = || labels.iter().copied().flatten();
    let outside = known().find(|label| !(low - TOLERANCE..=high + TOLERANCE).contains(label));
    if let Some(label) = outside {
        warnings.push(format!(
            "labels are left out: {label} is outside [{low}, {high}], the range of the run's labels"
        ));
        return None;
    }
    let first = known().next()?;
    if known().count() > 1 && known().all(|label| label == first) {
        warnings.push(format!(
            "every label is {first}: placeholders, as in unlabelled files, make scores meaningless"
        ));
    } else {
        let values: Vec<f64> = known().map(f64::from).collect();
        warnings.extend(unusual_labels(&values, &inputs.table));
    }
    let without = labels.iter().filter(|label| label.is_none()).count();
    if without > 0 {
        warnings.push(format!(
            "{without} of {} samples have no label",
            labels.len()
        ));
    }
    Some(labels.clone())
}
