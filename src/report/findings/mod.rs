//! Finds what a section's numbers say: the best model, who beats the baseline where, which differences hold.
//!
//! Findings are fields; [`words`] makes sentences of them.

mod words;

use crate::mask::Condition;
use crate::metric::{Direction, Metric};
use crate::report::rows::aggregate::{Aggregate, SeedSummary};
use crate::report::rows::row::ModelRow;
use crate::report::rows::section::{Section, Tests};
use crate::report::stats::comparison::{Comparison, Test};
use crate::report::stats::holm::ALPHA;
use crate::report::table::{Content, Table};

/// What a section says about its models by one metric, mostly over its conditions.
#[derive(Clone, Debug)]
pub struct Findings {
    pub metric: &'static Metric,
    pub aggregate: Aggregate,
    /// `None` where no model has the number.
    pub best: Option<Best>,
    /// `None` without a baseline that has the metric.
    pub baseline: Option<AboveBaseline>,
    pub differences: Differences,
}

/// The findings of a section in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SectionFindings {
    /// Title of the section.
    pub title: String,
    pub sentences: Vec<String>,
}

/// The model with the best number.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    pub label: String,
    /// In display units.
    pub value: f64,
    /// Models that have the number.
    pub of: usize,
    /// Other models whose number is the same as printed.
    pub ties: Vec<String>,
    /// Whether it is the one that others are tested against.
    pub reference: bool,
    /// The second best and its number, where it is not the reference.
    pub next: Option<(String, f64)>,
    /// Against the reference; where it is the reference, against the second best. `None` without a test.
    pub lead: Option<Lead>,
}

/// By how much one model is better than another, in display units.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    pub over: String,
    pub points: f64,
    /// 95 percent interval over samples and seeds; `None` where one of both has one seed.
    pub interval: Option<[f64; 2]>,
    pub significant: bool,
    /// Those of both that have one seed.
    pub one_seed: Vec<String>,
}

/// Models that are better than the best baseline, as printed.
#[derive(Clone, Debug, PartialEq)]
pub struct AboveBaseline {
    pub models: usize,
    /// The models above it at each condition, where all have a number.
    pub above: Vec<(Condition, Vec<String>)>,
}

/// Differences to the reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Differences {
    /// The reason, as a sentence.
    Skipped(String),
    Tested(Tested),
}

/// Rows other than the reference by the outcome of their primary test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tested {
    pub reference: String,
    pub better: Vec<String>,
    pub worse: Vec<String>,
    /// Tested, and no difference was found.
    pub open: Vec<String>,
    /// Without a test of models, since one of both has one seed.
    pub one_seed: Vec<String>,
    /// Without a test for another reason, such as other samples.
    pub untested: Vec<String>,
    pub reference_seeds: usize,
    /// The fewest seeds of the models that were tested, the reference included.
    pub seeds: usize,
}

impl Findings {
    /// Of a section by its primary metric; `by_condition` is that metric's table.
    pub fn new(section: &Section, metric: &'static Metric, by_condition: &Table) -> Self {
        let aggregate = Aggregate::overall(&section.conditions);
        let models = section.rows.iter().enumerate();
        let numbers = models.filter_map(|(index, row)| {
            let value = number(row, metric, &aggregate)?;
            (!row.baseline && !row.derived).then_some((index, value))
        });
        let mut numbers: Vec<(usize, f64)> = numbers.collect();
        numbers.sort_by(|a, b| match metric.direction {
            Direction::HigherIsBetter => b.1.total_cmp(&a.1),
            Direction::LowerIsBetter => a.1.total_cmp(&b.1),
        });
        let differences = match &section.tests {
            Tests::Skipped(reason) => Differences::Skipped(reason.clone()),
            Tests::Done(comparison) => {
                Differences::Tested(tested(section, comparison, metric, &aggregate))
            }
        };
        Self {
            metric,
            best: best(section, metric, &aggregate, &numbers),
            baseline: above(section, by_condition),
            differences,
            aggregate,
        }
    }

