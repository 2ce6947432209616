//! Tells lengths that were stored in one byte: 300 became 44.

/// What one byte holds, and samples whose frames go on by a multiple of it behind their length: by chance none of 250 does.
const BYTE: usize = 256;
const SAMPLES: usize = 4;

/// Part of the samples that go on at all; others may end in a frame of zeros.
const PART: f64 = 0.8;

/// Whether the frames of samples, by where they end, go on behind lengths as if these had lost all but one byte.
pub fn in_one_byte(ends: &[usize], lengths: &[usize]) -> bool {
    let pairs = ends.iter().zip(lengths);
    let behind = pairs.filter_map(|(end, length)| end.checked_sub(*length).filter(|n| *n > 0));
    let behind: Vec<usize> = behind.collect();
    let wrapped = behind.iter().filter(|n| n.is_multiple_of(BYTE)).count();
    let are_bytes = lengths.iter().all(|length| *length < BYTE);
    are_bytes && wrapped >= SAMPLES && wrapped as f64 >= PART * behind.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_lost_all_but_one_byte_are_told() {
        let ends: Vec<usize> = (0..40).map(|row| 20 + row * 7).collect();
        let found = |length: &dyn Fn(usize) -> usize| {
            in_one_byte(&ends, &ends.iter().map(|n| length(*n)).collect::<Vec<_>>())
        };
        assert!(found(&|n| n % BYTE));
        assert!(!found(&|n| n), "sound");
        assert!(!found(&|n| n.min(255)), "cut");
        assert!(!found(&|n| n / 2), "halved");
        assert!(
            !in_one_byte(
                &ends[..37],
                &ends[..37].iter().map(|n| n % BYTE).collect::<Vec<_>>()
            ),
            "three"
        );
    }
}
