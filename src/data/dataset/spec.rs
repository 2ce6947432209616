//! Describes a data set: a table of `datasets.toml`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::dataset_name::DatasetName;
use super::error::{Error, Result};
use super::limited_name;

/// A registered data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Name in flags and files: `mosi`.
    pub name: String,
    /// Title in tables: `CMU-MOSI`.
    pub title: String,
    /// Authors, title, venue; empty for synthetic data.
    #[serde(default)]
    pub citation: String,
    /// Language of the transcripts, two letters.
    pub language: String,
    /// Name of the metric protocol, `mosi` or `sims`.
    pub protocol: String,
    /// Smallest and largest label, after `label_offset`.
    pub label_range: [f32; 2],
    /// Added to every label of the source.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_offset: f64,
    /// Samples in train, valid and test of the official split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<[usize; 3]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widths: Option<Widths>,
    /// Published files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Published>,
    /// Whether the data are synthetic.
    #[serde(default)]
    pub synthetic: bool,
    /// What a reader of results must know of the data, such as which modality is synthetic.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The data set whose published settings apply: `mosi`, `mosei`, `sims` or `simsv2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_of: Option<String>,
    /// Settings of models on this data set, by model: hyper-parameters, and a table `training`. They
    /// replace single published ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Settings>,
    /// Where the table is.
    #[serde(skip)]
    pub origin: Origin,
}

/// Settings of one model, by name, as in the record of a run.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// Features per frame of the published files, used to detect a data set only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    pub audio: usize,
    pub vision: usize,
}

impl std::fmt::Display for Widths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "audio {} and vision {} wide", self.audio, self.vision)
    }
}

/// A published file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// `aligned` or `unaligned`.
    pub layout: String,
    /// Size, if known.
    pub bytes: Option<u64>,
    /// Hexadecimal.
    pub sha256: String,
}

