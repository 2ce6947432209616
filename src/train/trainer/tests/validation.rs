//! A signal while an epoch is looked at: its steps are stored, and the look alone is repeated.

use super::*;

/// Raises a signal in this look, counted from 1; gives the epoch and step that the fit stops at.
fn stopped_in(bed: &Bed, name: &str, look: usize) -> (u32, usize) {
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&flag);
    let prepare = |model: &mut Line| model.stop_evaluating = Some((look, Arc::clone(&stop)));
    match bed.fit_until(name, prepare, &flag) {
        Err(Error::Interrupted { epoch, step }) => (epoch, step),
        other => panic!("{name}: expected a fit that stops, found {other:?}"),
    }
}

/// Goes on to the end; gives the state and the passes that were trained.
fn goes_on(bed: &Bed, name: &str) -> (State, usize) {
    let passes = Arc::new(AtomicUsize::new(0));
    let state = bed.fit(name, |model| model.passes = Arc::clone(&passes));
    (state.unwrap(), passes.load(Ordering::Relaxed))
}

#[test]
fn a_signal_in_validation_loses_no_step() {
    let bed = Bed {
        trainer_options: TrainerOptions {
            lr_plateau: Some(1),
            early_stop: Some(9),
            ..TrainerOptions::NONE
        },
        watches_two: true,
        ..Bed::new(Selection::default())
    };
    let whole = bed.fit("undisturbed", |_| {}).unwrap();
    // Three steps and four looks an epoch: the fifth to eighth look at the second. No pass comes after
    // the eighth: the epoch is finished.
    for (look, place) in [(5, (1, 3)), (6, (1, 3)), (7, (1, 3)), (8, (2, 0))] {
        let name = format!("look {look}");
        assert_eq!(stopped_in(&bed, &name, look), place, "{name}");
        let (state, passes) = goes_on(&bed, &name);
        assert_eq!(state, whole, "{name}");
        assert_eq!(passes, 6, "{name}: the steps of two epochs were left");
        ends_alike(&bed, &name);
    }
}

#[test]
fn validation_may_be_stopped_again_and_in_the_last_epoch() {
    let bed = Bed::new(Selection::Last);
    let whole = bed.fit("undisturbed", |_| {}).unwrap();
    // Two looks an epoch.
    let look = 2 * bed.epochs as usize - 1;
    assert_eq!(stopped_in(&bed, "stopped", look), (3, 3));
    assert_eq!(stopped_in(&bed, "stopped", 1), (3, 3));
    assert!(!bed.files("stopped").best.exists(), "no epoch is the last");
    assert_eq!(goes_on(&bed, "stopped"), (whole, 0));
    ends_alike(&bed, "stopped");
}

/// What is stored can be gone on from, whoever stopped the fit.
#[test]
fn weights_that_are_not_finite_are_not_stored_by_a_signal() {
    let bed = Bed::new(Selection::default());
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&flag);
    // The last pass of the first epoch breaks the weights and raises the flag.
    let prepare = |model: &mut Line| {
        model.spoilt = Some(3);
        model.stop = Some((3, Arc::clone(&stop)));
    };
    let stopped = bed.fit_until("spoilt", prepare, &flag);
    assert!(
        matches!(stopped, Err(Error::NotFiniteWeights { epoch: 1, .. })),
        "{stopped:?}"
    );
    assert!(!bed.files("spoilt").last.exists());
}
