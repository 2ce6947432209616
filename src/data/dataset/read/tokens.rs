//! Reads `text_bert`: token ids, attention mask and segment ids.

use super::columns::Columns;
use super::{token_ids, token_rows};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::special_tokens::SpecialTokens;
use crate::data::dataset::split::Block;
use crate::data::dataset::synthetic::vocabulary::{CLS, SEP};
use crate::data::pickle::{ArrayRef, ElementKind, Value};

/// Rows of a sample: token ids, attention mask, segment ids.
const PARTS: usize = 3;

/// Half precision holds every whole number up to this one.
const HALF_EXACT: i32 = 2048;

const NAME: &str = "text_bert";
const EXPECTED: &str = "an array of shape (samples, 3, tokens)";

/// Reads `text_bert` as (N, 3, T), or makes it of `token_ids`, if the split has one of them. Early MMSA files hold (N, T, 3), which is
/// transposed; a list of arrays of shape (3, T), one per sample, is padded with zeros.
///
/// # Errors
/// [`Error::Layout`] for another shape or type; [`Error::Contradiction`] where rows are in another order;
/// [`Error::Sample`] for a negative id or a mask that is not made of ones followed by zeros.
pub fn read(columns: &Columns<'_>, ids: &[String]) -> Result<Option<Block<i32>>> {
    let block = block(columns, ids)?;
    if let Some(block) = &block {
        check(columns, block, ids)?;
    }
    Ok(block)
}

/// As [`read`], with the values unchecked.
///
/// # Errors
/// [`Error::Layout`] for another shape or type.
pub fn block(columns: &Columns<'_>, ids: &[String]) -> Result<Option<Block<i32>>> {
    let Some(value) = columns.get(NAME) else {
        return token_ids::read(columns, ids);
    };
    match (value.array(), value.items()) {
        (Some(array), _) if array.objects().len() > 0 && array.shape().len() == 1 => {
            stacked(columns, ids, array.objects().collect())
        }
        (Some(array), _) => whole(columns, ids, array),
        (None, Some(items)) => stacked(columns, ids, items.collect()),
        (None, None) => Err(columns.layout(NAME, EXPECTED, value.kind())),
    }
    .map(Some)
}

/// Tokens of the longest sample of a split, as they are padded there.
pub fn steps(columns: &Columns<'_>) -> Option<usize> {
    let ids = columns.ids(columns.get("id")?).ok()?;
    let block = block(columns, &ids).ok()??;
    Some(block.width)
}

fn whole(columns: &Columns<'_>, ids: &[String], array: ArrayRef<'_>) -> Result<Block<i32>> {
    let (rows, tokens, turned) = match *array.shape() {
        [PARTS, rows, tokens] if rows == ids.len() && rows != PARTS => {
            let found = format!(
                "shape {:?}: the rows stacked in front; write numpy.swapaxes(text_bert, 0, 1)",
                [PARTS, rows, tokens]
            );
            return Err(columns.layout(NAME, EXPECTED, found));
        }
        [rows, PARTS, tokens] if tokens > 0 => (rows, tokens, false),
        [rows, tokens, PARTS] if tokens > 0 => (rows, tokens, true),
        [rows, tokens] => {
            let found = format!(
                "shape {:?}: token ids alone; write numpy.stack([ids, ids != 0, 0 * ids], 1)",
                [rows, tokens]
            );
            return Err(columns.layout(NAME, EXPECTED, found));
        }
        ref shape => return Err(columns.layout(NAME, EXPECTED, format!("shape {shape:?}"))),
    };
    let mut data = numbers(columns, array)?;
    if turned {
        data = turn(&data, tokens);
    }
    Ok(Block {
        rows,
        steps: PARTS,
        width: tokens,
        data,
    })
}

/// One array (3, T) per sample, each padded with zeros to the longest.
fn stacked(columns: &Columns<'_>, ids: &[String], samples: Vec<Value<'_>>) -> Result<Block<i32>> {
    let mut all = Vec::with_capacity(samples.len());
    for (index, sample) in samples.into_iter().enumerate() {
        let array = sample.array();
        let found = match array.map(|array| array.shape()) {
            Some([PARTS, _]) => None,
            Some(shape) => Some(format!("shape {shape:?}")),
            None => Some(sample.kind().to_owned()),
        };
        match (array, found) {
            (Some(array), None) => all.push(numbers(columns, array)?),
            (_, found) => {
                let found = found.unwrap_or_default();
                let problem = format!("expected an array of shape (3, tokens), found {found}");
                return Err(columns.sample(NAME, ids, index, problem));
            }
        }
    }
    let width = all.iter().map(|data| data.len() / PARTS).max().unwrap_or(0);
    if width == 0 {
        return Err(columns.layout(NAME, EXPECTED, "samples without tokens"));
    }
    let mut data = Vec::with_capacity(all.len() * PARTS * width);
    for sample in &all {
        for row in sample.chunks_exact((sample.len() / PARTS).max(1)) {
            data.extend(row);
            data.resize(data.len() + width - row.len(), 0);
        }
        if sample.is_empty() {
            data.resize(data.len() + PARTS * width, 0);
        }
    }
    Ok(Block {
        rows: all.len(),
        steps: PARTS,
        width,
        data,
    })
}

