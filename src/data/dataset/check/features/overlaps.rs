//! Finds samples that are filled up with their own first frames, or with those of the next sample or the one before, and samples that
//! begin with the last frame of the one before.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Samples that go on so, and their part of those that were looked at, that chance does not give. In CMU-MOSI,
/// CH-SIMS and ICT-MMMO none does.
const SAMPLES: usize = 5;
const PART: f64 = 0.1;

/// Part of all samples that begin with the last frame before. In CMU-MOSI, CH-SIMS and ICT-MMMO none does.
const FILLED: f64 = 0.005;

/// Finds splits many samples of which begin again, or go on with the frames of another one.
pub fn overlaps(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = filled(plans, details);
    warnings.extend(each(plans, details, |details, _| {
        let endings = &details.endings;
        let kinds = [
            (&endings.again, "go on with their own first frames"),
            (
                &endings.next,
                "go on with the first frames of the next sample",
            ),
            (
                &endings.stale,
                "end in frames that the sample before has at the same steps",
            ),
        ];
        let (rows, fault) = kinds.into_iter().find(|(rows, _)| {
            rows.len() >= SAMPLES && rows.len() as f64 >= PART * endings.judged as f64
        })?;
        Some((
            format!("{} of {} samples looked at in", rows.len(), endings.judged),
            format!("{fault}, such as number {} from 0", rows[0]),
            "were short samples filled up, windows cut too long, or a buffer used again that was not cleared? Pad with zeros, and \
             write the lengths before padding",
        ))
    }));
    warnings
}

/// Splits whose failed clips were filled with the frame before them, of another sample.
fn filled(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let rows = &details.endings.filled;
        let all = details.starts.0.len();
        (rows.len() >= SAMPLES && rows.len() as f64 >= FILLED * all as f64).then(|| {
            (
                format!("{} of {all} samples of", rows.len()),
                format!(
                    "begin with the last frame of the sample before, such as number {} from 0",
                    rows[0]
                ),
                "were missing frames filled over the frames of all samples one below the other (ffill, or replace(0, None), of \
                 pandas)? Fill within each sample, or leave them zero",
            )
        })
    })
}
