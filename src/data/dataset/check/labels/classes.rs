//! Compares classes of samples with their labels.

use std::collections::BTreeMap;

use crate::data::dataset::check::Samples;
use crate::data::dataset::read::carried::Carried;
use crate::data::dataset::read::labels::Labels;
use crate::data::dataset::read::plan::Plan;

/// Column of classes, and of labels; both may end in a modality (`_T`).
const CLASSES: &str = "classification_labels";
const LABELS: &str = "regression_labels";

/// Fewer samples show nothing about which classes go with which labels.
const ENOUGH: usize = 12;

/// Part of a class whose labels have one sign, from which the class stands for that sign.
const SIGNED: f64 = 0.8;

/// Samples of a neutral class without which its label is not judged.
const NEUTRAL: usize = 3;

/// Finds classes that contradict the labels: of the other sign than nearly all of their class, or with no
/// relation to them. Classes that divide the range of labels into intervals agree, if their numbers rise or fall with
/// the labels.
pub fn classes(plan: &Plan<'_>) -> Vec<String> {
    let found = columns(plan).filter_map(|(name, classes, (labels_name, labels))| {
        if let Some(order) = other_order(&classes, labels) {
            return Some(format!(
                "{}: {name} from the lowest to the highest {labels_name} are {order}, neither rising nor falling (first: {}): \
                 were classes renumbered, or moved by one? Write them in the order of the labels; other classes than those \
                 of sentiment: --accept labels",
                plan.split(),
                plan.ids.first()?
            ));
        }
        if let Some((class, label)) = other_neutral(&classes, labels) {
            return Some(format!(
                "{}: {name} {class}, the middle one of three, has the {labels_name} {label} alone, where 0 is neutral \
                 (first: {}): were labels moved by a constant, or is label_offset wrong? Write labels whose neutral value \
                 is 0; other classes than those of sentiment: --accept labels",
                plan.split(),
                plan.ids.first()?
            ));
        }
        let fault = format!("whose {name} contradict {labels_name}");
        let (samples, example) = contradictions(&plan.ids, &classes, labels);
        Some(samples.describe(plan.split(), &fault)? + &example)
    });
    found.collect()
}

/// Every column of classes with the labels that it is about.
fn columns<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = (&'p str, Vec<String>, &'p Labels)> {
    plan.carried.iter().filter_map(|(name, column)| {
        let labels = format!("{LABELS}{}", name.strip_prefix(CLASSES)?);
        let labels = plan.labels.iter().find(|(name, _)| *name == labels)?;
        let classes: Vec<String> = match column {
            Carried::Texts(texts) => texts.clone(),
            Carried::Numbers(numbers) => numbers.iter().map(f64::to_string).collect(),
        };
        Some((&**name, classes, labels))
    })
}

/// Finds classes that stand for one sign of the labels in train and for the other in another split.
pub fn exchanged(train: &Plan<'_>, other: &Plan<'_>) -> Vec<String> {
    if train.ids.len().min(other.ids.len()) < ENOUGH {
        return Vec::new();
    }
    let found = columns(train).filter_map(|(name, classes, labels)| {
        let (_, others, others_labels) = columns(other).find(|(n, ..)| *n == name)?;
        let (own, there) = (
            signs(&by_class(&classes, &labels.1)),
            signs(&by_class(&others, &others_labels.1)),
        );
        let both: Vec<(&str, f64, f64)> = own
            .iter()
            .filter_map(|(class, sign)| Some((*class, *sign, *there.get(class)?)))
            .collect();
        let (class, sign, _) = both.first()?;
        let all = both.len() > 1 && both.iter().all(|(_, a, b)| a * b < 0.0);
        let word = |sign: f64| if sign > 0.0 { "positive" } else { "negative" };
        all.then(|| {
            format!(
                "{}: {name} {class} has {} labels, in {} {} ones (first: {}): were the labels of one split negated?",
                other.split(),
                word(-sign),
                train.split(),
                word(*sign),
                other.ids[0]
            )
        })
    });
    found.collect()
}

