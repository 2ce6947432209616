//! Finds samples of several steps whose first frame alone holds values: one vector was written into the first step.

use crate::data::dataset::profile::Profile;

/// Steps that a sample has at least where it is judged: more than CLS, one word and SEP.
const STEPS: usize = 4;

/// Samples without which nothing is told. In CMU-MOSI, CH-SIMS and ICT-MMMO no sample of so many steps ends with its first frame.
const SAMPLES: usize = 10;

/// How many samples there are whose first frame alone is not zero, where no sample of the split has another.
pub fn alone(profiles: &[Profile], lengths: &[i32]) -> Option<usize> {
    let is_long = |length: &i32| usize::try_from(*length).is_ok_and(|length| length >= STEPS);
    let pairs = profiles.iter().zip(lengths);
    let first = pairs.filter(|(profile, length)| profile.end == 1 && is_long(length));
    let count = first.count();
    let no_other = profiles.iter().all(|profile| profile.end <= 1);
    (no_other && count >= SAMPLES).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty samples of as many frames other than zeros as is given, and of these lengths.
    fn found(frames: impl Fn(usize) -> usize, length: i32) -> Option<usize> {
        let sample = |i: usize| {
            let values = (0..10).map(|at| if at < 2 * frames(i) { 1.5 } else { 0.0 });
            Profile::of(&values.collect::<Vec<f32>>(), 2)
        };
        let profiles: Vec<Profile> = (0..20).map(sample).collect();
        alone(&profiles, &[length; 20])
    }

    #[test]
    fn one_frame_in_the_place_of_several_is_found() {
        assert_eq!(found(|_| 1, 5), Some(20));
        assert_eq!(found(|i| usize::from(i > 4), 5), Some(15), "absent in some");
        assert_eq!(
            found(|i| 1 + usize::from(i == 7), 5),
            None,
            "one sample of two frames"
        );
        assert_eq!(found(|_| 1, 1), None, "one step by the lengths");
        assert_eq!(found(|_| 0, 5), None, "nothing at all");
        assert_eq!(found(|i| usize::from(i > 12), 5), None, "few samples");
    }
}
