use super::*;

/// Bytes held after changes of these sizes.
fn held(changes: &[i64]) -> Vec<i64> {
    let sum = |sum: &mut i64, change: &i64| {
        *sum += change;
        Some(*sum)
    };
    changes.iter().scan(0, sum).collect()
}

#[test]
fn the_peak_moves_from_the_gradients_to_the_activations() {
    // Activations of 1 KiB a sample, freed while gradients of 100 KiB are made.
    let pass = |samples: i64| held(&[1024 * samples, 100 << 10, -1024 * samples, -(100 << 10)]);
    let [few, more] = SAMPLES.map(|samples| pass(samples as i64));
    let both = Curve::new(&few, &more);
    assert_eq!(both.at(64), (100 << 10) + 64 * 1024);
    // The gradients come when most activations are gone.
    let pass = |samples: i64| {
        let activations = 1024 * samples;
        held(&[activations, -activations / 2, 100 << 10, -activations / 2])
    };
    let [few, more] = SAMPLES.map(|samples| pass(samples as i64));
    let curve = Curve::new(&few, &more);
    assert_eq!(curve.at(10), (100 << 10) + 10 * 512);
    assert_eq!(curve.at(1000), 1000 * 1024);
    let line = curve.line(1000);
    assert_eq!((line.fixed, line.per_sample), (0.0, 1024.0));
}

#[test]
fn steps_of_one_pass_alone_are_skipped() {
    let tail = [512, -512, 256, 128, -128, -256, 64, -64, 32, -32];
    let few = held(&[&[4096, 100], &tail[..]].concat());
    let more = held(&[&[6144, 77_000, -77_000, 100], &tail[..]].concat());
    let pairs = aligned(&few, &more);
    assert_eq!(pairs.len(), few.len());
    assert_eq!(pairs[0], (4096, 6144));
    assert_eq!(pairs[1], (4196, 6244));
    assert_eq!(pairs.last(), Some(&(4196, 6244)));
}

#[test]
fn passes_that_never_agree_are_a_line_through_their_peaks() {
    let few = held(&[4000, -4000].repeat(50));
    let more = held(&[-70, 70, 6000, -3000, -3000]);
    let curve = Curve::new(&few, &more);
    assert_eq!(SAMPLES.map(|samples| curve.at(samples)), [4000, 6000]);
    assert_eq!(curve.at(2 * SAMPLES[1] - SAMPLES[0]), 8000);
}

#[test]
fn a_pass_without_tensors_holds_nothing() {
    assert_eq!(Curve::new(&[], &[]).at(64), 0);
}

#[test]
fn the_longest_and_the_middle_sample_are_found() {
    let lengths = Tensor::from_slice(&[3i64, 9, 1, 5, 9]);
    assert_eq!(longest_and_middle(&lengths), [1, 3]);
    assert_eq!(longest_and_middle(&Tensor::from_slice(&[2i64])), [0, 0]);
}
