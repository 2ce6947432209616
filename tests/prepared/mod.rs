//! Copies prepared files with other columns.

use lnln_bench::data::store::{Reader, Writer};

/// Copies the columns that are not to be replaced.
pub fn copy_columns(reader: &Reader, writer: &mut Writer, replaced: impl Fn(&str) -> bool) {
    let columns = reader.columns().unwrap();
    for column in columns.iter().filter(|column| !replaced(column)) {
        let shape = reader.shape(column).unwrap();
        match reader.kind(column).unwrap() {
            "float32" => writer
                .numbers::<f32>(column, &shape, &reader.numbers(column).unwrap())
                .unwrap(),
            "int32" => writer
                .numbers::<i32>(column, &shape, &reader.numbers(column).unwrap())
                .unwrap(),
            _ => writer
                .texts(column, &reader.texts(column).unwrap())
                .unwrap(),
        }
    }
}
