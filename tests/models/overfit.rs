//! What a model that learns must be able to do: know sixteen samples by heart.

use lnln_bench::model::*;
use lnln_bench::train::Optimizers;
use tch::Tensor;

use super::bed::*;

/// Mean absolute error of predictions in evaluation mode.
fn error(built: &Built, batch: &Batch) -> f64 {
    let error = (built.predict(&batch.masked) - &batch.label).abs();
    error.mean(tch::Kind::Double).double_value(&[])
}

/// The error of the best constant.
fn floor(label: &Tensor) -> f64 {
    let error = (label - label.median()).abs();
    error.mean(tch::Kind::Double).double_value(&[])
}

const STEPS: u32 = 400;

/// Its autoencoders raise the sentiment loss without bound, until its weights are NaN (`proxy.rs`).
const ADVERSARIAL: &str = "p_rmf:compat";

/// The first model that does not get there fails the test, by name.
fn learn_by_heart(encoder: &EncoderSetup) {
    for choice in networks() {
        if !takes(&choice, encoder, SHAPES) || choice.name() == ADVERSARIAL {
            continue;
        }
        let (entry, name) = (choice.entry, choice.name());
        let _rng = rng::seeded(17);
        let mut built = Built::still(&choice, encoder);
        let mut batch = batch(encoder, 16);
        let mut recipe = (entry.recipe)(Profile::Mosi);
        recipe.weight_decay = 0.0;
        recipe.learning_rate = recipe.learning_rate.max(1e-3);
        let mut optimizers = Optimizers::new(&built.store, &recipe, built.model.as_ref()).unwrap();
        let bar = 0.2 * floor(&batch.label);
        let before = error(&built, &batch);
        assert!(before > bar, "{name}: nothing to learn");
        let mut best = before;
        for step in 1..=STEPS {
            batch.epoch = step;
            built.step(&mut optimizers, &batch);
            if step % 10 == 0 {
                best = best.min(error(&built, &batch));
            }
            if best < bar {
                break;
            }
        }
        assert!(
            best < bar,
            "{name}: {before} before, {best} after, bar {bar}"
        );
    }
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn sixteen_samples_of_ready_made_states_are_learnt_by_heart() {
    learn_by_heart(&encoders()[0]);
}

#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn sixteen_samples_are_learnt_by_heart_with_an_encoder_inside() {
    learn_by_heart(&encoders()[1]);
}
