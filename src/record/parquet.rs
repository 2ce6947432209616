//! Writes and reads [`Predictions`] as Parquet, and writes them as CSV.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;

use super::error::{Error, Result, frame, io};
use super::predictions::{Prediction, Predictions};
use crate::data::dataset::DatasetName;
use crate::mask::Condition;
use crate::support::csv_field::csv_field;
use crate::support::fs::write_atomic;

/// The columns of `predictions.parquet`, in order.
pub const COLUMNS: [&str; 11] = [
    "dataset",
    "split",
    "mask_protocol",
    "mask_seed",
    "condition",
    "rate_text",
    "rate_audio",
    "rate_vision",
    "id",
    "truth",
    "prediction",
];

/// Further columns, for tables of many runs: version and fold of `dataset`, null where it has none.
const VARIANT: [&str; 2] = ["version", "fold"];

/// A further column, only in files with predictions by the weights of several epochs.
const EPOCH: &str = "epoch";

/// The numeric columns of a condition.
const RATES: [&str; 3] = ["rate_text", "rate_audio", "rate_vision"];

impl Predictions {
    /// Writes the rows as Parquet (Zstandard), atomically. Equal rows give equal bytes.
    ///
    /// # Errors
    /// If the file cannot be written; then whatever was at `path` is as it was.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(write_atomic(path, &self.to_parquet()?)?)
    }

    /// Reads the output of [`Predictions::write`], or any Parquet file with the columns of
    /// [`COLUMNS`] in any order; further columns are ignored.
    ///
    /// # Errors
    /// If the file cannot be read, lacks a column, has a column of another type or with nulls, or
    /// `condition` contradicts the three rates.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(io("read", path))?;
        Self::decode(path, bytes)
    }

    /// The rows of the file at `path`, given its bytes.
    pub(super) fn decode(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::from_parquet(bytes).map_err(|source| Error::Parquet {
            path: path.to_path_buf(),
            columns: COLUMNS.join(", "),
            source: Box::new(source),
        })
    }

    /// The rows as the bytes of a Parquet file.
    pub(super) fn to_parquet(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut table = self.frame()?;
        ParquetWriter::new(&mut bytes)
            .finish(&mut table)
            .map_err(frame("encode"))?;
        Ok(bytes)
    }

    /// The rows of a Parquet file.
    fn from_parquet(bytes: Vec<u8>) -> Result<Self> {
        // Decoded on the calling thread: a rayon worker that waits for polars' own threads starts on
        // another file meanwhile, which nests until its stack is full.
        let table = ParquetReader::new(Cursor::new(bytes))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(frame("decode"))?;
        let numbers = |name| column(&table, name);
        let epoch = match table.get_column_index(EPOCH) {
            Some(_) => values(numbers(EPOCH)?.u32())?,
            None => vec![0; table.height()],
        };
        Ok(Self {
            current_epoch: 0,
            epoch,
            dataset: texts(&table, "dataset")?,
            split: texts(&table, "split")?,
            mask_protocol: texts(&table, "mask_protocol")?,
            mask_seed: values(numbers("mask_seed")?.u64())?,
            condition: conditions(&table)?,
            id: texts(&table, "id")?,
            truth: values(numbers("truth")?.f32())?,
            prediction: values(numbers("prediction")?.f32())?,
        })
    }

    /// The rows as CSV, in the columns of the Parquet file.
    pub fn to_csv(&self) -> String {
        let [dataset, others @ ..] = COLUMNS;
        let names = [&[dataset], &VARIANT[..], &others[..]].concat();
        let mut out = names.join(",") + "\n";
        for row in self.iter() {
            let Prediction {
                dataset,
                split,
                mask_protocol,
                mask_seed,
                condition,
                id,
                truth,
                prediction,
            } = row;
            let id = id.replace('"', "\"\"");
            let DatasetName { version, fold, .. } = DatasetName::of(&dataset);
            let version = version.unwrap_or_default().to_owned();
            let fold = fold.map_or_else(String::new, |fold| fold.to_string());
            let [dataset, split, mask_protocol] =
                [&dataset, &split, &mask_protocol].map(|name| csv_field(name));
            let [text, audio, vision] = condition.rates();
            out += &format!(
                "{dataset},{version},{fold},{split},{mask_protocol},{mask_seed},\"{condition}\",{text},{audio},{vision},\
                 \"{id}\",{truth},{prediction}\n"
            );
        }
        out
    }

    fn frame(&self) -> Result<DataFrame> {
        let mut columns = vec![
            text_column("dataset", &self.dataset),
            version_column(&self.dataset),
            fold_column(&self.dataset),
            text_column("split", &self.split),
            text_column("mask_protocol", &self.mask_protocol),
            Column::new("mask_seed".into(), &self.mask_seed),
            condition_column(&self.condition),
            rate_column(&self.condition, 0),
            rate_column(&self.condition, 1),
            rate_column(&self.condition, 2),
            text_column("id", &self.id),
            Column::new("truth".into(), &self.truth),
            Column::new("prediction".into(), &self.prediction),
        ];
        if self.epoch.iter().any(|epoch| *epoch != 0) {
            columns.push(Column::new(EPOCH.into(), &self.epoch));
        }
        DataFrame::new(self.len(), columns).map_err(frame("arrange"))
    }
}

