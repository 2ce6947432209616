//! Limited data sets: the first samples of every split of a prepared file, under a name of their own.
//!
//! `mosi-first-50` is made of `mosi.h5` beside it. Name, title, counts and content hash differ from the
//! whole's, so that no run or table takes one for the other.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::corpus::Corpus;
use super::dataset_name::file_name;
use super::error::Result;
use super::limited_name::parse;
use super::registry::find;
use crate::data::store::{self, Compression, Number, Reader, Writer};

/// What a limited file was made of, in the options of its provenance.
#[derive(Deserialize, Serialize)]
struct Options {
    /// Content hash of the whole.
    limited_from: String,
    #[serde(flatten)]
    whole: BTreeMap<String, serde_json::Value>,
}

/// Makes the prepared file of a limited data set in the folder `data`, unless it is there and made of the
/// present whole. Does nothing for other names, or where the whole is not prepared.
///
/// # Errors
/// Those of reading the whole and of writing the file.
pub fn ensure(data: &Path, name: &str) -> Result<()> {
    let Some((whole, samples)) = parse(name) else {
        return Ok(());
    };
    let (source, path) = (data.join(file_name(whole)), data.join(file_name(name)));
    if !source.exists() {
        return find(name).map(drop);
    }
    let source = Corpus::open(&source)?;
    if path.exists() && made_of(&path)?.as_ref() == Some(&source.content_hash) {
        return Ok(());
    }
    tracing::info!("{}: made of {whole}.h5", path.display());
    Ok(copy(source.reader(), &path, name, samples.get())?)
}

/// Content hash of the whole that a limited file was made of.
fn made_of(path: &Path) -> store::Result<Option<String>> {
    let options = Reader::open(path)?.provenance()?.options;
    let options: Option<Options> = serde_json::from_str(&options).ok();
    Ok(options.map(|options| options.limited_from))
}

fn copy(source: &Reader, path: &Path, name: &str, samples: usize) -> store::Result<()> {
    let mut provenance = source.provenance()?;
    let options = serde_json::from_str(&provenance.options).unwrap_or_default();
    let options = Options {
        limited_from: source.content_hash()?,
        whole: options,
    };
    let text = |key: &str| options.whole.get(key).and_then(|value| value.as_str());
    let compression = text("compression").and_then(|text| text.parse().ok());
    let standardized = options.whole.get("standardize") == Some(&true.into());
    let mut writer = Writer::create(path)?
        .compress(compression.unwrap_or(Compression::None))
        .standardized(standardized);
    for column in source.columns()? {
        let group = column.split('/').next().unwrap_or_default();
        let rows = if source.has(&format!("{group}/id")) {
            samples
        } else {
            // Statistics of the whole training split.
            usize::MAX
        };
        match source.kind(&column)? {
            "float32" => copy_numbers::<f32>(source, &mut writer, &column, rows)?,
            "int32" => copy_numbers::<i32>(source, &mut writer, &column, rows)?,
            _ => {
                let texts = source.texts(&column)?;
                writer.texts(&column, &texts[..rows.min(texts.len())])?;
            }
        }
    }
    provenance.dataset = name.to_owned();
    for count in provenance.samples.values_mut() {
        *count = (*count).min(samples as u64);
    }
    // They count values of the whole.
    provenance.non_finite.clear();
    provenance.overflow.clear();
    provenance.options = serde_json::to_string(&options).unwrap_or_default();
    writer.finish(&provenance).map(drop)
}

/// Copies the first `rows` rows of a column; all of them are read, and compared with their checksum.
fn copy_numbers<T: Number>(
    source: &Reader,
    writer: &mut Writer,
    column: &str,
    rows: usize,
) -> store::Result<()> {
    let mut shape = source.shape(column)?;
    if let Some(first) = shape.first_mut() {
        *first = rows.min(*first);
    }
    let mut left: usize = shape.iter().product();
    let mut to = writer.column::<T>(column, &shape)?;
    source.try_for_each_block(column, |block: &[T]| {
        let taken = left.min(block.len());
        left -= taken;
        to.push(&block[..taken])
    })?;
    to.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::synthetic::{self, Demo};
    use crate::data::dataset::{ImportOptions, SplitName, prepare};

    #[test]
    fn limited_data_sets_are_found_by_their_names() {
        assert_eq!(
            find("mosi-first-300").unwrap().counts,
            Some([300, 229, 300])
        );
        assert!(find("mossi-first-3").is_err());
    }

    #[test]
    fn the_first_samples_are_those_of_the_whole_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let (pickle, data) = (folder.path().join("film.pkl"), folder.path().join("data"));
        let prepared = |seed| {
            synthetic::write_demo(Demo::Film, &pickle, seed, 0.05).unwrap();
            let mut options = ImportOptions::new(&data);
            (options.force, options.standardize) = (true, true);
            prepare(&pickle, &options, &mut |_| {}).unwrap();
        };
        prepared(1);
        let (name, path) = ("demo-film-first-3", data.join("demo-film-first-3.h5"));
        ensure(&data, name).unwrap();
        let whole = Corpus::open(&data.join("demo-film.h5")).unwrap();
        let part = Corpus::open(&path).unwrap();
        assert_eq!((part.name(), part.counts), (name, [3; 3]));
        assert!(part.spec.title.ends_with("(first 3 samples of each split)"));
        assert_ne!(part.content_hash, whole.content_hash);
        store::verify(&path, |_| ()).unwrap();
        for split in SplitName::ALL {
            let (part, whole) = (
                part.split(split, false).unwrap(),
                whole.split(split, false).unwrap(),
            );
            assert_eq!(part.ids, whole.ids[..3]);
            assert_eq!(part.labels, whole.labels[..3]);
            assert_eq!(part.audio.data, whole.audio.data[..part.audio.data.len()]);
        }
        let changed = || std::fs::metadata(&path).unwrap().modified().unwrap();
        let first = changed();
        ensure(&data, name).unwrap();
        assert_eq!(changed(), first);
        // Made anew of other data, and kept without the whole.
        prepared(2);
        ensure(&data, name).unwrap();
        let again = Corpus::open(&path).unwrap();
        assert_ne!(again.content_hash, part.content_hash);
        std::fs::remove_file(data.join("demo-film.h5")).unwrap();
        ensure(&data, name).unwrap();
    }
}
