//! Models that fuse the modalities in a proxy: P-RMF and QDRF.

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

/// Latent means enter the prediction through the proxy alone, where the reference turns their gradient round.
#[test]
fn the_reference_s_autoencoders_work_against_the_sentiment_loss() {
    let _rng = rng::seeded(3);
    let batch = batch(&encoders()[0], 4);
    let names = ["p_rmf:kl=0+gamma=0", "p_rmf:compat+kl=0+gamma=0"];
    for of in ["text", "image", "audio"] {
        let name = format!("generate_proxy_modality.{of}_VAE.encoder.fc2_mu.bias");
        let [sound, compat] = pair(names).map(|mut built| {
            tch::manual_seed(3);
            let losses = built.model.train(&batch, &mut Trace::off()).unwrap();
            backward(built.model.as_ref(), &losses.total).unwrap();
            variable(&built, &name).grad()
        });
        assert!(sound.abs().max().double_value(&[]) > 0.0, "{name}");
        assert!(sound.allclose(&-compat, 1e-3, 1e-7, false), "{name}");
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

/// Pairs of a teacher's parameter and its student's.
fn taught(built: &Built) -> Vec<(String, Tensor, Tensor)> {
    let all = built.sorted();
    let of_teacher = all.iter().filter_map(|(name, teacher)| {
        let name = name.strip_prefix("teacher.")?;
        let student = variable(built, name);
        Some((name.to_owned(), teacher.shallow_clone(), student))
    });
    of_teacher.collect()
}

#[test]
fn the_teacher_starts_as_a_copy_and_averages_the_steps() {
    let _rng = rng::seeded(3);
    for encoder in encoders() {
        let mut built = Built::of(&Choice::parse("qdrf").unwrap(), &encoder);
        let pairs = taught(&built);
        let students = built.sorted();
        let students = students.iter().filter(|(name, _)| {
            !name.starts_with("teacher.") && !name.starts_with("reconstructor.")
        });
        assert_eq!(pairs.len(), students.count());
        for (name, teacher, student) in &pairs {
            assert!(teacher.equal(student) && !teacher.requires_grad(), "{name}");
        }
        let mut expected: Vec<Tensor> =
            pairs.iter().map(|(_, teacher, _)| teacher.copy()).collect();
        let recipe = Recipe {
            learning_rate: 1e-2,
            ..(built.entry.recipe)(Profile::Mosi)
        };
        let mut optimizers = Optimizers::new(&built.store, &recipe, built.model.as_ref()).unwrap();
        let mut batch = batch(&encoder, 4);
        for epoch in 9..=11 {
            batch.epoch = epoch;
            built.step(&mut optimizers, &batch);
            for (expected, (name, teacher, student)) in expected.iter_mut().zip(&pairs) {
                *expected = &*expected * 0.999 + student.detach() * 0.001;
                let error = (&*expected - teacher).abs().max().double_value(&[]);
                assert!(error < 1e-6, "{name}: {error}");
                assert!(!teacher.grad().defined(), "{name}");
            }
        }
        let moved = pairs
            .iter()
            .filter(|(_, teacher, student)| !teacher.equal(student));
        assert!(moved.count() > pairs.len() / 2);
    }
}

/// What the teacher knows is of the complete inputs: it enters from the sixth epoch on.
#[test]
fn the_student_is_drawn_to_its_teacher_from_the_sixth_epoch_on() {
    let _rng = rng::seeded(3);
    let mut built = Built::still(&Choice::parse("qdrf").unwrap(), &encoders()[0]);
    let mut batch = batch(&encoders()[0], 4);
    let mut losses = |epoch: u32| {
        batch.epoch = epoch;
        built.model.train(&batch, &mut Trace::off()).unwrap()
    };
    let (early, late) = (losses(5), losses(10));
    let value = |losses: &Losses, name: &str| losses.term(name).unwrap().double_value(&[]);
    let distance = value(&late, "l_distill");
    assert!(distance > 0.0);
    assert_eq!(distance, value(&early, "l_distill"));
    let added = late.total.double_value(&[]) - early.total.double_value(&[]);
    assert!(
        (added - 0.9 * distance).abs() < 1e-5 * added.abs(),
        "{added}"
    );
    assert_eq!(
        losses(8).terms.len(),
        4,
        "no loss that is in reference cases alone"
    );
}
