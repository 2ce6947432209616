//! Finds lengths that are sorted within batches, as packed sequences in PyTorch need them.

/// Fewest samples of a batch.
const BATCH: usize = 4;

/// Steps against the order for each one with it, at least; samples in any order have as many of both.
const AGAINST: usize = 2;

/// Chance that all breaks of an order lie at multiples of a number that is no batch size. In CMU-MOSI, CH-SIMS and ICT-MMMO
/// breaks have no divisor but 1.
const CHANCE: f64 = 1e-6;

/// The number of samples of the batches within which lengths fall (or rise), and rise (or fall) between them alone.
pub fn batch(lengths: &[i32]) -> Option<usize> {
    let falling = of_order(lengths.windows(2).map(|pair| pair[1] - pair[0]));
    falling.or_else(|| of_order(lengths.windows(2).map(|pair| pair[0] - pair[1])))
}

/// Of steps that are positive at the beginning of a batch alone.
fn of_order(steps: impl Iterator<Item = i32>) -> Option<usize> {
    let (mut size, mut breaks, mut against) = (0, 0, 0);
    for (at, step) in steps.enumerate() {
        if step > 0 {
            size = divisor(at + 1, size);
            breaks += 1;
        }
        against += usize::from(step < 0);
    }
    let is_chance = (1.0 / size as f64).powi(breaks as i32) > CHANCE;
    (size >= BATCH && against >= AGAINST * breaks && !is_chance).then_some(size)
}

/// The greatest common divisor.
fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of 300 samples, in batches that are sorted.
    fn lengths(size: usize, order: impl Fn(&i32) -> i32) -> Vec<i32> {
        let mut all: Vec<i32> = (0..300).map(|i| 5 + i * i * 37 % 41).collect();
        all.chunks_mut(size)
            .for_each(|batch| batch.sort_by_key(&order));
        all
    }

    #[test]
    fn batches_sorted_by_length_are_found() {
        assert_eq!(batch(&lengths(32, |n| -n)), Some(32));
        assert_eq!(batch(&lengths(16, |n| *n)), Some(16));
        assert_eq!(batch(&lengths(1, |n| *n)), None, "in any order");
        assert_eq!(batch(&lengths(300, |n| -n)), None, "all are sorted");
        let mut one_off = lengths(32, |n| -n);
        one_off.remove(40);
        assert_eq!(batch(&one_off), None);
        // Samples of one length, but for a few short ones.
        let few: Vec<i32> = (0..300).map(|i| 50 - i32::from(i % 32 == 31)).collect();
        assert_eq!(batch(&few), None);
    }
}
