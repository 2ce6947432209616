//! Formats conditions for tables.

use crate::mask::Condition;

/// Rates with at least one decimal, so that columns line up; other conditions by their names.
pub fn title(condition: Condition) -> String {
    match condition.rate() {
        Some(rate) if (rate * 10.0).fract().abs() < 1e-9 => format!("{rate:.1}"),
        _ => condition.to_string(),
    }
}

/// A condition with what it is a condition of: `missing rate 0.5`, `missing LA`.
pub fn heading(condition: Condition) -> String {
    match condition.rate() {
        Some(_) => format!("missing rate {}", title(condition)),
        None => format!("missing {condition}"),
    }
}

/// The ten rates 0, 0.1, ... 0.9 over which the LNLN paper averages.
pub fn paper() -> Vec<Condition> {
    (0..10)
        .filter_map(|i| Condition::of_number(f64::from(i) / 10.0))
        .collect()
}

/// Those of the conditions that are one rate.
pub fn rates(conditions: &[Condition]) -> Vec<Condition> {
    conditions
        .iter()
        .copied()
        .filter(|l| l.rate().is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_line_up_and_names_stay() {
        let show = |name: &str| title(name.parse().unwrap());
        let names = ["0", "0.3", "0.25", "1", "LA"].map(show);
        assert_eq!(names, ["0.0", "0.3", "0.25", "1.0", "LA"]);
        assert_eq!(
            paper().iter().map(Condition::to_string).collect::<Vec<_>>()[7],
            "0.7"
        );
    }
}
