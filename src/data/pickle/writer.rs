//! Writes pickles of protocol 4 as numpy does, without a memo.
//!
//! Containers are opened and closed by calls, so that a column need not be in memory.

use std::io::{self, Write};

use super::opcode as op;

/// Writes one pickle.
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Starts a pickle.
    ///
    /// # Errors
    /// As for every method: if `out` cannot be written.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&[op::PROTO, 4])?;
        Ok(Self { out })
    }

    /// Ends the pickle and returns the output, not flushed.
    pub fn finish(mut self) -> io::Result<W> {
        self.op(op::STOP)?;
        Ok(self.out)
    }

    /// Opens a dict; keys and values follow in turn, then [`Self::end_dict`].
    pub fn begin_dict(&mut self) -> io::Result<()> {
        self.out.write_all(&[op::EMPTY_DICT, op::MARK])
    }

    /// Closes the dict opened last.
    pub fn end_dict(&mut self) -> io::Result<()> {
        self.op(op::SETITEMS)
    }

    /// Opens a list; its items follow, then [`Self::end_list`].
    pub fn begin_list(&mut self) -> io::Result<()> {
        self.out.write_all(&[op::EMPTY_LIST, op::MARK])
    }

    /// Closes the list opened last.
    pub fn end_list(&mut self) -> io::Result<()> {
        self.op(op::APPENDS)
    }

    /// A string, also as a key.
    pub fn str(&mut self, text: &str) -> io::Result<()> {
        match u8::try_from(text.len()) {
            Ok(len) => self.out.write_all(&[op::SHORT_BINUNICODE, len])?,
            Err(_) => {
                self.op(op::BINUNICODE8)?;
                self.out.write_all(&(text.len() as u64).to_le_bytes())?;
            }
        }
        self.out.write_all(text.as_bytes())
    }

    /// An integer.
    pub fn int(&mut self, value: i64) -> io::Result<()> {
        if let Ok(small) = u8::try_from(value) {
            return self.out.write_all(&[op::BININT1, small]);
        }
        if let Ok(medium) = i32::try_from(value) {
            self.op(op::BININT)?;
            return self.out.write_all(&medium.to_le_bytes());
        }
        self.out.write_all(&[op::LONG1, 8])?;
        self.out.write_all(&value.to_le_bytes())
    }

    /// A float.
    pub fn float(&mut self, value: f64) -> io::Result<()> {
        self.op(op::BINFLOAT)?;
        self.out.write_all(&value.to_be_bytes())
    }

    /// A list of strings.
    pub fn str_list<S: AsRef<str>>(&mut self, items: &[S]) -> io::Result<()> {
        self.begin_list()?;
        items.iter().try_for_each(|item| self.str(item.as_ref()))?;
        self.end_list()
    }

    /// A list of integers.
    pub fn int_list(&mut self, items: &[i64]) -> io::Result<()> {
        self.begin_list()?;
        items.iter().try_for_each(|item| self.int(*item))?;
        self.end_list()
    }

    /// A float64 array in row-major order.
    pub fn f64_array(&mut self, shape: &[usize], values: &[f64]) -> io::Result<()> {
        self.numbers("f8", shape, values, |v| v.to_le_bytes())
    }

    /// A float32 array in row-major order.
    pub fn f32_array(&mut self, shape: &[usize], values: &[f32]) -> io::Result<()> {
        self.numbers("f4", shape, values, |v| v.to_le_bytes())
    }

    /// An int64 array in row-major order.
    pub fn i64_array(&mut self, shape: &[usize], values: &[i64]) -> io::Result<()> {
        self.numbers("i8", shape, values, |v| v.to_le_bytes())
    }

    /// A `<U` array as wide as its longest string.
    pub fn unicode_array<S: AsRef<str>>(&mut self, items: &[S]) -> io::Result<()> {
        // numpy has no text of width zero.
        let width = items
            .iter()
            .map(|s| s.as_ref().chars().count())
            .max()
            .unwrap_or(0)
            .max(1);
        self.array(
            &format!("U{width}"),
            &[items.len()],
            items.len() * width * 4,
            |out| {
                for item in items {
                    let padding = std::iter::repeat('\0');
                    for c in item.as_ref().chars().chain(padding).take(width) {
                        out.write_all(&u32::from(c).to_le_bytes())?;
                    }
                }
                Ok(())
            },
        )
    }

    fn numbers<T: Copy, const N: usize>(
        &mut self,
        code: &str,
        shape: &[usize],
        values: &[T],
        bytes: impl Fn(T) -> [u8; N],
    ) -> io::Result<()> {
        if shape.iter().product::<usize>() != values.len() {
            let message = format!("{} values for an array of shape {shape:?}", values.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.array(code, shape, values.len() * N, |out| {
            values
                .iter()
                .try_for_each(|value| out.write_all(&bytes(*value)))
        })
    }

    /// A little-endian row-major array whose payload of `len` bytes `payload` writes.
    pub fn array(
        &mut self,
        code: &str,
        shape: &[usize],
        len: usize,
        payload: impl FnOnce(&mut W) -> io::Result<()>,
    ) -> io::Result<()> {
        self.global("numpy.core.multiarray", "_reconstruct")?;
        self.global("numpy", "ndarray")?;
        self.int(0)?;
        self.out.write_all(&[
            op::TUPLE1,
            op::SHORT_BINBYTES,
            1,
            b'b',
            op::TUPLE3,
            op::REDUCE,
        ])?;
        self.op(op::MARK)?;
        self.int(1)?;
        self.op(op::MARK)?;
        shape.iter().try_for_each(|n| self.int(*n as i64))?;
        self.op(op::TUPLE)?;
        self.dtype(code)?;
        self.out.write_all(&[op::NEWFALSE, op::BINBYTES8])?;
        self.out.write_all(&(len as u64).to_le_bytes())?;
        payload(&mut self.out)?;
        self.out.write_all(&[op::TUPLE, op::BUILD])
    }

    /// `dtype(code, False, True)` and its state: version 3, little-endian, no structure.
    fn dtype(&mut self, code: &str) -> io::Result<()> {
        let size: i64 = match code.strip_prefix('U').map(str::parse::<i64>) {
            Some(Ok(width)) => 4 * width,
            _ => -1,
        };
        let (alignment, flags) = if size < 0 { (-1, 0) } else { (4, 8) };
        self.global("numpy", "dtype")?;
        self.str(code)?;
        self.out
            .write_all(&[op::NEWFALSE, op::NEWTRUE, op::TUPLE3, op::REDUCE, op::MARK])?;
        self.int(3)?;
        self.str("<")?;
        self.out.write_all(&[op::NONE, op::NONE, op::NONE])?;
        for field in [size, alignment, flags] {
            self.int(field)?;
        }
        self.out.write_all(&[op::TUPLE, op::BUILD])
    }

    fn global(&mut self, module: &str, name: &str) -> io::Result<()> {
        self.str(module)?;
        self.str(name)?;
        self.op(op::STACK_GLOBAL)
    }

    fn op(&mut self, opcode: u8) -> io::Result<()> {
        self.out.write_all(&[opcode])
    }
}
