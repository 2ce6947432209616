//! Holds the data sets that the program knows: tables of files given at run time, and those built in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use serde::Deserialize;

use super::dataset_name::DatasetName;
use super::error::{Error, Result};
use super::spec::{Origin, Published, Spec};

/// Name of files with tables of data sets.
pub const FILE: &str = "datasets.toml";

static BUILT_IN: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    parse(include_str!("../../../datasets.toml"), None)
        // Part of the program, parsed by a test.
        .expect("datasets.toml is well formed")
});

static LOADED: OnceLock<Loaded> = OnceLock::new();

struct Loaded {
    specs: Vec<Spec>,
    given: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[serde(default)]
    dataset: Vec<toml::Spanned<Spec>>,
}

/// Adds the tables of `given`, of `datasets.toml` in the working folder and of the one in
/// [`user_folder`] to those built in. Of two tables of one name the one read first is used; one with the name of a built-in data set
/// must equal it. Called once, at the start of the program.
///
/// # Errors
/// [`Error::Io`] where `given` cannot be read; [`Error::Table`] with file, line and key.
pub fn load(given: Option<&Path>) -> Result<()> {
    let here = Path::new(FILE).to_owned();
    let user = user_folder().map(|folder| folder.join(FILE));
    let found = [Some(here), user].into_iter().flatten();
    let files = given.map(Path::to_owned);
    let files = files.into_iter().chain(found.filter(|path| path.is_file()));
    let loaded = Loaded {
        specs: read(files)?,
        given: given.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
    };
    // A second call would be a mistake in the program; the first one's tables are kept.
    let _ = LOADED.set(loaded);
    Ok(())
}

/// The file that the user named, for processes that this one starts.
pub fn given() -> Option<&'static Path> {
    LOADED.get()?.given.as_deref()
}

/// `$XDG_CONFIG_HOME/lnln-bench`, `~/.config/lnln-bench`, or `%APPDATA%\lnln-bench`.
pub fn user_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = variable("HOME").map(|home| Path::new(&home).join(".config"));
    let folder = folder
        .or(home)
        .or_else(|| variable("APPDATA").map(PathBuf::from));
    folder.map(|folder| folder.join("lnln-bench"))
}

/// The tables built in, and those of the files that have no earlier one of their name.
fn read(files: impl Iterator<Item = PathBuf>) -> Result<Vec<Spec>> {
    let mut specs = BUILT_IN.clone();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(|reason| Error::Io {
            path: path.clone(),
            action: "read its data sets",
            reason,
        })?;
        for spec in parse(&text, Some(&path))? {
            let known = specs.iter().find(|known| known.name == spec.name);
            match known.map(|known| (&known.origin, *known == spec)) {
                None => specs.push(spec),
                Some((Origin::BuiltIn, false)) => {
                    let problem = format!(
                        "{} is built in, with other values; give this data set a name of its own",
                        spec.name
                    );
                    return Err(spec.fault("name", problem));
                }
                Some(_) => (),
            }
        }
    }
    Ok(specs)
}

/// Reads and checks tables; without a path, those built in.
fn parse(text: &str, path: Option<&Path>) -> Result<Vec<Spec>> {
    let line_of = |offset: usize| 1 + text[..offset].matches('\n').count();
    let tables: Tables = toml::from_str(text).map_err(|error| {
        let path = path.unwrap_or(Path::new(FILE)).display();
        let line = error.span().map(|span| line_of(span.start));
        let line = line.map_or_else(String::new, |line| format!(":{line}"));
        let key = error.span().and_then(|span| key_at(text, span.start));
        Error::Table {
            place: format!(
                "{path}{line}{}",
                key.map_or_else(String::new, |key| format!(": {key}"))
            ),
            problem: problem(text, error.message()),
        }
    })?;
    let mut specs: Vec<Spec> = Vec::new();
    for table in tables.dataset {
        let first = line_of(table.span().start);
        let mut spec = table.into_inner();
        if let Some(path) = path {
            spec.origin = Origin::File {
                path: path.to_owned(),
                lines: lines(text, first),
            };
        }
        spec.check()?;
        if specs.iter().any(|other| other.name == spec.name) {
            let problem = format!("two tables of {} in one file", spec.name);
            return Err(spec.fault("name", problem));
        }
        specs.push(spec);
    }
    Ok(specs)
}

