//! Loads a data set for training: splits as tensors, their masks, and views of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use tch::{Device, nn};

use super::encoder::EncoderSpec;
use super::error::Error;
use super::model_setup::ModelSetup;
use super::moments::Change;
use super::out_of_memory;
use super::settings;
use super::tensors::SplitTensors;
use super::test_split::TestSplit;
use super::text_source::TextSource;
use super::view::{View, Views};
use super::vocabulary;
use crate::data::dataset::Modality::{self, Audio, Text, Vision};
use crate::data::dataset::{Corpus, Scale, Split, SplitName};
use crate::mask::{
    self, Condition, Keep, MaskProtocol, MaskSource, NoiseDraw, NoiseSpec, SplitShape,
    TrainingSplit, Variants,
};
use crate::model::{Choice, EncoderSetup, LabelStats, Model, Outline, Shapes};
use crate::record::training::EncoderFolder;
use crate::support::Progress;

/// How a data set is loaded.
#[derive(Clone, Copy)]
pub struct DataOptions<'a> {
    pub encoder: &'a EncoderSpec,
    /// Folder of encodings of a frozen text encoder.
    pub cache: &'a Path,
    pub device: Device,
    /// Accept a text encoder whose vocabulary does not decode the data's token ids.
    pub any_vocabulary: bool,
    pub progress: &'a Progress,
}

/// Masks of validation: every condition under one mask seed.
#[derive(Clone)]
pub struct ValidationMasks {
    pub conditions: Vec<(&'static dyn MaskProtocol, Condition)>,
    pub mask_seed: u64,
}

/// Refuses a model that cannot read this data set or the states of this encoder, which `resolve` gave.
///
/// # Errors
/// [`Error::Refused`] with the reason and what to run instead.
pub fn check(choice: &Choice, corpus: &Corpus, encoder: &EncoderSpec) -> Result<(), Error> {
    let steps = |steps: usize| steps as i64;
    let outline = Outline {
        shapes: Shapes {
            text_steps: steps(corpus.text_steps),
            audio_steps: steps(corpus.audio.0),
            vision_steps: steps(corpus.vision.0),
            audio_width: steps(corpus.audio.1),
            vision_width: steps(corpus.vision.1),
        },
        has_encoder: matches!(encoder, EncoderSpec::Tiny | EncoderSpec::Bert(_)),
    };
    let settings = settings::on(choice, &corpus.spec)?;
    let checked = choice.check(&settings.config, &outline);
    let with_encoder = Outline {
        has_encoder: true,
        ..outline
    };
    // An encoder that reads tokens is no way out where there are none.
    let needs_tokens = || {
        let has_tokens = corpus.reader().has("train/text_bert");
        !has_tokens && choice.check(&settings.config, &with_encoder).is_ok()
    };
    let dataset = corpus.name().to_owned();
    checked.map_err(|reason| {
        if needs_tokens() {
            let model = choice.entry.name;
            Error::NoTokens { dataset, model }
        } else {
            let reason = Box::new(reason);
            Error::Refused { dataset, reason }
        }
    })
}

/// A data set loaded for training, shared by all runs on it.
pub struct TrainData<'a> {
    pub corpus: &'a Corpus,
    /// By [`SplitName`]; frames of audio and vision are in `tensors` alone.
    pub splits: [Split; 3],
    pub tensors: [SplitTensors; 3],
    pub encoder: EncoderSetup,
    /// The folder of a BERT, for records.
    pub encoder_folder: Option<EncoderFolder>,
    pub shapes: Shapes,
    pub labels: LabelStats,
    /// Scale of the training split's features.
    pub scales: BTreeMap<Modality, Scale>,
    pub device: Device,
    text: TextSource,
    /// Ends the encoding of text by a frozen encoder.
    interrupt: &'a AtomicBool,
    masks: MaskSource,
    /// The last noisy view made.
    noisy: RefCell<Option<(NoiseSpec, NoiseDraw, Rc<View>)>>,
}

