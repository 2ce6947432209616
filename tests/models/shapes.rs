//! Every model on the shapes of MOSI, MOSEI and SIMS, aligned and not.

use lnln_bench::model::*;

use super::bed::*;

/// Steps of text, audio and vision, features of audio and vision.
fn shapes(steps: [i64; 3], widths: [i64; 2]) -> Shapes {
    Shapes {
        text_steps: steps[0],
        audio_steps: steps[1],
        vision_steps: steps[2],
        audio_width: widths[0],
        vision_width: widths[1],
    }
}

/// Those of MMSA's files. SIMS has no aligned one; features averaged to the text's steps have its form.
fn published() -> [(&'static str, Profile, Shapes); 7] {
    [
        ("mosi", Profile::Mosi, shapes([50, 375, 500], [5, 20])),
        ("mosi aligned", Profile::Mosi, shapes([50; 3], [5, 20])),
        ("mosei", Profile::Mosei, shapes([50, 500, 500], [74, 35])),
        ("mosei aligned", Profile::Mosei, shapes([50; 3], [74, 35])),
        ("sims", Profile::Sims, shapes([39, 400, 55], [33, 709])),
        ("sims aligned", Profile::Sims, shapes([39; 3], [33, 709])),
        ("simsv2", Profile::SimsV2, shapes([50, 925, 232], [25, 177])),
    ]
}

#[test]
fn every_model_trains_and_predicts_on_the_published_shapes() {
    let states = EncoderSetup::States { width: 16 };
    for entry in MODELS {
        for (data, profile, shapes) in published() {
            let _rng = rng::seeded(17);
            let choice = form(entry, shapes);
            let encoder = if takes(&choice, &states, shapes) {
                states.clone()
            } else {
                EncoderSetup::tiny(120)
            };
            let config = choice.config(profile);
            let mut built =
                Built::for_shapes(&choice, &encoder, config, (profile, shapes)).unwrap();
            let batch = batch_of(&encoder, 2, shapes);
            let name = format!("{} on {data}", entry.name);
            built.check_gradients(&batch, &name);
            let prediction = built.predict(&batch.masked);
            assert_eq!(prediction.size(), [2, 1], "{name}");
            assert!(is_finite(&prediction), "{name}");
        }
    }
}

/// Shorter samples than a model was built for are padded shorter, not another model.
#[test]
fn features_of_other_widths_are_refused_by_name() {
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        let encoder = encoders_of(entry).remove(0);
        let _rng = rng::seeded(17);
        let mut built = Built::new(entry, &encoder);
        let wrong = [
            ("audio", [9, SHAPES.vision_width]),
            ("vision", [SHAPES.audio_width, 9]),
        ];
        for (modality, [audio_width, vision_width]) in wrong {
            let wrong = Shapes {
                audio_width,
                vision_width,
                ..SHAPES
            };
            let batch = batch_of(&encoder, 2, wrong);
            let refused = built.model.train(&batch, &mut Trace::off()).unwrap_err();
            let (name, message) = (entry.name, refused.to_string());
            let expected = format!("{name}: expected {modality} features of shape (B, ");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

/// One vector per sample: the convolutions of MulT and DMD pad it with zeros to their width.
#[test]
fn what_is_too_short_for_a_convolution_is_padded() {
    let encoder = EncoderSetup::States { width: 5 };
    let shapes = Shapes {
        audio_steps: 1,
        vision_steps: 1,
        ..SHAPES
    };
    for name in ["mult", "dmd"] {
        let _rng = rng::seeded(17);
        let choice = Choice::parse(name).unwrap();
        let config = choice.config(Profile::Mosi);
        let built = Built::for_shapes(&choice, &encoder, config, (Profile::Mosi, shapes));
        let batch = batch_of(&encoder, 2, shapes);
        built.unwrap().check_gradients(&batch, name);
    }
}

/// The reference's norm has a channel per step of text; ours reads any number.
#[test]
fn shorter_text_than_a_norm_has_channels_is_refused() {
    let encoder = EncoderSetup::States { width: 5 };
    let _rng = rng::seeded(17);
    let shorter = Shapes {
        text_steps: SHAPES.text_steps - 1,
        ..SHAPES
    };
    let batch = batch_of(&encoder, 2, shorter);
    Built::named("ef_lstm").check_gradients(&batch, "ef_lstm");
    let mut compat = Built::named("ef_lstm:compat");
    let refused = compat.model.train(&batch, &mut Trace::off()).unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("(B, 6, 5), as its norm has a channel per step, got (2, 5, 5)"),
        "{message}"
    );
}
