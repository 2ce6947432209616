//! Builds the table of how each model was trained: a row per model, a column per setting.

use std::collections::BTreeSet;

use super::{Cell, Column, Content, Table, TableRow, searched};
use crate::record::selection::SelectionMetadata;
use crate::record::training::{FEATURES, TrainingMetadata};
use crate::record::{Manifest, SelectionRule};
use crate::report::citation::Citation;
use crate::report::origin::{File, Origin};
use crate::report::rows::config::{TrainingNoise, join};
use crate::report::rows::provenance::outside;
use crate::report::rows::row::ModelRow;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;

/// A setting of a training; `None` where it is not stated. The section tells what must be told apart.
type Setting = fn(&ScoredRun, &Section) -> Option<String>;

/// Columns: title, name in machine-readable files, and the setting.
const COLUMNS: [(&str, &str, Setting); 8] = [
    ("text encoder", "encoder", encoder),
    ("training noise", "noise", |run, _| {
        TrainingNoise::of(run).map(|noise| noise.to_string())
    }),
    ("epochs", "epochs", |run, _| epochs(&run.manifest)),
    ("batch size", "batch_size", |run, _| {
        inside(&run.manifest).map(|m| m.training.batch_size.to_string())
    }),
    ("learning rate", "learning_rate", |run, _| {
        inside(&run.manifest).map(|m| small(m.training.learning_rate))
    }),
    ("weights selected by", "selection", |run, _| selection(run)),
    ("parameters", "parameters", |run, _| {
        run.manifest.model.parameters.map(count)
    }),
    ("paper", "paper", |run, _| {
        paper(&run.manifest.model.citation)
    }),
];

/// Where a row's settings were searched.
const SEARCH: (&str, &str, Setting) = ("search", "search", |run, _| searched::describe(run));

/// The table; `None` where a section has nothing but baselines.
pub fn table(section: &Section) -> Option<Table> {
    let models = section.own_rows().filter(|row| !row.baseline);
    let is_searched = section.runs().any(|run| run.manifest.search.is_some());
    let mut columns: Vec<_> = COLUMNS
        .into_iter()
        .chain(is_searched.then_some(SEARCH))
        .collect();
    let mut rows: Vec<TableRow> = models.map(|row| line(section, row, &columns)).collect();
    let notes = notes(&rows, section);
    let shared = take_shared(&mut columns, &mut rows);
    let notes = shared.into_iter().chain(notes).collect();
    let column = |(title, name, _): &(&str, &str, Setting)| Column {
        group: String::new(),
        title: (*title).to_string(),
        name: (*name).to_string(),
        metrics: Vec::new(),
        higher_is_better: true,
    };
    (!rows.is_empty()).then(|| Table {
        id: format!("{}-provenance", section.slug),
        title: format!("{}: provenance of the models", section.title),
        stub: "model".to_string(),
        columns: columns.iter().map(column).collect(),
        rows,
        masks: section.masks(),
        reference: None,
        reasons: Vec::new(),
        legend: Vec::new(),
        notes,
    })
}

/// Takes out the columns in which all of several rows have the same value; a sentence that says it instead.
fn take_shared(columns: &mut Vec<(&str, &str, Setting)>, rows: &mut [TableRow]) -> Option<String> {
    let text = |row: &TableRow, index: usize| match &row.cells[index].content {
        Content::Missing => None,
        content => Some(content.text()),
    };
    let value = |rows: &[TableRow], index: usize| {
        let value = text(rows.first()?, index)?;
        let mut texts = rows.iter().map(|row| text(row, index));
        (rows.len() > 1 && texts.all(|text| text.as_ref() == Some(&value))).then_some(value)
    };
    let mut shared = Vec::new();
    let mut index = 0;
    while index < columns.len() {
        // A table has at least one column.
        let left = (columns.len() > 1).then(|| value(rows, index)).flatten();
        if let Some(value) = left {
            let (title, ..) = columns.remove(index);
            for row in &mut *rows {
                row.cells.remove(index);
            }
            shared.push(format!("{title}: {value}"));
        } else {
            index += 1;
        }
    }
    (!shared.is_empty()).then(|| format!("The same for all models: {}.", shared.join("; ")))
}

