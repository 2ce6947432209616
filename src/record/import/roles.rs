//! Lists what columns of predictions can hold, and the headings that name it.

use std::fmt;
use std::str::FromStr;

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Id,
    Condition,
    Seed,
    Prediction,
    Model,
    MaskProtocol,
    MaskSeed,
    MaskHash,
    Truth,
    Dataset,
    Split,
}

/// The headings that name a role. Headings are compared in lower case, with `_` for spaces, `-` and `.`.
pub(super) struct Headings {
    pub role: Role,
    /// In flags and messages.
    pub name: &'static str,
    /// Headings that are documented.
    pub own: &'static [&'static str],
    /// Headings of other tools, taken with a note.
    pub other: &'static [&'static str],
}

const ROLES: [Headings; 11] = [
    Headings {
        role: Role::Id,
        name: "id",
        own: &["id"],
        other: &[
            "sample_id",
            "sampleid",
            "sample",
            "ids",
            "clip_id",
            "clip",
            "utterance_id",
            "utt_id",
            "utterance",
            "segment_id",
            "segment",
        ],
    },
    Headings {
        role: Role::Condition,
        name: "condition",
        own: &["rate", "condition"],
        other: &[
            "missing_rate",
            "missing_ratio",
            "missingrate",
            "mr",
            "missing",
            "noise_rate",
            "drop_rate",
            "mask_rate",
            "rates",
            "conditions",
            "test_rate",
            "test_missing_rate",
            "test_missing_ratio",
            "test_mr",
            "eval_rate",
            "eval_missing_rate",
            "eval_mr",
        ],
    },
    Headings {
        role: Role::Seed,
        name: "seed",
        own: &["seed"],
        other: &[
            "run_seed",
            "train_seed",
            "training_seed",
            "random_seed",
            "model_seed",
            "seeds",
        ],
    },
    Headings {
        role: Role::Prediction,
        name: "prediction",
        own: &["prediction"],
        other: &[
            "predictions",
            "pred",
            "preds",
            "predicted",
            "y_pred",
            "ypred",
            "y_hat",
            "yhat",
            "output",
            "outputs",
            "model_output",
            "logit",
            "logits",
            "score",
            "scores",
        ],
    },
    Headings {
        role: Role::Model,
        name: "model",
        own: &["model"],
        other: &["model_name", "method"],
    },
    Headings {
        role: Role::MaskProtocol,
        name: "mask_protocol",
        own: &["mask_protocol"],
        other: &[
            "mask",
            "masks",
            "protocol",
            "mask_type",
            "mask_name",
            "missing_type",
        ],
    },
    Headings {
        role: Role::MaskSeed,
        name: "mask_seed",
        own: &["mask_seed"],
        other: &["maskseed", "seed_mask", "masks_seed"],
    },
    Headings {
        role: Role::MaskHash,
        name: "mask_hash",
        own: &["mask_hash"],
        other: &["maskhash", "masks_hash"],
    },
    Headings {
        role: Role::Truth,
        name: "truth",
        own: &["truth", "label"],
        other: &[
            "truths",
            "labels",
            "y_true",
            "ytrue",
            "true",
            "target",
            "targets",
            "gold",
            "ground_truth",
            "gt",
            "true_label",
            "regression_label",
            "regression_labels",
            "actual",
            "y",
        ],
    },
    Headings {
        role: Role::Dataset,
        name: "dataset",
        own: &["dataset"],
        other: &["data_set", "corpus", "dataset_name"],
    },
    Headings {
        role: Role::Split,
        name: "split",
        own: &["split"],
        other: &[
            "splits",
            "split_name",
            "subset",
            "partition",
            "set",
            "mode",
            "phase",
        ],
    },
];

/// Headings that an index of pandas or R has, an id where nothing else is one.
pub(super) const INDEX: [&str; 5] = ["", "unnamed:_0", "index", "__index_level_0__", "level_0"];

/// Headings of positions in the test split.
pub(super) const POSITIONS: [&str; 10] = [
    "index",
    "idx",
    "position",
    "pos",
    "sample_index",
    "sample_idx",
    "test_index",
    "test_idx",
    "data_index",
    "data_idx",
];

/// Begins headings of what a model was tested under, where training has a column of its own.
pub(super) const TESTED: [&str; 2] = ["test_", "eval_"];

impl Role {
    /// The name in flags and messages.
    pub fn name(self) -> &'static str {
        self.headings().name
    }

    pub(super) fn headings(self) -> &'static Headings {
        // In the order of the variants, which a test checks.
        &ROLES[self as usize]
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = ROLES.iter().find(|known| known.name == text);
        let names = || ROLES.map(|known| known.name).join(", ");
        found
            .map(|known| known.role)
            .ok_or_else(|| format!("`{text}` is none of {}", names()))
    }
}

/// A heading as headings are compared.
pub(super) fn key(heading: &str) -> String {
    let heading = heading.trim().trim_start_matches('\u{feff}');
    heading.to_lowercase().replace([' ', '-', '.'], "_")
}

/// The heading that this one is a copy of, by the endings that pandas, R, polars and DuckDB add to tell
/// columns of one name apart.
pub(super) fn copy_of(key: &str) -> Option<&str> {
    let sides = ["_x", "_y", "_left", "_right"];
    if let Some(start) = sides.iter().find_map(|side| key.strip_suffix(side)) {
        return Some(start);
    }
    let start = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let start = start.strip_suffix('_').filter(|_| start != key)?;
    Some(start.strip_suffix("_duplicated").unwrap_or(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_in_the_order_of_their_headings() {
        for (index, known) in ROLES.iter().enumerate() {
            assert_eq!(known.role as usize, index);
            assert_eq!(known.name.parse(), Ok(known.role));
        }
        assert!("pred".parse::<Role>().unwrap_err().contains("prediction"));
    }
}
