//! Finds accuracies that no count of right predictions gives (the GRIM test).

use std::collections::BTreeMap;

use super::runs::{Possible, Runs};
use super::{Rule, describe};
use crate::published::audit::arranged::Seen;
use crate::published::audit::{Arranged, AuditSettings, Finding, Rounding, Strength};
use crate::published::parse::{Number, ParsedCell, ParsedCondition};

pub const RULE: Rule = Rule {
    name: "impossible-count",
    definition: "an accuracy that no whole numbers of right predictions give, for the samples of the \
                 test set and the number of runs",
    strength: "impossible at a condition where --seeds says how many runs there were; very unlikely \
               where the table's other cells show the number of runs and the rounding, and in a \
               table without conditions, whose numbers may be means over them",
    check,
};

/// How often a cell of an honest table may break the rule all the same.
const SLIP: f64 = 0.005;

/// What the likelihood of a way must reach over chance before it is believed.
const BELIEF: f64 = 1e9;

/// An accuracy and the samples it is a share of.
type Share<'a> = (Seen<'a>, u64);

fn check(arranged: &Arranged<'_>, _: &[Finding]) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str, bool), Vec<Share<'_>>> = BTreeMap::new();
    // Means of lines are means of more runs than those.
    let means = |c: &ParsedCell| c.condition.is_mean() || c.averaged;
    for seen in arranged.cells().filter(|s| !means(s.cell)) {
        let c = seen.cell;
        if let Some(samples) = arranged.statistics.samples(&c.dataset, c.metric) {
            groups
                .entry((
                    seen.table,
                    &c.dataset,
                    c.condition == ParsedCondition::Whole,
                ))
                .or_default()
                .push((seen, samples));
        }
    }
    let each = groups.into_iter();
    each.flat_map(|((.., whole), shares)| findings(arranged, &shares, whole))
        .collect()
}

/// What is wrong with the accuracies of a table; `whole` where it has no conditions.
fn findings(arranged: &Arranged<'_>, shares: &[Share<'_>], whole: bool) -> Vec<Finding> {
    let mut sets = Sets::default();
    let ways = agreeing(arranged.settings);
    // Without a condition a number may be a mean over conditions too, and of more runs than the user
    // says: the cells themselves must show that it is not.
    let (ways, strength) = if arranged.settings.seeds.is_some() && !whole {
        (ways, Strength::Impossible)
    } else {
        (sets.believed(shares, ways), Strength::VeryUnlikely)
    };
    if ways.is_empty() {
        return Vec::new();
    }
    let wrong: Vec<_> = shares
        .iter()
        .filter(|(s, samples)| {
            !ways
                .iter()
                .any(|w| sets.prints(*samples, *w, &s.cell.number))
        })
        .collect();
    let fit = shares.len() - wrong.len();
    let how = ways[0].describe();
    let finding = |(seen, samples): &&Share<'_>| {
        let c = seen.cell;
        let text = c.number.text();
        let why = match strength {
            Strength::Impossible => format!("no {how} on {samples} samples have the mean {text}"),
            _ => format!(
                "no {how} on {samples} samples have the mean {text}; {fit} of {} accuracies of the table do fit",
                shares.len()
            ),
        };
        let about = describe::about(&[
            &c.method,
            &c.dataset,
            c.metric.title,
            &c.condition.to_string(),
        ]);
        Finding::new(strength, about, why, [*seen])
    };
    wrong.iter().map(finding).collect()
}

/// The ways that agree with the user's settings; the usual ones without settings.
fn agreeing(settings: AuditSettings) -> Vec<Runs> {
    let stated =
        |runs| [Rounding::EveryRun, Rounding::Mean].map(|rounding| Runs { runs, rounding });
    let mut ways = match settings.seeds {
        Some(runs) => stated(runs).to_vec(),
        None => Runs::usual(),
    };
    ways.retain(|way| settings.rounding.is_none_or(|given| given == way.rounding));
    ways
}

/// Sets of possible accuracies that were computed already.
#[derive(Default)]
struct Sets(BTreeMap<(u64, u32, bool), Possible>);

impl Sets {
    fn get(&mut self, samples: u64, how: Runs) -> &Possible {
        let key = (samples, how.runs, how.rounding == Rounding::Mean);
        self.0
            .entry(key)
            .or_insert_with(|| Possible::new(samples, how))
    }

    fn prints(&mut self, samples: u64, how: Runs, number: &Number) -> bool {
        self.get(samples, how).prints(number)
    }

    /// The one of these ways that explains the cells best, if it does so far better than chance.
    fn believed(&mut self, shares: &[Share<'_>], ways: Vec<Runs>) -> Vec<Runs> {
        let ways = ways.into_iter();
        let scored = ways.map(|way| (self.arranged(shares, way), way));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(arranged, _)| *arranged >= BELIEF.ln())
            .map(|(_, way)| way)
            .into_iter()
            .collect()
    }

    /// Logarithm of how much better this way explains the cells than chance does.
    fn arranged(&mut self, shares: &[Share<'_>], way: Runs) -> f64 {
        let mut densities: BTreeMap<(u64, usize), f64> = BTreeMap::new();
        let mut sum = 0.0;
        for (seen, samples) in shares {
            let number = &seen.cell.number;
            let set = self.get(*samples, way);
            let density = *densities
                .entry((*samples, number.decimals))
                .or_insert_with(|| set.density(number.decimals));
            sum += if set.prints(number) {
                ((1.0 - SLIP) / density).ln()
            } else {
                (SLIP / (1.0 - density).max(SLIP)).ln()
            };
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::audit::{TestSetStatistics, audit};
    use crate::published::parse::{Options, parse};

    /// Means over ten missing rates and three runs, in a table that does not state it.
    const ABLATION: &[u8] =
        include_bytes!("../../../../published/lnln-2024/ablation_components.csv");

    fn found(table: &[u8], seeds: Option<u32>) -> Vec<Finding> {
        let table = parse("mine.csv", table, &Options::default()).unwrap();
        let settings = AuditSettings {
            seeds,
            ..AuditSettings::default()
        };
        let all = audit(&[table], &TestSetStatistics::published(), settings).into_iter();
        all.filter(|f| f.rule == RULE.name).collect()
    }

    #[test]
    fn stated_runs_make_no_mean_over_conditions_impossible() {
        let found = found(ABLATION, Some(3));
        assert!(found.is_empty(), "{} findings", found.len());
    }

    #[test]
    fn stated_runs_make_a_count_impossible_at_a_condition() {
        let found = found(b"rate,model,mosi_acc7\n0,A,33.30\n0,B,33.38\n", Some(1));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].strength, Strength::Impossible);
        assert_eq!(found[0].cells[0].printed, "33.30");
    }

    #[test]
    fn a_table_without_conditions_must_show_its_runs_itself() {
        let sound = (200..220).map(|right| {
            let percent = 100.0 * f64::from(right) / 686.0;
            format!("model {right},{percent:.2}\n")
        });
        let sound: String = sound.collect();
        let table = format!("model,mosi_acc7\n{sound}wrong,33.30\n");
        for seeds in [None, Some(1)] {
            let found = found(table.as_bytes(), seeds);
            assert_eq!(found.len(), 1, "{seeds:?}");
            assert_eq!(found[0].strength, Strength::VeryUnlikely, "{seeds:?}");
            assert_eq!(found[0].cells[0].method, "wrong", "{seeds:?}");
        }
        assert!(found(b"model,mosi_acc7\nwrong,33.30\n", Some(1)).is_empty());
    }
}
