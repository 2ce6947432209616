//! MMIM's two stages, its memory of batches, and what it refuses.

use lnln_bench::model::*;
use lnln_bench::train::{Optimizers, checkpoint};
use tch::Tensor;

use super::bed::*;

fn recipe() -> Recipe {
    (mmim::ENTRY.recipe)(Profile::Mosi)
}

/// A batch with as many positive as negative samples, some batches into an epoch.
fn at(position: usize) -> Batch {
    let batch = batch(&encoders()[0], 24);
    let signs: Vec<f32> = (0..24)
        .map(|i| if i % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    Batch {
        label: batch.label.abs() * Tensor::from_slice(&signs).unsqueeze(1),
        position,
        ..batch
    }
}

fn term(losses: &Losses, name: &str) -> f64 {
    losses.term(name).unwrap().double_value(&[])
}

fn trained(built: &mut Built, batch: &Batch) -> Losses {
    built.model.train(batch, &mut Trace::off()).unwrap()
}

#[test]
fn the_entropy_enters_when_the_memory_has_been_full_for_a_batch() {
    for name in ["mmim", "mmim:compat"] {
        let _rng = rng::seeded(9);
        let mut built = Built::named(name);
        let mut totals = Vec::new();
        for position in 0..3 {
            let losses = trained(&mut built, &at(position));
            assert_eq!(term(&losses, "H") == 0.0, position < 1, "{name} {position}");
            let weights = [("y", 1.0), ("nce", 0.1), ("lld", -0.1), ("H", -0.1)];
            let counted = &weights[..if position < 2 { 3 } else { 4 }];
            let sum: f64 = counted
                .iter()
                .map(|(of, weight)| weight * term(&losses, of))
                .sum();
            let total = losses.total.double_value(&[]);
            assert!(
                (sum - total).abs() < 1e-4 * total.abs(),
                "{name} {position}"
            );
            totals.push(total);
        }
        let again = trained(&mut built, &at(0));
        assert_eq!(
            term(&again, "H"),
            0.0,
            "an epoch begins with an empty memory"
        );
    }
}

#[test]
fn each_stage_moves_its_own_parameters() {
    for (name, encoder) in [("mmim", 0), ("mmim", 1), ("mmim:compat", 1)] {
        let _rng = rng::seeded(9);
        let encoder = &encoders()[encoder];
        let mut built = Built::of(&Choice::parse(name).unwrap(), encoder);
        let batch = batch(encoder, 6);
        let mut optimizers =
            Optimizers::new(&built.store, &recipe(), built.model.as_ref()).unwrap();
        for stage in [Some(0), None] {
            let before: Vec<Tensor> = built.sorted().iter().map(|(_, t)| t.copy()).collect();
            let called = stage.map(|_| "mi");
            let losses = entry::train(built.model.as_mut(), called, &batch, &mut Trace::off());
            optimizers.of(stage).zero_grad().unwrap();
            backward(built.model.as_ref(), &losses.unwrap().total).unwrap();
            optimizers.of(stage).step(1.0).unwrap();
            for ((parameter, after), before) in built.sorted().iter().zip(&before) {
                // The projection of samples is in no loss; the text encoder's pooler is not read.
                let moves = after.requires_grad()
                    && !parameter.contains("entropy_prj")
                    && !parameter.contains("pooler")
                    && parameter.starts_with("mi_") == stage.is_some();
                let key = parameter.ends_with(".key.bias");
                assert!(
                    after.equal(before) != moves || key || parameter.starts_with("state."),
                    "{name} {stage:?}: {parameter}"
                );
            }
        }
    }
}

/// The first stage of the sound form differentiates its own networks alone.
#[test]
fn the_first_stage_leaves_the_encoders_without_gradient() {
    for (name, reached) in [("mmim", false), ("mmim:compat", true)] {
        let _rng = rng::seeded(9);
        let encoder = &encoders()[1];
        let mut built = Built::of(&Choice::parse(name).unwrap(), encoder);
        let batch = batch(encoder, 6);
        let losses = built.model.train_stage("mi", &batch, &mut Trace::off());
        backward(built.model.as_ref(), &losses.unwrap().total).unwrap();
        for (parameter, tensor) in built.sorted() {
            if parameter.starts_with("visual_enc") || parameter.contains("word_embeddings") {
                assert_eq!(tensor.grad().defined(), reached, "{name}: {parameter}");
            }
        }
    }
}

/// Without the log-variance in the likelihood, its networks can raise it without bound.
#[test]
fn a_larger_variance_costs_likelihood_in_the_sound_form_alone() {
    let likelihood = |name: &str, raised: f64| {
        let _rng = rng::seeded(9);
        let mut built = Built::named(name);
        for pair in ["tv", "ta"] {
            let mut bias =
                built.store.variables()[&format!("mi_{pair}.mlp_logvar.2.bias")].shallow_clone();
            let _ = tch::no_grad(|| bias.g_add_scalar_(raised));
        }
        term(&trained(&mut built, &at(0)), "lld")
    };
    assert!(likelihood("mmim", 8.0) < likelihood("mmim", 4.0));
    assert!(likelihood("mmim:compat", 8.0) > likelihood("mmim:compat", 4.0));
}

#[test]
fn few_samples_of_a_sign_leave_the_loss_finite() {
    let _rng = rng::seeded(9);
    for labels in [[1f32, 1.0], [1.0, -1.0], [0.0, 0.0]] {
        let mut built = Built::named("mmim");
        for position in 0..3 {
            let batch = Batch {
                label: Tensor::from_slice(&labels).unsqueeze(1),
                position,
                ..batch(&encoders()[0], 2)
            };
            built.check_gradients(&batch, "mmim");
        }
    }
}

/// A checkpoint in the middle of an epoch holds the memory.
#[test]
fn a_resumed_epoch_remembers_the_batches_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.safetensors");
    for name in ["mmim", "mmim:compat"] {
        let _rng = rng::seeded(10);
        let begin = || {
            tch::manual_seed(9);
            let built = Built::named(name);
            let optimizers = Optimizers::new(&built.store, &recipe(), built.model.as_ref());
            (built, optimizers.unwrap())
        };
        let batches: Vec<Batch> = (0..4).map(at).collect();
        let steps = |built: &mut Built, optimizers: &mut Optimizers, batches: &[Batch]| {
            for batch in batches {
                tch::manual_seed(batch.position as i64);
                built.step(optimizers, batch);
            }
        };
        let (mut whole, mut optimizers) = begin();
        steps(&mut whole, &mut optimizers, &batches[..2]);
        let mut stored = whole.sorted();
        stored.extend(optimizers.state());
        checkpoint::save(&file, &stored, "{}").unwrap();
        steps(&mut whole, &mut optimizers, &batches[2..]);
        let (mut resumed, mut optimizers) = begin();
        let (stored, _) = checkpoint::load(&file).unwrap();
        for (name, mut own) in resumed.sorted() {
            let of_name = stored.iter().find(|(known, _)| *known == name);
            tch::no_grad(|| own.copy_(&of_name.unwrap().1));
        }
        optimizers.load_state(&stored).unwrap();
        steps(&mut resumed, &mut optimizers, &batches[2..]);
        for ((parameter, a), (_, b)) in whole.sorted().iter().zip(&resumed.sorted()) {
            assert!(a.equal(b), "{name}: {parameter}");
        }
    }
}

