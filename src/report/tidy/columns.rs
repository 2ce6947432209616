//! The dictionary of the tidy tables: name, unit and meaning of each column.
//!
//! `docs/reports.md` holds the same tables; a test compares them.

/// A column of a tidy table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    /// Unit or type of its values.
    pub unit: &'static str,
    pub meaning: &'static str,
}

const fn column(name: &'static str, unit: &'static str, meaning: &'static str) -> Column {
    Column {
        name,
        unit,
        meaning,
    }
}

/// Whose number a line holds; the same in both tables.
const DATASET: Column = column("dataset", "text", "key of the data set, as in `--datasets`");
const VERSION: Column = column(
    "version",
    "text",
    "version of the data set, `asr-ibm` of `mosi@asr-ibm`; empty for the data set itself",
);
const FOLD: Column = column(
    "fold",
    "text",
    "number of the fold, or of all that are pooled, `0+1+2+3+4`; empty without folds",
);
const DATA: Column = column(
    "data",
    "text",
    "first 12 hexadecimal digits of the hash of the prepared data (`content_hash` of its file); of pooled folds joined by `+`",
);
const MODEL: Column = column(
    "model",
    "text",
    "key of the model with its changes, as in `--models`; `best_constant` is the best label of the training split by each metric",
);
const BASELINE: Column = column(
    "baseline",
    "true, false",
    "whether this is a constant baseline; empty for published numbers",
);
const UNIT: Column = column(
    "unit",
    "text",
    "`fraction` (of 1) for accuracies and F1, `ms`, `MiB`, `minutes`; empty for label units and counts",
);
const TITLE: Column = column("title", "text", "title of the model as the tables print it");
const CONFIGURATION: Column = column(
    "configuration",
    "text",
    "settings that tell rows of one model apart; mostly empty",
);
const MASK_PROTOCOL: Column = column(
    "mask_protocol",
    "text",
    "how masks were drawn (docs/masks.md)",
);
const CONDITION: Column = column(
    "condition",
    "text",
    "what was masked at test time: a rate (`0.5`), modalities (`LA`) or a rate per modality",
);
const RATES: [Column; 3] = [
    column(
        "rate_text",
        "fraction",
        "missing rate of text under this condition",
    ),
    column(
        "rate_audio",
        "fraction",
        "missing rate of audio under this condition",
    ),
    column(
        "rate_vision",
        "fraction",
        "missing rate of vision under this condition",
    ),
];
const METRIC: Column = column(
    "metric",
    "text",
    "key of the metric (`list metrics`); in `summary` also `parameters`, `step_ms`, `peak_mib`, `minutes`",
);

/// The columns of `scores.csv`.
pub const SCORES: [Column; 19] = [
    DATASET,
    VERSION,
    FOLD,
    DATA,
    MODEL,
    TITLE,
    CONFIGURATION,
    BASELINE,
    column("seed", "integer", "seed of the run"),
    MASK_PROTOCOL,
    CONDITION,
    RATES[0],
    RATES[1],
    RATES[2],
    METRIC,
    UNIT,
    column(
        "value",
        "`unit`",
        "the score, mean over mask seeds; empty where undefined",
    ),
    column("undefined", "text", "why the number is undefined"),
    column(
        "run",
        "text",
        "id of the run; of pooled folds all ids, joined by `+`",
    ),
];

/// The columns of `summary.csv` and `summary.parquet`.
pub const SUMMARY: [Column; 37] = [
    column(
        "section",
        "text",
        "section of the report: a data set under one mask protocol; first part of the ids of its tables",
    ),
    DATASET,
    VERSION,
    FOLD,
    DATA,
    MODEL,
    TITLE,
    CONFIGURATION,
    BASELINE,
    MASK_PROTOCOL,
    CONDITION,
    RATES[0],
    RATES[1],
    RATES[2],
    column(
        "aggregate",
        "text",
        "where there is no condition: `mean_0_0.9` over the rates 0 to 0.9, `mean` over all conditions, `auc` over all rates divided by the width of their grid; `contribution_text` and the like, the share of a modality, `change_mean` and the like, the change on other data, and `block_text_1_of_5` and the like, the error by position of the missing block (docs/questions.md); empty for costs",
    ),
    METRIC,
    UNIT,
    column(
        "direction",
        "higher, lower",
        "which values are better; empty for costs",
    ),
    column(
        "published",
        "text",
        "paper and table of a published number; else empty",
    ),
    column("n", "integer", "number of seeds (of runs for costs)"),
    column(
        "mean",
        "`unit`",
        "mean over seeds, or the published number; empty where undefined",
    ),
    column(
        "sd",
        "`unit`",
        "standard deviation over seeds (n - 1); empty for one seed",
    ),
    column("undefined", "text", "why the number is undefined"),
    column(
        "low",
        "`unit`",
        "lower end of the 95 % interval over other samples and seeds, cut at the smallest possible value; empty for one seed",
    ),
    column(
        "high",
        "`unit`",
        "upper end of the same, cut at the largest possible value",
    ),
    column(
        "above_baseline",
        "`unit`",
        "by how much the mean is better than the best constant baseline; negative is worse",
    ),
    column(
        "reference",
        "text",
        "key of the model that this one is tested against",
    ),
    column("reference_title", "text", "its title"),
    column(
        "difference",
        "`unit`",
        "this mean less that of the reference",
    ),
    column(
        "difference_low",
        "`unit`",
        "lower end of its 95 % interval over other samples and seeds; empty where one of both has one seed",
    ),
    column("difference_high", "`unit`", "upper end of the same"),
    column(
        "primary",
        "true, false",
        "whether this is the primary test of its comparison",
    ),
    column(
        "p_raw",
        "fraction",
        "p-value of the difference over other samples and seeds, not corrected; empty where one of both has one seed",
    ),
    column(
        "p_corrected",
        "fraction",
        "`p_raw` of a primary test; else after Holm's correction over all other tests of the report, shown or not",
    ),
    column(
        "p_permutation",
        "fraction",
        "p-value of these trainings over permutations of samples, not corrected; empty where the two rows have different numbers of seeds",
    ),
    column(
        "permutations",
        "integer",
        "permutations of the test: no `p_permutation` is below 1 / (permutations + 1)",
    ),
    column(
        "runs",
        "integer",
        "number of the set of runs in `manifest.json`, see `sets`",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of these columns in Markdown.
    fn markdown(columns: &[Column]) -> String {
        let line = |c: &Column| format!("| `{}` | {} | {} |\n", c.name, c.unit, c.meaning);
        let lines: String = columns.iter().map(line).collect();
        format!("| column | unit or type | meaning |\n|---|---|---|\n{lines}\n")
    }

    #[test]
    fn the_documentation_has_every_column_with_its_meaning() {
        let page = include_str!("../../../docs/reports.md");
        for columns in [&SCORES[..], &SUMMARY[..]] {
            let table = markdown(columns);
            assert!(
                page.contains(&table),
                "docs/reports.md lacks this table:\n{table}"
            );
        }
    }

    #[test]
    fn columns_that_both_tables_have_mean_the_same() {
        for column in SCORES {
            let other = SUMMARY.iter().find(|other| other.name == column.name);
            let meaning = |c: &Column| (c.unit, c.meaning);
            let same = other.is_none_or(|other| meaning(other) == meaning(&column));
            assert!(same, "{}", column.name);
        }
    }
}
