//! Draws realized over nominal missing rates per modality.

use super::drawing::{Drawing, Series};
use super::lines::{self, Curve, Mark};
use super::style::Style;
use crate::report::origin::{File, Origin};
use crate::report::rows::condition;
use crate::report::rows::row::ids;
use crate::report::rows::scores::ScoredRun;
use crate::report::rows::section::Section;
use crate::report::table::build::synthetic;

/// A line per modality of the first run that recorded them: the mean over mask seeds, within their
/// extremes. All runs of a section have these masks.
pub fn draw(section: &Section) -> Option<Drawing> {
    let run = section.runs().find(|r| !r.mask.variants.is_empty())?;
    let names = ["text", "audio", "vision"];
    let lines: Vec<Curve> = names
        .into_iter()
        .enumerate()
        .map(|(modality, label)| line(section, run, modality, label))
        .collect();
    let several = lines.iter().any(|l| l.segments[0].len() > 1);
    let origin = Origin::of(
        File::Manifest,
        &ids(std::slice::from_ref(run)),
        condition::rates(&section.conditions),
    );
    several.then(|| Drawing {
        scene: lines::draw(
            &format!(
                "{}: realized missing rates of the test split{}",
                section.title,
                synthetic(section)
            ),
            "nominal missing rate",
            "realized missing rate",
            &lines,
        ),
        series: names.map(|n| Series::new(n, origin.clone())).to_vec(),
        caption: "Line: mean over mask seeds; band, where there are several: lowest to highest of them. Text stays below \
                  the nominal rate where [CLS] and [SEP] are never masked."
            .to_string(),
    })
}

fn line(section: &Section, run: &ScoredRun, modality: usize, label: &str) -> Curve {
    let marks = section.conditions.iter().filter_map(|condition| {
        let rate = |seed: &u64| {
            let variant = run.mask.variant(*seed, *condition)?;
            variant.realized.to_array()[modality]
        };
        let values: Vec<f64> = run.mask.seeds.iter().filter_map(rate).collect();
        let x = condition.rate().filter(|_| !values.is_empty())?;
        Some(Mark::over(x, &values))
    });
    Curve {
        label: label.to_string(),
        // Audio equals vision for most masks: gaps in its line show the other.
        style: match modality {
            1 => Style::dashed(modality),
            _ => Style::of(modality, false),
        },
        segments: vec![marks.collect()],
    }
}
