//! A data set loaded for training: its splits as tensors and the views models look through.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;

use tch::Device;

use super::Error;
use super::settings::Settings;
use crate::data::dataset::{Corpus, Split, SplitName};
use crate::mask::apply::UNKNOWN;
use crate::mask::{
    self, Condition, Keep, MaskProtocol, MaskSource, Noise, RateDistribution, SplitShape, Variants,
};
use crate::metric::{self, Protocol};
use crate::model::{BertConfig, EncoderSetup, LabelStats, Shapes};
use crate::support::Progress;
use crate::train::encoding::FrozenText;
use crate::train::out_of_memory;
use crate::train::tensors::{self, SplitTensors};
use crate::train::view::{TextSource, TrainingNoise, View, Views};
use crate::train::{self, EncoderSpec};

/// What decides a noisy view of a training split: mask protocol, rates, mask seed, the run's seed and the
/// number of the draw.
type NoisyKey = (&'static str, RateDistribution, u64, u64, u32);

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
    ///
    /// # Errors
    /// Those of reading data and encoder; [`Error::Tokens`] where the encoder has no row for an id; one
    /// that names what the device has no memory for.
    pub fn open(
        corpus: &'a Corpus,
        spec: &EncoderSpec,
        cache: &Path,
        device: Device,
        interrupt: &'a AtomicBool,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let with_features = *spec == EncoderSpec::Features;
        let load = |name: SplitName| {
            let what = format!("the {name} split of {}", corpus.name());
            out_of_memory::named(&what, || load(corpus, name, with_features, device))
        };
        let [train, valid, test] = SplitName::ALL.map(load);
        let (train, valid, test) = (train?, valid?, test?);
        let splits = [train.0, valid.0, test.0];
        let text = out_of_memory::named("the text encoder", || {
            text_source(spec, cache, device, progress)
        })?;
        let encoder = encoder_setup(spec, &text, &splits)?;
        check_tokens(&text, &encoder, corpus.name(), &splits)?;
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

    /// Bytes of a frozen text encoder, which stays on the device beside the model.
    pub fn encoder_bytes(&self) -> u64 {
        match &self.text {
            TextSource::Frozen(frozen) => frozen.bytes(),
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

    /// The training split with nothing missing.
    pub fn complete(&self) -> Result<View, train::Error> {
        let views = self.views(SplitName::Train);
        out_of_memory::named("the complete training split", || views.complete())
    }

    /// A split as masks of text, audio and vision leave it, drawn for one condition.
    pub fn under(
        &self,
        name: SplitName,
        keeps: &[Keep; 3],
        condition: Condition,
    ) -> Result<View, train::Error> {
        let what = format!("the {name} split at condition {condition}");
        out_of_memory::named(&what, || self.views(name).under(keeps, condition))
    }

    /// The training split as draw number `draw` of the training noise shows it.
    pub fn noisy(
        &self,
        settings: &Settings,
        seed: u64,
        draw: u32,
    ) -> Result<Rc<View>, train::Error> {
        let mask_seed = settings.mask_seeds[0];
        let (mask_protocol, distribution) = (settings.noise_protocol, settings.noise_rate);
        let key = (mask_protocol.name(), distribution, mask_seed, seed, draw);
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
            mask_protocol,
            distribution,
            mask_seed,
        };
        let test = &self.splits[SplitName::Test as usize];
        // The last one goes first: of hidden states there may be no room for both.
        *self.noisy.borrow_mut() = None;
        let view = out_of_memory::named("the noisy training split", || {
            views.noisy(&noise, (test.len(), test.vision.steps), seed, draw)
        })?;
        let view = Rc::new(view);
        *self.noisy.borrow_mut() = Some((key, Rc::clone(&view)));
        Ok(view)
    }

    /// The masks of one split for evaluation, those beside the data where they are.
    pub fn masks(
        &self,
        mask_protocol: &dyn MaskProtocol,
        split: SplitName,
        seed: u64,
        conditions: &[Condition],
    ) -> Result<Variants, mask::Error> {
        let shape = SplitShape::from(&self.splits[split as usize]);
        self.masks.masks(mask_protocol, &shape, seed, conditions)
    }
}

/// A split and its tensors, which alone keep the frames of audio and vision.
fn load(
    corpus: &Corpus,
    name: SplitName,
    features: bool,
    device: Device,
) -> Result<(Split, SplitTensors), train::Error> {
    let mut split = corpus.split(name, features)?;
    if split.is_empty() {
        let dataset = corpus.name().to_owned();
        return Err(train::Error::EmptySplit {
            split: name.as_str(),
            dataset,
        });
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
) -> Result<TextSource, train::Error> {
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
    splits: &[Split; 3],
) -> Result<EncoderSetup, Error> {
    Ok(match (spec, text) {
        (EncoderSpec::Bert(folder), _) => EncoderSetup::folder(folder)?,
        (_, TextSource::Frozen(frozen)) => EncoderSetup::States {
            width: frozen.width(),
        },
        (_, TextSource::Features) => {
            let width = splits[0].text.as_ref().map_or(0, |features| features.width);
            EncoderSetup::States {
                width: width as i64,
            }
        }
        _ => {
            let blocks = splits.iter().filter_map(|split| split.text_bert.as_ref());
            let ids = blocks.flat_map(|block| &block.data);
            EncoderSetup::tiny(vocabulary(ids))
        }
    })
}

/// Whether the text encoder has a row for every id of these splits, and for that of erased words. A
/// CUDA device that is given another id computes nothing any more, for this cell or the next.
fn check_tokens(
    text: &TextSource,
    encoder: &EncoderSetup,
    dataset: &str,
    splits: &[Split; 3],
) -> Result<(), Error> {
    let config: &BertConfig = match (text, encoder) {
        (TextSource::Frozen(frozen), _) => frozen.config(),
        (_, EncoderSetup::Bert { config, .. }) => config,
        _ => return Ok(()),
    };
    config.check_id(i64::from(UNKNOWN))?;
    for split in splits {
        let Some(ids) = &split.text_bert else {
            continue;
        };
        let checked = config.check_tokens(&tensors::tokens(ids, Device::Cpu));
        checked.map_err(|reason| Error::Tokens {
            dataset: dataset.to_owned(),
            split: split.name.as_str(),
            reason: Box::new(reason),
        })?;
    }
    Ok(())
}

/// One more than the largest id of these tokens, and of what masks put in an erased word's place.
pub(super) fn vocabulary<'a>(tokens: impl Iterator<Item = &'a i32>) -> i64 {
    i64::from(tokens.fold(UNKNOWN, |largest, id| largest.max(*id))) + 1
}

fn shapes(split: &Split) -> Shapes {
    use crate::data::dataset::Modality::{Audio, Text, Vision};
    Shapes {
        text_steps: split.steps(Text) as i64,
        audio_steps: split.steps(Audio) as i64,
        vision_steps: split.steps(Vision) as i64,
        audio_width: split.audio.width as i64,
        vision_width: split.vision.width as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::synthetic::{self, Demo};
    use crate::data::dataset::{Block, ImportOptions, prepare};
    use crate::sweep::{Protocol, Suite};

    static NEVER: AtomicBool = AtomicBool::new(false);

    /// A fiftieth of a demo corpus, prepared in `folder`.
    fn corpus(folder: &Path) -> Corpus {
        let pickle = folder.join("demo-film.pkl");
        synthetic::write_demo(Demo::Film, &pickle, 7, 0.02).unwrap();
        prepare(&pickle, &ImportOptions::new(folder), &mut |_| {}).unwrap();
        Corpus::open(&folder.join("demo-film.h5")).unwrap()
    }

    fn open<'a>(corpus: &'a Corpus, spec: &EncoderSpec) -> Result<Workbench<'a>, Error> {
        let (cache, progress) = (Path::new("encodings"), Progress::hidden());
        Workbench::open(corpus, spec, cache, Device::Cpu, &NEVER, &progress)
    }

    /// The tokens of a split, to be spoilt.
    fn tokens(splits: &mut [Split; 3], name: SplitName) -> &mut Block<i32> {
        splits[name as usize].text_bert.as_mut().unwrap()
    }

    #[test]
    fn the_last_noisy_view_is_gone_before_the_next_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(folder.path());
        let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
        let (datasets, models) = (vec!["demo-film".into()], vec!["lnln".into()]);
        let suite = Suite::new(datasets, models, Protocol::Own).unwrap();
        let settings = Settings::of(&suite).unwrap();
        let last = Rc::downgrade(&data.noisy(&settings, 1, 0).unwrap());
        assert!(last.upgrade().is_some(), "it is kept for the next cell");
        // No view can be made of this.
        tokens(&mut data.splits, SplitName::Train).steps = 2;
        assert!(data.noisy(&settings, 1, 1).is_err());
        assert!(last.upgrade().is_none());
    }

    #[test]
    fn a_view_that_libtorch_refuses_is_an_error_of_the_cell() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(folder.path());
        let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
        tokens(&mut data.splits, SplitName::Train).rows += 1;
        let refused = data.complete().unwrap_err();
        assert!(matches!(refused, train::Error::Libtorch(_)), "{refused}");
    }

    #[test]
    fn a_tiny_encoder_has_rows_for_the_ids_of_every_split() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(folder.path());
        let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
        let tiny = |splits: &[Split; 3]| {
            encoder_setup(&EncoderSpec::Tiny, &TextSource::Tokens, splits).unwrap()
        };
        assert_eq!(tiny(&data.splits), data.encoder);
        tokens(&mut data.splits, SplitName::Test).data[1] = 5000;
        assert_eq!(tiny(&data.splits), EncoderSetup::tiny(5001));
        for name in SplitName::ALL {
            tokens(&mut data.splits, name).data.fill(1);
        }
        let erased = i64::from(UNKNOWN) + 1;
        assert_eq!(tiny(&data.splits), EncoderSetup::tiny(erased));
    }

    #[test]
    fn ids_that_the_encoder_has_no_row_for_are_refused_before_any_training() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = corpus(folder.path());
        let bert = folder.path().join("bert");
        std::fs::create_dir(&bert).unwrap();
        std::fs::write(bert.join("model.safetensors"), "").unwrap();
        let refused = |vocabulary: i64| {
            let config = serde_json::to_string(&BertConfig::tiny(vocabulary)).unwrap();
            std::fs::write(bert.join("config.json"), config).unwrap();
            let opened = open(&corpus, &EncoderSpec::Bert(bert.clone()));
            opened.err().map(|error| error.to_string())
        };
        assert_eq!(refused(1400), None);
        let message = refused(500).unwrap();
        assert!(
            message.contains("train split of demo-film") && message.contains("0..500"),
            "{message}"
        );
        let message = refused(100).unwrap();
        assert!(message.contains("got 100"), "{message}");
        // Of the test split alone, which a training would come to last.
        let data = open(&corpus, &EncoderSpec::Tiny).unwrap();
        let (encoder, mut splits) = (data.encoder, data.splits);
        tokens(&mut splits, SplitName::Test).data[1] = 1400;
        let checked = check_tokens(&TextSource::Tokens, &encoder, "demo-film", &splits);
        let message = checked.unwrap_err().to_string();
        assert!(
            message.contains("test split of demo-film") && message.contains("got 1400"),
            "{message}"
        );
    }
}
