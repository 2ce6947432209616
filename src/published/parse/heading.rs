//! Reads one heading: the role of its column, or the scores that are below it.

use super::condition::ConditionText;
use super::metric::{self, Metric, plain};
use super::modalities::Naming;
use super::names;

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
    Statistic { spread: bool },
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
    Rate { percent: bool },
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

const METHOD: &[&str] = &[
    "method", "methods", "model", "models", "variant", "name", "approach", "approaches", "row", "methode", "modell",
    "architecture", "algorithm", "baseline", "baselines", "system", "network", "framework", "strategy",
];
const DATASET: &[&str] = &["dataset", "datasets", "data", "corpus", "datensatz", "benchmark"];
const RATE: &[&str] = &[
    "rate", "rates", "missingrate", "missingrates", "mr", "r", "reading", "missingratio", "ratio", "eta", "\u{3b7}", "maskrate",
    "maskingrate", "droprate", "missingprobability", "randommissingrate", "fehlrate", "p",
];
const MISSING: &[&str] = &[
    "missing", "missingmodality", "missingmodalities", "missingmod", "modalitymissing", "missingtype",
];
const PRESENT: &[&str] = &[
    "available", "availablemodalities", "availablemodality", "present", "presentmodalities", "presentmodality", "input",
    "inputs", "inputmodality", "inputmodalities", "observed", "availability",
];
const MODALITIES: &[&str] = &["case", "cases", "modality", "modalities", "testingcondition", "testingconditions", "testcondition", "testmodalities", "m"];
const CONFIGURATION: &[&str] = &[
    "table",
    "config",
    "configuration",
    "setting",
    "settings",
    "encoder",
    "alpha",
    "beta",
    "gamma",
    "delta",
    "lambda",
    "maskprotocol",
    "masks",
    "seed",
    "seeds",
    "run",
    "fold",
    "trial",
    "section",
    "group",
    "block",
    "protocol",
    "noise",
];

/// Quantities and texts that no rule is about.
const ASIDE: &[&str] = &[
    "loss", "testloss", "n", "direction", "unit", "low", "high", "year", "venue", "ref", "reference", "references", "citation",
    "epoch", "epochs", "bestepoch", "time", "params", "param", "parameters", "flops", "macs", "gflops", "latency", "memory",
    "speed", "fps", "title", "baseline", "ratetext", "rateaudio", "ratevision", "published", "undefined", "abovebaseline",
    "difference", "differencelow", "differencehigh", "pvalue", "pholm", "permutations", "runs", "index", "rank", "comment",
    "comments", "note", "notes", "source", "link", "url", "lr", "batchsize", "learningrate", "trainingtime", "inferencetime",
    "journal", "publication", "paper", "backbone", "date", "id", "no", "count", "samples", "numseeds", "nseeds", "nruns",
];

/// Beginnings of headings of such quantities: `Params (M)`, `Time/epoch`.
const ASIDE_BEGINNINGS: &[&str] = &["params", "parameters", "flops", "time", "latency", "memory", "gpu", "delta", "improv", "gain"];

/// Metrics that are not those of this program, though their names end in one.
const OTHER_METRICS: &[&str] = &[
    "macrof1", "microf1", "f1macro", "f1micro", "macrof1score", "f1scoremacro", "precision", "recall", "auc", "auroc", "uar",
    "war", "rmse", "mse", "ccc", "spearman", "spearmancorr", "kappa", "r2", "weightedacc", "unweightedacc", "acc2weak",
    "balancedacc", "uf1", "wacc", "uacc", "acc4", "acc6",
];

/// Words beside a metric that are no data set.
const FILLERS: &[&str] = &[
    "pearson", "weighted", "test", "testing", "mult", "binary", "metric", "metrics", "score", "scores", "class", "results", "w",
    "ours", "value",
];

/// Splits that are not the test set.
const OTHER_SPLITS: &[&str] = &["train", "training", "val", "valid", "dev", "validation"];