/// What is wrong with a text that holds no tables: all keys that are missing, where any is.
fn problem(text: &str, message: &str) -> String {
    const NEEDED: [&str; 5] = ["name", "title", "language", "protocol", "label_range"];
    #[derive(Deserialize)]
    struct Loose {
        dataset: Vec<toml::Table>,
    }
    if text.lines().any(|line| line.trim() == "[dataset]") {
        return "write [[dataset]] with two brackets".to_owned();
    }
    let tables = toml::from_str(text).map_or_else(|_| Vec::new(), |Loose { dataset }| dataset);
    let of = |table: &toml::Table| {
        let missing = NEEDED.into_iter().filter(|key| !table.contains_key(*key));
        let missing = missing.collect::<Vec<_>>().join(", ");
        let name = table
            .get("name")
            .and_then(toml::Value::as_str)
            .unwrap_or("a data set");
        (!missing.is_empty()).then(|| format!("{name} has no {missing} (docs/own-data.md)"))
    };
    let missing = message.starts_with("missing field");
    let found = tables.iter().filter(|_| missing).find_map(of);
    found.unwrap_or_else(|| message.to_owned())
}

/// The key at the beginning of the line of an offset, if there is one.
fn key_at(text: &str, offset: usize) -> Option<&str> {
    let start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let (key, _) = text[start..].lines().next()?.split_once('=')?;
    Some(key.trim())
}

/// The lines of the keys of the table `[[dataset]]` that begins at line `first`, by path.
fn lines(text: &str, first: usize) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::from([(String::new(), first)]);
    let mut prefix = String::new();
    for (index, line) in text.lines().enumerate().skip(first) {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_start_matches('[').trim_end_matches(']');
            let Some(below) = header.strip_prefix("dataset.") else {
                break;
            };
            lines.insert(below.to_owned(), index + 1);
            prefix = format!("{below}.");
        } else if let Some((key, _)) = line.split_once('=') {
            lines
                .entry(format!("{prefix}{}", key.trim()))
                .or_insert(index + 1);
        }
    }
    lines
}

/// All data sets, those built in first.
pub fn registry() -> &'static [Spec] {
    LOADED.get().map_or(&BUILT_IN, |loaded| &loaded.specs)
}

/// The data set called `name`: one with a table, or a version, a fold or the limited form of one.
///
/// # Errors
/// [`Error::UnknownDataset`], which lists the known ones.
pub fn find(name: &str) -> Result<&'static Spec> {
    let base = registered(DatasetName::of(name).base)?;
    if base.name == name {
        return Ok(base);
    }
    // Every name is kept once, as long as the program runs.
    let mut known = DERIVED.lock().unwrap_or_else(PoisonError::into_inner);
    let spec = || &*Box::leak(Box::new(base.derived(name)));
    Ok(known.entry(name.to_owned()).or_insert_with(spec))
}

static DERIVED: Mutex<BTreeMap<String, &'static Spec>> = Mutex::new(BTreeMap::new());

/// The data set that has a table of this name.
///
/// # Errors
/// As [`find`].
pub(super) fn registered(name: &str) -> Result<&'static Spec> {
    registry()
        .iter()
        .find(|spec| spec.name == name)
        .ok_or_else(|| Error::UnknownDataset {
            name: name.to_owned(),
            advice: if registry().len() == BUILT_IN.len() {
                "; there is no datasets.toml with others: a data set of your own needs a table (docs/own-data.md)"
            } else {
                ""
            },
            known: if let Some((base, fold)) = name.split_once("@fold=") {
                format!("{base}:fold={fold}")
            } else if name.contains(['@', ':']) {
                format!(
                    "{}; a version is NAME@VERSION (letters, digits, - and _), a fold NAME:fold=2",
                    names()
                )
            } else {
                names()
            },
        })
}

