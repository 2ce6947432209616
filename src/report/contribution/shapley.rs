//! The Shapley value as a weighted sum over the eight subsets of three modalities.

use crate::data::dataset::Modality;
use crate::mask::Condition;

/// A modality, or all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Of(Modality),
    /// Complete data less everything missing, which is the sum over the modalities.
    Together,
}

impl Part {
    /// The modalities, then all of them together.
    pub const ALL: [Self; 4] = [
        Self::Of(Modality::Text),
        Self::Of(Modality::Audio),
        Self::Of(Modality::Vision),
        Self::Together,
    ];

    /// Name in rows of tables and in tidy tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of(modality) => modality.as_str(),
            Self::Together => "together",
        }
    }

    /// The weight of the metric under each condition; weights sum to 0.
    ///
    /// Adding modality m to a set S of other modalities has the weight |S|! (2 - |S|)! / 3!.
    pub fn weights(self) -> Vec<(Condition, f64)> {
        let weight = |condition: Condition| match self {
            Self::Of(modality) => of_modality(condition, modality),
            Self::Together => match condition.rate() {
                Some(0.0) => 1.0,
                Some(_) => -1.0,
                None => 0.0,
            },
        };
        let all = subsets().into_iter();
        let weighted = all.map(|condition| (condition, weight(condition)));
        weighted.filter(|(_, weight)| *weight != 0.0).collect()
    }
}

fn of_modality(condition: Condition, modality: Modality) -> f64 {
    let has = |m: &&Modality| condition.of(**m) == 0.0;
    let others = Modality::ALL.iter().filter(|m| **m != modality);
    // Two orders of three begin or end with a given pair of others; one has it apart.
    let share = match others.filter(has).count() {
        1 => 1.0 / 6.0,
        _ => 1.0 / 3.0,
    };
    if condition.of(modality) == 0.0 {
        share
    } else {
        -share
    }
}

/// The conditions of all subsets: complete, everything missing, and the six between.
pub fn subsets() -> Vec<Condition> {
    let ends = [0.0, 1.0].into_iter().filter_map(Condition::uniform);
    ends.chain(Condition::SUBSETS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order in which modalities can be added.
    const ORDERS: [[Modality; 3]; 6] = {
        use Modality::{Audio as A, Text as L, Vision as V};
        [
            [L, A, V],
            [L, V, A],
            [A, L, V],
            [A, V, L],
            [V, L, A],
            [V, A, L],
        ]
    };

    /// Any eight numbers.
    fn payoff(condition: Condition) -> f64 {
        let [l, a, v] = condition.rates();
        3.0 * l + 0.7 * a - 1.1 * v + 5.0 * l * a - 2.0 * a * v + 0.3 * l * v + 11.0 * l * a * v
    }

    /// Shapley's definition: the mean change over all orders.
    fn by_orders(modality: Modality) -> f64 {
        let mut sum = 0.0;
        for order in ORDERS {
            let mut missing = [1.0; 3];
            for added in order {
                let before = payoff(Condition::new(missing).unwrap());
                missing[added as usize] = 0.0;
                if added == modality {
                    sum += payoff(Condition::new(missing).unwrap()) - before;
                }
            }
        }
        sum / ORDERS.len() as f64
    }

    fn value(part: Part) -> f64 {
        part.weights().iter().map(|(c, w)| w * payoff(*c)).sum()
    }

    #[test]
    fn a_value_is_the_mean_change_over_all_orders() {
        for modality in Modality::ALL {
            let found = value(Part::Of(modality));
            assert!((found - by_orders(modality)).abs() < 1e-12, "{modality}");
        }
    }

    #[test]
    fn values_add_up_to_complete_less_nothing() {
        let parts = Modality::ALL.map(Part::Of);
        let sum: f64 = parts.map(value).iter().sum();
        let ends = subsets();
        assert_eq!(ends.len(), 8);
        assert!((sum - (payoff(ends[0]) - payoff(ends[1]))).abs() < 1e-12);
        assert!((sum - value(Part::Together)).abs() < 1e-12);
    }
}
