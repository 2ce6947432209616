//! Compares the label generation that cases of Self-MM store (`gen_*`).

use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::case::{Case, Result, cast};
use super::compare::relative;
use crate::model::label_bank::{BankRules, LabelBank, SPACES};

/// Puts the case's state into a bank, takes in the new features, and returns each stored quantity
/// `out.gen_*` with its error. Empty where the case has no such part.
///
/// # Errors
/// [`CaseError::Input`](super::case::CaseError::Input) where a part of the state is not stored.
pub fn run(case: &Case, kind: tch::Kind, device: Device) -> Result<Vec<(String, f64)>> {
    if case.input("gen_index").is_none() {
        return Ok(Vec::new());
    }
    let get = |name: String| {
        let tensor = case.require(&name)?;
        Ok(cast(tensor, kind).to_device(device))
    };
    let per_space = |what: &str| -> Result<Vec<Tensor>> {
        let named = SPACES
            .iter()
            .map(|space| get(format!("gen_{what}_{space}")));
        named.collect()
    };
    let (features, labels, new) = (per_space("feat")?, per_space("label")?, per_space("new")?);
    let (index, epoch) = (get("gen_index".to_owned())?, get("gen_epoch".to_owned())?);
    let widths = std::array::from_fn(|i| features[i].size()[1]);
    let samples = features[0].size()[0];
    let rules = BankRules {
        limit: case.config["H"].as_f64().unwrap_or(f64::NAN),
        lose_centers: true,
    };
    let mut store = VarStore::new(device);
    let mut bank = LabelBank::new(&store.root(), samples, widths, rules);
    store.set_kind(kind);
    let state = store.variables();
    for (space, labels) in SPACES.iter().zip(&labels) {
        state[&format!("state.labels_{space}")]
            .shallow_clone()
            .copy_(labels);
    }
    let all = Tensor::arange(samples, (tch::Kind::Int64, device));
    let mut errors = Vec::new();
    let mut compare = |when: &str, what: &str, space: &str, got: &Tensor| {
        let name = format!("out.gen_{what}_{when}_{space}");
        for (row, side) in ["", "_pos", "_neg"].iter().enumerate() {
            if let Some(expected) = case.tensors.get(&format!("{name}{side}")) {
                let got = match row {
                    0 => got.shallow_clone(),
                    _ => got.select(0, row as i64 - 1),
                };
                errors.push((format!("{name}{side}"), relative(&got, expected)));
            }
        }
    };
    // Of the first epoch's kind, which keeps features and centres and moves no label.
    bank.absorb(&all, std::array::from_fn(|i| &features[i]), 1);
    for space in SPACES {
        compare(
            "before",
            "center",
            space,
            &state[&format!("state.centers_{space}")],
        );
    }
    let epoch = epoch.int64_value(&[0]) as u32;
    bank.absorb(&index, std::array::from_fn(|i| &new[i]), epoch);
    for space in SPACES {
        compare(
            "after",
            "center",
            space,
            &state[&format!("state.centers_{space}")],
        );
        compare(
            "after",
            "label",
            space,
            &state[&format!("state.labels_{space}")],
        );
    }
    Ok(errors)
}
