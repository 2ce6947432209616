//! The reference's form of a model and the sound one: that they differ, and that the sound one is right.

use lnln_bench::model::*;
use tch::{Kind, Tensor};

use super::bed::*;

fn variable(built: &Built, name: &str) -> Tensor {
    let all = built.store.variables();
    all.get(name)
        .unwrap_or_else(|| panic!("no {name}"))
        .shallow_clone()
}

fn state_of(from: &Built, to: &Built) {
    let theirs = to.store.variables();
    for (name, own) in from.sorted() {
        tch::no_grad(|| theirs[&name].shallow_clone().copy_(&own));
    }
}

/// The only sample of a batch: five of seven frames of audio and three of six words.
fn one_sample() -> Inputs {
    let sample = batch(&encoders()[0], 1).masked;
    let length = |steps: i64| Tensor::from_slice(&[steps]);
    Inputs {
        text: sample.text.map(|text| text.randn_like()),
        audio: sample.audio.randn_like(),
        vision: sample.vision.randn_like(),
        text_lengths: length(3),
        audio_lengths: length(5),
        vision_lengths: length(4),
        ..sample
    }
}

/// Whether the prediction moves with a frame of audio.
fn reads(built: &Built, sample: &Inputs, frame: i64) -> bool {
    let moved = sample.audio.copy();
    let _ = moved.select(1, frame).fill_(7.0);
    let other = Inputs {
        audio: moved,
        ..sample.narrow(0, 1)
    };
    !built.predict(sample).equal(&built.predict(&other))
}

#[test]
fn misa_reads_every_frame_of_a_sample_and_its_reference_as_many_as_it_has_words() {
    let _rng = rng::seeded(3);
    let (sound, compat) = (Built::named("misa"), Built::named("misa:compat"));
    let sample = one_sample();
    let both = |frame| [&sound, &compat].map(|built| reads(built, &sample, frame));
    assert_eq!(both(2), [true, true], "a frame within the text's length");
    assert_eq!(both(4), [true, false], "beyond the text's, within its own");
    assert_eq!(both(5), [false, false], "padding");
}

/// A sample cut to its own lengths is the same sample.
#[test]
fn misa_s_padding_is_not_there() {
    let _rng = rng::seeded(3);
    let (sound, sample) = (Built::named("misa"), one_sample());
    let cut = Inputs {
        text: sample.text.map(|text| text.narrow(1, 0, 3)),
        audio: sample.audio.narrow(1, 0, 5),
        vision: sample.vision.narrow(1, 0, 4),
        ..sample.narrow(0, 1)
    };
    let error = (sound.predict(&sample) - sound.predict(&cut)).abs().max();
    assert!(error.double_value(&[]) < 1e-6, "{error:?}");
}

#[test]
fn lmf_trains_its_fusion_and_its_reference_does_not() {
    let _rng = rng::seeded(3);
    for (name, trained) in [("lmf", true), ("lmf:compat", false)] {
        let mut built = Built::named(name);
        let fusion = ["fusion_weights", "fusion_bias"];
        let before = fusion.map(|name| variable(&built, name).copy());
        let factor = variable(&built, "text_factor").copy();
        built.fit(&batch(&encoders()[0], 5));
        for (i, parameter) in fusion.into_iter().enumerate() {
            let moved = !variable(&built, parameter).equal(&before[i]);
            assert_eq!(moved, trained, "{name}: {parameter}");
        }
        assert!(!variable(&built, "text_factor").equal(&factor), "{name}");
    }
}

fn tfn(name: &str, profile: Profile) -> Built {
    let choice = Choice::parse(name).unwrap();
    let config = choice.config(profile);
    Built::for_shapes(&choice, &encoders()[0], config, (profile, SHAPES)).unwrap()
}

