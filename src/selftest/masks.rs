//! Compares the `reference` masks, training rates and loader with arrays of the published code.
//!
//! | file | holds |
//! |---|---|
//! | `seed_S.safetensors` | inputs, the draws of seed S, masks and masked inputs at several rates |
//! | `train_rates.safetensors` | uniform draws, zeroed samples and rates for seeds and sizes |
//! | `loader_seed_S.safetensors` | a whole loader of run seed S: construction and refreshes |

use std::collections::BTreeSet;
use std::path::Path;

use super::tensors::{Tensor, Tensors};
use super::{Comparison, Error, files};
use crate::data::dataset::{Block, Modality, SplitName};
use crate::mask::{
    Keep, Loader, MaskProtocol, Phase, Protected, Reference, ReferenceRates, Rows, Scope, apply,
    keep, reference_rates,
};

const KINDS: &str =
    "`seed_1111.safetensors`, `loader_seed_1111.safetensors` or `train_rates.safetensors`";

/// Mask seed and evaluation rate of every published loader.
const LOADER_MASK_SEED: u64 = 1111;
const LOADER_EVALUATION_RATE: f64 = 0.5;

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

/// One file under comparison.
struct Check {
    case: String,
    tensors: Tensors,
    comparisons: Vec<Comparison>,
}

/// Complete inputs of one split.
struct Inputs {
    /// `in.` or `in.SPLIT.`.
    prefix: String,
    text: Block<i32>,
    lengths: [Vec<u32>; 3],
    rows: usize,
    steps: [usize; 3],
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

    /// `loader_seed_S`: construction of all splits, then the refreshes that are stored.
    fn loader(&mut self, seed: u64) -> Result<(), Error> {
        let train = self.inputs("in.train.")?;
        let test = self.inputs("in.test.")?;
        let sizes = ((train.rows, train.steps[2]), (test.rows, test.steps[2]));
        let (mut loader, initial) = Loader::new(seed, LOADER_MASK_SEED, sizes.0, sizes.1)?;
        self.draw(&train, "out.train.initial.", &initial, true)?;
        for (split, inputs) in [("valid", self.inputs("in.valid.")?), ("test", test)] {
            let rates = [(); 3].map(|()| vec![LOADER_EVALUATION_RATE; inputs.rows]);
            let evaluation = ReferenceRates {
                uniform: rates.clone(),
                zeroed: Default::default(),
                rates,
            };
            self.draw(&inputs, &format!("out.{split}.initial."), &evaluation, true)?;
        }
        let refreshes = self.suffixes("out.train.refresh", ".rate_l").len();
        for number in 1..=refreshes {
            let refreshed = loader.refresh()?;
            self.draw(
                &train,
                &format!("out.train.refresh{number}."),
                &refreshed,
                false,
            )?;
        }
        Ok(())
    }

