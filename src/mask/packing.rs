//! Packs small numbers and the bits of masks into bytes.

/// Bits per number for numbers up to `largest`: 1, 2, 4 or 8, so that none straddles two bytes.
pub(super) fn bits_for(largest: usize) -> u32 {
    match largest {
        0..=1 => 1,
        2..=3 => 2,
        4..=15 => 4,
        _ => 8,
    }
}

/// Bytes of a row of `steps` numbers.
pub(super) fn row_bytes(steps: usize, bits: u32) -> usize {
    steps.div_ceil(8 / bits as usize)
}

/// Packs rows of `steps` numbers below `2^bits`; every row starts a byte, and the first number is
/// in the lowest bits of its byte.
pub(super) fn pack(data: &[u8], steps: usize, bits: u32) -> Vec<u8> {
    let byte = |numbers: &[u8]| (numbers.iter().rev()).fold(0, |byte, n| shift(byte, bits) | n);
    let rows = data.chunks(steps.max(1));
    rows.flat_map(|row| row.chunks(8 / bits as usize).map(byte))
        .collect()
}

/// Undoes [`pack`].
pub(super) fn unpack(packed: &[u8], steps: usize, bits: u32) -> Vec<u8> {
    let largest = u8::MAX >> (8 - bits);
    let numbers = |byte: &u8| {
        let byte = *byte;
        (0..8 / bits).map(move |index| byte >> (index * bits) & largest)
    };
    let rows = packed.chunks(row_bytes(steps, bits).max(1));
    rows.flat_map(|row| row.iter().flat_map(numbers).take(steps))
        .collect()
}

/// Which numbers are above `threshold`: one bit per number without gaps, the first number in the lowest
/// bit of the first byte. The last byte is filled with zeros.
pub(super) fn above(data: &[u8], threshold: u8) -> Vec<u8> {
    let (groups, rest) = data.as_chunks::<8>();
    let mut bits: Vec<u8> = groups
        .iter()
        .map(|group| above_of_eight(u64::from_le_bytes(*group), threshold))
        .collect();
    if !rest.is_empty() {
        let mut group = [0; 8];
        group[..rest.len()].copy_from_slice(rest);
        // The zeros at the end are above no threshold.
        bits.push(above_of_eight(u64::from_le_bytes(group), threshold));
    }
    bits
}

/// Compares the eight bytes of `numbers` at once; bit i is set if byte i is above `threshold`.
fn above_of_eight(numbers: u64, threshold: u8) -> u8 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    // The highest bit of each byte of the sum is set where the lower seven bits are above those of the
    // threshold; no byte carries into the next.
    let lower = (numbers & !HIGH) + u64::from(0x7f - (threshold & 0x7f)) * ONES;
    let above = if threshold < 0x80 {
        lower | numbers
    } else {
        lower & numbers
    };
    // Bit i of the lowest byte is the highest bit of byte i; other bytes get garbage.
    let mut bits = (above & HIGH) >> 7;
    bits |= bits >> 7;
    bits |= bits >> 14;
    bits |= bits >> 28;
    bits as u8
}

/// A byte moved up by `bits`, 8 included.
fn shift(byte: u8, bits: u32) -> u8 {
    byte.checked_shl(bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_number_is_in_the_lowest_bits() {
        assert_eq!(pack(&[1, 2, 3, 4, 5, 6], 3, 4), [0x21, 0x03, 0x54, 0x06]);
        assert_eq!(pack(&[1, 0, 1, 1], 2, 1), [0b01, 0b11]);
        assert_eq!(
            [1, 2, 3, 4, 15, 16, 255].map(bits_for),
            [1, 2, 2, 4, 4, 8, 8]
        );
        assert!(pack(&[], 0, 4).is_empty() && unpack(&[], 0, 4).is_empty());
    }

    #[test]
    fn every_byte_is_compared_with_every_threshold() {
        let data: Vec<u8> = (0..9000u32).map(|i| (i * 167 % 256) as u8).collect();
        for length in [0, 1, 7, 8, 9, 63, 64, 255, 9000] {
            for threshold in 0..=u8::MAX {
                let data = &data[..length];
                let bits = above(data, threshold);
                let bit = |k: usize| bits[k / 8] >> (k % 8) & 1 == 1;
                let found: Vec<bool> = (0..8 * bits.len()).map(bit).collect();
                let mut expected: Vec<bool> = data.iter().map(|n| *n > threshold).collect();
                expected.resize(8 * length.div_ceil(8), false);
                assert_eq!(found, expected, "{length} {threshold}");
            }
        }
    }

    proptest! {
        #[test]
        fn packing_is_undone(
            steps in 1usize..20, rows in 0usize..4, largest in 1usize..=255, seed: u64,
        ) {
            let bits = bits_for(largest);
            let data: Vec<u8> = (0..rows * steps)
                .map(|i| ((seed.wrapping_mul(i as u64 + 1) >> 13) % (largest as u64 + 1)) as u8)
                .collect();
            let packed = pack(&data, steps, bits);
            prop_assert_eq!(packed.len(), rows * row_bytes(steps, bits));
            prop_assert_eq!(unpack(&packed, steps, bits), data);
        }
    }
}
