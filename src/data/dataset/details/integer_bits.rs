//! Tells whole numbers that are the bits of floats.

/// Values other than zero without which nothing is told.
const VALUES: u64 = 1000;

/// Least part of the values that lie where the bits of small floats do, and of those of either sign. Features of CMU-MOSI
/// have 0.98 there once they are bits; whole numbers that are none have nothing there, or one band.
const PART: f64 = 0.95;
const EITHER: f64 = 0.1;

/// A type of floats: the integers of positive ones between about 0.001 and 900, and what the sign adds.
struct Kind {
    name: &'static str,
    band: (f64, f64),
    sign: f64,
}

/// The narrow band of bfloat16 lies within that of float16.
const KINDS: [Kind; 3] = [
    Kind {
        name: "bfloat16",
        band: (15_000.0, 17_500.0),
        sign: 32_768.0,
    },
    Kind {
        name: "float16",
        band: (5_120.0, 25_360.0),
        sign: 32_768.0,
    },
    Kind {
        name: "float32",
        band: (983_040_000.0, 1_146_880_000.0),
        sign: 2_147_483_648.0,
    },
];

/// Values of a column, looked at until one is no whole number.
#[derive(Clone, Debug, Default)]
pub struct IntegerBits {
    has_fraction: bool,
    values: u64,
    /// By type, those of positive and of negative floats.
    found: [[u64; 2]; KINDS.len()],
}

impl IntegerBits {
    /// Adds the values of a sample other than zero.
    pub fn add(&mut self, sample: &[f32]) {
        if self.has_fraction {
            return;
        }
        for value in sample.iter().filter(|value| **value != 0.0) {
            if value.fract() != 0.0 {
                self.has_fraction = true;
                return;
            }
            self.values += 1;
            for (kind, found) in KINDS.iter().zip(&mut self.found) {
                if let Some(sign) = kind.sign_of(f64::from(*value)) {
                    found[sign] += 1;
                }
            }
        }
    }

    /// The type whose bits the values are.
    pub fn kind(&self) -> Option<&'static str> {
        if self.has_fraction || self.values < VALUES {
            return None;
        }
        let values = self.values as f64;
        let both = KINDS.iter().zip(&self.found);
        let mut named = both.filter(|(_, [positive, negative])| {
            let least = EITHER * values;
            (positive + negative) as f64 >= PART * values
                && *positive as f64 >= least
                && *negative as f64 >= least
        });
        named.next().map(|(kind, _)| kind.name)
    }
}

impl Kind {
    /// 0 for the bits of a positive float, 1 for those of a negative one, read with or without a sign.
    fn sign_of(&self, value: f64) -> Option<usize> {
        let bits = [value, value - self.sign, value + self.sign];
        let within = |bits: &f64| (self.band.0..=self.band.1).contains(bits);
        bits.iter().position(within).map(|at| at.min(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(value: impl Fn(u32) -> f32) -> Option<&'static str> {
        let mut bits = IntegerBits::default();
        let all: Vec<f32> = (0..6_000).map(value).collect();
        bits.add(&all);
        bits.kind()
    }

    /// A number like those of features, without order.
    fn feature(i: u32) -> f32 {
        let mixed = f64::from(i.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
        6.0 * (mixed - 0.5) as f32
    }

    #[test]
    fn bits_are_told_from_features() {
        let bits = |i: u32| feature(i).to_bits();
        assert_eq!(kind(|i| (bits(i) >> 16) as f32), Some("bfloat16"));
        assert_eq!(
            kind(|i| f32::from((bits(i) >> 16) as i16)),
            Some("bfloat16")
        );
        assert_eq!(kind(|i| bits(i) as f32), Some("float32"));
        assert_eq!(kind(|i| (bits(i) as i32) as f32), Some("float32"));
        assert_eq!(kind(feature), None);
    }

    #[test]
    fn bits_of_half_precision_are_told() {
        // Exponent and fraction of half precision are those of single precision, cut.
        let half = |value: f32| {
            let bits = value.to_bits();
            let size = ((bits & 0x7fff_ffff) >> 13).saturating_sub((127 - 15) << 10);
            (size | (bits >> 31) << 15) as f32
        };
        assert_eq!(kind(|i| half(feature(i))), Some("float16"));
        assert_eq!(kind(|i| half(feature(i).abs())), None, "one sign");
    }

    #[test]
    fn other_whole_numbers_are_none() {
        assert_eq!(kind(|i| (i % 50_000) as f32), None, "counts");
        assert_eq!(
            kind(|i| (i * 977 % 50_265) as f32),
            None,
            "numbers of words"
        );
        assert_eq!(kind(|i| 1_070_000_000.0 + i as f32), None, "times");
        assert_eq!(
            kind(|i| ((i * 977) % 65_536) as f32 - 32_768.0),
            None,
            "sound"
        );
        assert_eq!(kind(|_| 0.0), None);
    }
}