    /// Rates of one state of the loader, and the masks they give.
    fn draw(
        &mut self,
        inputs: &Inputs,
        prefix: &str,
        drawn: &ReferenceRates,
        whole: bool,
    ) -> Result<(), Error> {
        self.rates(prefix, drawn)?;
        for (which, modality) in Modality::ALL.into_iter().enumerate() {
            let draws = draws(LOADER_MASK_SEED, modality, inputs.rows, inputs.steps[which])?;
            let mask = inputs.keep(which, &draws, &drawn.rates[which])?;
            if whole || modality == Modality::Text {
                self.masked(inputs, modality, &mask, &format!("{prefix}{modality}_m"))?;
            } else {
                self.bits(&format!("{prefix}{modality}_keep"), &mask)?;
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

    fn floats(&mut self, name: &str, shape: &[usize], ours: &[f64]) -> Result<(), Error> {
        let theirs = self.tensors.f64(name)?;
        let comparison = compared(
            &self.case,
            name,
            (shape, ours),
            (&theirs.shape, &theirs.data),
        );
        self.comparisons.push(comparison);
        Ok(())
    }

    fn integers(&mut self, name: &str, shape: &[usize], ours: &[f64]) -> Result<(), Error> {
        let theirs = self.tensors.i64(name)?;
        let values: Vec<f64> = theirs.data.iter().map(|&v| v as f64).collect();
        let comparison = compared(&self.case, name, (shape, ours), (&theirs.shape, &values));
        self.comparisons.push(comparison);
        Ok(())
    }

    fn bits(&mut self, name: &str, mask: &Keep) -> Result<(), Error> {
        let ours: Vec<f64> = mask
            .bits
            .iter()
            .map(|&bit| f64::from(u8::from(bit)))
            .collect();
        self.integers(name, &[mask.rows, mask.steps], &ours)
    }

    /// The text between `prefix` and `suffix` in the names that have both.
    fn suffixes(&self, prefix: &str, suffix: &str) -> BTreeSet<String> {
        let middle = |name: &str| {
            name.strip_prefix(prefix)?
                .strip_suffix(suffix)
                .map(str::to_owned)
        };
        self.tensors.names().filter_map(middle).collect()
    }

    fn rate(&self, text: &str) -> Result<f64, Error> {
        let name = format!("out.rate_{text}");
        text.parse()
            .map_err(|_| self.tensors.unlike(&name, "a rate", text))
    }

    fn inputs(&self, prefix: &str) -> Result<Inputs, Error> {
        let name = format!("{prefix}text");
        let text = self.tensors.f64(&name)?;
        let (rows, three, steps) = self.three(&name, text)?;
        if three != 3 || steps == 0 {
            let (expected, found) = ("shape [N, 3, T], T at least 1", &text.shape);
            return Err(self.tensors.unlike(&name, expected, format!("{found:?}")));
        }
        let data: Vec<i32> = text.data.iter().map(|&id| id as i32).collect();
        let attention = data
            .chunks(three * steps)
            .map(|sample| &sample[steps..2 * steps]);
        let text_lengths = attention
            .map(|row| row.iter().sum::<i32>() as u32)
            .collect();
        let lengths = |modality: Modality| -> Result<Vec<u32>, Error> {
            let stored = self.tensors.i64(&format!("{prefix}{modality}_len"))?;
            Ok(stored.data.iter().map(|&length| length as u32).collect())
        };
        let shape = |modality: Modality| {
            let name = format!("{prefix}{modality}");
            Ok::<_, Error>(self.three(&name, self.tensors.f64(&name)?)?.1)
        };
        Ok(Inputs {
            prefix: prefix.to_owned(),
            text: Block {
                rows,
                steps: three,
                width: steps,
                data,
            },
            lengths: [
                text_lengths,
                lengths(Modality::Audio)?,
                lengths(Modality::Vision)?,
            ],
            rows,
            steps: [steps, shape(Modality::Audio)?, shape(Modality::Vision)?],
        })
    }

    /// Features of one modality; the value -1e30 represents -inf, which loaders replace by 0.
    fn frames(&self, name: &str) -> Result<Block<f32>, Error> {
        let stored = self.tensors.f64(name)?;
        let (rows, steps, width) = self.three(name, stored)?;
        let clean = |&v: &f64| if v == -1e30 { 0.0 } else { v as f32 };
        Ok(Block {
            rows,
            steps,
            width,
            data: stored.data.iter().map(clean).collect(),
        })
    }

    fn three(&self, name: &str, tensor: &Tensor<f64>) -> Result<(usize, usize, usize), Error> {
        match tensor.shape[..] {
            [rows, steps, width] => Ok((rows, steps, width)),
            _ => Err(self
                .tensors
                .unlike(name, "three dimensions", format!("{:?}", tensor.shape))),
        }
    }
}

/// Two arrays, each a shape and its entries, that must be equal in both.
fn compared(
    case: &str,
    name: &str,
    ours: (&[usize], &[f64]),
    theirs: (&[usize], &[f64]),
) -> Comparison {
    if ours.0 == theirs.0 {
        Comparison::exact(case, name, ours.1, theirs.1)
    } else {
        Comparison::new(case, name, f64::INFINITY, 0.0)
    }
}

impl Inputs {
    fn keep(&self, which: usize, draws: &[f64], rates: &[f64]) -> Result<Keep, Error> {
        let modality = Modality::ALL[which];
        let ids = vec![String::new(); self.rows];
        // The published code takes the ends of every text to be CLS and SEP.
        let protected = match modality {
            Modality::Text => Protected::Ends,
            Modality::Audio | Modality::Vision => Protected::Nothing,
        };
        let rows = Rows {
            ids: &ids,
            lengths: &self.lengths[which],
            steps: self.steps[which],
            protected,
        };
        Ok(keep(draws, rates, rows, modality)?)
    }
}

/// The published draws; data set, split, ids and phase do not enter them.
fn draws(seed: u64, modality: Modality, rows: usize, steps: usize) -> Result<Vec<f64>, Error> {
    let (split, phase) = (SplitName::Test, Phase::Evaluation);
    let scope = Scope {
        dataset: "golden",
        split,
        modality,
        seed,
        phase,
    };
    let rows = Rows {
        ids: &vec![String::new(); rows],
        lengths: &vec![0; rows],
        steps,
        protected: Protected::Nothing,
    };
    Ok(Reference.draws(&scope, rows)?)
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
