//! Finds the columns of predictions among a file's headings.

use std::collections::BTreeMap;

use super::described;
use super::error::{Error, Result};
use super::roles::{INDEX, POSITIONS, Role, TESTED, copy_of, key};

/// The headings that a user chose by `--column`: an empty name means none.
pub type Choices = [(Role, String)];

/// The columns of a file by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub id: Option<usize>,
    pub condition: usize,
    /// A second column of conditions, which must agree with the first.
    pub same_condition: Option<usize>,
    pub seed: usize,
    pub prediction: usize,
    pub model: Option<usize>,
    pub mask_protocol: Option<usize>,
    pub mask_seed: Option<usize>,
    pub mask_hash: Option<usize>,
    /// Every column of labels, to be compared with the data.
    pub truths: Vec<usize>,
    /// Columns without a role, which may hold labels all the same. None where the user chose the labels.
    pub others: Vec<usize>,
    pub dataset: Option<usize>,
    /// Columns of splits.
    pub splits: Vec<usize>,
    /// Columns that may describe the sample of a row.
    pub described: Vec<usize>,
    /// An index of pandas or R, an id if its values are ids of the data.
    pub index: Option<usize>,
    /// Columns that may hold ids under another heading, where none has one of theirs.
    pub unnamed: Vec<usize>,
    /// What was assumed, a sentence each.
    pub notes: Vec<String>,
}

/// A column for each role among the headings of `file`.
pub(super) fn find(file: &str, headings: &[String], choices: &Choices) -> Result<Columns> {
    let search = Search {
        file,
        headings,
        keys: headings.iter().map(|heading| key(heading)).collect(),
        choices,
    };
    for (role, name) in choices {
        if !name.is_empty() && search.named(name)?.is_none() {
            return Err(Error::NoSuchColumn {
                file: file.to_string(),
                role: role.name(),
                name: name.clone(),
                found: listed(headings),
            });
        }
    }
    let mut notes = Vec::new();
    if search.is_in_two_parts() {
        return Err(search.missing());
    }
    let id = search.one(Role::Id, &mut notes)?;
    let conditions = search.conditions(&mut notes)?;
    let required = (
        conditions,
        search.one(Role::Seed, &mut notes)?,
        search.one(Role::Prediction, &mut notes)?,
    );
    let (Some((condition, same_condition)), Some(seed), Some(prediction)) = required else {
        return Err(search.missing());
    };
    let no_id = search.choices.iter().any(|(role, _)| *role == Role::Id);
    let named = |names: &[&str]| search.keys.iter().position(|key| names.contains(&&**key));
    let index = named(&POSITIONS).or_else(|| named(&INDEX));
    let model = search.one(Role::Model, &mut notes)?;
    let mask_protocol = search.one(Role::MaskProtocol, &mut notes)?;
    let mask_seed = search.one(Role::MaskSeed, &mut notes)?;
    let mask_hash = search.one(Role::MaskHash, &mut notes)?;
    let truths = search.all(Role::Truth)?;
    let dataset = search.one(Role::Dataset, &mut notes)?;
    let splits = search.all(Role::Split)?;
    let mut used = [truths.clone(), splits.clone()].concat();
    used.extend([condition, seed, prediction]);
    used.extend(
        [
            id,
            same_condition,
            model,
            mask_protocol,
            mask_seed,
            mask_hash,
            dataset,
        ]
        .into_iter()
        .flatten(),
    );
    let index = index.filter(|_| id.is_none() && !no_id);
    let chose_labels = search.choice(Role::Truth)?.is_some();
    let unused = (0..headings.len()).filter(|i| !used.contains(i));
    let no_column = id.is_some() || no_id;
    let unnamed = unused.clone().filter(|i| !no_column && index != Some(*i));
    let unnamed = unnamed.collect();
    let described = unused.clone().filter(|i| {
        let heading = &headings[*i];
        let left_out = chose_labels && described::is_of_labels(heading);
        described::is_described(heading) && index != Some(*i) && !left_out
    });
    let described = described.collect();
    let others = if chose_labels {
        Vec::new()
    } else {
        unused.collect()
    };
    Ok(Columns {
        id,
        condition,
        same_condition,
        seed,
        prediction,
        model,
        mask_protocol,
        mask_seed,
        mask_hash,
        truths,
        others,
        dataset,
        splits,
        described,
        index,
        unnamed,
        notes,
    })
}

