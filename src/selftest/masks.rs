//! Compares the `reference` masks, training rates and loader with arrays of the published code.
//!
//! | file | holds |
//! |---|---|
//! | `seed_S.safetensors` | inputs, the draws of seed S, masks and masked inputs at several rates |
//! | `train_rates.safetensors` | uniform draws, zeroed samples and rates for seeds and sizes |
//! | `loader_seed_S.safetensors` | a whole loader of run seed S: construction and refreshes |

use std::collections::BTreeSet;
use std::path::Path;

use self::check::{Check, Inputs, draws};
use super::tensors::Tensors;
use super::{Comparison, Error, files};
use crate::data::dataset::Modality;
use crate::mask::{Keep, ReferenceRates, apply, reference_rates};

mod check;
mod loader;

const KINDS: &str =
    "`seed_1111.safetensors`, `loader_seed_1111.safetensors` or `train_rates.safetensors`";

/// Checks every `*.safetensors` of a folder.
///
/// # Errors
/// [`Error`] where the folder holds no case or a case cannot be read.
pub fn run(folder: &Path) -> Result<Vec<Comparison>, Error> {
    let mut comparisons = Vec::new();
    for path in files::cases(folder, "safetensors", KINDS)? {
        let (stem, tensors) = (files::stem(&path), Tensors::open(&path)?);
        let unknown = || Error::UnknownCase {
            path: path.clone(),
            expected: KINDS,
        };
        let seed = |digits: &str| digits.parse::<u64>().map_err(|_| unknown());
        let mut check = Check {
            case: format!("masks/{stem}"),
            tensors,
            comparisons: Vec::new(),
        };
        if let Some(digits) = stem.strip_prefix("loader_seed_") {
            check.loader(seed(digits)?)?;
        } else if let Some(digits) = stem.strip_prefix("seed_") {
            check.fields_and_masks(seed(digits)?)?;
        } else if stem == "train_rates" {
            check.train_rates()?;
        } else {
            return Err(unknown());
        }
        check.unread();
        comparisons.append(&mut check.comparisons);
    }
    Ok(comparisons)
}

impl Check {
    /// `seed_S`: the draws, every mask and every masked input.
    fn fields_and_masks(&mut self, seed: u64) -> Result<(), Error> {
        let inputs = self.inputs("in.")?;
        self.valid(&inputs)?;
        let stored: BTreeSet<String> = self.suffixes("out.rate_", ".text_keep");
        if stored.is_empty() {
            return Err(self
                .tensors
                .unlike("out.rate_*.text_keep", "one or more", "none"));
        }
        let per_sample = self.tensors.f64("in.per_sample_rate")?.data.clone();
        for (which, modality) in Modality::ALL.into_iter().enumerate() {
            let draws = draws(seed, modality, inputs.rows, inputs.steps[which])?;
            let shape = [inputs.rows, inputs.steps[which]];
            self.floats(&format!("uniform.{modality}"), &shape, &draws)?;
            for rate in &stored {
                let rates = match rate.as_str() {
                    "per_sample" => per_sample.clone(),
                    uniform => vec![self.rate(uniform)?; inputs.rows],
                };
                let mask = inputs.keep(which, &draws, &rates)?;
                let prefix = format!("out.rate_{rate}.{modality}");
                self.bits(&format!("{prefix}_keep"), &mask)?;
                self.masked(&inputs, modality, &mask, &format!("{prefix}_m"))?;
            }
        }
        Ok(())
    }

    /// Where the published code takes positions to be valid.
    fn valid(&mut self, inputs: &Inputs) -> Result<(), Error> {
        for (which, modality) in Modality::ALL.into_iter().enumerate() {
            let (lengths, steps) = (&inputs.lengths[which], inputs.steps[which]);
            if modality == Modality::Text {
                // The first 0 of the attention mask, as argmin finds it: 0 where there is none.
                let first = |&length: &u32| {
                    if length as usize == steps {
                        0.0
                    } else {
                        f64::from(length)
                    }
                };
                let ours: Vec<f64> = lengths.iter().map(first).collect();
                self.integers("out.text_argmin_len", &[inputs.rows], &ours)?;
            } else {
                let row = |&length: &u32| (0..steps).map(move |t| t < length as usize);
                let bits = lengths.iter().flat_map(row).collect();
                let mask = Keep {
                    rows: inputs.rows,
                    steps,
                    bits,
                };
                self.bits(&format!("out.{modality}_valid"), &mask)?;
            }
        }
        Ok(())
    }

    /// Everything stored must be an input or have been compared.
    fn unread(&mut self) {
        let compared: BTreeSet<&str> = self
            .comparisons
            .iter()
            .map(|o| o.quantity.as_str())
            .collect();
        let names = self.tensors.names().filter(|name| !name.starts_with("in."));
        let unread: Vec<String> = names
            .filter(|name| !compared.contains(name))
            .map(str::to_owned)
            .collect();
        for name in unread {
            let comparison = Comparison::new(&self.case, name, f64::INFINITY, 0.0);
            self.comparisons.push(comparison);
        }
    }

