//! Variants do what their names say.

use lnln_bench::model::*;
use tch::{Kind, Tensor};

use super::bed::*;

fn built(name: &str) -> Built {
    Built::of(&Choice::parse(name).unwrap(), &EncoderSetup::tiny(120))
}

fn traced(built: &mut Built, batch: &Batch) -> (Trace, Vec<String>) {
    let mut trace = Trace::on();
    let losses = built.model.train(batch, &mut trace).unwrap();
    let names = losses.values().into_iter().map(|(name, _)| name.to_owned());
    (trace, names.collect())
}

fn parameters(built: &Built, prefix: &str) -> usize {
    let all = built.sorted().into_iter();
    all.filter(|(name, _)| name.starts_with(prefix)).count()
}

#[test]
fn counted_completeness_is_the_share_that_is_there() {
    let _rng = rng::seeded(3);
    let encoder = EncoderSetup::tiny(120);
    let batch = batch(&encoder, 4);
    let (mut counted, mut learnt) = (built("lnln:counted-w"), built("lnln"));
    let (trace, losses) = traced(&mut counted, &batch);
    assert!(trace.get("w").unwrap().equal(&batch.masked.text_present));
    assert!(!losses.contains(&"l_cc".to_owned()), "{losses:?}");
    assert_eq!(parameters(&counted, "completeness_check"), 0);
    let (trace, losses) = traced(&mut learnt, &batch);
    assert!(!trace.get("w").unwrap().equal(&batch.masked.text_present));
    assert!(losses.contains(&"l_cc".to_owned()), "{losses:?}");
    // Language that is all there is taken as it is, and none of it where nothing is.
    let mut masked = batch.masked;
    for (share, of) in [(1.0, "h_l"), (0.0, "h_p1")] {
        masked.text_present = masked.text_present.full_like(share);
        let mut trace = Trace::on();
        let _ = tch::no_grad(|| counted.model.predict(&masked, &mut trace)).unwrap();
        let [mixed, expected] = ["h_d", of].map(|name| trace.get(name).unwrap());
        assert!(mixed.equal(expected), "{share}");
    }
}

#[test]
fn concatenation_sees_three_means() {
    let _rng = rng::seeded(3);
    let mut concat = built("lnln:concat-fusion");
    let (trace, losses) = traced(&mut concat, &batch(&EncoderSetup::tiny(120), 4));
    let means =
        ["h_d", "h_a", "h_v"].map(|name| trace.get(name).unwrap().mean_dim(1, false, None::<Kind>));
    let find = |name: &str| concat.store.variables()[name].shallow_clone();
    let (weight, bias) = (find("dmml.3.weight"), find("dmml.3.bias"));
    let expected = Tensor::cat(&means, 1).matmul(&weight.tr()) + bias;
    let error = (expected - trace.get("pred").unwrap()).abs().max();
    assert!(error.double_value(&[]) < 1e-5, "{error:?}");
    assert_eq!(parameters(&concat, "dmml."), 2);
    assert_eq!(parameters(&concat, "h_hyper"), 0);
    assert_eq!(losses, ["l_sp", "l_cc", "l_adv", "l_rec", "total"]);
}

/// Equation 9 of the paper: proxy tokens against those of the language as it was given.
#[test]
fn the_discriminator_of_the_text_sees_proxy_and_masked_tokens() {
    let _rng = rng::seeded(3);
    let batch = batch(&EncoderSetup::tiny(120), 4);
    for (name, judged, real) in [
        ("lnln:disc-on-hp", "h_p1", "h_l"),
        ("lnln", "h_d", "complete"),
    ] {
        let mut built = built(name);
        let (trace, _) = traced(&mut built, &batch);
        let real = match real {
            // The targets of reconstruction: audio, vision, text, eight tokens each.
            "complete" => trace.get("complete").unwrap().narrow(1, 16, 8),
            own => trace.get(own).unwrap().shallow_clone(),
        };
        let rows = Tensor::cat(&[trace.get(judged).unwrap(), &real], 0).flatten(0, 1);
        let variables = built.store.variables();
        let layer = |x: Tensor, i: u8| {
            let of =
                |what| variables[&format!("effective_discriminator.{i}.{what}")].shallow_clone();
            x.matmul(&of("weight").tr()) + of("bias")
        };
        let hidden = layer(rows, 0);
        let logits = layer(hidden.maximum(&(&hidden * 0.1)), 2);
        let error = (logits - trace.get("disc").unwrap()).abs().max();
        assert!(error.double_value(&[]) < 1e-5, "{name}: {error:?}");
    }
}

#[test]
fn left_out_losses_are_weighed_by_nothing() {
    for (name, lost, key) in [
        ("lnln:no-l-cc", "l_cc", "alpha"),
        ("lnln:no-l-adv", "l_adv", "beta"),
        ("lnln:no-l-rec", "l_rec", "gamma"),
    ] {
        let choice = Choice::parse(name).unwrap();
        assert_eq!(choice.config(Profile::Sims)[key], 0.0, "{name}");
        let _rng = rng::seeded(3);
        let (_, losses) = traced(&mut built(name), &batch(&EncoderSetup::tiny(120), 2));
        assert!(
            losses.contains(&lost.to_owned()),
            "{name}: still reported by name"
        );
    }
    for (name, gone) in [
        ("lnln:no-dmc", vec!["l_cc", "l_adv"]),
        ("lnln:no-rec", vec!["l_rec"]),
        ("lnln:no-dmc+no-rec", vec!["l_cc", "l_adv", "l_rec"]),
    ] {
        let _rng = rng::seeded(3);
        let (_, losses) = traced(&mut built(name), &batch(&EncoderSetup::tiny(120), 2));
        assert!(
            gone.iter()
                .all(|term| !losses.contains(&(*term).to_owned())),
            "{losses:?}"
        );
    }
}
