//! Opens HDF5 files of plain arrays, such as h5py writes: a dataset per array, `train/audio`.

use std::io::{self, Read};
use std::path::Path;

use hdf5::filters::Filter;
use hdf5::types::{
    FixedAscii, FixedUnicode, FloatSize, IntSize, TypeDescriptor, VarLenAscii, VarLenUnicode,
};
use hdf5::{Dataset, Group};

use super::entry::Entry;
use super::tree;
use crate::data::pickle::{DType, Elements, Error, External, Pickle, Result};
use crate::data::store;

/// Groups below the root.
const DEPTH: usize = 2;

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// Bytes of one sample: it is read whole.
const LARGEST_SAMPLE: usize = 1 << 30;

/// Longest text of fixed width.
const FIXED: usize = 4096;

/// Most texts in a column.
const MOST_TEXTS: usize = 10_000_000;

/// The arrays of a file, as splits and columns.
///
/// # Errors
/// [`Error::Entry`] for a file that HDF5 cannot open, a prepared file, and for datasets of other types than numbers and texts.
pub fn open(path: &Path) -> Result<Pickle> {
    if store::Reader::open(path).is_ok() {
        return Err(Error::entry(
            "the file",
            "arrays",
            "a prepared data set; it needs no further preparation",
        ));
    }
    columns(path)
}

/// The same of any file, a prepared one included.
///
/// # Errors
/// As [`open`].
pub fn columns(path: &Path) -> Result<Pickle> {
    let file = store::read_only(path).map_err(|error| fault("the file", &error))?;
    refuse_sequences(&file)?;
    let mut entries = Vec::new();
    collect(&file, "", DEPTH, &mut entries)?;
    tree::build(entries)
}

fn fault(entry: &str, error: &hdf5::Error) -> Error {
    let problem = error.to_string();
    let line = problem.lines().next().unwrap_or_default();
    let advice = if problem.contains("filter") {
        "; write it without compression"
    } else {
        ""
    };
    Error::entry(
        entry,
        "a dataset that HDF5 can read",
        format!("{line}{advice}"),
    )
}

/// Refuses the files of CMU-MultimodalSDK, which have a group of features and one of intervals for each video.
fn refuse_sequences(file: &hdf5::File) -> Result<()> {
    let names = file.member_names().unwrap_or_default();
    let is_sequence = |name: &&String| {
        ["data", "metadata"].iter().all(|part| {
            let inner = file.group(name).and_then(|group| group.group(part));
            inner.is_ok()
        })
    };
    let Some(name) = names.iter().find(is_sequence) else {
        return Ok(());
    };
    Err(Error::entry(
        "the file",
        "arrays of three splits",
        format!(
            "`{name}`, a computational sequence of CMU-MultimodalSDK (.csd), whose features have intervals in place of samples: \
             align the sequences by mmsdk.mmdatasdk (align, then get_tensors), and write its arrays by split, as in docs/own-data.md"
        ),
    ))
}

fn collect(
    group: &Group,
    prefix: &str,
    depth: usize,
    entries: &mut Vec<(String, Entry)>,
) -> Result<()> {
    let names = group
        .member_names()
        .map_err(|error| fault(prefix, &error))?;
    for name in names {
        let full = format!("{prefix}{name}");
        if let Ok(dataset) = group.dataset(&name) {
            entries.push((full.clone(), entry(&full, dataset)?));
        } else if depth > 1
            && let Ok(inner) = group.group(&name)
        {
            collect(&inner, &format!("{full}/"), depth - 1, entries)?;
        }
    }
    Ok(())
}

/// Refuses a dataset that was compressed by a filter which is not built in, before anything is read.
fn refuse_unreadable(name: &str, dataset: &Dataset) -> Result<()> {
    let filters = dataset.filters();
    let Some(filter) = filters.iter().find(|filter| !filter.is_available()) else {
        return Ok(());
    };
    let called = match filter {
        Filter::Deflate(_) => "gzip".to_owned(),
        Filter::SZip(..) => "szip".to_owned(),
        Filter::User(id, _) => id.to_string(),
        other => format!("{other:?}"),
    };
    Err(Error::entry(
        name,
        "a dataset without compression, or with Blosc",
        format!(
            "the filter {called}, which is not built in; write the file again without it: h5repack -f NONE \
             OLD.h5 NEW.h5"
        ),
    ))
}

