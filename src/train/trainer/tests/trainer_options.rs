//! Steps over several batches, reduced rates and early ends, stopped and gone on with.

use super::*;
use crate::model::trainer_options::MonitoredMetric;

fn with(trainer_options: TrainerOptions, selection: Selection) -> Bed {
    Bed {
        trainer_options,
        epochs: 12,
        ..Bed::new(selection)
    }
}

/// Fits `bed` once undisturbed and once stopped after every pass in turn; both end alike.
fn is_the_same_however_often_it_is_stopped(bed: &Bed, passes: usize) -> State {
    let whole = bed.fit("undisturbed", |_| {}).unwrap();
    let flag = Arc::new(AtomicBool::new(false));
    let mut stops = 0;
    let resumed = loop {
        flag.store(false, Ordering::Relaxed);
        let stop = Arc::clone(&flag);
        let prepare = |model: &mut Line| model.stop = Some((passes, Arc::clone(&stop)));
        match bed.fit_until("stopped", prepare, &flag) {
            Ok(state) => break state,
            Err(Error::Interrupted { .. }) => stops += 1,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(stops > 1, "{stops}");
    assert_eq!(whole, resumed);
    ends_alike(bed, "stopped");
    whole
}

#[test]
fn a_plateau_reduces_the_rate_and_a_stopped_fit_knows_of_it() {
    let trainer_options = TrainerOptions {
        lr_plateau: Some(1),
        ..TrainerOptions::NONE
    };
    let bed = with(trainer_options, Selection::default());
    let state = is_the_same_however_often_it_is_stopped(&bed, 4);
    assert!(state.reduction() < 1.0, "{state:?}");
    let rates: Vec<f64> = bed
        .logged("stopped", "learning_rate")
        .iter()
        .map(|rate| rate.as_f64().unwrap())
        .collect();
    assert_eq!(rates[0], 0.05);
    let steps: Vec<f64> = rates.windows(2).map(|pair| pair[1] / pair[0]).collect();
    let is = |step: f64, factor: f64| (step - factor).abs() < 1e-12;
    assert!(
        steps.iter().all(|&step| is(step, 1.0) || is(step, 0.1)),
        "{rates:?}"
    );
    assert!(steps.iter().any(|&step| is(step, 0.1)), "{rates:?}");
}

#[test]
fn a_fit_without_improvement_ends_early_and_stays_ended() {
    let trainer_options = TrainerOptions {
        early_stop: Some(2),
        ..TrainerOptions::NONE
    };
    for selection in [Selection::default(), Selection::Last] {
        let bed = with(trainer_options, selection.clone());
        let state = is_the_same_however_often_it_is_stopped(&bed, 4);
        assert!(state.epoch < bed.epochs, "{state:?}");
        assert_eq!(bed.lines("undisturbed").len(), state.epoch as usize);
        // Gone on with, it knows that it is over.
        assert_eq!(bed.fit("undisturbed", |_| {}).unwrap(), state);
        if selection == Selection::Last {
            assert_eq!(state.selected(), state.epoch, "the last epoch there was");
        }
        let weights = weights_of(&bed.files("undisturbed").best);
        assert_eq!(weights.len(), 2);
    }
}

#[test]
fn batches_of_a_step_are_summed_and_the_last_ones_count() {
    let trainer_options = |grad_accum| TrainerOptions {
        grad_accum,
        ..TrainerOptions::NONE
    };
    // Ten samples: batches of 4, 4, 2; two to a step make steps of 8 and 2.
    let bed = with(trainer_options(2), Selection::Last);
    let still = |model: &mut Line| model.draws = false;
    bed.fit("summed", still).unwrap();
    let by_hand = by_hand(&bed);
    let found = weights_of(&bed.files("summed").best);
    for (a, b) in found.iter().zip(&by_hand) {
        assert!((a - b).abs() < 1e-5, "{found:?} {by_hand:?}");
    }
    let one = with(trainer_options(1), Selection::Last);
    one.fit("single", still).unwrap();
    assert_ne!(weights_of(&one.files("single").best), found);
    let state = is_the_same_however_often_it_is_stopped(&bed, 3);
    assert_eq!((state.epoch, state.step), (bed.epochs, 0));
}

/// The same fit with PyTorch's way of saying it: backward per batch, a step every second one.
fn by_hand(bed: &Bed) -> Vec<f64> {
    let store = nn::VarStore::new(Device::Cpu);
    let mut model = Line::new(&store);
    model.draws = false;
    let recipe = Recipe {
        rule: Update::AdamW,
        learning_rate: 0.05,
        weight_decay: 0.01,
        batch_size: 4,
        epochs: bed.epochs,
        clip: GradClip::None,
        trainer_options: TrainerOptions::NONE,
    };
    let groups = model.groups(&recipe);
    let mut optimizer = Optimizer::new(&store, &recipe, &groups).unwrap();
    for epoch in 1..=bed.epochs {
        let rows = order::shuffled(SAMPLES, 5, epoch);
        let batches: Vec<&[i64]> = rows.chunks(4).collect();
        for step in batches.chunks(2) {
            optimizer.zero_grad().unwrap();
            for rows in step {
                let index = Tensor::from_slice(rows);
                let inputs = bed.views[0].inputs(&bed.train, &index);
                let prediction = model.predict(&inputs, &mut Trace::off()).unwrap();
                let label = bed.train.labels.index_select(0, &index);
                prediction.mse_loss(&label, Reduction::Mean).backward();
            }
            optimizer.step(1.0).unwrap();
        }
    }
    let mut all: Vec<(String, Tensor)> = store.variables().into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.iter().map(|(_, t)| t.double_value(&[0])).collect()
}

#[test]
fn trainer_options_monitor_the_loss_of_the_model_s_task() {
    let seen = |monitored| {
        let trainer_options = TrainerOptions {
            early_stop: Some(3),
            monitored,
            ..TrainerOptions::NONE
        };
        let bed = with(trainer_options, Selection::default());
        let state = bed.fit("fit", |model| model.draws = false).unwrap();
        state.early_stop.unwrap()
    };
    assert_ne!(seen(MonitoredMetric::Mae), seen(MonitoredMetric::Mse));
}
