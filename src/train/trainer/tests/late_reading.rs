//! Tests that losses which are read late, as on a device, give what those give that are read at once.

use super::*;

/// In the middle of an epoch of three steps, and at its end alone.
const LATE: [usize; 2] = [2, 32];

/// The error of a fit, and the weights that it leaves.
fn broken(bed: &Bed, name: &str, prepare: impl Fn(&mut Line)) -> (String, [f64; 2]) {
    let left = RefCell::new(Vec::new());
    let stopped = bed.fit(name, |model| {
        prepare(model);
        let weights = [&model.weight, &model.bias];
        left.replace(weights.map(Tensor::shallow_clone).into());
    });
    let left = left.take();
    let value = |index: usize| left[index].double_value(&[0]);
    (stopped.unwrap_err().to_string(), [value(0), value(1)])
}

/// Checks that the fit ends with one error and the same weights whenever steps are read.
fn ends_with(bed: &mut Bed, name: &str, prepare: impl Fn(&mut Line)) -> String {
    bed.read_interval = 1;
    let early = broken(bed, &format!("{name} early"), &prepare);
    for interval in LATE {
        bed.read_interval = interval;
        let late = broken(bed, &format!("{name} {interval}"), &prepare);
        assert_eq!(late, early, "{name}, read every {interval} steps");
    }
    early.0
}

type Prepare = fn(&mut Line);

#[test]
fn weights_and_logs_are_those_of_an_early_reading() {
    let forms: [(&str, u32, Prepare); 5] = [
        ("plain", 1, |_| {}),
        ("groups", 2, |_| {}),
        ("within groups", 2, |model| model.within_group = true),
        ("stage before", 1, |model| {
            model.stage = Some(When::BeforeEpoch { share: 0.7 });
        }),
        ("stage between", 1, |model| {
            model.stage = Some(When::BeforeStep);
        }),
    ];
    for (form, grad_accum, prepare) in forms {
        let mut bed = Bed::new(Selection::default());
        bed.micro_batch = 3;
        bed.trainer_options.grad_accum = grad_accum;
        bed.fit("undisturbed", prepare).unwrap();
        for interval in LATE {
            bed.read_interval = interval;
            let name = format!("{form} {interval}");
            bed.fit(&name, prepare).unwrap();
            ends_alike(&bed, &name);
        }
    }
}

#[test]
fn a_fit_that_is_stopped_counts_the_steps_that_wait() {
    let mut bed = Bed::new(Selection::default());
    bed.fit("undisturbed", |_| {}).unwrap();
    bed.read_interval = 32;
    for pass in [2, 4, 5] {
        let flag = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&flag);
        let prepare = |model: &mut Line| model.stop = Some((pass, Arc::clone(&stop)));
        let stopped = bed.fit_until("stopped", prepare, &flag);
        assert!(
            matches!(stopped, Err(Error::Interrupted { .. })),
            "{stopped:?}"
        );
    }
    bed.fit("stopped", |_| {}).unwrap();
    ends_alike(&bed, "stopped");
}

#[test]
fn a_loss_is_found_in_any_step_and_named_with_its_samples_and_tensor() {
    let rows = order::shuffled(SAMPLES, 5, 1);
    for (step, row) in [(1, rows[1]), (2, rows[5]), (3, rows[9])] {
        let mut bed = Bed::new(Selection::default());
        let _ = bed.train.audio.get(row).fill_(f64::NAN);
        let found = ends_with(&mut bed, &format!("loss {step}"), |_| {});
        let expected = format!("mse became NaN in epoch 1, step {step}");
        assert!(found.contains(&expected), "{expected} in {found}");
        let expected = format!("first not finite: masked audio of sample{row}; samples ");
        assert!(found.contains(&expected), "{expected} in {found}");
    }
}

#[test]
fn a_gradient_is_found_in_any_step_and_named_with_its_samples() {
    for step in 1..=3 {
        let mut bed = Bed::new(Selection::default());
        let found = ends_with(&mut bed, &format!("gradient {step}"), |model| {
            model.broken_gradient = Some((2, step - 1));
        });
        let expected = format!("the gradient of weight is not finite in epoch 2, step {step}");
        assert!(found.contains(&expected), "{expected} in {found}");
        let rows = order::shuffled(SAMPLES, 5, 2);
        for (i, row) in rows.iter().enumerate() {
            let named = found.contains(&format!("sample{row}"));
            assert_eq!(named, i / 4 == step - 1, "sample{row} in {found}");
        }
    }
}

/// No stage moves its parameters after another has found something.
#[test]
fn stages_stop_together() {
    let rows = order::shuffled(SAMPLES, 5, 1);
    let mut bed = Bed::new(Selection::default());
    let _ = bed.train.audio.get(rows[5]).fill_(f64::NAN);
    let found = ends_with(&mut bed, "stages", |model| {
        model.stage = Some(When::BeforeStep);
    });
    assert!(found.contains("in epoch 1, step 2"), "{found}");
}