/// The samples that contradict their class, and what the first one has.
fn contradictions(ids: &[String], classes: &[String], labels: &[f64]) -> (Samples, String) {
    let known = || {
        let rows = ids.iter().zip(classes).zip(labels);
        rows.filter(|((_, class), label)| is_known(class, **label))
    };
    let by_class = by_class(classes, labels);
    let mut samples = Samples::default();
    let mut example = String::new();
    // One class for all says nothing; a class for each label is no class.
    let usual = by_class.len() > 1 && 2 * by_class.len() <= labels.len();
    if labels.len() < ENOUGH || !usual || are_intervals(&by_class) {
        return (samples, example);
    }
    let signs = signs(&by_class);
    let unsigned = known().filter(|((_, class), _)| !signs.contains_key(class.as_str()));
    // Where most samples are in classes without a sign, the classes are those of other samples.
    let unrelated = 2 * unsigned.count() > labels.len();
    for ((id, class), label) in known() {
        let against = match signs.get(class.as_str()) {
            Some(sign) => sign * label < 0.0,
            None => unrelated,
        };
        if against {
            if samples.count() == 0 {
                example = format!(": class {class}, label {}", *label as f32);
            }
            samples.add(id);
        }
    }
    (samples, example)
}

fn is_known(class: &str, label: f64) -> bool {
    label.is_finite() && !class.is_empty() && class != "NaN"
}

fn by_class<'c>(classes: &'c [String], labels: &[f64]) -> BTreeMap<&'c str, Vec<f64>> {
    let mut by_class: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (class, label) in classes.iter().zip(labels) {
        if is_known(class, *label) {
            by_class.entry(class).or_default().push(*label);
        }
    }
    by_class
}

/// The sign that each class stands for, where it stands for one.
fn signs<'c>(by_class: &BTreeMap<&'c str, Vec<f64>>) -> BTreeMap<&'c str, f64> {
    let signs = by_class.iter();
    let signs = signs.filter_map(|(class, labels)| Some((*class, sign(labels)?)));
    signs.collect()
}

/// Classes with their labels, from the lowest labels to the highest, where each has an interval of its own.
fn intervals<'c>(classes: &'c [String], labels: &[f64]) -> Option<Vec<(&'c str, Vec<f64>)>> {
    let by_class = by_class(classes, labels);
    let are_judged = labels.len() >= ENOUGH && are_intervals(&by_class);
    let mut order: Vec<_> = by_class.into_iter().collect();
    order.sort_by(|a, b| a.1[0].total_cmp(&b.1[0]));
    are_judged.then_some(order)
}

/// The numbers of classes by their labels, such as `1, 2, 0`, where each has an interval of its own and the numbers
/// neither rise nor fall. In CMU-MOSI, ICT-MMMO and CH-SIMS all rise.
fn other_order(classes: &[String], labels: &[f64]) -> Option<String> {
    let intervals = intervals(classes, labels)?;
    let few = intervals.len() > 2 && 2 * intervals.len() <= labels.len();
    let order = intervals.iter().map(|(class, _)| class.parse().ok());
    let order: Vec<f64> = order.collect::<Option<_>>().filter(|_| few)?;
    let rises = order.windows(2).filter(|pair| pair[0] < pair[1]);
    let numbers: Vec<String> = order.iter().map(f64::to_string).collect();
    (1..order.len() - 1)
        .contains(&rises.count())
        .then(|| numbers.join(", "))
}

/// The middle one of three classes that have an interval of labels each, and its label, where it is the smallest class
/// and has one label alone, which is not 0. In CMU-MOSI, ICT-MMMO and CH-SIMS it is 0.
fn other_neutral<'c>(classes: &'c [String], labels: &[f64]) -> Option<(&'c str, f64)> {
    let intervals = intervals(classes, labels)?;
    let [(_, low), (class, middle), (_, high)] = intervals.as_slice() else {
        return None;
    };
    let is_one = |labels: &[f64]| labels.iter().all(|label| *label == labels[0]);
    let is_smallest = middle.len() < low.len().min(high.len());
    let is_neutral = is_smallest && middle.len() >= NEUTRAL && is_one(middle);
    let is_moved = is_neutral && !is_one(low) && !is_one(high) && middle[0] != 0.0;
    is_moved.then(|| (*class, f64::from(middle[0] as f32)))
}

/// Whether each class has an interval of labels of its own.
fn are_intervals(classes: &BTreeMap<&str, Vec<f64>>) -> bool {
    let ends = |labels: &Vec<f64>| {
        let low = labels.iter().copied().fold(f64::INFINITY, f64::min);
        let high = labels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    };
    let mut intervals: Vec<(f64, f64)> = classes.values().map(ends).collect();
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut next = intervals.windows(2);
    next.all(|pair| matches!(pair, [(_, high), (low, _)] if high < low))
}

