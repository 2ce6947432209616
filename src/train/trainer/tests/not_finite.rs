//! Tests that an error names the origin of numbers that are not finite, and that none is stored.

use std::collections::BTreeMap;

use super::*;

fn message(bed: &Bed, name: &str, prepare: impl Fn(&mut Line)) -> String {
    bed.fit(name, prepare).unwrap_err().to_string()
}

/// The stored weights from which a fit continues.
fn stored(bed: &Bed, name: &str) -> Vec<f64> {
    let (tensors, _) = checkpoint::load(&bed.files(name).last).unwrap();
    let named = tensors.into_iter().filter(|(name, _)| !name.contains('.'));
    let values: BTreeMap<_, _> = named
        .map(|(name, t)| (name, t.double_value(&[0])))
        .collect();
    values.into_values().collect()
}

#[test]
fn a_loss_names_samples_and_tensor() {
    let bed = Bed::new(Selection::default());
    let _ = bed.train.audio.get(3).fill_(f64::NAN);
    let found = message(&bed, "audio", |_| {});
    assert!(found.contains("mse became NaN in epoch 1"), "{found}");
    // The sample itself, not its row in the pass, beside all samples of the pass.
    assert!(
        found.contains("first not finite: masked audio of sample3; samples "),
        "{found}"
    );
    let bed = Bed::new(Selection::default());
    let found = message(&bed, "weight", |model| {
        let _ = tch::no_grad(|| model.weight.fill_(f64::INFINITY));
    });
    assert!(
        found.contains("first not finite: parameter weight"),
        "{found}"
    );
}

#[test]
fn a_second_look_sees_the_draws_of_the_first() {
    let bed = Bed::new(Selection::default());
    let infinite = Arc::new(Mutex::new(Vec::new()));
    let found = message(&bed, "draws", |model| {
        model.divides = Some(Arc::clone(&infinite));
    });
    let infinite = infinite.lock().unwrap();
    let [.., first, second] = infinite.as_slice() else {
        panic!("expected two looks at the last pass, got {infinite:?}");
    };
    assert_eq!(first, second);
    let ids: Vec<String> = first.iter().map(|row| format!("sample{row}")).collect();
    let expected = format!(
        "first not finite: result noisy of {}; samples",
        ids.join(", ")
    );
    assert!(found.contains(&expected), "{expected} in {found}");
}

#[test]
fn a_gradient_stops_the_step_and_blames_its_own_batch() {
    let bed = Bed::new(Selection::Last);
    let broken = |model: &mut Line| model.broken_gradient = Some((2, 1));
    let found = message(&bed, "gradient", broken);
    assert!(
        found.contains("the gradient of weight is not finite in epoch 2, step 2"),
        "{found}"
    );
    let rows = order::shuffled(SAMPLES, 5, 2);
    for (i, row) in rows.iter().enumerate() {
        let named = found.contains(&format!("sample{row}"));
        assert_eq!(named, (4..8).contains(&i), "sample{row} in {found}");
    }
    assert!(stored(&bed, "gradient").iter().all(|w| w.is_finite()));
    // Without the cause, the fit continues and ends in the same bytes.
    bed.fit("gradient", |_| {}).unwrap();
    bed.fit("undisturbed", |_| {}).unwrap();
    let file = "checkpoint.safetensors";
    assert_eq!(bed.bytes("gradient", file), bed.bytes("undisturbed", file));
}

#[test]
fn weights_are_not_stored() {
    for selection in [Selection::default(), Selection::Last] {
        let mut bed = Bed::new(selection);
        bed.fit("weights", |_| {}).unwrap();
        let before = stored(&bed, "weights");
        assert_eq!(before.len(), 2);
        bed.epochs = 5;
        // After the last of the epoch's three passes: no loss shows it any more.
        let found = message(&bed, "weights", |model| model.spoilt = Some(3));
        assert!(
            found.contains("parameter weight is not finite after epoch 5, which is not stored"),
            "{found}"
        );
        assert_eq!(stored(&bed, "weights"), before);
        bed.fit("weights", |_| {}).unwrap();
    }
}
