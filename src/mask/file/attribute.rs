//! Reads and writes attributes of HDF5 groups and data sets.

use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{H5Type, Location};

use super::foreign;
use crate::mask::Error;

/// Adds one number.
pub(in crate::mask) fn set<T: H5Type>(
    path: &Path,
    location: &Location,
    name: &str,
    value: T,
) -> Result<(), Error> {
    let attribute = location.new_attr::<T>().create(name);
    attribute
        .and_then(|attribute| attribute.write_scalar(&value))
        .map_err(hdf5_error(path, name))
}

/// Adds a list of numbers.
pub(in crate::mask) fn set_all<T: H5Type>(
    path: &Path,
    location: &Location,
    name: &str,
    values: &[T],
) -> Result<(), Error> {
    let attribute = location.new_attr::<T>().shape(values.len()).create(name);
    attribute
        .and_then(|attribute| attribute.write_raw(values))
        .map_err(hdf5_error(path, name))
}

/// Adds a text.
pub(in crate::mask) fn set_text(
    path: &Path,
    location: &Location,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    set(path, location, name, unicode(path, name, value)?)
}

/// Adds a list of texts.
pub(in crate::mask) fn set_texts(
    path: &Path,
    location: &Location,
    name: &str,
    values: &[String],
) -> Result<(), Error> {
    let values: Result<Vec<_>, _> = values.iter().map(|v| unicode(path, name, v)).collect();
    set_all(path, location, name, &values?)
}

/// A text as libhdf5 stores it.
pub(in crate::mask) fn unicode(
    path: &Path,
    name: &str,
    value: &str,
) -> Result<VarLenUnicode, Error> {
    // The texts are names and hexadecimal digits; a NUL in one of them is the only refusal.
    let refuse = |_| foreign(path, format!("a NUL byte in `{name}`"));
    value.parse().map_err(refuse)
}

/// A list of numbers.
pub(in crate::mask) fn all<T: H5Type>(
    path: &Path,
    location: &Location,
    name: &str,
) -> Result<Vec<T>, Error> {
    let values = location
        .attr(name)
        .and_then(|attribute| attribute.read_raw());
    values.map_err(|_| {
        foreign(
            path,
            format!("{} has no attribute `{name}`", location.name()),
        )
    })
}

/// One number.
pub(in crate::mask) fn one<T: H5Type>(
    path: &Path,
    location: &Location,
    name: &str,
) -> Result<T, Error> {
    let empty = || foreign(path, format!("attribute `{name}` is empty"));
    all(path, location, name)?.pop().ok_or_else(empty)
}

/// A text.
pub(in crate::mask) fn text(path: &Path, location: &Location, name: &str) -> Result<String, Error> {
    one::<VarLenUnicode>(path, location, name).map(|value| value.to_string())
}

/// A list of texts.
pub(in crate::mask) fn texts(
    path: &Path,
    location: &Location,
    name: &str,
) -> Result<Vec<String>, Error> {
    let values = all::<VarLenUnicode>(path, location, name)?;
    Ok(values.iter().map(ToString::to_string).collect())
}

/// An error of libhdf5 with where it happened.
pub(in crate::mask) fn hdf5_error(path: &Path, action: &str) -> impl FnOnce(hdf5::Error) -> Error {
    let (path, action) = (path.to_owned(), action.to_owned());
    move |source| Error::Hdf5 {
        path,
        action,
        source,
    }
}
