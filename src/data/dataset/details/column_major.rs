//! Compares the sizes of values in each dimension with those they have where the array is read in column-major order.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 600;

/// Dimensions, and values, without which nothing is told.
const DIMENSIONS: usize = 5;
const VALUES: f64 = 1000.0;

/// Part of the variance of sizes that dimensions explain: of the right order at least, and of the wrong one at most. In CMU-MOSI,
/// CH-SIMS and ICT-MMMO the dimensions of the other order explain 0.14 at most.
const RIGHT: f64 = 0.5;
const WRONG: f64 = 0.05;

/// Sums over the values other than zero of a split.
#[derive(Clone, Debug, Default)]
pub struct ColumnMajor {
    squares: f64,
    own: Vec<Sum>,
    other: Vec<Sum>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    sum: f64,
}

impl ColumnMajor {
    /// Adds a sample of `width` values a frame, by its row of `rows`.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if width < DIMENSIONS || !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        self.own.resize(width, Sum::default());
        self.other.resize(width, Sum::default());
        // Values of a dimension that follow each other in the other order.
        let each = rows * sample.len() / width;
        for (at, value) in sample.iter().enumerate() {
            if *value == 0.0 || !value.is_finite() {
                continue;
            }
            let size = size(*value);
            self.squares += size * size;
            self.own[at % width].add(size);
            self.other[(row * sample.len() + at) / each].add(size);
        }
    }

    /// The parts of the variance that the dimensions of the other order and the own ones explain, where those are the right ones.
    pub fn found(&self) -> Option<[f64; 2]> {
        let all = self.own.iter().fold(Sum::default(), |all, one| Sum {
            count: all.count + one.count,
            sum: all.sum + one.sum,
        });
        let total = self.squares - all.between();
        let part = |sums: &[Sum]| {
            let between: f64 = sums.iter().map(Sum::between).sum();
            (between - all.between()) / total
        };
        let parts = [part(&self.other), part(&self.own)];
        let is_found = all.count >= VALUES && parts[0] >= RIGHT && parts[1] <= WRONG;
        is_found.then_some(parts)
    }
}

impl Sum {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
    }

    fn between(&self) -> f64 {
        self.sum * self.sum / self.count.max(1.0)
    }
}

/// The power of two of a value.
fn size(value: f32) -> f64 {
    f64::from((value.to_bits() >> 23) & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 40;
    const STEPS: usize = 6;
    const WIDTH: usize = 8;

    fn found(value: impl Fn(usize) -> f32) -> Option<[f64; 2]> {
        let mut orders = ColumnMajor::default();
        for row in 0..ROWS {
            let size = STEPS * WIDTH;
            let sample: Vec<f32> = (0..size).map(|at| value(row * size + at)).collect();
            orders.add(&sample, WIDTH, (row, ROWS));
        }
        orders.found()
    }

    /// A value of a dimension, each ten times as large as the one before.
    fn value(at: usize, dimension: usize) -> f32 {
        ((at * 7919 % 101) as f32 + 1.0) * 10_f32.powi(dimension as i32 - 4)
    }

    #[test]
    fn arrays_in_column_major_order_are_told_from_others() {
        let other = found(|at| value(at, at / (ROWS * STEPS))).unwrap();
        assert!(other[0] > 0.8 && other[1] < 0.05, "{other:?}");
        assert_eq!(found(|at| value(at, at % WIDTH)), None);
        assert_eq!(found(|at| value(at, 0)), None);
    }
}
