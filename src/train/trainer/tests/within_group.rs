//! Tests updates after each batch of a group whose gradients are summed.

use super::*;

fn bed() -> Bed {
    Bed {
        trainer_options: TrainerOptions {
            grad_accum: 2,
            ..TrainerOptions::NONE
        },
        ..Bed::new(Selection::Last)
    }
}

fn prepare(model: &mut Line) {
    (model.draws, model.divisible, model.within_group) = (false, false, true);
}

/// The fit of `bed` step by step: three batches an epoch, the first two of which are a full group.
fn by_hand(bed: &Bed) -> f64 {
    let store = nn::VarStore::new(Device::Cpu);
    let mut model = Line::new(&store);
    prepare(&mut model);
    let recipe = Recipe {
        rule: Update::AdamW,
        learning_rate: 0.05,
        weight_decay: 0.01,
        batch_size: 4,
        epochs: bed.epochs,
        clip: GradClip::None,
        trainer_options: bed.trainer_options,
    };
    let groups = model.groups(&recipe);
    let mut optimizer = Optimizer::new(&store, &recipe, &groups).unwrap();
    for epoch in 1..=bed.epochs {
        for group in order::shuffled(SAMPLES, 5, epoch).chunks(8) {
            optimizer.zero_grad().unwrap();
            for rows in group.chunks(4) {
                let index = Tensor::from_slice(rows);
                let inputs = bed.views[0].inputs(&bed.train, &index);
                let prediction = model.predict(&inputs, &mut Trace::off()).unwrap();
                let label = bed.train.labels.index_select(0, &index);
                prediction.mse_loss(&label, Reduction::Mean).backward();
                optimizer.step(1.0).unwrap();
            }
            if group.len() == 8 {
                optimizer.step(1.0).unwrap();
            }
        }
    }
    model.weight.double_value(&[0])
}

#[test]
fn every_batch_updates_and_a_full_group_once_more() {
    let bed = bed();
    bed.fit("fit", prepare).unwrap();
    let (tensors, _) = checkpoint::load(&bed.files("fit").last).unwrap();
    let found = tensors.iter().find(|(name, _)| name == "weight").unwrap();
    assert_eq!(found.1.double_value(&[0]), by_hand(&bed));
}
