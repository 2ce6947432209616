//! DMD: what depends on the batch, what its reference computes for nothing, and lengths it refuses.

use lnln_bench::model::*;
use tch::Kind;

use super::bed::*;
use super::parts::in_double;

/// In double precision and without dropout.
fn built(name: &str) -> Built {
    let choice = Choice::parse(name).unwrap();
    let mut built = Built::still(&choice, &encoders()[0]);
    built.store.set_kind(Kind::Double);
    built
}

fn orthogonality(built: &mut Built, batch: &Batch) -> f64 {
    let losses = built.model.train(batch, &mut Trace::off()).unwrap();
    losses.term("ort").unwrap().double_value(&[])
}

#[test]
fn parts_are_compared_within_a_sample_and_in_the_reference_across_the_batch() {
    let _rng = rng::seeded(3);
    let all = batch(&encoders()[0], 4);
    for (name, across) in [("dmd", false), ("dmd:compat", true)] {
        let mut built = built(name);
        let whole = orthogonality(&mut built, &in_double(&all, 0, 4));
        let alone = (0..4).map(|i| orthogonality(&mut built, &in_double(&all, i, 1)));
        let mean = alone.sum::<f64>() / 4.0;
        assert!(whole > 0.0, "{name}");
        assert_eq!(
            (whole - mean).abs() > 1e-10,
            across,
            "{name}: {whole}, {mean}"
        );
    }
}

#[test]
fn a_prediction_is_that_of_the_sample_alone() {
    let _rng = rng::seeded(3);
    let samples = in_double(&batch(&encoders()[0], 4), 0, 4).masked;
    for name in ["dmd", "dmd:compat"] {
        let built = built(name);
        let together = built.predict(&samples);
        for i in 0..4 {
            let alone = built.predict(&samples.narrow(i, 1));
            let error = (together.narrow(0, i, 1) - alone).abs().max();
            assert!(error.double_value(&[]) < 1e-12, "{name}: {error:?}");
        }
    }
}

#[test]
fn the_distance_of_common_representations_is_computed_by_the_reference_alone() {
    let _rng = rng::seeded(3);
    let batch = in_double(&batch(&encoders()[0], 4), 0, 4);
    for (name, computed) in [("dmd", false), ("dmd:compat", true)] {
        let losses = built(name).model.train(&batch, &mut Trace::off()).unwrap();
        let unused = losses.terms.iter().find(|term| term.weight == 0.0);
        let unused = unused.map(|term| term.name);
        assert_eq!(unused, computed.then_some("homo_repr_unused"), "{name}");
    }
}

#[test]
fn lengths_it_has_no_layers_for_are_refused_with_the_reason() {
    let _rng = rng::seeded(3);
    let [encoder, _] = encoders();
    let batch = batch_of(
        &encoder,
        2,
        Shapes {
            vision_steps: 8,
            ..SHAPES
        },
    );
    let mut built = Built::named("dmd");
    let refused = built.model.train(&batch, &mut Trace::off()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "dmd: expected vision features of shape (B, 9, 4), as it has linear layers over all steps, got (2, 8, 4)"
    );
}