/// Refuses numbers that netCDF packed: they are other ones times a factor, plus an offset.
fn refuse_packed(name: &str, dataset: &Dataset) -> Result<()> {
    for (attribute, neutral) in [("scale_factor", 1.0), ("add_offset", 0.0)] {
        let Ok(stored) = dataset.attr(attribute) else {
            continue;
        };
        let value = stored.as_reader().read_raw::<f64>();
        if !value.is_ok_and(|values| values == [neutral]) {
            return Err(Error::entry(
                name,
                "numbers as they are",
                format!(
                    "numbers that were packed, with the attribute {attribute} of netCDF; unpack them, as \
                     xarray.open_dataset does, and write the arrays again"
                ),
            ));
        }
    }
    Ok(())
}

/// Refuses numbers among which some stand for missing ones, as the attributes of netCDF say: they would be read as features.
fn refuse_marked(name: &str, stored: &Stored) -> Result<()> {
    let size = stored.number.size();
    // Both attributes are there in most such files, with one value.
    let mut marks: Vec<(&str, [u8; 8])> = Vec::new();
    for attribute in ["missing_value", "_FillValue"] {
        let values = stored.dataset.attr(attribute).and_then(|found| {
            let reader = found.as_reader();
            let whole = || {
                reader
                    .read_raw::<i64>()
                    .map(|all| all.iter().map(|v| *v as f64).collect())
            };
            reader.read_raw::<f64>().or_else(|_| whole())
        });
        let values: Vec<f64> = values.unwrap_or_default();
        let values = values
            .into_iter()
            .filter(|value| value.is_finite() && *value != 0.0);
        marks.extend(values.map(|value| (attribute, stored.number.bytes(value))));
    }
    let (mut found, mut first, mut rows) = (0, None, stored.rows());
    while !marks.is_empty() && rows.load_next()? {
        for bytes in rows.block.chunks_exact(size) {
            if let Some((attribute, _)) = marks.iter().find(|(_, mark)| mark[..size] == *bytes) {
                found += 1;
                first.get_or_insert(*attribute);
            }
        }
    }
    match first {
        None => Ok(()),
        Some(attribute) => Err(Error::entry(
            name,
            "values that are there",
            format!(
                "{found} values that are missing, as the attribute {attribute} of netCDF says; write zeros in their place, such as \
                 xarray.open_dataset(...).fillna(0) has, and write the arrays again"
            ),
        )),
    }
}

/// A dataset as an array, its elements unread; texts are read.
fn entry(name: &str, dataset: Dataset) -> Result<Entry> {
    refuse_unreadable(name, &dataset)?;
    refuse_packed(name, &dataset)?;
    let descriptor = dataset.dtype().and_then(|dtype| dtype.to_descriptor());
    let descriptor = descriptor.map_err(|error| fault(name, &error))?;
    let number = match descriptor {
        TypeDescriptor::Float(FloatSize::U8) => Some(Number::F64),
        TypeDescriptor::Float(_) => Some(Number::F32),
        TypeDescriptor::Integer(_) | TypeDescriptor::Boolean => Some(Number::I64),
        TypeDescriptor::Unsigned(size) if size != IntSize::U8 => Some(Number::I64),
        TypeDescriptor::Enum(_) => Some(Number::I64),
        _ => None,
    };
    match number {
        Some(number) => array(name, dataset, number),
        None => Ok(Entry::Texts(texts(name, &dataset, &descriptor)?)),
    }
}

fn array(name: &str, dataset: Dataset, number: Number) -> Result<Entry> {
    let shape = dataset.shape();
    let dtype = DType::parse(number.code(), 0)?;
    let row: usize = shape.iter().skip(1).product::<usize>() * dtype.size;
    if row > LARGEST_SAMPLE {
        let found = format!("{} MiB per sample", row >> 20);
        return Err(Error::entry(name, "at most 1024 MiB per sample", found));
    }
    let stored = Stored { dataset, number };
    refuse_marked(name, &stored)?;
    Ok(Entry::Array(External {
        dtype,
        shape,
        fortran: false,
        elements: Box::new(stored),
    }))
}

