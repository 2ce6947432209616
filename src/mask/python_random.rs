//! Python's `random` module: seeding by an integer and sampling without replacement.

use std::collections::HashSet;

use super::numpy_rng::Mt19937;

/// State of Python's module-level generator.
#[derive(Clone)]
pub(super) struct PythonRandom(Mt19937);

impl PythonRandom {
    /// The state after `random.seed(seed)`: the integer's 32-bit words, low word first.
    pub(super) fn from_seed(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        let key = [low, high];
        Self(Mt19937::from_key(if high == 0 { &key[..1] } else { &key }))
    }

    /// `random.sample(range(n), k)`: `k` of the numbers below `n`, in drawn order.
    ///
    /// `k` above `n` is taken as `n`, where Python raises.
    pub(super) fn sample(&mut self, n: u32, k: u32) -> Vec<u32> {
        let k = k.min(n);
        if n <= pool_limit(k) {
            self.sample_pool(n, k)
        } else {
            self.sample_set(n, k)
        }
    }

    /// Draws from a shrinking pool; the last candidate replaces the drawn one.
    fn sample_pool(&mut self, n: u32, k: u32) -> Vec<u32> {
        let mut pool: Vec<u32> = (0..n).collect();
        let mut draw = |left: u32| {
            let chosen = self.below(left) as usize;
            let value = pool[chosen];
            pool[chosen] = pool[left as usize - 1];
            value
        };
        (0..k).map(|i| draw(n - i)).collect()
    }

    /// Draws until a number is new.
    fn sample_set(&mut self, n: u32, k: u32) -> Vec<u32> {
        let mut seen = HashSet::new();
        let mut fresh = || {
            loop {
                let value = self.below(n);
                if seen.insert(value) {
                    return value;
                }
            }
        };
        (0..k).map(|_| fresh()).collect()
    }

    /// A number below `n` (at least 1): as many bits as `n` has, drawn until the result is below.
    fn below(&mut self, n: u32) -> u32 {
        loop {
            // `n` is at least 1, so the shift is at most 31.
            let value = self.0.next_u32() >> n.leading_zeros();
            if value < n {
                return value;
            }
        }
    }
}

/// Largest population for which Python keeps a pool: 21, and for k > 5 the smallest power of 4
/// that is at least 3k on top.
fn pool_limit(k: u32) -> u32 {
    if k <= 5 {
        return 21;
    }
    let target = k.saturating_mul(3);
    let power = std::iter::successors(Some(1u32), |p| p.checked_mul(4)).find(|p| *p >= target);
    power.map_or(u32::MAX, |power| power.saturating_add(21))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by CPython: (seed, n, k, `random.sample(range(n), k)`).
    #[test]
    fn matches_cpython() {
        let sample = |seed, n, k| PythonRandom::from_seed(seed).sample(n, k);
        assert_eq!(sample(1111, 5, 2), [1, 4]);
        assert_eq!(sample(1111, 22, 5), [6, 11, 20, 4, 14]);
        assert_eq!(sample(1111, 23, 6), [6, 22, 11, 4, 20, 14]);
        assert_eq!(sample(1111, 300, 6), [111, 101, 176, 72, 186, 228]);
        assert_eq!(sample(1111, 1000, 3), [222, 202, 352]);
    }

    #[test]
    fn a_wide_seed_uses_both_words() {
        let mut generator = PythonRandom::from_seed((1 << 40) + 5);
        assert_eq!(generator.0.next_u32(), 2_166_296_868);
        assert_eq!(generator.sample(10, 4), [8, 4, 0, 9]);
    }

    #[test]
    fn edges() {
        let mut generator = PythonRandom::from_seed(1);
        assert!(generator.sample(0, 0).is_empty());
        assert_eq!(generator.sample(1, 1), [0]);
        assert_eq!(generator.sample(3, 9).len(), 3);
    }
}
