//! Reads what a title, a caption or a section line states about the numbers below it.

use super::condition::ConditionText;
use super::heading::{self, Scores, Word};
use super::names;
use super::scope;

/// What holds for every number of a part of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Context {
    pub dataset: Option<String>,
    pub condition: Option<ConditionText>,
    /// Metric of numbers whose columns and lines name none.
    pub metric: Option<Scores>,
    /// A section line that names neither.
    pub group: Option<String>,
}

impl Context {
    /// What a title or caption states; words that are not understood are of no account.
    pub fn of_captions(captions: &[String]) -> Self {
        let mut found = Self::default();
        for caption in captions {
            let next = parse(caption);
            let lower = caption.to_lowercase();
            let mean = [
                "mean over missing rates",
                "average over missing rates",
                "averaged over missing rates",
            ];
            found.dataset = next.dataset.or(found.dataset);
            found.condition = next.condition.or(found.condition);
            found.metric = next.metric.or(found.metric);
            if mean.iter().any(|m| lower.contains(m)) {
                found.condition = Some(ConditionText::Mean);
            }
        }
        found
    }

    /// Takes over what a section line states.
    pub fn enter(&mut self, text: &str) {
        let next = parse(text);
        if next.dataset.is_some() {
            // A condition belongs to the data set above it.
            self.condition = None;
            self.dataset = next.dataset.clone();
        }
        if next.condition.is_some() {
            self.condition.clone_from(&next.condition);
        }
        if next.metric.is_some() {
            self.metric.clone_from(&next.metric);
        }
        if next == Self::default() {
            self.group = Some(text.to_string());
        } else {
            self.group = None;
        }
    }
}

/// What a text names: a data set, a condition, or both.
fn parse(text: &str) -> Context {
    let mut found = Context::default();
    let pieces = text.split([',', ';', ':', '(', ')', '|', '\u{2013}', '\u{2014}', '.']);
    // A point may be that of a rate.
    let coarse = text.split([',', ';', ':', '(', ')', '|', '\u{2013}', '\u{2014}']);
    // What is tested counts, and a qualifier behind a name is part of it.
    let tested = scope::tested_on(text);
    found.dataset = tested
        .and_then(names::dataset_in)
        .or_else(|| names::other_data(text));
    for piece in std::iter::once(text).chain(coarse).chain(pieces) {
        match heading::word(piece.trim(), &[]) {
            Word::Dataset(name) => found.dataset = found.dataset.or(Some(name)),
            Word::Condition(condition) => {
                let whole = piece.len() == text.len();
                found.condition = found.condition.or(condition_of(piece, condition, whole));
            }
            _ => {}
        }
    }
    found.metric = text
        .split([':', ';', '|', '\u{2013}', '\u{2014}', ','])
        .find_map(metric_in);
    if found.dataset.is_none() {
        found.dataset = names::dataset_in(text);
    }
    if found.condition.is_none() {
        found.condition = rate_in(text);
    }
    found
}

/// The metric that a piece of text is, remarks in brackets at its end left out.
fn metric_in(piece: &str) -> Option<Scores> {
    let mut piece = piece.trim();
    loop {
        if let Word::Scores(scores) = heading::word(piece, &[]) {
            return Some(scores).filter(|s| !s.assumed);
        }
        piece = piece
            .strip_suffix(')')
            .and_then(|p| p.rsplit_once('('))
            .map(|(before, _)| before.trim())?;
    }
}

/// The condition of a text or a piece of it; a bare number or letter in a sentence is none.
fn condition_of(piece: &str, condition: ConditionText, whole: bool) -> Option<ConditionText> {
    let bare = match &condition {
        ConditionText::Number(_) => piece.trim().parse::<f64>().is_ok(),
        ConditionText::Modalities(set) => !whole && set.naming.is_none(),
        ConditionText::Rate(_) | ConditionText::Mean => false,
    };
    (!bare).then_some(condition)
}

