//! Reads a suite file with the files it extends on the defaults of its protocol, and writes one.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::suite::overridden_by;
use super::{Error, Protocol, Suite, slurm};
use crate::metric::PROTOCOLS;

impl Suite {
    /// A suite of these data sets and models with the defaults of `protocol`.
    ///
    /// # Errors
    /// [`Error::Unexpected`].
    pub fn new(
        datasets: Vec<String>,
        models: Vec<String>,
        protocol: Protocol,
    ) -> Result<Self, Error> {
        Ok(Self {
            datasets,
            models,
            ..empty(protocol)?
        })
    }

    /// Reads a suite file and those it extends; `protocol` wins over the file's.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Suite`], [`Error::Extended`], [`Error::ExtendsCircle`].
    pub fn read(path: &Path, protocol: Option<Protocol>) -> Result<Self, Error> {
        let suite = read(path, protocol)?;
        match suite.primary.as_ref().filter(|name| !is_metric(name)) {
            None => Ok(suite),
            Some(name) => Err(Error::Suite {
                path: path.to_owned(),
                reason: format!("primary: {name:?} is no metric; `list metrics` names them"),
            }),
        }
    }

    /// The suite as TOML that [`Self::read`] takes; values that depend on the data set, those of the models'
    /// recipes, are left out unless the suite sets them.
    ///
    /// # Errors
    /// [`Error::Unexpected`].
    pub fn to_toml(&self) -> Result<String, Error> {
        write(self)
    }

    /// JSON Schema of suite files.
    pub fn schema() -> schemars::Schema {
        schema()
    }
}

/// The key that names the suite file below this one.
const EXTENDS: &str = "extends";

/// Defaults under `protocol = "paper"`: rates, seeds, masks, noise, schedule (the first epoch at rate 0
/// included) and selection as in LNLN's code. Epochs, batch and learning rate are the models' own
/// published ones under either protocol.
const PAPER: &str = r#"
seeds = [1111, 1112, 1113]
rates = "0:0.9:0.1"
masks = ["reference"]
mask_seeds = [1111]

[train]
noise = "reference-loader:8"
selection = "paper"
schedule = "reference"
valid_rates = "0.5"
"#;

/// One file of a chain of files that extend each other.
struct File {
    path: PathBuf,
    text: String,
}

/// Reads a suite file on top of the file that it `extends`: tables key by key, anything else replaced.
/// Overrides of models that the upper file's `models` leave out are left out too. `protocol` wins over
/// the files'.
///
/// # Errors
/// [`Error::Io`], [`Error::Suite`] with the file in which a wrong key or value is, [`Error::Extended`],
/// [`Error::ExtendsCircle`].
pub fn read(path: &Path, protocol: Option<Protocol>) -> Result<Suite, Error> {
    let files = chain(path)?;
    let mut all = DeTable::new();
    for file in files.iter().rev() {
        let own = file.checked()?;
        leave_out_models(&mut all, &own);
        lay_over(&mut all, own);
    }
    let whole = with_protocol(all, protocol).and_then(suite);
    whole.map_err(|e| Error::Suite {
        path: path.to_owned(),
        reason: e.to_string(),
    })
}

/// A suite of no data set and no model with the defaults of a protocol.
///
/// # Errors
/// [`Error::Unexpected`].
pub fn empty(protocol: Protocol) -> Result<Suite, Error> {
    let mut keys = DeTable::new();
    complete(&mut keys);
    let empty = with_protocol(keys, Some(protocol)).and_then(suite);
    empty.map_err(|e| Error::Unexpected(e.to_string()))
}

/// The suite as a file that [`read`] takes, with every default that it fills in.
///
/// # Errors
/// [`Error::Unexpected`].
pub fn write(suite: &Suite) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Written<'a> {
        #[serde(flatten)]
        suite: &'a Suite,
        /// Left out of a suite's own form, which is part of a sweep's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        slurm: Option<&'a slurm::Options>,
    }
    let slurm = (suite.slurm != slurm::Options::default()).then_some(&suite.slurm);
    let written = toml::to_string(&Written { suite, slurm });
    written.map_err(|e| Error::Unexpected(e.to_string()))
}

/// JSON Schema of suite files. A file that extends another may lack what the other has.
pub fn schema() -> Schema {
    let mut schema = schemars::schema_for!(Suite);
    schema.remove("required");
    schema.insert(
        "anyOf".to_owned(),
        json!([{ "required": [EXTENDS] }, { "required": ["datasets", "models"] }]),
    );
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let extends = json!({
            "type": "string",
            "description": "Suite file whose keys these are put on, relative to the folder of this file.",
        });
        properties.insert(EXTENDS.to_owned(), extends);
    }
    schema
}