impl<'a> TrainData<'a> {
    /// Loads all splits of `corpus` onto the device.
    ///
    /// # Errors
    /// Those of reading data and encoder; [`Error::Tokens`] where the encoder has no row for an id;
    /// [`Error::Vocabulary`] where its vocabulary is not the data's; one that names what the device has no memory for.
    pub fn open(
        corpus: &'a Corpus,
        options: &DataOptions<'_>,
        interrupt: &'a AtomicBool,
    ) -> Result<Self, Error> {
        let (spec, device) = (options.encoder, options.device);
        let load = |name: SplitName| {
            let what = format!("the {name} split of {}", corpus.name());
            let with_features = *spec == EncoderSpec::Features;
            let change = Change::default();
            out_of_memory::named(&what, || load(corpus, name, with_features, device, &change))
        };
        let [train, valid, test] = SplitName::ALL.map(load);
        let (train, valid, test) = (train?, valid?, test?);
        let splits = [train.split, valid.split, test.split];
        let text = out_of_memory::named("the text encoder", || {
            TextSource::open(spec, options.cache, device, options.progress)
        })?;
        let encoder = text.encoder_setup(spec, &splits)?;
        text.check_tokens(&encoder, corpus.name(), &splits)?;
        if let EncoderSpec::Bert(folder) | EncoderSpec::Frozen(folder) = spec {
            vocabulary::check(folder, corpus.name(), &splits, options.any_vocabulary)?;
        }
        Ok(Self {
            corpus,
            tensors: [train.tensors, valid.tensors, test.tensors],
            scales: train.scales,
            shapes: shapes(&splits[SplitName::Train as usize]),
            labels: LabelStats::of(&splits[SplitName::Train as usize].labels),
            splits,
            text,
            encoder,
            encoder_folder: spec.folder()?,
            device,
            interrupt,
            masks: MaskSource::open(corpus.reader().path(), corpus.name(), &corpus.content_hash)?,
            noisy: RefCell::new(None),
        })
    }

    /// A model for this data set, its parameters in `store`.
    ///
    /// # Errors
    /// Those of the model; one that names it where the device has no memory for its parameters.
    pub fn model(&self, choice: &Choice, store: &nn::VarStore) -> Result<Box<dyn Model>, Error> {
        self.inputs().model(choice, store)
    }

    /// What the model reads, without the data.
    pub fn inputs(&self) -> ModelSetup<'_> {
        ModelSetup {
            spec: &self.corpus.spec,
            shapes: self.shapes,
            encoder: &self.encoder,
            labels: self.labels,
        }
    }

    /// Bytes held next to models and views: splits, texts that masks are applied to, a frozen text
    /// encoder. On CUDA those on the device; the texts are not among them.
    pub fn bytes(&self) -> u64 {
        let splits: u64 = self.tensors.iter().map(SplitTensors::bytes).sum();
        let texts = if self.device == Device::Cpu {
            self.splits.iter().map(text_bytes).sum()
        } else {
            0
        };
        splits + texts + self.text.encoder_bytes()
    }

    /// The test split.
    pub fn test_split(&self) -> TestSplit<'_> {
        TestSplit {
            split: &self.splits[SplitName::Test as usize],
            tensors: &self.tensors[SplitName::Test as usize],
            encoder: &self.encoder,
            dataset: self.corpus.name(),
            masks: &self.masks,
            views: self.views(SplitName::Test),
        }
    }

    /// Whether models read the file's own text features.
    pub(super) fn reads_features(&self) -> bool {
        matches!(self.text, TextSource::Features)
    }

    /// Checks that the text encoder has a row for every id of these splits.
    ///
    /// # Errors
    /// [`Error::Tokens`].
    pub(super) fn check_tokens(&self, dataset: &str, splits: &[Split]) -> Result<(), Error> {
        self.text.check_tokens(&self.encoder, dataset, splits)
    }

    /// Views of one split.
    fn views(&self, name: SplitName) -> Views<'_> {
        self.views_of(self.corpus.name(), &self.splits[name as usize])
    }

    /// Views of a split of these or other data, its text read by the encoder of these.
    pub(super) fn views_of<'b>(&'b self, dataset: &'b str, split: &'b Split) -> Views<'b> {
        Views {
            dataset,
            split,
            text: &self.text,
            keep_encodings: true,
            device: self.device,
            interrupt: self.interrupt,
        }
    }

    /// The training split with nothing missing.
    ///
    /// # Errors
    /// As [`Views::complete`].
    pub fn complete(&self) -> Result<View, Error> {
        let views = self.views(SplitName::Train);
        out_of_memory::named("the complete training split", || views.complete())
    }

    /// A split under masks of text, audio and vision, drawn for one condition.
    ///
    /// # Errors
    /// As [`Views::under`].
    pub fn under(
        &self,
        name: SplitName,
        keeps: &[Keep; 3],
        condition: Condition,
    ) -> Result<View, Error> {
        let what = format!("the {name} split at condition {condition}");
        out_of_memory::named(&what, || self.views(name).under(keeps, condition))
    }

    /// A split at every condition of validation.
    ///
    /// # Errors
    /// As [`Self::masks`] and [`Self::under`].
    pub fn monitored(&self, split: SplitName, masks: &ValidationMasks) -> Result<Vec<View>, Error> {
        let conditions = masks.conditions.iter();
        let view = |&(mask_protocol, condition): &(&'static dyn MaskProtocol, Condition)| {
            let masks = self.masks(mask_protocol, split, masks.mask_seed, &[condition])?;
            self.under(split, &masks.keeps(split, condition)?, condition)
        };
        conditions.map(view).collect()
    }

    /// A masked copy of the training split.
    ///
    /// # Errors
    /// As [`Views::noisy`].
    pub fn noisy(&self, noise: &NoiseSpec, draw: NoiseDraw) -> Result<Rc<View>, Error> {
        if let Some((known, drawn, view)) = &*self.noisy.borrow()
            && (known, drawn) == (noise, &draw)
        {
            return Ok(Rc::clone(view));
        }
        let views = Views {
            // Noise that never comes again would fill the disk, a training split an epoch.
            keep_encodings: noise.repeats(),
            ..self.views(SplitName::Train)
        };
        let test = &self.splits[SplitName::Test as usize];
        // The last one goes first: of hidden states there may be no room for both.
        *self.noisy.borrow_mut() = None;
        let view = out_of_memory::named("the noisy training split", || {
            views.noisy(noise, (test.len(), test.vision.steps), &draw)
        })?;
        let view = Rc::new(view);
        *self.noisy.borrow_mut() = Some((*noise, draw, Rc::clone(&view)));
        Ok(view)
    }

    /// Hash of a masked copy of the training split (see [`NoiseSpec::hash`]).
    ///
    /// # Errors
    /// As [`NoiseSpec::copy`].
    pub fn noise_hash(&self, noise: &NoiseSpec, draw: &NoiseDraw) -> Result<String, mask::Error> {
        let test = &self.splits[SplitName::Test as usize];
        let split = TrainingSplit {
            dataset: self.corpus.name(),
            split: SplitShape::from(&self.splits[SplitName::Train as usize]),
            test: (test.len(), test.vision.steps),
        };
        Ok(noise.hash(&split, draw, &noise.copy(&split, draw)?))
    }

    /// The masks of one split for evaluation: those stored next to the data where they are.
    ///
    /// # Errors
    /// As [`MaskSource::masks`].
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        split: SplitName,
        mask_seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, mask::Error> {
        let shape = SplitShape::from(&self.splits[split as usize]);
        self.masks
            .masks(mask_protocol, &shape, mask_seed, conditions)
    }
}

