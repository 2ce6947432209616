//! MT19937, the generator behind `numpy.random.seed` and Python's `random.seed`.
//!
//! Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
//! pseudorandom number generator", ACM TOMACS 8 (1998), with the seeding of 2002.

const N: usize = 624;
const M: usize = 397;

/// Generator state; the words and the seeding routines are those of NumPy's legacy generator.
#[derive(Clone)]
pub struct Mt19937 {
    words: [u32; N],
    next: usize,
}

impl Mt19937 {
    /// The state after `numpy.random.seed(seed)` (Knuth's initialization).
    pub(super) fn from_seed(seed: u32) -> Self {
        let mut words = [seed; N];
        for i in 1..N {
            let previous = words[i - 1];
            let mixed = (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253);
            words[i] = mixed.wrapping_add(i as u32);
        }
        Self { words, next: N }
    }

    /// The state after initialization with a list of words, as `random.seed` does it.
    pub(super) fn from_key(key: &[u32]) -> Self {
        let mut state = Self::from_seed(19_650_218);
        let words = &mut state.words;
        let mut i = 1;
        for k in 0..N.max(key.len()) {
            let j = k % key.len();
            let mixed = mix(words[i - 1], 1_664_525) ^ words[i];
            words[i] = mixed.wrapping_add(key[j]).wrapping_add(j as u32);
            i = advance(words, i);
        }
        for _ in 1..N {
            let mixed = mix(words[i - 1], 1_566_083_941) ^ words[i];
            words[i] = mixed.wrapping_sub(i as u32);
            i = advance(words, i);
        }
        words[0] = 0x8000_0000;
        state
    }

    /// The next 32 raw bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        let word = self.words[self.next];
        self.next += 1;
        temper(word)
    }

    /// The next float64 of [0, 1) with 53 random bits, two words per draw: NumPy's `random_sample`.
    pub(super) fn double(&mut self) -> f64 {
        let (high, low) = (self.next_u32(), self.next_u32());
        double(high, low)
    }

    /// Fills a row with what as many calls of [`Self::double`] would give, straight from the words.
    pub(super) fn fill(&mut self, mut row: &mut [f64]) {
        while !row.is_empty() {
            let (pairs, _) = self.words[self.next..].as_chunks::<2>();
            let now = pairs.len().min(row.len());
            for (number, [high, low]) in row.iter_mut().zip(pairs) {
                *number = double(temper(*high), temper(*low));
            }
            self.next += 2 * now;
            row = &mut row[now..];
            // The state is used up, or the pair of words spans two states.
            if let Some(number) = row.first_mut() {
                *number = self.double();
                row = &mut row[1..];
            }
        }
    }

    /// The next `n` doubles.
    pub(super) fn doubles(&mut self, n: usize) -> Vec<f64> {
        let mut row = vec![0.0; n];
        self.fill(&mut row);
        row
    }

    /// Computes the next state, in ranges that read only what was written before, so that the
    /// compiler vectorizes them.
    fn twist(&mut self) {
        let words = &mut self.words;
        for i in 0..N - M {
            words[i] = words[i + M] ^ twisted(words[i], words[i + 1]);
        }
        for i in N - M..N - 1 {
            words[i] = words[i + M - N] ^ twisted(words[i], words[i + 1]);
        }
        words[N - 1] = words[M - 1] ^ twisted(words[N - 1], words[0]);
        self.next = 0;
    }
}

fn twisted(word: u32, next: u32) -> u32 {
    let y = (word & 0x8000_0000) | (next & 0x7fff_ffff);
    (y >> 1) ^ ((y & 1).wrapping_neg() & 0x9908_b0df)
}

fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

fn double(high: u32, low: u32) -> f64 {
    let (high, low) = (f64::from(high >> 5), f64::from(low >> 6));
    (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
}

fn mix(word: u32, multiplier: u32) -> u32 {
    (word ^ (word >> 30)).wrapping_mul(multiplier)
}

/// The word after `i`, skipping word 0, which only ever repeats the last one.
fn advance(words: &mut [u32; N], i: usize) -> usize {
    if i + 1 < N {
        return i + 1;
    }
    words[0] = words[N - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published output of the authors' own test program, key {0x123, 0x234, 0x345, 0x456}.
    #[test]
    fn matches_the_authors_vector() {
        let mut generator = Mt19937::from_key(&[0x123, 0x234, 0x345, 0x456]);
        let words: Vec<u32> = (0..5).map(|_| generator.next_u32()).collect();
        assert_eq!(
            words,
            [1067595299, 955945823, 477289528, 4107218783, 4228976476]
        );
    }

    /// The first numbers of `numpy.random.seed(1111)`, and two far ones.
    #[test]
    fn matches_numpy_seed_1111() {
        let stream = Mt19937::from_seed(1111).doubles(686 * 50);
        let first = [
            0.09554919920876204,
            0.9250037018616327,
            0.34357342320721895,
            0.3104769418698441,
            0.002009839949097536,
        ];
        assert_eq!(stream[..5], first);
        assert_eq!(stream[50], 0.05602729222966918);
        assert_eq!(stream[686 * 50 - 1], 0.2582600432862542);
    }

    #[test]
    fn rows_are_filled_with_single_draws() {
        for (before, n) in [(0, 1000), (1, 1000), (623, 3), (624, 312), (5, 0)] {
            let mut single = Mt19937::from_seed(7);
            for _ in 0..before {
                single.next_u32();
            }
            let mut filled = single.clone();
            let row = filled.doubles(n);
            assert!(
                row.iter().all(|u| *u == single.double()),
                "{n} after {before}"
            );
            assert_eq!(filled.next_u32(), single.next_u32());
        }
    }
}
