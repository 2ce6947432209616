//! Reads what a case stores, and compares arrays with it.

use std::collections::BTreeSet;

use super::super::tensors::{Tensor, Tensors};
use super::super::{Comparison, Error};
use crate::data::dataset::{Block, Modality, SplitName};
use crate::mask::{Keep, MaskProtocol, Phase, Protected, Reference, Rows, Scope, keep};

/// One file under comparison.
pub struct Check {
    pub case: String,
    pub tensors: Tensors,
    pub comparisons: Vec<Comparison>,
}

/// Complete inputs of one split.
pub struct Inputs {
    /// `in.` or `in.SPLIT.`.
    pub prefix: String,
    pub text: Block<i32>,
    pub lengths: [Vec<u32>; 3],
    pub rows: usize,
    pub steps: [usize; 3],
}

impl Check {
    pub fn floats(&mut self, name: &str, shape: &[usize], ours: &[f64]) -> Result<(), Error> {
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

    pub fn integers(&mut self, name: &str, shape: &[usize], ours: &[f64]) -> Result<(), Error> {
        let theirs = self.tensors.i64(name)?;
        let values: Vec<f64> = theirs.data.iter().map(|&v| v as f64).collect();
        let comparison = compared(&self.case, name, (shape, ours), (&theirs.shape, &values));
        self.comparisons.push(comparison);
        Ok(())
    }

    pub fn bits(&mut self, name: &str, mask: &Keep) -> Result<(), Error> {
        let ours: Vec<f64> = mask
            .bits
            .iter()
            .map(|&bit| f64::from(u8::from(bit)))
            .collect();
        self.integers(name, &[mask.rows, mask.steps], &ours)
    }

    /// The text between `prefix` and `suffix` in the names that have both.
    pub fn suffixes(&self, prefix: &str, suffix: &str) -> BTreeSet<String> {
        let middle = |name: &str| {
            name.strip_prefix(prefix)?
                .strip_suffix(suffix)
                .map(str::to_owned)
        };
        self.tensors.names().filter_map(middle).collect()
    }

    pub fn rate(&self, text: &str) -> Result<f64, Error> {
        let name = format!("out.rate_{text}");
        text.parse()
            .map_err(|_| self.tensors.unlike(&name, "a rate", text))
    }

    pub fn inputs(&self, prefix: &str) -> Result<Inputs, Error> {
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
    pub fn frames(&self, name: &str) -> Result<Block<f32>, Error> {
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

    pub fn three(&self, name: &str, tensor: &Tensor<f64>) -> Result<(usize, usize, usize), Error> {
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
    pub fn keep(&self, which: usize, draws: &[f64], rates: &[f64]) -> Result<Keep, Error> {
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
pub fn draws(seed: u64, modality: Modality, rows: usize, steps: usize) -> Result<Vec<f64>, Error> {
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
