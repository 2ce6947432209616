//! Models that fuse the modalities in a proxy: P-RMF.

use lnln_bench::model::*;
use lnln_bench::train::Optimizers;
use tch::{Device, Kind, Tensor};

use super::bed::*;

fn variable(built: &Built, name: &str) -> Tensor {
    built.store.variables()[name].shallow_clone()
}

/// Two forms of a model with the same parameters.
fn pair(names: [&str; 2]) -> [Built; 2] {
    let [one, other] = names.map(Built::named);
    let theirs = other.store.variables();
    for (name, own) in one.sorted() {
        tch::no_grad(|| theirs[&name].shallow_clone().copy_(&own));
    }
    [one, other]
}

#[test]
fn reconstructors_are_trained_and_those_of_the_reference_are_not() {
    let _rng = rng::seeded(3);
    for (name, trained) in [("p_rmf", true), ("p_rmf:compat", false)] {
        let mut built = Built::named(name);
        let of = |built: &Built| -> Vec<Tensor> {
            let all = built.sorted().into_iter();
            let all = all.filter(|(name, _)| name.starts_with("reconstructor."));
            all.map(|(_, tensor)| tensor.copy()).collect()
        };
        let before = of(&built);
        built.fit(&batch(&encoders()[0], 4));
        let after = of(&built);
        let moved = before.iter().zip(&after).any(|(a, b)| !a.equal(b));
        assert_eq!(moved, trained, "{name}");
    }
}

/// A standard deviation of exp(-5): one over it is 148, whose power no float32 holds.
#[test]
fn a_certain_modality_outweighs_the_others_and_breaks_the_reference() {
    let _rng = rng::seeded(3);
    let inputs = batch(&encoders()[0], 4).masked;
    let [sound, compat] = pair(["p_rmf", "p_rmf:compat"]);
    let (usual, expected) = (sound.predict(&inputs), compat.predict(&inputs));
    assert!(usual.allclose(&expected, 1e-5, 1e-6, false), "one function");
    for built in [&sound, &compat] {
        let name = "generate_proxy_modality.audio_VAE.encoder.fc2_log_var.bias";
        let _ = tch::no_grad(|| variable(built, name).fill_(-10.0));
    }
    assert!(!is_finite(&compat.predict(&inputs)));
    let mut trace = Trace::on();
    let prediction = tch::no_grad(|| sound.model.predict(&inputs, &mut trace)).unwrap();
    assert!(is_finite(&prediction));
    let audio = trace.get("weight").unwrap().get(2);
    assert!(audio.min().double_value(&[]) > 0.999);
}

#[test]
fn noise_is_drawn_in_training_alone_and_never_reaches_a_prediction() {
    let _rng = rng::seeded(3);
    let batch = batch(&encoders()[0], 4);
    let draw = || Tensor::rand([4], (Kind::Float, Device::Cpu));
    for name in ["p_rmf", "p_rmf:compat"] {
        let mut built = Built::still(&Choice::parse(name).unwrap(), &encoders()[0]);
        let mut train = |seed: i64| {
            tch::manual_seed(seed);
            built.model.train(&batch, &mut Trace::off()).unwrap()
        };
        let without = [5, 6].map(|seed| train(seed).term("l_kl").unwrap().double_value(&[]));
        assert_eq!(without[0], without[1], "{name}: no noise");
        let mut built = Built::named(name);
        let mut train = |seed: i64| {
            tch::manual_seed(seed);
            built.model.train(&batch, &mut Trace::off()).unwrap()
        };
        let [a, b] = [5, 6].map(|seed| train(seed).term("l_kl").unwrap().double_value(&[]));
        assert_ne!(a, b, "{name}: noise");
        tch::manual_seed(7);
        let drawn = draw();
        tch::manual_seed(7);
        let prediction = built.predict(&batch.masked);
        assert!(draw().equal(&drawn), "{name}: prediction draws nothing");
        assert!(prediction.equal(&built.predict(&batch.masked)), "{name}");
    }
}

/// The published rates: 5e-6 where the rest has 1e-4.
#[test]
fn text_encoder_and_injection_learn_at_a_twentieth() {
    let _rng = rng::seeded(3);
    let built = Built::of(&Choice::parse("p_rmf").unwrap(), &encoders()[1]);
    let recipe = (built.entry.recipe)(Profile::Mosi);
    let groups = built.model.groups(&recipe);
    for (name, tensor) in built.sorted() {
        let group = ParamGroup::index(&groups, &name);
        let rate = groups[group.unwrap()].learning_rate;
        let slow = ["bertmodel.", "crossmodal_encoder."];
        let slow = slow.iter().any(|part| name.starts_with(part));
        let expected = if slow { 5e-6 } else { 1e-4 };
        assert!((rate - expected).abs() < 1e-12, "{name}: {rate}");
        assert!(tensor.requires_grad(), "{name}");
    }
    Optimizers::new(&built.store, &recipe, built.model.as_ref()).unwrap();
}
