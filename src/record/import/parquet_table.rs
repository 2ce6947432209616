//! Reads columns of Parquet by value.
//!
//! Columns are decoded as the file stores them, not as the Arrow or pandas types that it may name besides: a
//! `category` is then its values, never its codes.

mod class_labels;
mod intact;

use std::io::Cursor;

use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, Field};
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;
use polars_parquet::read::schema::{ParquetType, parquet_to_arrow_schema};
use polars_parquet::read::{
    BasicDecompressor, FileMetadata, PageReader, PrimitiveLogicalType, column_iter_to_arrays,
    read_metadata,
};

use class_labels::ClassLabels;

use super::Text;
use super::error::{Error, Result};

/// The types that are read, for messages.
const TAKEN: &str =
    "whole numbers, floats, decimals, text, booleans and dictionaries (category) of them";

/// Digits of the largest decimal that fits 128 bits.
const DIGITS: usize = 38;

/// A Parquet file in memory.
pub(super) struct ParquetTable {
    file: String,
    bytes: Buffer<u8>,
    metadata: FileMetadata,
    columns: Vec<ColumnType>,
    headings: Vec<String>,
    class_labels: ClassLabels,
}

/// A column of the file.
struct ColumnType {
    /// Index among the file's leaves: a struct has several.
    leaf: usize,
    /// How its values are decoded, or why they are not.
    values: std::result::Result<Values, String>,
}

/// How values are stored.
#[derive(Clone, Debug, PartialEq)]
enum Values {
    Plain(ArrowDataType),
    /// Floats of two bytes.
    Half,
    /// Whole numbers with so many digits behind the point.
    Decimal(ArrowDataType, usize),
}

impl ParquetTable {
    /// Reads what columns a file has.
    ///
    /// # Errors
    /// [`Error::Format`] if the file is damaged, or two in one.
    pub fn read(file: &str, bytes: Vec<u8>) -> Result<Self> {
        // The end of one file and the start of the next: the footer of the last one would be read with data of the first.
        if bytes.windows(8).any(|mark| mark == b"PAR1PAR1") {
            return Err(Error::Format {
                file: file.to_string(),
                reason: "two Parquet files stand one behind the other in it, which no program reads as one table; join their \
                         rows, in Python with pandas.concat"
                    .to_string(),
            });
        }
        let metadata = read_metadata(&mut Cursor::new(&bytes[..])).map_err(|e| damaged(file, e))?;
        let (mut leaf, mut columns) = (0, Vec::new());
        for field in metadata.schema().fields() {
            columns.push(ColumnType {
                leaf,
                values: values(field),
            });
            leaf += leaves(field);
        }
        let headings = metadata.schema().fields().iter();
        Ok(Self {
            file: file.to_string(),
            bytes: Buffer::from(bytes),
            columns,
            class_labels: class_labels::read(metadata.key_value_metadata().as_deref()),
            headings: headings.map(|field| field.name().to_string()).collect(),
            metadata,
        })
    }

    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    pub fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    /// The values of a column as text.
    ///
    /// # Errors
    /// [`Error::Type`] for a type that is not read, [`Error::Format`] for a damaged file.
    pub fn column(&self, index: usize) -> Result<Vec<Text>> {
        let (name, column) = (&self.headings[index], &self.columns[index]);
        let values = column.values.as_ref().map_err(|found| Error::Type {
            file: self.file.clone(),
            column: name.clone(),
            found: found.clone(),
            taken: TAKEN,
        })?;
        let stored = match values {
            Values::Plain(dtype) | Values::Decimal(dtype, _) => dtype.clone(),
            Values::Half => ArrowDataType::FixedSizeBinary(2),
        };
        let mut texts = Vec::with_capacity(self.metadata.num_rows);
        for group in &self.metadata.row_groups {
            let wrong = |reason: &str| damaged(&self.file, format!("column {name}: {reason}"));
            let chunk = group.parquet_columns().get(column.leaf);
            let chunk = chunk.ok_or_else(|| wrong("it is not in every row group"))?;
            let range = chunk.byte_range();
            if range.end > self.bytes.len() as u64 || range.start > range.end {
                return Err(wrong("it is stored beyond the end of the file"));
            }
            let bytes = self.bytes.clone();
            let bytes = bytes.sliced(range.start as usize..range.end as usize);
            intact::pages(&bytes).map_err(|reason| wrong(&reason))?;
            let pages = PageReader::new(Cursor::new(bytes), chunk, Vec::new(), usize::MAX);
            let (arrays, _) = column_iter_to_arrays(
                vec![BasicDecompressor::new(pages, Vec::new())],
                vec![&chunk.descriptor().descriptor.primitive_type],
                Field::new(name.as_str().into(), stored.clone(), true),
                None,
            )
            .map_err(|e| damaged(&self.file, e))?;
            if let Some(Ok(stated)) = chunk.statistics(&self.metadata.footer_buf) {
                intact::numbers(&stated, &arrays).map_err(|reason| wrong(&reason))?;
            }
            for array in &arrays {
                let found = decode(&**array, values);
                texts.extend(found.ok_or_else(|| wrong("its text is not UTF-8"))?);
            }
        }
        if texts.len() != self.metadata.num_rows {
            return Err(damaged(
                &self.file,
                format!(
                    "column {name} has {} of {} values",
                    texts.len(),
                    self.metadata.num_rows
                ),
            ));
        }
        let names = self.class_labels.get(name);
        let decode = |names: &Vec<String>| class_labels::decode(std::mem::take(&mut texts), names);
        match names.map(decode) {
            Some(named) => {
                named.map_err(|reason| damaged(&self.file, format!("column {name}: {reason}")))
            }
            None => Ok(texts),
        }
    }
}

