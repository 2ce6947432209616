//! Every metric against a second, deliberately plain implementation, on ten thousand random pairs of
//! vectors: precision and recall counted class by class, ranks by comparing all pairs, covariances
//! as they stand in textbooks.

use lnln_bench::metric::{self, Protocol};

const VECTORS: usize = 10_000;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Values in [-1.2 span, 1.2 span]; half of the vectors on a coarse grid, so that bin edges,
    /// ties and zeros occur.
    fn vector(&mut self, n: usize, span: f64) -> Vec<f32> {
        let grid = if self.next().is_multiple_of(2) {
            10.0
        } else {
            1e9
        };
        let value = |r: &mut Self| ((r.unit() * 2.4 - 1.2) * span * grid).round() / grid;
        (0..n).map(|_| value(self) as f32).collect()
    }
}

fn mean(v: &[f64]) -> f64 {
    v.iter().sum::<f64>() / v.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a), mean(b));
    mean(
        &a.iter()
            .zip(b)
            .map(|(x, y)| (x - ma) * (y - mb))
            .collect::<Vec<_>>(),
    )
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    covariance(a, b) / (covariance(a, a).sqrt() * covariance(b, b).sqrt())
}

/// 1 + number of smaller values + half the number of other equal ones.
fn ranks(v: &[f64]) -> Vec<f64> {
    let rank = |x: &f64| {
        let smaller = v.iter().filter(|y| *y < x).count() as f64;
        let equal = v.iter().filter(|y| *y == x).count() as f64;
        1.0 + smaller + (equal - 1.0) / 2.0
    };
    v.iter().map(rank).collect()
}

fn concordance(a: &[f64], b: &[f64]) -> f64 {
    let gap = mean(a) - mean(b);
    2.0 * covariance(a, b) / (covariance(a, a) + covariance(b, b) + gap * gap)
}

fn accuracy(truth: &[i32], prediction: &[i32]) -> f64 {
    let hits = truth.iter().zip(prediction).filter(|(t, p)| t == p).count();
    hits as f64 / truth.len() as f64
}

/// (F1, support in `truth`) per class of either side.
fn per_class(truth: &[i32], prediction: &[i32]) -> Vec<(f64, f64)> {
    let mut classes = [truth, prediction].concat();
    classes.sort_unstable();
    classes.dedup();
    let f1 = |class: &i32| {
        let said = prediction.iter().filter(|p| *p == class).count() as f64;
        let is = truth.iter().filter(|t| *t == class).count() as f64;
        let pairs = truth.iter().zip(prediction);
        let both = pairs.filter(|(t, p)| t == p && *t == class).count() as f64;
        let (precision, recall) = (both / said, both / is);
        let f1 = 2.0 * precision * recall / (precision + recall);
        (if both > 0.0 { f1 } else { 0.0 }, is)
    };
    classes.iter().map(f1).collect()
}

fn weighted(truth: &[i32], prediction: &[i32]) -> f64 {
    let classes = per_class(truth, prediction);
    classes
        .iter()
        .map(|(f1, support)| f1 * support)
        .sum::<f64>()
        / truth.len() as f64
}

fn macro_f1(truth: &[i32], prediction: &[i32]) -> f64 {
    mean(
        &per_class(truth, prediction)
            .iter()
            .map(|c| c.0)
            .collect::<Vec<_>>(),
    )
}

fn half_to_even(value: f64) -> i32 {
    let below = value.floor();
    match value - below {
        rest if rest < 0.5 => below as i32,
        rest if rest > 0.5 => below as i32 + 1,
        _ if below as i32 % 2 == 0 => below as i32,
        _ => below as i32 + 1,
    }
}

