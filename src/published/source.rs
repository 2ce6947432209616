//! Lists the papers whose tables are part of the program.
//!
//! Every folder of `published/` with a `source.toml` is a paper; `build.rs` embeds its files.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::known::{self, KnownError};
use crate::published::parse::{self, Options, ParsedCell, names};

/// A paper.
#[derive(Debug)]
pub struct Source {
    /// `lnln-2024`: the folder in `published/`.
    pub key: String,
    /// `Zhang et al. 2024`.
    pub short: String,
    /// Authors, title, venue.
    pub citation: String,
    pub url: Option<String>,
    pub bibtex: String,
    /// Runs behind every number, where the paper states them.
    pub seeds: Option<u32>,
    /// The mask protocols whose numbers are comparable with its own on incomplete data.
    pub masks: Vec<String>,
    /// Where the numbers are from if not from the paper itself.
    pub second_hand: Option<String>,
    /// What is uncertain about the transcription, by subject.
    pub uncertain: BTreeMap<String, String>,
    pub tables: Vec<Sheet>,
    pub known_errors: Vec<KnownError>,
    /// Methods whose numbers the paper quotes from others; see [`Source::quotes`].
    quoted: Vec<String>,
}

/// One of its tables.
#[derive(Debug)]
pub struct Sheet {
    /// File name without its ending.
    pub name: String,
    /// `Table 9`.
    pub title: String,
    pub cells: Vec<ParsedCell>,
}

impl Source {
    /// What is known to be wrong with a cell of the table of this name.
    pub fn known_error(&self, table: &str, cell: &ParsedCell) -> Option<&KnownError> {
        self.known_errors.iter().find(|e| e.holds_for(table, cell))
    }

    /// Whether the paper quotes this method's numbers from another one instead of measuring them.
    pub fn quotes(&self, method: &str) -> bool {
        self.quoted.iter().any(|quoted| names::same(quoted, method))
    }
}

/// The files of one source.
struct Files {
    about: &'static str,
    /// Empty where no error is known.
    known_errors: &'static str,
    /// File name without its ending, and text.
    tables: &'static [(&'static str, &'static str)],
}

// `FILES`: the files of every folder, by name of the folder.
include!(concat!(env!("OUT_DIR"), "/published.rs"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    key: String,
    /// The place among the sources: the first answers where several could.
    rank: u32,
    short: String,
    citation: String,
    url: Option<String>,
    bibtex: String,
    seeds: Option<u32>,
    /// Order of the two numbers of a printed pair; the tables name each column instead.
    #[serde(rename = "pair")]
    _pair: Option<String>,
    /// How the paper selects the epoch.
    #[serde(rename = "selection")]
    _selection: Option<String>,
    second_hand: Option<String>,
    #[serde(default)]
    masks: Vec<String>,
    #[serde(default)]
    quoted: Vec<String>,
    /// Names of methods where the printed one is not a name: `Ours`.
    #[serde(default)]
    names: BTreeMap<String, String>,
    tables: BTreeMap<String, String>,
    #[serde(default)]
    uncertain: BTreeMap<String, String>,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let mut sources: Vec<(u32, Source)> = FILES.iter().map(source).collect();
    sources.sort_by_key(|(rank, _)| *rank);
    sources.into_iter().map(|(_, source)| source).collect()
});

/// Every source, the first the one that answers where several could.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

/// A source and its rank. Parts of the program: a test reads them.
fn source(files: &Files) -> (u32, Source) {
    let about: About = toml::from_str(files.about).expect("source.toml is well formed");
    let sheet = |(name, title): (&String, &String)| {
        let text = files.tables.iter().find(|(file, _)| file == name);
        let (_, text) = text.expect("source.toml names files of its folder");
        let read = parse::parse(&format!("{name}.csv"), text.as_bytes(), &Options::default());
        let mut cells = read.expect("published tables are well formed").cells;
        for cell in &mut cells {
            if let Some(name) = about.names.get(&cell.method) {
                cell.method.clone_from(name);
            }
        }
        Sheet {
            name: name.clone(),
            title: title.clone(),
            cells,
        }
    };
    let source = Source {
        tables: about.tables.iter().map(sheet).collect(),
        known_errors: known::parse(files.known_errors).expect("known-errors.csv is well formed"),
        key: about.key,
        short: about.short,
        citation: about.citation,
        url: about.url,
        bibtex: about.bibtex.trim().to_string(),
        seeds: about.seeds,
        masks: about.masks,
        second_hand: about.second_hand,
        uncertain: about.uncertain,
        quoted: about.quoted,
    };
    (about.rank, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_whole() {
        for source in sources() {
            assert!(
                source.bibtex.starts_with('@') && source.seeds != Some(0),
                "{}",
                source.key
            );
            let known = |name: &String| crate::mask::find(name).is_ok();
            assert!(source.masks.iter().all(known), "{:?}", source.masks);
            for sheet in &source.tables {
                assert!(!sheet.cells.is_empty(), "{}", sheet.name);
                assert!(
                    sheet.cells.iter().all(|c| !c.dataset.is_empty()),
                    "{}",
                    sheet.name
                );
            }
            for error in &source.known_errors {
                let mut cells = source
                    .tables
                    .iter()
                    .flat_map(|t| t.cells.iter().map(|c| (&t.name, c)));
                assert!(
                    cells.any(|(t, c)| error.holds_for(t, c)),
                    "{error:?} holds for nothing"
                );
            }
        }
    }

    #[test]
    fn the_tables_are_complete() {
        let cells = |name| {
            sources()[0]
                .tables
                .iter()
                .find(|t| t.name == name)
                .unwrap()
                .cells
                .len()
        };
        assert_eq!(cells("random_mosi_mosei"), 80 * 16);
        assert_eq!(cells("random_sims"), 80 * 6);
        assert_eq!(cells("modality_mosi_mosei"), 56 * 16);
        assert_eq!(cells("modality_sims"), 56 * 6);
        assert_eq!(cells("overall_mosi_mosei"), 8 * 16);
        assert_eq!(cells("overall_sims"), 8 * 6);
        assert_eq!(cells("stability_mosi"), 5 * 8);
        assert_eq!(cells("ablation_components"), 9 * 14 + 3 * 8);
        assert_eq!(
            cells("loss_weights_mosi") + cells("loss_weights_sims"),
            9 * 8 + 9 * 6
        );
    }
}