fn notes(rows: &[TableRow], section: &Section) -> Vec<String> {
    let texts = || {
        rows.iter()
            .flat_map(|row| &row.cells)
            .map(|cell| cell.content.text())
    };
    let of = texts().find(|text| {
        text.split_once(" of ")
            .is_some_and(|(own, _)| own.parse::<u32>().is_ok())
    });
    let of = of.and_then(|text| {
        let (own, published) = text.split_once(" of ")?;
        Some(format!(
            "Epochs, {text}: trained for at most {own}, where the authors publish {published}."
        ))
    });
    let unknown = section.trainings().any(|run| {
        let training = &run.manifest.training;
        training.epochs > 0 && training.published_epochs.is_none() && !outside(&run.manifest)
    });
    let unknown = unknown.then(|| {
        "Epochs without a second number: at most; how many the authors publish is not recorded."
            .to_string()
    });
    let counted = section.runs().any(|run| {
        let encoder = run.manifest.training.encoder.as_deref();
        encoder.is_some_and(|key| key.starts_with("frozen:"))
    });
    let counted = counted.then(|| {
        "Parameters: those that are trained, without those of a frozen text encoder.".to_string()
    });
    let mut trainings = section.runs().map(|run| &run.manifest.training);
    let features = trainings.any(|training| training.encoder.as_deref() == Some(FEATURES));
    let features = features.then(|| {
        "The file's text features: a vector per word or token that the data set's file holds; no text encoder \
         computes them here."
            .to_string()
    });
    let missing = texts()
        .any(|text| text == "-")
        .then(|| "-: not stated.".to_string());
    [of, unknown, counted, features, missing]
        .into_iter()
        .flatten()
        .collect()
}

/// In words; with the hash of its folder where the section has several.
fn encoder(run: &ScoredRun, section: &Section) -> Option<String> {
    let training = &run.manifest.training;
    let words = training.encoder_words()?;
    let all = section.runs().map(|run| &run.manifest.training);
    let folders: BTreeSet<&str> = all.filter_map(TrainingMetadata::encoder_hash).collect();
    Some(match training.encoder_hash() {
        Some(hash) if folders.len() > 1 => format!("{words}, {hash}"),
        _ => words,
    })
}

fn line(section: &Section, row: &ModelRow, columns: &[(&str, &str, Setting)]) -> TableRow {
    let cell = |(_, _, setting): &(&str, &str, Setting)| {
        let mut values: Vec<String> = row
            .runs
            .iter()
            .filter_map(|run| setting(run, section))
            .collect();
        values.dedup();
        let content = if values.is_empty() {
            Content::Missing
        } else {
            let text = values.join("; ");
            Content::Text { text, note: None }
        };
        Cell::new(content, Origin::of(File::Manifest, &row.ids, Vec::new()))
    };
    TableRow {
        block: String::new(),
        label: row.label.clone(),
        baseline: false,
        cells: columns.iter().map(cell).collect(),
    }
}

/// The manifest of a run that this program trained.
fn inside(m: &Manifest) -> Option<&Manifest> {
    (!outside(m)).then_some(m)
}

/// `3 of 200`, or the number alone where the authors train as long or no number is known.
fn epochs(m: &Manifest) -> Option<String> {
    let training = &inside(m)?.training;
    Some(match training.published_epochs {
        Some(published) => format!("{} of {published}", training.epochs),
        None => training.epochs.to_string(),
    })
}

/// The rule that reports show first, then the others whose weights were evaluated as well.
fn selection(run: &ScoredRun) -> Option<String> {
    let manifest = inside(&run.manifest)?;
    let s = &manifest.selection;
    let own = |part: &ScoredRun| part.manifest.selection.conditions == part.mask.conditions;
    let rates = match run.parts() {
        parts if !parts.is_empty() && parts.iter().all(own) => "at the tested rate".to_string(),
        _ if s.conditions.iter().all(|c| c.rate().is_some()) => {
            format!("at missing rates {}", join(&s.conditions, ", "))
        }
        _ => format!("at {}", join(&s.conditions, ", ")),
    };
    let title = |name: &str| {
        run.protocol
            .metric(name)
            .map_or(name.to_string(), |m| m.title.to_string())
    };
    let rules = manifest
        .selections()
        .map(|one| by_rule(one, &title, &rates));
    let rules: Option<Vec<String>> = rules.collect();
    Some(rules?.join("; also: "))
}

/// A selection over these rates.
fn by_rule(
    selection: &SelectionMetadata,
    title: &dyn Fn(&str) -> String,
    rates: &str,
) -> Option<String> {
    let metric = selection.metric.as_deref().map(title);
    let metric = metric.unwrap_or_else(|| "each metric".to_string());
    Some(match selection.rule? {
        SelectionRule::Paper => format!("best test epoch by {metric} (the rule of LNLN's code)"),
        SelectionRule::Last => "last epoch".to_string(),
        SelectionRule::Validation => format!("validation {metric} {rates}"),
    })
}

