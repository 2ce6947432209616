//! Combines the lines of headings into the roles of columns.

use super::condition::ConditionText;
use super::heading::{self, Role, Scores, Word};
use super::metric;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As printed, lines joined by spaces.
    pub heading: String,
    pub kind: Kind,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Key(Role),
    Scores {
        scores: Scores,
        /// Pieces of the heading that are not understood.
        extra: String,
    },
    /// A quantity that no rule is about.
    Aside,
    Unknown,
}

impl Kind {
    pub fn scores(&self) -> Option<&Scores> {
        match self {
            Self::Scores { scores, .. } => Some(scores),
            _ => None,
        }
    }

    pub fn is_role(&self, wanted: &Role) -> bool {
        matches!(self, Self::Key(role) if role == wanted)
    }
}

/// The columns by their headings: for each column its pieces, top line first.
pub(super) fn columns(headings: &[Vec<String>], keys: &[String]) -> Vec<Column> {
    let lines = headings.iter().map(Vec::len).max().unwrap_or(0);
    let headings = &without_counters(headings);
    let mut words: Vec<Vec<Word>> = headings
        .iter()
        .map(|pieces| pieces.iter().map(|p| heading::word(p, keys)).collect())
        .collect();
    // Beside known data sets an unknown word above scores is a data set, too.
    for line in 0..lines {
        let above = |w: &&Vec<Word>| w.len() > line + 1 && matches!(w[line], Word::Dataset(_));
        if words.iter().any(|w| above(&w)) {
            for w in &mut words {
                if let Some(Word::Unknown(name)) =
                    w.get(line).filter(|_| w.len() > line + 1).cloned()
                {
                    w[line] = Word::Dataset(name);
                }
            }
        }
    }
    let mut columns: Vec<Column> = headings
        .iter()
        .zip(words)
        .map(|(pieces, words)| {
            let mut pieces: Vec<&str> = pieces
                .iter()
                .map(String::as_str)
                .filter(|p| !p.is_empty())
                .collect();
            pieces.dedup();
            Column {
                heading: pieces.join(" "),
                kind: combine(words),
            }
        })
        .collect();
    settle(&mut columns);
    columns
}

/// Headings without the counters that pandas adds to those that are there twice: `MOSI`, `MOSI.1`. A rate (`r=0.5` beside
/// `r=0`) is none, and neither is a number that does not count from 1 (`v1.5` beside `v1`).
fn without_counters(headings: &[Vec<String>]) -> Vec<Vec<String>> {
    let base = |text: &str, line: usize| {
        let (base, counter) = text.rsplit_once('.')?;
        let counted = !counter.is_empty() && counter.chars().all(|c| c.is_ascii_digit());
        let words = base.chars().any(char::is_alphabetic);
        let has = |name: &str| {
            headings
                .iter()
                .any(|h| h.get(line).is_some_and(|t| t == name))
        };
        let is_rate = ConditionText::parse_rate(text).is_some();
        let before = (1..counter.parse::<usize>().ok()?.min(headings.len()))
            .all(|earlier| has(&format!("{base}.{earlier}")));
        (counted && words && !is_rate && has(base) && before).then(|| base.to_string())
    };
    let each = |(line, text): (usize, &String)| base(text, line).unwrap_or_else(|| text.clone());
    let column = |pieces: &Vec<String>| pieces.iter().enumerate().map(each).collect();
    headings.iter().map(column).collect()
}

/// Takes columns without a known heading for methods, in a table whose lines name conditions or metrics.
pub(super) fn methods_in_columns(
    columns: &mut [Column],
    holds_numbers: impl Fn(usize) -> bool,
) -> Vec<String> {
    let scores = |c: &Column| {
        matches!(
            c.kind,
            Kind::Scores { .. } | Kind::Key(Role::Value | Role::Method)
        )
    };
    let axis = |c: &Column| {
        matches!(
            c.kind,
            Kind::Key(Role::Rate { .. } | Role::Modalities(_) | Role::Condition | Role::Metric)
        )
    };
    let mut methods = Vec::new();
    if columns.iter().any(scores) || !columns.iter().any(axis) {
        return methods;
    }
    for (at, column) in columns.iter_mut().enumerate() {
        if column.kind == Kind::Unknown && holds_numbers(at) {
            methods.push(column.heading.clone());
            column.kind = Kind::Scores {
                scores: Scores::default(),
                extra: column.heading.clone(),
            };
        }
    }
    methods
}

