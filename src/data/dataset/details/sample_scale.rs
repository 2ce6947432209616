//! Counts the samples whose own statistics are those that scaling each sample by itself leaves.

/// Samples of a split that are looked at, about.
const SAMPLES: usize = 200;

/// Frames of a sample without which its columns are not judged, and values without which the whole is not.
const FRAMES: usize = 5;
const VALUES: usize = 30;

/// Distance from the value that scaling leaves.
const NEAR: f64 = 1e-3;

/// Part of the dimensions of a sample that is nearly all: a small number that is added to deviations, against zero ones, tells in
/// dimensions that hardly vary.
const NEARLY: f64 = 0.75;

/// What scaling of each sample leaves, the more special first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Standardized,
    Ranged,
    Centered,
    WholeStandardized,
    UnitFrames,
    PaddedStandardized,
    PaddedWhole,
}

impl Form {
    pub const ALL: [Self; 7] = [
        Self::Standardized,
        Self::Ranged,
        Self::Centered,
        Self::WholeStandardized,
        Self::UnitFrames,
        Self::PaddedStandardized,
        Self::PaddedWhole,
    ];

    /// What a sample then has.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Standardized => "mean 0 and deviation 1 in every dimension",
            Self::Ranged => "values from 0 to 1, or from -1 to 1, in every dimension",
            Self::Centered => "mean 0 in every dimension",
            Self::WholeStandardized => "mean 0 and deviation 1 over all its values",
            Self::UnitFrames => "frames of length 1",
            Self::PaddedStandardized => {
                "mean 0 and deviation 1 in nearly every dimension once padding counts as values"
            }
            Self::PaddedWhole => {
                "mean 0 and deviation 1 over all its values once padding counts as such"
            }
        }
    }
}

/// Numbers of samples that were judged by each form, and of those that have it.
#[derive(Clone, Debug, Default)]
pub struct SampleScales {
    judged: [usize; Form::ALL.len()],
    found: [usize; Form::ALL.len()],
    /// The forms that the first sample has.
    first: [bool; Form::ALL.len()],
}

