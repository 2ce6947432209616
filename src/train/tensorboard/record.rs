//! Writes and reads TFRecord: bytes with their length and checksums.
//!
//! Of the crates that write it, none is maintained without bringing more than it does: `tfrecord` builds
//! an HTTPS client and a generator of protocol buffers first.

/// A record: length, masked checksum of the length, bytes, masked checksum of the bytes.
pub fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(bytes.len() + 16);
    record.extend(length);
    record.extend(masked(&length).to_le_bytes());
    record.extend(bytes);
    record.extend(masked(bytes).to_le_bytes());
    record
}

/// The records of a file, up to its end or the first that is incomplete.
pub fn records(mut file: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = file.split_first_chunk::<8>()?;
        let (check, rest) = rest.split_first_chunk::<4>()?;
        let size = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (bytes, rest) = rest.split_at_checked(size)?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let sound = masked(length).to_le_bytes() == *check && masked(bytes).to_le_bytes() == *sum;
        file = rest;
        sound.then_some(bytes)
    })
}

/// The checksum as the format stores it: turned and shifted, since bytes may hold checksums themselves.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// CRC-32C (Castagnoli), bit by bit: the files are small.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg());
    let add = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(!0, add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_its_catalogue() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(b""), 0);
    }

    #[test]
    fn a_file_is_read_up_to_what_is_torn() {
        let mut file = [framed(b"one"), framed(b""), framed(b"three")].concat();
        let all = |file: &[u8]| records(file).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(all(&file), [&b"one"[..], b"", b"three"]);
        assert_eq!(all(&file[..file.len() - 1]).len(), 2);
        assert_eq!(all(&file[..5]).len(), 0);
        let last = file.len() - 6;
        file[last] ^= 1;
        assert_eq!(all(&file).len(), 2);
    }
}