fn text_column(name: &str, values: &[Arc<str>]) -> Column {
    StringChunked::from_iter_values(name.into(), values.iter().map(|v| &**v)).into_column()
}

fn version_column(datasets: &[Arc<str>]) -> Column {
    let versions = datasets.iter().map(|name| DatasetName::of(name).version);
    versions
        .collect::<StringChunked>()
        .with_name(VARIANT[0].into())
        .into_column()
}

fn fold_column(datasets: &[Arc<str>]) -> Column {
    let folds: Vec<Option<u32>> = datasets
        .iter()
        .map(|name| DatasetName::of(name).fold)
        .collect();
    Column::new(VARIANT[1].into(), folds)
}

/// The conditions as text.
fn condition_column(conditions: &[Condition]) -> Column {
    let names = conditions.iter().map(Condition::to_string);
    StringChunked::from_iter_values("condition".into(), names).into_column()
}

/// The nominal missing rate of one modality: 0 for text, 1 for audio, 2 for vision.
fn rate_column(conditions: &[Condition], modality: usize) -> Column {
    let rates: Vec<f64> = conditions.iter().map(|c| c.rates()[modality]).collect();
    Column::new(RATES[modality].into(), rates)
}

/// The conditions by the numeric columns, whose text must be the same.
fn conditions(table: &DataFrame) -> Result<Vec<Condition>> {
    let mut rates = Vec::with_capacity(RATES.len());
    for name in RATES {
        rates.push(values(column(table, name)?.f64())?);
    }
    let mut last: Option<(Arc<str>, Condition)> = None;
    let mut condition = |(row, name): (usize, Arc<str>)| {
        let found = [rates[0][row], rates[1][row], rates[2][row]];
        // Rows come pass by pass, so that most repeat the condition of the row before.
        if let Some((known, condition)) = &last
            && *known == name
            && condition.rates() == found
        {
            return Ok(*condition);
        }
        let condition = Condition::new(found).filter(|condition| condition.is_called(&name));
        let condition = condition.ok_or_else(|| Error::Condition {
            text: name.to_string(),
            rates: found,
        })?;
        last = Some((name, condition));
        Ok(condition)
    };
    texts(table, "condition")?
        .into_iter()
        .enumerate()
        .map(&mut condition)
        .collect()
}

/// A column by name, without nulls.
fn column<'a>(table: &'a DataFrame, name: &'static str) -> Result<&'a Column> {
    let column = table.column(name).map_err(frame("decode"))?;
    match column.null_count() {
        0 => Ok(column),
        nulls => Err(Error::Nulls {
            column: name,
            nulls,
        }),
    }
}

/// A text column, with neighbors that are equal sharing one allocation.
fn texts(table: &DataFrame, name: &'static str) -> Result<Vec<Arc<str>>> {
    let column = column(table, name)?.str().map_err(frame("decode"))?;
    let mut last: Arc<str> = Arc::from("");
    let mut out = Vec::with_capacity(column.len());
    for value in column.iter().flatten() {
        if *last != *value {
            last = Arc::from(value);
        }
        out.push(Arc::clone(&last));
    }
    Ok(out)
}

