//! Properties every registered model must have.

use lnln_bench::model::*;
use lnln_bench::train::Precision;
use tch::{Device, Tensor};

use super::bed::*;

#[test]
fn every_parameter_has_a_finite_gradient_that_is_not_zero() {
    for_every_variant(|choice, encoder| {
        // Losses on labels that a model makes have no gradient in the first epoch. Of an odd number of
        // samples, so that the signs of absolute errors cannot cancel in the last bias.
        let mut batch = batch(encoder, 5);
        // Of both signs: a class without samples is what breaks the reference's form of Self-MM.
        let signs = Tensor::from_slice(&[1f32, -1.0, 1.0, -1.0, 1.0]).unsqueeze(1);
        batch.label = batch.label.abs() * signs;
        let mut built = Built::of(choice, encoder);
        // Learned tokens start as ones, of which a norm makes zeros: its weights learn after a step.
        built.fit(&batch);
        for epoch in 1..=2 {
            batch.epoch = epoch;
            built.check_gradients(&batch, &choice.name());
        }
        batch.epoch = 3;
        built.check_learning(&batch, &choice.name());
    });
}

#[test]
fn products_in_bfloat16_still_train() {
    for_every_network(|choice, encoder| {
        let (mut built, mut batch) = (Built::of(choice, encoder), batch(encoder, 5));
        for epoch in 1..=2 {
            batch.epoch = epoch;
            let guard = Precision::Bf16.enter(Device::Cpu).unwrap();
            let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
            drop(guard);
            assert!(is_finite(&losses.total), "{}", choice.name());
            if built.entry.trained {
                backward(built.model.as_ref(), &losses.total).unwrap();
            }
        }
        for (name, tensor) in built.sorted() {
            let gradient = tensor.grad();
            assert!(
                !gradient.defined() || is_finite(&gradient),
                "{}: {name}",
                choice.name()
            );
        }
    });
}

#[test]
fn same_seed_gives_same_bytes() {
    for_every_network(|choice, encoder| {
        let run = || {
            tch::manual_seed(5);
            let batch = batch(encoder, 5);
            let mut built = Built::of(choice, encoder);
            built.fit(&batch);
            let prediction = built.predict(&batch.masked);
            (built.sorted(), prediction)
        };
        let ((first, p), (second, q)) = (run(), run());
        assert!(p.equal(&q), "{}", choice.name());
        for ((name, a), (_, b)) in first.iter().zip(&second) {
            assert!(a.equal(b), "{}: {name}", choice.name());
        }
    });
}

#[test]
fn saved_parameters_predict_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.safetensors");
    for_every_network(|choice, encoder| {
        let batch = batch(encoder, 3);
        let mut built = Built::of(choice, encoder);
        built.fit(&batch);
        built.store.save(&file).unwrap();
        let mut other = Built::of(choice, encoder);
        let predict = |built: &Built| built.predict(&batch.masked);
        assert!(
            !predict(&other).equal(&predict(&built)),
            "{}",
            choice.name()
        );
        other.store.load(&file).unwrap();
        assert!(predict(&other).equal(&predict(&built)), "{}", choice.name());
    });
}

#[test]
fn everything_missing_still_gives_a_prediction_and_gradients() {
    for_every_variant(|choice, encoder| {
        let (mut built, name) = (Built::of(choice, encoder), choice.name());
        let nothing = nothing_of(batch(encoder, 4), encoder);
        let prediction = built.predict(&nothing.masked);
        assert_eq!(prediction.size(), [4, 1], "{}", name);
        assert!(is_finite(&prediction), "{}", name);
        built.check_gradients(&nothing, &name);
    });
}

#[test]
fn one_sample_can_be_trained_on() {
    for_every_variant(|choice, encoder| {
        let mut built = Built::of(choice, encoder);
        let one = batch(encoder, 1);
        built.check_gradients(&one, &choice.name());
        assert!(is_finite(&built.predict(&one.masked)), "{}", choice.name());
        let nothing = nothing_of(one, encoder);
        built.check_gradients(&nothing, &choice.name());
        let prediction = built.predict(&nothing.masked);
        assert!(is_finite(&prediction), "{}", choice.name());
    });
}

#[test]
fn text_of_the_other_kind_is_refused() {
    let [states, tokens] = encoders();
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        let _rng = rng::seeded(17);
        for (inside, given) in [(&states, &tokens), (&tokens, &states)] {
            if !takes(&base(entry), inside, SHAPES) {
                continue;
            }
            let mut built = Built::new(entry, inside);
            let error = built
                .model
                .train(&batch(given, 2), &mut Trace::off())
                .unwrap_err();
            assert!(
                error.to_string().contains("text"),
                "{}: {error}",
                entry.name
            );
        }
    }
}

#[test]
fn batch_without_complete_inputs_is_refused_where_they_are_needed() {
    for_every_model(|entry, encoder| {
        let mut built = Built::new(entry, encoder);
        let mut batch = batch(encoder, 2);
        batch.complete = None;
        let result = built.model.train(&batch, &mut Trace::off());
        assert_eq!(result.is_err(), entry.needs_complete, "{}", entry.name);
    });
}

#[test]
fn constant_is_the_median() {
    let built = Built::new(&constant::ENTRY, &encoders()[0]);
    let prediction = built.predict(&batch(&encoders()[0], 2).masked);
    assert!(prediction.equal(&prediction.full_like(0.5)));
}
