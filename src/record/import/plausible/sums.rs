//! Sums of two series, of which those over a part and over the rest give variances and covariances.

/// Sums of two series over some samples.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub n: f64,
    pub x: f64,
    pub y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    pub fn plus(self, x: f64, y: f64) -> Self {
        Self {
            n: self.n + 1.0,
            x: self.x + x,
            y: self.y + y,
            xx: self.xx + x * x,
            yy: self.yy + y * y,
            xy: self.xy + x * y,
        }
    }

    pub fn minus(self, other: Self) -> Self {
        Self {
            n: self.n - other.n,
            x: self.x - other.x,
            y: self.y - other.y,
            xx: self.xx - other.xx,
            yy: self.yy - other.yy,
            xy: self.xy - other.xy,
        }
    }

    /// Variances of both series, and their covariance.
    pub fn moments(self) -> [f64; 3] {
        let (x, y) = (self.x / self.n, self.y / self.n);
        [
            self.xx / self.n - x * x,
            self.yy / self.n - y * y,
            self.xy / self.n - x * y,
        ]
    }

    /// The correlation of both series, where both vary.
    pub fn correlation(self) -> Option<f64> {
        let [xx, yy, xy] = self.moments();
        Some(xy / (xx * yy).sqrt()).filter(|r| r.is_finite())
    }
}