/// The numbers of a column that [`column`] found to be without nulls.
fn values<T: PolarsNumericType>(column: PolarsResult<&ChunkedArray<T>>) -> Result<Vec<T::Native>> {
    let column = column.map_err(frame("decode"))?;
    Ok(column.iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::super::predictions::PredictionKey;
    use super::*;

    fn key(mask_seed: u64, condition: &str) -> PredictionKey {
        PredictionKey {
            dataset: "mosi".into(),
            split: "test".into(),
            mask_protocol: "iid".into(),
            mask_seed,
            condition: condition.parse().unwrap(),
        }
    }

    fn sample() -> Predictions {
        let mut rows = Predictions::new();
        let ids = ["a$_$0".to_string(), "b$_$1".to_string()];
        for (seed, condition) in [(2, "0.5"), (1, "LA"), (1, "0.5"), (1, "0")] {
            let shift = seed as f32 + 0.5;
            rows.extend(
                &key(seed, condition),
                &ids,
                &[1.0, -1.0],
                &[shift, f32::NAN],
            )
            .unwrap();
        }
        rows
    }

    #[test]
    fn thousands_of_files_are_read_at_once_on_small_stacks() {
        use rayon::prelude::*;
        let facts = crate::record::fixture::manifest("lnln", 1, &[0.0, 0.5]);
        let bytes = crate::record::fixture::predictions(&facts)
            .to_parquet()
            .unwrap();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .stack_size(1 << 19);
        let read = |_| {
            let groups = Predictions::from_parquet(bytes.clone()).unwrap().groups();
            groups.iter().map(|group| group.ids.len()).sum::<usize>()
        };
        let rows: Vec<usize> = (pool.build().unwrap()).install(|| {
            (0..3000)
                .into_par_iter()
                .with_max_len(1)
                .map(read)
                .collect()
        });
        assert!(rows.iter().all(|rows| *rows == rows_of(&bytes)));
    }

    fn rows_of(bytes: &[u8]) -> usize {
        Predictions::from_parquet(bytes.to_vec())
            .unwrap()
            .iter()
            .count()
    }

    #[test]
    fn survives_a_round_trip_with_equal_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.parquet");
        sample().write(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        let back = Predictions::read(&path).unwrap();
        back.write(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        let show = |p: &Predictions| format!("{:?}", p.iter().collect::<Vec<_>>());
        assert_eq!(show(&back), show(&sample()));
        assert_eq!(back.len(), 8);
    }

    #[test]
    fn groups_by_condition_in_ascending_order() {
        let groups = sample().groups();
        let keys: Vec<_> = groups.iter().map(|g| g.key.clone()).collect();
        assert_eq!(
            keys,
            [key(1, "0"), key(1, "0.5"), key(1, "LA"), key(2, "0.5")]
        );
        assert_eq!(groups[3].ids, ["a$_$0", "b$_$1"]);
        assert_eq!(groups[3].truth, [1.0, -1.0]);
        assert_eq!(groups[3].prediction[0], 2.5);
        assert!(groups[3].prediction[1].is_nan());
    }

    #[test]
    fn epochs_are_a_column_only_where_there_are_several() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.parquet");
        let plain = sample().to_parquet().unwrap();
        let mut rows = sample();
        rows.set_epoch(7);
        rows.extend(&key(1, "0"), &["a".into()], &[1.0], &[2.0])
            .unwrap();
        rows.write(&path).unwrap();
        let groups = Predictions::read(&path).unwrap().groups();
        let epochs: Vec<u32> = groups.iter().map(|g| g.epoch).collect();
        assert_eq!(epochs, [0, 7, 0, 0, 0]);
        std::fs::write(&path, plain).unwrap();
        let groups = Predictions::read(&path).unwrap().groups();
        assert!(groups.iter().all(|g| g.epoch == 0));
    }

    #[test]
    fn columns_of_different_length_are_refused_and_nothing_is_added() {
        let mut rows = sample();
        let error = rows.extend(&key(1, "0"), &["a".into()], &[1.0, 2.0], &[1.0]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "a block of predictions needs columns of one length, got 1 ids, 2 truths and 1 \
             predictions"
        );
        assert_eq!(rows.len(), 8);
    }

    #[test]
    fn a_file_of_another_kind_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.parquet");
        std::fs::write(&path, b"not parquet at all").unwrap();
        let message = Predictions::read(&path).unwrap_err().to_string();
        assert!(message.contains("p.parquet as predictions"), "{message}");
    }

    /// The rows of [`sample`] with other values in a column.
    fn altered(values: Column) -> Result<Predictions> {
        let mut table = sample().frame().unwrap();
        table.with_column(values).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        Predictions::from_parquet(bytes)
    }

    #[test]
    fn rates_are_columns_of_numbers() {
        let table = sample().frame().unwrap();
        let rates = |name| values(table.column(name).unwrap().f64()).unwrap();
        assert_eq!(rates("rate_text"), [0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 0.0, 0.0]);
        assert_eq!(rates("rate_vision")[2], 0.0, "LA leaves vision");
    }

    #[test]
    fn a_text_that_contradicts_its_rates_is_refused_with_both() {
        let text = altered(Column::new("condition".into(), ["0.25"; 8])).unwrap_err();
        assert_eq!(
            text.to_string(),
            "condition `0.25` contradicts its rates: expected the condition of rate_text 0.5, \
             rate_audio 0.5 and rate_vision 0.5"
        );
        let rates = altered(Column::new("rate_audio".into(), [1.5; 8])).unwrap_err();
        assert!(rates.to_string().contains("rate_audio 1.5"), "{rates}");
        // Another spelling is the same condition.
        let mut names = ["0.50", "0.5", "LA", "l=1,a=1,v=0", "0.5", "0.5", "0", "0.0"];
        assert!(altered(Column::new("condition".into(), names)).is_ok());
        names[2] = "LV";
        assert!(altered(Column::new("condition".into(), names)).is_err());
    }

    #[test]
    fn a_missing_column_is_an_error() {
        let mut table = sample().frame().unwrap().drop("truth").unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        let error = Predictions::from_parquet(bytes).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("truth"), "{source}");
    }
}
