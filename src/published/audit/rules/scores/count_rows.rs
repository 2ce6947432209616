//! Weighs how well a number of runs explains the accuracies of a row.

use std::collections::BTreeMap;

use super::runs::{Possible, Runs};
use crate::published::audit::arranged::Seen;
use crate::published::audit::{Arranged, AuditSettings, Rounding};
use crate::published::parse::{Number, ParsedCell, ParsedCondition};

/// How often a cell of an honest table may break the rule all the same.
const SLIP: f64 = 0.005;

/// An accuracy and the samples it is a share of.
#[derive(Clone, Copy, Debug)]
pub struct Share<'a> {
    pub seen: Seen<'a>,
    pub samples: u64,
}

impl Share<'_> {
    pub fn number(&self) -> &Number {
        &self.seen.cell.number
    }
}

/// The accuracies of one method in a table.
#[derive(Clone, Debug)]
pub struct CountRow<'a> {
    pub method: &'a str,
    pub shares: Vec<Share<'a>>,
}

impl<'a> CountRow<'a> {
    /// The shares that are evidence of their own: each number once, and nothing of conditions at which
    /// the method is a constant predictor, whose runs are equal.
    pub fn independent(&self, arranged: &Arranged<'_>) -> Vec<Share<'a>> {
        let constant = |s: &Share<'_>| {
            let c = s.seen.cell;
            let statistics = arranged.statistics;
            let two = c.metric.name.starts_with("acc2");
            two && statistics.is_lost(&c.dataset, c.metric, &c.number)
                || statistics.is_baseline(&c.dataset, c.metric, &c.number)
        };
        let lost: Vec<&ParsedCondition> = self
            .shares
            .iter()
            .filter(|s| constant(s))
            .map(|s| &s.seen.cell.condition)
            .collect();
        let mut out: Vec<Share<'a>> = Vec::new();
        for share in &self.shares {
            let same =
                |o: &Share<'_>| o.samples == share.samples && o.number().same(share.number());
            if !lost.contains(&&share.seen.cell.condition) && !out.iter().any(same) {
                out.push(*share);
            }
        }
        out
    }
}

/// The rows of one table and data set that have conditions, or of one that has none.
#[derive(Clone, Debug)]
pub struct CountTable<'a> {
    pub dataset: &'a str,
    /// Whether the table has no conditions: its numbers may be means over them.
    pub whole: bool,
    pub rows: Vec<CountRow<'a>>,
}

impl CountTable<'_> {
    /// Whether whole rows print fewer digits than others: then rows are quoted from several papers, and
    /// a number of runs that is stated for the table need not be theirs.
    pub fn mixes_digits(&self) -> bool {
        let digits = |row: &CountRow<'_>| {
            let all = row.shares.iter().map(|s| s.number().decimals);
            (row.shares.len() > 1).then(|| all.max()).flatten()
        };
        let all: Vec<usize> = self.rows.iter().filter_map(digits).collect();
        all.iter().min() != all.iter().max()
    }
}

/// Every table with accuracies of a test set whose samples are known; means are left out.
pub fn tables<'a>(arranged: &Arranged<'a>) -> Vec<CountTable<'a>> {
    let mut tables: BTreeMap<(&str, &str, bool), CountTable<'a>> = BTreeMap::new();
    // Means of lines are means of more runs than those.
    let mean = |cell: &ParsedCell| cell.condition.is_mean() || cell.averaged;
    for seen in arranged.cells().filter(|s| !mean(s.cell)) {
        let c = seen.cell;
        let Some(samples) = arranged.statistics.samples(&c.dataset, c.metric) else {
            continue;
        };
        let whole = c.condition == ParsedCondition::Whole;
        let table = tables
            .entry((seen.table, &c.dataset, whole))
            .or_insert_with(|| CountTable {
                dataset: &c.dataset,
                whole,
                rows: Vec::new(),
            });
        let share = Share { seen, samples };
        match table.rows.iter_mut().find(|r| r.method == c.method) {
            Some(row) => row.shares.push(share),
            None => table.rows.push(CountRow {
                method: &c.method,
                shares: vec![share],
            }),
        }
    }
    tables.into_values().collect()
}

/// Both ways of rounding that the user's settings allow, for a number of runs.
pub fn ways(runs: u32, settings: AuditSettings) -> Vec<Runs> {
    let both = [Rounding::EveryRun, Rounding::Mean].into_iter();
    both.filter(|rounding| settings.rounding.is_none_or(|given| given == *rounding))
        .map(|rounding| Runs { runs, rounding })
        .collect()
}

/// Sets of possible accuracies that were computed already.
#[derive(Default)]
pub struct Sets {
    possible: BTreeMap<(u64, u32, bool), Possible>,
    densities: BTreeMap<(u64, u32, bool, usize), f64>,
}

impl Sets {
    fn get(&mut self, samples: u64, how: Runs) -> &Possible {
        let key = (samples, how.runs, how.rounding == Rounding::Mean);
        let new = || Possible::new(samples, how);
        self.possible.entry(key).or_insert_with(new)
    }

    pub fn prints(&mut self, share: &Share<'_>, how: Runs) -> bool {
        self.get(share.samples, how).prints(share.number())
    }

    /// Whether one of these ways prints the number.
    pub fn any_prints(&mut self, share: &Share<'_>, ways: &[Runs]) -> bool {
        ways.iter().any(|way| self.prints(share, *way))
    }

    /// The shares that none of these ways prints.
    pub fn misfits<'a>(&mut self, shares: &[Share<'a>], ways: &[Runs]) -> Vec<Share<'a>> {
        let mut out = shares.to_vec();
        out.retain(|s| !self.any_prints(s, ways));
        out
    }

    /// The possible accuracy nearest to a number.
    pub fn nearest(&mut self, share: &Share<'_>, ways: &[Runs]) -> Option<f64> {
        let all: Option<Vec<f64>> = ways
            .iter()
            .map(|way| self.get(share.samples, *way).nearest(share.number()))
            .collect();
        let distance = |v: &f64| (v - share.number().value).abs();
        all?.into_iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The share of printable numbers that are possible.
    pub fn density(&mut self, share: &Share<'_>, how: Runs) -> f64 {
        let decimals = share.number().decimals;
        let key = (
            share.samples,
            how.runs,
            how.rounding == Rounding::Mean,
            decimals,
        );
        if let Some(known) = self.densities.get(&key) {
            return *known;
        }
        let density = self.get(share.samples, how).density(decimals);
        self.densities.insert(key, density);
        density
    }

    /// Logarithm of how much better this way explains the shares than chance does.
    pub fn log_likelihood(&mut self, shares: &[Share<'_>], how: Runs) -> f64 {
        let each = shares.iter().map(|share| {
            let density = self.density(share, how);
            if self.prints(share, how) {
                ((1.0 - SLIP) / density).ln()
            } else {
                (SLIP / (1.0 - density).max(SLIP)).ln()
            }
        });
        each.sum()
    }

    /// The best of these ways and its log-likelihood.
    pub fn best(&mut self, shares: &[Share<'_>], ways: &[Runs]) -> Option<(f64, Runs)> {
        let scored = ways
            .iter()
            .map(|way| (self.log_likelihood(shares, *way), *way));
        scored.max_by(|a, b| a.0.total_cmp(&b.0))
    }
}
