//! Models that change a BERT from inside: what they read, what they refuse, and CENET's reference bugs.

use lnln_bench::model::*;
use tch::{Kind, Tensor};

use super::bed::*;

fn built(name: &str) -> Built {
    Built::of(&Choice::parse(name).unwrap(), &EncoderSetup::tiny(120))
}

fn inside() -> [Choice; 3] {
    ["bert_mag:avg-pool", "cenet", "cenet:compat"].map(|name| Choice::parse(name).unwrap())
}

/// Three samples with frames beyond their lengths, as a data set may have them.
fn with_noise_in_padding() -> [Batch; 2] {
    let encoder = EncoderSetup::tiny(120);
    let batch = || {
        tch::manual_seed(11);
        batch(&encoder, 3)
    };
    let (clean, noisy) = (batch(), batch());
    for sample in 0..3 {
        let frames = [
            (&noisy.masked.audio, &noisy.masked.audio_lengths),
            (&noisy.masked.vision, &noisy.masked.vision_lengths),
        ];
        for (frames, lengths) in frames {
            let (steps, length) = (frames.size()[1], lengths.int64_value(&[sample]));
            let _ = frames
                .get(sample)
                .narrow(0, length, steps - length)
                .fill_(5.0);
        }
    }
    [clean, noisy]
}

#[test]
fn cenet_s_words_do_not_attend_to_padding_and_its_reference_s_do() {
    let _rng = rng::seeded(3);
    let [clean, noisy] = with_noise_in_padding();
    for (name, reads) in [("cenet", false), ("cenet:compat", true)] {
        tch::manual_seed(3);
        let mut built = built(name);
        built.fit(&clean);
        for engine in [Engine::default(), Engine::REFERENCE] {
            built.model.set_engine(engine);
            let [a, b] = [&clean, &noisy].map(|batch| built.predict(&batch.masked));
            assert_eq!(!a.equal(&b), reads, "{name} {engine:?}");
        }
    }
}

#[test]
fn cenet_trains_its_embedding_and_its_reference_does_not() {
    let _rng = rng::seeded(3);
    for (name, trained) in [("cenet", true), ("cenet:compat", false)] {
        for engine in [Engine::default(), Engine::RECOMPUTE] {
            tch::manual_seed(3);
            let mut built = built(name);
            built.model.set_engine(engine);
            let embedding = |built: &Built| -> Vec<(String, Tensor)> {
                let all = built.sorted().into_iter();
                let all = all.filter(|(name, _)| name.starts_with("bert.embeddings."));
                all.map(|(name, tensor)| (name, tensor.copy())).collect()
            };
            let before = embedding(&built);
            let batch = batch(&EncoderSetup::tiny(120), 4);
            let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
            backward(built.model.as_ref(), &losses.total).unwrap();
            let recipe = (built.entry.recipe)(Profile::Mosi);
            let groups = built.model.groups(&recipe);
            let optimizer = lnln_bench::train::Optimizer::new(&built.store, &recipe, &groups);
            optimizer.unwrap().step(1.0).unwrap();
            for ((parameter, before), (_, after)) in before.iter().zip(embedding(&built)) {
                let unread = ["senti", "pos_tag", "polarity"];
                let unread = unread.iter().any(|table| parameter.contains(table));
                let moved = !before.equal(&after);
                assert_eq!(moved, trained && !unread, "{name} {engine:?}: {parameter}");
            }
            let block = built.store.variables()["bert.encoder.CE.hv.Wv.weight"].grad();
            assert!(
                block.abs().max().double_value(&[]) > 0.0,
                "{name} {engine:?}"
            );
        }
    }
}

/// Outputs depend on audio and vision through every engine and in evaluation.
#[test]
fn what_is_beside_the_text_reaches_the_prediction() {
    let _rng = rng::seeded(3);
    for choice in inside() {
        tch::manual_seed(3);
        let encoder = EncoderSetup::tiny(120);
        let mut built = Built::of(&choice, &encoder);
        let batch = batch(&encoder, 4);
        built.fit(&batch);
        let before = built.predict(&batch.masked);
        for modality in 0..2 {
            let frames = [&batch.masked.audio, &batch.masked.vision][modality];
            let kept = frames.copy();
            let _ = frames.shallow_clone().g_add_scalar_(1.0);
            let after = built.predict(&batch.masked);
            assert!(!before.equal(&after), "{} {modality}", choice.name());
            frames.shallow_clone().copy_(&kept);
        }
    }
}

#[test]
fn a_sample_s_prediction_is_the_same_alone_and_in_a_batch() {
    let _rng = rng::seeded(3);
    for choice in inside() {
        tch::manual_seed(3);
        let encoder = EncoderSetup::tiny(120);
        let mut built = Built::of(&choice, &encoder);
        let batch = batch(&encoder, 5);
        built.fit(&batch);
        built.store.set_kind(Kind::Double);
        let inputs = Inputs {
            audio: batch.masked.audio.to_kind(Kind::Double),
            vision: batch.masked.vision.to_kind(Kind::Double),
            ..batch.masked
        };
        let all = built.predict(&inputs);
        for sample in 0..5 {
            let alone = built.predict(&inputs.narrow(sample, 1));
            let error = (all.narrow(0, sample, 1) - alone).abs().max();
            assert!(error.double_value(&[]) < 1e-12, "{}", choice.name());
        }
    }
}

