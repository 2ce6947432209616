//! Draws the rise of errors as heat maps: a column per position, a row per length of the block.

use super::table::range;
use super::{BlockErrors, METRIC, POSITIONS, Part};
use crate::data::dataset::Modality;
use crate::mask::Condition;
use crate::report::figure::choice::Choice;
use crate::report::figure::drawing::{Drawing, Series};
use crate::report::figure::heat::{Heat, Map};
use crate::report::rows::aggregate::SeedSummary;
use crate::report::rows::condition;
use crate::report::rows::section::Section;
use crate::report::table::build::{heading, synthetic};

/// A map per modality for each model that figures of curves show in color; `None` without such a model.
pub fn draw(section: &Section, errors: &BlockErrors, choice: &Choice) -> Option<Drawing> {
    let metric = section.protocol.metric(METRIC)?;
    let in_color = |row: &usize| !section.rows[*row].baseline && !choice.styles[*row].is_faint();
    let rows: Vec<usize> = errors.shown_rows().into_iter().filter(in_color).collect();
    if rows.is_empty() {
        return None;
    }
    let rise = errors.complete.is_some();
    let maps = rows.iter().flat_map(|row| {
        let label = &section.rows[*row].label;
        Modality::ALL.map(|modality| Map {
            title: format!("{label}: {modality}"),
            ..map(errors, *row, modality, rise)
        })
    });
    let heat = Heat {
        title: format!(
            "{}: {} by position and length of the missing block, {}{}",
            section.title,
            if rise { "rise of the error" } else { "error" },
            heading(metric),
            synthetic(section)
        ),
        metric,
        across: Modality::ALL.len(),
        cell: [46.0, 20.0],
        axes: ["position of the block", "missing rate"],
        maps: maps.collect(),
    };
    let series = rows.iter().map(|row| {
        let own = &section.rows[*row];
        Series::new(&own.label, own.origin(errors.tested()))
    });
    Some(Drawing {
        series: series.collect(),
        scene: heat.draw(),
        caption: caption(rise),
    })
}

fn caption(rise: bool) -> String {
    let what = if rise {
        " Numbers are errors less those of the same samples on complete data."
    } else {
        ""
    };
    format!(
        "Darker is better, from the worst to the best cell; position 0 is the start, 1 the end.{what}"
    )
}

/// The shortest block on top.
fn map(errors: &BlockErrors, row: usize, modality: Modality, rise: bool) -> Map {
    let lengths = &errors.lengths;
    let values = |length: &Condition| {
        let part = Part {
            rise,
            length: Some(*length),
        };
        let own = errors.by_position(row, modality, part);
        let own = own.into_iter().map(|detail| {
            let number = detail.numbers.get(METRIC)?;
            match &number.over_seeds {
                SeedSummary::Known(summary) => Some(summary.mean),
                _ => None,
            }
        });
        own.collect()
    };
    Map {
        title: String::new(),
        rows: lengths.iter().copied().map(condition::title).collect(),
        columns: (0..POSITIONS).map(range).collect(),
        values: lengths.iter().map(values).collect(),
        framed: vec![vec![false; POSITIONS]; lengths.len()],
    }
}
