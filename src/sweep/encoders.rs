//! Finds the text encoder of every data set of a suite.

use std::path::Path;

use super::{Error, Suite};
use crate::data::dataset::{Corpus, DatasetName, file_name, limited_name};
use crate::train::EncoderSpec;

impl Suite {
    /// Resolves `auto` encoders of the data sets that are prepared under `data`; returns the data sets
    /// whose encoder stays open.
    ///
    /// # Errors
    /// Those of opening a data set and of an encoder that its data cannot feed.
    pub fn resolve_encoders(&mut self, data: &Path) -> Result<Vec<String>, Error> {
        let mut open = Vec::new();
        for name in &self.datasets {
            let path = data.join(file_name(limited_name::whole(name)));
            if *self.encoder_of(name) != EncoderSpec::Auto {
                continue;
            }
            if path.exists() {
                let encoder = EncoderSpec::Auto.resolve(&Corpus::open(&path)?)?;
                self.encoders.insert(name.clone(), encoder);
            } else {
                open.push(name.clone());
            }
        }
        Ok(open)
    }

    /// The encoder of `dataset`, not yet resolved. That of a data set is that of its versions and folds too.
    pub fn encoder_of(&self, dataset: &str) -> &EncoderSpec {
        let names = encoder_names(dataset);
        let own = names.iter().find_map(|name| self.encoders.get(name));
        own.unwrap_or(&self.encoder)
    }

    /// Checks that every data set that has an encoder of its own is one of the suite.
    ///
    /// # Errors
    /// [`Error::UnusedEncoder`].
    pub fn check_encoders(&self) -> Result<(), Error> {
        let datasets = || self.datasets.iter().chain(&self.test_on);
        let unused = |name: &&String| !datasets().any(|own| encoder_names(own).contains(name));
        match self.encoders.keys().find(unused) {
            None => Ok(()),
            Some(name) => Err(Error::UnusedEncoder {
                name: name.clone(),
                datasets: datasets().cloned().collect(),
            }),
        }
    }

    /// Trains on `datasets` in place of the suite's own, without the encoders of those that are left out.
    pub fn replace_datasets(&mut self, datasets: &[String]) {
        let own = std::mem::replace(&mut self.datasets, datasets.to_vec());
        let named = |name: &String, all: &[String]| {
            all.iter()
                .any(|dataset| encoder_names(dataset).contains(name))
        };
        self.encoders
            .retain(|name, _| !named(name, &own) || named(name, datasets));
    }
}

/// The names under which a data set may have an encoder, the one that counts most first.
fn encoder_names(dataset: &str) -> [String; 4] {
    let DatasetName { base, version, .. } = DatasetName::of(dataset);
    let version = DatasetName {
        base,
        version,
        fold: None,
    };
    let whole = limited_name::whole(dataset);
    [dataset, whole, &version.to_string(), base].map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(datasets: &[&str], encoders: &[&str]) -> Suite {
        let datasets = datasets.iter().map(|name| (*name).to_owned()).collect();
        let mut suite =
            Suite::new(datasets, vec!["lf_dnn".to_owned()], Default::default()).unwrap();
        let all = encoders
            .iter()
            .map(|name| ((*name).to_owned(), EncoderSpec::Features));
        suite.encoders = all.collect();
        suite
    }

    #[test]
    fn an_encoder_of_no_data_set_of_the_suite_is_an_error() {
        let datasets = ["mosi@asr:fold=1", "talks"];
        for used in ["mosi", "mosi@asr", "mosi@asr:fold=1", "talks"] {
            suite(&datasets, &[used]).check_encoders().unwrap();
        }
        for unused in ["mosi:fold=1", "mosi@gold", "talk"] {
            let error = suite(&datasets, &["talks", unused])
                .check_encoders()
                .unwrap_err();
            let expected = format!(
                "--encoder names {unused}, which is none of the data sets: mosi@asr:fold=1, talks"
            );
            assert_eq!(error.to_string(), expected);
        }
        let mut own = suite(&["mosi", "sims"], &["mosi", "sims", "talk"]);
        own.replace_datasets(&["sims".to_owned()]);
        let left: Vec<&String> = own.encoders.keys().collect();
        assert_eq!(left, ["sims", "talk"]);
    }
}
