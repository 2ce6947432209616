//! Typed defaults against a second transcription, `published/*/hyper-parameters.csv`.

use std::collections::BTreeSet;

use lnln_bench::model::*;
use serde_json::Value;

/// One per source.
const TABLES: &[&str] = &[
    include_str!("../../published/mmsa/hyper-parameters.csv"),
    include_str!("../../published/dmd/hyper-parameters.csv"),
    include_str!("../../published/p-rmf/hyper-parameters.csv"),
    include_str!("../../published/qdrf/hyper-parameters.csv"),
    include_str!("../../published/emt-dlfr/hyper-parameters.csv"),
    include_str!("../../published/niat/hyper-parameters.csv"),
    include_str!("../../published/tf-mamba/hyper-parameters.csv"),
];

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        one => vec![
            one.as_f64()
                .unwrap_or_else(|| panic!("a number, not {one}")),
        ],
    }
}

/// What recipe and hyper-parameters of a model say under the table's name of a setting.
fn ours(entry: &Entry, profile: Profile, setting: &str) -> Vec<f64> {
    let (recipe, config) = ((entry.recipe)(profile), (entry.config)(profile));
    let get = |key: &str| numbers(&config[key]);
    let all = |keys: &[&str]| keys.iter().flat_map(|key| get(key)).collect::<Vec<f64>>();
    let same = |keys: &[&str]| {
        let values = all(keys);
        assert!(values.iter().all(|v| *v == values[0]), "{keys:?}");
        vec![values[0]]
    };
    // Ratios to the heads' value, then the heads' own.
    let relative = |key: &str, base: f64| {
        let mut values: Vec<f64> = get(key).iter().map(|ratio| ratio * base).collect();
        values.push(base);
        values
    };
    match (entry.name, setting) {
        (_, "batch_size") => vec![recipe.batch_size as f64],
        (_, "learning_rate") => vec![recipe.learning_rate],
        (_, "weight_decay") => vec![recipe.weight_decay],
        (_, "grad_accum") => vec![f64::from(recipe.trainer_options.grad_accum)],
        (_, "lr_divisor") => vec![f64::from(recipe.trainer_options.lr_divisor)],
        (_, "patience") => vec![f64::from(recipe.trainer_options.lr_plateau.unwrap())],
        (_, "grad_clip") => match recipe.clip {
            GradClip::Value(limit) | GradClip::Norm(limit) => vec![limit],
            other => panic!("{other:?}"),
        },
        (_, "n_epochs") => vec![f64::from(recipe.epochs)],
        ("tf_mamba", "com_dim") => get("width"),
        ("lmf", "factor_lr") => vec![get("factor_rate")[0] * recipe.learning_rate],
        (_, "early_stop") => vec![f64::from(recipe.trainer_options.early_stop.unwrap())],
        ("tfr_net", "fusion_hiddens") => all(&["fusion_t_hid", "fusion_a_hid", "fusion_v_hid"]),
        ("tfr_net", "learning_rates") => relative("relative_rate", recipe.learning_rate),
        ("tfr_net", "weight_decays") => relative("relative_decay", recipe.weight_decay),
        ("niat", "learning_rates") => all(&["learning_rate_bert", "learning_rate_other"]),
        ("niat", "weight_decays") => all(&["weight_decay_bert", "weight_decay_other"]),
        ("niat", "fus_dims") => all(&["fus_d_l", "fus_d_a", "fus_d_v"]),
        ("niat", "conv1d_kernel_sizes") => all(&["l", "a", "v"]
            .map(|m| format!("fus_conv1d_kernel_{m}"))
            .each_ref()
            .map(String::as_str)),
        ("mmim", "lstm_hidden_sizes") => all(&["d_ah", "d_vh"]),
        ("mmim", "lstm_outs") => all(&["d_aout", "d_vout"]),
        ("mult" | "tetfn" | "tfr_net", "conv1d_kernel_sizes") => all(&["l", "a", "v"]
            .map(|m| format!("conv1d_kernel_size_{m}"))
            .each_ref()
            .map(String::as_str)),
        ("mult", "attn_dropout") => same(&[
            "attn_dropout_a_with_l",
            "attn_dropout_v_with_l",
            "attn_dropout_mem",
        ]),
        ("mult", "attn_dropout_a") => same(&["attn_dropout_l_with_a", "attn_dropout_v_with_a"]),
        ("mult", "attn_dropout_v") => same(&["attn_dropout_l_with_v", "attn_dropout_a_with_v"]),
        ("self_mm" | "tetfn", "learning_rates") => relative("relative_rates", recipe.learning_rate),
        ("self_mm" | "tetfn", "weight_decays") => relative("relative_decays", recipe.weight_decay),
        ("self_mm" | "tetfn" | "emt_dlfr", "lstm_hidden_sizes") => {
            all(&["a_lstm_hidden_size", "v_lstm_hidden_size"])
        }
        ("p_rmf" | "qdrf", "learning_rates") => relative("relative_rate", recipe.learning_rate),
        ("p_rmf" | "qdrf", "epochs") => vec![f64::from(recipe.epochs)],
        ("self_mm" | "emt_dlfr", "lstm_outs") => all(&["audio_out", "video_out"]),
        ("emt_dlfr", "learning_rates") => ["bert", "audio", "video", "other"]
            .iter()
            .flat_map(|part| get(&format!("learning_rate_{part}")))
            .collect(),
        ("emt_dlfr", "weight_decays") => ["bert", "audio", "video", "other"]
            .iter()
            .flat_map(|part| get(&format!("weight_decay_{part}")))
            .collect(),
        ("emt_dlfr", "pred_dims") => ["gmc_tokens", "text", "audio", "video"]
            .iter()
            .flat_map(|part| get(&format!("{part}_pred_dim")))
            .collect(),
        ("self_mm" | "tetfn", "post_dims") => all(&[
            "post_fusion_dim",
            "post_text_dim",
            "post_audio_dim",
            "post_video_dim",
        ]),
        ("self_mm" | "tetfn", "post_dropouts") => all(&[
            "post_fusion_dropout",
            "post_text_dropout",
            "post_audio_dropout",
            "post_video_dropout",
        ]),
        _ => get(setting),
    }
}

