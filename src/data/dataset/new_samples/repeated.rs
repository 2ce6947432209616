//! Looks for samples that have exactly the frames of an earlier one: the same recording under two ids.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use crate::data::dataset::modality::Modality;

/// Fewest samples: of single ones an extractor may have made a mark of its own.
const FEWEST: usize = 3;

/// A hash of frames that no other recording has; none of frames that are all equal, or not finite, as marks of missing ones
/// are.
pub fn print_of(frames: &[f32], width: usize) -> Option<u64> {
    let mut each = frames.chunks_exact(width.max(1));
    let first = each.next()?;
    let finite = frames.iter().all(|value| value.is_finite());
    if !finite || !each.any(|frame| frame != first) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    for value in frames {
        // Adding 0 turns -0 into 0.
        hasher.write_u32((value + 0.0).to_bits());
    }
    Some(hasher.finish())
}

/// Describes samples whose frames are those of an earlier one.
pub fn describe(modality: Modality, prints: &[Option<u64>], ids: &[String]) -> Option<String> {
    let mut known: HashMap<u64, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (row, print) in prints.iter().enumerate() {
        let Some(print) = print else { continue };
        let first = *known.entry(*print).or_insert(row);
        if first != row {
            pairs.push((row, first));
        }
    }
    let (row, first) = *pairs.first().filter(|_| pairs.len() >= FEWEST)?;
    Some(format!(
        "{} of {} samples have exactly the {modality} of an earlier one, such as `{}` (row {row}, counted from 0) that of `{}` \
         (row {first}): are recordings in the file twice, or features with other samples?",
        pairs.len(),
        prints.len(),
        ids.get(row)?,
        ids.get(first)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_under_two_ids_are_found() {
        let ids: Vec<String> = (0..8).map(|i| format!("v{i}")).collect();
        let found = |of: fn(usize) -> usize| {
            let print = |row: usize| {
                let frames: Vec<f32> = (0..6).map(|i| (of(row) * 6 + i) as f32).collect();
                print_of(&frames, 2)
            };
            let prints: Vec<Option<u64>> = (0..8).map(print).collect();
            describe(Modality::Audio, &prints, &ids)
        };
        assert_eq!(found(|row| row), None);
        assert_eq!(found(|row| row.min(6)), None, "a single one");
        let text = found(|row| row % 5).unwrap();
        assert!(
            text.starts_with("3 of 8 samples have exactly the audio"),
            "{text}"
        );
        assert!(
            text.contains("`v5` (row 5, counted from 0) that of `v0`"),
            "{text}"
        );
    }

    #[test]
    fn marks_of_missing_frames_are_not_recordings() {
        assert_eq!(print_of(&[0.0; 6], 2), None);
        assert_eq!(print_of(&[1.0, 2.0, 1.0, 2.0], 2), None);
        assert_eq!(print_of(&[], 2), None);
        assert_eq!(print_of(&[f32::NAN, 2.0, 1.0, 2.0], 2), None);
        assert!(print_of(&[1.0, 2.0, 1.0, 3.0], 2).is_some());
    }
}