#[test]
fn recomputation_draws_the_same_dropout_in_a_hook() {
    let _rng = rng::seeded(3);
    for choice in inside() {
        let encoder = EncoderSetup::tiny(120);
        let gradients = || {
            tch::manual_seed(3);
            let batch = batch(&encoder, 4);
            let mut built = Built::of(&choice, &encoder);
            built.model.set_engine(Engine::RECOMPUTE);
            built.store.set_kind(Kind::Double);
            let double = |x: &Tensor| x.to_kind(Kind::Double);
            let batch = Batch {
                label: double(&batch.label),
                masked: Inputs {
                    audio: double(&batch.masked.audio),
                    vision: double(&batch.masked.vision),
                    ..batch.masked
                },
                missing_rate: batch.missing_rate.each_ref().map(double),
                complete: None,
                ..batch
            };
            (built, batch)
        };
        let (mut built, batch) = gradients();
        let loss = |built: &mut Built| {
            tch::manual_seed(9);
            built.model.train(&batch, &mut Trace::off()).unwrap().total
        };
        let value = loss(&mut built);
        backward(built.model.as_ref(), &value).unwrap();
        // The gradient is that of the value under its own draws.
        let hook = ["MAG.W_v.weight", "CE.cat_connect.weight"];
        let all = built.sorted().into_iter();
        let mut all = all.filter(|(name, _)| hook.iter().any(|end| name.ends_with(end)));
        let (name, parameter) = all.next().unwrap();
        let slope = parameter.grad();
        let direction = slope.sign();
        let expected = slope.abs().sum(Kind::Double).double_value(&[]);
        let step = 1e-6;
        let mut shifted = |by: f64| {
            let _ = tch::no_grad(|| parameter.shallow_clone().g_add_(&(&direction * by)));
            let shifted = loss(&mut built).double_value(&[]);
            built.model.text_encoder().unwrap().clear_tape();
            shifted
        };
        let (up, down) = (shifted(step), shifted(-2.0 * step));
        let measured = (up - down) / (2.0 * step);
        assert!(
            (measured - expected).abs() < 1e-4 * expected.max(1e-3),
            "{name}: {measured} beside {expected}"
        );
    }
}

/// What planning a sweep is told.
fn refused(name: &str, encoder: &EncoderSetup, shapes: Shapes) -> String {
    let outline = Outline {
        shapes,
        has_encoder: matches!(encoder, EncoderSetup::Bert { .. }),
    };
    let choice = Choice::parse(name).unwrap();
    let refused = choice
        .check(&choice.config(Profile::Mosi), &outline)
        .unwrap_err();
    refused.to_string()
}

#[test]
fn ready_made_states_are_refused_with_the_reason_and_what_to_run() {
    let _rng = rng::seeded(3);
    let states = EncoderSetup::States { width: 5 };
    for name in ["bert_mag", "bert_mag:avg-pool", "cenet", "cenet:compat"] {
        let message = refused(name, &states, SHAPES);
        for part in [
            "whose layers it changes",
            "--encoder bert:DIR",
            "frozen:DIR",
        ] {
            assert!(message.contains(part), "{message}");
        }
        let choice = Choice::parse(name).unwrap();
        let config = choice.config(Profile::Mosi);
        let built = Built::for_shapes(&choice, &states, config, (Profile::Mosi, SHAPES));
        assert_eq!(built.err().unwrap().to_string(), message);
    }
}

#[test]
fn frames_that_are_not_aligned_are_refused_with_the_variant_that_averages_them() {
    let _rng = rng::seeded(3);
    let encoder = EncoderSetup::tiny(120);
    let message = refused("bert_mag", &encoder, SHAPES);
    for part in [
        "aligned data, a frame for each of the text's 6 steps",
        "7 frames of audio and 9 of vision",
        "bert_mag:avg-pool",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let aligned = Shapes {
        audio_steps: SHAPES.text_steps,
        vision_steps: SHAPES.text_steps,
        ..SHAPES
    };
    assert!(takes(
        &Choice::parse("bert_mag").unwrap(),
        &encoder,
        aligned
    ));
    // A batch that is not, of data that are.
    let choice = Choice::parse("bert_mag").unwrap();
    let config = choice.config(Profile::Mosi);
    let built = Built::for_shapes(&choice, &encoder, config, (Profile::Mosi, aligned));
    let refused = built
        .unwrap()
        .model
        .train(&batch(&encoder, 2), &mut Trace::off());
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("a frame per word of the text"),
        "{message}"
    );
}

/// On aligned data both forms are one model.
#[test]
fn averaging_changes_nothing_where_data_are_aligned() {
    let _rng = rng::seeded(3);
    let encoder = EncoderSetup::tiny(120);
    let aligned = Shapes {
        audio_steps: SHAPES.text_steps,
        vision_steps: SHAPES.text_steps,
        ..SHAPES
    };
    let predict = |name: &str| {
        tch::manual_seed(3);
        let choice = Choice::parse(name).unwrap();
        let config = choice.config(Profile::Mosi);
        let built = Built::for_shapes(&choice, &encoder, config, (Profile::Mosi, aligned));
        built
            .unwrap()
            .predict(&batch_of(&encoder, 3, aligned).masked)
    };
    assert!(predict("bert_mag").equal(&predict("bert_mag:avg-pool")));
}

#[test]
fn a_bert_without_the_layer_of_the_block_is_refused() {
    let _rng = rng::seeded(3);
    let encoder = EncoderSetup::Bert {
        config: BertConfig {
            num_hidden_layers: 1,
            ..BertConfig::tiny(120)
        },
        weights: None,
    };
    let choice = Choice::parse("cenet").unwrap();
    let config = choice.config(Profile::Mosi);
    let built = Built::for_shapes(&choice, &encoder, config, (Profile::Mosi, SHAPES));
    let message = built.err().unwrap().to_string();
    assert!(message.contains("at least 2 layers"), "{message}");
}
