//! Makes sentences of findings.

use super::{AboveBaseline, Best, Differences, Findings, Tested};
use crate::mask::Condition;
use crate::metric::{Direction, fixed};
use crate::report::rows::aggregate::Aggregate;
use crate::report::rows::condition;
use crate::report::table::phrases::{all, is_zero, named};

/// With more seeds than this, a difference that was not found is not for want of seeds alone.
const FEW_SEEDS: usize = 4;

/// Two or three sentences.
pub fn sentences(findings: &Findings) -> Vec<String> {
    let best = findings.best.as_ref().map(|best| first(findings, best));
    let baseline = findings
        .baseline
        .as_ref()
        .map(|found| above(found, findings.metric.title));
    let differences = match &findings.differences {
        Differences::Skipped(reason) => Some(reason.clone()),
        Differences::Tested(tested) => outcomes(tested),
    };
    [best, differences, baseline]
        .into_iter()
        .flatten()
        .collect()
}

fn list(labels: &[String]) -> String {
    named(&labels.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Which model is best, and by how much.
fn first(findings: &Findings, best: &Best) -> String {
    let metric = findings.metric;
    let show = |value: f64| fixed(value, metric.decimals);
    let unit = match metric.unit {
        crate::metric::Unit::Percent => " %",
        crate::metric::Unit::None => "",
    };
    let (title, value) = (metric.title, show(best.value));
    let over = match &findings.aggregate {
        Aggregate::At(only) => format!("at {}", condition::heading(*only)),
        mean => mean.caption(condition::rates(&mean.conditions()).len() == mean.conditions().len()),
    };
    let label = &best.label;
    if best.of == 1 {
        return format!(
            "{label} reaches {title} {value}{unit} ({over}); no other model shown has this number."
        );
    }
    let side = match metric.direction {
        Direction::HigherIsBetter => "highest",
        Direction::LowerIsBetter => "lowest",
    };
    let role = if best.reference {
        ", the reference,"
    } else {
        ""
    };
    let mut text = format!("{label}{role} has the {side} {title}, {value}{unit} ({over})");
    if !best.ties.is_empty() {
        text += &format!(", shared with {}", list(&best.ties));
    }
    let Some(lead) = &best.lead else {
        return text + ".";
    };
    let whom = if best.reference {
        format!("{}, the next", lead.over)
    } else {
        format!("{}, the reference", lead.over)
    };
    let (to, from) = match metric.direction {
        Direction::HigherIsBetter => ("higher", "lower"),
        Direction::LowerIsBetter => ("lower", "higher"),
    };
    let points = show(lead.points);
    text += &if is_zero(&points) {
        format!(": the same to {} decimals as {whom}", metric.decimals)
    } else {
        format!(": {points} {to} than {whom}")
    };
    text += &match lead.interval {
        // The side of each end is said, since signs depend on which of both is subtracted.
        Some([low, high]) if low < 0.0 => {
            let chance = if lead.significant {
                ""
            } else {
                ", so it may be chance"
            };
            format!(
                " (95 % interval: {} {to} to {} {from}{chance})",
                show(high),
                show(-low)
            )
        }
        Some([low, high]) => format!(" (95 % interval: {} to {} {to})", show(low), show(high)),
        None if matches!(findings.differences, Differences::Tested(_)) => {
            match lead.one_seed.as_slice() {
                [] => String::new(),
                [only] => format!("; not tested, since {only} has one seed"),
                _ => "; not tested, since both have one seed".to_string(),
            }
        }
        None => String::new(),
    };
    if let Some((label, value)) = &best.next {
        text += &format!(". {label} is next with {}", show(*value));
    }
    text + "."
}

/// Which differences to the reference hold.
fn outcomes(tested: &Tested) -> Option<String> {
    let Tested {
        reference,
        better,
        worse,
        open,
        one_seed,
        untested,
        reference_seeds,
        seeds,
    } = tested;
    if *reference_seeds == 1 && !one_seed.is_empty() {
        return Some(format!(
            "No model is tested against {reference}, which has one seed."
        ));
    }
    let mut parts = Vec::new();
    let sides = [(better, "better"), (worse, "worse")];
    for (labels, side) in sides.into_iter().filter(|(labels, _)| !labels.is_empty()) {
        let verb = if labels.len() == 1 { "is" } else { "are" };
        parts.push(format!(
            "{} {verb} {side} than {reference} by the primary test (p < 0.05, not corrected)",
            list(labels)
        ));
    }
    if !open.is_empty() {
        let few = if *seeds <= FEW_SEEDS {
            format!(" with {seeds} seeds")
        } else {
            String::new()
        };
        parts.push(format!(
            "{} cannot be told apart from {reference}{few}",
            list(open)
        ));
    }
    if !one_seed.is_empty() {
        let names = list(one_seed);
        let verb = if one_seed.len() == 1 { "is" } else { "are" };
        parts.push(format!(
            "{names} {verb} not tested against {reference}: one seed each is too few"
        ));
    }
    if !untested.is_empty() {
        parts.push(format!(
            "{}: not tested against {reference}",
            list(untested)
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; ") + ".")
}

/// Models above the baseline at neighboring conditions.
struct Group<'a> {
    conditions: Vec<Condition>,
    kind: Kind<'a>,
}

#[derive(PartialEq)]
enum Kind<'a> {
    All,
    None,
    /// Few models, always the same.
    Same(&'a [String]),
    /// So many at each condition.
    Some(Vec<usize>),
}

/// Which models are above the baseline at which conditions.
fn above(found: &AboveBaseline, metric: &str) -> String {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (condition, labels) in &found.above {
        let kind = match labels.len() {
            0 => Kind::None,
            n if n == found.models => Kind::All,
            1..=3 => Kind::Same(labels),
            n => Kind::Some(vec![n]),
        };
        // Missing modalities have no order, so that equal ones need not be neighbors.
        let looked_at = if condition.rate().is_some() {
            1
        } else {
            groups.len()
        };
        let mut equal = groups.iter_mut().rev().take(looked_at);
        if let Some(group) = equal.find(|group| group.kind == kind) {
            group.conditions.push(*condition);
            continue;
        }
        match groups.last_mut() {
            Some(Group {
                conditions,
                kind: Kind::Some(counts),
            }) if matches!(kind, Kind::Some(..)) && condition.rate().is_some() => {
                conditions.push(*condition);
                counts.push(labels.len());
            }
            _ => groups.push(Group {
                conditions: vec![*condition],
                kind,
            }),
        }
    }
    let whole = groups.len() == 1;
    let models = match found.models {
        1 => "the model".to_string(),
        2 => "both models".to_string(),
        n => format!("all {n} models"),
    };
    let parts = groups.iter().map(|group| {
        let place = if whole && group.conditions.len() > 1 {
            "under every condition".to_string()
        } else {
            place(&group.conditions)
        };
        match &group.kind {
            Kind::All => format!("{models} {place}"),
            Kind::None => format!("none {place}"),
            Kind::Same(labels) => format!("{} {place}", list(labels)),
            Kind::Some(counts) => format!("{} of {} models {place}", each(counts), found.models),
        }
    });
    let parts: Vec<String> = parts.collect();
    format!(
        "Better than the constant baselines by {metric} (not tested): {}.",
        parts.join("; ")
    )
}

/// `19`, `19, 17 and 12`; of many conditions `between 12 and 19`.
fn each(counts: &[usize]) -> String {
    let (least, most) = (counts.iter().min(), counts.iter().max());
    match (least, most) {
        (Some(least), Some(most)) if least == most => most.to_string(),
        (Some(least), Some(most)) if counts.len() > 4 => format!("between {least} and {most}"),
        _ => {
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            let counts: Vec<&str> = counts.iter().map(String::as_str).collect();
            all(&counts)
        }
    }
}

/// `at missing rate 0.9`, `at missing rates 0.0 to 0.8`, `with L, A or V missing`.
fn place(conditions: &[Condition]) -> String {
    let title = |c: &Condition| condition::title(*c);
    let rates = conditions.iter().all(|c| c.rate().is_some());
    match conditions {
        [only] if rates => format!("at missing rate {}", title(only)),
        [first, .., last] if rates => {
            format!("at missing rates {} to {}", title(first), title(last))
        }
        all => {
            let names: Vec<String> = all.iter().map(title).collect();
            match names.as_slice() {
                [first @ .., last] if !first.is_empty() => {
                    format!("with {} or {last} missing", first.join(", "))
                }
                names => format!("with {} missing", names.concat()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::findings::Lead;
    use crate::report::fixture::{TOY, eleven};

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }

    fn rates() -> Vec<Condition> {
        let rates = eleven().into_iter();
        rates.filter_map(Condition::of_number).collect()
    }

    fn best(lead: Option<Lead>) -> Best {
        Best {
            label: "ALMT".into(),
            value: 1.082,
            of: 3,
            ties: Vec::new(),
            reference: false,
            next: None,
            lead,
        }
    }

    fn findings(best: Best) -> Findings {
        Findings {
            metric: &TOY.metrics[1],
            aggregate: Aggregate::mean(&rates()),
            best: Some(best),
            baseline: None,
            differences: Differences::Skipped("x".into()),
        }
    }

    fn sentence(best: Best) -> String {
        sentences(&findings(best)).swap_remove(0)
    }

    #[test]
    fn the_first_sentence_names_the_best_and_its_lead() {
        let lead = |interval: [f64; 2], significant| {
            Some(Lead {
                over: "LNLN".into(),
                points: 0.0069,
                interval: Some(interval),
                significant,
                one_seed: Vec::new(),
            })
        };
        let head = "ALMT has the lowest MAE, 1.082 (mean over missing rates 0-0.9)";
        assert_eq!(
            sentence(best(lead([-0.131, 0.145], false))),
            format!(
                "{head}: 0.007 lower than LNLN, the reference (95 % interval: 0.145 lower to 0.131 higher, \
                 so it may be chance)."
            )
        );
        let held = sentence(best(lead([0.001, 0.012], true)));
        assert!(
            held.ends_with("LNLN, the reference (95 % interval: 0.001 to 0.012 lower)."),
            "{held}"
        );
        assert_eq!(sentence(best(None)), format!("{head}."));
        let next = Best {
            next: Some(("TFN".into(), 1.09)),
            ..best(lead([0.001, 0.012], true))
        };
        assert!(sentence(next).ends_with("lower). TFN is next with 1.090."));
        let single = |labels: &[&str]| {
            let lead = Lead {
                interval: None,
                one_seed: names(labels),
                ..lead([0.0, 0.0], false).unwrap()
            };
            let tested = Differences::Tested(Tested::default());
            sentences(&Findings {
                differences: tested,
                ..findings(best(Some(lead)))
            })
            .swap_remove(0)
        };
        assert!(single(&["ALMT"]).ends_with("; not tested, since ALMT has one seed."));
        assert!(single(&["ALMT", "LNLN"]).ends_with("; not tested, since both have one seed."));
        let tied = Best {
            ties: names(&["MISA", "TFN"]),
            ..best(None)
        };
        assert_eq!(sentence(tied), format!("{head}, shared with MISA and TFN."));
        let own = Best {
            reference: true,
            ..best(lead([-1.0, 2.0], false))
        };
        let own = sentence(own);
        assert!(own.contains("ALMT, the reference, has the lowest"), "{own}");
        assert!(own.contains("lower than LNLN, the next"), "{own}");
        let level = Lead {
            over: "LNLN".into(),
            points: 0.0001,
            interval: None,
            significant: false,
            one_seed: Vec::new(),
        };
        let level = sentence(best(Some(level)));
        assert!(
            level.contains(": the same to 3 decimals as LNLN, the reference"),
            "{level}"
        );
        let alone = sentence(Best {
            of: 1,
            ..best(None)
        });
        assert!(
            alone.ends_with("no other model shown has this number."),
            "{alone}"
        );
    }

    #[test]
    fn outcomes_are_told_in_one_sentence() {
        let tested = Tested {
            reference: "LNLN".into(),
            better: names(&["A"]),
            worse: names(&["B", "C"]),
            open: names(&["D", "E", "F", "G", "H"]),
            one_seed: Vec::new(),
            untested: Vec::new(),
            reference_seeds: 2,
            seeds: 2,
        };
        assert_eq!(
            outcomes(&tested).unwrap(),
            "A is better than LNLN by the primary test (p < 0.05, not corrected); B and C are worse than LNLN by \
             the primary test (p < 0.05, not corrected); 5 models cannot be told apart from LNLN with 2 seeds."
        );
        let many = Tested {
            seeds: 5,
            ..tested.clone()
        };
        assert!(outcomes(&many).unwrap().ends_with("apart from LNLN."));
        let one = Tested {
            one_seed: names(&["A"]),
            reference: "LNLN".into(),
            reference_seeds: 2,
            seeds: 1,
            ..Tested::default()
        };
        assert_eq!(
            outcomes(&one).unwrap(),
            "A is not tested against LNLN: one seed each is too few."
        );
        let of_reference = Tested {
            reference_seeds: 1,
            ..one
        };
        assert_eq!(
            outcomes(&of_reference).unwrap(),
            "No model is tested against LNLN, which has one seed."
        );
        assert_eq!(outcomes(&Tested::default()), None);
    }

    #[test]
    fn neighboring_conditions_are_told_together() {
        let above = |counts: [usize; 11], models: usize| {
            let labels: Vec<String> = (0..models).map(|i| format!("M{i}")).collect();
            let at = rates().into_iter().zip(counts);
            let found = AboveBaseline {
                models,
                above: at.map(|(c, n)| (c, labels[..n].to_vec())).collect(),
            };
            above(&found, "MAE")
        };
        assert_eq!(
            above([3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 0], 3),
            "Better than the constant baselines by MAE (not tested): all 3 models at missing rates 0.0 to 0.8; M0 and M1 at missing \
             rate 0.9; none at missing rate 1.0."
        );
        assert_eq!(
            above([20, 20, 19, 13, 15, 2, 2, 0, 0, 0, 0], 20),
            "Better than the constant baselines by MAE (not tested): all 20 models at missing rates 0.0 to 0.1; 19, 13 and 15 of 20 models \
             at missing rates 0.2 to 0.4; M0 and M1 at missing rates 0.5 to 0.6; none at missing rates \
             0.7 to 1.0."
        );
        let subsets = |counts: [usize; 6]| {
            let at = Condition::SUBSETS.into_iter().zip(counts);
            let labels = names(&["A", "B", "C"]);
            let found = AboveBaseline {
                models: 3,
                above: at.map(|(c, n)| (c, labels[..n].to_vec())).collect(),
            };
            super::above(&found, "MAE")
        };
        assert_eq!(
            subsets([2, 3, 3, 1, 2, 3]),
            "Better than the constant baselines by MAE (not tested): A and B with L or LV missing; all 3 models with A, \
             V or AV missing; A with LA missing."
        );
        assert_eq!(
            above([2; 11], 2),
            "Better than the constant baselines by MAE (not tested): both models under every condition."
        );
    }
}
