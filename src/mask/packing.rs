//! Small numbers side by side in bytes, and the bits of masks.

use super::compare::above_into;

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

/// Packs rows of `steps` numbers below `2^bits`; every row starts a byte, and within a byte the
/// first number lies lowest.
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
        (0..8 / bits).map(move |place| byte >> (place * bits) & largest)
    };
    let rows = packed.chunks(row_bytes(steps, bits).max(1));
    rows.flat_map(|row| row.iter().flat_map(numbers).take(steps))
        .collect()
}

/// Which numbers lie above `floor`, a bit each without gaps, in a byte the first one lowest.
pub(super) fn above(data: &[u8], floor: u8) -> Vec<u8> {
    let mut bits = vec![0; data.len().div_ceil(8)];
    above_into(data, floor, &mut bits);
    bits
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
    fn the_first_number_lies_lowest() {
        assert_eq!(pack(&[1, 2, 3, 4, 5, 6], 3, 4), [0x21, 0x03, 0x54, 0x06]);
        assert_eq!(pack(&[1, 0, 1, 1], 2, 1), [0b01, 0b11]);
        assert_eq!(
            [1, 2, 3, 4, 15, 16, 255].map(bits_for),
            [1, 2, 2, 4, 4, 8, 8]
        );
        assert!(pack(&[], 0, 4).is_empty() && unpack(&[], 0, 4).is_empty());
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