/// The kind of one column from the pieces of its heading.
fn combine(words: Vec<Word>) -> Kind {
    if words.contains(&Word::Aside) {
        return Kind::Aside;
    }
    let last = words
        .iter()
        .rfind(|w| !matches!(w, Word::Nothing | Word::Unit(_)));
    if let Some(Word::Role(role)) = last {
        return Kind::Key(role.clone());
    }
    let mut scores = words.iter().rev().find_map(|w| match w {
        Word::Scores(scores) => Some(scores.clone()),
        _ => None,
    });
    let named = scores.is_some();
    let mut found = scores.take().unwrap_or_default();
    let mut extra = Vec::new();
    let mut sets = false;
    for word in words {
        match word {
            Word::Dataset(name) => {
                sets = true;
                found.dataset = found.dataset.or(Some(name));
            }
            Word::Cut(cut) => {
                sets = true;
                found.cut = Some(cut);
            }
            Word::Order(order) => found.order = Some(order),
            Word::Statistic { spread } => {
                if !named && !sets {
                    return Kind::Key(Role::Spread);
                }
                found.spread = Some(spread);
            }
            Word::Condition(condition) => {
                sets = true;
                found.condition = Some(condition);
            }
            Word::Unit(unit) => found.unit = Some(unit),
            Word::Unknown(text) => extra.push(text),
            Word::Role(_) | Word::Scores(_) | Word::Nothing | Word::Aside => {}
        }
    }
    if !named && !sets {
        return Kind::Unknown;
    }
    if let Some(cut) = found.cut.filter(|_| named) {
        found
            .metrics
            .iter_mut()
            .for_each(|m| *m = metric::of_cut(m, cut));
    }
    Kind::Scores {
        scores: found,
        extra: extra.join(" "),
    }
}

/// Settles what only the other columns tell.
fn settle(columns: &mut [Column]) {
    let has = |columns: &[Column], role: &Role| columns.iter().any(|c| c.kind.is_role(role));
    let is_mean = |c: &Column| {
        c.kind
            .scores()
            .is_some_and(|s| s.condition == Some(ConditionText::Mean))
    };
    // `mean` is the value of a line that names its metric, unless there are other conditions.
    let long = has(columns, &Role::Metric) && !has(columns, &Role::Value);
    let conditions = columns
        .iter()
        .filter(|c| c.kind.scores().is_some_and(|s| s.condition.is_some()));
    let alone = conditions.count() == 1;
    for column in columns.iter_mut() {
        if long && alone && is_mean(column) {
            column.kind = Kind::Key(Role::Value);
        }
    }
    // One letter alone is more likely to be anything else.
    let names_modalities = |c: &Column| {
        let condition = c.kind.scores().and_then(|s| s.condition.clone());
        matches!(condition, Some(ConditionText::Modalities(set)) if set.naming.is_none())
    };
    let several = columns.iter().filter(|c| names_modalities(c)).count() > 1;
    for column in columns
        .iter_mut()
        .filter(|c| !several && names_modalities(c) && c.heading.chars().count() == 1)
    {
        column.kind = Kind::Unknown;
    }
    // `All` beside methods whose lines are rates is their mean, as pandas writes it.
    let rates = columns
        .iter()
        .any(|c| matches!(c.kind, Kind::Key(Role::Rate { .. })));
    let is_all = |c: &Column| {
        let alone = c.kind.scores().filter(|s| s.metrics.is_empty());
        let condition = alone.and_then(|s| s.condition.clone());
        matches!(condition, Some(ConditionText::Modalities(set)) if set.is_complete())
    };
    for column in columns.iter_mut().filter(|c| rates && is_all(c)) {
        column.kind = Kind::Unknown;
    }
    spread_beside(columns);
    // `mean` over `std` beside it is a statistic and no mean over conditions.
    let spreads = columns
        .iter()
        .any(|c| c.kind.scores().is_some_and(|s| s.spread == Some(true)));
    for column in columns.iter_mut().filter(|_| spreads) {
        if let Kind::Scores { scores, .. } = &mut column.kind
            && scores.condition == Some(ConditionText::Mean)
            && !scores.metrics.is_empty()
        {
            scores.condition = None;
            scores.spread = Some(false);
        }
    }
}