#[test]
fn typed_defaults_are_the_published_ones() {
    let mut models = BTreeSet::new();
    for table in TABLES {
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("model,setting,mosi,mosei,sims,simsv2"));
        models.extend(lines.map(check));
    }
    // What ends by an early stop is no model of LNLN's protocol.
    let early_stop = |entry: &&&Entry| {
        let trainer_options = (entry.recipe)(Profile::Mosi).trainer_options;
        trainer_options.early_stop.is_some()
    };
    for entry in MODELS.iter().filter(early_stop) {
        assert!(models.contains(entry.name), "no table has {}", entry.name);
    }
}

/// Compares one line of a table; the model's name.
fn check(line: &str) -> &'static str {
    let cells: Vec<&str> = line.split(',').collect();
    let entry = entry::find(cells[0]).unwrap();
    for (cell, profile) in cells[2..].iter().zip(Profile::ALL) {
        if *cell == "-" {
            // The authors have no settings for this data set: those of the others are used.
            let sims = ours(entry, Profile::Sims, cells[1]);
            assert_eq!(ours(entry, profile, cells[1]), sims, "{line}");
            continue;
        }
        let expected: Vec<f64> = cell.split(' ').map(|n| n.parse().unwrap()).collect();
        let found = ours(entry, profile, cells[1]);
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * b.abs();
        assert!(
            found.len() == expected.len() && found.iter().zip(&expected).all(close),
            "{} {} on {profile:?}: {found:?}, published {expected:?}",
            entry.name,
            cells[1]
        );
    }
    entry.name
}

/// A weight decay asked for reaches every group, in the authors' proportions.
#[test]
fn decays_follow_the_recipe() {
    use super::bed::*;
    for_every_variant(|choice, encoder| {
        let built = Built::of(choice, encoder);
        let mut recipe = (choice.entry.recipe)(Profile::Mosi);
        let decays = |recipe: &Recipe| -> Vec<f64> {
            let groups = built.model.groups(recipe);
            groups.iter().map(|group| group.weight_decay).collect()
        };
        recipe.weight_decay = 0.25;
        let once = decays(&recipe);
        recipe.weight_decay = 0.5;
        for (one, two) in once.iter().zip(decays(&recipe)) {
            assert_eq!(2.0 * one, two, "{}", choice.name());
        }
        assert!(once.iter().any(|decay| *decay > 0.0), "{}", choice.name());
    });
}
