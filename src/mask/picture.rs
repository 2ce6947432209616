//! A sample's mask as characters.

/// From all lost to all kept.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// The valid positions of one sample as at most `width` characters: full where all positions of a
/// character are kept, a dot where none is.
pub fn picture(kept: &[bool], width: usize) -> String {
    let columns = kept.len().min(width.max(1));
    let column = |place: usize| {
        let (start, end) = (
            place * kept.len() / columns,
            (place + 1) * kept.len() / columns,
        );
        let part = &kept[start..end];
        let count = part.iter().filter(|kept| **kept).count();
        match count {
            0 => SHADES[0],
            all if all == part.len() => SHADES[4],
            some => SHADES[1 + 3 * some / (part.len() + 1)],
        }
    };
    (0..columns).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_samples_show_every_position_and_long_ones_shares() {
        assert_eq!(picture(&[true, false, true], 10), "█·█");
        let kept = (0..40).map(|t| t < 10 || (20..22).contains(&t) || (30..38).contains(&t));
        let kept: Vec<bool> = kept.collect();
        assert_eq!(picture(&kept, 4), "█·░▓");
        assert_eq!(picture(&[], 4), "");
        assert_eq!(picture(&[true], 0), "█");
    }
}