/// A file, the one that it extends, and so on.
fn chain(path: &Path) -> Result<Vec<File>, Error> {
    let io = |e| Error::io(path, e);
    let mut known = vec![fs::canonicalize(path).map_err(io)?];
    let text = fs::read_to_string(path).map_err(io)?;
    let mut file = File {
        path: path.to_owned(),
        text,
    };
    let mut files = Vec::new();
    while let Some(base) = file.base()? {
        let unreadable = |reason| Error::Extended {
            path: file.path.clone(),
            base: base.clone(),
            reason,
        };
        let real = fs::canonicalize(&base).map_err(unreadable)?;
        if known.contains(&real) {
            return Err(Error::ExtendsCircle {
                path: file.path,
                base,
            });
        }
        known.push(real);
        let text = fs::read_to_string(&base).map_err(unreadable)?;
        files.push(std::mem::replace(&mut file, File { path: base, text }));
    }
    files.push(file);
    Ok(files)
}

impl File {
    fn wrong(&self, mut error: toml::de::Error) -> Error {
        error.set_input(Some(&self.text));
        Error::Suite {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }

    /// The file that this one extends.
    fn base(&self) -> Result<Option<PathBuf>, Error> {
        let document = DeTable::parse(&self.text).map_err(|e| self.wrong(e))?;
        let Some(base) = document.get_ref().get(EXTENDS) else {
            return Ok(None);
        };
        match base.get_ref().as_str() {
            Some(base) => Ok(Some(self.path.with_file_name("").join(base))),
            None => Err(Error::Suite {
                path: self.path.clone(),
                reason: format!(
                    "expected {EXTENDS} = \"FILE.toml\", found {}",
                    &self.text[base.span()]
                ),
            }),
        }
    }

    /// The keys of this file, each checked while its line is known. A file may lack keys that a suite
    /// must have: the file that it extends, or that extends it, may have them.
    fn checked(&self) -> Result<DeTable<'_>, Error> {
        let mut document = DeTable::parse(&self.text).map_err(|e| self.wrong(e))?;
        document.get_mut().remove(EXTENDS);
        let keys = document.get_ref().clone();
        complete(document.get_mut());
        Suite::deserialize(Deserializer::from(document)).map_err(|e| self.wrong(e))?;
        Ok(keys)
    }
}

/// Adds empty lists for keys that a suite must have.
fn complete(keys: &mut DeTable<'_>) {
    for required in ["datasets", "models"] {
        if !keys.contains_key(required) {
            set(keys, required, DeValue::Array(DeArray::default()));
        }
    }
}

/// Sets a key that is in no file.
fn set<'i>(keys: &mut DeTable<'i>, key: &'i str, value: DeValue<'i>) {
    keys.insert(Spanned::new(0..0, key.into()), Spanned::new(0..0, value));
}

/// Removes overrides of models that `upper` does not train, where it has a list of models.
fn leave_out_models(lower: &mut DeTable<'_>, upper: &DeTable<'_>) {
    let models = upper
        .get("models")
        .and_then(|models| models.get_ref().as_array());
    let overrides = lower.get_mut("model").map(Spanned::get_mut);
    if let (Some(models), Some(DeValue::Table(overrides))) = (models, overrides) {
        let models = models.iter().filter_map(|model| model.get_ref().as_str());
        let models: Vec<String> = models.map(str::to_owned).collect();
        let names: Vec<String> = overrides
            .keys()
            .map(|name| name.get_ref().to_string())
            .collect();
        for name in names.iter().filter(|name| !overridden_by(name, &models)) {
            overrides.remove(name.as_str());
        }
    }
}

/// Keys on top of the defaults of their protocol; `protocol` wins over theirs.
fn with_protocol(
    mut own: DeTable<'_>,
    protocol: Option<Protocol>,
) -> Result<DeTable<'_>, toml::de::Error> {
    if let Some(protocol) = protocol {
        set(
            &mut own,
            "protocol",
            DeValue::String(protocol.name().into()),
        );
    }
    let name = own.get("protocol").and_then(|name| name.get_ref().as_str());
    if name != Some(Protocol::Paper.name()) {
        return Ok(own);
    }
    let mut all = DeTable::parse(PAPER)?.into_inner();
    lay_over(&mut all, own);
    Ok(all)
}

/// The suite of keys that may come from several files, without lines to point at.
fn suite(keys: DeTable<'_>) -> Result<Suite, toml::de::Error> {
    Suite::deserialize(Deserializer::from(Spanned::new(0..0, keys)))
}

/// Puts `upper` on `lower`, tables within tables.
fn lay_over<'i>(lower: &mut DeTable<'i>, upper: DeTable<'i>) {
    for (key, value) in upper {
        let below = lower.get_mut(key.get_ref().as_ref()).map(Spanned::get_mut);
        match (below, value.get_ref()) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => lay_over(below, above.clone()),
            _ => drop(lower.insert(key, value)),
        }
    }
}

