use tch::Device;

use super::*;
use crate::model::TrainerOptions;

fn recipe(rule: Rule, clip: GradClip) -> Recipe {
    let (learning_rate, weight_decay, batch_size, epochs) = (0.1, 0.5, 1, 1);
    Recipe {
        rule,
        learning_rate,
        weight_decay,
        batch_size,
        epochs,
        clip,
        trainer_options: TrainerOptions::NONE,
    }
}

/// A store with parameters `a` = [1, -2] and `b` = [3], `b` outside the loss.
fn store() -> (VarStore, Tensor) {
    let vs = VarStore::new(Device::Cpu);
    let a = vs.root().add("a", Tensor::from_slice(&[1.0, -2.0]), true);
    let _ = vs.root().add("b", Tensor::from_slice(&[3.0]), true);
    (vs, a)
}

fn values(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.flatten(0, -1)).unwrap()
}

fn run(rule: Rule, clip: GradClip, steps: usize) -> Vec<f64> {
    let (vs, a) = store();
    let recipe = recipe(rule, clip);
    let mut optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    for _ in 0..steps {
        optimizer
            .backward_step(&(&a * &a).sum(Kind::Double), 1.0)
            .unwrap();
    }
    assert_eq!(values(&vs.variables()["b"]), [3.0]);
    values(&a)
}

/// The published formulas on plain numbers.
fn by_hand(rule: Rule, steps: i32, clip: impl Fn([f64; 2]) -> [f64; 2]) -> Vec<f64> {
    let (mut p, mut m, mut v) = ([1.0, -2.0], [0.0; 2], [0.0; 2]);
    for t in 1..=steps {
        let g = clip(p.map(|x| 2.0 * x));
        for i in 0..2 {
            let g = if rule == Rule::Adam {
                g[i] + 0.5 * p[i]
            } else {
                g[i]
            };
            if rule == Rule::AdamW {
                p[i] *= 1.0 - 0.1 * 0.5;
            }
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            let (m, v) = (
                m[i] / (1.0 - 0.9f64.powi(t)),
                v[i] / (1.0 - 0.999f64.powi(t)),
            );
            p[i] -= 0.1 * m / (v.sqrt() + 1e-8);
        }
    }
    p.to_vec()
}

fn assert_close(got: &[f64], expected: &[f64]) {
    let close = got.iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-12);
    assert!(close, "{got:?} {expected:?}");
}

#[test]
fn both_rules_follow_their_formulas() {
    for rule in [Rule::Adam, Rule::AdamW] {
        assert_close(&run(rule, GradClip::None, 4), &by_hand(rule, 4, |g| g));
    }
}

#[test]
fn clipping_follows_its_formulas() {
    let by_value = |g: [f64; 2]| g.map(|x: f64| x.clamp(-1.5, 1.5));
    let expected = by_hand(Rule::Adam, 3, by_value);
    assert_close(&run(Rule::Adam, GradClip::Value(1.5), 3), &expected);
    let by_norm = |g: [f64; 2]| {
        let scale = (1.5 / (g[0].hypot(g[1]) + 1e-6)).min(1.0);
        g.map(|x| x * scale)
    };
    assert_close(
        &run(Rule::Adam, GradClip::Norm(1.5), 3),
        &by_hand(Rule::Adam, 3, by_norm),
    );
}

#[test]
fn a_forgotten_gradient_is_none_at_all() {
    let (vs, a) = store();
    let recipe = recipe(Rule::AdamW, GradClip::None);
    let mut optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    let backward = || (&a * &a).sum(Kind::Double).backward();
    backward();
    backward();
    assert_eq!(values(&a.grad()), [4.0, -8.0]);
    optimizer.zero_grad().unwrap();
    assert!(!a.grad().defined());
    optimizer.step(1.0).unwrap();
    assert_eq!(values(&a), [1.0, -2.0], "without a gradient nothing moves");
    backward();
    assert_eq!(values(&a.grad()), [2.0, -4.0]);
}

#[test]
fn rate_zero_moves_moments_but_no_weight() {
    let (vs, a) = store();
    let recipe = recipe(Rule::AdamW, GradClip::None);
    let mut optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    optimizer
        .backward_step(&(&a * &a).sum(Kind::Double), 0.0)
        .unwrap();
    assert_eq!(values(&a), [1.0, -2.0]);
    assert_eq!(optimizer.state().len(), 3);
}