    /// Two or three sentences.
    pub fn sentences(&self) -> Vec<String> {
        words::sentences(self)
    }
}

fn number(row: &ModelRow, metric: &Metric, aggregate: &Aggregate) -> Option<f64> {
    match aggregate.over_seeds(&row.runs, metric.name) {
        SeedSummary::Known(summary) => Some(summary.mean * metric.scale()),
        _ => None,
    }
}

/// `numbers` are rows with their numbers, the best first.
fn best(
    section: &Section,
    metric: &'static Metric,
    aggregate: &Aggregate,
    numbers: &[(usize, f64)],
) -> Option<Best> {
    let (row, value) = *numbers.first()?;
    let label = |row: usize| section.rows[row].label.clone();
    let printed = |value: f64| crate::metric::fixed(value, metric.decimals);
    let ties = numbers[1..]
        .iter()
        .filter(|(_, v)| printed(*v) == printed(value));
    let comparison = section.comparison();
    let reference = comparison.and_then(|c| c.reference.row);
    let test = |row: usize| comparison?.find(row, metric.name, aggregate)?.test;
    let seeds = |row: usize| (label(row), section.rows[row].runs.len());
    let second = numbers.get(1).copied();
    let lead = if reference == Some(row) {
        second.and_then(|(second, _)| {
            Some(Lead::new(
                metric,
                &test(second)?,
                [seeds(second), seeds(row)],
            ))
        })
    } else {
        let over = comparison.map(|c| (c.reference.label.clone(), c.reference.seeds));
        over.and_then(|over| Some(Lead::new(metric, &test(row)?, [over, seeds(row)])))
    };
    let next = second.filter(|(second, _)| ![Some(row), Some(*second)].contains(&reference));
    Some(Best {
        label: label(row),
        value,
        of: numbers.len(),
        ties: ties.map(|(row, _)| label(*row)).collect(),
        reference: reference == Some(row),
        next: next.map(|(row, value)| (label(row), value)),
        lead,
    })
}

impl Lead {
    /// The best model is one of both, so that the difference is to its side whatever its sign. `both` are the other
    /// and the best, with their numbers of seeds.
    fn new(metric: &Metric, test: &Test, both: [(String, usize); 2]) -> Self {
        let scale = metric.scale() * if test.difference < 0.0 { -1.0 } else { 1.0 };
        let interval = test.models.map(|models| {
            let [a, b] = models.interval.map(|end| end * scale);
            [a.min(b), a.max(b)]
        });
        let one_seed = both.iter().rev().filter(|(_, seeds)| *seeds == 1);
        Self {
            one_seed: one_seed.map(|(label, _)| label.clone()).collect(),
            points: test.difference * scale,
            interval,
            significant: significant(test),
            over: both
                .into_iter()
                .next()
                .map_or(String::new(), |(label, _)| label),
        }
    }
}

fn significant(test: &Test) -> bool {
    test.p_corrected.is_some_and(|p| p < ALPHA)
}

/// Reads the marks of a table, so that sentences and marks never differ.
fn above(section: &Section, table: &Table) -> Option<AboveBaseline> {
    let lines = section.rows.iter().zip(&table.rows);
    let models: Vec<_> = lines
        .filter(|(row, _)| !row.baseline && !row.derived)
        .collect();
    let at = |condition: &Condition| {
        let name = Aggregate::At(*condition).name();
        let column = table.columns.iter().position(|c| c.name == name)?;
        let cells = models.iter().map(|(row, line)| (row, &line.cells[column]));
        let mut above = Vec::new();
        for (row, cell) in cells {
            if !matches!(cell.content, Content::Number { .. }) {
                return None;
            }
            cell.above_baseline?;
            if !cell.at_baseline {
                above.push(row.label.clone());
            }
        }
        Some((*condition, above))
    };
    let above: Vec<_> = section.conditions.iter().filter_map(at).collect();
    (!above.is_empty() && !models.is_empty()).then_some(AboveBaseline {
        models: models.len(),
        above,
    })
}