    /// `train_rates`: `seed_S.n_N.{uniform,zeroed,rate}_{l,a,v}`.
    fn train_rates(&mut self) -> Result<(), Error> {
        let stored = self.suffixes("seed_", ".rate_l");
        if stored.is_empty() {
            return Err(self
                .tensors
                .unlike("seed_*.n_*.rate_l", "one or more", "none"));
        }
        for name in stored {
            let numbers = name
                .split_once(".n_")
                .and_then(|(seed, n)| Some((seed.parse().ok()?, n.parse().ok()?)));
            let prefix = format!("seed_{name}.");
            let unlike = || self.tensors.unlike(&prefix, "seed_S.n_N", name.as_str());
            let (seed, n) = numbers.ok_or_else(unlike)?;
            let drawn = reference_rates(seed, n)?;
            self.rates(&prefix, &drawn)?;
            for (which, letter) in ["l", "a", "v"].into_iter().enumerate() {
                let uniform = &drawn.uniform[which];
                self.floats(&format!("{prefix}uniform_{letter}"), &[n], uniform)?;
                let zeroed: Vec<f64> = drawn.zeroed[which].iter().map(|&i| i as f64).collect();
                self.integers(&format!("{prefix}zeroed_{letter}"), &[n / 2], &zeroed)?;
            }
        }
        Ok(())
    }

    fn rates(&mut self, prefix: &str, drawn: &ReferenceRates) -> Result<(), Error> {
        for (letter, rates) in ["l", "a", "v"].into_iter().zip(&drawn.rates) {
            self.floats(&format!("{prefix}rate_{letter}"), &[rates.len()], rates)?;
        }
        Ok(())
    }

    /// Compares the masked form of one modality with a stored one.
    fn masked(
        &mut self,
        inputs: &Inputs,
        modality: Modality,
        mask: &Keep,
        name: &str,
    ) -> Result<(), Error> {
        if modality == Modality::Text {
            let masked = apply::text(&inputs.text, mask)?;
            let shape = [masked.rows, masked.steps, masked.width];
            let ours: Vec<f64> = masked.data.into_iter().map(f64::from).collect();
            return self.floats(name, &shape, &ours);
        }
        let complete = self.frames(&format!("{}{modality}", inputs.prefix))?;
        let masked = apply::frames(&complete, mask)?;
        let shape = [masked.rows, masked.steps, masked.width];
        let ours: Vec<f64> = masked.data.into_iter().map(f64::from).collect();
        self.floats(name, &shape, &ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{Dtype, TensorView, serialize};

    type Payload = (String, Dtype, Vec<usize>, Vec<u8>);

    /// Training rates as `reference_rates` draws them, after `change` has gone over what is stored.
    fn case(name: &str, change: impl Fn(&mut Vec<Payload>)) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let drawn = reference_rates(3, 4).unwrap();
        let bytes = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let mut payloads: Vec<Payload> = Vec::new();
        for (which, letter) in ["l", "a", "v"].into_iter().enumerate() {
            let of = |what: &str| format!("seed_3.n_4.{what}_{letter}");
            let (rates, uniform) = (bytes(&drawn.rates[which]), bytes(&drawn.uniform[which]));
            payloads.push((of("rate"), Dtype::F64, vec![4], rates));
            payloads.push((of("uniform"), Dtype::F64, vec![4], uniform));
            let zeroed = drawn.zeroed[which].iter();
            let zeroed = zeroed.flat_map(|&i| (i as i64).to_le_bytes()).collect();
            payloads.push((of("zeroed"), Dtype::I64, vec![2], zeroed));
        }
        change(&mut payloads);
        let views = payloads.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        std::fs::write(folder.path().join(name), serialize(views, None).unwrap()).unwrap();
        folder
    }

    /// What fails after a change.
    fn failed(change: impl Fn(&mut Vec<Payload>)) -> Vec<String> {
        let comparisons = run(case("train_rates.safetensors", change).path()).unwrap();
        assert!(comparisons.len() >= 9);
        let failed = comparisons
            .into_iter()
            .filter(|comparison| !comparison.passed());
        failed.map(|comparison| comparison.quantity).collect()
    }

    #[test]
    fn a_wrong_number_shape_or_name_fails() {
        assert!(failed(|_| {}).is_empty());
        let number = failed(|stored| {
            let first = f64::from_le_bytes(stored[1].3[..8].try_into().unwrap());
            stored[1].3[..8].copy_from_slice(&f64::from_bits(first.to_bits() + 1).to_le_bytes());
        });
        assert_eq!(number, ["seed_3.n_4.uniform_l"]);
        let shape = failed(|stored| stored[0].2 = vec![4, 1]);
        assert_eq!(shape, ["seed_3.n_4.rate_l"]);
        let name = failed(|stored| {
            let more = stored[0].clone();
            stored.push(("out.unread".to_owned(), more.1, more.2, more.3));
        });
        assert_eq!(name, ["out.unread"]);
    }

    /// Ids without attention mask and segments, and texts of no step.
    #[test]
    fn texts_of_another_shape_are_errors() {
        for shape in [[2usize, 1, 4], [2, 3, 0]] {
            let bytes = vec![0; 8 * shape.iter().product::<usize>()];
            let folder = case("seed_3.safetensors", |stored| {
                let text = "in.text".to_owned();
                *stored = vec![(text, Dtype::F64, shape.to_vec(), bytes.clone())];
            });
            let message = run(folder.path()).unwrap_err().to_string();
            let expected = format!(
                "tensor `in.text`: expected shape [N, 3, T], T at least 1, found {shape:?}"
            );
            assert!(message.ends_with(&expected), "{message}");
        }
    }

    #[test]
    fn unknown_and_missing_cases_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(run(folder.path()), Err(Error::NoCase { .. })));
        let folder = case("other.safetensors", |_| {});
        assert!(matches!(run(folder.path()), Err(Error::UnknownCase { .. })));
    }
}
