//! Every parameter of every model starts as PyTorch's module of its kind draws it: tch's own linear
//! layers would be 2.45 times too large.

use tch::{Kind, Tensor};

use lnln_bench::model::*;

use super::bed::*;

#[derive(Clone, Copy, Debug)]
enum Start {
    /// U(-bound, bound)
    Uniform(f64),
    /// N(0, std)
    Normal(f64),
    Constant(f64),
    /// ln 1, ln 2 and on in every row
    Logarithms,
    /// Between these after softplus, with a uniform logarithm
    Steps([f64; 2]),
}

/// One over the root of the inputs: weights and biases of `nn.Linear`, `nn.Conv1d`.
fn fan_in(inputs: i64) -> Start {
    Start::Uniform(1.0 / (inputs as f64).sqrt())
}

fn xavier_uniform(size: &[i64]) -> Start {
    Start::Uniform((6.0 / (size[0] + size[1]) as f64).sqrt())
}

/// What the reference's module of this parameter draws; `weight` is the weight beside a bias.
fn expected(model: &str, name: &str, size: &[i64], weight: Option<&[i64]>) -> Start {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    // What is inside a BERT, and the heads of models that are a BERT, starts as BERT does.
    let is_bert = has(&["embeddings.", "encoder.layer.", "pooler."]) && has(&["model.", "bert"])
        || ["bert_mag", "cenet"].contains(&model);
    let is_norm = has(&["norm", "Norm", "layer_norm"]);
    let fairseq = ["mult", "tetfn", "tfr_net", "dmd", "niat"].contains(&model);
    let gates = if has(&["gru."]) { 3 } else { 4 };
    match name {
        // Hugging Face: every matrix from N(0, 0.02).
        _ if is_bert && is_norm => Start::Constant(f64::from(ends(&["weight"]))),
        _ if is_bert && ends(&["bias"]) => Start::Constant(0.0),
        _ if is_bert => Start::Normal(0.02),
        // MMSA's trainer draws every matrix again.
        _ if model == "mmim" && size.len() > 1 => {
            Start::Normal((2.0 / (size[0] + size[1]) as f64).sqrt())
        }
        _ if has(&["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"]) => {
            fan_in(size[0] / gates)
        }
        _ if ends(&["in_proj_weight"]) => xavier_uniform(size),
        _ if ends(&["in_proj_bias", "out_proj.bias"]) => Start::Constant(0.0),
        // fairseq's form of attention and of the layers after it.
        _ if fairseq && ends(&["out_proj.weight", "fc1.weight", "fc2.weight"]) => {
            xavier_uniform(size)
        }
        _ if fairseq && ends(&["fc1.bias", "fc2.bias"]) => Start::Constant(0.0),
        _ if model == "lmf" && ends(&["_factor"]) => {
            Start::Normal((2.0 / ((size[1] + size[0]) * size[2]) as f64).sqrt())
        }
        _ if ends(&["A_log", "A_b_log"]) => Start::Logarithms,
        _ if ends(&["dt_proj.bias", "dt_proj_b.bias"]) => Start::Steps([1e-3, 0.1]),
        _ if ends(&[".D", "_D", "D_b"]) => Start::Constant(1.0),
        // CLIP's temperature.
        _ if has(&["logit_scale_"]) => Start::Constant(f64::from((1.0 / 0.07f64).ln() as f32)),
        "fusion_weights" => Start::Normal((2.0 / (size[0] + size[1]) as f64).sqrt()),
        "fusion_bias" => Start::Constant(0.0),
        _ if has(&["pos_embedding"]) => Start::Normal(1.0),
        _ if has(&["extra_token"]) => Start::Constant(0.0),
        "h_hyper" | "h_p" => Start::Constant(1.0),
        _ if weight.is_some_and(|w| w.len() > 1) => {
            fan_in(weight.unwrap_or(size)[1..].iter().product())
        }
        _ if size.len() > 1 => fan_in(size[1..].iter().product()),
        // Norms have vectors alone.
        _ => Start::Constant(f64::from(ends(&["weight", "running_var"]))),
    }
}

/// Mean, spread and bound within five standard errors.
fn check(label: &str, tensor: &Tensor, start: Start) {
    if let Start::Steps(bounds) = start {
        let [low, high] = bounds.map(f64::ln);
        let place = (tensor.to_kind(Kind::Double).softplus().log() - low) / (high - low);
        // From the middle, in halves of the range.
        return check(label, &(place * 2.0 - 1.0), Start::Uniform(1.0));
    }
    if let Start::Logarithms = start {
        let rows = Tensor::arange_start(1, tensor.size()[1] + 1, (tensor.kind(), tensor.device()));
        assert!(tensor.equal(&rows.log().expand_as(tensor)), "{label}");
        return;
    }
    let flat = tensor.to_kind(Kind::Double).flatten(0, -1);
    let count = flat.numel() as f64;
    let mean = flat.mean(Kind::Double).double_value(&[]);
    let std = flat.std(false).double_value(&[]);
    let largest = flat.abs().max().double_value(&[]);
    let spread = match start {
        Start::Constant(value) => {
            assert!(
                flat.eq(value).all().int64_value(&[]) == 1,
                "{label}: expected {value}, {mean} ± {std}"
            );
            return;
        }
        Start::Normal(std) => std,
        Start::Logarithms | Start::Steps(_) => unreachable!("checked above"),
        Start::Uniform(bound) => {
            assert!(
                largest <= bound * (1.0 + 1e-6),
                "{label}: {largest} beyond {start:?}"
            );
            bound / 3f64.sqrt()
        }
    };
    let error = 5.0 / count.sqrt();
    assert!(
        mean.abs() < error * spread,
        "{label}: mean {mean}, {start:?}"
    );
    // Of few values the spread says little.
    assert!(
        (std / spread - 1.0).abs() < error.max(0.02),
        "{label}: std {std}, {start:?}, {count} values"
    );
}

#[test]
fn parameters_start_as_pytorch_draws_them() {
    let _rng = rng::seeded(41);
    let mut checked = 0;
    for entry in MODELS.iter().filter(|entry| entry.trained) {
        for encoder in [EncoderSetup::tiny(300), EncoderSetup::States { width: 60 }] {
            if !takes(&base(entry), &encoder, SHAPES) {
                continue;
            }
            let built = Built::new(entry, &encoder);
            let all = built.sorted();
            let size = |name: &str| {
                let found = all.iter().find(|(known, _)| known == name);
                found.map(|(_, tensor)| tensor.size())
            };
            for (name, tensor) in all.iter().filter(|(_, tensor)| tensor.requires_grad()) {
                let weight = name
                    .strip_suffix("bias")
                    .and_then(|stem| size(&format!("{stem}weight")));
                let start = expected(entry.name, name, &tensor.size(), weight.as_deref());
                let drawn = if name.ends_with("word_embeddings.weight") {
                    // The row of the padding is zero.
                    tensor.narrow(0, 1, tensor.size()[0] - 1)
                } else {
                    tensor.shallow_clone()
                };
                check(&format!("{}: {name}", entry.name), &drawn, start);
                checked += 1;
            }
        }
    }
    assert!(checked > 500, "{checked}");
}
