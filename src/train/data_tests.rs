//! Tests of loaded data.

use super::*;
use crate::data::dataset::synthetic::{self, Demo};
use crate::data::dataset::{Block, ImportOptions, prepare};
use crate::mask::apply::UNKNOWN;
use crate::mask::{Noise, RateDistribution};
use crate::model::BertConfig;

static NEVER: AtomicBool = AtomicBool::new(false);

/// A fiftieth of a demo corpus, prepared in `folder`.
fn corpus(folder: &Path) -> Corpus {
    let pickle = folder.join("demo-film.pkl");
    synthetic::write_demo(Demo::Film, &pickle, 7, 0.02).unwrap();
    prepare(&pickle, &ImportOptions::new(folder), &mut |_| {}).unwrap();
    Corpus::open(&folder.join("demo-film.h5")).unwrap()
}

fn open<'a>(corpus: &'a Corpus, encoder: &EncoderSpec) -> Result<TrainData<'a>, Error> {
    let options = DataOptions {
        encoder,
        cache: Path::new("encodings"),
        device: Device::Cpu,
        any_vocabulary: false,
        progress: &Progress::hidden(),
    };
    TrainData::open(corpus, &options, &NEVER)
}

/// The tokens of a split, to be changed.
fn tokens(splits: &mut [Split; 3], name: SplitName) -> &mut Block<i32> {
    splits[name as usize].text_bert.as_mut().unwrap()
}

#[test]
fn the_last_noisy_view_is_gone_before_the_next_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
    let noise = NoiseSpec {
        kind: Noise::Fresh,
        mask_protocol: mask::find("random").unwrap(),
        distribution: RateDistribution::HalfComplete,
        mask_seed: 1111,
    };
    let draw = |number| NoiseDraw {
        seed: 1,
        number,
        redrawn: Vec::new(),
    };
    let last = Rc::downgrade(&data.noisy(&noise, draw(0)).unwrap());
    assert!(last.upgrade().is_some(), "it is kept for the next run");
    // No view can be made of this.
    tokens(&mut data.splits, SplitName::Train).steps = 2;
    assert!(data.noisy(&noise, draw(1)).is_err());
    assert!(last.upgrade().is_none());
}

#[test]
fn a_view_that_libtorch_refuses_is_an_error_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
    tokens(&mut data.splits, SplitName::Train).rows += 1;
    let refused = data.complete().unwrap_err();
    assert!(matches!(refused, Error::Libtorch(_)), "{refused}");
}

#[test]
fn a_tiny_encoder_has_rows_for_the_ids_of_every_split() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let mut data = open(&corpus, &EncoderSpec::Tiny).unwrap();
    let tiny = |splits: &[Split; 3]| {
        TextSource::Tokens
            .encoder_setup(&EncoderSpec::Tiny, splits)
            .unwrap()
    };
    assert_eq!(tiny(&data.splits), data.encoder);
    tokens(&mut data.splits, SplitName::Test).data[1] = 5000;
    assert_eq!(tiny(&data.splits), EncoderSetup::tiny(5001));
    for name in SplitName::ALL {
        tokens(&mut data.splits, name).data.fill(1);
    }
    let masked = i64::from(UNKNOWN) + 1;
    assert_eq!(tiny(&data.splits), EncoderSetup::tiny(masked));
}

#[test]
fn ids_that_the_encoder_has_no_row_for_are_refused_before_any_training() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let bert = folder.path().join("bert");
    std::fs::create_dir(&bert).unwrap();
    std::fs::write(bert.join("model.safetensors"), b"\x02\0\0\0\0\0\0\0{}").unwrap();
    let refused = |vocabulary: i64| {
        let config = serde_json::to_string(&BertConfig::tiny(vocabulary)).unwrap();
        std::fs::write(bert.join("config.json"), config).unwrap();
        let encoder = EncoderSpec::Bert(bert.clone());
        let opened = open(&corpus, &encoder);
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
    // Of the test split alone, which a training reads last.
    let data = open(&corpus, &EncoderSpec::Tiny).unwrap();
    let (encoder, mut splits) = (data.encoder, data.splits);
    tokens(&mut splits, SplitName::Test).data[1] = 1400;
    let checked = TextSource::Tokens.check_tokens(&encoder, "demo-film", &splits);
    let message = checked.unwrap_err().to_string();
    assert!(
        message.contains("test split of demo-film") && message.contains("got 1400"),
        "{message}"
    );
}