/// All texts of a dataset of one axis.
fn texts(name: &str, dataset: &Dataset, descriptor: &TypeDescriptor) -> Result<Vec<String>> {
    let fail = |error: hdf5::Error| fault(name, &error);
    if dataset.ndim() != 1 || dataset.size() > MOST_TEXTS {
        let found = format!("{descriptor} of shape {:?}", dataset.shape());
        return Err(Error::entry(name, "numbers, or one text per sample", found));
    }
    let all = match descriptor {
        TypeDescriptor::VarLenUnicode => {
            strings(dataset.read_raw::<VarLenUnicode>().map_err(fail)?)
        }
        TypeDescriptor::VarLenAscii => strings(dataset.read_raw::<VarLenAscii>().map_err(fail)?),
        TypeDescriptor::FixedUnicode(n) if *n <= FIXED => {
            strings(dataset.read_raw::<FixedUnicode<FIXED>>().map_err(fail)?)
        }
        TypeDescriptor::FixedAscii(n) if *n <= FIXED => {
            strings(dataset.read_raw::<FixedAscii<FIXED>>().map_err(fail)?)
        }
        other => return Err(Error::entry(name, "numbers or texts", other.to_string())),
    };
    Ok(all)
}

fn strings<T: AsRef<str>>(texts: Vec<T>) -> Vec<String> {
    texts.iter().map(|text| text.as_ref().to_owned()).collect()
}

/// The type that HDF5 converts to as it reads.
#[derive(Clone, Copy, Debug)]
enum Number {
    F32,
    F64,
    I64,
}

impl Number {
    const fn code(self) -> &'static str {
        match self {
            Self::F32 => "<f4",
            Self::F64 => "<f8",
            Self::I64 => "<i8",
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    /// A value as it is read, in the first [`Self::size`] bytes.
    fn bytes(self, value: f64) -> [u8; 8] {
        match self {
            Self::F32 => u64::from((value as f32).to_bits()).to_le_bytes(),
            Self::F64 => value.to_le_bytes(),
            Self::I64 => (value as i64).to_le_bytes(),
        }
    }
}

/// The elements of a dataset.
struct Stored {
    dataset: Dataset,
    number: Number,
}

impl Elements for Stored {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.rows()))
    }
}

impl Stored {
    fn rows(&self) -> Rows<'_> {
        let shape = self.dataset.shape();
        let row: usize = shape.iter().skip(1).product();
        Rows {
            stored: self,
            at_once: (BLOCK / (row * 8).max(1)).max(1),
            shape,
            row: 0,
            block: Vec::new(),
            used: 0,
        }
    }
}

/// Reads rows in blocks.
struct Rows<'a> {
    stored: &'a Stored,
    shape: Vec<usize>,
    at_once: usize,
    /// The first row that is not in a block yet.
    row: usize,
    block: Vec<u8>,
    used: usize,
}

impl Rows<'_> {
    /// Reads the next block, if there is one.
    fn load_next(&mut self) -> io::Result<bool> {
        let total = self.shape.first().copied().unwrap_or(0);
        let rows = self.at_once.min(total - self.row);
        if rows > 0 {
            let fail =
                |error: hdf5::Error| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
            self.load(rows).map_err(fail)?;
        }
        Ok(rows > 0)
    }

    fn load(&mut self, rows: usize) -> hdf5::Result<()> {
        let slab = store::row_slab(&self.shape, self.row, rows);
        let dataset = &self.stored.dataset;
        self.block.clear();
        match self.stored.number {
            Number::F32 => {
                let values = dataset.read_slice::<f32, _, ndarray::IxDyn>(slab)?;
                self.block
                    .extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Number::F64 => {
                let values = dataset.read_slice::<f64, _, ndarray::IxDyn>(slab)?;
                self.block
                    .extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Number::I64 => {
                let values = dataset.read_slice::<i64, _, ndarray::IxDyn>(slab)?;
                self.block
                    .extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        self.used = 0;
        self.row += rows;
        Ok(())
    }
}

impl Read for Rows<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.block.len() && !self.load_next()? {
            return Ok(0);
        }
        let rest = &self.block[self.used..];
        let n = buffer.len().min(rest.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.used += n;
        Ok(n)
    }
}