fn mosi(name: &str, p: &[f32], t: &[f32]) -> f64 {
    let (pw, tw) = (wide(p), wide(t));
    let classes = |v: &[f64], limit: f64| -> Vec<i32> {
        v.iter()
            .map(|x| half_to_even(x.max(-limit).min(limit)))
            .collect()
    };
    let non_negative = |v: &[f64]| v.iter().map(|x| i32::from(*x >= 0.0)).collect::<Vec<_>>();
    let positive_kept = |v: &[f64]| -> Vec<i32> {
        let kept = v.iter().zip(&tw).filter(|(_, t)| **t != 0.0);
        kept.map(|(x, _)| i32::from(*x > 0.0)).collect()
    };
    let (ht, hp) = (non_negative(&tw), non_negative(&pw));
    let (nt, np) = (positive_kept(&tw), positive_kept(&pw));
    match name {
        "acc7" => accuracy(&classes(&tw, 3.0), &classes(&pw, 3.0)),
        "acc5" => accuracy(&classes(&tw, 2.0), &classes(&pw, 2.0)),
        "acc3" => accuracy(&classes(&tw, 1.0), &classes(&pw, 1.0)),
        "acc2_has0" => accuracy(&ht, &hp),
        "acc2_non0" => accuracy(&nt, &np),
        "f1_has0" => weighted(&ht, &hp),
        "f1_non0" => weighted(&nt, &np),
        "f1_swapped_has0" => weighted(&hp, &ht),
        "f1_swapped_non0" => weighted(&np, &nt),
        "f1_macro_has0" => macro_f1(&ht, &hp),
        "f1_macro_non0" => macro_f1(&nt, &np),
        "f1_macro7" => macro_f1(&classes(&tw, 3.0), &classes(&pw, 3.0)),
        other => number(other, &pw, &tw),
    }
}

fn sims(name: &str, p: &[f32], t: &[f32]) -> f64 {
    let sample = |v: &[f32]| -> Vec<f32> { v.iter().map(|x| x.clamp(-1.0, 1.0)).collect() };
    let (p, t) = (sample(p), sample(t));
    let two = |v: &[f32]| v.iter().map(|x| i32::from(*x > 0.0)).collect::<Vec<_>>();
    let three = |x: f32| match x {
        x if x <= -0.1_f32 => 0,
        x if x <= 0.1_f32 => 1,
        _ => 2,
    };
    let five = |x: f32| match x {
        x if x <= -0.7_f32 => -1,
        x if x > 0.7_f32 => 3,
        x => three(x),
    };
    let by =
        |v: &[f32], class: &dyn Fn(f32) -> i32| v.iter().map(|x| class(*x)).collect::<Vec<_>>();
    match name {
        "acc5" => accuracy(&by(&t, &five), &by(&p, &five)),
        "acc3" => accuracy(&by(&t, &three), &by(&p, &three)),
        "acc2" => accuracy(&two(&t), &two(&p)),
        "f1" => weighted(&two(&t), &two(&p)),
        "f1_swapped" => weighted(&two(&p), &two(&t)),
        "f1_macro" => macro_f1(&two(&t), &two(&p)),
        "f1_macro5" => macro_f1(&by(&t, &five), &by(&p, &five)),
        other => number(other, &wide(&p), &wide(&t)),
    }
}

fn number(name: &str, p: &[f64], t: &[f64]) -> f64 {
    match name {
        "mae" => mean(
            &p.iter()
                .zip(t)
                .map(|(p, t)| (p - t).abs())
                .collect::<Vec<_>>(),
        ),
        "corr" => pearson(p, t),
        "spearman" => pearson(&ranks(p), &ranks(t)),
        "concordance" => concordance(p, t),
        other => panic!("the plain implementation lacks {other}"),
    }
}

fn wide(v: &[f32]) -> Vec<f64> {
    v.iter().map(|x| f64::from(*x)).collect()
}

/// Largest distance over all metrics and vectors; where ours is undefined the plain value is none.
fn compare(protocol: &Protocol, span: f64, plain: fn(&str, &[f32], &[f32]) -> f64) -> usize {
    let mut random = Random(20_240_929);
    let mut compared = 0;
    for _ in 0..VECTORS {
        let n = 1 + (random.next() % 60) as usize;
        let (p, t) = (random.vector(n, span), random.vector(n, span));
        for metric in protocol.all() {
            let expected = plain(metric.name, &p, &t);
            match (metric.compute)(&p, &t) {
                Ok(ours) => {
                    let distance = (ours - expected).abs();
                    assert!(
                        distance <= 1e-12,
                        "{} of {p:?} {t:?}: {ours}, {expected}",
                        metric.name
                    );
                    compared += 1;
                }
                // One sample, or a vector that happens to be constant.
                Err(_) => assert!(
                    !expected.is_finite() || n == 1,
                    "{} {p:?} {t:?}",
                    metric.name
                ),
            }
        }
    }
    compared
}

#[test]
fn the_metrics_of_mosi_equal_a_plain_implementation() {
    let compared = compare(metric::protocol("mosi").unwrap(), 3.0, mosi);
    assert!(compared > 9 * VECTORS, "{compared}");
}

#[test]
fn the_metrics_of_sims_equal_a_plain_implementation() {
    let compared = compare(metric::protocol("sims").unwrap(), 1.0, sims);
    assert!(compared > 9 * VECTORS, "{compared}");
}