/// The place of a table. All are equal, so that tables compare by what they hold.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    #[default]
    BuiltIn,
    File {
        path: PathBuf,
        /// Line of every key, by its path below the table: `models.lf_dnn.text_out`.
        lines: BTreeMap<String, usize>,
    },
    /// The table that was copied into a prepared file.
    Prepared(PathBuf),
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File { path, .. } | Self::Prepared(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Names of the metric protocols.
const PROTOCOLS: [&str; 2] = ["mosi", "sims"];

/// Data sets whose settings models publish.
pub const SETTINGS: [&str; 4] = ["mosi", "mosei", "sims", "simsv2"];

/// Labels beyond these are clipped by every metric of the protocol `sims`.
const SIMS: [f32; 2] = [-1.0, 1.0];

/// Whether a name has letters, digits, `-` and `_` alone: file names and flags give other characters a meaning.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

impl Spec {
    /// A version, a fold or the limited form of this data set, by its name.
    pub(super) fn derived(&self, name: &str) -> Self {
        let whole = self.variant(DatasetName::of(name));
        match limited_name::parse(name) {
            Some((_, samples)) => whole.limited(samples),
            None => whole,
        }
    }

    /// A version or a fold of this data set. Folds have sizes of their own.
    fn variant(&self, variant: DatasetName<'_>) -> Self {
        let title = match variant.version {
            Some(version) => format!("{} ({version})", self.title),
            None => self.title.clone(),
        };
        Self {
            name: variant.to_string(),
            title,
            counts: self.counts.filter(|_| variant.fold.is_none()),
            ..self.clone()
        }
    }

    /// Its limited form: the first `samples` of every split.
    fn limited(&self, samples: NonZeroUsize) -> Self {
        Self {
            name: limited_name::name(&self.name, samples),
            title: format!("{} (first {samples} samples of each split)", self.title),
            counts: (self.counts).map(|counts| counts.map(|count| count.min(samples.get()))),
            files: Vec::new(),
            ..self.clone()
        }
    }

    /// Checks what the types of the fields leave open.
    ///
    /// # Errors
    /// [`Error::Table`] with file, line and key.
    pub fn check(&self) -> Result<()> {
        let [low, high] = self.label_range;
        let hexadecimal =
            |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
        let layouts = ["aligned", "unaligned"];
        let faults = [
            (
                !is_plain(&self.name),
                "name",
                format!("expected letters, digits, - and _, found {:?}", self.name),
            ),
            (
                limited_name::parse(&self.name).is_some(),
                "name",
                "names that end in -first-N are those of limited data sets".to_owned(),
            ),
            (
                !(self.language.len() == 2
                    && self.language.chars().all(|c| c.is_ascii_lowercase())),
                "language",
                format!(
                    "expected two small letters such as en or zh, found {:?}",
                    self.language
                ),
            ),
            (
                !PROTOCOLS.contains(&self.protocol.as_str()),
                "protocol",
                format!(
                    "expected {}, found {:?}",
                    PROTOCOLS.join(" or "),
                    self.protocol
                ),
            ),
            (
                !(low < high && low.is_finite() && high.is_finite()),
                "label_range",
                format!("expected the smaller number first, found [{low}, {high}]"),
            ),
            (
                self.protocol == "sims" && (low < SIMS[0] || high > SIMS[1]),
                "protocol",
                format!(
                    "sims clips labels to -1..1, label_range is {low}..{high}; write protocol = \"mosi\", or \
                     scale the labels to -1..1"
                ),
            ),
            (
                !self.label_offset.is_finite(),
                "label_offset",
                format!("expected a finite number, found {}", self.label_offset),
            ),
            (
                self.counts.is_some_and(|counts| counts.contains(&0)),
                "counts",
                "expected samples in train, valid and test, found 0".to_owned(),
            ),
            (
                self.settings_of
                    .as_deref()
                    .is_some_and(|name| !SETTINGS.contains(&name)),
                "settings_of",
                format!("expected one of {}", SETTINGS.join(", ")),
            ),
            (
                self.files.iter().any(|file| !hexadecimal(&file.sha256)),
                "files.sha256",
                "expected 64 hexadecimal digits".to_owned(),
            ),
            (
                self.files
                    .iter()
                    .any(|file| !layouts.contains(&file.layout.as_str())),
                "files.layout",
                "expected aligned or unaligned".to_owned(),
            ),
        ];
        match faults.into_iter().find(|(is_wrong, ..)| *is_wrong) {
            None => Ok(()),
            Some((_, key, problem)) => Err(self.fault(key, problem)),
        }
    }

    /// An error about a key of this table.
    pub fn fault(&self, key: &str, problem: String) -> Error {
        Error::Table {
            place: self.place(key),
            problem,
        }
    }

    /// `datasets.toml:12: mmmo: label_range`, with the line of the closest key that has one.
    fn place(&self, key: &str) -> String {
        let key = self.full_key(key);
        format!("{}: {}: {key}", self.line_of(key), self.name)
    }

    /// `datasets.toml:12`: the line of a key, or of the closest one above that has one.
    pub fn line_of(&self, key: &str) -> String {
        let Origin::File { lines, .. } = &self.origin else {
            return self.origin.to_string();
        };
        let above = std::iter::successors(Some(key), |key| {
            key.rsplit_once('.').map(|(above, _)| above)
        });
        // A table that has no line of its own begins with the first of its keys.
        let line = |key: &str| {
            let inside = |path: &str| {
                path.strip_prefix(key)
                    .is_some_and(|rest| rest.starts_with('.'))
            };
            let first = || {
                lines
                    .iter()
                    .filter(|(path, _)| inside(path))
                    .map(|(_, line)| line)
            };
            lines.get(key).or_else(|| first().min())
        };
        let line = above.chain([""]).find_map(line);
        line.map_or_else(
            || self.origin.to_string(),
            |line| format!("{}:{line}", self.origin),
        )
    }

    /// A key of a model's settings with the tables between: `models.lf_dnn.training.epochs` for `models.lf_dnn.epochs`.
    fn full_key<'k>(&'k self, key: &'k str) -> &'k str {
        let Origin::File { lines, .. } = &self.origin else {
            return key;
        };
        let Some((above, last)) = key.rsplit_once('.').filter(|_| !lines.contains_key(key)) else {
            return key;
        };
        let is_meant = |path: &&String| {
            let below = path
                .strip_prefix(above)
                .and_then(|rest| rest.strip_prefix('.'));
            below
                .and_then(|rest| rest.rsplit_once('.'))
                .is_some_and(|(_, own)| own == last)
        };
        lines.keys().find(is_meant).map_or(key, String::as_str)
    }

    /// Where its counts and widths are from, for messages that compare a file with them.
    pub fn authority(&self) -> String {
        match &self.origin {
            Origin::BuiltIn => "official".to_owned(),
            Origin::File { path, .. } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("{} says", name.to_string_lossy())
            }
            Origin::Prepared(_) => "its table says".to_owned(),
        }
    }

    /// How the widths and sizes of a file differ from those of the table; `None` where they do not, or where the
    /// table has none.
    pub fn difference(&self, widths: Widths, counts: [usize; 3]) -> Option<String> {
        let published = self.widths.filter(|published| *published != widths);
        let widths = published.map(|published| format!("{widths}, published {published}"));
        let slashes = |counts: [usize; 3]| counts.map(|count| count.to_string()).join("/");
        let published = self.counts.filter(|published| *published != counts);
        let counts = published.map(|published| {
            format!(
                "{} samples, published {}",
                slashes(counts),
                slashes(published)
            )
        });
        let differences: Vec<String> = [widths, counts].into_iter().flatten().collect();
        (!differences.is_empty()).then(|| differences.join("; "))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
