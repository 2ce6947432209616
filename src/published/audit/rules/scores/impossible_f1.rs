//! Finds F1 scores that no confusion matrix with the accuracy in the same row gives.

use std::sync::Arc;

use super::f1_readings;
use crate::published::audit::arranged::{ScoreColumn, slack};
use crate::published::audit::rules::{Rule, describe};
use crate::published::audit::{Arranged, Finding, Strength};
use crate::published::envelope::{Envelope, envelopes};
use crate::published::parse::ParsedCell;
use crate::published::test_sets::Population;

pub const RULE: Rule = Rule {
    name: "impossible-f1",
    definition: "an F1 that no predictions with the printed accuracy reach on the test set's class \
                 counts, in either order of the arguments; F1 of one class and macro F1 are named where they fit",
    strength: "impossible (if accuracy and F1 are of the same predictions)",
    check,
};

/// Whether an F1 is possible with its accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Both,
    OnlyTrue,
    OnlyExchanged,
    Neither,
}

/// One F1 with its accuracy.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'a> {
    pub accuracy: &'a ParsedCell,
    pub f1: &'a ParsedCell,
    pub verdict: Verdict,
    /// The classes that both are about.
    pub population: &'a Population,
    /// The accuracy and the classes of the other cut, Has0 for Non0, where both are known.
    pub other: Option<(&'a ParsedCell, &'a Population)>,
    /// The range of the F1 as defined, in percent.
    pub least: f64,
    pub most: f64,
}

impl Judgement<'_> {
    /// How far the printed F1 is above what is possible.
    pub fn excess(&self) -> f64 {
        self.f1.number.value - self.most
    }
}

/// A column of F1, judged by the column of accuracies it belongs to.
#[derive(Debug)]
pub struct Pairs<'a> {
    pub f1: ScoreColumn<'a>,
    pub population: Population,
    pub judged: Vec<Judgement<'a>>,
}

/// Every F1 column of a test set whose classes are counted. Where the name leaves open which two
/// classes are meant, the cut that explains most cells is taken.
pub fn pairs<'a>(arranged: &Arranged<'a>) -> Vec<Pairs<'a>> {
    let f1s = arranged
        .columns
        .iter()
        .filter(|c| c.metric.name.starts_with("f1"));
    let mut out = Vec::new();
    for f1 in f1s {
        let wanted = f1.metric.name.replacen("f1", "acc2", 1);
        let same = |c: &&ScoreColumn<'_>| {
            (c.table, c.dataset, c.method) == (f1.table, f1.dataset, f1.method)
                && c.metric.name == wanted
        };
        let Some(accuracy) = arranged.columns.iter().find(same) else {
            continue;
        };
        let populations = arranged.statistics.populations(f1.dataset, f1.metric);
        let other = other_cut(arranged, f1);
        let judged = populations
            .into_iter()
            .map(|p| judged(p, accuracy, f1, other));
        let sound = |p: &Pairs<'_>| {
            let fits = |j: &&Judgement<'_>| matches!(j.verdict, Verdict::Both | Verdict::OnlyTrue);
            p.judged.iter().filter(fits).count()
        };
        out.extend(judged.max_by_key(sound));
    }
    out
}

/// A column of accuracies and what they are about.
type Cut<'c, 'a> = (&'c ScoreColumn<'a>, &'a Population);

/// The accuracies of Has0 beside an F1 of Non0, and the reverse.
fn other_cut<'c, 'a>(arranged: &'c Arranged<'a>, f1: &ScoreColumn<'a>) -> Option<Cut<'c, 'a>> {
    let name = match f1.metric.name {
        "f1_non0" => "acc2_has0",
        "f1_has0" => "acc2_non0",
        _ => return None,
    };
    let same = |c: &&ScoreColumn<'_>| {
        (c.table, c.dataset, c.method, c.metric.name) == (f1.table, f1.dataset, f1.method, name)
    };
    let accuracy = arranged.columns.iter().find(same)?;
    let statistics = arranged.statistics;
    match statistics.populations(f1.dataset, accuracy.metric)[..] {
        [population] => Some((accuracy, population)),
        _ => None,
    }
}

/// One column of F1 by one cut of the test set.
fn judged<'a>(
    population: &'a Population,
    accuracy: &ScoreColumn<'a>,
    f1: &ScoreColumn<'a>,
    other: Option<Cut<'_, 'a>>,
) -> Pairs<'a> {
    let both = envelopes(population);
    let cells = f1.parts.iter().copied().chain(f1.mean);
    let pairs = cells.filter_map(|f1| Some((accuracy.at(&f1.condition)?, f1)));
    Pairs {
        judged: pairs
            .map(|(a, f)| {
                let other = other.and_then(|(c, p)| Some((c.at(&f.condition)?, p)));
                Judgement {
                    other,
                    ..judge(a, f, population, &both)
                }
            })
            .collect(),
        f1: f1.clone(),
        population: population.clone(),
    }
}

fn judge<'a>(
    accuracy: &'a ParsedCell,
    f1: &'a ParsedCell,
    population: &'a Population,
    [right, exchanged]: &[Arc<Envelope>; 2],
) -> Judgement<'a> {
    let (a, f) = (&accuracy.number, &f1.number);
    let range = right.at(a.value, slack(a));
    let fits =
        |(least, most): (f64, f64)| least - slack(f) <= f.value && f.value <= most + slack(f);
    let verdict = match (fits(range), fits(exchanged.at(a.value, slack(a)))) {
        (true, true) => Verdict::Both,
        (true, false) => Verdict::OnlyTrue,
        (false, true) => Verdict::OnlyExchanged,
        (false, false) => Verdict::Neither,
    };
    Judgement {
        accuracy,
        f1,
        verdict,
        population,
        other: None,
        least: range.0,
        most: range.1,
    }
}

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut out = Vec::new();
    for pairs in pairs(arranged) {
        let f1 = &pairs.f1;
        let reading = readings(&pairs.judged);
        for j in pairs
            .judged
            .iter()
            .filter(|j| j.verdict == Verdict::Neither)
        {
            let about = describe::about(&[
                f1.method,
                f1.dataset,
                f1.metric.title,
                &j.f1.condition.to_string(),
            ]);
            let why = format!(
                "Acc-2 {} allows F1 from {:.2} to {:.2} on {} / {} samples, printed {}{reading}",
                j.accuracy.number.text(),
                j.least,
                j.most,
                pairs.population.low,
                pairs.population.high,
                j.f1.number.text(),
            );
            let cells = [f1.seen(j.accuracy), f1.seen(j.f1)];
            out.push(Finding::new(Strength::Impossible, about, why, cells));
        }
    }
    out
}

/// What the numbers of a column that are possible in neither order fit as, if all of them fit.
fn readings(judged: &[Judgement<'_>]) -> String {
    let wrong: Vec<&Judgement<'_>> = judged
        .iter()
        .filter(|j| matches!(j.verdict, Verdict::Neither | Verdict::OnlyExchanged))
        .collect();
    // One wrong cell of a column is no other way to compute all of it.
    if 2 * wrong.len() < judged.len() {
        return String::new();
    }
    match f1_readings::of_all(&wrong)[..] {
        [] => String::new(),
        ref readings => format!("; it fits {}", f1_readings::list(readings)),
    }
}
