//! Writes masks of several conditions or epochs as one file of arrays, npz or HDF5.

use std::io::{BufWriter, Write};
use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{Group, H5Type};

use super::Error;
use super::file::attribute::{hdf5_error, unicode};
use super::npz::{self, Array};
use crate::data::store::Partial;

/// One array of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Group in HDF5, and what the name begins with in npz; empty at the root.
    pub group: &'static str,
    pub name: &'static str,
    pub shape: Vec<usize>,
    pub values: Values,
}

/// Values of an array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// bool in npz, uint8 in HDF5.
    Bools(Vec<bool>),
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<String>),
}

/// Writes the arrays, completely or not at all: HDF5 if the name ends in .h5 or .hdf5, else npz. An array is
/// called `GROUP/NAME` in HDF5 and `GROUP_NAME` in npz.
///
/// # Errors
/// [`Error::Store`], [`Error::Hdf5`] or [`Error::Write`] where nothing can be written, or where `out` exists
/// and `replace` is not set.
pub fn write_columns(columns: Vec<Column>, out: &Path, replace: bool) -> Result<(), Error> {
    let partial = Partial::create(out)?;
    let extension = out.extension().unwrap_or_default();
    if extension == "h5" || extension == "hdf5" {
        let path = partial.temp();
        let file = partial.hdf5()?;
        for column in &columns {
            write_dataset(path, &file, column)?;
        }
        file.close().map_err(hdf5_error(path, "closing"))?;
    } else {
        let arrays: Vec<_> = columns.into_iter().map(array).collect();
        let mut file = BufWriter::new(partial.open()?);
        let written = npz::write(&mut file, &arrays).and_then(|()| file.flush());
        written.map_err(|reason| Error::Write {
            path: out.to_owned(),
            reason,
        })?;
    }
    Ok(partial.publish(replace)?)
}

/// A column with its name in npz.
fn array(column: Column) -> (String, Array) {
    let name = match column.group {
        "" => column.name.to_owned(),
        group => format!("{group}_{}", column.name),
    };
    let array = match &column.values {
        Values::Bools(values) => Array::bools(&column.shape, values),
        Values::Integers(values) => Array::integers(&column.shape, values),
        Values::Floats(values) => Array::floats(&column.shape, values),
        Values::Texts(values) => Array::texts(values),
    };
    (name, array)
}

fn write_dataset(path: &Path, file: &Group, column: &Column) -> Result<(), Error> {
    let group = match column.group {
        "" => Ok(file.clone()),
        name if file.link_exists(name) => file.group(name),
        name => file.create_group(name),
    };
    let group = group.map_err(hdf5_error(path, column.group))?;
    let numbers = match &column.values {
        Values::Bools(values) => {
            let bytes: Vec<u8> = values.iter().map(|bit| u8::from(*bit)).collect();
            write_numbers(&group, column, &bytes)
        }
        Values::Integers(values) => write_numbers(&group, column, values),
        Values::Floats(values) => write_numbers(&group, column, values),
        Values::Texts(values) => {
            let texts: Result<Vec<VarLenUnicode>, Error> = (values.iter())
                .map(|text| unicode(path, column.name, text))
                .collect();
            let builder = group.new_dataset_builder();
            builder.with_data(&texts?).create(column.name).map(|_| ())
        }
    };
    numbers.map_err(hdf5_error(path, column.name))
}

fn write_numbers<T: H5Type>(group: &Group, column: &Column, values: &[T]) -> hdf5::Result<()> {
    let dataset = group.new_dataset::<T>().shape(column.shape.clone());
    let dataset = dataset.create(column.name)?;
    if values.is_empty() {
        Ok(())
    } else {
        dataset.write_raw(values)
    }
}
