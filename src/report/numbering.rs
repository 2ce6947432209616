//! Numbers sets of runs and origins, so that each of ten thousand cells can name its own in a few bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contents::SectionContents;
use super::origin::{File, Origin, RunFiles, RunSet};
use crate::mask::Condition;
use crate::report::rows::aggregate::Aggregate;

/// Sets and origins as files store them: both lists count from 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// Ids of runs that numbers are computed from together, by seed.
    pub sets: Vec<Vec<String>>,
    pub origins: Vec<OriginMetadata>,
}

/// The origin of a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OriginMetadata {
    /// The file of each run that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The column of it that was read, where it is one: `truth` of a constant's score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Numbers of sets: that of the number itself, then those it is held against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<usize>,
    /// The conditions whose predictions count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Paper and table it was printed in, where no run is behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
}

/// The key of an origin.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OriginKey {
    Runs(File, Vec<usize>, Vec<Condition>),
    Published(String),
}

/// The numbers of a report's sets and origins, in the order of its rows and cells.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    numbered: Numbered,
    /// By the address of a set: most cells of a row share one. The set is kept, so that no other can
    /// get its address.
    addresses: HashMap<usize, (usize, RunSet)>,
    sets: BTreeMap<RunSet, usize>,
    origins: BTreeMap<OriginKey, usize>,
}

impl Numbering {
    /// Numbers everything that tables and figures show.
    pub fn of(parts: &[SectionContents]) -> Self {
        let mut all = Self::default();
        for part in parts {
            let aggregates = Aggregate::all(&part.section.conditions);
            for row in &part.section.rows {
                all.add_set(&row.ids);
                let read = aggregates.iter().map(|r| row.ids_at(&r.conditions()));
                read.for_each(|runs| all.add_set(&runs));
            }
            for table in part.tables() {
                let reference = table.reference.iter();
                reference.for_each(|runs| all.add_set(runs));
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                cells.for_each(|cell| all.add(&cell.origin));
            }
            let series = part.figures().flat_map(|figure| &figure.series);
            series.for_each(|series| all.add(&series.origin));
        }
        all
    }

    /// Number of a set that some row or cell has.
    pub fn set(&self, runs: &RunSet) -> Option<usize> {
        match self.addresses.get(&address(runs)) {
            Some((number, _)) => Some(*number),
            None => self.sets.get(runs).copied(),
        }
    }

    /// Number of an origin that some cell or series has; `None` where there is no number.
    pub fn origin(&self, origin: &Origin) -> Option<usize> {
        self.origins.get(&self.key(origin)?).copied()
    }

    /// The sets and origins by number.
    pub fn numbered(&self) -> &Numbered {
        &self.numbered
    }

    fn add_set(&mut self, runs: &RunSet) {
        let (next, address) = (self.numbered.sets.len(), address(runs));
        if self.addresses.contains_key(&address) {
            return;
        }
        let number = *self.sets.entry(Arc::clone(runs)).or_insert(next);
        self.addresses.insert(address, (number, Arc::clone(runs)));
        if number == next {
            self.numbered.sets.push(runs.to_vec());
        }
    }

    fn add(&mut self, origin: &Origin) {
        if let Origin::Runs(files) = origin {
            files.runs.iter().for_each(|runs| self.add_set(runs));
        }
        let Some(key) = self.key(origin) else {
            return;
        };
        let next = self.numbered.origins.len();
        if *self.origins.entry(key.clone()).or_insert(next) == next {
            self.numbered.origins.push(key.metadata());
        }
    }

    fn key(&self, origin: &Origin) -> Option<OriginKey> {
        match origin {
            Origin::Runs(RunFiles {
                file,
                runs,
                conditions,
            }) => {
                let sets: Option<Vec<usize>> = runs.iter().map(|runs| self.set(runs)).collect();
                Some(OriginKey::Runs(*file, sets?, conditions.clone()))
            }
            Origin::Published(source) => Some(OriginKey::Published(source.clone())),
            Origin::Nothing => None,
        }
    }
}

impl OriginKey {
    fn metadata(&self) -> OriginMetadata {
        match self {
            Self::Runs(file, sets, conditions) => OriginMetadata {
                file: Some(file.name().to_string()),
                column: file.column().map(str::to_string),
                sets: sets.clone(),
                conditions: conditions.iter().map(Condition::to_string).collect(),
                ..OriginMetadata::default()
            },
            Self::Published(source) => OriginMetadata {
                published: Some(source.clone()),
                ..OriginMetadata::default()
            },
        }
    }
}

fn address(runs: &RunSet) -> usize {
    runs.as_ptr() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(ids: &[&str]) -> RunSet {
        ids.iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn equal_origins_share_a_number_and_equal_sets_do() {
        let (a, duplicate, b) = (runs(&["1", "2"]), runs(&["1", "2"]), runs(&["3"]));
        let condition = |rate| vec![Condition::of_number(rate).unwrap()];
        let origins = [
            Origin::predictions(&a, condition(0.5)),
            Origin::predictions(&duplicate, condition(0.5)),
            Origin::predictions(&a, condition(0.6)),
            Origin::predictions(&b, condition(0.5)),
            Origin::of(File::Log, &a, condition(0.5)),
            Origin::Published("A 2024, Table 1".into()),
            Origin::Nothing,
        ];
        let mut all = Numbering::default();
        origins.iter().for_each(|origin| all.add(origin));
        let numbers: Vec<_> = origins.iter().map(|o| all.origin(o)).collect();
        let expected = [0, 0, 1, 2, 3, 4].map(Some);
        assert_eq!(numbers[..6], expected);
        assert_eq!(numbers[6], None);
        assert_eq!(all.numbered().sets, [vec!["1", "2"], vec!["3"]]);
        assert_eq!(all.numbered().origins[1].conditions, ["0.6"]);
        assert_eq!(
            (all.set(&duplicate), all.set(&runs(&["9"]))),
            (Some(0), None)
        );
    }

    #[test]
    fn what_a_number_is_compared_with_comes_second() {
        let (a, b) = (runs(&["1"]), runs(&["2"]));
        let of = |runs| Origin::predictions(runs, Vec::new());
        let mut all = Numbering::default();
        all.add(&of(&a).against(&of(&b)));
        assert_eq!(all.numbered().origins[0].sets, [0, 1]);
    }
}
