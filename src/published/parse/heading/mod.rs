//! Reads one heading: the role of its column, or the scores that are below it.

mod cuts;
mod scores;
mod words;

use super::condition::ConditionText;
use super::metric::{Metric, plain};
use super::modalities::Naming;
use super::names;
use cuts::names_cut;
use scores::scores;
use words::{
    ASIDE, ASIDE_BEGINNINGS, ASIDE_INSIDE, ASIDE_UNITS, CONFIGURATION, DATASET, METHOD, MISSING,
    MODALITIES, OTHER_METRICS, PRESENT, RATE,
};

/// What a piece of a heading says about the column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Role(Role),
    Scores(Scores),
    Dataset(String),
    /// The cut into two classes: `non0`, `has0`.
    Cut(&'static str),
    /// Two numbers in a cell, in this order.
    Order([&'static str; 2]),
    /// `mean` or `std` of a metric that another piece names.
    Statistic {
        spread: bool,
    },
    Condition(ConditionText),
    Unit(Unit),
    /// Arrows, and words that only say what the pieces beside them are.
    Nothing,
    /// A quantity that no rule is about.
    Aside,
    Unknown(String),
}

/// The role of a column whose cells are no scores.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    Method,
    /// Part of what sets a row apart from others of the same method: `alpha`, `table`.
    Configuration(String),
    Dataset,
    /// Missing rates; the heading may state percent.
    Rate {
        percent: bool,
    },
    /// Names modalities; the heading may tell whether the missing or the present ones.
    Modalities(Option<Naming>),
    /// Names a condition in any form.
    Condition,
    /// Names the metric of a line (long form).
    Metric,
    /// Holds the number of a line (long form).
    Value,
    /// The spread of the line's number (long form).
    Spread,
    /// Says which statistic the line's numbers are: `mean`, `std`.
    Statistic,
}

/// The unit that a heading states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Percent,
    Hundredfold,
}

/// Scores under a heading that names their metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scores {
    pub dataset: Option<String>,
    /// One, or as many as numbers in a cell; none where the lines name them.
    pub metrics: Vec<&'static Metric>,
    pub order: Option<[&'static str; 2]>,
    /// A cut that the metric of a line gets.
    pub cut: Option<&'static str>,
    pub condition: Option<ConditionText>,
    pub unit: Option<Unit>,
    /// Whether the numbers are spreads; `Some(false)` where the heading says that they are means.
    pub spread: Option<bool>,
    /// The heading says accuracy but not of how many classes.
    pub assumed: bool,
}

/// What one piece of a heading says; `keys` are headings the user calls configuration.
pub(super) fn word(text: &str, keys: &[String]) -> Word {
    let exact = plain(text);
    if !exact.is_empty() && keys.iter().any(|key| plain(key) == exact) {
        return Word::Role(Role::Configuration(text.trim().to_string()));
    }
    // MLflow's names of columns.
    let logged = ["params.", "metrics."];
    let logged = logged
        .iter()
        .find_map(|start| text.trim().strip_prefix(start));
    let (bare, unit) = unit(logged.unwrap_or(text));
    let word = plain(&bare);
    if word.is_empty() {
        return unit.map_or(Word::Nothing, Word::Unit);
    }
    let is = |list: &[&str]| list.contains(&&*word);
    let role = match () {
        () if is(METHOD) => Role::Method,
        () if is(DATASET) => Role::Dataset,
        () if is(RATE) => Role::Rate {
            percent: unit == Some(Unit::Percent),
        },
        () if is(MISSING) => Role::Modalities(Some(Naming::Missing)),
        () if is(PRESENT) => Role::Modalities(Some(Naming::Present)),
        () if is(MODALITIES) => Role::Modalities(None),
        () if is(&["condition", "conditions", "aggregate"]) => Role::Condition,
        () if is(CONFIGURATION) => Role::Configuration(bare.trim().to_string()),
        () if is(&["metric", "metrics", "measure"]) => Role::Metric,
        () if is(&["value", "score", "values"]) => Role::Value,
        () if is(&["statistic", "statistics", "stat", "stats", "agg"]) => Role::Statistic,
        () => return other(&bare, &word, unit),
    };
    Word::Role(role)
}