/// What one piece of a heading says; `keys` are headings the user calls configuration.
pub(super) fn word(text: &str, keys: &[String]) -> Word {
    let exact = plain(text);
    if !exact.is_empty() && keys.iter().any(|key| plain(key) == exact) {
        return Word::Role(Role::Configuration(text.trim().to_string()));
    }
    let (bare, unit) = unit(text);
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
    let is_spread = ["sd", "std", "stdev", "stddev", "standarddeviation"].contains(&word_once) || bare.trim() == "\u{b1}";
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
    if bare.contains('\u{394}') || is(OTHER_METRICS) || OTHER_METRICS.iter().any(|m| ends_with_dataset(word, m)) {
        return Word::Aside;
    }
    if let Some((cut, rest)) = names_cut(bare) {
        if plain(&rest).is_empty() {
            return cut.word();
        }
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
    if is(ASIDE) || ASIDE_BEGINNINGS.iter().any(|b| word.starts_with(b)) {
        return Word::Aside;
    }
    Word::Unknown(bare.trim().to_string())
}

/// Whether a word is a known data set and this metric.
fn ends_with_dataset(word: &str, metric: &str) -> bool {
    word.strip_suffix(metric).is_some_and(|before| !before.is_empty() && names::known(before))
}

/// The heading without its unit and arrows.
fn unit(text: &str) -> (String, Option<Unit>) {
    let mut text = text.to_string();
    let mut unit = None;
    for arrow in ["\u{2191}", "\u{2193}", "\u{25b2}", "\u{25bc}", "\u{2b06}", "\u{2b07}"] {
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
        Some(rest) if rest.chars().any(char::is_alphabetic) && ConditionText::parse_rate(&text).is_none() => {
            (rest.trim().to_string(), Some(Unit::Percent))
        }
        _ => (text, unit),
    }
}

/// A cut into two classes, or the order of two.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cuts {
    One(&'static str),
    Two([&'static str; 2]),
}

impl Cuts {
    fn word(self) -> Word {
        match self {
            Self::One(cut) => Word::Cut(cut),
            Self::Two(order) => Word::Order(order),
        }
    }
}

/// Names of the cuts, longer ones first, in the letters that [`names_cut`] keeps.
const CUTS: &[(&str, &str)] = &[
    ("negative/nonnegative", "has0"),
    ("nonnegative/negative", "has0"),
    ("negative/positive", "non0"),
    ("positive/negative", "non0"),
    ("neg/nonneg", "has0"),
    ("nonneg/neg", "has0"),
    ("neg/nneg", "has0"),
    ("neg/pos", "non0"),
    ("pos/neg", "non0"),
    ("excludingzero", "non0"),
    ("includingzero", "has0"),
    ("excludezero", "non0"),
    ("includezero", "has0"),
    ("excl0", "non0"),
    ("incl0", "has0"),
    ("exclzero", "non0"),
    ("inclzero", "has0"),
    ("nonzero", "non0"),
    ("haszero", "has0"),
    ("withzero", "has0"),
    ("without0", "non0"),
    ("non0", "non0"),
    ("has0", "has0"),
    ("with0", "has0"),
    ("nonnegative", "has0"),
    ("nonneg", "has0"),
    ("-/+", "non0"),
];

/// The cuts a text names, and the text without them.
fn names_cut(text: &str) -> Option<(Cuts, String)> {
    let lower = text.to_lowercase();
    if lower.contains("-/+") {
        return Some((Cuts::One("non0"), lower.replace("-/+", "")));
    }
    let mut rest: String = lower.chars().filter(|c| c.is_alphanumeric() || "/,|&".contains(*c)).collect();
    let tokens: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).collect();
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    for (name, cut) in CUTS {
        while let Some(at) = rest.find(name) {
            found.push((at, cut));
            // Blanked, so that indices keep their order.
            rest.replace_range(at..at + name.len(), &"\u{1}".repeat(name.len()));
        }
    }
    if found.is_empty() {
        // Two letters alone: `NN/NP`, `Acc-2 NP`.
        for (name, cut) in [("nn", "has0"), ("np", "non0")] {
            if tokens.contains(&name) {
                if let Some(at) = rest.find(name) {
                    found.push((at, cut));
                    rest.replace_range(at..at + name.len(), "\u{1}\u{1}");
                }
            }
        }
    }
    found.sort_unstable();
    let cuts = match found.as_slice() {
        [] => return None,
        [(_, one)] => Cuts::One(one),
        [(_, a), (_, b)] if a != b => Cuts::Two([a, b]),
        _ => return None,
    };
    // What joined the two is no part of the rest.
    let rest: String = rest.chars().filter(|c| *c != '\u{1}').collect();
    let rest = match cuts {
        Cuts::Two(_) => rest.replacen(['/', ',', '|', '&'], "", 1),
        Cuts::One(_) => rest,
    };
    Some((cuts, rest))
}

/// The metrics of a heading, with what stands beside their names.
fn scores(text: &str, unit: Option<Unit>) -> Option<Word> {
    let (rest, spread) = statistic(text);
    let (rest, condition) = condition(&rest);
    let (cuts, rest) = match names_cut(&rest) {
        Some((cuts, rest)) => (Some(cuts), rest),
        None => (None, rest),
    };
    let rest = rest.trim_matches(['/', ' ']);
    let mut found = Scores {
        condition,
        unit,
        spread,
        ..Scores::default()
    };
    let parts: Vec<&str> = rest.split(['/', '&', '|']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let mut beside: Vec<String> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        match metric_of(part, cuts.is_some()) {
            Some((metric, rest, assumed)) => {
                found.metrics.push(metric);
                found.assumed |= assumed;
                beside.push(rest);
            }
            // `SIMS/Corr`
            None if i == 0 && parts.len() > 1 => beside.push(plain(part)),
            None => return None,
        }
    }
    if found.metrics.is_empty() {
        return None;
    }
    beside.retain(|b| !b.is_empty() && !FILLERS.contains(&&**b));
    beside.dedup();
    if beside.iter().any(|b| OTHER_SPLITS.contains(&&**b) || OTHER_METRICS.contains(&&**b) || ["macro", "micro", "weak"].contains(&&**b)) {
        return Some(Word::Aside);
    }
    match beside.as_slice() {
        [] => {}
        [one] => found.dataset = Some(names::dataset(one)),
        _ => return None,
    }
    match cuts {
        Some(Cuts::One(cut)) => found.metrics.iter_mut().for_each(|m| *m = metric::of_cut(m, cut)),
        Some(Cuts::Two(order)) => found.order = Some(order),
        None => {}
    }
    Some(Word::Scores(found))
}

/// One metric, what is beside its name, and whether the number of classes was assumed.
fn metric_of(part: &str, has_cut: bool) -> Option<(&'static Metric, String, bool)> {
    if let Some((before, metric)) = metric::split(part) {
        return Some((metric, before, false));
    }
    if let Some((metric, after)) = metric::split_front(part) {
        let known = names::known(&after) || FILLERS.contains(&&*after) || OTHER_SPLITS.contains(&&*after);
        if known || after == "macro" || after == "micro" || after == "weak" {
            return Some((metric, after, false));
        }
    }
    let plain = plain(part);
    let accuracy = ["accuracy", "acc"].iter().find_map(|a| {
        let before = plain.strip_suffix(a);
        before.or_else(|| plain.strip_prefix(a))
    })?;
    let two = metric::find("acc2")?;
    (accuracy.is_empty() || names::known(accuracy) || FILLERS.contains(&accuracy)).then(|| (two, accuracy.to_string(), !has_cut))
}

/// The heading without `mean` or `std` at an end, and whether it was a spread.
fn statistic(text: &str) -> (String, Option<bool>) {
    let lower = text.to_lowercase();
    let tokens: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).collect();
    for (name, spread) in [
        ("mean", false),
        ("avg", false),
        ("average", false),
        ("std", true),
        ("sd", true),
        ("stdev", true),
        ("stddev", true),
    ] {
        let ends = [tokens.first(), tokens.last()];
        if tokens.len() > 1 && ends.contains(&Some(&name)) {
            let rest: Vec<&str> = tokens.iter().copied().filter(|t| *t != name).collect();
            // `mean absolute error` is a metric.
            if !(name == "mean" && rest.first() == Some(&"absolute")) {
                // Slashes join metrics and must stay.
                let kept = if lower.contains('/') { lower.replace(name, "") } else { rest.join(" ") };
                return (kept, Some(spread));
            }
        }
    }
    (text.to_string(), None)
}

/// The heading without a condition in brackets or behind an `@`.
fn condition(text: &str) -> (String, Option<ConditionText>) {
    let inner = text.split_once('(').and_then(|(before, rest)| {
        let (inner, after) = rest.split_once(')')?;
        Some((format!("{before} {after}"), inner.to_string()))
    });
    let at = || text.split_once('@').map(|(a, b)| (a.to_string(), b.to_string()));
    match inner.or_else(at) {
        Some((rest, inner)) => match ConditionText::parse_rate(&inner) {
            Some(condition) => (rest, Some(condition)),
            None => (text.to_string(), None),
        },
        None => (text.to_string(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(text: &str) -> (String, Vec<&'static str>, Option<[&'static str; 2]>) {
        match word(text, &[]) {
            Word::Scores(s) => (s.dataset.unwrap_or_default(), s.metrics.iter().map(|m| m.name).collect(), s.order),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn headings_of_scores_are_read_with_what_is_beside_the_metric() {
        let non0_has0 = Some(["non0", "has0"]);
        let cases: &[(&str, &str, &[&str], Option<[&'static str; 2]>)] = &[
            ("mosi_acc7", "mosi", &["acc7"], None),
            ("MOSI Acc-2 (neg/pos)", "mosi", &["acc2_non0"], None),
            ("MOSI Acc-2 (neg/non-neg)", "mosi", &["acc2_has0"], None),
            ("Acc-2 (Non0/Has0)", "", &["acc2"], non0_has0),
            ("F1 (neg/nonneg, neg/pos)", "", &["f1"], Some(["has0", "non0"])),
            ("Acc-2 (NN/NP)", "", &["acc2"], Some(["has0", "non0"])),
            ("MOSI Non0 Acc / F1", "mosi", &["acc2_non0", "f1_non0"], None),
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
            ("Mean Absolute Error", "", &["mae"], None),
        ];
        for (text, dataset, metrics, order) in cases {
            let found = scores(text);
            assert_eq!((&*found.0, &*found.1, found.2), (*dataset, *metrics, *order), "{text}");
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
        assert_eq!(word("missing rate (%)", &[]), Word::Role(Role::Rate { percent: true }));
        assert_eq!(word("Methode", &[]), Word::Role(Role::Method));
        assert_eq!(word("MOSI", &[]), Word::Dataset("mosi".to_string()));
        assert_eq!(word("Non0", &[]), Word::Cut("non0"));
        assert_eq!(word("Has0/Non0", &[]), Word::Order(["has0", "non0"]));
        assert_eq!(word("50%", &[]), Word::Condition(ConditionText::Rate(0.5)));
        assert_eq!(word("std", &[]), Word::Statistic { spread: true });
        assert_eq!(word("\u{2191}", &[]), Word::Nothing);
        for text in ["Loss", "Params (M)", "macro F1", "MOSI macro-F1", "val_mae", "train acc7", "Precision", "\u{394} MAE"] {
            assert_eq!(word(text, &[]), Word::Aside, "{text}");
        }
        assert!(matches!(word("{l, a}", &[]), Word::Condition(ConditionText::Modalities(_))));
        assert_eq!(word("Bleu", &[]), Word::Unknown("Bleu".to_string()));
        assert!(matches!(word("mine", &["Mine".to_string()]), Word::Role(Role::Configuration(_))));
    }
}
