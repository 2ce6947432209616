//! Orders of clips within videos that labels may have been read in: `$_$10` comes before `$_$2` where ids are sorted as
//! text.

use std::collections::BTreeMap;

use crate::data::dataset::video::video_of;

/// Labels brought from one order to another, of the ids of a split; not a number where the order is the same.
pub fn reordered(ids: &[String], labels: &[f64]) -> Vec<Vec<f64>> {
    let orders = orders(ids);
    let mut found: Vec<Vec<f64>> = Vec::new();
    for from in &orders {
        for to in orders.iter().filter(|to| *to != from) {
            let mut moved = vec![f64::NAN; labels.len()];
            for (from, to) in from.iter().zip(to).filter(|(from, to)| from != to) {
                moved[*to] = labels[*from];
            }
            let bits = |labels: &[f64]| {
                labels
                    .iter()
                    .map(|label| label.to_bits())
                    .collect::<Vec<_>>()
            };
            let is_known = |other: &Vec<f64>| bits(other) == bits(&moved);
            if !found.iter().any(is_known) {
                found.push(moved);
            }
        }
    }
    found
}

/// The samples of each video in turn: as in the file, sorted as text, and by the numbers of their clips. None where ids
/// name no video.
fn orders(ids: &[String]) -> Vec<Vec<usize>> {
    let mut videos: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, id) in ids.iter().enumerate() {
        let Some(video) = video_of(id) else {
            return Vec::new();
        };
        videos.entry(video).or_default().push(at);
    }
    let in_file: Vec<usize> = videos.values().flatten().copied().collect();
    let mut by_text = in_file.clone();
    by_text.sort_by_key(|at| (video_of(&ids[*at]), &ids[*at]));
    let mut by_number = in_file.clone();
    by_number.sort_by_key(|at| (video_of(&ids[*at]), clip(&ids[*at])));
    let mut all = vec![in_file];
    for order in [by_text, by_number] {
        if !all.contains(&order) {
            all.push(order);
        }
    }
    all
}

/// The number at the end of an id.
fn clip(id: &str) -> u64 {
    let id = id.trim_end_matches(']');
    let digits = id.rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_the_order_of_sorted_ids_are_brought_back() {
        let ids: Vec<String> = (1..13).map(|i| format!("v$_${i}")).collect();
        let labels: Vec<f64> = (1..13).map(f64::from).collect();
        let mut sorted: Vec<usize> = (0..12).collect();
        sorted.sort_by_key(|at| &ids[*at]);
        let wrong: Vec<f64> = sorted.iter().map(|at| labels[*at]).collect();
        let found = reordered(&ids, &wrong);
        let is_right = |moved: &Vec<f64>| {
            let mut pairs = moved.iter().zip(&labels);
            pairs.all(|(moved, label)| moved.is_nan() || moved == label)
        };
        let right = found.iter().find(|moved| is_right(moved)).unwrap();
        assert_eq!(
            right.iter().filter(|label| label.is_finite()).count(),
            11,
            "{found:?}"
        );
        assert_eq!(found.len(), 2, "and back");
        assert!(reordered(&ids[..9], &labels[..9]).is_empty(), "one order");
        let plain: Vec<String> = (0..12).map(|i| format!("clip{i}")).collect();
        assert!(reordered(&plain, &labels).is_empty());
    }
}
