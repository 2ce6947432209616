//! Reads a column `token_ids` of shape (N, T) as `text_bert`.

use super::columns::Columns;
use super::given_lengths::Given;
use super::known_columns::TOKEN_IDS;
use crate::data::dataset::error::Result;
use crate::data::dataset::split::Block;

/// Token ids, attention mask and segment ids (zeros) of the column, if the split has it. The mask is
/// `text_mask`, or comes from `text_lengths`; without both, zeros at the end are padding.
///
/// # Errors
/// [`Error::Layout`](crate::data::dataset::error::Error::Layout), [`Error::Sample`](crate::data::dataset::error::Error::Sample),
/// [`Error::Array`](crate::data::dataset::error::Error::Array).
pub fn read(columns: &Columns<'_>, ids: &[String]) -> Result<Option<Block<i32>>> {
    const EXPECTED: &str = "an array of whole numbers of shape (samples, tokens)";
    let Some(value) = columns.get(TOKEN_IDS) else {
        return Ok(None);
    };
    let wrong = |found: String| columns.layout(TOKEN_IDS, EXPECTED, found);
    let array = value
        .array()
        .ok_or_else(|| wrong(value.kind().to_owned()))?;
    let [rows, tokens] = *array.shape() else {
        return Err(wrong(format!("shape {:?}", array.shape())));
    };
    if rows != ids.len() || tokens == 0 {
        return Err(wrong(format!("shape {:?}", array.shape())));
    }
    let numbers: Vec<i64> = array
        .to_vec()
        .map_err(|error| columns.array(TOKEN_IDS, error))?;
    let lengths = Given {
        columns,
        ids,
        modality: "text",
        steps: tokens,
        own: None,
        width: None,
    }
    .read()?;
    let counted = || numbers.chunks_exact(tokens).map(valid).collect();
    let lengths: Vec<i32> = lengths.unwrap_or_else(counted);
    let mut data = Vec::with_capacity(3 * rows * tokens);
    for (row, length) in numbers.chunks_exact(tokens).zip(lengths) {
        // What does not fit is refused with its sample, as in `text_bert`.
        data.extend(row.iter().map(|id| i32::try_from(*id).unwrap_or(-1)));
        data.extend((0..tokens).map(|token| i32::from((token as i64) < i64::from(length))));
        data.extend(std::iter::repeat_n(0, tokens));
    }
    Ok(Some(Block {
        rows,
        steps: 3,
        width: tokens,
        data,
    }))
}

/// Tokens without the zeros at the end.
fn valid(row: &[i64]) -> i32 {
    row.iter()
        .rposition(|id| *id != 0)
        .map_or(0, |last| last as i32 + 1)
}
