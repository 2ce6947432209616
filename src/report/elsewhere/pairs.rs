//! Pairs a run's predictions of two data sets by sample id.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::Condition;
use crate::metric::{Metric, Sums};
use crate::report::error::Result;
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::row::ModelRow;
use crate::report::rows::samples::Samples;
use crate::report::rows::scores::{ScoredRun, Value, average};
use crate::report::stats::jackknife::pseudo_values;

/// Predictions of both data sets by one training, on the samples that both have.
pub struct Pair {
    here: Samples,
    there: Samples,
    /// Samples that both have, that are here, and that are there.
    pub count: [usize; 3],
}

/// The pairs of a row's trainings, by seed.
pub struct RowPairs {
    pub each: Vec<Pair>,
    /// Conditions that all of them have on both data sets, ascending.
    pub conditions: Vec<Condition>,
}

impl RowPairs {
    /// `None` where no sample or no condition is on both sides, or seeds have different samples.
    ///
    /// # Errors
    /// If predictions cannot be read again.
    pub fn of(row: &ModelRow) -> Result<Option<Self>> {
        let each: Result<Option<Vec<Pair>>> = row.runs.iter().map(Pair::of).collect();
        let Some(each) = each? else {
            return Ok(None);
        };
        let same = |pair: &[Pair]| {
            pair[0].here.pairs_with(&pair[1].here) && pair[0].there.pairs_with(&pair[1].there)
        };
        let mut conditions: Vec<Condition> = each.first().map_or(Vec::new(), Pair::conditions);
        for pair in &each {
            let own = pair.conditions();
            conditions.retain(|condition| own.contains(condition));
        }
        let usable = !conditions.is_empty()
            && each.iter().all(|pair| pair.count[0] > 0)
            && each.windows(2).all(same);
        Ok(usable.then_some(Self { each, conditions }))
    }

    /// By condition, pseudo-values here less those there, as the mean over seeds and mask seeds.
    pub fn gaps(&self, sums: Sums) -> BTreeMap<Condition, Vec<f64>> {
        let side = |of: fn(&Pair) -> &Samples, condition| {
            let passes = self.each.iter().flat_map(|pair| of(pair).at(condition));
            let passes: Vec<&[f32]> = passes.collect();
            let truth = self.each.first().map_or(&[][..], |pair| &of(pair).truth);
            pseudo_values(&sums, truth, &passes)
        };
        let at = |&condition: &Condition| {
            let here = side(|pair| &pair.here, condition);
            let there = side(|pair| &pair.there, condition);
            let gaps = here.into_iter().zip(there).map(|(a, b)| a - b);
            (condition, gaps.collect())
        };
        self.conditions.iter().map(at).collect()
    }
}

impl Pair {
    fn of(run: &ScoredRun) -> Result<Option<Self>> {
        let Some(there) = run.own_samples()? else {
            return Ok(None);
        };
        let here = run.samples()?;
        let ids: BTreeSet<&String> = here.ids.iter().collect();
        let shared: BTreeSet<String> = (there.ids.iter().filter(|id| ids.contains(id)))
            .cloned()
            .collect();
        let count = [shared.len(), here.ids.len(), there.ids.len()];
        Ok(Some(Self {
            here: here.of_ids(&shared),
            there: there.of_ids(&shared),
            count,
        }))
    }

    fn conditions(&self) -> Vec<Condition> {
        let of = |samples: &Samples| -> BTreeSet<Condition> {
            samples
                .passes
                .keys()
                .map(|(condition, _)| *condition)
                .collect()
        };
        let there = of(&self.there);
        let here = of(&self.here).into_iter();
        here.filter(|condition| there.contains(condition)).collect()
    }

    /// The metric here less that there, by an aggregate.
    pub fn change(&self, metric: &Metric, aggregate: &Aggregate) -> Value {
        let side = |samples: &Samples| -> Value {
            let curve = aggregate.conditions().into_iter();
            let curve = curve.map(|condition| (condition, score(samples, metric, condition)));
            let value = aggregate.of(&curve.collect());
            value.unwrap_or_else(|| Err("a condition is lacking".to_string()))
        };
        Ok(side(&self.here)? - side(&self.there)?)
    }
}

/// A metric at a condition, as the mean over mask seeds.
fn score(samples: &Samples, metric: &Metric, condition: Condition) -> Value {
    let passes = samples.at(condition).into_iter();
    average(
        passes.map(|pass| (metric.compute)(pass, &samples.truth).map_err(|why| why.to_string())),
    )
}
