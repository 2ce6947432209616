//! Reads the words of test samples from prepared data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::data::dataset::{Corpus, SplitName, file_name};
use crate::record::manifest::DatasetMetadata;
use crate::report::error::{Error, Result};
use crate::report::rows::section::Section;

/// Words by sample id.
#[derive(Clone, Debug, Default)]
pub struct Words {
    by_id: BTreeMap<String, String>,
    /// Files that are not there, and files without words.
    absent: BTreeSet<String>,
    wordless: BTreeSet<String>,
}

impl Words {
    /// Those of the data that a section's trainings are tested on, each fold from a file of its own.
    ///
    /// # Errors
    /// [`Error::Words`] where a file cannot be read or holds other data than those that were tested.
    pub fn of(section: &Section, folder: &Path) -> Result<Self> {
        let mut words = Self::default();
        let mut read = BTreeSet::new();
        for training in section.trainings() {
            let data = &training.manifest.dataset;
            if read.insert(data.key()) {
                words.add(data, folder)?;
            }
        }
        Ok(words)
    }

    fn add(&mut self, data: &DatasetMetadata, folder: &Path) -> Result<()> {
        let name = file_name(&data.name);
        let path = folder.join(&name);
        if !path.exists() {
            tracing::warn!(
                "--data: {} is not there: the words of {} are left out",
                path.display(),
                data.name
            );
            self.absent.insert(name);
            return Ok(());
        }
        let wrong = |reason: String| Error::Words {
            path: path.clone(),
            reason,
        };
        let corpus = Corpus::open(&path).map_err(|error| wrong(error.to_string()))?;
        if corpus.content_hash != data.content_hash {
            return Err(wrong(format!(
                "expected the data that were tested, of content hash {}, found {}; give the folder of the data that \
                 the runs were made with",
                data.content_hash, corpus.content_hash
            )));
        }
        let column = |name: &str| format!("{}/{name}", SplitName::Test);
        let texts = |name: &str| {
            let values = corpus.reader().texts(&column(name));
            values.map_err(|error| wrong(error.to_string()))
        };
        let words = if corpus.reader().has(&column("raw_text")) {
            texts("raw_text")?
        } else {
            Vec::new()
        };
        if words.iter().all(|words| words.trim().is_empty()) {
            self.wordless.insert(name);
        }
        self.by_id.extend(texts("id")?.into_iter().zip(words));
        Ok(())
    }

    /// The words of a sample; empty where they are not known.
    pub fn of_sample(&self, id: &str) -> &str {
        self.by_id.get(id).map_or("", |words| words.trim())
    }

    /// Sentences on words that are not known.
    pub fn notes(&self) -> Vec<String> {
        let all = |files: &BTreeSet<String>| files.iter().cloned().collect::<Vec<_>>().join(", ");
        let absent = format!(
            "Words of samples are left out: the folder of --data has no {}.",
            all(&self.absent)
        );
        let wordless = format!("No words are known: {} has none.", all(&self.wordless));
        let notes = [(absent, &self.absent), (wordless, &self.wordless)].into_iter();
        let notes = notes.filter(|(_, files)| !files.is_empty());
        notes.map(|(note, _)| note).collect()
    }
}
