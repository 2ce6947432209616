//! A training in two halves, through a file: the same bytes as in one go.

use lnln_bench::model::*;
use lnln_bench::train::{Optimizers, checkpoint};
use tch::Tensor;

use super::bed::*;

/// Epochs of one step each, dropout drawn by the epoch as in a real fit.
fn epochs(built: &mut Built, optimizers: &mut Optimizers, batch: &mut Batch, which: [u32; 2]) {
    for epoch in which[0]..=which[1] {
        tch::manual_seed(i64::from(epoch));
        batch.epoch = epoch;
        built.step(optimizers, batch);
    }
}

fn begin(choice: &Choice, encoder: &EncoderSetup) -> (Built, Optimizers) {
    tch::manual_seed(3);
    let built = Built::of(choice, encoder);
    let mut recipe = (choice.entry.recipe)(Profile::Mosi);
    recipe.learning_rate = 1e-3;
    let optimizers = Optimizers::new(&built.store, &recipe, built.model.as_ref()).unwrap();
    (built, optimizers)
}

#[test]
fn a_checkpoint_holds_all_that_decides_how_training_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.safetensors");
    for choice in networks() {
        for encoder in encoders_of(choice.entry) {
            let _rng = rng::seeded(17);
            let mut batch = batch(&encoder, 6);
            let (mut whole, mut optimizers) = begin(&choice, &encoder);
            epochs(&mut whole, &mut optimizers, &mut batch, [1, 2]);
            let mut stored = whole.sorted();
            stored.extend(optimizers.state());
            checkpoint::save(&file, &stored, "{}").unwrap();
            epochs(&mut whole, &mut optimizers, &mut batch, [3, 5]);
            let (mut resumed, mut optimizers) = begin(&choice, &encoder);
            let (stored, _) = checkpoint::load(&file).unwrap();
            for (name, mut own) in resumed.sorted() {
                let of_name = stored.iter().find(|(known, _)| *known == name);
                tch::no_grad(|| own.copy_(&of_name.unwrap().1));
            }
            optimizers.load_state(&stored).unwrap();
            epochs(&mut resumed, &mut optimizers, &mut batch, [3, 5]);
            for ((name, a), (_, b)) in whole.sorted().iter().zip(&resumed.sorted()) {
                assert!(a.equal(b), "{}: {name}", choice.name());
            }
        }
    }
}

/// Self-MM's labels per modality move from the second epoch on, and centres with them: the test above
/// would see a checkpoint without them.
#[test]
fn labels_of_single_modalities_are_part_of_the_checkpoint() {
    let encoder = EncoderSetup::tiny(120);
    let _rng = rng::seeded(17);
    let mut batch = batch(&encoder, 6);
    let (mut built, mut optimizers) = begin(&Choice::parse("self_mm").unwrap(), &encoder);
    let state = |built: &Built, what: &str| -> Tensor {
        let all = built.sorted().into_iter();
        let mut found = all.filter(|(name, _)| name == &format!("state.{what}"));
        found.next().unwrap().1.copy()
    };
    epochs(&mut built, &mut optimizers, &mut batch, [1, 1]);
    let index = Tensor::from_slice(&batch.index);
    let own = batch.label.flatten(0, -1);
    let labels = |built: &Built, space: &str| {
        state(built, &format!("labels_{space}")).index_select(0, &index)
    };
    for space in ["fusion", "text", "audio", "vision"] {
        assert!(
            labels(&built, space).equal(&own),
            "{space} starts with the sample's label"
        );
        assert!(
            state(&built, &format!("centers_{space}"))
                .abs()
                .max()
                .double_value(&[])
                > 0.0
        );
    }
    epochs(&mut built, &mut optimizers, &mut batch, [2, 4]);
    assert!(labels(&built, "fusion").equal(&own));
    for space in ["text", "audio", "vision"] {
        assert!(!labels(&built, space).equal(&own), "{space} has moved");
    }
}
