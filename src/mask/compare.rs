//! Many small numbers against one: the inner loops of masks, on as wide a register as the processor has.

use std::sync::LazyLock;

/// Numbers to compare with one floor after the other: they stay in a core's first cache for all.
pub(super) const BLOCK: usize = 16 * 1024;

/// Whether the processor compares 32 bytes at once.
static WIDE: LazyLock<bool> = LazyLock::new(|| {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
});

/// Writes which numbers lie above `floor`, a bit each, in a byte the first one lowest; the last byte's
/// bits beyond the numbers are 0.
pub(super) fn above_into(data: &[u8], floor: u8, bits: &mut [u8]) {
    let whole = match *WIDE {
        // SAFETY: the processor has AVX2.
        #[cfg(target_arch = "x86_64")]
        true => unsafe { wide::above_into(data, floor, bits) },
        _ => 0,
    };
    let bit = |(place, n): (usize, &u8)| u8::from(*n > floor) << place;
    let bytes = bits[whole / 8..].iter_mut().zip(data[whole..].chunks(8));
    bytes.for_each(|(byte, numbers)| *byte = numbers.iter().enumerate().map(bit).sum());
}

/// How many numbers lie above `floor`.
pub(super) fn count_above(numbers: &[u8], floor: u8) -> u64 {
    let (whole, count) = match *WIDE {
        // SAFETY: the processor has AVX2.
        #[cfg(target_arch = "x86_64")]
        true => unsafe { wide::count_above(numbers, floor) },
        _ => (0, 0),
    };
    let rest = numbers[whole..].iter();
    count + rest.map(|n| u64::from(*n > floor)).sum::<u64>()
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi64, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_sad_epu8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_sub_epi8, _mm256_xor_si256,
    };

    /// Compared as numbers with a sign: with the highest bit turned the order is that of bytes.
    const TURN: i8 = i8::MIN;

    /// Which of 32 numbers lie above, all bits of a byte set where one does. `floor` is turned already.
    #[target_feature(enable = "avx2")]
    fn above(numbers: &[u8; 32], floor: __m256i) -> __m256i {
        // SAFETY: the load, which needs no alignment, reads the 32 bytes of `numbers`.
        let numbers = unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) };
        _mm256_cmpgt_epi8(_mm256_xor_si256(numbers, _mm256_set1_epi8(TURN)), floor)
    }

    /// Writes the bits of all whole groups of 32; gives how many numbers these are.
    #[target_feature(enable = "avx2")]
    pub(super) fn above_into(data: &[u8], floor: u8, bits: &mut [u8]) -> usize {
        let (groups, _) = data.as_chunks();
        let (words, _) = bits.as_chunks_mut::<4>();
        let floor = _mm256_set1_epi8(floor as i8 ^ TURN);
        for (word, numbers) in words.iter_mut().zip(groups) {
            *word = _mm256_movemask_epi8(above(numbers, floor)).to_le_bytes();
        }
        32 * groups.len()
    }

    /// How many numbers are in whole groups of 32, and how many of those lie above.
    #[target_feature(enable = "avx2")]
    pub(super) fn count_above(numbers: &[u8], floor: u8) -> (usize, u64) {
        let (groups, _) = numbers.as_chunks();
        let (floor, zero) = (_mm256_set1_epi8(floor as i8 ^ TURN), _mm256_setzero_si256());
        let mut sums = zero;
        // As many groups as a byte can count.
        for groups in groups.chunks(255) {
            let one = |counts, numbers| _mm256_sub_epi8(counts, above(numbers, floor));
            let counts = groups.iter().fold(zero, one);
            sums = _mm256_add_epi64(sums, _mm256_sad_epu8(counts, zero));
        }
        // SAFETY: both are 32 bytes of plain numbers.
        let sums: [u64; 4] = unsafe { std::mem::transmute(sums) };
        (32 * groups.len(), sums.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_floor_is_compared_one_by_one() {
        let numbers: Vec<u8> = (0..9000u32).map(|i| (i * 167 % 256) as u8).collect();
        for length in [0, 1, 7, 8, 31, 32, 33, 64, 71, 255, 8160, 8192, 9000] {
            for floor in [0, 1, 126, 127, 128, 254, 255] {
                let numbers = &numbers[..length];
                let above = |n: &u8| *n > floor;
                let mut bits = vec![0xff; length.div_ceil(8)];
                above_into(numbers, floor, &mut bits);
                let bit = |place: usize| bits[place / 8] >> (place % 8) & 1 == 1;
                let found: Vec<bool> = (0..8 * bits.len()).map(bit).collect();
                let mut expected: Vec<bool> = numbers.iter().map(above).collect();
                expected.resize(8 * bits.len(), false);
                assert_eq!(found, expected, "{length} {floor}");
                let count = numbers.iter().filter(|n| above(n)).count();
                assert_eq!(
                    count_above(numbers, floor),
                    count as u64,
                    "{length} {floor}"
                );
            }
        }
    }
}
