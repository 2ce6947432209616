//! Absolute errors of a row, each with the positions of the sample's blocks.

use std::collections::BTreeMap;

use super::{METRIC, POSITIONS};
use crate::data::dataset::{Modality, SplitName};
use crate::mask::{Block, Condition, Phase, Scope};
use crate::report::detail::Number;
use crate::report::error::Result;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::{ScoredRun, Value};

/// What is averaged: errors of the samples whose block of a modality is at a position.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub modality: Modality,
    /// From 0, the start, to [`POSITIONS`] - 1.
    pub position: usize,
    /// Lengths of the block, 0 for complete data.
    pub lengths: &'a [Condition],
    /// Length whose errors of the same samples are taken off.
    pub less: Option<Condition>,
}

/// The error of one prediction.
struct Observed {
    sample: usize,
    /// Of text, audio and vision.
    positions: [usize; 3],
    length: Condition,
    error: f64,
}

/// The errors of a row.
pub struct RowErrors {
    samples: usize,
    /// By seed.
    seeds: Vec<Vec<Observed>>,
    /// Whether seeds agree on their samples, so that samples can be left out one by one.
    paired: bool,
}

impl RowErrors {
    /// Reads the errors at these lengths.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn of(row: &ModelRow, lengths: &[Condition]) -> Result<Self> {
        let mut known = BTreeMap::new();
        let seeds: Result<Vec<Vec<Observed>>> = row
            .runs
            .iter()
            .map(|run| observed(run, lengths, &mut known))
            .collect();
        let seeds = seeds?;
        let has_all = |seed: &Vec<Observed>| {
            let mut found = vec![false; known.len()];
            seed.iter().for_each(|one| found[one.sample] = true);
            found.into_iter().all(|found| found)
        };
        Ok(Self {
            samples: known.len(),
            paired: seeds.iter().all(has_all),
            seeds,
        })
    }

    /// The mean absolute error of a cell over seeds, with its interval if `tested`.
    pub fn number(&self, cell: Cell, tested: bool) -> Number {
        let seeds = self.seeds.iter().map(|seed| self.sums(seed, cell));
        let seeds: Vec<Vec<Sums>> = seeds.collect();
        let totals: Vec<Sums> = seeds.iter().map(|samples| total(samples)).collect();
        let values: Vec<Value> = totals.iter().map(|sums| sums.value(cell)).collect();
        if !tested || !self.paired || values.iter().any(|value| value.is_err()) {
            return Number::new(values, &[]);
        }
        let n = self.samples as f64;
        let without = |left: usize| {
            let rest = seeds.iter().zip(&totals);
            mean(rest.map(|(samples, total)| total.less(&samples[left]).value(cell)))
        };
        let all = n * mean(values.iter().cloned());
        let pseudo = (0..self.samples).map(|left| all - (n - 1.0) * without(left));
        let pseudo: Vec<f64> = pseudo.collect();
        Number::new(values, &pseudo)
    }

    /// Sums over the cell by sample.
    fn sums(&self, seed: &[Observed], cell: Cell) -> Vec<Sums> {
        let mut all = vec![Sums::default(); self.samples];
        let there = |one: &&Observed| one.positions[cell.modality as usize] == cell.position;
        for one in seed.iter().filter(there) {
            let sums = &mut all[one.sample];
            if cell.lengths.contains(&one.length) {
                sums.own = [sums.own[0] + one.error, sums.own[1] + 1.0];
            }
            if cell.less == Some(one.length) {
                sums.complete = [sums.complete[0] + one.error, sums.complete[1] + 1.0];
            }
        }
        all
    }
}

/// The errors of one seed; samples are numbered by their ids.
fn observed(
    run: &ScoredRun,
    lengths: &[Condition],
    known: &mut BTreeMap<String, usize>,
) -> Result<Vec<Observed>> {
    let mut all = Vec::new();
    for training in run.trainings() {
        // Of a fold, whose name is in the key of its masks.
        let dataset = &training.manifest.dataset.name;
        let samples = training.kept()?.samples(0, METRIC)?;
        let next = |id: &String| {
            let number = known.len();
            *known.entry(id.clone()).or_insert(number)
        };
        let numbers: Vec<usize> = samples.ids.iter().map(next).collect();
        for ((length, mask_seed), predictions) in &samples.passes {
            if !lengths.contains(length) {
                continue;
            }
            for (i, id) in samples.ids.iter().enumerate() {
                let error = f64::from(predictions[i]) - f64::from(samples.truth[i]);
                all.push(Observed {
                    sample: numbers[i],
                    positions: positions(dataset, *mask_seed, id),
                    length: *length,
                    error: error.abs(),
                });
            }
        }
    }
    Ok(all)
}

/// The positions of a sample's blocks: at every length the same share of what is kept comes before them.
fn positions(dataset: &str, seed: u64, id: &str) -> [usize; 3] {
    Modality::ALL.map(|modality| {
        let scope = Scope {
            dataset,
            split: SplitName::Test,
            modality,
            seed,
            phase: Phase::Evaluation,
        };
        (Block::point(&scope, id) * POSITIONS as f64) as usize
    })
}

/// Sum and number of errors, and of those that are taken off.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    own: [f64; 2],
    complete: [f64; 2],
}

impl Sums {
    fn less(&self, other: &Self) -> Self {
        let less = |a: [f64; 2], b: [f64; 2]| [a[0] - b[0], a[1] - b[1]];
        Self {
            own: less(self.own, other.own),
            complete: less(self.complete, other.complete),
        }
    }

    fn value(&self, cell: Cell) -> Value {
        let mean = |[sum, count]: [f64; 2]| {
            if count > 0.0 {
                Ok(sum / count)
            } else {
                Err("no sample has its block there".to_string())
            }
        };
        match cell.less {
            Some(_) => Ok(mean(self.own)? - mean(self.complete)?),
            None => mean(self.own),
        }
    }
}

fn total(samples: &[Sums]) -> Sums {
    let add = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
    samples.iter().fold(Sums::default(), |sum, one| Sums {
        own: add(sum.own, one.own),
        complete: add(sum.complete, one.complete),
    })
}

/// NaN where a value is undefined.
fn mean(values: impl Iterator<Item = Value>) -> f64 {
    let values: Vec<f64> = values.map(|value| value.unwrap_or(f64::NAN)).collect();
    values.iter().sum::<f64>() / values.len() as f64
}
