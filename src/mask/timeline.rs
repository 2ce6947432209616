//! Relative time of a position within its sample.

use super::keep::droppable;
use crate::data::dataset::SpecialTokens;

/// Relative time of position `t`, the middle of its share of (0, 1); `None` where no rate can
/// mask it: on padding, and at CLS and SEP, which are not spoken.
pub(super) fn relative_time(special: SpecialTokens, t: usize, length: u32) -> Option<f64> {
    if droppable(special, t, length) != Some(true) {
        return None;
    }
    let before = usize::from(special.cls);
    let count = length - u32::from(special.cls) - u32::from(special.sep);
    Some(((t - before) as f64 + 0.5) / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_frames_share_the_axis() {
        let times = |cls, sep, length: u32, steps| -> Vec<Option<f64>> {
            let special = SpecialTokens { cls, sep };
            (0..steps)
                .map(|t| relative_time(special, t, length))
                .collect()
        };
        let halves = [Some(0.25), Some(0.75)];
        assert_eq!(times(false, false, 2, 3), [&halves[..], &[None]].concat());
        assert_eq!(
            times(true, true, 4, 5),
            [&[None], &halves[..], &[None, None]].concat()
        );
        assert_eq!(times(true, false, 3, 3), [&[None], &halves[..]].concat());
        assert_eq!(times(false, true, 3, 3), [&halves[..], &[None]].concat());
        assert_eq!(times(true, true, 2, 2), [None, None]);
        for (cls, sep) in [(true, true), (true, false), (false, true)] {
            assert_eq!(times(cls, sep, 1, 1), [None]);
        }
        assert_eq!(times(false, false, 1, 1), [Some(0.5)]);
    }
}
