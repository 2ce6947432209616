//! Tests stages with an optimizer of their own, and what follows a step of the main one.

use super::*;
use crate::train::Optimizers;

const WHEN: [When; 3] = [
    When::BeforeEpoch { share: 0.5 },
    When::BeforeEpoch { share: 1.0 },
    When::BeforeStep,
];

fn bed() -> Bed {
    Bed {
        teacher: true,
        ..Bed::new(Selection::Last)
    }
}

/// The fit of `bed` step by step: weight, bias and teacher at its end.
fn by_hand(bed: &Bed, when: When) -> [f64; 3] {
    let store = nn::VarStore::new(Device::Cpu);
    let mut model = Line::new(&store);
    (model.draws, model.stage) = (false, Some(when));
    let recipe = Recipe {
        rule: Update::AdamW,
        learning_rate: 0.05,
        weight_decay: 0.01,
        batch_size: 4,
        epochs: bed.epochs,
        clip: GradClip::None,
        trainer_options: TrainerOptions::NONE,
    };
    let mut optimizers = Optimizers::new(&store, &recipe, &model).unwrap();
    let mut teacher = 0.0;
    let step = |optimizers: &mut Optimizers, stage, rows: &[i64]| {
        let index = Tensor::from_slice(rows);
        let inputs = bed.views[0].inputs(&bed.train, &index);
        let prediction = model.predict(&inputs, &mut Trace::off()).unwrap();
        let label = bed.train.labels.index_select(0, &index);
        let loss = prediction.mse_loss(&label, Reduction::Mean);
        optimizers.of(stage).backward_step(&loss, 1.0).unwrap();
    };
    for epoch in 1..=bed.epochs {
        if let When::BeforeEpoch { share } = when {
            let rows = order::shuffled_for("order, stage offset", SAMPLES, 5, epoch);
            // Of three batches.
            let batches = (share * 3.0).ceil() as usize;
            for rows in rows.chunks(4).take(batches) {
                step(&mut optimizers, Some(0), rows);
            }
        }
        for rows in order::shuffled(SAMPLES, 5, epoch).chunks(4) {
            if when == When::BeforeStep {
                step(&mut optimizers, Some(0), rows);
            }
            step(&mut optimizers, None, rows);
            teacher = teacher * 0.9 + model.weight.double_value(&[0]) * 0.1;
        }
    }
    [&model.weight, &model.bias]
        .map(|tensor| tensor.double_value(&[0]))
        .into_iter()
        .chain([teacher])
        .collect::<Vec<f64>>()
        .try_into()
        .unwrap()
}

fn stored(bed: &Bed, name: &str) -> [f64; 3] {
    let (tensors, _) = checkpoint::load(&bed.files(name).last).unwrap();
    ["weight", "bias", "state.teacher"].map(|name| {
        let found = tensors.iter().find(|(known, _)| known == name);
        found.unwrap().1.double_value(&[0])
    })
}

#[test]
fn a_stage_moves_its_own_parameters_on_its_own_batches() {
    let mut ends = Vec::new();
    for (i, when) in WHEN.into_iter().enumerate() {
        let (bed, name) = (bed(), format!("fit{i}"));
        let prepare = |model: &mut Line| (model.draws, model.stage) = (false, Some(when));
        bed.fit(&name, prepare).unwrap();
        let (found, expected) = (stored(&bed, &name), by_hand(&bed, when));
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-5, "{when:?}: {found:?} {expected:?}");
        }
        ends.push(found);
    }
    assert!(ends[0] != ends[1] && ends[0] != ends[2] && ends[1] != ends[2]);
}

#[test]
fn a_fit_with_stages_stopped_after_any_step_ends_alike() {
    for when in WHEN {
        let bed = bed();
        let prepare = |model: &mut Line| model.stage = Some(when);
        let whole = bed.fit("undisturbed", prepare).unwrap();
        let (flag, mut stops) = (Arc::new(AtomicBool::new(false)), 0);
        let resumed = loop {
            flag.store(false, Ordering::Relaxed);
            let stop = Arc::clone(&flag);
            let stopped = |model: &mut Line| {
                prepare(model);
                model.stop = Some((1, Arc::clone(&stop)));
            };
            match bed.fit_until("stopped", stopped, &flag) {
                Ok(state) => break state,
                Err(Error::Interrupted { .. }) => stops += 1,
                Err(other) => panic!("{other}"),
            }
        };
        assert!(stops >= 12, "{stops}");
        assert_eq!(whole, resumed);
        ends_alike(&bed, "stopped");
        let logged = bed.logged("stopped", "losses");
        assert!(logged[0]["offset.mse"].is_number(), "{logged:?}");
    }
}

#[test]
fn moments_of_a_stage_are_stored_beside_the_main_stage_s() {
    let bed = bed();
    let prepare = |model: &mut Line| model.stage = Some(When::BeforeStep);
    bed.fit("fit", prepare).unwrap();
    let (tensors, _) = checkpoint::load(&bed.files("fit").last).unwrap();
    let names: Vec<&str> = tensors.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["weight.exp_avg", "offset:bias.exp_avg", "offset:bias.step"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.contains(&"bias.exp_avg"), "{names:?}");
}

#[test]
fn exhausted_memory_repeats_no_step_of_another_stage() {
    let bed = bed();
    let fit = |name: &str, room| {
        let prepare = |model: &mut Line| {
            (model.draws, model.room, model.stage) = (false, room, Some(When::BeforeStep));
        };
        bed.fit(name, prepare).unwrap();
        stored(&bed, name)
    };
    let (whole, halved) = (fit("whole", 4), fit("halved", 1));
    for (a, b) in whole.iter().zip(&halved) {
        assert!((a - b).abs() < 1e-6, "{whole:?} {halved:?}");
    }
}