/// A rate behind its name somewhere in a text: `Results under missing rate r = 0.5`.
fn rate_in(text: &str) -> Option<ConditionText> {
    let lower = text.to_lowercase();
    ["rate", "ratio", "mr", "r =", "r=", "\u{3b7}"]
        .iter()
        .find_map(|name| {
            let at = lower.find(name)?;
            let rest = lower[at + name.len()..].trim_start_matches([' ', '=', ':', '(', 'o', 'f']);
            let rest = ["r =", "r=", "\u{3b7} =", "\u{3b7}="]
                .iter()
                .find_map(|p| rest.strip_prefix(p))
                .unwrap_or(rest)
                .trim_start();
            let number: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            let number = number.trim_end_matches('.');
            let percent = rest[number.len()..].trim_start().starts_with('%');
            let value: f64 = number.parse().ok()?;
            if percent {
                (value <= 100.0).then_some(ConditionText::Rate(value / 100.0))
            } else {
                (value <= 100.0).then_some(ConditionText::Number(value))
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn section_lines_name_rates_data_sets_and_modalities() {
        let mut context = Context::default();
        context.enter("CMU-MOSI");
        context.enter("Random Missing Rate r = 0.1");
        assert_eq!(
            (context.dataset.as_deref(), context.condition.clone()),
            (Some("mosi"), Some(ConditionText::Number(0.1)))
        );
        context.enter("Results on CH-SIMS");
        assert_eq!(
            (context.dataset.as_deref(), context.condition.clone()),
            (Some("sims"), None)
        );
        context.enter("MOSEI (missing rate = 50%)");
        assert_eq!(
            (context.dataset.as_deref(), context.condition.clone()),
            (Some("mosei"), Some(ConditionText::Rate(0.5)))
        );
        context.enter("w/o language");
        assert!(matches!(
            context.condition,
            Some(ConditionText::Modalities(_))
        ));
        context.enter("Graph-based methods");
        assert_eq!(context.group.as_deref(), Some("Graph-based methods"));
    }

    #[test]
    fn captions_give_what_they_name_and_nothing_else() {
        let of = |text: &str| Context::of_captions(&[text.to_string()]);
        let mean = of("Demo film: mean over missing rates 0-0.9 (synthetic data)");
        assert_eq!(
            (mean.dataset.as_deref(), mean.condition),
            (Some("demo-film"), Some(ConditionText::Mean))
        );
        assert_eq!(
            of("Table 9: Results on MOSI and MOSEI."),
            Context::default()
        );
        assert_eq!(
            of("Results on MOSI. Best in bold, 3 runs.")
                .dataset
                .as_deref(),
            Some("mosi")
        );
        assert_eq!(of("Table 2. Results on MOSI, 5 seeds").condition, None);
        for (title, dataset) in [
            (
                "CMU-MOSI (speech) (masks random v2): MAE",
                "CMU-MOSI (speech)",
            ),
            (
                "Trained on CMU-MOSI (speech), tested on CMU-MOSI (speech-ibm): MAE",
                "CMU-MOSI (speech-ibm)",
            ),
            ("Trained on MOSEI, tested on MOSI", "mosi"),
            ("MOSI (aligned)", "mosi"),
            ("MOSI (missing rate = 50%)", "mosi"),
            ("CMU-MOSI (%)", "mosi"),
            ("MOSI (masks random v2): MAE", "mosi"),
        ] {
            assert_eq!(of(title).dataset.as_deref(), Some(dataset), "{title}");
        }
        let metric = of("Demo film: Acc-2 (Non0) (%) \u{2191} (synthetic data)")
            .metric
            .unwrap();
        assert_eq!(metric.metrics[0].name, "acc2_non0");
        assert_eq!(
            of("Results on MOSI with a missing rate of 0.5.").condition,
            Some(ConditionText::Number(0.5))
        );
    }
}
