//! Places labels near where they belong without letting them overlap.

/// Positions as near as possible (least squares) to the `wanted` ones, at least `gap` apart, in
/// the order of `wanted`, within `low..=high` where there is room. `wanted` ascends.
pub fn dodge(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let n = wanted.len();
    if n == 0 {
        return Vec::new();
    }
    let gap = gap.min((high - low) / (n.max(2) - 1) as f64);
    let offset = |i: usize| i as f64 * gap;
    let shifted: Vec<f64> = wanted
        .iter()
        .enumerate()
        .map(|(i, w)| w - offset(i))
        .collect();
    let top = high - offset(n - 1);
    let place = |(i, x): (usize, f64)| x.clamp(low, top.max(low)) + offset(i);
    isotonic(&shifted)
        .into_iter()
        .enumerate()
        .map(place)
        .collect()
}

/// The nearest non-descending sequence, by pooling adjacent violators.
fn isotonic(values: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let mut pool = (*value, 1);
        while let Some((mean, n)) = pools.pop_if(|(mean, _)| *mean > pool.0) {
            let total = n + pool.1;
            pool.0 = (mean * n as f64 + pool.0 * pool.1 as f64) / total as f64;
            pool.1 = total;
        }
        pools.push(pool);
    }
    let each = pools
        .into_iter()
        .flat_map(|(mean, n)| std::iter::repeat_n(mean, n));
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_room_stay_and_crowded_ones_spread_around_their_middle() {
        assert_eq!(dodge(&[10.0, 50.0], 10.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(
            dodge(&[50.0, 50.0, 50.0], 10.0, 0.0, 100.0),
            [40.0, 50.0, 60.0]
        );
    }

    #[test]
    fn labels_stay_within_the_frame() {
        assert_eq!(dodge(&[99.0, 100.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
        assert_eq!(dodge(&[5.0, 5.0, 5.0], 10.0, 0.0, 10.0), [0.0, 5.0, 10.0]);
        assert!(dodge(&[], 10.0, 0.0, 1.0).is_empty());
    }
}