fn tested(
    section: &Section,
    comparison: &Comparison,
    metric: &'static Metric,
    aggregate: &Aggregate,
) -> Tested {
    let mut found = Tested {
        reference: comparison.reference.label.clone(),
        reference_seeds: comparison.reference.seeds,
        seeds: comparison.reference.seeds,
        ..Tested::default()
    };
    let rows = section.rows.iter().enumerate();
    for (index, row) in rows.filter(|(index, row)| {
        !row.baseline && !row.derived && comparison.reference.row != Some(*index)
    }) {
        let result = comparison.find(index, metric.name, aggregate);
        let test = result.and_then(|result| result.test);
        let seeds = comparison.reference.seeds.min(row.runs.len());
        let list = match test {
            Some(test) if test.models.is_some() => {
                found.seeds = found.seeds.min(seeds);
                if !significant(&test) {
                    &mut found.open
                } else if metric.is_better(test.difference, 0.0) {
                    &mut found.better
                } else {
                    &mut found.worse
                }
            }
            _ if seeds < 2 => &mut found.one_seed,
            _ => &mut found.untested,
        };
        list.push(row.label.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{TOY, section, test_against, test_plan};
    use crate::report::table::build::by_rate;

    fn findings(section: &Section, metric: usize) -> Findings {
        let metric = &TOY.metrics[metric];
        Findings::new(section, metric, &by_rate(section, metric))
    }

    #[test]
    fn the_best_leads_by_the_difference_to_the_reference_to_its_better_side() {
        let mut section = section(&[0.0, 0.5, 1.0]);
        test_against(&mut section, "flat", test_plan("acc_2", 9));
        let found = findings(&section, 0);
        let best = found.best.unwrap();
        assert_eq!(
            (best.label.as_str(), best.of, best.reference),
            ("LNLN", 2, false)
        );
        let lead = best.lead.unwrap();
        assert_eq!(lead.over, "FLAT");
        assert!((lead.points - 1.6667).abs() < 1e-3, "{lead:?}");
        // The same test from the other side.
        test_against(&mut section, "lnln", test_plan("acc_2", 9));
        let other = findings(&section, 0).best.unwrap();
        let other_lead = other.lead.unwrap();
        assert!(other.reference && other_lead.over == "FLAT");
        assert!((other_lead.points - lead.points).abs() < 1e-12);
        let (a, b) = (lead.interval.unwrap(), other_lead.interval.unwrap());
        assert!((a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9);
    }

    #[test]
    fn models_above_the_baseline_are_those_without_its_mark() {
        let section = section(&[0.0, 0.5, 1.0]);
        let found = findings(&section, 0).baseline.unwrap();
        let above: Vec<(f64, usize)> = found
            .above
            .iter()
            .map(|(condition, labels)| (condition.rate().unwrap(), labels.len()))
            .collect();
        assert_eq!(
            (found.models, above),
            (2, vec![(0.0, 2), (0.5, 2), (1.0, 0)])
        );
    }

    #[test]
    fn differences_are_sorted_by_their_outcome() {
        let mut section = section(&[0.0, 0.5, 1.0]);
        let skipped = findings(&section, 0).differences;
        assert!(matches!(skipped, Differences::Skipped(_)));
        test_against(&mut section, "lnln", test_plan("acc_2", 9));
        let Differences::Tested(tested) = findings(&section, 0).differences else {
            panic!("not tested");
        };
        assert_eq!(
            (tested.seeds, tested.open.len(), tested.worse.len()),
            (2, 1, 0)
        );
        // A metric that is no function of sums has no test.
        let Differences::Tested(tested) = findings(&section, 1).differences else {
            panic!("not tested");
        };
        assert_eq!(tested.untested, ["FLAT"]);
    }
}