fn damaged(file: &str, reason: impl std::fmt::Display) -> Error {
    let mut reason = reason.to_string();
    reason.truncate(
        (0..=200)
            .rev()
            .find(|i| reason.is_char_boundary(*i))
            .unwrap_or(0),
    );
    Error::Format {
        file: file.to_string(),
        reason: format!("expected a Parquet file, which is damaged or incomplete: {reason}"),
    }
}

/// Number of stored columns of a field.
fn leaves(field: &ParquetType) -> usize {
    match field {
        ParquetType::PrimitiveType(_) => 1,
        ParquetType::GroupType { fields, .. } => fields.iter().map(leaves).sum(),
    }
}

/// How a field's values are decoded, or the name of its type.
fn values(field: &ParquetType) -> std::result::Result<Values, String> {
    use ArrowDataType as T;
    let ParquetType::PrimitiveType(stored) = field else {
        return Err("nested values (lists, structs or maps)".to_string());
    };
    if stored.logical_type == Some(PrimitiveLogicalType::Float16) {
        return Ok(Values::Half);
    }
    let schema = parquet_to_arrow_schema(std::slice::from_ref(field));
    let dtype = schema.iter_values().next().map(|field| field.dtype.clone());
    match dtype {
        Some(
            dtype @ (T::Boolean
            | T::Int8
            | T::Int16
            | T::Int32
            | T::Int64
            | T::UInt8
            | T::UInt16
            | T::UInt32
            | T::UInt64
            | T::Float32
            | T::Float64
            | T::Utf8View
            | T::BinaryView),
        ) => Ok(Values::Plain(dtype)),
        Some(T::Decimal(digits, scale)) if digits <= DIGITS => {
            Ok(Values::Decimal(T::Decimal(digits, scale), scale))
        }
        Some(T::Decimal(digits, _)) => Err(format!("decimals of {digits} digits")),
        Some(T::Timestamp(..)) => Err("times (timestamp)".to_string()),
        Some(T::Time32(_) | T::Time64(_)) => Err("times of day (time)".to_string()),
        Some(T::Date32 | T::Date64) => Err("dates (date)".to_string()),
        Some(T::Interval(_) | T::Duration(_)) => Err("durations".to_string()),
        Some(T::FixedSizeBinary(size)) => Err(format!("{size} bytes (fixed-size binary)")),
        Some(T::LargeList(_)) => Err("nested values (lists)".to_string()),
        _ => Err("values of an unknown type".to_string()),
    }
}

/// The values of an array as text; `None` if text is not UTF-8.
fn decode(array: &dyn Array, values: &Values) -> Option<Vec<Text>> {
    use ArrowDataType as T;
    let array = array.as_any();
    match values {
        Values::Half => {
            let array = array.downcast_ref::<FixedSizeBinaryArray>()?;
            let text = |bytes: &[u8]| {
                let bits = u16::from_le_bytes([*bytes.first()?, *bytes.get(1)?]);
                Some(half_text(bits))
            };
            Some(array.iter().map(|v| v.and_then(text)).collect())
        }
        Values::Decimal(_, scale) => {
            let array = array.downcast_ref::<PrimitiveArray<i128>>()?;
            Some(
                array
                    .iter()
                    .map(|v| v.map(|v| decimal(*v, *scale)))
                    .collect(),
            )
        }
        Values::Plain(dtype) => match dtype {
            T::Boolean => {
                let array = array.downcast_ref::<BooleanArray>()?;
                Some(array.iter().map(|v| v.map(|v| v.to_string())).collect())
            }
            T::Utf8View => {
                let array = array.downcast_ref::<Utf8ViewArray>()?;
                Some(array.iter().map(|v| v.map(str::to_string)).collect())
            }
            T::BinaryView => {
                let array = array.downcast_ref::<BinaryViewArray>()?;
                let text = |v: Option<&[u8]>| match v {
                    None => Some(None),
                    Some(bytes) => Some(Some(std::str::from_utf8(bytes).ok()?.to_string())),
                };
                array.iter().map(text).collect()
            }
            T::Int8 => plain::<i8>(array),
            T::Int16 => plain::<i16>(array),
            T::Int32 => plain::<i32>(array),
            T::Int64 => plain::<i64>(array),
            T::UInt8 => plain::<u8>(array),
            T::UInt16 => plain::<u16>(array),
            T::UInt32 => plain::<u32>(array),
            T::UInt64 => plain::<u64>(array),
            T::Float32 => plain::<f32>(array),
            T::Float64 => plain::<f64>(array),
            _ => None,
        },
    }
}

/// Numbers as text. A float is printed at its own width, so that a float32 grows no digits.
fn plain<T: NativeType + ToString>(array: &dyn std::any::Any) -> Option<Vec<Text>> {
    let array = array.downcast_ref::<PrimitiveArray<T>>()?;
    Some(array.iter().map(|v| v.map(T::to_string)).collect())
}

/// A float of two bytes (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    };
    sign * size
}

/// The shortest number that a float of two bytes stands for: `0.3`, which is stored as 0.29980469.
fn half_text(bits: u16) -> String {
    let value = half(bits);
    if !value.is_finite() {
        return value.to_string();
    }
    let size = bits & 0x7fff;
    let gap = half(size.max(1)) - half(size.max(1) - 1);
    let short = (0..5).map(|digits| format!("{value:.digits$e}"));
    let mut near = short.filter_map(|text| text.parse::<f32>().ok());
    let near = near.find(|short| (short - value).abs() < gap / 2.0);
    near.unwrap_or(value).to_string()
}

/// A decimal with so many digits behind the point.
fn decimal(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests;