#[test]
fn batches_with_too_few_samples_of_a_sign_are_refused_with_what_to_run() {
    let _rng = rng::seeded(17);
    // Sixteen labels, six of them negative.
    let refused = |name: &str, batch_size: usize| {
        let recipe = Recipe {
            batch_size,
            ..recipe()
        };
        let built = Built::named(name);
        built
            .model
            .check_recipe(&recipe)
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(refused("mmim", 7), None);
    let found = refused("mmim", 6).unwrap();
    assert!(
        found.contains("batch size") && found.contains("--batch-size 7 is enough"),
        "{found}"
    );
    assert!(found.ends_with("got 6"), "{found}");
    // 2 (4 + 1) of the rarer sign in a batch and the one before it; the last batch may be a small one.
    assert_eq!(refused("mmim:compat", 16), None);
    let found = refused("mmim:compat", 9).unwrap();
    assert!(found.contains("--batch-size 16 is enough"), "{found}");
}

/// Whether a model for these labels refuses the recipe, and why.
fn refusal(labels: &[f32], config: serde_json::Value) -> Option<String> {
    let _rng = rng::seeded(17);
    let store = tch::nn::VarStore::new(tch::Device::Cpu);
    let built = (mmim::ENTRY.build)(&Setup {
        path: store.root(),
        profile: Profile::Mosi,
        shapes: SHAPES,
        encoder: encoders()[0].clone(),
        labels: LabelStats::of(labels),
        label_range: [-3.0, 3.0],
        config,
    });
    let checked = built.unwrap().check_recipe(&recipe());
    checked.err().map(|error| error.to_string())
}

#[test]
fn labels_of_one_sign_are_refused() {
    let config = (mmim::ENTRY.config)(Profile::Mosi);
    let found = refusal(&[1.0, 2.0, 0.0], config).unwrap();
    assert!(found.ends_with("got 2 positive and 0 negative"), "{found}");
}

#[test]
fn a_split_too_small_for_any_batch_is_refused_by_the_reference_alone() {
    let labels = [1.0, 2.0, -1.0];
    let mut config = (mmim::ENTRY.config)(Profile::Mosi);
    assert_eq!(refusal(&labels, config.clone()), None);
    config["compat"] = true.into();
    let found = refusal(&labels, config).unwrap();
    assert!(found.contains("the training split is too small"), "{found}");
}