#[test]
fn tfn_predicts_within_the_labels_and_its_reference_within_three() {
    let _rng = rng::seeded(3);
    let numbers = |built: &Built| {
        ["output_range", "output_shift"].map(|name| variable(built, name).double_value(&[0]))
    };
    let samples = batch(&encoders()[0], 8).masked;
    for profile in [Profile::Sims, Profile::SimsV2] {
        let (sound, compat) = (tfn("tfn", profile), tfn("tfn:compat", profile));
        assert_eq!(numbers(&sound), [2.0, -1.0]);
        assert_eq!(numbers(&compat), [6.0, -3.0]);
        // With the same weights the predictions of the two are the same share of their range.
        let (range, shift) = (
            variable(&sound, "output_range"),
            variable(&sound, "output_shift"),
        );
        state_of(&compat, &sound);
        tch::no_grad(|| {
            let _ = range.shallow_clone().fill_(2.0);
            let _ = shift.shallow_clone().fill_(-1.0);
            // Far out, where the sigmoid ends.
            let _ = variable(&sound, "post_fusion_layer_3.bias").fill_(40.0);
        });
        assert!(
            sound
                .predict(&samples)
                .equal(&Tensor::ones([8, 1], (Kind::Float, tch::Device::Cpu)))
        );
        let bias = variable(&compat, "post_fusion_layer_3.bias");
        tch::no_grad(|| variable(&sound, "post_fusion_layer_3.bias").copy_(&bias));
        let error = (sound.predict(&samples) * 3.0 - compat.predict(&samples))
            .abs()
            .max();
        assert!(error.double_value(&[]) < 1e-6, "{error:?}");
    }
    for name in ["tfn", "tfn:compat"] {
        assert_eq!(numbers(&tfn(name, Profile::Mosei)), [6.0, -3.0]);
    }
}

#[test]
fn ef_lstm_normalises_features_and_its_reference_steps() {
    let _rng = rng::seeded(3);
    let samples = batch(&encoders()[0], 5);
    let features = 5 + SHAPES.audio_width + SHAPES.vision_width;
    // Of (B, T, features), the axes a channel is spread over.
    for (name, channels, axes) in [
        ("ef_lstm", features, [0, 1]),
        ("ef_lstm:compat", SHAPES.text_steps, [0, 2]),
    ] {
        let mut built = Built::named(name);
        assert_eq!(
            variable(&built, "norm.running_mean").size(),
            [channels],
            "{name}"
        );
        let mut trace = Trace::on();
        let _ = built.model.train(&samples, &mut trace).unwrap();
        let get = |name: &str| trace.get(name).unwrap();
        let Text::States(text) = &samples.masked.text else {
            panic!("ready-made states");
        };
        let joined = Tensor::cat(&[text, get("audio_aligned"), get("vision_aligned")], 2);
        let mean = joined.mean_dim(axes.as_slice(), true, None::<Kind>);
        let variance = joined.var_dim(axes.as_slice(), false, true);
        let expected = (&joined - mean) / (variance + 1e-5).sqrt();
        let error = (expected - get("normed")).abs().max().double_value(&[]);
        assert!(error < 1e-4, "{name}: {error:e}");
    }
}

/// All labels positive: nothing can be said of where the negative samples are.
#[test]
fn a_center_without_samples_stays_and_is_lost_in_the_reference_of_self_mm_and_tetfn() {
    let _rng = rng::seeded(3);
    let mut batch = batch(&encoders()[0], 4);
    batch.label = batch.label.abs() + 0.1;
    for (name, lost) in [
        ("self_mm", false),
        ("self_mm:compat", true),
        ("tetfn", false),
        ("tetfn:compat", true),
    ] {
        let mut built = Built::named(name);
        batch.epoch = 1;
        let _ = built.model.train(&batch, &mut Trace::off()).unwrap();
        for space in label_bank::SPACES {
            let centers = variable(&built, &format!("state.centers_{space}"));
            assert!(is_finite(&centers.select(0, 0)), "{name}: {space}");
            assert_eq!(is_finite(&centers.select(0, 1)), !lost, "{name}: {space}");
        }
        batch.epoch = 2;
        let _ = built.model.train(&batch, &mut Trace::off()).unwrap();
        let labels = variable(&built, "state.labels_text");
        assert_eq!(is_finite(&labels), !lost, "{name}: every label after it");
    }
}

#[test]
fn tetfn_convolves_vision_in_its_own_width_and_its_reference_in_that_of_audio() {
    let _rng = rng::seeded(17);
    let (sound, compat) = (Built::named("tetfn"), Built::named("tetfn:compat"));
    let width = |built: &Built| variable(built, "video_model.conv.weight").size()[2];
    assert_eq!([width(&sound), width(&compat)], [3, 1]);
    let audio = |built: &Built| variable(built, "audio_model.conv.weight").size()[2];
    assert_eq!([audio(&sound), audio(&compat)], [1, 1]);
}