#[test]
fn saved_state_continues_exactly() {
    let (vs, a) = store();
    let recipe = recipe(Rule::AdamW, GradClip::None);
    let groups = [ParamGroup::all(&recipe)];
    let mut first = Optimizer::new(&vs, &recipe, &groups).unwrap();
    let loss = || (&a * &a).sum(Kind::Double);
    first.backward_step(&loss(), 1.0).unwrap();
    first.backward_step(&loss(), 0.5).unwrap();
    let mut second = Optimizer::new(&vs, &recipe, &groups).unwrap();
    second.load_state(&first.state()).unwrap();
    let before = a.copy();
    first.backward_step(&loss(), 1.0).unwrap();
    let expected = values(&a);
    tch::no_grad(|| a.shallow_clone().copy_(&before));
    second.backward_step(&loss(), 1.0).unwrap();
    assert_eq!(values(&a), expected);
}

#[test]
fn state_of_another_model_is_refused() {
    let (vs, _) = store();
    let recipe = recipe(Rule::AdamW, GradClip::None);
    let mut optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    let entry = |end: &str, size: i64| {
        (
            format!("a.{end}"),
            Tensor::zeros([size], (Kind::Double, Device::Cpu)),
        )
    };
    let error = optimizer
        .load_state(&[entry("exp_avg", 2)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("`a.exp_avg_sq`"), "{error}");
    let error = optimizer
        .load_state(&[entry("exp_avg", 3)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("expected shape [2], got [3]"), "{error}");
}

#[test]
fn groups_claim_by_prefix() {
    let (vs, a) = store();
    let recipe = recipe(Rule::Adam, GradClip::None);
    let mut group = ParamGroup::all(&recipe);
    group.prefixes = vec!["b".to_owned()];
    let mut optimizer = Optimizer::new(&vs, &recipe, &[group.clone()]).unwrap();
    optimizer
        .backward_step(&(&a * &a).sum(Kind::Double), 1.0)
        .unwrap();
    assert_eq!(values(&a), [1.0, -2.0]);
    group.prefixes = vec!["c.".to_owned()];
    let error = Optimizer::new(&vs, &recipe, &[group])
        .unwrap_err()
        .to_string();
    assert!(error.contains("starting with c."), "{error}");
}

#[test]
fn moments_that_do_not_fit_are_told_in_libtorch_s_own_words() {
    use crate::train::Error;
    use crate::train::out_of_memory::{Fault, caught};
    // Petabytes by its shape, one number by its pages: no machine can address its like.
    let parameter = Tensor::zeros([1], (Kind::Float, Device::Cpu)).expand([1 << 50], false);
    let fault = |result: std::result::Result<(), Fault>| match result {
        Err(Fault::Memory(words)) => words,
        other => panic!("expected exhausted memory, got {other:?}"),
    };
    let words = fault(caught(|| {
        Moments::of(&parameter).map(drop).map_err(Error::from)
    }));
    assert!(words.contains("allocate memory"), "{words}");
    // The same from the calls of models, which panic.
    fault(caught(|| {
        let _ = Tensor::empty([1 << 50], (Kind::Float, Device::Cpu));
        Ok(())
    }));
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() {
    let (vs, a) = store();
    let recipe = recipe(Rule::AdamW, GradClip::None);
    let mut optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    let error = optimizer.backward_step(&(&a * f64::INFINITY).sum(Kind::Double), 1.0);
    let message = error.unwrap_err().to_string();
    assert_eq!(message, "the gradient of a is not finite");
    assert_eq!(values(&a), [1.0, -2.0]);
    optimizer
        .backward_step(&(&a * &a).sum(Kind::Double), 1.0)
        .unwrap();
    assert_eq!(values(&a), run(Rule::AdamW, GradClip::None, 1));
}

/// The first step of Adam is rate * g / (|g| + epsilon).
#[test]
fn another_epsilon_is_added_to_the_root() {
    let (vs, a) = store();
    let recipe = Recipe {
        weight_decay: 0.0,
        ..recipe(Rule::Adam, GradClip::None)
    };
    let optimizer = Optimizer::new(&vs, &recipe, &[ParamGroup::all(&recipe)]).unwrap();
    let mut optimizer = optimizer.with_epsilon(0.5);
    optimizer
        .backward_step(&(&a * &a).sum(Kind::Double), 1.0)
        .unwrap();
    for (value, (start, gradient)) in values(&a).into_iter().zip([(1.0, 2.0), (-2.0, -4.0)]) {
        let expected = start - 0.1 * gradient / (f64::abs(gradient) + 0.5);
        assert!((value - expected).abs() < 1e-12, "{value} {expected}");
    }
}