impl SampleScales {
    /// Adds a sample of `width` values a frame, by its row of `rows`, without its frames of zeros and those with
    /// values that are not finite.
    pub fn add(&mut self, sample: &[f32], width: usize, (row, rows): (usize, usize)) {
        if !row.is_multiple_of(rows / SAMPLES + 1) {
            return;
        }
        let is_frame = |frame: &&[f32]| {
            frame.iter().any(|value| *value != 0.0) && frame.iter().all(|value| value.is_finite())
        };
        let frames: Vec<&[f32]> = sample.chunks_exact(width).filter(is_frame).collect();
        let values = frames.len() * width;
        if values < VALUES {
            return;
        }
        let columns: Vec<Column> = (0..width)
            .map(|at| Column::of(frames.iter().map(|frame| frame[at])))
            .filter(Column::varies)
            .collect();
        let enough = frames.len() >= FRAMES && columns.len() > 1;
        let all = |is: fn(&Column) -> bool| enough.then(|| columns.iter().all(is));
        let whole = Column::of(frames.iter().flat_map(|frame| frame.iter().copied()));
        let padding = (sample.len() / width - frames.len()) as f64;
        let padded = columns
            .iter()
            .filter(|one| one.is_standardized_with(padding));
        let padded = padded.count() as f64 >= NEARLY * columns.len() as f64;
        let is_padded = padding > 0.0;
        let length = |frame: &&[f32]| {
            let squares = frame.iter().map(|value| f64::from(*value).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let has_length_one = |frame: &&[f32]| (length(frame) - 1.0).abs() < NEAR;
        let forms = [
            all(Column::is_standardized),
            all(Column::is_ranged),
            all(Column::is_centered),
            whole.varies().then(|| whole.is_standardized()),
            (width > 2).then(|| frames.iter().all(has_length_one)),
            (enough && is_padded).then_some(padded),
            (whole.varies() && is_padded)
                .then(|| whole.is_standardized_with(padding * width as f64)),
        ];
        for (at, has) in forms.into_iter().enumerate() {
            self.judged[at] += usize::from(has.is_some());
            self.found[at] += usize::from(has == Some(true));
            self.first[at] |= row == 0 && has == Some(true);
        }
    }

    /// Whether the first sample of the split has a form.
    pub fn first_has(&self, form: Form) -> bool {
        let mut both = Form::ALL.iter().zip(self.first);
        both.any(|(other, has)| *other == form && has)
    }

    /// Part of the samples that have a form, of `least` samples or more.
    pub fn part(&self, form: Form, least: usize) -> Option<f64> {
        let at = Form::ALL.iter().position(|other| *other == form)?;
        let judged = self.judged[at];
        (judged >= least.max(1)).then(|| self.found[at] as f64 / judged as f64)
    }
}

/// Statistics of some values.
struct Column {
    count: f64,
    mean: f64,
    deviation: f64,
    least: f64,
    largest: f64,
}

impl Column {
    fn of(values: impl Iterator<Item = f32> + Clone) -> Self {
        let values = values.map(f64::from);
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values
            .clone()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        Self {
            count,
            mean,
            deviation: variance.sqrt(),
            least: values.clone().fold(f64::INFINITY, f64::min),
            largest: values.fold(f64::NEG_INFINITY, f64::max),
        }
    }

    fn varies(&self) -> bool {
        self.deviation > 1e-6 * self.mean.abs() && self.deviation > 0.0
    }

    fn is_centered(&self) -> bool {
        self.mean.abs() < NEAR * self.deviation
    }

    /// With either divisor.
    fn is_standardized(&self) -> bool {
        let unbiased = self.deviation * (self.count / (self.count - 1.0)).sqrt();
        self.is_centered()
            && [self.deviation, unbiased]
                .iter()
                .any(|d| (d - 1.0).abs() < NEAR)
    }

    /// Whether the mean is 0 and the deviation 1 together with so many values of padding, all of the one value that makes the mean 0: what
    /// zeros became before they were made zero again.
    fn is_standardized_with(&self, padding: f64) -> bool {
        let sum = self.count * self.mean;
        let squares =
            self.count * (self.deviation.powi(2) + self.mean.powi(2)) + sum.powi(2) / padding;
        let all = self.count + padding;
        [all, all - 1.0]
            .iter()
            .any(|n| (squares / n - 1.0).abs() < 2.0 * NEAR)
    }

    fn is_ranged(&self) -> bool {
        let from = (self.least.abs() < NEAR) || (self.least + 1.0).abs() < NEAR;
        from && (self.largest - 1.0).abs() < NEAR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of zeros.
    const PADDING: usize = 6;

    /// Frames of a sample, zero ones among them, and padding.
    fn sample(change: impl Fn(&mut Vec<Vec<f32>>)) -> SampleScales {
        let value =
            |i: usize, at: usize| ((i * 7919 + at * 104_729) % 1000) as f32 / 100.0 + at as f32;
        let mut frames: Vec<Vec<f32>> = (0..20)
            .map(|i| (0..4).map(|at| value(i, at)).collect())
            .collect();
        change(&mut frames);
        frames.insert(3, vec![0.0; 4]);
        frames.extend(vec![vec![0.0; 4]; PADDING - 1]);
        let mut scales = SampleScales::default();
        scales.add(&frames.concat(), 4, (0, 1));
        scales
    }

    fn columns(frames: &mut [Vec<f32>], change: impl Fn(&Column, f32) -> f64) {
        for at in 0..4 {
            let column = Column::of(frames.iter().map(|frame| frame[at]));
            for frame in frames.iter_mut() {
                frame[at] = change(&column, frame[at]) as f32;
            }
        }
    }

    #[test]
    fn forms_of_scaled_samples_are_found() {
        let found = |scales: SampleScales| {
            let has = |form: &Form| scales.part(*form, 1) == Some(1.0);
            Form::ALL.into_iter().find(has)
        };
        assert_eq!(found(sample(|_| ())), None);
        let by = |change: fn(&Column, f32) -> f64| found(sample(|frames| columns(frames, change)));
        let centered = |c: &Column, v: f32| f64::from(v) - c.mean;
        assert_eq!(by(centered), Some(Form::Centered));
        let standard = |c: &Column, v: f32| (f64::from(v) - c.mean) / c.deviation;
        assert_eq!(by(standard), Some(Form::Standardized));
        let other =
            |c: &Column, v: f32| (f64::from(v) - c.mean) / c.deviation * (19.0_f64 / 20.0).sqrt();
        assert_eq!(by(other), Some(Form::Standardized));
        let ranged = |c: &Column, v: f32| (f64::from(v) - c.least) / (c.largest - c.least);
        assert_eq!(by(ranged), Some(Form::Ranged));
        let whole = sample(|frames| {
            let all = Column::of(frames.iter().flatten().copied());
            frames
                .iter_mut()
                .flatten()
                .for_each(|v| *v = ((f64::from(*v) - all.mean) / all.deviation) as f32);
        });
        assert_eq!(found(whole), Some(Form::WholeStandardized));
        let unit = sample(|frames| {
            for frame in frames {
                let length = frame.iter().map(|v| v * v).sum::<f32>().sqrt();
                frame.iter_mut().for_each(|v| *v /= length);
            }
        });
        assert_eq!(found(unit), Some(Form::UnitFrames));

        // By the statistics of all frames, those of zeros among them.
        let padded =
            |values: Vec<f32>, zeros: usize| Column::of(values.into_iter().chain(vec![0.0; zeros]));
        let dimensions = sample(|frames| {
            for at in 0..4 {
                let c = padded(frames.iter().map(|frame| frame[at]).collect(), PADDING);
                for frame in frames.iter_mut() {
                    frame[at] = ((f64::from(frame[at]) - c.mean) / (c.deviation + 1e-5)) as f32;
                }
            }
        });
        assert_eq!(found(dimensions), Some(Form::PaddedStandardized));
        let whole = sample(|frames| {
            let c = padded(frames.concat(), 4 * PADDING);
            let values = frames.iter_mut().flatten();
            values.for_each(|v| *v = ((f64::from(*v) - c.mean) / c.deviation) as f32);
        });
        assert_eq!(found(whole), Some(Form::PaddedWhole));
    }
}
