//! Gives token rows the steps that a model was trained with, and marks lost words.

use super::lost::{MissingAs, Steps};
use super::report::Lost;
use crate::data::dataset::split::Block;
use crate::data::dataset::synthetic::vocabulary::{CLS, PAD, SEP};

/// Rows of a sample: token ids, attention mask, segment ids.
const PARTS: usize = 3;

/// Token rows of a file as the model reads them.
pub struct Tokens {
    /// (N, 3, T)
    pub block: Block<i32>,
    /// Valid tokens per sample.
    pub lengths: Vec<u32>,
    /// (N, T), true where a word is lost.
    pub lost: Vec<bool>,
}

/// Cuts or pads (N, 3, t) to `steps`. A text that is cut keeps its last special token. A text without any
/// token, where such are taken as missing, becomes one of lost words, as long as `length` has it.
pub fn conform(
    source: &Block<i32>,
    steps: usize,
    missing_as: MissingAs,
    length: impl Fn(usize) -> usize,
    found: &mut Lost,
) -> Tokens {
    let mut tokens = Tokens {
        block: Block {
            rows: source.rows,
            steps: PARTS,
            width: steps,
            data: vec![0; source.rows * PARTS * steps],
        },
        lengths: Vec::with_capacity(source.rows),
        lost: vec![false; source.rows * steps],
    };
    for row in 0..source.rows {
        let target = &mut tokens.block.data[row * PARTS * steps..][..PARTS * steps];
        copy(source.row(row), source.width, target, steps, found);
        if missing_as.takes_zero_samples() && is_empty(target, steps) {
            blank(target, steps, length(row).min(steps));
        }
        let valid = valid(target, steps);
        let marks = &mut tokens.lost[row * steps..][..valid];
        found.add(mark(&target[..valid], missing_as, marks));
        tokens.lengths.push(valid as u32);
    }
    tokens
}

/// Texts of lost words for samples whose text the file does not have.
pub fn absent(rows: usize, steps: usize, length: impl Fn(usize) -> usize) -> Tokens {
    let none = Block {
        rows,
        steps: PARTS,
        width: 1,
        data: vec![0; rows * PARTS],
    };
    conform(&none, steps, MissingAs::Found, length, &mut Lost::default())
}

fn copy(source: &[i32], width: usize, target: &mut [i32], steps: usize, found: &mut Lost) {
    let count = width.min(steps);
    for part in 0..PARTS {
        target[part * steps..][..count].copy_from_slice(&source[part * width..][..count]);
    }
    let length = valid(source, width);
    if length > steps {
        found.cut_samples += 1;
        if i64::from(source[length - 1]) == SEP {
            target[steps - 1] = SEP as i32;
        }
    }
}

/// Valid tokens of a sample.
fn valid(sample: &[i32], width: usize) -> usize {
    sample[width..2 * width]
        .iter()
        .filter(|mask| **mask != 0)
        .count()
}

/// Whether no token is there: nothing is valid, or every id is that of padding.
fn is_empty(sample: &[i32], steps: usize) -> bool {
    let ids = &sample[..valid(sample, steps)];
    ids.iter().all(|id| i64::from(*id) == PAD)
}

/// Writes CLS, `length` - 2 words that are to be marked, and SEP.
fn blank(sample: &mut [i32], steps: usize, length: usize) {
    // What is valid in the file stays so.
    let length = valid(sample, steps).max(length);
    sample[..steps].fill(0);
    sample[steps..][..length].fill(1);
    if length > 2 {
        (sample[0], sample[length - 1]) = (CLS as i32, SEP as i32);
    }
}

/// Marks words whose id is that of padding: where every word is, or all of them if `missing_as` has it so.
fn mark(ids: &[i32], missing_as: MissingAs, marks: &mut [bool]) -> Steps {
    let special = |at: usize| {
        let id = i64::from(ids[at]);
        at == 0 && id == CLS || at + 1 == ids.len() && id == SEP
    };
    let words: Vec<usize> = (0..ids.len()).filter(|at| !special(*at)).collect();
    let zero = words
        .iter()
        .filter(|at| i64::from(ids[**at]) == PAD)
        .count();
    let takes = match missing_as {
        MissingAs::Zeros => true,
        MissingAs::Found => zero == words.len(),
        MissingAs::Nan | MissingAs::None => false,
    };
    let mut lost = 0;
    for at in words
        .iter()
        .filter(|at| takes && i64::from(ids[**at]) == PAD)
    {
        marks[*at] = true;
        lost += 1;
    }
    Steps {
        valid: words.len(),
        zero,
        nan: 0,
        lost,
    }
}
