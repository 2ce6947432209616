//! Writes one column of numbers in blocks.

use hdf5::Hyperslab;
use ndarray::ArrayViewD;

use super::checksum::ColumnHasher;
use super::error::{Error, Result};
use super::schema::{CHUNK_BYTES, Number, chunk_rows};
use super::slab::row_slab;
use super::writer::Writer;

/// Accepts a column's values in row-major order, in pieces of any size, and writes complete chunks.
pub struct ColumnWriter<'w, T: Number> {
    writer: &'w mut Writer,
    /// `None` in a rehearsal.
    dataset: Option<hdf5::Dataset>,
    name: String,
    shape: Vec<usize>,
    /// Rows per write.
    chunk: usize,
    /// Values of rows that do not fill a chunk yet.
    pending: Vec<T>,
    rows_written: usize,
    hasher: ColumnHasher,
}

impl<'w, T: Number> ColumnWriter<'w, T> {
    pub(super) fn new(writer: &'w mut Writer, name: &str, shape: &[usize]) -> Result<Self> {
        let (rows, row) = (
            shape.first().copied().unwrap_or(1),
            shape.iter().skip(1).product(),
        );
        let chunk = chunk_rows(rows, row);
        let large = rows * row * 4 > CHUNK_BYTES;
        let create = |file: &hdf5::File| {
            let mut builder = file.new_dataset::<T>().shape(shape);
            if large {
                let mut dimensions = shape.to_vec();
                dimensions[0] = chunk;
                builder = writer.compression.apply(builder.chunk(dimensions));
            }
            builder
                .create(name)
                .map_err(|e| Error::hdf5(writer.path(), "create a column", &e))
        };
        let dataset = writer.file().map(create).transpose()?;
        Ok(Self {
            writer,
            dataset,
            name: name.to_owned(),
            shape: shape.to_vec(),
            chunk,
            pending: Vec::new(),
            rows_written: 0,
            hasher: ColumnHasher::default(),
        })
    }

    fn row(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Appends values.
    ///
    /// # Errors
    /// [`Error::Count`] beyond the column's end; [`Error::DiskFull`] or [`Error::Hdf5`].
    pub fn push(&mut self, mut values: &[T]) -> Result<()> {
        self.hasher.numbers(values);
        let full = self.chunk * self.row();
        while self.pending.len() + values.len() >= full && full > 0 && !values.is_empty() {
            let (head, tail) = values.split_at(full - self.pending.len());
            self.pending.extend_from_slice(head);
            self.flush()?;
            values = tail;
        }
        self.pending.extend_from_slice(values);
        Ok(())
    }

    /// Writes the pending rows.
    fn flush(&mut self) -> Result<()> {
        let rows = self.pending.len() / self.row().max(1);
        let end = self.rows_written + rows;
        if rows * self.row() != self.pending.len() || end > self.shape.first().copied().unwrap_or(1)
        {
            return Err(self.count(end * self.row()));
        }
        let mut shape = self.shape.clone();
        shape[0] = rows;
        let action = "write a column";
        let view = ArrayViewD::from_shape(shape, &self.pending).map_err(|e| Error::Hdf5 {
            path: self.writer.path().to_owned(),
            action,
            message: e.to_string(),
        })?;
        if let Some(dataset) = &self.dataset {
            dataset
                .write_slice(view, self.slab(self.rows_written, rows))
                .map_err(|e| Error::hdf5(self.writer.path(), action, &e))?;
        }
        self.rows_written = end;
        self.pending.clear();
        Ok(())
    }

    /// Rows `start..start + rows`, all of the other axes.
    fn slab(&self, start: usize, rows: usize) -> Hyperslab {
        row_slab(&self.shape, start, rows)
    }

    fn count(&self, found: usize) -> Error {
        Error::Count {
            path: self.writer.path().to_owned(),
            column: self.name.clone(),
            expected: self.shape.iter().product(),
            found,
        }
    }

    /// Ends the column.
    ///
    /// # Errors
    /// [`Error::Count`] where values are missing; otherwise as [`Self::push`].
    pub fn finish(mut self) -> Result<()> {
        if !self.pending.is_empty() {
            self.flush()?;
        }
        let found = self.rows_written * self.row();
        if found != self.shape.iter().product::<usize>() {
            return Err(self.count(found));
        }
        let hash = self.hasher.finish();
        self.writer
            .register(self.dataset.as_ref(), &self.name, T::NAME, self.shape, hash)
    }
}

impl Writer {
    /// Starts a column of numbers, `train/audio`, of shape (N, ...); all its values follow through
    /// [`ColumnWriter::push`].
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Hdf5`].
    pub fn column<T: Number>(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<ColumnWriter<'_, T>> {
        ColumnWriter::new(self, name, shape)
    }

    /// Writes a complete column of numbers.
    ///
    /// # Errors
    /// As [`Self::column`]; [`Error::Count`] where `values` do not fill `shape`.
    pub fn numbers<T: Number>(&mut self, name: &str, shape: &[usize], values: &[T]) -> Result<()> {
        let mut column = self.column(name, shape)?;
        column.push(values)?;
        column.finish()
    }
}
