//! Relative time of a position within its sample.

use super::keep::droppable;
use crate::data::dataset::Modality;

/// Relative time of position `t`, the middle of its share of (0, 1); `None` where no rate can
/// mask it: on padding, and at CLS and SEP, which are not spoken.
pub(super) fn relative_time(modality: Modality, t: usize, length: u32) -> Option<f64> {
    if droppable(modality, t, length) != Some(true) {
        return None;
    }
    let (index, count) = match modality {
        Modality::Text => (t - 1, length - 2),
        Modality::Audio | Modality::Vision => (t, length),
    };
    Some((index as f64 + 0.5) / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_frames_share_the_axis() {
        let times = |modality, length: u32, steps| -> Vec<Option<f64>> {
            (0..steps)
                .map(|t| relative_time(modality, t, length))
                .collect()
        };
        let halves = [Some(0.25), Some(0.75)];
        assert_eq!(
            times(Modality::Audio, 2, 3),
            [&halves[..], &[None]].concat()
        );
        assert_eq!(
            times(Modality::Text, 4, 5),
            [&[None], &halves[..], &[None, None]].concat()
        );
        assert_eq!(times(Modality::Text, 2, 2), [None, None]);
        assert_eq!(times(Modality::Text, 1, 1), [None]);
    }
}
