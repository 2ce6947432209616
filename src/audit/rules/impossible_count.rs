//! Accuracies that no counts of right predictions give.

use std::collections::BTreeMap;

use super::runs::{Possible, Runs};
use super::{Rule, words};
use crate::audit::evidence::Seen;
use crate::audit::{Evidence, Finding, Rounding, Strength};
use crate::printed::Number;

pub const RULE: Rule = Rule {
    name: "impossible-count",
    definition: "an accuracy that no whole numbers of right predictions give, for the clips of the \
                 test set and the number of runs",
    strength: "impossible where --seeds says how many runs there were; very unlikely where the \
               number of runs and the rounding were found from the table's other cells",
    check,
};

/// How often a cell of an honest table may break the rule all the same.
const SLIP: f64 = 0.005;

/// What the likelihood of a way must reach over chance before it is believed.
const BELIEF: f64 = 1e9;

/// An accuracy and the clips it is a share of.
type Share<'a> = (Seen<'a>, u64);

fn check(evidence: &Evidence<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str), Vec<Share<'_>>> = BTreeMap::new();
    for seen in evidence.cells().filter(|s| !s.cell.level.is_mean()) {
        let c = seen.cell;
        if let Some(clips) = evidence.facts.clips(&c.dataset, c.metric) {
            groups
                .entry((seen.table, &c.dataset))
                .or_default()
                .push((seen, clips));
        }
    }
    let each = groups.into_values();
    each.flat_map(|shares| findings(evidence, &shares))
        .collect()
}

fn findings(evidence: &Evidence<'_>, shares: &[Share<'_>]) -> Vec<Finding> {
    let mut sets = Sets::default();
    let (ways, strength) = match evidence.protocol.seeds {
        Some(runs) => (
            stated(runs, evidence.protocol.rounding),
            Strength::Impossible,
        ),
        None => (
            sets.believed(shares, evidence.protocol.rounding),
            Strength::VeryUnlikely,
        ),
    };
    if ways.is_empty() {
        return Vec::new();
    }
    let wrong: Vec<_> = shares
        .iter()
        .filter(|(s, clips)| !ways.iter().any(|w| sets.prints(*clips, *w, &s.cell.number)))
        .collect();
    let fit = shares.len() - wrong.len();
    let how = ways[0].words();
    let finding = |(seen, clips): &&Share<'_>| {
        let c = seen.cell;
        let text = c.number.text();
        let why = match strength {
            Strength::Impossible => format!("no {how} on {clips} clips have the mean {text}"),
            _ => format!(
                "no {how} on {clips} clips have the mean {text}; {fit} of {} accuracies of the table do fit",
                shares.len()
            ),
        };
        let about = words::about(&[&c.method, &c.dataset, c.metric.title, &c.level.to_string()]);
        Finding::new(strength, about, why, [*seen])
    };
    wrong.iter().map(finding).collect()
}

/// The ways that agree with what the user says.
fn stated(runs: u32, rounding: Option<Rounding>) -> Vec<Runs> {
    let all = [Rounding::EveryRun, Rounding::Mean];
    let agree = all
        .into_iter()
        .filter(|r| rounding.is_none_or(|given| given == *r));
    agree.map(|rounding| Runs { runs, rounding }).collect()
}

/// Sets of possible accuracies that were computed already.
#[derive(Default)]
struct Sets(BTreeMap<(u64, u32, bool), Possible>);

impl Sets {
    fn get(&mut self, clips: u64, how: Runs) -> &Possible {
        let key = (clips, how.runs, how.rounding == Rounding::Mean);
        self.0
            .entry(key)
            .or_insert_with(|| Possible::new(clips, how))
    }

    fn prints(&mut self, clips: u64, how: Runs, number: &Number) -> bool {
        self.get(clips, how).prints(number)
    }

    /// The way that explains the cells best, if it does so far better than chance.
    fn believed(&mut self, shares: &[Share<'_>], rounding: Option<Rounding>) -> Vec<Runs> {
        let ways = Runs::usual().into_iter();
        let ways = ways.filter(|w| rounding.is_none_or(|r| r == w.rounding));
        let scored = ways.map(|way| (self.evidence(shares, way), way));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(evidence, _)| *evidence >= BELIEF.ln())
            .map(|(_, way)| way)
            .into_iter()
            .collect()
    }

    /// Logarithm of how much better this way explains the cells than chance does.
    fn evidence(&mut self, shares: &[Share<'_>], way: Runs) -> f64 {
        let mut densities: BTreeMap<(u64, usize), f64> = BTreeMap::new();
        let mut sum = 0.0;
        for (seen, clips) in shares {
            let number = &seen.cell.number;
            let set = self.get(*clips, way);
            let density = *densities
                .entry((*clips, number.decimals))
                .or_insert_with(|| set.density(number.decimals));
            sum += match set.prints(number) {
                true => ((1.0 - SLIP) / density).ln(),
                false => (SLIP / (1.0 - density).max(SLIP)).ln(),
            };
        }
        sum
    }
}
