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
fn published() -> [(&'static str, Profile, Shapes); 6] {
    [
        ("mosi", Profile::Mosi, shapes([50, 375, 500], [5, 20])),
        ("mosi aligned", Profile::Mosi, shapes([50; 3], [5, 20])),
        ("mosei", Profile::Mosei, shapes([50, 500, 500], [74, 35])),
        ("mosei aligned", Profile::Mosei, shapes([50; 3], [74, 35])),
        ("sims", Profile::Sims, shapes([39, 400, 55], [33, 709])),
        ("sims aligned", Profile::Sims, shapes([39; 3], [33, 709])),
    ]
}

#[test]
fn every_model_trains_and_predicts_on_the_published_shapes() {
    let encoder = EncoderSetup::States { width: 16 };
    for entry in MODELS {
        for (data, profile, shapes) in published() {
            let _rng = rng::seeded(17);
            let choice = Choice::parse(entry.name).unwrap();
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

/// Shorter clips than a model was built for are padded shorter, not another model.
#[test]
fn features_of_other_widths_are_refused_by_name() {
    let encoder = EncoderSetup::States { width: 5 };
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        let _rng = rng::seeded(17);
        let mut built = Built::new(entry, &encoder);
        for wrong in [
            Shapes {
                audio_width: 9,
                ..SHAPES
            },
            Shapes {
                vision_width: 9,
                ..SHAPES
            },
        ] {
            let batch = batch_of(&encoder, 2, wrong);
            let refused = built.model.train(&batch, &mut Trace::off()).unwrap_err();
            let message = refused.to_string();
            assert!(message.starts_with(entry.name), "{message}");
            assert!(message.contains("features"), "{message}");
        }
    }
}

/// MulT's convolutions are not padded: what is shorter than one of them cannot be read.
#[test]
fn what_is_too_short_for_a_convolution_is_refused_with_the_reason() {
    let encoder = EncoderSetup::States { width: 5 };
    let _rng = rng::seeded(17);
    let shapes = Shapes {
        audio_steps: 4,
        ..SHAPES
    };
    let choice = Choice::parse("mult").unwrap();
    let config = choice.config(Profile::Mosi);
    let mut built = Built::for_shapes(&choice, &encoder, config, (Profile::Mosi, shapes)).unwrap();
    let batch = batch_of(&encoder, 2, shapes);
    let refused = built.model.train(&batch, &mut Trace::off()).unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("mult")
            && message.contains("at least 5 steps")
            && message.contains("4 steps"),
        "{message}"
    );
}
