//! [`Predictions`] as a Parquet file, and grouped by condition.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::*;

use super::error::{Error, Result, frame, io};
use super::predictions::{Prediction, Predictions};
use crate::mask::Condition;
use crate::support::fs::write_atomic;

/// The columns of `predictions.parquet`, in order.
pub const COLUMNS: [&str; 8] = [
    "dataset",
    "split",
    "mask_protocol",
    "mask_seed",
    "condition",
    "id",
    "truth",
    "prediction",
];

/// A further column, in files with predictions by the weights of several epochs alone.
const EPOCH: &str = "epoch";

impl Predictions {
    /// Writes the rows as Parquet (Zstandard), atomically. Equal rows give equal bytes.
    ///
    /// # Errors
    /// If the file cannot be written; then whatever was at `path` is as it was.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(write_atomic(path, &self.to_parquet()?)?)
    }

    /// Reads what [`Predictions::write`] wrote, or any Parquet file with the columns of
    /// [`COLUMNS`] in any order; further columns are ignored.
    ///
    /// # Errors
    /// If the file cannot be read, lacks a column, or has a column of another type or with nulls.
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
        // On this thread: one that waits for polars' own threads would begin another file meanwhile, and
        // in that another, until its stack is full.
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

    /// The rows as CSV, in the columns of [`COLUMNS`].
    pub fn to_csv(&self) -> String {
        let mut out = COLUMNS.join(",") + "\n";
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
            out += &format!(
                "{dataset},{split},{mask_protocol},{mask_seed},\"{condition}\",\"{id}\",{truth},{prediction}\n"
            );
        }
        out
    }

    fn frame(&self) -> Result<DataFrame> {
        let mut columns = vec![
            text_column("dataset", &self.dataset),
            text_column("split", &self.split),
            text_column("mask_protocol", &self.mask_protocol),
            Column::new("mask_seed".into(), &self.mask_seed),
            condition_column(&self.condition),
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

/// The names of the conditions.
fn condition_column(conditions: &[Condition]) -> Column {
    let names = conditions.iter().map(Condition::to_string);
    StringChunked::from_iter_values("condition".into(), names).into_column()
}

/// The conditions by their names, or by a number where a file has the column `rate` in their place.
fn conditions(table: &DataFrame) -> Result<Vec<Condition>> {
    let unknown = |found: String| Error::Condition { found };
    if table.column("condition").is_err() && table.column("rate").is_ok() {
        let rates = values(column(table, "rate")?.f64())?;
        let condition =
            |rate: f64| Condition::of_number(rate).ok_or_else(|| unknown(rate.to_string()));
        return rates.into_iter().map(condition).collect();
    }
    let mut known: Option<(Arc<str>, Condition)> = None;
    let mut condition = |name: Arc<str>| match &known {
        Some((last, condition)) if *last == name => Ok(*condition),
        _ => {
            let condition = name.parse().map_err(|_| unknown(name.to_string()))?;
            known = Some((name, condition));
            Ok(condition)
        }
    };
    texts(table, "condition")?
        .into_iter()
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

/// A text column, with neighbours that are equal sharing one allocation.
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

    #[test]
    fn a_column_of_rates_serves_in_place_of_conditions() {
        let read = |rates: &[f64]| {
            let mut table = sample().frame().unwrap().drop("condition").unwrap();
            table
                .with_column(Column::new("rate".into(), rates))
                .unwrap();
            let mut bytes = Vec::new();
            ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
            Predictions::from_parquet(bytes)
        };
        let back = read(&[0.1 + 0.2; 8]).unwrap();
        assert_eq!(back.iter().next().unwrap().condition.to_string(), "0.3");
        let message = read(&[1.5; 8]).unwrap_err().to_string();
        assert!(message.contains("condition, found `1.5`"), "{message}");
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