fn other(bare: &str, word: &str, unit: Option<Unit>) -> Word {
    let is = |list: &[&str]| list.contains(&word);
    // pandas numbers a heading that is there again: `std.1`.
    let word_once = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_spread = ["sd", "std", "stdev", "stddev", "standarddeviation"].contains(&word_once)
        || bare.trim() == "\u{b1}";
    if is_spread {
        return Word::Statistic { spread: true };
    }
    if let Some(condition) = ConditionText::parse_rate(bare) {
        // `(%)` beside a rate is its unit.
        let percent = unit == Some(Unit::Percent);
        return Word::Condition(match condition {
            ConditionText::Number(n) if percent && n <= 100.0 => ConditionText::Rate(n / 100.0),
            other => other,
        });
    }
    if bare.contains('\u{394}')
        || is(OTHER_METRICS)
        || OTHER_METRICS.iter().any(|m| ends_with_dataset(word, m))
    {
        return Word::Aside;
    }
    if let Some((cut, rest)) = names_cut(bare)
        && plain(&rest).is_empty()
    {
        return cut.word();
    }
    if names::known(bare) {
        return Word::Dataset(names::dataset(bare));
    }
    if let Some(condition) = ConditionText::parse(bare) {
        return Word::Condition(condition);
    }
    if let Some(scores) = scores(bare, unit) {
        return scores;
    }
    if let Some(name) = names::other_data(bare).filter(|name| plain(name) == word) {
        return Word::Dataset(name);
    }
    // `model / missing rate`: the corner of a table with both axes.
    let corner = bare
        .split(['/', '\\', '|'])
        .next()
        .map(plain)
        .unwrap_or_default();
    if METHOD.contains(&&*corner) && corner != word {
        return Word::Role(Role::Method);
    }
    if is(ASIDE)
        || ASIDE_INSIDE.iter().any(|part| word.contains(part))
        || ASIDE_BEGINNINGS.iter().any(|b| word.starts_with(b))
        || ASIDE_UNITS.iter().any(|u| bare.to_lowercase().contains(u))
    {
        return Word::Aside;
    }
    Word::Unknown(bare.trim().to_string())
}

/// Whether a word is a known data set and this metric.
fn ends_with_dataset(word: &str, metric: &str) -> bool {
    word.strip_suffix(metric)
        .is_some_and(|before| !before.is_empty() && names::known(before))
}

