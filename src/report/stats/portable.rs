//! Exponential and logarithm by arithmetic alone, so that p-values have the same bits on every machine: those
//! of C libraries differ in their last ones.

/// ln 2 in two parts, the first of which has trailing zeros: a multiple of it is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// ln of a positive, normal number: 2 atanh((m - 1) / (m + 1)) of its significand m, by its series.
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let significand = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let (m, exponent) = if significand > std::f64::consts::SQRT_2 {
        (significand / 2.0, exponent + 1)
    } else {
        (significand, exponent)
    };
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    // The first of |s| < 0.172 left out is below 1e-18.
    let series = (0..11u8)
        .rev()
        .fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    let e = exponent as f64;
    e * LN_2[0] + (2.0 * s * series + e * LN_2[1])
}

/// e^x by its series after the multiple of ln 2 next to x; 0 below -708.
pub fn exp(x: f64) -> f64 {
    if x < -708.0 {
        return 0.0;
    }
    let k = (x / std::f64::consts::LN_2).round();
    let rest = (x - k * LN_2[0]) - k * LN_2[1];
    // |rest| < 0.35: the first term left out is below 1e-18.
    let series = (1..16u8)
        .rev()
        .fold(1.0, |sum, n| 1.0 + sum * rest / f64::from(n));
    series * f64::from_bits(((k as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_equal_those_of_the_c_library_but_for_last_bits() {
        for i in 0..4000 {
            let x = (f64::from(i) - 2000.0) * 0.35;
            let (found, expected) = (exp(x), x.exp());
            assert!(
                (found / expected - 1.0).abs() < 1e-14 || expected < 1e-307,
                "{x}"
            );
            if expected > 1e-300 {
                let (found, expected) = (ln(expected * 1.37), (expected * 1.37).ln());
                assert!(
                    (found - expected).abs() <= 4e-16 * expected.abs().max(1.0),
                    "{x}"
                );
            }
        }
    }
}
