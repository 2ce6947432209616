//! Small numbers side by side in bytes, and the bits of masks.

use rayon::prelude::*;

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

/// [`above`] for every floor below `floors`, at most 255, in one pass over the numbers on all threads.
pub(super) fn above_each(data: &[u8], floors: usize) -> Vec<Vec<u8>> {
    // Numbers of a task: they stay in a core's first cache for all floors.
    const SHARE: usize = 16 * 1024;
    let mut planes = vec![vec![0; data.len().div_ceil(8)]; floors];
    let mut rest: Vec<_> = planes
        .iter_mut()
        .map(|bits| bits.chunks_mut(SHARE / 8))
        .collect();
    let mut next = || rest.iter_mut().filter_map(Iterator::next).collect();
    let tasks: Vec<(&[u8], Vec<&mut [u8]>)> =
        data.chunks(SHARE).map(|part| (part, next())).collect();
    tasks.into_par_iter().for_each(|(part, planes)| {
        for (floor, bits) in (0..=u8::MAX).zip(planes) {
            above_into(part, floor, bits);
        }
    });
    planes
}

fn above_into(data: &[u8], floor: u8, bits: &mut [u8]) {
    let (sixteens, rest) = data.as_chunks::<16>();
    let (pairs, _) = bits.as_chunks_mut::<2>();
    for (pair, numbers) in pairs.iter_mut().zip(sixteens) {
        *pair = sixteen(numbers, floor).to_le_bytes();
    }
    let bit = |(place, n): (usize, &u8)| u8::from(*n > floor) << place;
    let bytes = bits[2 * sixteens.len()..].iter_mut().zip(rest.chunks(8));
    bytes.for_each(|(byte, numbers)| *byte = numbers.iter().enumerate().map(bit).sum());
}

/// Which of sixteen numbers lie above `floor`, the first one lowest.
#[cfg(target_arch = "x86_64")]
fn sixteen(numbers: &[u8; 16], floor: u8) -> u16 {
    use std::arch::x86_64::{
        _mm_cmpgt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8, _mm_xor_si128,
    };
    // Compared as numbers with a sign: with the highest bit turned the order is that of bytes.
    const TURN: i8 = i8::MIN;
    // SAFETY: every x86-64 processor has these instructions (SSE2), and the load, which needs no
    // alignment, reads the sixteen bytes of `numbers`.
    unsafe {
        let numbers = _mm_loadu_si128(numbers.as_ptr().cast());
        let numbers = _mm_xor_si128(numbers, _mm_set1_epi8(TURN));
        let above = _mm_cmpgt_epi8(numbers, _mm_set1_epi8(floor as i8 ^ TURN));
        _mm_movemask_epi8(above) as u16
    }
}

/// Which of sixteen numbers lie above `floor`, the first one lowest.
#[cfg(not(target_arch = "x86_64"))]
fn sixteen(numbers: &[u8; 16], floor: u8) -> u16 {
    let bit = |bits, n: &u8| bits << 1 | u16::from(*n > floor);
    numbers.iter().rev().fold(0, bit)
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

    #[test]
    fn every_byte_is_compared_with_every_floor() {
        // Beside every neighbour, since a carry would show there; not a multiple of eight.
        let data: Vec<u8> = (0..=255)
            .chain((0..=255).rev())
            .chain([7, 9, 255])
            .collect();
        let planes = above_each(&data, 255);
        for floor in 0..255 {
            let bits = above(&data, floor);
            assert_eq!(bits.len(), data.len().div_ceil(8));
            for (k, n) in data.iter().enumerate() {
                assert_eq!(bits[k / 8] >> (k % 8) & 1 == 1, *n > floor, "{n} {floor}");
            }
            assert_eq!(planes[usize::from(floor)], bits);
        }
        // More than a task's numbers.
        let many: Vec<u8> = (0..40_001).map(|k| (k % 13) as u8).collect();
        let one_by_one: Vec<_> = (0..11).map(|floor| above(&many, floor)).collect();
        assert_eq!(above_each(&many, 11), one_by_one);
        assert!(above_each(&[], 2).iter().all(Vec::is_empty));
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
