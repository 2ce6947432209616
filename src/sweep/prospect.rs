//! The memory plan of a run before its data is loaded: sizes come from the shapes of the file.

use tch::{Device, nn};

use super::Error;
use super::plan::PlannedRun;
use super::planned::Options;
use crate::data::dataset::{Corpus, SplitName};
use crate::model::{EncoderSetup, LabelStats, Profile, Setup, Shapes, weights::hugging_face};
use crate::train::EncoderSpec;
use crate::train::memory::{self, Demand, MemoryPlan};
use crate::train::text_source::vocabulary;
use crate::train::training::monitored_splits;

/// What [`MemoryPlan`] will say when the run is trained.
///
/// # Errors
/// If the encoder cannot be read, or the run does not fit into the memory allowed.
pub fn memory(
    run: &PlannedRun,
    corpus: &Corpus,
    encoder: &EncoderSpec,
    options: &Options,
) -> Result<MemoryPlan, Error> {
    let setup = encoder_setup(encoder, corpus)?;
    // Sizes are the same on every device, and this one is there.
    let store = nn::VarStore::new(Device::Cpu);
    let profile = Profile::for_dataset(corpus.name());
    let model = (run.choice.entry.build)(&Setup {
        path: store.root(),
        profile,
        shapes: shapes(corpus),
        encoder: setup.clone(),
        labels: LabelStats::of(&corpus.labels(SplitName::Train)?),
        label_range: corpus.spec.label_range.map(f64::from),
        config: run.choice.config(profile),
    })?;
    let budget = match options.compute.memory_budget {
        Some(budget) => budget,
        None => memory::default_budget(options.device)?,
    };
    Ok(MemoryPlan::new(
        run.choice.entry,
        model.as_ref(),
        &store,
        Demand {
            data: data(run, corpus, &setup)
                + host(corpus, encoder, options.device)
                + frozen(encoder)?,
            batch_size: run.recipe.batch_size,
            text_steps: corpus.text_steps as i64,
            micro_batch: options.compute.micro_batch,
            budget,
        },
    )?)
}

fn shapes(corpus: &Corpus) -> Shapes {
    Shapes {
        text_steps: corpus.text_steps as i64,
        audio_steps: corpus.audio.0 as i64,
        vision_steps: corpus.vision.0 as i64,
        audio_width: corpus.audio.1 as i64,
        vision_width: corpus.vision.1 as i64,
    }
}

/// The encoder without its weights, which change no size.
fn encoder_setup(encoder: &EncoderSpec, corpus: &Corpus) -> Result<EncoderSetup, Error> {
    Ok(match encoder {
        EncoderSpec::Bert(folder) => EncoderSetup::Bert {
            config: hugging_face::open(folder)?.0,
            weights: None,
        },
        EncoderSpec::Frozen(folder) => EncoderSetup::States {
            width: hugging_face::open(folder)?.0.hidden_size,
        },
        EncoderSpec::Features => EncoderSetup::States {
            width: corpus.text_width.unwrap_or(0) as i64,
        },
        EncoderSpec::Auto | EncoderSpec::Tiny => {
            let mut rows = 0;
            for split in SplitName::ALL {
                let tokens = corpus
                    .reader()
                    .numbers::<i32>(&format!("{split}/text_bert"));
                let tokens = tokens.map_err(crate::data::dataset::Error::from)?;
                rows = rows.max(vocabulary(tokens.iter()));
            }
            EncoderSetup::tiny(rows)
        }
    })
}

/// Bytes of a frozen encoder's parameters, which are nobody's to train and lie beside the model.
fn frozen(encoder: &EncoderSpec) -> Result<u64, Error> {
    Ok(match encoder {
        EncoderSpec::Frozen(folder) => hugging_face::open(folder)?.0.parameter_bytes(),
        _ => 0,
    })
}

/// Bytes of the texts that masks are applied to; on CUDA they lie in the machine's memory.
fn host(corpus: &Corpus, encoder: &EncoderSpec, device: Device) -> u64 {
    let features = match encoder {
        EncoderSpec::Features => corpus.text_width.unwrap_or(0),
        _ => 0,
    };
    let samples = corpus.counts.iter().sum::<usize>();
    match device {
        Device::Cpu => (samples * 4 * corpus.text_steps * (3 + features)) as u64,
        _ => 0,
    }
}

/// Bytes of splits and views on the device, as the trainer will count them.
fn data(run: &PlannedRun, corpus: &Corpus, encoder: &EncoderSetup) -> u64 {
    let ((audio, audio_width), (vision, vision_width)) = (corpus.audio, corpus.vision);
    // Features and label as float32, three lengths as int64.
    let sample = 4 * (audio * audio_width + vision * vision_width + 1) + 3 * 8;
    let text = match encoder {
        EncoderSetup::Bert { .. } => 8 * 3 * corpus.text_steps,
        EncoderSetup::States { width } => 4 * corpus.text_steps * *width as usize,
    };
    let keep = 4 * (audio + vision);
    let [train, ..] = corpus.counts;
    let monitored = monitored_splits(&run.rule, &run.recipe).into_iter();
    let monitored: usize = monitored.map(|split| corpus.counts[split as usize]).sum();
    let splits = sample * corpus.counts.iter().sum::<usize>();
    let views = run.settings.validation.len() * monitored * (text + keep);
    (splits + views + 2 * train * text) as u64
}
