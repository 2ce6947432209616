//! Reads columns `audio_mask`, `vision_mask` and `text_mask`: 1 for a valid step, 0 for padding at the end.

use super::columns::Columns;
use crate::data::dataset::error::Result;

/// Valid steps of every sample by the column `MODALITY_mask`, if the split has it.
///
/// # Errors
/// [`Error::Layout`](crate::data::dataset::error::Error::Layout) for another shape than (N, `steps`);
/// [`Error::Sample`](crate::data::dataset::error::Error::Sample) where a sample is not ones followed by zeros.
pub fn lengths(
    columns: &Columns<'_>,
    modality: &str,
    ids: &[String],
    steps: usize,
) -> Result<Option<Vec<i32>>> {
    let name = format!("{modality}_mask");
    let Some(value) = columns.get(&name) else {
        return Ok(None);
    };
    let expected = format!("an array of 0 and 1 of shape (samples, {steps})");
    let wrong = |found: String| columns.layout(&name, expected.as_str(), found);
    let array = value
        .array()
        .ok_or_else(|| wrong(value.kind().to_owned()))?;
    if array.shape() != [ids.len(), steps] || !array.dtype().is_number() {
        return Err(wrong(format!(
            "{} of shape {:?}",
            array.dtype(),
            array.shape()
        )));
    }
    let mask: Vec<f64> = array
        .to_vec()
        .map_err(|error| columns.array(&name, error))?;
    let rows = mask.chunks_exact(steps.max(1)).enumerate();
    let length = |(index, row): (usize, &[f64])| {
        let valid = row.iter().take_while(|step| **step == 1.0).count();
        if row[valid..].iter().all(|step| *step == 0.0) {
            return Ok(valid as i32);
        }
        let before = row.iter().take_while(|step| **step == 0.0).count();
        let is_turned = before > 0 && row[before..].iter().all(|step| *step == row[before]);
        let problem = if is_turned {
            "expected ones followed by zeros, found the reverse, as in PyTorch's key_padding_mask; write 1 for frames \
             and 0 for padding"
        } else {
            "expected ones followed by zeros; a step that is lost inside a sample is not padding, write zeros for its \
             features"
        };
        Err(columns.sample(&name, ids, index, problem.to_owned()))
    };
    rows.map(length).collect::<Result<_>>().map(Some)
}