/// Gives a column `std` in wide form the metric of the column to its left.
fn spread_beside(columns: &mut [Column]) {
    if columns.iter().any(|c| c.kind.is_role(&Role::Value)) {
        return;
    }
    for at in 1..columns.len() {
        if !columns[at].kind.is_role(&Role::Spread) {
            continue;
        }
        let left = columns[at - 1]
            .kind
            .scores()
            .filter(|s| s.spread != Some(true))
            .cloned();
        if let Some(scores) = left {
            columns[at].kind = Kind::Scores {
                scores: Scores {
                    spread: Some(true),
                    ..scores
                },
                extra: String::new(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(headings: &[&[&str]]) -> Vec<Kind> {
        let headings: Vec<Vec<String>> = headings
            .iter()
            .map(|h| h.iter().map(ToString::to_string).collect())
            .collect();
        columns(&headings, &[])
            .into_iter()
            .map(|c| c.kind)
            .collect()
    }

    fn scores(kind: &Kind) -> (&str, Vec<&str>, Option<bool>) {
        let s = kind.scores().unwrap();
        (
            s.dataset.as_deref().unwrap_or(""),
            s.metrics.iter().map(|m| m.name).collect(),
            s.spread,
        )
    }

    #[test]
    fn counters_of_pandas_are_told_from_rates_and_versions() {
        let kept = |names: [&str; 3]| {
            let headings: Vec<Vec<String>> = names.map(|name| vec![name.to_owned()]).into();
            without_counters(&headings).concat()
        };
        assert_eq!(kept(["MAE", "MAE.1", "MAE.2"]), ["MAE"; 3]);
        for names in [["r=0", "r=0.5", "r=0.1"], ["Ours-v1", "Ours-v1.5", "x"]] {
            assert_eq!(kept(names), names);
        }
    }

    #[test]
    fn lines_of_headings_add_up() {
        let kinds = kinds(&[
            &["", "Method"],
            &["MOSI", "Acc-2", "Non0"],
            &["IEMOCAP", "Acc-2", "Has0"],
            &["MOSI", "Loss"],
        ]);
        assert_eq!(kinds[0], Kind::Key(Role::Method));
        assert_eq!(scores(&kinds[1]), ("mosi", vec!["acc2_non0"], None));
        assert_eq!(scores(&kinds[2]), ("IEMOCAP", vec!["acc2_has0"], None));
        assert_eq!(kinds[3], Kind::Aside);
    }

    #[test]
    fn a_mean_is_a_statistic_beside_a_spread_and_a_condition_else() {
        let pandas = kinds(&[&["", "", "method"], &["acc2", "mean"], &["acc2", "std"]]);
        assert_eq!(scores(&pandas[1]), ("", vec!["acc2"], Some(false)));
        assert_eq!(scores(&pandas[2]), ("", vec!["acc2"], Some(true)));
        let rates = kinds(&[&["method"], &["0.1"], &["mean"]]);
        assert_eq!(
            rates[2].scores().unwrap().condition,
            Some(ConditionText::Mean)
        );
        let long = kinds(&[&["metric"], &["mean"], &["sd"]]);
        assert_eq!(long[1..], [Kind::Key(Role::Value), Kind::Key(Role::Spread)]);
        let beside = kinds(&[&["method"], &["mae"], &["std"], &["corr"], &["std.1"]]);
        assert_eq!(scores(&beside[4]), ("", vec!["corr"], Some(true)));
    }

    #[test]
    fn an_axis_may_be_named_above_its_values() {
        let kinds = kinds(&[
            &["", "Method"],
            &["Missing rate", "0.1"],
            &["Missing rate", "0.2"],
        ]);
        assert!(kinds[1].scores().unwrap().condition.is_some());
    }
}
