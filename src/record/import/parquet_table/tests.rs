//! The files are of `tests/predictions/make.py`.

use polars_parquet::parquet::statistics::Statistics;

use super::*;

fn table(bytes: &[u8]) -> ParquetTable {
    ParquetTable::read("p.parquet", bytes.to_vec()).unwrap()
}

fn index(table: &ParquetTable, name: &str) -> usize {
    table.headings().iter().position(|h| h == name).unwrap()
}

/// The values of a column, an empty text for null.
fn column(table: &ParquetTable, name: &str) -> Vec<String> {
    let texts = table.column(index(table, name)).unwrap().into_iter();
    texts.map(Option::unwrap_or_default).collect()
}

const TYPES: &[u8] = include_bytes!("../../../../tests/predictions/types.parquet");

#[test]
fn every_plain_type_is_read_by_value() {
    let table = table(TYPES);
    for width in ["8", "16", "32", "64"] {
        for sign in ["int", "uint"] {
            assert_eq!(column(&table, &format!("{sign}{width}")), ["7", "8"]);
        }
    }
    for name in ["float16", "float32", "float64", "decimal"] {
        assert_eq!(column(&table, name), ["0.3", "-1.5"], "{name}");
    }
    for name in ["string", "large_string", "string_view", "binary"] {
        assert_eq!(column(&table, name), ["a", ""], "{name}");
    }
    assert_eq!(column(&table, "bool"), ["true", "false"]);
    assert_eq!(column(&table, "null"), ["", ""]);
    assert_eq!(column(&table, "category"), ["b", "a"]);
    assert_eq!(column(&table, "category_int"), ["9", "7"]);
    assert_eq!(column(&table, "category_float"), ["0.5", "0.3"]);
    assert_eq!(column(&table, "last"), ["1", "2"], "behind nested columns");
}

#[test]
fn other_types_are_named_only_where_they_are_needed() {
    let table = table(TYPES);
    for (name, found) in [
        ("date", "dates"),
        ("time", "times of day"),
        ("timestamp", "timestamp"),
        ("wide", "decimals of 50 digits"),
        ("fixed", "2 bytes"),
        ("list", "nested"),
        ("struct", "nested"),
        ("map", "nested"),
    ] {
        let error = table.column(index(&table, name)).unwrap_err().to_string();
        let start = format!("p.parquet: column {name} holds ");
        assert!(
            error.starts_with(&start) && error.contains(found),
            "{error}"
        );
        assert!(
            error.contains("expected one of: whole numbers, floats"),
            "{error}"
        );
    }
}

#[test]
fn files_of_pandas_polars_and_duckdb_have_the_same_values() {
    for bytes in [
        &include_bytes!("../../../../tests/predictions/pandas.parquet")[..],
        include_bytes!("../../../../tests/predictions/polars.parquet"),
        include_bytes!("../../../../tests/predictions/duckdb.parquet"),
    ] {
        let table = table(bytes);
        assert_eq!(column(&table, "id"), ["a", "b"]);
        assert_eq!(column(&table, "rate"), ["0.3", "0.5"]);
        assert_eq!(column(&table, "seed"), ["7", "8"]);
        assert_eq!(column(&table, "prediction"), ["0.25", "-1.5"]);
    }
    let table = table(include_bytes!(
        "../../../../tests/predictions/polars.parquet"
    ));
    assert_eq!(column(&table, "model"), ["one", "two"]);
}

#[test]
fn a_damaged_file_is_named() {
    for end in [0, 8, TYPES.len() / 2, TYPES.len() - 1] {
        let error = ParquetTable::read("p.parquet", TYPES[..end].to_vec())
            .err()
            .unwrap();
        let message = error.to_string();
        assert!(
            message.contains("p.parquet: expected a Parquet file"),
            "{message}"
        );
        assert!(message.len() < 400);
    }
    // Pages that are no pages.
    let mut bytes = TYPES.to_vec();
    bytes[4..200].fill(0xff);
    let table = table(&bytes);
    assert!(table.column(index(&table, "int8")).is_err());
}

#[test]
fn two_files_one_behind_the_other_are_named() {
    let error = ParquetTable::read("p.parquet", [TYPES, TYPES].concat()).err();
    let text = error.unwrap().to_string();
    assert!(text.contains("two Parquet files"), "{text}");
}

#[test]
fn floats_of_two_bytes_are_read_and_shown_short() {
    for (bits, value, text) in [
        (0x3c00, 1.0, "1"),
        (0xbe00, -1.5, "-1.5"),
        (0x34cd, 0.300_048_83, "0.3"),
        (0x0001, 5.960_464_5e-8, "0.00000006"),
        (0x7bff, 65504.0, "65500"),
        (0x0000, 0.0, "0"),
    ] {
        assert_eq!(half(bits), value, "{bits:x}");
        assert_eq!(half_text(bits), text, "{bits:x}");
    }
    assert!(half(0x7e00).is_nan());
    assert_eq!(half_text(0xfc00), "-inf");
}

#[test]
fn decimals_keep_their_value() {
    assert_eq!(decimal(-150, 2), "-1.5");
    assert_eq!(decimal(5, 3), "0.005");
    assert_eq!(decimal(1200, 2), "12");
    assert_eq!(decimal(-7, 0), "-7");
}

const NAMED: &[u8] = include_bytes!("../../../../tests/predictions/datasets.parquet");

#[test]
fn codes_of_hugging_faces_datasets_are_read_by_name() {
    let table = table(NAMED);
    assert_eq!(column(&table, "rate"), ["0.5", "0"]);
    assert_eq!(column(&table, "seed"), ["7", "8"]);
    let names = ["a".to_string()];
    let codes = |code: &str| class_labels::decode(vec![Some(code.to_string())], &names);
    assert_eq!(codes("-1"), Ok(vec![None]));
    assert!(codes("1").unwrap_err().contains("names 1 classes"));
}

#[test]
fn bytes_that_changed_are_found_by_the_checksum_of_their_page() {
    // Statistics hold either value alone.
    let values = [0.25f64, -1.5].map(f64::to_le_bytes).concat();
    let at = NAMED.windows(16).position(|bytes| bytes == values).unwrap();
    let mut bytes = NAMED.to_vec();
    bytes[at + 6] ^= 1;
    let table = table(&bytes);
    assert_eq!(column(&table, "id"), ["a", "b"]);
    let error = table.column(index(&table, "prediction")).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("column prediction: the checksum of a page is another one")
    );
}

#[test]
fn numbers_beyond_those_that_the_file_states_are_found() {
    let stated = |least, largest| {
        let table = table(NAMED);
        let group = &table.metadata.row_groups[0];
        let chunk = &group.parquet_columns()[index(&table, "prediction")];
        let stated = chunk.statistics(&table.metadata.footer_buf);
        let Some(Ok(Statistics::Double(mut stated))) = stated else {
            panic!("no statistics of a float64");
        };
        assert_eq!(
            (stated.min_value, stated.max_value),
            (Some(-1.5), Some(0.25))
        );
        (stated.min_value, stated.max_value) = (Some(least), Some(largest));
        let values = PrimitiveArray::from_vec(vec![0.25, f64::NAN, -1.5]);
        intact::numbers(&Statistics::Double(stated), &[values.boxed()])
    };
    assert_eq!(stated(-1.5, 0.25), Ok(()));
    let error = stated(-1.25, 0.25).unwrap_err();
    assert_eq!(
        error,
        "it holds -1.5, where the file states values from -1.25 to 0.25"
    );
}
