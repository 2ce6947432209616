//! Looks whether the bytes of a column are those that were written: by the checksums of its pages, and by the least
//! and largest number that the file states.

use std::fmt::Display;

use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::types::NativeType;
use polars_parquet::parquet::page::ParquetPageHeader;
use polars_parquet::parquet::statistics::{PrimitiveStatistics, Statistics};
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

/// Compares the pages of a column with their checksums, where there are any.
///
/// # Errors
/// A reason, if a page has another checksum.
pub(super) fn pages(mut bytes: &[u8]) -> Result<(), String> {
    while !bytes.is_empty() {
        let mut protocol = TCompactInputProtocol::new(&mut bytes, usize::MAX);
        // The decoder tells what is wrong with a header.
        let Ok(header) = ParquetPageHeader::read_from_in_protocol(&mut protocol) else {
            return Ok(());
        };
        let size = usize::try_from(header.compressed_page_size).unwrap_or(usize::MAX);
        let Some((page, rest)) = bytes.split_at_checked(size) else {
            return Ok(());
        };
        // Thrift has no unsigned numbers.
        if header
            .crc
            .is_some_and(|crc| crc as u32 != crc32fast::hash(page))
        {
            return Err("the checksum of a page is another one".to_string());
        }
        bytes = rest;
    }
    Ok(())
}

/// Compares numbers with the least and largest that the file states of them.
///
/// # Errors
/// A reason, if a number is beyond.
pub(super) fn numbers(stated: &Statistics, arrays: &[Box<dyn Array>]) -> Result<(), String> {
    match stated {
        Statistics::Float(stated) => within(stated, arrays),
        Statistics::Double(stated) => within(stated, arrays),
        _ => Ok(()),
    }
}

fn within<T>(stated: &PrimitiveStatistics<T>, arrays: &[Box<dyn Array>]) -> Result<(), String>
where
    T: NativeType + PartialOrd + Display + polars_parquet::parquet::types::NativeType,
{
    let (Some(least), Some(largest)) = (stated.min_value, stated.max_value) else {
        return Ok(());
    };
    let arrays = arrays
        .iter()
        .filter_map(|array| array.as_any().downcast_ref::<PrimitiveArray<T>>());
    let mut values = arrays.flat_map(|array| array.iter().flatten());
    // NaN is in no range, and no writer counts it.
    match values.find(|value| **value < least || **value > largest) {
        Some(value) => Err(format!(
            "it holds {value}, where the file states values from {least} to {largest}"
        )),
        None => Ok(()),
    }
}