/// What to do with wide tables.
const OF_RATES: &str = "; a row must hold one prediction: in pandas, melt the columns of the rates";
const OF_SERIES: &str =
    "; pandas writes the heading `0` for a Series without a name: --column prediction=0 takes it";
const OF_SEEDS: &str = "; a row must hold one prediction: in pandas, melt the columns of the seeds";

struct Search<'a> {
    file: &'a str,
    headings: &'a [String],
    keys: Vec<String>,
    choices: &'a Choices,
}

impl Search<'_> {
    /// The column with exactly this heading, else the one with it in another spelling.
    fn named(&self, name: &str) -> Result<Option<usize>> {
        let exact = |i: &usize| self.headings[*i] == name;
        let spelt = |i: &usize| self.keys[*i] == key(name);
        let all = 0..self.headings.len();
        let exact: Vec<usize> = all.clone().filter(exact).collect();
        let found = if exact.is_empty() {
            all.filter(spelt).collect()
        } else {
            exact
        };
        match found[..] {
            [] => Ok(None),
            [index] => Ok(Some(index)),
            _ => Err(Error::SameHeadings {
                file: self.file.to_string(),
                name: name.to_string(),
                count: found.len(),
            }),
        }
    }

    /// The user's choice for a role: `None` where there is none, `Some(None)` for "no column".
    fn choice(&self, role: Role) -> Result<Option<Option<usize>>> {
        match self
            .choices
            .iter()
            .rev()
            .find(|(chosen, _)| *chosen == role)
        {
            None => Ok(None),
            Some((_, name)) if name.is_empty() => Ok(Some(None)),
            Some((_, name)) => Ok(Some(self.named(name)?)),
        }
    }

    /// Columns with the role's own headings, and those with headings of other tools.
    fn candidates(&self, role: Role) -> (Vec<usize>, Vec<usize>) {
        let known = role.headings();
        let (mut own, mut other) = (Vec::new(), Vec::new());
        for (index, heading) in self.keys.iter().enumerate() {
            let is = |names: &[&str], key: &str| names.contains(&key);
            if is(known.own, heading) {
                own.push(index);
            } else if is(known.other, heading) || copy_of(heading).is_some_and(|k| is(known.own, k))
            {
                other.push(index);
            }
        }
        (own, other)
    }

    /// The column of a role; a note where there were several or its heading is of another tool.
    fn one(&self, role: Role, notes: &mut Vec<String>) -> Result<Option<usize>> {
        if let Some(choice) = self.choice(role)? {
            return Ok(choice);
        }
        match self.candidates(role) {
            (own, other) if own.len() == 1 => {
                self.note(role, own[0], &other, notes);
                Ok(Some(own[0]))
            }
            (own, other) if own.is_empty() && other.len() < 2 => {
                if let Some(index) = other.first() {
                    self.note(role, *index, &[], notes);
                }
                Ok(other.first().copied())
            }
            (own, other) => Err(self.ambiguous(role, &[own, other].concat())),
        }
    }

    /// The column of conditions, and a second one where a file has both `rate` and `condition`, or a column of tests beside
    /// one that may be of training: both must agree.
    fn conditions(&self, notes: &mut Vec<String>) -> Result<Option<(usize, Option<usize>)>> {
        let (own, other) = self.candidates(Role::Condition);
        let tested = |i: &usize| TESTED.iter().any(|start| self.keys[*i].starts_with(start));
        let of_tests: Vec<usize> = other.iter().copied().filter(tested).collect();
        let rest: Vec<usize> = own
            .iter()
            .chain(&other)
            .copied()
            .filter(|i| !tested(i))
            .collect();
        if let ([only], [first]) = (&rest[..], &of_tests[..])
            && self.choice(Role::Condition)?.is_none()
        {
            return Ok(Some((*first, Some(*only))));
        }
        match own[..] {
            [rate, condition]
                if self.keys[rate] != self.keys[condition]
                    && self.choice(Role::Condition)?.is_none() =>
            {
                Ok(Some((rate, Some(condition))))
            }
            _ => Ok(self.one(Role::Condition, notes)?.map(|index| (index, None))),
        }
    }

    /// Every column of a role, as each can be checked.
    fn all(&self, role: Role) -> Result<Vec<usize>> {
        if let Some(choice) = self.choice(role)? {
            return Ok(choice.into_iter().collect());
        }
        let (own, other) = self.candidates(role);
        Ok([own, other].concat())
    }

    /// Says which column is read as what, unless it has the role's own heading and no rival.
    fn note(&self, role: Role, index: usize, rivals: &[usize], notes: &mut Vec<String>) {
        let own = role.headings().own.contains(&&*self.keys[index]);
        if own && rivals.is_empty() {
            return;
        }
        let heading = &self.headings[index];
        let rivals = match self.quoted(rivals) {
            rivals if rivals.is_empty() => String::new(),
            rivals => format!(", not {rivals}"),
        };
        notes.push(format!(
            "column `{heading}` is read as {role}{rivals}; --column {role}=NAME chooses another"
        ));
    }

    fn quoted(&self, indices: &[usize]) -> String {
        let names = indices.iter().map(|i| format!("`{}`", self.headings[*i]));
        names.collect::<Vec<_>>().join(", ")
    }

    fn ambiguous(&self, role: Role, candidates: &[usize]) -> Error {
        let same = candidates
            .windows(2)
            .all(|pair| self.headings[pair[0]] == self.headings[pair[1]]);
        if same {
            return Error::SameHeadings {
                file: self.file.to_string(),
                name: self.headings[candidates[0]].clone(),
                count: candidates.len(),
            };
        }
        // One prediction of each seed or rate.
        let numbered = |i: &usize| self.keys[*i].ends_with(|c: char| c.is_ascii_digit());
        if role == Role::Prediction && candidates.iter().all(numbered) && self.wide().is_some() {
            return self.missing();
        }
        Error::Ambiguous {
            file: self.file.to_string(),
            role: role.name(),
            candidates: self.quoted(candidates),
            example: self.headings[candidates[0]].clone(),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key == name)
    }

    /// Whether an id is in the two columns of MMSA's label files alone.
    fn is_in_two_parts(&self) -> bool {
        let chosen = self.choices.iter().any(|(role, _)| *role == Role::Id);
        self.has("video_id") && self.has("clip_id") && !self.has("id") && !chosen
    }

    /// What to do with a wide table, whose headings are rates or seeds: `0.1`, or several of `r=0.1` and `pred_1111`.
    fn wide(&self) -> Option<&'static str> {
        let has = |role| {
            let (own, other) = self.candidates(role);
            !own.is_empty() || !other.is_empty()
        };
        let [id, rate, seed] = [Role::Id, Role::Condition, Role::Seed].map(has);
        let mut groups: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for heading in self.headings {
            let Some(at) = heading.find(|c: char| c.is_ascii_digit()) else {
                continue;
            };
            let (word, number) = heading.split_at(at);
            if let Ok(number) = number.trim_end_matches(['%', ')']).parse::<f64>() {
                groups.entry(word).or_default().push(number);
            }
        }
        let is_wide = |(word, numbers): &(&str, Vec<f64>)| word.is_empty() || numbers.len() > 1;
        let (word, numbers) = groups.into_iter().find(is_wide)?;
        match (rate, seed) {
            // With a rate and a seed in each row one number is no rate.
            (true, true) if numbers == [0.0] => Some(OF_SERIES),
            (true, true) => word.is_empty().then_some(OF_RATES),
            (true, false) => Some(OF_SEEDS),
            (false, true) => Some(OF_RATES),
            // Percents are 100 at most.
            (false, false) if numbers.iter().any(|number| *number > 100.0) => {
                id.then_some(OF_SEEDS)
            }
            (false, false) => id.then_some(OF_RATES),
        }
    }

    /// The error for headings that lack a column.
    fn missing(&self) -> Error {
        let mut headings = self.headings.iter();
        let data = headings.any(|heading| heading.parse::<f64>().is_ok());
        let hint = if self.headings.first().is_some_and(|h| h.starts_with('\\')) {
            "; this is LaTeX: write the table as CSV"
        } else if let Some(hint) = self.wide() {
            hint
        } else if data {
            "; the first line must hold the names of the columns"
        } else if self.is_in_two_parts() {
            "; an id is made of MMSA's two as video_id + \"$_$\" + clip_id"
        } else {
            ""
        };
        Error::Columns {
            file: self.file.to_string(),
            found: listed(self.headings),
            hint,
        }
    }
}

/// Headings for a message, cut where they are many.
fn listed(headings: &[String]) -> String {
    const MOST: usize = 160;
    let mut text = headings.join(", ").replace(char::is_control, "?");
    if text.len() > MOST {
        let end = (0..=MOST).rev().find(|i| text.is_char_boundary(*i));
        text.truncate(end.unwrap_or(0));
        text.push_str(" ...");
    }
    text
}

#[cfg(test)]
mod tests;