/// Whether some data set is scored by a metric of this name.
fn is_metric(name: &str) -> bool {
    PROTOCOLS.iter().any(|p| p.metric(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files; the suite of the first.
    fn read_first(files: &[(&str, &str)]) -> Result<Suite, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let suite = Suite::read(&folder.path().join(files[0].0), None);
        suite.map_err(|error| {
            error
                .to_string()
                .replace(&format!("{}/", folder.path().display()), "")
        })
    }

    #[test]
    fn tables_are_merged_and_lists_are_replaced() {
        let files = [
            (
                "sub/own.toml",
                "extends = '../base.toml'\ndatasets = ['sims']\n[train]\nepochs = 2\n\
                              [model.lnln]\nbatch_size = 8",
            ),
            (
                "base.toml",
                "extends = 'root.toml'\nmodels = ['lnln', 'almt']\n[model.lnln]\nepochs = 7",
            ),
            (
                "root.toml",
                "datasets = ['mosi', 'mosei']\nprotocol = 'paper'\n[train]\nepochs = 1\n\
                           batch_size = 4\n[slurm]\nsbatch = ['--mem=9G']",
            ),
        ];
        let suite = read_first(&files).unwrap();
        let whole = "datasets = ['sims']\nmodels = ['lnln', 'almt']\nprotocol = 'paper'\n[train]\n\
                     epochs = 2\nbatch_size = 4\n[model.lnln]\nepochs = 7\nbatch_size = 8\n[slurm]\n\
                     sbatch = ['--mem=9G']";
        assert_eq!(suite, read_first(&[("whole.toml", whole)]).unwrap());
    }

    #[test]
    fn a_written_suite_is_read_back() {
        for text in [
            "datasets = ['mosi']\nmodels = ['lnln']\nseeds = [18446744073709551615]",
            "datasets = ['mosi', 'sims']\nmodels = ['lnln@clean', 'almt']\nprotocol = 'paper'\n\
             encoder = 'frozen:a/b'\nencoders = { sims = 'tiny' }\ntrain_on = ['mixed', 'tested-rate']\n\
             [train]\nlearning_rate = 1e-4\ngrad_accum = 'published'\nearly_stop = 3\n\
             [model.lnln]\nschedule = 'constant'\n[slurm]\nmax_parallel = 4",
        ] {
            let first = read_first(&[("own.toml", text)]).unwrap();
            let written = write(&first).unwrap();
            let again = read_first(&[("own.toml", &written)]);
            assert_eq!(again, Ok(first), "{written}");
        }
    }

    #[test]
    fn overrides_of_models_that_are_not_trained_are_left_out() {
        let base = "models = ['lnln', 'almt']\n[model.lnln]\nepochs = 3\n[model.almt]\nepochs = 4";
        let own = "extends = 'base.toml'\ndatasets = ['mosi']\nmodels = ['almt:compat']\n";
        let suite = read_first(&[("own.toml", own), ("base.toml", base)]).unwrap();
        assert_eq!(suite.overrides("almt:compat").epochs, Some(4));
        assert_eq!(suite.unused_override(), None);
        let own = own.to_owned() + "[model.mult]\nepochs = 3";
        let suite = read_first(&[("own.toml", &own), ("base.toml", base)]).unwrap();
        assert_eq!(suite.unused_override().map(String::as_str), Some("mult"));
    }

    #[test]
    fn a_wrong_key_is_named_with_its_file_and_line() {
        let own = "extends = 'base.toml'\ndatasets = ['mosi']\n";
        let base = "models = ['lnln']\n[train]\nepoch = 3";
        let message = read_first(&[("own.toml", own), ("base.toml", base)]).unwrap_err();
        assert!(message.contains("`base.toml` is not a suite"), "{message}");
        assert!(
            message.contains("line 3") && message.contains("`epoch`"),
            "{message}"
        );
        let own = own.to_owned() + "[train]\nnoise = 'bogus'";
        let base = "models = ['lnln']";
        let message = read_first(&[("own.toml", &own), ("base.toml", base)]).unwrap_err();
        assert!(message.contains("`own.toml` is not a suite"), "{message}");
        assert!(message.contains("line 4"), "{message}");
        for wrong in ["3", "['base.toml']"] {
            let message = read_first(&[("own.toml", &format!("extends = {wrong}"))]).unwrap_err();
            assert!(message.ends_with(&format!("found {wrong}")), "{message}");
        }
    }

    #[test]
    fn what_the_whole_lacks_is_named() {
        let own = "extends = 'base.toml'\nseeds = [1]";
        let message = read_first(&[("own.toml", own), ("base.toml", "datasets = ['mosi']")]);
        let message = message.unwrap_err();
        assert!(message.contains("missing field `models`"), "{message}");
    }

    #[test]
    fn circles_and_missing_files_are_named_with_both_files() {
        let missing = read_first(&[("own.toml", "extends = 'base.toml'")]).unwrap_err();
        assert!(
            missing.contains("suite `own.toml` extends `base.toml`"),
            "{missing}"
        );
        let circle = [
            ("a.toml", "extends = 'b.toml'"),
            ("b.toml", "extends = './a.toml'"),
        ];
        let message = read_first(&circle).unwrap_err();
        assert!(
            message.contains("suite `b.toml` extends `./a.toml`, which"),
            "{message}"
        );
        let itself = read_first(&[("a.toml", "extends = 'a.toml'")]).unwrap_err();
        assert!(
            itself.contains("suite `a.toml` extends `a.toml`, which"),
            "{itself}"
        );
    }
}