/// Names of all data sets, for messages.
pub(super) fn names() -> String {
    registry()
        .iter()
        .map(|spec| spec.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The published file with this SHA-256.
pub fn published(sha256: &str) -> Option<(&'static Spec, &'static Published)> {
    registry()
        .iter()
        .flat_map(|spec| spec.files.iter().map(move |file| (spec, file)))
        .find(|(_, file)| file.sha256 == sha256)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const OWN: &str = r#"
[[dataset]]
name = "mmmo"
title = "ICT-MMMO"
language = "en"
protocol = "mosi"
label_range = [-2.0, 2.0]
label_offset = -3.0

[dataset.models.lf_dnn]
text_out = 64

[dataset.models.lf_dnn.training]
weight_decay = 0.0
"#;

    fn own(text: &str) -> Result<Vec<Spec>> {
        parse(text, Some(Path::new("own.toml")))
    }

    fn message(text: &str) -> String {
        own(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_built_in_has_sizes_and_widths_that_tell_it_apart() {
        let mut seen = HashSet::new();
        let mut widths = HashSet::new();
        for spec in BUILT_IN.iter() {
            assert!(seen.insert(&spec.name), "{} twice", spec.name);
            let own = spec.widths.unwrap();
            assert!(widths.insert((own.audio, own.vision)), "{}", spec.name);
            assert!(spec.counts.is_some(), "{}", spec.name);
            for file in &spec.files {
                assert_eq!(published(&file.sha256).unwrap().0.name, spec.name);
            }
        }
        assert_eq!(find("mosi").unwrap().counts, Some([1284, 229, 686]));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = find("mossi").unwrap_err().to_string();
        assert!(
            error.contains("mossi") && error.contains("mosi, mosei, sims"),
            "{error}"
        );
    }

    #[test]
    fn a_table_of_a_file_is_added_with_its_settings() {
        let spec = own(OWN).unwrap().swap_remove(0);
        assert_eq!((spec.label_offset, spec.counts), (-3.0, None));
        let settings = &spec.models["lf_dnn"];
        assert_eq!(settings["text_out"], 64);
        assert_eq!(settings["training"]["weight_decay"], 0.0);
        let fault = |key: &str| spec.fault(key, "?".to_owned()).to_string();
        assert_eq!(
            fault("models.lf_dnn.text_out"),
            "own.toml:11: mmmo: models.lf_dnn.text_out: ?"
        );
        assert!(fault("models.lf_dnn.training.weight_decay").starts_with("own.toml:14:"));
        assert!(fault("models.lf_dnn.other").starts_with("own.toml:10:"));
        // A setting of the training, of which a message has the name alone.
        assert!(
            fault("models.lf_dnn.weight_decay")
                .starts_with("own.toml:14: mmmo: models.lf_dnn.training.weight_decay")
        );
        let below = OWN.replace("[dataset.models.lf_dnn]\ntext_out = 64\n\n", "");
        let below = own(&below).unwrap().swap_remove(0);
        let below = below.fault("models.lf_dnn.other", "?".to_owned());
        assert!(below.to_string().starts_with("own.toml:10:"), "{below}");
        assert!(fault("citation").starts_with("own.toml:2:"));
    }

    #[test]
    fn mistakes_name_file_line_and_key() {
        let changed = |from: &str, to: &str| message(&OWN.replace(from, to));
        let protocol = changed("\"mosi\"", "\"mossi\"");
        assert_eq!(
            protocol,
            "own.toml:6: mmmo: protocol: expected mosi or sims, found \"mossi\""
        );
        let range = changed("-2.0, 2.0", "2.0, -2.0");
        assert!(
            range.starts_with("own.toml:7: mmmo: label_range"),
            "{range}"
        );
        let clipped = changed("\"mosi\"", "\"sims\"");
        assert_eq!(
            clipped,
            "own.toml:6: mmmo: protocol: sims clips labels to -1..1, label_range is -2..2; write protocol = \
             \"mosi\", or scale the labels to -1..1"
        );
        let name = changed("\"mmmo\"", "\"my talks\"");
        assert!(name.contains("letters, digits, - and _, found"), "{name}");
        let language = changed("\"en\"", "\"english\"");
        assert!(
            language.starts_with("own.toml:5: mmmo: language: expected two"),
            "{language}"
        );
        let kind = changed("[-2.0, 2.0]", "\"wide\"");
        assert!(kind.starts_with("own.toml:7: label_range"), "{kind}");
        let key = changed("title", "titel");
        assert!(key.contains("own.toml:4") && key.contains("titel"), "{key}");
        let syntax = changed("\"en\"", "en");
        assert!(syntax.starts_with("own.toml:5: language"), "{syntax}");
        let single = changed("[[dataset]]", "[dataset]");
        assert!(
            single.ends_with(": write [[dataset]] with two brackets"),
            "{single}"
        );
        let missing = changed("title = \"ICT-MMMO\"\nlanguage = \"en\"\n", "");
        assert!(
            missing.ends_with("mmmo has no title, language (docs/own-data.md)"),
            "{missing}"
        );
        let twice = message(&OWN.repeat(2));
        assert!(twice.starts_with("own.toml:17: mmmo: name"), "{twice}");
    }

    #[test]
    fn the_first_file_wins_and_what_is_built_in_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let first = file("a.toml", OWN);
        let second = file("b.toml", &OWN.replace("ICT-MMMO", "other"));
        let same = file("c.toml", include_str!("../../../datasets.toml"));
        let specs = read([first, second, same].into_iter()).unwrap();
        assert_eq!(specs.len(), BUILT_IN.len() + 1);
        assert_eq!(specs.last().unwrap().title, "ICT-MMMO");
        let taken = file("d.toml", &OWN.replace("mmmo", "mosi"));
        let error = read([taken].into_iter()).unwrap_err().to_string();
        assert!(
            error.contains("d.toml:3: mosi: name: mosi is built in"),
            "{error}"
        );
    }
}