/// A number with an exponent where it is small.
fn small(value: f64) -> String {
    if value != 0.0 && value < 1e-3 {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// Three digits of a count: `812`, `289 k`, `6.35 M`.
fn count(n: u64) -> String {
    let value = n as f64;
    match n {
        0..1_000 => n.to_string(),
        1_000..999_500 => format!("{:.0} k", value / 1e3),
        999_500..9_995_000 => format!("{:.2} M", value / 1e6),
        9_995_000..99_950_000 => format!("{:.1} M", value / 1e6),
        _ => format!("{:.0} M", value / 1e6),
    }
}

/// First author and venue of a citation in the registries' form, `Authors: Title. Venue Year`; any other
/// in full.
fn paper(citation: &str) -> Option<String> {
    if citation.is_empty() {
        return None;
    }
    let short = || {
        let Citation { authors, venue, .. } = Citation::parse(citation)?;
        let family = |name: &str| name.rsplit(' ').next().map(str::to_string);
        let names = match authors.as_slice() {
            [one] => family(one)?,
            [one, "others"] => format!("{} et al.", family(one)?),
            [one, two] => format!("{} and {}", family(one)?, family(two)?),
            [first, ..] => format!("{} et al.", family(first)?),
            [] => return None,
        };
        Some(format!("{names}, {venue}"))
    };
    Some(short().unwrap_or_else(|| citation.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::manifest::ExternalMetadata;
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::sort::sections;

    #[test]
    fn counts_have_three_digits() {
        let texts = [0, 999, 288_781, 999_600, 6_348_452, 109_482_240].map(count);
        assert_eq!(texts, ["0", "999", "289 k", "1.00 M", "6.35 M", "109 M"]);
    }

    #[test]
    fn a_paper_is_its_first_author_and_venue() {
        let short = |text: &str| paper(text).unwrap();
        let three = "Zhang, Wang, Yu: Towards Robust: A Title. NeurIPS 2024";
        assert_eq!(short(three), "Zhang et al., NeurIPS 2024");
        let full = "Haoyu Zhang, Wenbin Wang: A Title. ACL 2025";
        assert_eq!(short(full), "Zhang and Wang, ACL 2025");
        assert_eq!(short("my thesis"), "my thesis");
        assert_eq!(paper(""), None);
    }

    #[test]
    fn a_row_names_its_settings_and_an_external_one_has_none() {
        let mut own = manifest("lnln", 11, &[0.0]);
        own.training.published_epochs = Some(200);
        let mut external = manifest("mine", 11, &[0.0]);
        external.training = TrainingMetadata::unknown();
        external.model.parameters = None;
        external.external = Some(ExternalMetadata {
            file: "mine.csv".into(),
            blake3: "d821".into(),
            rows: 20,
            doubts: Vec::new(),
            allowed: Vec::new(),
        });
        let runs = vec![
            scored(own),
            scored(external),
            scored(manifest("constant", 11, &[0.0])),
        ];
        let section = sections(runs).unwrap().swap_remove(0);
        let table = table(&section).unwrap();
        let texts = |i: usize| -> Vec<String> {
            let cells = table.rows[i].cells.iter();
            cells.map(|cell| cell.content.text()).collect()
        };
        let expected = [
            "tiny BERT trained with the model",
            "a new random mask in every epoch",
            "3 of 200",
            "8",
            "0.001",
            "validation MAE at missing rates 0, 0.5",
            "1 k",
            "-",
        ];
        assert_eq!(
            (texts(0), table.rows.len()),
            (expected.map(String::from).to_vec(), 2)
        );
        assert!(texts(1).iter().all(|text| text == "-"), "{:?}", texts(1));
    }

    #[test]
    fn what_all_models_share_is_said_once() {
        let mut other = manifest("mult", 11, &[0.0]);
        other.training.batch_size = 16;
        let runs = vec![scored(manifest("lnln", 11, &[0.0])), scored(other)];
        let table = table(&sections(runs).unwrap()[0]).unwrap();
        let titles: Vec<&str> = (table.columns.iter().map(|column| &*column.title)).collect();
        assert_eq!(titles, ["batch size", "paper"]);
        assert_eq!(table.rows[1].cells.len(), 2);
        assert_eq!(
            table.notes,
            [
                "The same for all models: text encoder: tiny BERT trained with the model; training noise: a new random \
                 mask in every epoch; epochs: 3; learning rate: 0.001; weights selected by: validation MAE at missing \
                 rates 0, 0.5; parameters: 1 k.",
                "Epochs without a second number: at most; how many the authors publish is not recorded.",
                "-: not stated."
            ]
        );
    }
}