/// A split on a device.
pub(super) struct Loaded {
    /// Without the frames of audio and vision, which are in the tensors alone.
    pub split: Split,
    pub tensors: SplitTensors,
    /// Scale of the features.
    pub scales: BTreeMap<Modality, Scale>,
}

/// Loads a split, its frames in other units where there is a change.
pub(super) fn load(
    corpus: &Corpus,
    name: SplitName,
    with_features: bool,
    device: Device,
    change: &Change,
) -> Result<Loaded, Error> {
    let mut split = corpus.split(name, with_features)?;
    change.apply(&mut split);
    if split.is_empty() {
        return Err(Error::EmptySplit {
            split: name.as_str(),
            dataset: corpus.name().to_owned(),
        });
    }
    let tensors = SplitTensors::new(&split, device);
    let features = [
        (Text, split.text.as_ref()),
        (Audio, Some(&split.audio)),
        (Vision, Some(&split.vision)),
    ];
    let scales = features.into_iter();
    let scales = scales.filter_map(|(modality, block)| Some((modality, Scale::of(block?)?)));
    let scales = scales.collect();
    for frames in [&mut split.audio, &mut split.vision] {
        frames.data = Vec::new();
    }
    Ok(Loaded {
        split,
        tensors,
        scales,
    })
}

/// Bytes of the text that masks are applied to.
fn text_bytes(split: &Split) -> u64 {
    let tokens = split.text_bert.as_ref().map_or(0, |block| block.data.len());
    let features = split.text.as_ref().map_or(0, |block| block.data.len());
    4 * (tokens + features) as u64
}

fn shapes(split: &Split) -> Shapes {
    Shapes {
        text_steps: split.steps(Text) as i64,
        audio_steps: split.steps(Audio) as i64,
        vision_steps: split.steps(Vision) as i64,
        audio_width: split.audio.width as i64,
        vision_width: split.vision.width as i64,
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