/// All numbers of an array; a negative one or one beyond 32 bits becomes -1.
fn numbers(columns: &Columns<'_>, array: ArrayRef<'_>) -> Result<Vec<i32>> {
    let dtype = array.dtype();
    if !dtype.is_number() {
        return Err(columns.layout(NAME, EXPECTED, format!("dtype {}", array.type_name())));
    }
    if dtype.size == 1 {
        let found = format!("dtype {dtype}, which cannot hold token ids; write int64");
        return Err(columns.layout(NAME, EXPECTED, found));
    }
    let fail = |source| columns.array(NAME, source);
    array.check_size().map_err(fail)?;
    let mut data: Vec<i32> = Vec::with_capacity(array.len());
    array
        .for_each_block(1 << 16, |block: &[i64]| {
            let ids = block
                .iter()
                .map(|value| i32::try_from(*value).unwrap_or(-1));
            data.extend(ids);
            Ok(())
        })
        .map_err(fail)?;
    let largest = data.iter().copied().max().unwrap_or(0);
    if (dtype.kind, dtype.size) == (ElementKind::Float, 2) && largest > HALF_EXACT {
        return Err(Error::Contradiction {
            place: columns.place(NAME),
            problem: format!(
                "token ids up to {largest} as float16, which rounds whole numbers above {HALF_EXACT}: some \
                 are the ids of other words now; tokenize again and write int64"
            ),
        });
    }
    Ok(data)
}

/// (N, T, 3) to (N, 3, T).
fn turn(data: &[i32], tokens: usize) -> Vec<i32> {
    let sample = |sample: &[i32]| -> Vec<i32> {
        (0..PARTS)
            .flat_map(|part| (0..tokens).map(move |t| (t, part)))
            .map(|(t, part)| sample[t * PARTS + part])
            .collect()
    };
    data.chunks_exact(PARTS * tokens).flat_map(sample).collect()
}

/// Checks the values of [`block`].
///
/// # Errors
/// [`Error::Contradiction`] where rows are in another order; [`Error::Sample`] for a negative id or a mask
/// that is not made of ones followed by zeros.
pub fn check(columns: &Columns<'_>, block: &Block<i32>, ids: &[String]) -> Result<()> {
    if columns.get(NAME).is_some()
        && let Some(problem) = token_rows::misplaced(block)
    {
        let place = columns.place(NAME);
        return Err(Error::Contradiction { place, problem });
    }
    for row in 0..block.rows {
        let (tokens, rest) = block.row(row).split_at(block.width);
        let mask = &rest[..block.width];
        let problem = if tokens.iter().any(|id| *id < 0) {
            "a token id is negative or larger than 2147483647"
        } else if mask.iter().any(|m| !matches!(m, 0 | 1)) {
            "the attention mask (row 1 of text_bert) holds values other than 0 and 1"
        } else if mask.windows(2).any(|pair| pair[0] < pair[1]) {
            "the attention mask (row 1 of text_bert) is not ones followed by zeros"
        } else {
            continue;
        };
        return Err(columns.sample(NAME, ids, row, problem.to_owned()));
    }
    Ok(())
}

/// Valid tokens per sample: the sum of the attention mask.
pub fn lengths(block: &Block<i32>) -> Vec<i32> {
    (0..block.rows)
        .map(|row| block.row(row)[block.width..2 * block.width].iter().sum())
        .collect()
}

/// The special tokens of every sample of `text_bert`, given its valid tokens per sample.
pub fn special(block: &Block<i32>, lengths: &[u32]) -> Vec<SpecialTokens> {
    let of_sample = |(row, &length): (usize, &u32)| {
        let valid = &block.row(row)[..(length as usize).min(block.width)];
        let is = |token: Option<&i32>, id: i64| token.is_some_and(|token| i64::from(*token) == id);
        SpecialTokens {
            cls: is(valid.first(), CLS),
            sep: is(valid.last(), SEP),
        }
    };
    let samples = lengths.iter().enumerate().take(block.rows);
    samples.map(of_sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tokens_are_seen_at_the_ends_of_what_is_valid() {
        let ids = [[101, 7, 102], [7, 101, 102], [102, 102, 101], [101, 102, 0]];
        let block = Block {
            rows: 4,
            steps: 3,
            width: 3,
            data: ids
                .iter()
                .flat_map(|ids| [*ids, [0; 3], [0; 3]].concat())
                .collect(),
        };
        let found = |lengths: [u32; 4]| {
            special(&block, &lengths)
                .iter()
                .map(|s| (s.cls, s.sep))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found([3; 4]),
            [(true, true), (false, true), (false, false), (true, false)]
        );
        assert_eq!(
            found([2, 1, 2, 2]),
            [(true, false), (false, false), (false, true), (true, true)]
        );
        assert_eq!(
            found([0, 0, 1, 1]),
            [(false, false), (false, false), (false, true), (true, false)]
        );
    }

    #[test]
    fn turning_puts_parts_first() {
        let data = [101, 1, 0, 102, 1, 0, 7, 0, 1, 8, 0, 1];
        assert_eq!(turn(&data, 2), [101, 102, 1, 1, 0, 0, 7, 8, 0, 0, 1, 1]);
    }

    #[test]
    fn lengths_are_sums_of_the_mask() {
        let data = vec![5, 6, 7, 1, 1, 0, 0, 0, 0];
        let block = Block {
            rows: 1,
            steps: 3,
            width: 3,
            data,
        };
        assert_eq!(lengths(&block), [2]);
    }
}
