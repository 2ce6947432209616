//! Places the conditions of a section on an axis: rates as numbers, other conditions by their names.

use crate::mask::Condition;
use crate::report::rows::condition;

/// An axis of conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionAxis {
    /// The conditions, each with its place.
    pub places: Vec<(Condition, f64)>,
    /// Names of the places, where these are no numbers.
    pub names: Vec<String>,
}

impl ConditionAxis {
    /// The rates where there are two, else all conditions side by side; `None` where there is one.
    pub fn new(conditions: &[Condition]) -> Option<Self> {
        let rates = conditions.iter().filter_map(|c| Some((*c, c.rate()?)));
        let rates: Vec<(Condition, f64)> = rates.collect();
        if rates.len() > 1 {
            return Some(Self {
                places: rates,
                names: Vec::new(),
            });
        }
        let places = conditions.iter().enumerate();
        (conditions.len() > 1).then(|| Self {
            places: places.map(|(i, c)| (*c, i as f64)).collect(),
            names: conditions.iter().map(|c| condition::title(*c)).collect(),
        })
    }

    /// The label of the axis.
    pub fn label(&self) -> &'static str {
        if self.names.is_empty() {
            "missing rate"
        } else {
            "missing modalities"
        }
    }

    /// A caption on lines between conditions that have no order.
    pub fn caption(&self) -> &'static str {
        if self.names.is_empty() {
            ""
        } else {
            "Lines only join what belongs to one model: these conditions have no order."
        }
    }

    /// The conditions on it.
    pub fn conditions(&self) -> Vec<Condition> {
        self.places
            .iter()
            .map(|(condition, _)| *condition)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_numbers_and_sets_of_modalities_have_names() {
        let rates: Vec<Condition> = [0.0, 0.3]
            .into_iter()
            .filter_map(Condition::of_number)
            .collect();
        let axis = ConditionAxis::new(&rates).unwrap();
        assert_eq!((axis.places[1].1, axis.names.len()), (0.3, 0));
        let axis = ConditionAxis::new(&Condition::SUBSETS).unwrap();
        assert_eq!((axis.places[5].1, &*axis.names[5]), (5.0, "AV"));
        assert_eq!(axis.label(), "missing modalities");
        assert_eq!(ConditionAxis::new(&rates[..1]), None);
    }
}
