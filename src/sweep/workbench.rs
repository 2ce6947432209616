//! A data set loaded for training: its splits as tensors and the views models look through.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use tch::Device;

use super::Error;
use super::settings::Settings;
use crate::dataset::{Corpus, Split, SplitName};
use crate::mask::{self, Family, Level, MaskSource, Noise, RateLaw, SplitShape, Variants};
use crate::metric::{self, Protocol};
use crate::model::{EncoderSetup, LabelStats, Shapes};
use crate::train::encoding::FrozenText;
use crate::train::tensors::SplitTensors;
use crate::train::view::{TextSource, TrainingNoise, View, Views};
use crate::train::{self, EncoderSpec};
use crate::ui::Progress;

/// What decides a noisy view of a training split: family, rates, mask seed, the run's seed and the
/// number of the draw.
type NoisyKey = (&'static str, RateLaw, u64, u64, u32);

/// One data set with everything its cells share.
pub struct Workbench<'a> {
    pub corpus: &'a Corpus,
    pub protocol: &'static Protocol,
    pub splits: [Split; 3],
    pub tensors: [SplitTensors; 3],
    pub text: TextSource,
    pub encoder: EncoderSetup,
    pub shapes: Shapes,
    pub labels: LabelStats,
    pub device: Device,
    /// Ends the encoding of text by a frozen encoder.
    interrupt: &'a AtomicBool,
    masks: MaskSource,
    /// The last noisy view made.
    noisy: RefCell<Option<(NoisyKey, Rc<View>)>>,
}

impl<'a> Workbench<'a> {
    /// Load all splits of `corpus` onto `device`.
    pub fn open(
        corpus: &'a Corpus,
        spec: &EncoderSpec,
        cache: &Path,
        device: Device,
        interrupt: &'a AtomicBool,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let with_features = *spec == EncoderSpec::Features;
        let load = |name| load(corpus, name, with_features, device);
        let [train, valid, test] = SplitName::ALL.map(load);
        let (train, valid, test) = (train?, valid?, test?);
        let splits = [train.0, valid.0, test.0];
        let text = text_source(spec, cache, device, progress)?;
        let encoder = encoder_setup(spec, &text, &splits[0])?;
        Ok(Self {
            corpus,
            protocol: metric::protocol(&corpus.spec.protocol)?,
            tensors: [train.1, valid.1, test.1],
            shapes: shapes(&splits[0]),
            labels: LabelStats::of(&splits[0].labels),
            splits,
            text,
            encoder,
            device,
            interrupt,
            masks: MaskSource::beside(corpus.reader().path(), corpus.name(), &corpus.content_hash)?,
            noisy: RefCell::new(None),
        })
    }

    /// Bytes of the texts that masks are applied to, where they lie beside the tensors: 0 on CUDA,
    /// whose memory they do not take.
    pub fn host_bytes(&self) -> u64 {
        let bytes = |split: &Split| {
            let tokens = split.text_bert.as_ref().map_or(0, |block| block.data.len());
            4 * (tokens + split.text.as_ref().map_or(0, |block| block.data.len()))
        };
        match self.device {
            Device::Cpu => self.splits.iter().map(bytes).sum::<usize>() as u64,
            _ => 0,
        }
    }

    /// Views of one split.
    pub fn views(&self, name: SplitName) -> Views<'_> {
        Views {
            dataset: self.corpus.name(),
            split: &self.splits[name as usize],
            text: &self.text,
            keep_encodings: true,
            device: self.device,
            interrupt: self.interrupt,
        }
    }

    /// The training split as draw number `draw` of the training noise shows it.
    pub fn noisy(
        &self,
        settings: &Settings,
        seed: u64,
        draw: u32,
    ) -> Result<Rc<View>, train::Error> {
        let mask_seed = settings.mask_seeds[0];
        let (family, law) = (settings.noise_family, settings.noise_rate);
        let key = (family.name(), law, mask_seed, seed, draw);
        if let Some((known, view)) = &*self.noisy.borrow()
            && *known == key
        {
            return Ok(Rc::clone(view));
        }
        let views = Views {
            // Noise that is never seen again would fill the disk, a training split an epoch.
            keep_encodings: !matches!(settings.noise, Noise::Fresh | Noise::ReferenceRefresh),
            ..self.views(SplitName::Train)
        };
        let noise = TrainingNoise {
            family,
            law,
            mask_seed,
        };
        let test = &self.splits[SplitName::Test as usize];
        let view = Rc::new(views.noisy(&noise, (test.len(), test.vision.steps), seed, draw)?);
        *self.noisy.borrow_mut() = Some((key, Rc::clone(&view)));
        Ok(view)
    }

    /// The masks of one split for evaluation, those beside the data where they are.
    pub fn masks(
        &self,
        family: &dyn Family,
        split: SplitName,
        seed: u64,
        levels: &[Level],
    ) -> Result<Variants, mask::Error> {
        let shape = SplitShape::from(&self.splits[split as usize]);
        self.masks.masks(family, &shape, seed, levels)
    }
}

/// A split and its tensors, which alone keep the frames of audio and vision.
fn load(
    corpus: &Corpus,
    name: SplitName,
    features: bool,
    device: Device,
) -> Result<(Split, SplitTensors), Error> {
    let mut split = corpus.split(name, features)?;
    if split.is_empty() {
        let dataset = corpus.name().to_owned();
        return Err(train::Error::EmptySplit {
            split: name.as_str(),
            dataset,
        }
        .into());
    }
    let tensors = SplitTensors::new(&split, device);
    for frames in [&mut split.audio, &mut split.vision] {
        frames.data = Vec::new();
    }
    Ok((split, tensors))
}

fn text_source(
    spec: &EncoderSpec,
    cache: &Path,
    device: Device,
    progress: &Progress,
) -> Result<TextSource, Error> {
    Ok(match spec {
        EncoderSpec::Frozen(folder) => TextSource::Frozen(Box::new(FrozenText::open(
            folder,
            cache.to_owned(),
            device,
            progress,
        )?)),
        EncoderSpec::Features => TextSource::Features,
        _ => TextSource::Tokens,
    })
}

fn encoder_setup(
    spec: &EncoderSpec,
    text: &TextSource,
    train: &Split,
) -> Result<EncoderSetup, Error> {
    Ok(match (spec, text) {
        (EncoderSpec::Bert(folder), _) => EncoderSetup::folder(folder)?,
        (_, TextSource::Frozen(frozen)) => EncoderSetup::States {
            width: frozen.width(),
        },
        (_, TextSource::Features) => {
            let width = train.text.as_ref().map_or(0, |features| features.width);
            EncoderSetup::States {
                width: width as i64,
            }
        }
        _ => EncoderSetup::tiny(vocabulary(
            train.text_bert.iter().flat_map(|block| block.data.iter()),
        )),
    })
}

/// One more than the largest token id of a split: ids of other splits beyond it do not occur in
/// the vocabularies MMSA's files are made with.
pub(super) fn vocabulary<'a>(tokens: impl Iterator<Item = &'a i32>) -> i64 {
    tokens.max().map_or(0, |&id| i64::from(id) + 1)
}

fn shapes(split: &Split) -> Shapes {
    use crate::dataset::Modality::{Audio, Text, Vision};
    Shapes {
        text_steps: split.steps(Text) as i64,
        audio_steps: split.steps(Audio) as i64,
        vision_steps: split.steps(Vision) as i64,
        audio_width: split.audio.width as i64,
        vision_width: split.vision.width as i64,
    }
}