#[test]
fn emt_dlfr_reads_the_last_token_of_a_text_and_its_reference_does_not() {
    let _rng = rng::seeded(3);
    let (sound, compat) = (Built::named("emt_dlfr"), Built::named("emt_dlfr:compat"));
    let sample = one_sample();
    let both = |step| {
        let other = Inputs {
            text: sample.text.map(|text| {
                let moved = text.copy();
                let _ = moved.select(1, step).fill_(7.0);
                moved
            }),
            ..sample.narrow(0, 1)
        };
        [&sound, &compat].map(|built| !built.predict(&sample).equal(&built.predict(&other)))
    };
    assert_eq!(both(0), [true, true], "CLS is the text's vector");
    assert_eq!(both(1), [true, true], "a word");
    assert_eq!(both(2), [true, false], "SEP");
    assert_eq!(both(3), [false, false], "padding");
}

/// However long the other samples of the batch are.
#[test]
fn emt_dlfr_and_niat_predict_a_sample_alone_as_in_a_batch() {
    let _rng = rng::seeded(3);
    for name in ["emt_dlfr", "emt_dlfr:compat", "niat", "niat:compat"] {
        let (built, samples) = (Built::named(name), batch(&encoders()[0], 6).masked);
        let together = built.predict(&samples);
        for i in 0..6 {
            let alone = built.predict(&samples.narrow(i, 1));
            let error = (alone - together.narrow(0, i, 1)).abs().max();
            assert!(error.double_value(&[]) < 1e-5, "{name}: {error:?}");
        }
    }
}

/// The discriminator moves as its own loss has it, and the network as the others have it.
#[test]
fn niat_trains_its_discriminator_and_its_reference_does_not() {
    let _rng = rng::seeded(3);
    let samples = batch(&encoders()[0], 5);
    let name = "discriminator.Model.model.3.weight";
    for (form, trained) in [("niat", true), ("niat:compat", false)] {
        let mut built = Built::named(form);
        let before = variable(&built, name).copy();
        built.fit(&samples);
        assert_eq!(!variable(&built, name).equal(&before), trained, "{form}");
    }
    let mut built = Built::still(&Choice::parse("niat").unwrap(), &encoders()[0]);
    let gradient = |built: &mut Built, loss: &str| {
        let losses = built.model.train(&samples, &mut Trace::off()).unwrap();
        losses.term(loss).unwrap().backward();
        [name, "fusion.Model.proj_l.weight"].map(|name| {
            let mut tensor = variable(built, name);
            let reached = tensor.grad().defined() && tensor.grad().norm().double_value(&[]) > 0.0;
            tensor.zero_grad();
            reached
        })
    };
    assert_eq!(gradient(&mut built, "d"), [true, false]);
    assert_eq!(gradient(&mut built, "adv"), [false, true]);
}

/// Of four words and seven frames of audio and nine of vision, the last ones of each.
#[test]
fn niat_reads_all_steps_and_its_reference_those_beside_the_first() {
    let _rng = rng::seeded(3);
    let (sound, compat) = (Built::named("niat"), Built::named("niat:compat"));
    let sample = batch(&encoders()[0], 1).masked;
    let length = |steps: i64| Tensor::from_slice(&[steps]);
    let sample = Inputs {
        text: sample.text.map(Tensor::randn_like),
        audio: sample.audio.randn_like(),
        vision: sample.vision.randn_like(),
        text_lengths: length(6),
        audio_lengths: length(7),
        vision_lengths: length(9),
        ..sample
    };
    let both = |frame| [&sound, &compat].map(|built| reads(built, &sample, frame));
    assert_eq!(both(0), [true, true], "the window of the convolution");
    assert_eq!(both(6), [true, false], "a frame of the last word");
}

#[test]
fn niat_predicts_within_the_labels_and_its_reference_within_three() {
    let _rng = rng::seeded(17);
    for (form, expected) in [("niat", [2.0, -1.0]), ("niat:compat", [6.0, -3.0])] {
        let choice = Choice::parse(form).unwrap();
        let config = choice.config(Profile::Sims);
        let shapes = (Profile::Sims, SHAPES);
        let built = Built::for_shapes(&choice, &encoders()[0], config, shapes).unwrap();
        let numbers = ["output_range", "output_shift"]
            .map(|name| variable(&built, &format!("classifier.Model.{name}")).double_value(&[0]));
        assert_eq!(numbers, expected);
    }
}
