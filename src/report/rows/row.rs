//! A row of tables: one model under one configuration, with its runs.

use std::sync::Arc;

use super::scores::ScoredRun;
use crate::mask::Condition;
use crate::report::origin::{File, Origin, RunSet};

/// One model under one configuration.
#[derive(Clone, Debug)]
pub struct ModelRow {
    /// Registry name of the model.
    pub model: String,
    /// The settings that tell this row from others of the same model; mostly empty.
    pub configuration: String,
    /// Title of the model with the configuration, and whether it is the baseline.
    pub label: String,
    pub baseline: bool,
    /// Derived from the run it names rather than a run's own scores.
    pub derived: bool,
    /// One run per seed, by seed.
    pub runs: Vec<ScoredRun>,
    /// Ids of all runs behind it, by seed.
    pub ids: RunSet,
    /// Conditions that only some of its runs were tested at, which are left out.
    pub cut: Vec<Condition>,
}

impl ModelRow {
    /// The origin of a number over these conditions: where conditions have trainings of their own, those.
    pub fn origin(&self, conditions: Vec<Condition>) -> Origin {
        let file = if self.derived {
            File::Labels
        } else {
            File::Predictions
        };
        Origin::of(file, &self.ids_at(&conditions), conditions)
    }

    /// Ids of the runs behind these conditions.
    pub fn ids_at(&self, conditions: &[Condition]) -> RunSet {
        if self.runs.iter().all(|run| run.parts().is_empty()) {
            return Arc::clone(&self.ids);
        }
        let read = |run: &&ScoredRun| conditions.iter().any(|l| run.mask.conditions.contains(l));
        let curves = self.runs.iter().flat_map(|run| {
            let whole = run.parts().is_empty();
            run.trainings().filter(move |run| whole || read(run))
        });
        curves.map(|run| run.manifest.id.clone()).collect()
    }

    /// Title of its model.
    pub fn title(&self) -> &str {
        let run = self.runs.first();
        run.map_or(&self.label, |run| &run.manifest.model.title)
    }

    /// Whether a user means this row by `name`: registry name, label, or title of its model.
    pub fn is_named(&self, name: &str) -> bool {
        self.names().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// The same with its upper and lower case, which comes first where two models differ in nothing else.
    pub fn is_named_exactly(&self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let title = (!self.derived).then(|| self.title());
        [Some(&*self.model), Some(&*self.label), title]
            .into_iter()
            .flatten()
    }

    /// Every training behind the row.
    pub fn trainings(&self) -> impl Iterator<Item = &ScoredRun> {
        self.runs.iter().flat_map(ScoredRun::trainings)
    }
}

/// Ids of runs, in their order.
pub fn ids(runs: &[ScoredRun]) -> RunSet {
    let all = runs.iter().flat_map(ScoredRun::trainings);
    all.map(|run| run.manifest.id.clone()).collect()
}
