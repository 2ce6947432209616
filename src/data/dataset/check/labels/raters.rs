//! Finds labels of four ratings that were divided by three, among labels that are means of five.

/// Labels that are so, and their part of those that are no fifths or thirds. In CMU-MOSI, 6 % of whose labels are quarters,
/// none is.
const LABELS: usize = 5;
const PART: f64 = 0.2;

/// Part of the labels that are fifths.
const FIFTHS: f64 = 0.8;

/// Distance from a whole number, of labels with two decimals or more.
const EXACT: f64 = 0.02;

/// What is said of the labels of a split some of which are four thirds of fifths.
pub fn of_four(ids: &[String], values: &[f64]) -> Option<String> {
    let is_whole = |value: f64| (value - value.round()).abs() < EXACT;
    let fifths = values.iter().filter(|y| is_whole(5.0 * **y)).count();
    let others = ids.iter().zip(values);
    let others = others.filter(|(_, y)| !is_whole(5.0 * **y) && !is_whole(3.0 * **y));
    let mut found = others.clone().filter(|(_, y)| is_whole(3.75 * **y));
    let (count, of) = (found.clone().count(), others.count());
    let (first, label) = found.next()?;
    (fifths as f64 >= FIFTHS * values.len() as f64
        && count >= LABELS
        && count as f64 >= PART * of as f64)
        .then(|| {
            format!(
                "{count} labels are four thirds of the fifths that others are (first: {first}, {label:.3}): were the ratings of four divided by \
                 three? Divide by the number of ratings of each sample, before labels are cut to their range"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> Vec<String> {
        (0..200).map(|row| format!("v$_${row}")).collect()
    }

    /// Two hundred labels in fifths and quarters, every tenth of which is changed.
    fn found(change: impl Fn(f64) -> f64) -> Option<String> {
        let label = |row: usize| match row % 20 {
            7 => (row * 7 % 24) as f64 / 4.0 - 3.0,
            _ => (row * 7 % 31) as f64 / 5.0 - 3.0,
        };
        let labels = (0..200).map(|row| match row % 10 {
            3 => change(label(row)).clamp(-3.0, 3.0),
            _ => label(row),
        });
        of_four(&ids(), &labels.collect::<Vec<f64>>())
    }

    #[test]
    fn ratings_of_four_that_were_divided_by_three_are_found() {
        assert!(found(|y| y * 4.0 / 3.0).is_some_and(|text| text.contains("four thirds")));
        assert_eq!(found(|y| y), None);
        assert_eq!(found(|y| (3.0 * y).round() / 3.0), None, "thirds");
        assert_eq!(found(|y| (4.0 * y).round() / 4.0), None, "quarters");
        let thirds: Vec<f64> = (0..200).map(|row| (row % 19) as f64 / 3.0 - 3.0).collect();
        assert_eq!(of_four(&ids(), &thirds), None, "three raters");
    }
}
