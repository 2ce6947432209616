//! Recognizes metrics by the names that papers use.

/// A metric as tables name it.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    /// Name in this program's metric protocols, where one has it.
    pub name: &'static str,
    pub title: &'static str,
    /// A share of samples, printed in percent.
    pub share: bool,
    pub higher_is_better: bool,
    /// How columns call it, in lower-case letters and digits only; Chinese names by the numbers of their characters.
    aliases: &'static [&'static str],
}

const fn share(
    name: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
) -> Metric {
    Metric {
        name,
        title,
        share: true,
        higher_is_better: true,
        aliases,
    }
}

/// Every metric that printed tables are read for.
pub const METRICS: &[Metric] = &[
    share(
        "acc7",
        "Acc-7",
        &[
            "acc7",
            "multacc7",
            "accuracy7",
            "7classacc",
            "acc7class",
            "7classaccuracy",
            "a7",
            "7acc",
            "\u{4e03}\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
            "7\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
        ],
    ),
    share(
        "acc5",
        "Acc-5",
        &[
            "acc5",
            "multacc5",
            "accuracy5",
            "5classacc",
            "acc5class",
            "5classaccuracy",
            "a5",
            "5acc",
            "\u{4e94}\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
            "5\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
        ],
    ),
    share(
        "acc3",
        "Acc-3",
        &[
            "acc3",
            "multacc3",
            "accuracy3",
            "3classacc",
            "acc3class",
            "3classaccuracy",
            "a3",
            "3acc",
            "\u{4e09}\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
            "3\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
        ],
    ),
    share(
        "acc2_non0",
        "Acc-2 (Non0)",
        &["acc2n", "acc2non0", "acc2nonzero", "acc2np", "non0acc2"],
    ),
    share(
        "acc2_has0",
        "Acc-2 (Has0)",
        &["acc2h", "acc2has0", "acc2nn", "has0acc2"],
    ),
    share(
        "acc2",
        "Acc-2",
        &[
            "acc2",
            "multacc2",
            "accuracy2",
            "binaryacc",
            "binaryaccuracy",
            "2classacc",
            "acc2class",
            "a2",
            "2acc",
            "\u{4e8c}\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
            "2\u{5206}\u{7c7b}\u{51c6}\u{786e}\u{7387}",
        ],
    ),
    share(
        "f1_non0",
        "F1 (Non0)",
        &[
            "f1n",
            "f1non0",
            "f1nonzero",
            "f1np",
            "non0f1",
            "non0f1score",
        ],
    ),
    share(
        "f1_has0",
        "F1 (Has0)",
        &["f1h", "f1has0", "f1nn", "has0f1", "has0f1score"],
    ),
    share(
        "f1",
        "F1",
        &[
            "f1",
            "f1score",
            "f1weighted",
            "weightedf1",
            "wf1",
            "f1measure",
            "fscore",
            "weightedf1score",
            "f1scoreweighted",
            "f1\u{503c}",
            "f1\u{5206}\u{6570}",
        ],
    ),
    Metric {
        name: "mae",
        title: "MAE",
        share: false,
        higher_is_better: false,
        aliases: &[
            "mae",
            "meanabsoluteerror",
            "\u{5e73}\u{5747}\u{7edd}\u{5bf9}\u{8bef}\u{5dee}",
        ],
    },
    Metric {
        name: "rmse",
        title: "RMSE",
        share: false,
        higher_is_better: false,
        aliases: &["rmse", "rootmeansquarederror", "rootmeansquareerror"],
    },
    Metric {
        name: "mse",
        title: "MSE",
        share: false,
        higher_is_better: false,
        aliases: &["mse", "meansquarederror", "meansquareerror"],
    },
    Metric {
        name: "corr",
        title: "Corr",
        share: false,
        higher_is_better: true,
        aliases: &[
            "corr",
            "pearson",
            "pearsonr",
            "correlation",
            "pcc",
            "pearsoncorr",
            "pearsoncorrelation",
            "corrcoef",
            "\u{76f8}\u{5173}\u{7cfb}\u{6570}",
            "\u{76ae}\u{5c14}\u{900a}\u{76f8}\u{5173}\u{7cfb}\u{6570}",
        ],
    },
];

/// The metric a column or cell names, with the text before it (a data set, or nothing).
pub(super) fn split(text: &str) -> Option<(String, &'static Metric)> {
    let plain = plain(text);
    let best = aliases()
        .filter(|(_, alias)| {
            plain.ends_with(alias) && (alias.len() > 2 || *alias == "f1" || plain == *alias)
        })
        .max_by_key(|(_, alias)| alias.len());
    best.map(|(metric, alias)| (plain[..plain.len() - alias.len()].to_string(), metric))
}

/// The metric a text begins with, and the text after it.
pub(super) fn split_front(text: &str) -> Option<(&'static Metric, String)> {
    let plain = plain(text);
    let best = aliases()
        .filter(|(_, alias)| plain.starts_with(alias) && (alias.len() > 2 || *alias == "f1"))
        .max_by_key(|(_, alias)| alias.len());
    best.map(|(metric, alias)| (metric, plain[alias.len()..].to_string()))
}

fn aliases() -> impl Iterator<Item = (&'static Metric, &'static str)> {
    let own = |m: &'static Metric| m.aliases.iter().map(move |alias| (m, *alias));
    METRICS.iter().flat_map(own)
}

/// The metric of this program's name.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == name)
}

/// The metric of the same kind for a cut into two classes (`non0`, `has0`); the same where it has none.
pub(super) fn of_cut(metric: &'static Metric, cut: &str) -> &'static Metric {
    find(&format!("{}_{cut}", metric.name)).unwrap_or(metric)
}

/// Lower-case letters and digits of a text.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_recognized_by_their_usual_headings() {
        let cases = [
            ("mosi_acc7", "mosi", "acc7"),
            ("Acc-2 (Non0)", "", "acc2_non0"),
            ("CMU-MOSEI F1_h", "cmumosei", "f1_has0"),
            ("Non0_F1_score", "", "f1_non0"),
            ("Has0_acc_2", "", "acc2_has0"),
            ("Mult_acc_5", "", "acc5"),
            ("SIMS/Corr", "sims", "corr"),
            ("A7", "", "acc7"),
        ];
        for (text, before, name) in cases {
            let (found, metric) = split(text).unwrap();
            assert_eq!((&*found, metric.name), (before, name), "{text}");
        }
        assert!(split("alpha").is_none() && split("params").is_none() && split("GA2").is_none());
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut all: Vec<_> = METRICS.iter().flat_map(|m| m.aliases).collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
        assert!(METRICS.iter().all(|m| find(m.name) == Some(m)));
    }
}