/// The sign that nearly all labels of a class have.
fn sign(labels: &[f64]) -> Option<f64> {
    let count = |sign: f64| labels.iter().filter(|label| *label * sign > 0.0).count() as f64;
    let (positive, negative) = (count(1.0), count(-1.0));
    if positive.max(negative) < SIGNED * (positive + negative) || positive == negative {
        None
    } else if positive > negative {
        Some(1.0)
    } else {
        Some(-1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(class: impl Fn(usize, f64) -> i32) -> (usize, String) {
        let labels: Vec<f64> = (0..40).map(|i| f64::from(i % 13 - 6) / 2.0).collect();
        let ids: Vec<String> = (0..40).map(|i| format!("v{i}")).collect();
        let classes = labels.iter().enumerate();
        let classes: Vec<String> = classes.map(|(i, y)| class(i, *y).to_string()).collect();
        let (samples, example) = contradictions(&ids, &classes, &labels);
        (samples.count(), example)
    }

    #[test]
    fn classes_by_sign_or_by_rounding_agree_with_labels() {
        assert_eq!(found(|_, y| y.signum() as i32 * i32::from(y != 0.0)).0, 0);
        assert_eq!(found(|_, y| i32::from(y >= 0.0)).0, 0);
        assert_eq!(found(|_, y| y.round() as i32 + 3).0, 0);
        assert_eq!(found(|_, y| -(y.round() as i32)).0, 0);
        assert_eq!(found(|_, _| 1).0, 0);
    }

    #[test]
    fn numbers_of_classes_neither_rise_nor_fall_where_they_were_moved() {
        let labels: Vec<f64> = (0..40).map(|i| f64::from(i % 13 - 6) / 2.0).collect();
        let order = |class: &dyn Fn(f64) -> String| {
            let classes: Vec<String> = labels.iter().map(|label| class(*label)).collect();
            other_order(&classes, &labels)
        };
        // 0, 1, 2 by sign.
        let class = |label: f64| (label.signum() * f64::from(u8::from(label != 0.0))) as i32 + 1;
        let moved = |label: f64| ((class(label) + 1) % 3).to_string();
        assert_eq!(order(&moved).as_deref(), Some("1, 2, 0"));
        assert_eq!(order(&|label| class(label).to_string()), None);
        assert_eq!(order(&|label| (2 - class(label)).to_string()), None);
        assert_eq!(order(&|label| i32::from(label < 0.0).to_string()), None);
        assert_eq!(order(&|label| format!("c{}", moved(label))), None, "words");
        let mixed = |label: f64| (class(2.0 * (label - label.trunc())) % 3).to_string();
        assert_eq!(order(&mixed), None, "no intervals");
    }

    #[test]
    fn a_neutral_class_has_the_label_0() {
        let found = |class: &dyn Fn(f64) -> i32, moved: f64| {
            let labels: Vec<f64> = (0..65).map(|i| f64::from(i % 13 - 6) / 2.0).collect();
            let classes: Vec<String> = labels.iter().map(|y| class(*y).to_string()).collect();
            let labels: Vec<f64> = labels.iter().map(|y| y + moved).collect();
            other_neutral(&classes, &labels).map(|(class, label)| (class.to_owned(), label))
        };
        let signs = |y: f64| 1 + i32::from(y > 0.0) - i32::from(y < 0.0);
        assert_eq!(found(&signs, -0.5), Some(("1".to_owned(), -0.5)));
        assert_eq!(found(&signs, 1.0), Some(("1".to_owned(), 1.0)));
        assert_eq!(found(&signs, 0.0), None);
        let thirds = |y: f64| i32::from(y > -1.0) + i32::from(y > 1.0);
        assert_eq!(found(&thirds, 3.0), None, "thirds of labels");
        assert_eq!(found(&|y| y.round() as i32, 0.5), None, "seven");
    }

    #[test]
    fn a_changed_class_is_found_and_so_are_classes_of_other_samples() {
        let (count, example) = found(|i, y| if i == 12 { 0 } else { i32::from(y >= 0.0) });
        assert_eq!((count, example.as_str()), (1, ": class 0, label 3"));
        assert!(found(|i, _| (i % 3) as i32).0 > 10);
        assert!(found(|i, _| (i * 7 % 5) as i32).0 > 10);
    }
}
