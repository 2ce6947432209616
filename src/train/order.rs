//! Derives the seeds of the parts of a run and the order of samples in an epoch.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seed for one purpose of one run: a hash of both, so that no two purposes share a stream.
pub fn seed_for(seed: u64, purpose: &str, epoch: u32) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"lnln-bench/train/seed/v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&epoch.to_le_bytes());
    hasher.update(purpose.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// [`seed_for`] one step of an epoch, steps counted from 0.
pub fn seed_for_step(seed: u64, purpose: &str, epoch: u32, step: usize) -> u64 {
    seed_for(seed, &format!("{purpose}, step {step}"), epoch)
}

/// [`seed_for_step`] one pass of a step, passes counted from 0. The first has the step's own, so that a
/// step in one pass draws what it always drew.
pub fn seed_for_pass(seed: u64, purpose: &str, epoch: u32, step: usize, pass: usize) -> u64 {
    match pass {
        0 => seed_for_step(seed, purpose, epoch, step),
        _ => seed_for_step(seed, &format!("{purpose}, pass {pass}"), epoch, step),
    }
}

/// A permutation of `0..n`, a pure function of (seed, epoch): Fisher-Yates over ChaCha8.
pub fn shuffled(n: usize, seed: u64, epoch: u32) -> Vec<i64> {
    shuffled_for("order", n, seed, epoch)
}

/// [`shuffled`] for another purpose than the main stage of training.
pub fn shuffled_for(purpose: &str, n: usize, seed: u64, epoch: u32) -> Vec<i64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed_for(seed, purpose, epoch));
    let mut order: Vec<i64> = (0..n as i64).collect();
    for i in (1..n).rev() {
        order.swap(i, below(&mut random, i as u64 + 1) as usize);
    }
    order
}

/// Uniform in `0..bound` without bias: words in the incomplete last block are drawn again.
fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let word = random.next_u64();
        if word < limit {
            return word % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation_and_a_pure_function() {
        let mut order = shuffled(100, 1111, 3);
        assert_eq!(order, shuffled(100, 1111, 3));
        assert_ne!(order, shuffled(100, 1111, 4));
        assert_ne!(order, shuffled(100, 1112, 3));
        assert_ne!(order, shuffled_for("order, stage mi", 100, 1111, 3));
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<i64>>());
    }

    #[test]
    fn purposes_do_not_share_a_seed() {
        assert_ne!(seed_for(1, "order", 1), seed_for(1, "dropout", 1));
        assert_ne!(seed_for(1, "order", 1), seed_for(1, "order", 2));
        let step = |step| seed_for_step(1, "dropout", 1, step);
        assert_ne!(step(0), step(1));
        let pass = |pass| seed_for_pass(1, "dropout", 1, 2, pass);
        assert_eq!(pass(0), step(2));
        assert!(pass(1) != pass(0) && pass(1) != pass(2));
    }
}
