//! Writes NumPy's `.npz`: an uncompressed zip archive of `.npy` arrays.
//!
//! Formats: "NEP 1, a simple file format for NumPy arrays", version 1.0; APPNOTE.TXT of PKWARE,
//! sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).

use std::io::{self, Write};

/// An array of one of the types masks need.
pub(super) struct Array {
    /// NumPy's name of the type: `|b1`, `<f8`, `<U12`.
    descr: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    /// Truth values, row-major.
    pub(super) fn bools(shape: &[usize], values: &[bool]) -> Self {
        Self {
            descr: "|b1".to_owned(),
            shape: shape.to_vec(),
            bytes: values.iter().map(|value| u8::from(*value)).collect(),
        }
    }

    /// Numbers, row-major.
    pub(super) fn floats(shape: &[usize], values: &[f64]) -> Self {
        Self {
            descr: "<f8".to_owned(),
            shape: shape.to_vec(),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    /// Whole numbers, row-major.
    pub(super) fn integers(shape: &[usize], values: &[i64]) -> Self {
        Self {
            descr: "<i8".to_owned(),
            shape: shape.to_vec(),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    /// A list of texts; NumPy pads them with NUL to the longest.
    pub(super) fn texts<S: AsRef<str>>(texts: &[S]) -> Self {
        let longest = texts.iter().map(|text| text.as_ref().chars().count()).max();
        // NumPy has no texts of width 0.
        let width = longest.unwrap_or(0).max(1);
        let mut bytes = Vec::with_capacity(texts.len() * width * 4);
        for text in texts {
            let end = bytes.len() + width * 4;
            bytes.extend(
                text.as_ref()
                    .chars()
                    .flat_map(|c| u32::from(c).to_le_bytes()),
            );
            bytes.resize(end, 0);
        }
        Self {
            descr: format!("<U{width}"),
            shape: vec![texts.len()],
            bytes,
        }
    }

    /// The array as a `.npy` file.
    fn npy(&self) -> Vec<u8> {
        let axes: String = self.shape.iter().map(|n| format!("{n},")).collect();
        let header = format!(
            "{{'descr': '{}', 'fortran_order': False, 'shape': ({axes}), }}",
            self.descr
        );
        // Magic, length and header, with the newline, are padded to a multiple of 64 bytes.
        let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((padded as u16).to_le_bytes());
        file.extend(format!("{header:<0$}\n", padded - 1).bytes());
        file.extend(&self.bytes);
        file
    }
}

/// Writes an archive of arrays by name.
///
/// # Errors
/// Where `out` cannot be written, or an array or the archive reaches 4 GiB.
pub(super) fn write<W: Write>(mut out: W, arrays: &[(String, Array)]) -> io::Result<()> {
    let (mut offset, mut directory) = (0usize, Vec::new());
    for (name, array) in arrays {
        let (name, file) = (format!("{name}.npy"), array.npy());
        let common = common_header(&name, &file)?;
        let mut local = b"PK\x03\x04".to_vec();
        local.extend(&common);
        local.extend(name.bytes());
        out.write_all(&local)?;
        out.write_all(&file)?;
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        // Comment, disk, attributes: none.
        directory.extend([0; 10]);
        directory.extend(word(offset)?.to_le_bytes());
        directory.extend(name.bytes());
        offset += local.len() + file.len();
    }
    out.write_all(&directory)?;
    let count = u16::try_from(arrays.len()).map_err(|_| too_large())?;
    let mut end = b"PK\x05\x06\x00\x00\x00\x00".to_vec();
    end.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    end.extend(word(directory.len())?.to_le_bytes());
    end.extend(word(offset)?.to_le_bytes());
    end.extend([0, 0]);
    out.write_all(&end)
}

/// The fields that a file's local header and its entry in the directory share.
fn common_header(name: &str, file: &[u8]) -> io::Result<Vec<u8>> {
    let size = word(file.len())?.to_le_bytes();
    let name_length = u16::try_from(name.len()).map_err(|_| too_large())?;
    let mut header = Vec::new();
    // Version 2.0, no flags, stored, 1980-01-01 00:00: the same arrays give the same bytes.
    header.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
    header.extend(crc32fast::hash(file).to_le_bytes());
    header.extend([size, size].concat());
    header.extend(name_length.to_le_bytes());
    header.extend([0, 0]);
    Ok(header)
}

fn word(number: usize) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        "an npz of 4 GiB or more; write HDF5 instead",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_have_aligned_headers() {
        let file = Array::texts(&["a", "äbc"]).npy();
        let header = u16::from_le_bytes([file[8], file[9]]) as usize;
        assert_eq!((10 + header) % 64, 0);
        assert!(file[..10 + header].ends_with(b"\n"));
        let text = String::from_utf8_lossy(&file[10..10 + header]).into_owned();
        assert!(text.starts_with("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }"));
        assert_eq!(file.len() - 10 - header, 2 * 3 * 4);
    }

    #[test]
    fn the_directory_names_every_array() {
        let mut bytes = Vec::new();
        let arrays = [
            ("a".to_owned(), Array::bools(&[1, 2], &[true, false])),
            ("b".to_owned(), Array::floats(&[1], &[0.5])),
        ];
        write(&mut bytes, &arrays).unwrap();
        let end = bytes.len() - 22;
        assert_eq!(&bytes[end..end + 4], b"PK\x05\x06");
        let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
        assert_eq!(&bytes[start..start + 4], b"PK\x01\x02");
        assert_eq!(&bytes[..4], b"PK\x03\x04");
    }
}