/// The heading without its unit and arrows.
fn unit(text: &str) -> (String, Option<Unit>) {
    let mut text = text.to_string();
    let mut unit = None;
    for arrow in [
        "\u{2191}", "\u{2193}", "\u{25b2}", "\u{25bc}", "\u{2b06}", "\u{2b07}",
    ] {
        text = text.replace(arrow, "");
    }
    for (mark, of) in [
        ("(%)", Unit::Percent),
        ("[%]", Unit::Percent),
        ("in %", Unit::Percent),
        ("(\u{d7}100)", Unit::Hundredfold),
        ("(x100)", Unit::Hundredfold),
        ("(x 100)", Unit::Hundredfold),
        ("(*100)", Unit::Hundredfold),
        ("\u{d7}100", Unit::Hundredfold),
        ("\u{d7} 100", Unit::Hundredfold),
        ("x100", Unit::Hundredfold),
        ("*100", Unit::Hundredfold),
    ] {
        if text.contains(mark) {
            text = text.replace(mark, "");
            unit = Some(of);
        }
    }
    let text = text.replace("()", "").trim().to_string();
    // `Acc-7 %`, but not the rate `50%`.
    match text.strip_suffix('%') {
        Some(rest)
            if rest.chars().any(char::is_alphabetic)
                && ConditionText::parse_rate(&text).is_none() =>
        {
            (rest.trim().to_string(), Some(Unit::Percent))
        }
        _ => (text, unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(text: &str) -> (String, Vec<&'static str>, Option<[&'static str; 2]>) {
        match word(text, &[]) {
            Word::Scores(s) => (
                s.dataset.unwrap_or_default(),
                s.metrics.iter().map(|m| m.name).collect(),
                s.order,
            ),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn headings_of_scores_are_read_with_what_is_beside_the_metric() {
        let non0_has0 = Some(["non0", "has0"]);
        type Case = (
            &'static str,
            &'static str,
            &'static [&'static str],
            Option<[&'static str; 2]>,
        );
        let cases: &[Case] = &[
            ("mosi_acc7", "mosi", &["acc7"], None),
            ("MOSI Acc-2 (neg/pos)", "mosi", &["acc2_non0"], None),
            ("MOSI Acc-2 (neg/non-neg)", "mosi", &["acc2_has0"], None),
            ("Acc-2 (Non0/Has0)", "", &["acc2"], non0_has0),
            (
                "F1 (neg/nonneg, neg/pos)",
                "",
                &["f1"],
                Some(["has0", "non0"]),
            ),
            ("Acc-2 (NN/NP)", "", &["acc2"], Some(["has0", "non0"])),
            (
                "MOSI Non0 Acc / F1",
                "mosi",
                &["acc2_non0", "f1_non0"],
                None,
            ),
            ("MOSI Acc-2/F1", "mosi", &["acc2", "f1"], None),
            ("SIMS/Corr", "sims", &["corr"], None),
            ("MAE/Corr", "", &["mae", "corr"], None),
            ("Has0_acc_2", "", &["acc2_has0"], None),
            ("CMU-MOSEI F1_h", "mosei", &["f1_has0"], None),
            ("Acc-7 (%) \u{2191}", "", &["acc7"], None),
            ("Acc-7 (MOSI)", "mosi", &["acc7"], None),
            ("Acc7 MOSI", "mosi", &["acc7"], None),
            ("ACC", "", &["acc2"], None),
            ("IEMOCAP Acc-7", "iemocap", &["acc7"], None),
            ("acc2_mean", "", &["acc2"], None),
            ("mean_acc2", "", &["acc2"], None),
            ("metrics.acc7", "", &["acc7"], None),
            ("Mean Absolute Error", "", &["mae"], None),
            ("MOSI Mean Squared Error", "mosi", &["mse"], None),
            ("mosi_rmse", "mosi", &["rmse"], None),
        ];
        for (text, dataset, metrics, order) in cases {
            let found = scores(text);
            assert_eq!(
                (&*found.0, &*found.1, found.2),
                (*dataset, *metrics, *order),
                "{text}"
            );
        }
    }

    #[test]
    fn spreads_units_and_conditions_beside_a_metric_are_kept() {
        let parts = |text| match word(text, &[]) {
            Word::Scores(s) => (s.spread, s.unit, s.condition),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(parts("acc2_std"), (Some(true), None, None));
        assert_eq!(parts("MAE (x100)"), (None, Some(Unit::Hundredfold), None));
        assert_eq!(parts("Acc-7 (%)"), (None, Some(Unit::Percent), None));
        assert_eq!(parts("Acc-7 (r=0.5)").2, Some(ConditionText::Number(0.5)));
    }

    #[test]
    fn other_words_have_their_roles() {
        assert_eq!(
            word("missing rate (%)", &[]),
            Word::Role(Role::Rate { percent: true })
        );
        for text in ["Methode", "params.model"] {
            assert_eq!(word(text, &[]), Word::Role(Role::Method), "{text}");
        }
        assert_eq!(word("MOSI", &[]), Word::Dataset("mosi".to_string()));
        assert_eq!(word("Non0", &[]), Word::Cut("non0"));
        assert_eq!(word("w/o zero", &[]), Word::Cut("non0"));
        assert_eq!(word("w/ zero", &[]), Word::Cut("has0"));
        assert_eq!(word("Has0/Non0", &[]), Word::Order(["has0", "non0"]));
        assert_eq!(word("50%", &[]), Word::Condition(ConditionText::Rate(0.5)));
        assert_eq!(word("std", &[]), Word::Statistic { spread: true });
        assert_eq!(word("\u{2191}", &[]), Word::Nothing);
        for text in [
            "Loss",
            "Params (M)",
            "macro F1",
            "MOSI macro-F1",
            "val_mae",
            "status",
            "train acc7",
            "Precision",
            "\u{394} MAE",
            "MAE gain over baseline",
            "MAE difference to LNLN (95 % interval)",
        ] {
            assert_eq!(word(text, &[]), Word::Aside, "{text}");
        }
        assert!(matches!(
            word("{l, a}", &[]),
            Word::Condition(ConditionText::Modalities(_))
        ));
        assert_eq!(word("Bleu", &[]), Word::Unknown("Bleu".to_string()));
        assert!(matches!(
            word("mine", &["Mine".to_string()]),
            Word::Role(Role::Configuration(_))
        ));
    }
}
